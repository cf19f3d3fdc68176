//! Baselines, allowances and trends: what is known stays quiet, what is new or worse does not, and what is gone is told.

use crate::cli::{Outcome, project, run, write};
use crate::shop::shop;
use serde_json::Value;

const FIRST: &str = "create table people (id bigint primary key, born timestamp, name varchar(255));
create table orders (id bigint primary key, person_id bigint references people (id), total float, at timestamp);
";

/// A project whose findings a baseline knows.
struct Known {
    root: tempfile::TempDir,
}

impl Known {
    fn new() -> Self {
        let known = Self { root: project(&[("migrations/1_first.sql", FIRST)]) };
        assert_eq!(known.review(&["-q", "--write-baseline", &known.file()]).status, 0);
        known
    }

    fn file(&self) -> String {
        self.root.path().join("known.json").display().to_string()
    }

    fn baseline(&self) -> Value {
        serde_json::from_str(&std::fs::read_to_string(self.file()).unwrap()).unwrap()
    }

    fn review(&self, more: &[&str]) -> Outcome {
        let mut arguments = vec!["review", self.root.path().to_str().unwrap(), "--no-execute"];
        arguments.extend(more);
        run(&arguments)
    }

    fn against(&self, more: &[&str]) -> Value {
        let file = self.file();
        let mut arguments = vec!["--baseline", file.as_str(), "--format", "json"];
        arguments.extend(more);
        let outcome = self.review(&arguments);
        serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{}", outcome.stderr))
    }

    fn migrate(&self, name: &str, sql: &str) {
        write(self.root.path(), &format!("migrations/{name}.sql"), sql.as_bytes());
    }
}

/// What has become of the findings of a rule.
#[track_caller]
fn change<'a>(report: &'a Value, rule: &str) -> &'a Value {
    let all = report["changes"][0]["findings"].as_array().unwrap();
    all.iter().find(|c| c["rule"] == rule).unwrap_or_else(|| panic!("nothing of {rule} in {all:?}"))
}

/// Kind and rule of each change.
fn changes(report: &Value) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    report["changes"][0]["findings"].as_array().unwrap().iter().map(|c| (text(&c["kind"]), text(&c["rule"]))).collect()
}

#[test]
fn a_finding_that_gains_a_place_has_grown_and_fails_again() {
    let known = Known::new();
    assert_eq!(known.review(&["-q", "--baseline", &known.file(), "--fail-on", "info"]).status, 0);
    known.migrate("2_more", "alter table orders add paid timestamp, add sent timestamp, add kept timestamp;");
    let report = known.against(&[]);
    let grown = change(&report, "type/timestamp-without-zone");
    assert_eq!(grown["kind"], "grown");
    assert_eq!(grown["added"], serde_json::json!(["column public.orders.kept", "column public.orders.paid", "column public.orders.sent"]));
    assert_eq!(known.review(&["-q", "--baseline", &known.file(), "--fail-on", "medium"]).status, 1);
    let annotations = known.review(&["--baseline", &known.file(), "--format", "github"]).stdout;
    assert!(annotations.contains("file=migrations/2_more.sql,line=1"), "points to what is new: {annotations}");
    assert!(annotations.contains("+3 places since the baseline of "), "{annotations}");
}

#[test]
fn a_finding_whose_severity_rose_has_regressed() {
    let known = Known::new();
    let text = std::fs::read_to_string(known.file()).unwrap().replace("\"severity\":\"high\"", "\"severity\":\"low\"");
    std::fs::write(known.file(), text).unwrap();
    let report = known.against(&[]);
    let regressed = change(&report, "type/float-for-money");
    assert_eq!((&regressed["kind"], &regressed["was"]), (&"regressed".into(), &"low".into()));
    let shown: Vec<&Value> = report["findings"].as_array().unwrap().iter().map(|f| &f["rule"]).collect();
    assert!(
        shown.contains(&&Value::from("type/float-for-money")) && !shown.contains(&&Value::from("type/timestamp-without-zone")),
        "{shown:?}"
    );
    assert!(report["coverage"]["hidden_by_baseline"].as_u64().unwrap() > 0);
    let types = report["scorecard"].as_array().unwrap().iter().find(|s| s["area"] == "Data types").unwrap();
    assert!(types["points"].as_u64().unwrap() < 80, "what is hidden counts in the scorecard: {types}");
}

#[test]
fn what_is_mended_is_listed_and_left_out_of_the_next_baseline() {
    let known = Known::new();
    known.migrate("2_index", "create index on orders (person_id);");
    let report = known.against(&["--write-baseline", &known.file()]);
    assert_eq!(change(&report, "index/foreign-key-unindexed")["kind"], "gone");
    let rules: Vec<Value> = known.baseline()["findings"].as_array().unwrap().iter().map(|f| f["rule"].clone()).collect();
    assert!(!rules.contains(&"index/foreign-key-unindexed".into()) && rules.contains(&"type/float-for-money".into()), "{rules:?}");
}

