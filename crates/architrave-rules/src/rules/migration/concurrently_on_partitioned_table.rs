//! `migration/concurrently-on-partitioned-table`: see `concurrently_on_partitioned_table.md` for the rule's page.

use crate::migrations::{At, all, in_transaction};
use architrave_model::catalog::TableKind;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations, Outcome, SafeVersion};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/concurrently-on-partitioned-table",
    summary: "index of a partitioned table built or dropped CONCURRENTLY",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("concurrently_on_partitioned_table.md"),
    check: Check::Migration(check),
};

/// `feature_not_supported`: PostgreSQL's word for it.
const NOT_SUPPORTED: &str = "0A000";

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in all(migrations, context) {
        let fails = match &at.step.outcome {
            Outcome::Failed { sqlstate, .. } => sqlstate == NOT_SUPPORTED,
            // In a transaction it fails for that reason first.
            Outcome::NotExecuted => at.step.transaction.is_none(),
            _ => false,
        };
        match at.step.actions.as_slice() {
            [Action::CreateIndex { index, table, concurrently: true, .. }] if fails && at.is_partitioned(&table.name) => {
                created(at, index.as_ref(), &table.name, sink);
            }
            [Action::DropIndex { index, concurrently: true, .. }] if fails => {
                let tables = at.step.before.tables.iter().filter(|t| t.kind == TableKind::Partitioned && t.name.schema == index.schema);
                if let Some(table) = tables.filter(|t| t.index(&index.name).is_some()).map(|t| &t.name).next() {
                    dropped(at, index, table, sink);
                }
            }
            _ => {}
        }
    }
}

fn created(at: At<'_>, index: Option<&QualifiedName>, table: &QualifiedName, sink: &mut Sink<'_>) {
    let what = index.map_or_else(|| "an index".to_owned(), |i| format!("index {}", i.name));
    let message = format!("{what} is built CONCURRENTLY on {table}, which is partitioned: PostgreSQL refuses that");
    let why = "Only an index of one table can be built concurrently. Make the parent's index with ON ONLY, which takes a moment, build one CONCURRENTLY on each partition, and attach them: with the \
               last one the parent's index becomes valid.";
    let object = index.map_or_else(|| ObjectRef::table(table), |i| ObjectRef::in_table(ObjectKind::Index, table, &i.name));
    sink.report(at.safely(at.draft(object, table, message, why).evidence("SQLSTATE", NOT_SUPPORTED, at.source())));
}

fn dropped(at: At<'_>, index: &QualifiedName, table: &QualifiedName, sink: &mut Sink<'_>) {
    let message = format!("index {} of {table}, which is partitioned, is dropped CONCURRENTLY: PostgreSQL refuses that", index.name);
    let why = "An index of a partitioned table goes together with those of its partitions, under ACCESS EXCLUSIVE on all of them. The drop takes a moment; the wait for the locks is what a \
               lock_timeout must limit.";
    let object = ObjectRef::in_table(ObjectKind::Index, table, &index.name);
    let file = in_transaction(format!("drop {}", index.name), vec![format!("drop index {}", index.sql())]);
    let draft = at.draft(object, table, message, why).evidence("SQLSTATE", NOT_SUPPORTED, at.source());
    sink.report(draft.safe(SafeVersion { same_end: false, ..at.instead(vec![file]) }));
}
