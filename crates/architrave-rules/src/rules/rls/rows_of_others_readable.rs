//! `rls/rows-of-others-readable`: see `rows_of_others_readable.md` for the rule's page.

use super::shown::{actors, leaks, named, object, shown, worst};
use architrave_model::access::{AttackReport, Cell, Command, Target};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/rows-of-others-readable",
    summary: "rows of somebody else that can be read, as an attack has shown",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("rows_of_others_readable.md"),
    check: Check::Attack(check),
};

fn check(report: &AttackReport, _: &Context<'_>, sink: &mut Sink<'_>) {
    let wanted = |cell: &Cell, length| {
        let table = !matches!(cell.target, Target::View { .. } | Target::Function { .. });
        length < 2 && table && cell.command == Command::Select
    };
    for (target, leaks) in leaks(report, wanted) {
        let Some((cell, _)) = worst(&leaks) else { continue };
        let message = format!("{} is read by {}: {}", named(target), actors(leaks.iter().map(|(c, _)| *c)), cell.reason);
        let why = "On a private server with this schema, rows of two tenants were made and read by those who are not meant to: the transcript shows the statement and the row that came back.";
        sink.report(shown(report, &leaks, Draft::new(object(target), message, why)));
    }
}
