//! Which existing indexes may go, and why others stay although nothing seems to use them.

use super::definition::{body, covers};
use super::input::{IndexInput, Replicas};
use architrave_model::QualifiedName;
use architrave_model::catalog::{Catalog, Index, Table};
use architrave_model::stats::{IndexStats, Stats};

/// Days of counting from which "no scan" means something.
const DAYS: f64 = 30.0;
/// Days since the last scan from which an index counts as unused all the same.
const DAYS_SINCE_LAST_SCAN: f64 = 90.0;
const DAY: f64 = 86_400.0;

/// An existing index with its table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Existing<'a> {
    pub(super) table: &'a QualifiedName,
    pub(super) index: &'a Index,
    /// The indexes beside it.
    pub(super) beside: &'a [Index],
    /// The table, unless it is a materialized view.
    pub(super) of: Option<&'a Table>,
}

impl Existing<'_> {
    pub(super) fn name(&self) -> QualifiedName {
        QualifiedName::new(&self.table.schema, &self.index.name)
    }
}

/// Why an index looks superfluous.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Superfluous {
    /// Another one is the same.
    Duplicate(String),
    /// Another one begins with the same keys.
    Prefix(String),
    /// Nothing has used it.
    Unused,
}

/// All existing indexes of tables and materialized views that are ours.
pub(super) fn existing(catalog: &Catalog) -> Vec<Existing<'_>> {
    let mut all = Vec::new();
    for table in catalog.tables.iter().filter(|t| t.extension.is_none()) {
        let of_table = |index| Existing { table: &table.name, index, beside: &table.indexes, of: Some(table) };
        all.extend(table.indexes.iter().map(of_table));
    }
    for view in catalog.views.iter().filter(|v| v.materialized && v.extension.is_none()) {
        all.extend(view.indexes.iter().map(|index| Existing { table: &view.name, index, beside: &view.indexes, of: None }));
    }
    all
}

/// What forbids any drop, whatever the use: the schema itself needs the index.
pub(super) fn needed_by_schema(index: &Index) -> Option<&'static str> {
    if index.primary {
        Some("it enforces the primary key")
    } else if index.exclusion {
        Some("it enforces an exclusion constraint")
    } else if index.unique {
        Some("it enforces uniqueness")
    } else if index.constraint.is_some() {
        Some("a constraint needs it")
    } else if index.replica_identity {
        Some("it is the table's replica identity")
    } else if index.parent.is_some() {
        Some("it is attached to the partitioned table's index")
    } else if index.clustered {
        Some("the table is clustered on it: CLUSTER needs it")
    } else {
        None
    }
}

/// What forbids the drop of this index as long as none of `others` (what would remain on the table) does the same work.
pub(super) fn needed_by_others(catalog: &Catalog, one: Existing<'_>, others: &[&Index]) -> Option<String> {
    if let Some(table) = one.of {
        for (constraint, _) in table.foreign_keys() {
            let serves = |i: &Index| i.valid && serves_key(i, &constraint.columns);
            if serves(one.index) && !others.iter().any(|i| serves(i)) {
                return Some(format!("deletes and updates of the referenced table check foreign key {} with it", constraint.name));
            }
        }
    }
    let leading = one.index.leading_columns().next()?;
    let other_leads = others.iter().any(|i| i.predicate.is_none() && i.leading_columns().next() == Some(leading));
    let policy =
        policies(catalog).find(|(table, text)| (*table == one.table || mentions(text, &one.table.name)) && mentions(text, leading));
    match policy {
        Some((table, _)) if !other_leads => Some(format!("a row level security policy of {table} asks for {leading}")),
        _ => None,
    }
}

/// A foreign key looks for all its columns at once, never for NULL.
fn serves_key(index: &Index, columns: &[String]) -> bool {
    let complete = index.predicate.as_deref().is_none_or(|p| {
        let text = p.to_ascii_lowercase();
        text.contains("is not null") && !text.contains(" and ") && columns.iter().any(|c| mentions(p, c))
    });
    complete && matches!(index.method.as_str(), "btree" | "hash") && index.leads_with_set(columns)
}

fn policies(catalog: &Catalog) -> impl Iterator<Item = (&QualifiedName, &str)> {
    catalog
        .tables
        .iter()
        .flat_map(|t| t.policies.iter().flat_map(|p| p.using.iter().chain(&p.with_check)).map(move |text| (&t.name, text.as_str())))
}

