//! Which tables a statement writes to, whatever lies between it and them: functions, triggers, cascades. The server counts that for itself.

use super::arena::{Move, Rows};
use super::case::Case;
use architrave_model::QualifiedName;
use std::collections::{BTreeMap, BTreeSet};

/// Asks how many rows of each table the transaction has written so far; what was taken back counts as well, and an emptied table is another file.
pub(super) fn count() -> Move {
    Move::look(
        "select n.nspname, c.relname, c.relfilenode::text || ':' || (pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) \
         + pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) + pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid))::text \
         from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'",
    )
}

/// Tables with another count afterwards, and those that they are partitions of.
pub(super) fn between(case: &Case<'_>, before: &Rows, after: &Rows) -> BTreeSet<QualifiedName> {
    let was: BTreeMap<_, _> = before.iter().filter_map(|row| counted(row)).collect();
    let mut written = BTreeSet::new();
    for (name, count) in after.iter().filter_map(|row| counted(row)) {
        if was.get(&name) != Some(&count) {
            let table = QualifiedName::new(name.0, name.1);
            written.extend(case.catalog.table_named(&table).map(|t| t.parents.clone()).unwrap_or_default());
            written.insert(table);
        }
    }
    written
}

fn counted(row: &[Option<String>]) -> Option<((&str, &str), &str)> {
    match row {
        [Some(schema), Some(name), Some(count)] => Some(((schema, name), count)),
        _ => None,
    }
}
