//! The plan of reviews made by hand.

use super::plan;
use architrave_model::finding::{Confidence, Effort, Finding, Fix, Proof, Severity, Verdict};
use architrave_model::review::Review;
use architrave_model::roadmap::Phase;
use architrave_model::{ObjectKind, ObjectRef, QualifiedName};

fn review(findings: Vec<Finding>) -> Review {
    Review { findings, ..Review::default() }
}

fn finding(rule: &str, index: &str, severity: Severity, up: &[&str]) -> Finding {
    let object = ObjectRef::in_table(ObjectKind::Index, &QualifiedName::new("public", "orders"), index);
    let fix = Fix {
        title: format!("drop index {index}"),
        up: up.iter().map(|s| (*s).to_owned()).collect(),
        down: vec![format!("create index {index} on public.orders (a)")],
        transactional: true,
        ..Fix::default()
    };
    Finding {
        rule: rule.into(),
        fingerprint: format!("{rule} {index}"),
        severity,
        confidence: Confidence::Certain,
        engine: "postgresql".into(),
        target: "shop".into(),
        object,
        places: Vec::new(),
        location: None,
        message: "is not needed".into(),
        why: "It costs writes.".into(),
        evidence: Vec::new(),
        fix: (!up.is_empty()).then_some(fix),
        proof: None,
        safe: None,
        effort: Effort::Small,
        references: Vec::new(),
    }
}

#[test]
fn findings_of_one_rule_are_one_action_and_the_worst_comes_first() {
    let plan = plan(&review(vec![
        finding("index/redundant", "a", Severity::Low, &["drop index a"]),
        finding("index/redundant", "b", Severity::Low, &["drop index b"]),
        finding("rls/off", "c", Severity::Critical, &["alter table c enable row level security"]),
    ]));
    let seen: Vec<_> = plan.iter().map(|a| (a.order, a.phase, a.findings.len(), a.steps.len())).collect();
    assert_eq!(seen, [(1, Phase::Now, 1, 1), (2, Phase::Later, 2, 2)]);
}

#[test]
fn one_index_is_dropped_once_however_it_is_written() {
    let plan = plan(&review(vec![
        finding("index/duplicate", "a", Severity::Medium, &["drop index concurrently public.a"]),
        finding("index/unused", "a", Severity::Low, &["drop index public.a"]),
    ]));
    let statements: Vec<&String> = plan.iter().flat_map(|a| &a.steps).flat_map(|s| &s.sql).collect();
    assert_eq!(statements, ["drop index concurrently public.a"]);
    assert_eq!(plan[1].steps[0].title, "An earlier action of this plan settles it");
}

#[test]
fn a_drop_is_not_warned_of_as_a_create() {
    let plan = plan(&review(vec![{
        let mut one = finding("index/redundant", "a", Severity::Low, &["drop index concurrently public.a"]);
        one.fix.as_mut().unwrap().transactional = false;
        one
    }]));
    assert!(plan[0].risk.contains("DROP INDEX CONCURRENTLY") && !plan[0].risk.contains("CREATE INDEX"), "{}", plan[0].risk);
}

#[test]
fn one_finding_without_a_fix_is_titled_by_what_is_wrong_and_names_its_object_once() {
    let mut one = finding("backup/archiving-off", "archive_mode", Severity::High, &[]);
    one.object = ObjectRef::global(ObjectKind::Setting, "archive_mode");
    one.message = "archive_mode is off: no point in time can be recovered".into();
    let plan = plan(&review(vec![one]));
    assert_eq!(plan[0].title, "Settle: archive_mode is off");
    assert_eq!(plan[0].why, "archive_mode is off: no point in time can be recovered. It costs writes.");
}

#[test]
fn one_caution_is_said_once() {
    let cautious = |name: &str| {
        let mut one = finding("index/redundant", name, Severity::Low, &["drop index x"]);
        one.fix.as_mut().unwrap().caution = Some("look first".into());
        one
    };
    let said = crate::suggestions::list(&review(vec![cautious("a"), cautious("b")]));
    let titles: Vec<&str> = said.iter().map(|s| s.title.as_str()).collect();
    assert_eq!(titles, ["Before the 2 fixes of index/redundant"]);
}

#[test]
fn info_is_no_action() {
    assert!(plan(&review(vec![finding("table/comment-missing", "a", Severity::Info, &[])])).is_empty());
}

#[test]
fn an_action_is_proved_only_when_every_fix_is() {
    let proved = Proof { verdict: Verdict::Proved, ..Proof::unknown("round-trip", "") };
    let mut a = finding("index/redundant", "a", Severity::Low, &["drop index a"]);
    let mut b = finding("index/redundant", "b", Severity::Low, &["drop index b"]);
    a.proof = Some(proved.clone());
    b.proof = Some(Proof::unknown("round-trip", "not tried"));
    assert_eq!(plan(&review(vec![a.clone(), b.clone()]))[0].verdict, Verdict::Unknown);
    b.proof = Some(proved);
    assert_eq!(plan(&review(vec![a, b]))[0].verdict, Verdict::Proved);
}

#[test]
fn the_way_back_is_every_down_statement() {
    let plan = plan(&review(vec![finding("index/redundant", "a", Severity::Low, &["drop index a"])]));
    assert_eq!(plan[0].rollback, ["create index a on public.orders (a)"]);
    assert_eq!(plan[0].test, "`architrave review --rule index/redundant` no longer shows the 1 finding.");
}
