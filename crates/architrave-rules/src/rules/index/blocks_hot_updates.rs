//! `index/blocks-hot-updates`: see `blocks_hot_updates.md` for the rule's page.

use crate::condition::mentions;
use crate::figures::{count, percent};
use crate::relations::{Indexed, index_bytes, indexed};
use architrave_model::catalog::{Index, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::stats::TableStats;
use architrave_model::{Catalog, Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "index/blocks-hot-updates",
    summary: "index on a column that every update changes, in a table that is updated a lot",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Performance,
    docs: include_str!("blocks_hot_updates.md"),
    check: Check::Stats(check),
};

/// Fewer updates are no load.
const FEWEST_UPDATES: i64 = 1_000_000;
/// With more heap-only updates than this share the index is evidently not in the way.
const MOST_HOT: f64 = 0.1;
/// Columns that an update sets by their nature.
const TOUCHED: &[&str] = &[
    "changed_at",
    "date_modified",
    "last_activity_at",
    "last_active_at",
    "last_modified",
    "last_modified_at",
    "last_seen",
    "last_seen_at",
    "last_updated",
    "last_updated_at",
    "lastupdatedat",
    "modified_at",
    "modified_on",
    "modifiedat",
    "updated",
    "updated_at",
    "updated_on",
    "updatedat",
];

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    for of in indexed(&scope, catalog) {
        let (Some(table), Some(counters)) = (of.table, stats.table(of.name)) else { continue };
        let hot = counters.hot_updated as f64 / counters.updated.max(1) as f64;
        if counters.updated < FEWEST_UPDATES || hot > MOST_HOT {
            continue;
        }
        for index in of.indexes.iter().filter(|i| i.ready && !summarizes(i, context)) {
            let Some(column) = touched_column(table, index) else { continue };
            // Never scanned: `index/unused` speaks.
            if stats.index(&of.name.schema, &index.name).is_some_and(|i| i.scans > 0) {
                sink.report(draft(context, &of, index, (column, counters, hot)));
            }
        }
    }
}

/// From 16 on a BRIN index does not stand in the way of heap-only updates.
fn summarizes(index: &Index, context: &Context<'_>) -> bool {
    index.method == "brin" && context.server.version_num >= 160_000
}

fn touched_column<'a>(table: &'a Table, index: &Index) -> Option<&'a str> {
    let holds = |column: &str| {
        index.keys.iter().any(|k| k.column.as_deref() == Some(column) || k.expression.as_deref().is_some_and(|e| mentions(e, column)))
            || index.include.iter().any(|c| c == column)
            || index.predicate.as_deref().is_some_and(|p| mentions(p, column))
    };
    let touched = |name: &str| TOUCHED.contains(&name.to_lowercase().as_str());
    table.columns.iter().filter(|c| c.base_type().starts_with("timestamp") && touched(&c.name)).map(|c| c.name.as_str()).find(|c| holds(c))
}

fn draft(context: &Context<'_>, of: &Indexed<'_>, index: &Index, (column, counters, hot): (&str, &TableStats, f64)) -> Draft {
    let message = format!(
        "{} on {} holds {column}, and {} of {} updates were heap-only",
        index.name,
        of.name,
        if counters.hot_updated == 0 { "none".to_owned() } else { percent(hot) },
        count(counters.updated as f64)
    );
    let why = format!(
        "An update that changes an indexed column is never heap-only: it writes a new entry into each of the {} indexes of {}, and leaves the old ones to vacuum. {column} changes with every update, so this one index decides for all. \
         Without it most updates would touch their page and nothing else.",
        of.indexes.len(),
        of.name
    );
    let remedy = if context.server.version_num >= 160_000 {
        "a BRIN index, which does not stand in the way from 16 on"
    } else {
        "sorting the few rows a selective condition leaves"
    };
    let severity = if counters.updated >= 100_000_000 { Severity::Medium } else { RULE.severity };
    let draft = Draft::new(of.index_ref(index), message, format!("{why} What needs it (a feed of changes, usually) may do with {remedy}."))
        .severity(severity)
        .evidence(format!("updates of {}", of.name), counters.updated, "pg_stat_user_tables.n_tup_upd")
        .evidence("of these heap-only", counters.hot_updated, "pg_stat_user_tables.n_tup_hot_upd");
    match index_bytes(context, &of.name.schema, &index.name) {
        Some(size) => draft.evidence(format!("size of {}", index.name), size, "pg_relation_size"),
        None => draft,
    }
}
