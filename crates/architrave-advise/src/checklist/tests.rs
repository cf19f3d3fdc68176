//! The two lines that planning answers.

use super::{GROWS, explain, traffic};
use architrave_model::finding::{Confidence, Effort, Finding};
use architrave_model::index_report::NamedStatement;
use architrave_model::limits::{KeyLimit, Limits};
use architrave_model::on_twin::{OnTwin, StatementGrowth};
use architrave_model::review::{Review, State, Target, TargetKind};
use architrave_model::{ObjectKind, ObjectRef, QualifiedName, Severity, Snapshot};

pub(super) fn review(findings: Vec<Finding>, growth: Vec<StatementGrowth>) -> Review {
    let statement = NamedStatement { id: "a1".into(), text: "select * from orders where note = $1".into(), calls: 5.0 };
    let on_twin = OnTwin { statements: vec![statement], growth, ..OnTwin::default() };
    Review {
        targets: vec![Target { on_twin: Some(on_twin), ..Target::new("shop", TargetKind::Database, String::new(), Snapshot::default()) }],
        findings,
        ..Review::default()
    }
}

fn finding(rule: &str, severity: Severity) -> Finding {
    Finding {
        rule: rule.into(),
        fingerprint: rule.into(),
        severity,
        confidence: Confidence::Likely,
        engine: "postgresql".into(),
        target: "shop".into(),
        object: ObjectRef::global(ObjectKind::Statement, "a1"),
        places: Vec::new(),
        location: None,
        message: "reads all rows".into(),
        why: String::new(),
        evidence: Vec::new(),
        fix: None,
        proof: None,
        safe: None,
        effort: Effort::Small,
        references: Vec::new(),
    }
}

fn grown(cost_then: f64, flips: bool) -> StatementGrowth {
    StatementGrowth { query: "a1".into(), factor: 10.0, cost_now: 100.0, cost_then, flips, ..StatementGrowth::default() }
}

#[test]
fn costly_plans_fail_and_name_the_statement() {
    let line = explain(&review(vec![finding("plan/sequential-scan-discards-rows", Severity::High)], Vec::new()));
    assert_eq!(line.state, State::Fail);
    assert_eq!(
        line.evidence,
        "1 of 1 statement planned with a costly plan, first a1 (select * from orders where note = $1): reads all rows"
    );
}

#[test]
fn planned_statements_without_one_pass() {
    for findings in [Vec::new(), vec![finding("plan/costly-node", Severity::Medium)], vec![finding(GROWS, Severity::High)]] {
        let line = explain(&review(findings, Vec::new()));
        assert_eq!((line.state, line.evidence.as_str()), (State::Pass, "1 statement planned on the twin, none with a costly plan"));
    }
}

#[test]
fn without_a_twin_nothing_changes() {
    let mut review = review(Vec::new(), Vec::new());
    review.targets[0].on_twin = None;
    assert_eq!(explain(&review).state, State::Unknown);
    assert_eq!(
        traffic(&review).evidence,
        "locking under load was not tried; no limit was found that ten times the present traffic surely breaks"
    );
}

#[test]
fn ten_times_the_traffic_tells_what_planning_showed() {
    let line = traffic(&review(Vec::new(), vec![grown(3000.0, true), grown(1000.0, false)]));
    assert_eq!(line.state, State::Unknown);
    assert_eq!(
        line.evidence,
        "locking under load was not tried; over ten times the data 1 of 2 statements would cost more than the data grow, 1 plan changed"
    );
    assert_eq!(traffic(&review(vec![finding(GROWS, Severity::High)], vec![grown(9000.0, false)])).state, State::Fail);
    assert_eq!(traffic(&review(vec![finding(GROWS, Severity::Medium)], vec![grown(2000.0, false)])).state, State::Unknown);
}

#[test]
fn a_key_that_ends_soon_fails() {
    let mut review = review(Vec::new(), Vec::new());
    let sequence = QualifiedName::new("public", "orders_id_seq");
    let key = KeyLimit { sequence, exhausted_at: Some(400.0 * super::DAY), ..KeyLimit::default() };
    review.limits = vec![Limits { keys: vec![key], ..Limits::default() }];
    let line = traffic(&review);
    assert_eq!(line.state, State::Fail);
    assert_eq!(
        line.evidence,
        "at ten times its present pace public.orders_id_seq runs out of values in 40 days; locking under load was not tried"
    );
}
