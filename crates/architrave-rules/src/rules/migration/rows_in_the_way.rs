//! `migration/rows-in-the-way`: see `rows_in_the_way.md` for the rule's page.

use crate::figures::counted;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::Migrations;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, ObjectRef, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/rows-in-the-way",
    summary: "statement that fails if rows do not fulfil what it demands",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("rows_in_the_way.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, _context: &Context<'_>, sink: &mut Sink<'_>) {
    for condition in &migrations.preconditions {
        let Some(step) = migrations.steps.get(condition.step) else { continue };
        if condition.offenders == Some(0) {
            continue;
        }
        let demand = format!("{}: {}", condition.table, condition.what);
        let message = match condition.offenders {
            Some(n) => format!("{} in the way of {demand}", counted(usize::try_from(n).unwrap_or(usize::MAX), "row stands", "rows stand")),
            None => format!("the statement fails unless {demand} holds"),
        };
        let why = "Whether it succeeds is decided by the rows, not by the schema: on an empty test database it always does. A failure comes after the whole table was read under the lock. The query counts \
                   the rows in the way without locking anybody.";
        let mut draft = Draft::new(ObjectRef::table(&condition.table), message, why).at(step.location.clone());
        draft = draft.evidence("query that counts them", condition.probe.clone(), "derived from the statement");
        draft = match (&condition.offenders, &condition.not_asked) {
            (Some(n), _) => draft.severity(Severity::High).evidence("rows in the way", *n, "counted on the database"),
            (None, Some(reason)) => draft.evidence("counted", "no", reason.clone()),
            (None, None) => draft,
        };
        sink.report(draft);
    }
}
