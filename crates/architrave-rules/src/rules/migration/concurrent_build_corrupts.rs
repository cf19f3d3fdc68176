//! `migration/concurrent-build-corrupts`: see `concurrent_build_corrupts.md` for the rule's page.

use crate::held::{asked, told};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, ObjectRef, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/concurrent-build-corrupts",
    summary: "index built CONCURRENTLY on a version that may leave rows out of it",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("concurrent_build_corrupts.md"),
    check: Check::Migration(check),
};

/// 14.0 to 14.3.
const FAULTY: std::ops::Range<u32> = 140_000..140_004;

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !FAULTY.contains(&context.server.version_num) {
        return;
    }
    for (at, action) in asked(migrations, context) {
        let (object, verb) = match action {
            Action::CreateIndex { index, table, concurrently: true, .. } => {
                let object = index
                    .as_ref()
                    .map_or_else(|| ObjectRef::table(&table.name), |i| ObjectRef::in_table(ObjectKind::Index, &table.name, &i.name));
                (object, "built")
            }
            Action::Reindex { name, concurrently: true, .. } => {
                (ObjectRef::in_schema(ObjectKind::Index, &name.schema, &name.name), "rebuilt")
            }
            _ => continue,
        };
        let message = format!("{object} is {verb} CONCURRENTLY on {}, which may leave rows out of it", context.server.version);
        let why = "In 14.0 to 14.3 rows that are updated while the index is built can be missing from it, and queries through it do not find them. No error tells. 14.4 mends the cause; indexes that were built \
                   before have to be built again.";
        sink.report(told(at, object, message, why).evidence("server_version", context.server.version.clone(), "server"));
    }
}
