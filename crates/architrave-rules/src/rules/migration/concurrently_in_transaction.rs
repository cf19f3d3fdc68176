//! `migration/concurrently-in-transaction`: see `concurrently_in_transaction.md` for the rule's page.

use crate::migrations::{At, all, outside_transaction};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations, Outcome, SafeVersion};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::rule::Draft;
use architrave_model::script::TransactionMode;
use architrave_model::{Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/concurrently-in-transaction",
    summary: "statement that refuses to run in a transaction, in one",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("concurrently_in_transaction.md"),
    check: Check::Migration(check),
};

/// `active_sql_transaction`: PostgreSQL's word for it.
const ACTIVE_TRANSACTION: &str = "25001";

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in all(migrations, context) {
        let Some((what, object)) = at.step.actions.iter().find_map(|action| Some((refusing(action)?, object(at, action)))) else {
            continue;
        };
        let fails = match &at.step.outcome {
            Outcome::Failed { sqlstate, .. } => sqlstate == ACTIVE_TRANSACTION,
            Outcome::NotExecuted => at.step.transaction.is_some(),
            _ => false,
        };
        if fails {
            report(at, &what, object, sink);
        }
    }
}

/// The statement's name where PostgreSQL runs it outside of transaction blocks only.
fn refusing(action: &Action) -> Option<String> {
    let name = match action {
        Action::CreateIndex { concurrently: true, .. } => "CREATE INDEX CONCURRENTLY".to_owned(),
        Action::DropIndex { concurrently: true, .. } => "DROP INDEX CONCURRENTLY".to_owned(),
        Action::Reindex { concurrently: true, .. } => "REINDEX CONCURRENTLY".to_owned(),
        Action::DetachPartition { concurrently: true, .. } => "DETACH PARTITION CONCURRENTLY".to_owned(),
        Action::Vacuum { .. } => "VACUUM".to_owned(),
        Action::ClusterWide { what } => {
            let what = what.to_uppercase();
            let outside = ["ALTER SYSTEM", "CREATE DATABASE", "DROP DATABASE", "CREATE TABLESPACE", "DROP TABLESPACE"];
            (*outside.iter().find(|o| what.starts_with(**o))?).to_owned()
        }
        _ => return None,
    };
    Some(name)
}

/// What the statement is about: an index, a table, or only the statement itself.
fn object(at: At<'_>, action: &Action) -> ObjectRef {
    match action {
        Action::CreateIndex { index: Some(index), table, .. } => ObjectRef::in_table(ObjectKind::Index, &table.name, &index.name),
        Action::CreateIndex { table, .. } | Action::DetachPartition { table, .. } => ObjectRef::table(&table.name),
        Action::DropIndex { index, .. } => ObjectRef::in_schema(ObjectKind::Index, &index.schema, &index.name),
        _ => {
            let location = &at.step.location;
            ObjectRef::global(ObjectKind::Statement, format!("{}:{}", location.path, location.line))
        }
    }
}

fn report(at: At<'_>, what: &str, object: ObjectRef, sink: &mut Sink<'_>) {
    let wrapped = match at.step.mode {
        TransactionMode::PerFile => "the runner wraps the whole file in one",
        TransactionMode::AllFiles => "the runner wraps all pending files in one",
        TransactionMode::Implicit => "the runner sends the whole file as one message",
        TransactionMode::PerStatement => "the file opens one itself",
    };
    let of = if object.kind == ObjectKind::Statement { String::new() } else { format!(" of {}", object.name) };
    let message = format!("{what}{of} runs in a transaction and fails: {wrapped}");
    let why = "PostgreSQL refuses the statement there, because it commits several times on its way. The file fails as a whole and is rolled back. Move the statement to a file of its own that the \
               runner applies without a transaction.";
    let draft = Draft::new(object, message, why).at(at.step.location.clone()).evidence("SQLSTATE", ACTIVE_TRANSACTION, at.source());
    let file = outside_transaction(what.to_lowercase(), vec![at.step.text.trim().to_owned()]);
    sink.report(draft.safe(SafeVersion { same_end: false, ..at.instead(vec![file]) }));
}
