//! `migration/storage-rewritten`: see `storage_rewritten.md` for the rule's page.

use crate::held::{asked, is_old};
use crate::migrations::with_work;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/storage-rewritten",
    summary: "table written anew to change how it is stored",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("storage_rewritten.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for (at, action) in asked(migrations, context) {
        let Action::SetStorageOf { table, what } = action else { continue };
        let rewritten = at.of_family(&table.name, &at.rewritten());
        let moved: Vec<&QualifiedName> =
            at.step.effect.rewrites.iter().filter(|r| r.existed).map(|r| r.index_of.as_ref().unwrap_or(&r.relation)).collect();
        let touched = if rewritten.is_empty() { at.of_family(&table.name, &moved) } else { rewritten };
        let unlogged = what.to_lowercase().contains("unlogged");
        let weight = at.weight(&touched).severity().filter(|_| !touched.is_empty());
        let Some(severity) = weight.or(if unlogged && is_old(at.step, &table.name) { Some(Severity::Medium) } else { None }) else {
            continue;
        };
        let message = format!("{what} writes all of {} anew while reads and writes wait", table.name);
        let why = if unlogged {
            "The heap and every index are copied under ACCESS EXCLUSIVE. From then on the table is empty after a crash of the server, on every replica it cannot be read at all, and a backup from the archive does not hold its rows."
        } else {
            "The heap and every index are copied under ACCESS EXCLUSIVE, and with wal_level above minimal all of it goes through the write-ahead log and to the replicas. There is no form of the statement that lets others \
             go on; pg_repack and pg_squeeze copy in the background."
        };
        sink.report(with_work(
            at.draft(ObjectRef::table(&table.name), &table.name, message, why).severity(severity),
            at,
            "written anew",
            &touched,
        ));
    }
}
