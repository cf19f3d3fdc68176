//! `migration/partition-attach-scans`: see `partition_attach_scans.md` for the rule's page.

use crate::held::asked;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/partition-attach-scans",
    summary: "ATTACH PARTITION that reads the whole new partition under a lock",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("partition_attach_scans.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for (at, action) in asked(migrations, context) {
        let Action::AttachPartition { table, partition, .. } = action else { continue };
        if !at.step.effect.scans_table(partition) {
            continue;
        }
        let Some(severity) = at.weight(&[partition]).severity() else { continue };
        let message = format!("{partition} is read whole, locked against reads and writes, while it is attached to {}", table.name);
        let why = "PostgreSQL checks every row against the bounds of the partition under ACCESS EXCLUSIVE on it (the parent is locked only against other DDL). A CHECK constraint that says the same as \
                   the bounds, added NOT VALID and validated before, proves it without reading a row, and can be dropped after.";
        let draft = at.draft(ObjectRef::table(partition), partition, message, why).severity(severity);
        sink.report(at.safely(draft));
    }
}
