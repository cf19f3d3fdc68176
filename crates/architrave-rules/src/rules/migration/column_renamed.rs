//! `migration/column-renamed`: see `column_renamed.md` for the rule's page.

use crate::figures::count;
use crate::held::{asked, told};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/column-renamed",
    summary: "column renamed while code that knows the old name runs",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("column_renamed.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for (at, action) in asked(migrations, context) {
        let Action::RenameColumn { table, from, to } = action else { continue };
        if at.step.before.table_named(&table.name).is_none_or(|t| t.column(from).is_none()) {
            continue;
        }
        let message = format!("{}.{from} is renamed to {to}: statements that say {from} fail from the commit on", table.name);
        let why = "The application that runs during the migration, and every instance of it until the last one is replaced, says the old name and is refused with \
                   42703 (undefined_column). No order of deploy and migration avoids it: before the one the new name is missing, after the other the old one.";
        let broken = migrations.broken_queries.iter().filter(|q| q.step == at.number && !q.prepared_only).count();
        let mut draft = told(at, ObjectRef::column(&table.name, from), message, why);
        if broken > 0 {
            draft = draft.severity(Severity::High).evidence("queries of the project that break", count(broken as f64), at.source());
        }
        sink.report(at.safely(draft));
    }
}