#[test]
fn what_was_not_checked_is_neither_gone_nor_forgotten() {
    let known = Known::new();
    let before = known.baseline()["findings"].as_array().unwrap().len();
    let report = known.against(&["--rule", "type/float-for-money", "--write-baseline", &known.file()]);
    assert_eq!(changes(&report), []);
    assert_eq!(report["changes"][0]["not_checked"].as_u64(), Some(before as u64 - 1));
    assert_eq!(known.baseline()["findings"].as_array().unwrap().len(), before);
}

#[test]
fn a_baseline_that_is_none_is_refused() {
    let known = Known::new();
    for (text, reason) in [
        ("{\"baseline_version\": 99, \"findings\": []}", "version 99"),
        ("{\"findings\": []}", "no baseline_version"),
        ("{\"baseline_version\": 2, \"findings\": [{}]}", "fingerprint"),
        ("not json", "expected"),
    ] {
        std::fs::write(known.file(), text).unwrap();
        known.review(&["--baseline", &known.file()]).refused(&["known.json", reason, "--write-baseline"]);
    }
    known.review(&["--baseline", "no-such-file.json"]).refused(&["no-such-file.json"]);
}

fn allow(object: &str, until: &str) -> String {
    format!("[[allow]]\nrule = \"type/timestamp-without-zone\"\nobject = \"{object}\"\nreason = \"one zone\"\nuntil = \"{until}\"\n")
}

#[test]
fn expired_allowances_and_those_that_match_nothing_are_said() {
    let known = Known::new();
    let toml = [allow("public*", "2001-01-01"), allow("billing.*", "2999-01-01"), allow("public.people.*", "2999-01-01")].join("\n");
    write(known.root.path(), "architrave.toml", toml.as_bytes());
    let outcome = known.review(&["--format", "json"]);
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let states: Vec<&str> = report["house_rules"]["allowances"].as_array().unwrap().iter().map(|a| a["state"].as_str().unwrap()).collect();
    assert!(states[0].starts_with("has expired: ") && states[0].ends_with(" back"), "{states:?}");
    assert_eq!(states[1..], ["matches no finding: remove it", "allows 1 finding"]);
    let finding = report["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "type/timestamp-without-zone").unwrap();
    assert!(finding["message"].as_str().unwrap().ends_with("(1 of 2 places allowed)"), "{finding}");
    assert_eq!(finding["places"].as_array().unwrap().len(), 1);
    let summary = known.review(&[]).stdout;
    assert!(summary.contains("Allowances: 1 expired"), "{summary}");
}

#[test]
fn an_older_report_tells_the_trend() {
    let known = Known::new();
    let old = known.root.path().join("old.json").display().to_string();
    assert_eq!(known.review(&["-q", "-o", &old]).status, 0);
    known.migrate("2_change", "create index on orders (person_id); create table bare (a bigint);");
    let report: Value = serde_json::from_str(&known.review(&["--since", &old, "--format", "json"]).stdout).unwrap();
    let kinds = changes(&report);
    assert!(kinds.contains(&("gone".into(), "index/foreign-key-unindexed".into())), "{kinds:?}");
    assert!(kinds.contains(&("new".into(), "key/primary-key-missing".into())), "{kinds:?}");
    assert!(report["changes"][0]["summary"].as_str().unwrap().starts_with("Since 20"), "{}", report["changes"][0]["summary"]);
    let new_only: Value = serde_json::from_str(&known.review(&["--since", &old, "--new-only", "--format", "json"]).stdout).unwrap();
    let shown: Vec<&Value> = new_only["findings"].as_array().unwrap().iter().map(|f| &f["rule"]).collect();
    assert!(shown.contains(&&Value::from("key/primary-key-missing")), "{shown:?}");
    assert!(!shown.contains(&&Value::from("type/float-for-money")), "{shown:?}");
    write(known.root.path(), "old.json", b"{\"schema_version\": 77, \"findings\": []}");
    known.review(&["--since", &old]).refused(&["schema version 77"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_snapshot_tells_the_trend() {
    let Some(shop) = shop().await else { return };
    let then = shop.changed("trend-then.snapshot.json", |snapshot| {
        snapshot["stats"]["captured_at"] = (snapshot["stats"]["captured_at"].as_f64().unwrap() - 30.0 * 86_400.0).into();
        for table in snapshot["catalog"]["tables"].as_array_mut().unwrap() {
            let name = table["name"]["name"].as_str().unwrap().to_owned();
            let constraints = table["constraints"].as_array_mut().unwrap();
            // Then: no foreign key of orders, and no key of the table with the odd name.
            constraints.retain(|c| !(name == "orders" && c["name"] == "orders_customer_id_fkey"));
            if name == "camelCase" {
                constraints.clear();
            }
        }
    });
    let outcome = run(&["review", &shop.snapshot(), "--since", &then, "--no-twin", "--prove", "none", "--format", "json"]);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(report["changes"][0]["reference"]["kind"], "snapshot");
    let kinds = changes(&report);
    assert!(kinds.contains(&("new".into(), "index/foreign-key-unindexed".into())), "{kinds:?}");
    assert!(kinds.contains(&("gone".into(), "key/primary-key-missing".into())), "{kinds:?}");
    let text = run(&["review", &shop.snapshot(), "--since", &then, "--no-twin", "--prove", "none"]).stdout;
    assert!(text.lines().any(|l| l.trim_start().starts_with("Since 20") && l.contains(": +")), "{text}");
}
