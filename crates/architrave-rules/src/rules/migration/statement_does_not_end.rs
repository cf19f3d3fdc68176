//! `migration/statement-does-not-end`: see `statement_does_not_end.md` for the rule's page.

use crate::held::{file_of, told};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Migrations, Outcome};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, ObjectRef, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/statement-does-not-end",
    summary: "statement that did not end and was cancelled",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("statement_does_not_end.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in crate::migrations::all(migrations, context) {
        let Outcome::TimedOut { seconds } = at.step.outcome else { continue };
        let message = format!("{} has a statement that did not end within {seconds} seconds and was cancelled", file_of(at));
        let why = "On an empty or nearly empty database every statement of a migration is over at once. This one loops, sleeps or waits for something that nobody else does; what comes after it was judged \
                   as if it had not been there.";
        let object = ObjectRef::global(ObjectKind::Statement, format!("{}:{}", at.step.location.path, at.step.location.line));
        let limit = i64::try_from(seconds).unwrap_or(i64::MAX);
        sink.report(told(at, object, message, why).evidence("limit, seconds", limit, at.source()));
    }
}
