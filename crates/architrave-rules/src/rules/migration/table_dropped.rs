//! `migration/table-dropped`: see `table_dropped.md` for the rule's page.

use crate::figures::count;
use crate::held::{asked, told};
use crate::migrations::At;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/table-dropped",
    summary: "table with data dropped",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("table_dropped.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for (at, action) in asked(migrations, context) {
        let Action::DropTable { table, .. } = action else { continue };
        let Some(old) = at.step.before.table_named(table) else { continue };
        let size = at.size(table);
        let again = created_again(at, table);
        let and_made = if again.is_some() { ", and made anew" } else { "" };
        let message = match &size {
            Some(size) if size.rows >= 1.0 => format!("{table} is dropped with {} rows{and_made}", count(size.rows)),
            _ => format!("{table} is dropped with all of its rows{and_made}"),
        };
        let why = if old.is_partition {
            "Dropping a partition is the usual way to let old rows go; they are gone all the same, and nothing brings them back but a backup."
        } else if again.is_some() {
            "The table is there again when the script is through, without what was in it; nothing brings that back but a backup."
        } else {
            "Nothing brings the rows back but a backup, and code that still names the table is refused with 42P01. First the code forgets the table, then a rename or a revoke shows \
             whether anybody misses it, then the migration drops it."
        };
        let empty = size.as_ref().is_some_and(|s| s.rows < 1.0);
        let mut draft = told(at, ObjectRef::table(table), message, why);
        if empty || old.is_partition || is_made_anew(at, table) || again == Some(true) {
            draft = draft.severity(Severity::Low);
        }
        if let Some(size) = size {
            draft = draft.evidence("rows", size.rows, size.source.word());
        }
        sink.report(draft);
    }
}

/// Whether a later statement of the script makes the table again, and whether from a query.
fn created_again(at: At<'_>, old: &QualifiedName) -> Option<bool> {
    let of_script = at.later().take_while(|other| other.step.script == at.step.script);
    of_script.flat_map(|other| &other.step.actions).find_map(|action| match action {
        Action::CreateTable { table, as_query, .. } if table == old => Some(*as_query),
        _ => None,
    })
}

/// Rows moved to a table that takes the name: the rebuild of a table by hand.
fn is_made_anew(at: At<'_>, old: &QualifiedName) -> bool {
    let renamed = |a: &Action| matches!(a, Action::RenameTable { table, to } if table.name.schema == old.schema && *to == old.name);
    let filled = |a: &Action| matches!(a, Action::Insert { from_query: true, .. } | Action::CreateTable { as_query: true, .. });
    let any = |wanted: &dyn Fn(&Action) -> bool| at.migrations.of_script(at.step.script).any(|s| s.actions.iter().any(wanted));
    any(&renamed) && any(&filled)
}
