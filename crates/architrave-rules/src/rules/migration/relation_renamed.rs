//! `migration/relation-renamed`: see `relation_renamed.md` for the rule's page.

use crate::held::{asked, is_old, told};
use crate::migrations::At;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations, Step};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, ObjectRef, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/relation-renamed",
    summary: "table, view or schema renamed or moved while code that knows the old name runs",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("relation_renamed.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for (at, action) in asked(migrations, context) {
        let (object, becomes, table) = match action {
            Action::RenameTable { table, to } if is_old(at.step, &table.name) => {
                (ObjectRef::table(&table.name), format!("is renamed to {to}"), Some(&table.name))
            }
            Action::SetSchema { object, schema } if existed(at, object) => (object.clone(), format!("moves to schema {schema}"), None),
            Action::RenameSchema { from, to } if at.step.before.schemas.iter().any(|s| s.name == *from) => {
                (ObjectRef::global(ObjectKind::Schema, from), format!("is renamed to {to}"), None)
            }
            _ => continue,
        };
        if table.is_some_and(|old| keeps_old_name(at, old)) {
            continue;
        }
        let message = format!("{object} {becomes}: statements that say the old name fail from the commit on");
        let why = "The application that runs during the migration, and every instance of it until the last one is replaced, says the old name and is refused with \
                   42P01 (undefined_table). A view of the old name, made in the same transaction, reads and writes through until the last instance is gone.";
        let mut draft = told(at, object, message, why);
        if table.is_some_and(|old| at.step.before.table_named(old).is_some()) {
            draft = at.safely(draft);
        }
        sink.report(draft);
    }
}

/// Whether the script puts a view (or a table: a swap) in the place of the old name.
fn keeps_old_name(at: At<'_>, old: &QualifiedName) -> bool {
    let takes = |action: &Action| match action {
        Action::CreateView { view, .. } => view == old,
        Action::CreateTable { table, .. } => table == old,
        Action::RenameTable { table, to } => table.name.schema == old.schema && *to == old.name,
        _ => false,
    };
    migrations_of(at).any(|step| step.actions.iter().any(takes))
}

fn migrations_of(at: At<'_>) -> impl Iterator<Item = &Step> {
    at.migrations.of_script(at.step.script)
}

fn existed(at: At<'_>, object: &ObjectRef) -> bool {
    let Some(schema) = &object.schema else { return false };
    let name = QualifiedName::new(schema, object.name.split('(').next().unwrap_or(&object.name));
    let before = &at.step.before;
    match object.kind {
        ObjectKind::Function => before.functions.iter().any(|f| f.name == name),
        ObjectKind::Type => before.types.iter().any(|t| t.name == name),
        ObjectKind::Sequence => before.sequences.iter().any(|s| s.name == name),
        _ => is_old(at.step, &name),
    }
}
