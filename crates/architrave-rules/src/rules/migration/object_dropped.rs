//! `migration/object-dropped`: see `object_dropped.md` for the rule's page.

use crate::held::{asked, told};
use crate::migrations::At;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, ObjectRef, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/object-dropped",
    summary: "view, function, type or schema dropped that running code may use",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("object_dropped.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for (at, action) in asked(migrations, context) {
        let Some((object, severity)) = dropped(at, action) else { continue };
        if is_made_anew(at, action) {
            continue;
        }
        let message = format!("{} {object} is dropped", object.kind.word().replace('-', " "));
        let why = "PostgreSQL knows what views, defaults and constraints need and refuses to drop that; it knows nothing of the statements of an application and of the bodies of functions in \
                   plpgsql. Those are refused from the commit on, with 42P01, 42883 or 42704.";
        sink.report(told(at, object, message, why).severity(severity));
    }
}

fn dropped(at: At<'_>, action: &Action) -> Option<(ObjectRef, Severity)> {
    let before = &at.step.before;
    let in_schema = |kind, name: &QualifiedName| ObjectRef::in_schema(kind, &name.schema, &name.name);
    Some(match action {
        Action::DropView { view, materialized, .. } => {
            before.view(&view.schema, &view.name)?;
            let kind = if *materialized { ObjectKind::MaterializedView } else { ObjectKind::View };
            (in_schema(kind, view), Severity::Medium)
        }
        Action::DropFunction { name, .. } => {
            let function = before.functions.iter().find(|f| f.name == *name)?;
            let serves_triggers = matches!(function.result.as_deref(), Some("trigger" | "event_trigger"));
            (in_schema(ObjectKind::Function, name), if serves_triggers { Severity::Info } else { Severity::Medium })
        }
        Action::DropSchema { name, .. } => {
            before.schemas.iter().find(|s| s.name == *name)?;
            let holds_tables = before.tables.iter().any(|t| t.name.schema == *name);
            (ObjectRef::global(ObjectKind::Schema, name), if holds_tables { Severity::High } else { Severity::Low })
        }
        Action::DropType { name, .. } => {
            before.types.iter().find(|t| t.name == *name)?;
            (in_schema(ObjectKind::Type, name), Severity::Low)
        }
        Action::DropSequence { name, .. } => {
            before.sequences.iter().find(|s| s.name == *name)?;
            (in_schema(ObjectKind::Sequence, name), Severity::Low)
        }
        Action::DropExtension { name, .. } => {
            before.extension(name)?;
            (ObjectRef::global(ObjectKind::Extension, name), Severity::Medium)
        }
        _ => return None,
    })
}

/// Whether the script makes it again: DROP and CREATE in place of OR REPLACE.
fn is_made_anew(at: At<'_>, drop: &Action) -> bool {
    let makes = |action: &Action| match (drop, action) {
        (Action::DropView { view: name, .. }, Action::CreateView { view: made, .. } | Action::CreateTable { table: made, .. })
        | (Action::DropFunction { name, .. }, Action::CreateFunction { name: made, .. })
        | (Action::DropType { name, .. }, Action::CreateEnum { name: made, .. } | Action::CreateDomain { name: made, .. })
        | (Action::DropSequence { name, .. }, Action::CreateSequence { name: made }) => name == made,
        (Action::DropSchema { name, .. }, Action::CreateSchema { name: made })
        | (Action::DropExtension { name, .. }, Action::CreateExtension { name: made, .. }) => name == made,
        _ => false,
    };
    at.migrations.of_script(at.step.script).any(|s| s.actions.iter().any(makes))
}
