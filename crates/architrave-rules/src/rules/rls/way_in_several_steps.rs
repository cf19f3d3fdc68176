//! `rls/way-in-several-steps`: see `way_in_several_steps.md` for the rule's page.

use super::shown::{actors, leaks, named, object, shown, worst};
use architrave_model::access::{AttackReport, Cell};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/way-in-several-steps",
    summary: "way to the rows of somebody else by several statements that are each allowed",
    severity: Severity::Critical,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("way_in_several_steps.md"),
    check: Check::Attack(check),
};

fn check(report: &AttackReport, _: &Context<'_>, sink: &mut Sink<'_>) {
    let wanted = |_: &Cell, length| length > 1;
    for (target, leaks) in leaks(report, wanted) {
        let Some((cell, _)) = worst(&leaks) else { continue };
        let message =
            format!("{} is reached in several steps by {}: {}", named(target), actors(leaks.iter().map(|(c, _)| *c)), cell.reason);
        let why = "Each statement is allowed on its own; together they give what the policies of the last table were to keep. The transcript is the shortest that was found, and replays with psql.";
        sink.report(shown(report, &leaks, Draft::new(object(target), message, why)));
    }
}
