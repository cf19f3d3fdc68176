//! `migration/partition-detach-blocks`: see `partition_detach_blocks.md` for the rule's page.

use crate::held::{asked, brief_lock, felt_locks};
use crate::migrations::{At, in_transaction, outside_transaction};
use architrave_model::catalog::Table;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, LockMode, Migrations, SafeVersion};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/partition-detach-blocks",
    summary: "partition detached or dropped under a lock on the partitioned table",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("partition_detach_blocks.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for (at, action) in asked(migrations, context) {
        let (parent, partition, detach) = match action {
            Action::DetachPartition { table, partition, concurrently: false, finalize: false } => (table.name.clone(), partition, true),
            Action::DropTable { table, .. } => {
                match at.step.before.table_named(table).filter(|t| t.is_partition).and_then(|t| t.parents.first()) {
                    Some(parent) => (parent.clone(), table, false),
                    None => continue,
                }
            }
            _ => continue,
        };
        let felt = felt_locks(at.step).any(|l| l.relation == parent && l.mode == LockMode::AccessExclusive && !l.held_before);
        let Some(severity) = brief_lock(at, &parent).filter(|_| felt) else { continue };
        let verb = if detach { "detached" } else { "dropped" };
        let message = format!("{parent} is locked against reads and writes while its partition {partition} is {verb}");
        let why = "The lock is short, but ACCESS EXCLUSIVE on the parent waits behind every open transaction that has touched any partition, and everybody else waits behind it. DETACH PARTITION … CONCURRENTLY \
                   (14 and later, outside a transaction, without a default partition) lets reads and writes go on; the detached table is dropped after.";
        let mut draft = at.draft(ObjectRef::table(&parent), &parent, message, why).severity(severity.min(Severity::Medium));
        if detach {
            draft = at.safely(draft);
        } else if at.migrations.major >= 14 && default_partition(at, &parent).is_none() && at.step.actions.len() == 1 {
            draft = draft.safe(detached_first(at, &parent, partition));
        }
        sink.report(draft);
    }
}

fn default_partition<'a>(at: At<'a>, parent: &QualifiedName) -> Option<&'a Table> {
    let is_default =
        |t: &&Table| t.parents.contains(parent) && t.partition_bound.as_deref().is_some_and(|b| b.trim().eq_ignore_ascii_case("default"));
    at.step.before.tables.iter().find(is_default)
}

fn detached_first(at: At<'_>, parent: &QualifiedName, partition: &QualifiedName) -> SafeVersion {
    let apart = format!("alter table {} detach partition {} concurrently", parent.sql(), partition.sql());
    at.instead(vec![
        outside_transaction(format!("detach {}", partition.name), vec![apart]),
        in_transaction(format!("drop {}", partition.name), vec![format!("drop table {}", partition.sql())]),
    ])
}
