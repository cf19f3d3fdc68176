//! `rls/view-gives-rows-of-others`: see `view_gives_rows_of_others.md` for the rule's page.

use super::shown::{actors, leaks, named, object, shown, worst};
use architrave_model::access::{AttackReport, Cell, Target};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/view-gives-rows-of-others",
    summary: "view that shows or changes rows of somebody else, as an attack has shown",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("view_gives_rows_of_others.md"),
    check: Check::Attack(check),
};

fn check(report: &AttackReport, _: &Context<'_>, sink: &mut Sink<'_>) {
    let wanted = |cell: &Cell, length| length < 2 && matches!(cell.target, Target::View { .. });
    for (target, leaks) in leaks(report, wanted) {
        let Some((cell, _)) = worst(&leaks) else { continue };
        let message = format!("{} gives rows of others to {}: {}", named(target), actors(leaks.iter().map(|(c, _)| *c)), cell.reason);
        let why = "A view reads its tables with the rights of its owner, for whom policies do not hold, unless it is a security_invoker view (15 and later); a materialized view has no policies at all. The transcript shows the query and the row that came back.";
        sink.report(shown(report, &leaks, Draft::new(object(target), message, why)));
    }
}
