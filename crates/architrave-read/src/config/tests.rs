//! `architrave.toml`: good ones, and an exact sentence for each mistake.

use super::parse;
use crate::testing::{directory, read};
use architrave_model::Severity;

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
    assert_eq!(mistake("[colour]"), "architrave.toml:1: unknown section \"colour\"; known: brief, rules, allow, twin, review, house");
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
