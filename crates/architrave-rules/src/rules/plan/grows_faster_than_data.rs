//! `plan/grows-faster-than-data`: see `grows_faster_than_data.md` for the rule's page.

use crate::figures::count;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::{ObjectKind, ObjectRef};
use architrave_model::on_twin::{OnTwin, StatementGrowth};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/grows-faster-than-data",
    summary: "statement whose cost grows faster than the data",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Scaling,
    docs: include_str!("grows_faster_than_data.md"),
    check: Check::Twin(check),
};

/// A cost that grows by half more than the data is no rounding of the planner's.
const EXCESS: f64 = 1.5;
/// Cheaper statements may grow as they like.
const LEAST_COST: f64 = 10_000.0;

fn check(on_twin: &OnTwin, _: &Context<'_>, sink: &mut Sink<'_>) {
    let worse = |g: &&StatementGrowth| g.factor > 1.0 && g.excess() >= EXCESS && g.cost_then >= LEAST_COST;
    let mut told: Vec<&str> = Vec::new();
    for growth in on_twin.growth.iter().filter(worse) {
        if told.contains(&growth.query.as_str()) {
            continue;
        }
        told.push(&growth.query);
        let times = growth.cost_then / growth.cost_now.max(f64::MIN_POSITIVE);
        let message =
            format!("statement {} costs {} times as much over {} times the data", growth.query, count(times), count(growth.factor));
        let flip =
            if growth.flips { " Its plan changes on the way: what fits into memory or into an index today does not then." } else { "" };
        let why = format!(
            "On a twin with {} times the rows the planner expects a cost of {} instead of {}: more than the data grew. Such a statement looks harmless in a young database \
             and stops the old one.{flip}",
            count(growth.factor),
            count(growth.cost_then),
            count(growth.cost_now)
        );
        let severity = if growth.excess() >= 5.0 { Severity::High } else { Severity::Medium };
        sink.report(
            Draft::new(ObjectRef::global(ObjectKind::Statement, &growth.query), message, why)
                .severity(severity)
                .evidence("statement", growth.text.as_str(), on_twin.workload.as_str())
                .evidence("calls", growth.calls, on_twin.workload.as_str())
                .evidence("planner cost today", growth.cost_now, "twin")
                .evidence(format!("planner cost over {} times the data", count(growth.factor)), growth.cost_then, "twin"),
        );
    }
}