fn mentions(text: &str, name: &str) -> bool {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name) || text.contains(&format!("\"{name}\""))
}

/// Whether the index looks superfluous beside those that would remain.
pub(super) fn superfluous(one: Existing<'_>, others: &[&Index], stats: Option<&Stats>, catalog: &Catalog) -> Option<Superfluous> {
    let own = body(one.index);
    for other in others.iter().filter(|i| i.valid && i.ready) {
        if body(other) == own {
            return Some(Superfluous::Duplicate(other.name.clone()));
        }
    }
    for other in others.iter().filter(|i| i.valid && i.ready) {
        if covers(other, one.index) {
            return Some(Superfluous::Prefix(other.name.clone()));
        }
    }
    let stats = stats?;
    let used = counters(one, stats, catalog);
    if used.is_empty() {
        return None;
    }
    let unused = used.iter().all(|s| s.scans == 0)
        || used.iter().all(|s| s.last_scan.is_some_and(|at| stats.captured_at - at > DAYS_SINCE_LAST_SCAN * DAY));
    unused.then_some(Superfluous::Unused)
}

/// Its counters; of a partitioned index those of its partitions.
fn counters<'s>(one: Existing<'_>, stats: &'s Stats, catalog: &Catalog) -> Vec<&'s IndexStats> {
    let mut names = vec![one.name()];
    let mut at = 0;
    while at < names.len() {
        let children = catalog.tables.iter().flat_map(|t| t.indexes.iter().map(move |i| (t, i)));
        let children: Vec<QualifiedName> = children
            .filter(|(_, i)| i.parent.as_ref() == Some(&names[at]))
            .map(|(t, i)| QualifiedName::new(&t.name.schema, &i.name))
            .collect();
        names.extend(children);
        at += 1;
    }
    names.iter().filter_map(|n| stats.index(&n.schema, &n.name)).collect()
}

/// Bytes of an index and its partitions, when measured.
pub(super) fn bytes(one: Existing<'_>, stats: Option<&Stats>, catalog: &Catalog) -> Option<f64> {
    let counted = counters(one, stats?, catalog);
    let known: Vec<f64> = counted.iter().filter_map(|s| s.bytes.or((s.pages > 0).then_some(s.pages * 8192))).map(|b| b as f64).collect();
    (!known.is_empty()).then(|| known.iter().sum())
}

/// What a drop for want of use rests on, or why that is not enough.
pub(super) fn evidence(one: Existing<'_>, input: &IndexInput<'_>) -> Result<String, String> {
    let Some(stats) = input.stats else { return Err("no statistics of its use were given".into()) };
    if input.replicas == Replicas::NotCounted {
        return Err("unknown: replicas' statistics not given; it may be used there".into());
    }
    let last = counters(one, stats, input.catalog)
        .iter()
        .filter_map(|s| s.last_scan)
        .fold(None, |a: Option<f64>, b| Some(a.map_or(b, |a| a.max(b))));
    let reset = stats.database.as_ref().and_then(|d| d.stats_reset);
    match (last, reset) {
        (Some(last), _) => Ok(format!("last scanned {:.0} days ago", (stats.captured_at - last) / DAY)),
        (None, None) => {
            let days = least_age(stats);
            if days < DAYS {
                Err(format!("no scan, but nothing shows that counters are older than {days:.0} days; {DAYS:.0} are needed to tell"))
            } else {
                Ok(format!("no scan in the {days:.0} days or more that counters are old"))
            }
        }
        (None, Some(reset)) => {
            let days = (stats.captured_at - reset) / DAY;
            if days < DAYS {
                Err(format!("no scan, but counters are only {days:.0} days old; {DAYS:.0} are needed to tell"))
            } else {
                Ok(format!("no scan in the {days:.0} days since the counters were reset"))
            }
        }
    }
}

/// Days that counters which were never reset are old at least: since the oldest event among them.
fn least_age(stats: &Stats) -> f64 {
    let events = stats.tables.iter().flat_map(|t| [t.last_vacuum, t.last_autovacuum, t.last_analyze, t.last_autoanalyze]).flatten();
    let scans = stats.indexes.iter().filter_map(|i| i.last_scan);
    events.chain(scans).map(|at| (stats.captured_at - at) / DAY).fold(0.0, f64::max)
}
