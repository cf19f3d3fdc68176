//! Which objects a report counts as the project's own: not those of extensions, nor those that the platform brings along.

use crate::report::Counts;
use architrave_model::catalog::{ConstraintKind, Index, Table, TableKind};
use architrave_model::name::QualifiedName;
use architrave_model::platform::Platform;
use architrave_model::project::MigrationFormat;
use architrave_model::review::{Target, TargetKind};
use architrave_model::scope::Scope;
use architrave_model::stack::Stack;

/// Whether the target runs on Supabase, or will.
pub(crate) fn is_supabase(target: &Target) -> bool {
    target.snapshot.server.platform == Platform::Supabase
        || target.database.as_ref().is_some_and(|d| d.format == MigrationFormat::Supabase)
        || target.replay.as_ref().and_then(|r| r.prelude.as_deref()).is_some_and(|p| p.contains("Supabase"))
}

/// Whether a live server (now, or when the snapshot was taken) told the facts, as opposed to a replay.
pub(crate) fn is_live(target: &Target) -> bool {
    matches!(target.kind, TargetKind::Database | TargetKind::Snapshot) && target.snapshot.server.version_num > 0
}

/// What of the target is reviewed: the same as the rules look at.
pub(crate) fn of(target: &Target) -> Scope<'_> {
    let platform = if is_supabase(target) { Platform::Supabase } else { target.snapshot.server.platform };
    Scope::new(&target.snapshot.catalog, platform, &Stack::default())
}

/// The project's own tables in catalogue order, without partitions (their parent speaks for them) and foreign tables.
pub(crate) fn own_tables(target: &Target) -> Vec<&Table> {
    of(target).tables().collect()
}

/// All indexes of the project's own tables, partitions left out.
pub(crate) fn own_indexes(target: &Target) -> Vec<(&Table, &Index)> {
    own_tables(target).into_iter().flat_map(|t| t.indexes.iter().map(move |i| (t, i))).collect()
}

/// Rows of a table, when anything is known.
pub(crate) fn rows(target: &Target, table: &QualifiedName) -> Option<f64> {
    target.snapshot.stats.as_ref()?.table(table)?.row_estimate()
}

/// Bytes of a table with its indexes; those of its partitions included.
pub(crate) fn bytes(target: &Target, table: &Table) -> Option<i64> {
    let stats = target.snapshot.stats.as_ref()?;
    if table.kind != TableKind::Partitioned {
        return stats.table(&table.name)?.total_bytes();
    }
    let partitions = target.snapshot.catalog.tables.iter().filter(|t| t.is_partition && t.parents.contains(&table.name));
    let sizes: Vec<i64> = partitions.filter_map(|t| stats.table(&t.name)?.total_bytes()).collect();
    (!sizes.is_empty()).then(|| sizes.iter().sum())
}

/// Objects by kind.
pub(crate) fn counts(target: &Target) -> Counts {
    let catalog = &target.snapshot.catalog;
    let tables = own_tables(target);
    let scope = of(target);
    let ours = |schema: &str, extension: &Option<String>| extension.is_none() && scope.covers(schema);
    let mut schemas: Vec<&str> = tables.iter().map(|t| t.name.schema.as_str()).collect();
    schemas.dedup();
    let constraints = || tables.iter().flat_map(|t| &t.constraints);
    Counts {
        schemas: schemas.len(),
        tables: tables.len(),
        partitions: catalog.tables.iter().filter(|t| t.is_partition && ours(&t.name.schema, &t.extension)).count(),
        columns: tables.iter().map(|t| t.columns.len()).sum(),
        constraints: constraints().count(),
        foreign_keys: constraints().filter(|c| c.kind == ConstraintKind::ForeignKey).count(),
        indexes: tables.iter().map(|t| t.indexes.len()).sum(),
        views: catalog.views.iter().filter(|v| ours(&v.name.schema, &v.extension)).count(),
        functions: catalog.functions.iter().filter(|f| scope.covers(&f.name.schema)).count(),
        triggers: tables.iter().map(|t| t.triggers.len()).sum(),
        policies: tables.iter().map(|t| t.policies.len()).sum(),
        types: catalog.types.iter().filter(|t| ours(&t.name.schema, &t.extension)).count(),
        sequences: catalog.sequences.iter().filter(|s| ours(&s.name.schema, &s.extension)).count(),
        extensions: catalog.extensions.len(),
    }
}
