//! What leans on an index besides queries: foreign keys, policies, other findings. Only an index that nothing leans on may be
//! proposed to go, so that no finding takes away what another one counts on.

use crate::coverage::{duplicate_of, redundant_to, serves_equality};
use crate::policies::lookups;
use crate::relations::Indexed;
use architrave_model::catalog::{Index, TableKind};
use architrave_model::stats::{IndexStats, TableStats};

/// Whether a foreign key's checks can use it.
pub(crate) fn serves_foreign_key(of: &Indexed<'_>, index: &Index) -> bool {
    of.table.is_some_and(|t| t.foreign_keys().any(|(key, _)| serves_equality(index, &key.columns)))
}

/// Whether a policy looks rows up by its first column.
pub(crate) fn serves_policy(of: &Indexed<'_>, index: &Index) -> bool {
    of.table.is_some_and(|t| t.rls_enabled && lookups(t).keys().any(|column| serves_equality(index, std::slice::from_ref(column))))
}

/// Whether it can stand in for another index, or another for it: of such two the planner uses one, and `index/duplicate` or
/// `index/redundant` speak.
pub(crate) fn has_twin(of: &Indexed<'_>, index: &Index) -> bool {
    let stands_in = |found: Option<&Index>| found.is_some_and(|i| i.name == index.name);
    redundant_to(index, of.indexes).is_some()
        || duplicate_of(index, of.indexes).is_some()
        || of.indexes.iter().any(|other| {
            other.name != index.name && (stands_in(redundant_to(other, of.indexes)) || stands_in(duplicate_of(other, of.indexes)))
        })
}

/// Enforces nothing, belongs to one ordinary table (or materialized view), and the schema does not name it.
pub(crate) fn is_plain(of: &Indexed<'_>, index: &Index) -> bool {
    let ordinary = of.table.is_none_or(|t| t.kind == TableKind::Ordinary);
    ordinary && index.valid && index.ready && !index.unique && !index.clustered && !index.is_needed_by_schema()
}

/// Nothing but queries can miss it.
pub(crate) fn is_free(of: &Indexed<'_>, index: &Index) -> bool {
    is_plain(of, index) && !serves_foreign_key(of, index) && !serves_policy(of, index) && !has_twin(of, index)
}

/// Share (0–1) of the counted inserts that the index can have seen; none where that cannot be told.
///
/// An insert visits a block of every complete index. PostgreSQL does not note when an index was made: one with far fewer visits than its
/// table had inserts is younger than the counters.
pub(crate) fn inserts_seen(index: &Index, used: &IndexStats, table: &TableStats) -> Option<f64> {
    /// Fewer inserts tell nothing.
    const FEWEST: i64 = 1000;
    if index.predicate.is_some() || table.inserted < FEWEST || index.method == "brin" {
        return None;
    }
    Some(((used.blocks_hit + used.blocks_read) as f64 / table.inserted as f64).clamp(0.0, 1.0))
}
