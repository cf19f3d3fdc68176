//! `migration/statement-fails-on-data`: see `statement_fails_on_data.md` for the rule's page.

use crate::held::{file_of, told};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Migrations, Outcome};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, ObjectRef, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/statement-fails-on-data",
    summary: "statement refused over rows that earlier migrations themselves put there",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("statement_fails_on_data.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in crate::migrations::all(migrations, context) {
        let Outcome::Failed { sqlstate, message } = &at.step.outcome else { continue };
        if !(sqlstate.starts_with("22") || sqlstate.starts_with("23")) {
            continue;
        }
        let what = format!("{} is refused over data: {message} ({sqlstate})", file_of(at));
        // What was not loaded may be what is missing.
        let is_unsure = at.earlier_in_script().any(|s| matches!(s.outcome, Outcome::Skipped { .. }));
        let why = "The rows in the way come from the migrations themselves (or from the twin's copy of the statistics): wherever the chain is applied from the start, it stops here.";
        let object = ObjectRef::global(ObjectKind::Statement, format!("{}:{}", at.step.location.path, at.step.location.line));
        let draft = told(at, object, what, why).evidence("SQLSTATE", sqlstate.clone(), at.source());
        sink.report(if is_unsure { draft.severity(Severity::Low).confidence(Confidence::Possible) } else { draft });
    }
}
