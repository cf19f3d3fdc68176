//! `migration/replication-broken`: see `replication_broken.md` for the rule's page.

use crate::held::{asked, told};
use crate::migrations::At;
use architrave_model::catalog::ReplicaIdentity;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, ConstraintForm, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, ObjectRef, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/replication-broken",
    summary: "publication or replica identity changed under its subscribers",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("replication_broken.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for (at, action) in asked(migrations, context) {
        let found = match action {
            Action::DropPublication { name } => dropped(at, name),
            Action::ReplicaIdentity { table, what } => identity(at, &table.name, what),
            Action::DropConstraint { table, name, .. } => key_dropped(at, &table.name, name),
            _ => None,
        };
        if let Some((object, message, why)) = found {
            sink.report(told(at, object, message, why));
        }
    }
}

type Told = Option<(ObjectRef, String, &'static str)>;

fn dropped(at: At<'_>, name: &str) -> Told {
    at.step.before.publications.iter().find(|p| p.name == name)?;
    let made = |a: &Action| matches!(a, Action::CreatePublication { name: made } if made == name);
    let why = "A subscription to it fails with \"publication does not exist\" from the next change on, and made anew it does not heal: changes written while it was missing are decoded against the old catalogue, \
               where there is none. ALTER PUBLICATION … SET TABLE changes it in place.";
    let again = at.migrations.of_script(at.step.script).any(|s| s.actions.iter().any(made));
    let message = format!("publication {name} is dropped{}", if again { " and made anew" } else { "" });
    Some((ObjectRef::global(ObjectKind::Publication, name), message, why))
}

fn publishes(at: At<'_>, table: &QualifiedName) -> bool {
    let holds = |p: &architrave_model::catalog::Publication| {
        let writes = p.operations.iter().any(|o| o == "update" || o == "delete");
        writes && (p.all_tables || p.schemas.contains(&table.schema) || p.tables.iter().any(|t| t.table == *table))
    };
    at.step.before.publications.iter().any(holds)
}

fn identity(at: At<'_>, table: &QualifiedName, what: &str) -> Told {
    let old = at.step.before.table_named(table)?;
    if !what.to_lowercase().contains("nothing") || old.replica_identity == ReplicaIdentity::Nothing || !publishes(at, table) {
        return None;
    }
    let message = format!("{table} is published and loses its replica identity: every UPDATE and DELETE of it fails");
    Some((ObjectRef::table(table), message, REFUSED))
}

fn key_dropped(at: At<'_>, table: &QualifiedName, name: &str) -> Told {
    let old = at.step.before.table_named(table)?;
    let key = old.primary_key().filter(|k| k.name == name)?;
    let again = |a: &Action| match a {
        Action::AddConstraint { table: of, constraint } => of.name == *table && constraint.form == ConstraintForm::PrimaryKey,
        Action::ReplicaIdentity { table: of, .. } => of.name == *table,
        _ => false,
    };
    let replaced = at.migrations.of_script(at.step.script).any(|s| s.actions.iter().any(again));
    if old.replica_identity != ReplicaIdentity::Default || replaced || !publishes(at, table) {
        return None;
    }
    let message = format!("{table} is published and loses its primary key {}: every UPDATE and DELETE of it fails", key.name);
    Some((ObjectRef::table(table), message, REFUSED))
}

const REFUSED: &str = "Without a replica identity a subscriber could not tell which row is meant, and the publisher itself refuses the statement (55000, cannot update table because it does not have a replica identity). \
                       That hits the application, not the replication.";
