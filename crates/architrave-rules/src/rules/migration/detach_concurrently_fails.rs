//! `migration/detach-concurrently-fails`: see `detach_concurrently_fails.md` for the rule's page.

use crate::held::told;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/detach-concurrently-fails",
    summary: "DETACH PARTITION … CONCURRENTLY where it cannot work",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("detach_concurrently_fails.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in crate::migrations::all(migrations, context) {
        for action in &at.step.actions {
            let Action::DetachPartition { table, partition, concurrently: true, .. } = action else { continue };
            let default = at.step.before.tables.iter().find(|t| {
                t.parents.contains(&table.name) && t.partition_bound.as_deref().is_some_and(|b| b.trim().eq_ignore_ascii_case("default"))
            });
            let cause = match (default, migrations.major) {
                (_, ..14) => "CONCURRENTLY came with version 14".to_owned(),
                (Some(default), _) => format!("the table has a default partition, {}", default.name),
                (None, _) => continue,
            };
            let message = format!("{partition} cannot be detached from {} CONCURRENTLY: {cause}", table.name);
            let why = "The bounds of the default partition depend on which other partitions there are, and change in one step only under ACCESS EXCLUSIVE: PostgreSQL refuses the statement. Without CONCURRENTLY and \
                       with a short lock_timeout it works; or the default partition is detached first.";
            sink.report(told(at, ObjectRef::table(&table.name), message, why));
        }
    }
}
