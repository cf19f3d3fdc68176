//! `migration/reindex-under-lock`: see `reindex_under_lock.md` for the rule's page.

use crate::figures::counted;
use crate::migrations::{At, acting, names, with_work};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/reindex-under-lock",
    summary: "REINDEX while the table's writes wait",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("reindex_under_lock.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in acting(migrations, context) {
        let [Action::Reindex { kind, name, concurrently: false }] = at.step.actions.as_slice() else { continue };
        let rebuilt = at.rebuilt();
        let mut tables: Vec<&QualifiedName> = rebuilt.iter().map(|(_, table)| *table).collect();
        tables.sort();
        tables.dedup();
        let Some(severity) = at.weight(&tables).severity().filter(|_| !tables.is_empty()) else { continue };
        report(at, kind, name, &rebuilt, &tables, severity, sink);
    }
}

fn report(
    at: At<'_>,
    kind: &str,
    name: &QualifiedName,
    rebuilt: &[(&QualifiedName, &QualifiedName)],
    tables: &[&QualifiedName],
    severity: Severity,
    sink: &mut Sink<'_>,
) {
    let Some(first) = tables.first().copied() else { return };
    let kind = kind.to_lowercase();
    let n = counted(rebuilt.len(), "index", "indexes");
    let message = format!(
        "REINDEX builds {n} of {} anew while writes wait, and reads that may use {}",
        names(tables),
        if rebuilt.len() == 1 { "it" } else { "them" }
    );
    let why = "REINDEX holds SHARE on the table, which keeps all writes out, and ACCESS EXCLUSIVE on each index: planning any query of the table locks its indexes too, so that reads wait as well. REINDEX \
               CONCURRENTLY builds a second index beside the first and swaps them.";
    let object = match kind.as_str() {
        "index" => ObjectRef::in_table(ObjectKind::Index, first, &name.name),
        "table" => ObjectRef::table(first),
        _ => ObjectRef::global(ObjectKind::Database, &at.migrations.database),
    };
    let indexes: Vec<&QualifiedName> = rebuilt.iter().map(|(index, _)| *index).collect();
    sink.report(at.safely(with_work(at.draft(object, first, message, why).severity(severity), at, "built anew", &indexes)));
}
