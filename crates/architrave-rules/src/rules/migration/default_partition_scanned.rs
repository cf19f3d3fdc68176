//! `migration/default-partition-scanned`: see `default_partition_scanned.md` for the rule's page.

use crate::held::asked;
use architrave_model::catalog::Table;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/default-partition-scanned",
    summary: "new partition makes PostgreSQL read the default partition under a lock",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("default_partition_scanned.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for (at, action) in asked(migrations, context) {
        let parent = match action {
            Action::AttachPartition { table, default: false, .. } => &table.name,
            Action::CreateTable { partition_of: Some(parent), .. } => parent,
            _ => continue,
        };
        let is_default = |t: &&Table| {
            t.parents.contains(parent) && t.partition_bound.as_deref().is_some_and(|b| b.trim().eq_ignore_ascii_case("default"))
        };
        let Some(default) = at.step.before.tables.iter().find(is_default) else { continue };
        let read: Vec<&QualifiedName> = at.family(&default.name).into_iter().filter(|t| at.step.effect.scans_table(t)).collect();
        let Some(first) = read.first().copied() else { continue };
        let Some(severity) = at.weight(&read).severity() else { continue };
        let message = format!(
            "default partition {} is read whole, locked against reads and writes, because {parent} gets another partition",
            default.name
        );
        let why = "Rows that belong into the new partition may already lie in the default one, and PostgreSQL looks at all of them under ACCESS EXCLUSIVE before it goes on (it fails if it finds one). \
                   A validated CHECK constraint on the default partition that excludes the new bounds saves the reading.";
        sink.report(at.draft(ObjectRef::table(&default.name), first, message, why).severity(severity));
    }
}
