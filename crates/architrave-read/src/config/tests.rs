//! `architrave.toml`: good ones, and an exact sentence for each mistake.

use super::parse;
use crate::testing::{directory, read};
use architrave_model::access::{IdentitySource, StatedScope};
use architrave_model::{QualifiedName, Severity};

#[test]
fn a_full_file() {
    let text = r#"
[brief]
purpose = "A shop."
stage = "scaling"
environment = "production"
rows = { orders = 5_000_000 }
growth_per_year = 2
memory_bytes = 0x1000

[rules]
"types/char" = { severity = "off", reason = "codes of a bank" }
"index/unused" = { severity = "high", reason = "writes are dear" }

[[allow]]
rule = "index/unused"
object = "public.orders.*"
reason = "year end"
until = 2027-01-31

[[allow]]
rule = "types/char"
object = "*"
reason = "x"
until = "2028-02-29"

[twin]
postgres = "17"

[review]
targets = ["db", "postgres://x"]

[house]
rules = ["Never use type `money`.", "Be kind."]
"#;
    let config = parse(text).unwrap();
    assert_eq!(config.brief.purpose.as_deref(), Some("A shop."));
    assert_eq!(config.brief.rows["orders"], 5_000_000);
    assert_eq!((config.brief.growth_per_year, config.brief.memory_bytes), (Some(2.0), Some(4096)));
    let rules: Vec<_> = config.rules.iter().map(|r| (r.rule.as_str(), r.severity, r.location.line)).collect();
    assert_eq!(rules, [("types/char", None, 11), ("index/unused", Some(Severity::High), 12)]);
    let allowed: Vec<_> = config.allowed.iter().map(|a| (a.object.as_str(), a.until.as_deref(), a.location.line)).collect();
    assert_eq!(allowed, [("public.orders.*", Some("2027-01-31"), 14), ("*", Some("2028-02-29"), 20)]);
    assert_eq!((config.twin_postgres, config.targets.len()), (Some(17), 2));
    assert_eq!((config.house[0].1.line, config.house[1].0.as_str()), (33, "Be kind."));
}

#[test]
fn text_cut_anywhere_is_a_result() {
    let text = "[brief]\npurpose = \"Ünïcode\"\nrows = { a = 1 }\n[[allow]]\nrule = \"a/b\"\nobject = \"*\"\nreason = \"x\"\n[twin]\npostgres = 17\n";
    for (end, _) in text.char_indices() {
        let _ = parse(&text[..end]);
        let _ = parse(&text[end..]);
    }
    assert!(parse(text).is_ok());
}

fn mistake(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn mistakes_name_line_and_nearest_word() {
    assert_eq!(mistake("\n[breif]\n"), "architrave.toml:2: unknown section \"breif\"; did you mean brief?");
    assert_eq!(
        mistake("[colour]"),
        "architrave.toml:1: unknown section \"colour\"; known: brief, rules, allow, twin, review, house, access"
    );
    assert_eq!(mistake("[brief]\n\nstagee = \"x\""), "architrave.toml:3: unknown key of [brief] \"stagee\"; did you mean stage?");
    assert_eq!(mistake("[brief]\nstage = \"scalling\""), "architrave.toml:2: unknown value of stage: \"scalling\"; did you mean scaling?");
    assert!(mistake("[brief]\ncores = \"many\"").starts_with("architrave.toml:2: cores: invalid type: string"));
    assert_eq!(
        mistake("[rules]\n\"a/b\" = \"off\""),
        "architrave.toml:2: a rule needs a reason: write \"a/b\" = { severity = \"off\", reason = \"…\" }"
    );
    assert_eq!(mistake("[rules]\n\"a/b\" = { severity = \"off\" }"), "architrave.toml:2: a/b has no reason");
    assert_eq!(mistake("[rules]\n\"a/b\" = { severity = \"off\", reason = \" \" }"), "architrave.toml:2: the reason is empty");
    assert_eq!(
        mistake("[rules]\n\"a/b\" = { severity = \"hgih\", reason = \"x\" }"),
        "architrave.toml:2: unknown severity \"hgih\"; did you mean high?"
    );
    assert_eq!(
        mistake("[rules]\n\"a/b\" = { severity = \"off\", raeson = \"x\" }"),
        "architrave.toml:2: unknown key of a rule \"raeson\"; did you mean reason?"
    );
    assert_eq!(
        mistake("[rules]\nab = { severity = \"off\", reason = \"x\" }"),
        "architrave.toml:2: \"ab\" is no rule id; ids look like \"index/foreign-key-unindexed\""
    );
    assert_eq!(mistake("[allow]\nrule = \"a/b\""), "architrave.toml:1: allow is a list of tables: write [[allow]]");
    assert_eq!(mistake("[[allow]]\nrule = \"a/b\"\nreason = \"x\""), "architrave.toml:1: this [[allow]] has no object");
    let until = "[[allow]]\nrule = \"a/b\"\nobject = \"*\"\nreason = \"x\"\nuntil = \"2027-02-30\"";
    assert_eq!(mistake(until), "architrave.toml:5: \"2027-02-30\" is no date; write it as 2026-12-31");
    assert_eq!(
        mistake("[twin]\npostgres = \"9.6\""),
        "architrave.toml:2: \"9.6\" is no major version of PostgreSQL from 12 on; write \"17\""
    );
    assert_eq!(mistake("[review]\ntargets = \"db\""), "architrave.toml:2: targets must be a list, not a string");
    assert!(mistake("[brief\n").starts_with("architrave.toml:1: "));
    assert!(mistake("[brief]\nstage = \"design\"\nstage = \"design\"").starts_with("architrave.toml:3: "));
}

#[test]
fn a_mistake_stops_the_project() {
    let directory = directory(&[("architrave.toml", "[brief]\nx = 1\n")]);
    let error = read(directory.path()).unwrap_err().to_string();
    assert!(error.starts_with("architrave.toml:2: unknown key of [brief] \"x\"; known: auth, "), "{error}");
}

#[test]
fn who_is_meant_to_see_what() {
    let text = r#"
[access]
identity = "setting app.user_id"
id_type = "bigint"
users = "people"
tenants = "public.teams"
tenant_key = "app.team_id"

[[access.table]]
table = "notes"
owner = "author_id"
public_when = "is_public"
privileged = ["pinned"]
reason = "authors decide"

[[access.table]]
table = "public.plans"
tenant = "team_id"
writers = ["owner", "admin"]
read_by_all = true

[[access.table]]
table = "jobs"
internal = true
"#;
    let access = parse(text).unwrap().access;
    assert_eq!(access.identity, Some(IdentitySource::Setting { name: "app.user_id".into() }));
    assert_eq!(access.users, Some(QualifiedName::new("public", "people")));
    assert_eq!((access.id_type.as_deref(), access.tenant_key.as_deref()), (Some("bigint"), Some("app.team_id")));
    let tables: Vec<_> = access.tables.iter().map(|t| (t.table.to_string(), t.scope.clone(), t.location.line)).collect();
    assert_eq!(
        tables,
        [
            ("public.notes".into(), Some(StatedScope::Owner("author_id".into())), 9),
            ("public.plans".into(), Some(StatedScope::Tenant("team_id".into())), 16),
            ("public.jobs".into(), Some(StatedScope::Internal), 22),
        ]
    );
    assert_eq!(access.tables[0].privileged, Some(vec!["pinned".to_owned()]));
    assert_eq!((access.tables[1].read_by_all, access.tables[1].writers.as_ref().map(Vec::len)), (Some(true), Some(2)));
}

#[test]
fn mistakes_about_access() {
    assert_eq!(mistake("[access]\nidentiy = \"claims\""), "architrave.toml:2: unknown key of [access] \"identiy\"; did you mean identity?");
    assert_eq!(
        mistake("[access]\nidentity = \"cookies\""),
        "architrave.toml:2: identity is \"claims\", \"role\" or \"setting NAME\", not \"cookies\""
    );
    let table = |line: &str| mistake(&format!("[[access.table]]\ntable = \"t\"\n{line}"));
    assert_eq!(table("ower = \"x\""), "architrave.toml:3: unknown key of [[access.table]] \"ower\"; did you mean owner?");
    assert_eq!(table("owner = \"x\"\ninternal = true"), "architrave.toml:3: this table has internal already; one of both is meant");
    assert_eq!(table("internal = false"), "architrave.toml:3: internal is only said when it is true");
    assert_eq!(table("public = 1"), "architrave.toml:3: public must be true or false, not an integer");
    assert_eq!(table(""), "architrave.toml:1: this [[access.table]] says nothing about t");
    assert_eq!(mistake("[[access.table]]\nowner = \"x\""), "architrave.toml:1: this [[access.table]] has no table");
    assert_eq!(mistake("[access]\ntable = \"x\""), "architrave.toml:2: table is a list of tables: write [[access.table]]");
    let twice = "[[access.table]]\ntable = \"t\"\npublic = true\n[[access.table]]\ntable = \"public.t\"\npublic = true";
    assert_eq!(mistake(twice), "architrave.toml:4: public.t has an [[access.table]] already, in line 1");
}
