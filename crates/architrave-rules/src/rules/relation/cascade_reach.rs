//! `relation/cascade-reach`: see `cascade_reach.md` for the rule's page.

use crate::figures::{by_size, count, counted, list_of};
use crate::relations::{Referrer, Referrers};
use architrave_model::catalog::{ForeignKeyAction, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink, Stats};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) static RULE: Rule = Rule {
    id: "relation/cascade-reach",
    summary: "table of which one deleted row takes many rows of others with it",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Scaling,
    docs: include_str!("cascade_reach.md"),
    check: Check::Stats(check),
};

/// Rows that one delete takes along, on average, from which on it is felt.
const MANY: f64 = 10_000.0;
/// Longer chains of cascades are cut here.
const DEEPEST: usize = 32;

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let referrers = Referrers::of(catalog);
    let mut reach = Reach { context, stats, referrers: &referrers, known: BTreeMap::new() };
    let tables: Vec<&Table> = Scope::of(catalog, context).tables().collect();
    let far: Vec<(&Table, f64)> = tables.into_iter().map(|t| (t, reach.of(&t.name, &mut Vec::new()))).filter(|(_, n)| *n >= MANY).collect();
    // Tables further down the same cascade are part of the finding on its top.
    let below: BTreeSet<&QualifiedName> = far.iter().flat_map(|(t, _)| cascades(&referrers, &t.name)).map(|r| &r.table.name).collect();
    for (table, rows) in far.iter().filter(|(t, _)| !below.contains(&t.name)) {
        sink.report(draft(context, &referrers, table, *rows));
    }
}

/// Foreign keys by which a delete goes on to another table.
fn cascades<'a>(referrers: &'a Referrers<'a>, table: &QualifiedName) -> impl Iterator<Item = &'a Referrer<'a>> {
    let on =
        |r: &&Referrer<'_>| r.reference.on_delete == ForeignKeyAction::Cascade && !r.key.inherited && r.table.name != r.reference.table;
    referrers.to(table).iter().filter(on)
}

struct Reach<'a> {
    context: &'a Context<'a>,
    stats: &'a Stats,
    referrers: &'a Referrers<'a>,
    known: BTreeMap<&'a QualifiedName, f64>,
}

impl Reach<'_> {
    /// Rows of other tables that the delete of one row takes along, on average; a circle is left where it closes.
    fn of(&mut self, table: &QualifiedName, path: &mut Vec<QualifiedName>) -> f64 {
        if let Some(rows) = self.known.get(table) {
            return *rows;
        }
        let own = self.context.rows(table).unwrap_or(0.0);
        if own < 1.0 || path.len() >= DEEPEST || path.contains(table) {
            return 0.0;
        }
        path.push(table.clone());
        let referrers = self.referrers;
        let mut total = 0.0;
        let mut name = None;
        for referrer in cascades(referrers, table) {
            name = Some(&referrer.reference.table);
            let set: f64 = referrer
                .key
                .columns
                .iter()
                .map(|c| self.stats.column(&referrer.table.name, c).map_or(1.0, |s| 1.0 - s.null_fraction))
                .product();
            let per_row = self.context.rows(&referrer.table.name).unwrap_or(0.0) * set / own;
            if per_row > 0.0 {
                total += per_row * (1.0 + self.of(&referrer.table.name, path));
            }
        }
        path.pop();
        if let Some(name) = name {
            self.known.insert(name, total);
        }
        total
    }
}

/// Tables that a delete reaches, nearest first.
fn reached<'a>(referrers: &'a Referrers<'a>, table: &QualifiedName) -> Vec<&'a Referrer<'a>> {
    let mut seen: BTreeSet<&QualifiedName> = BTreeSet::new();
    let mut found: Vec<&Referrer<'_>> = cascades(referrers, table).filter(|r| seen.insert(&r.table.name)).collect();
    let mut at = 0;
    while let Some(next) = found.get(at).map(|r| &r.table.name) {
        let more: Vec<&Referrer<'_>> = cascades(referrers, next).filter(|r| seen.insert(&r.table.name)).collect();
        found.extend(more);
        at += 1;
    }
    found
}

fn draft(context: &Context<'_>, referrers: &Referrers<'_>, table: &Table, rows: f64) -> Draft {
    let all = reached(referrers, &table.name);
    let names: Vec<String> = all.iter().map(|r| r.table.name.to_string()).collect();
    let message = format!(
        "a row of {} takes about {} rows of {} with it when it is deleted",
        table.name,
        count(rows),
        counted(all.len(), "other table", "other tables")
    );
    let why = format!(
        "ON DELETE CASCADE removes them all in the one transaction ({}): locks on every row, WAL for every row, dead rows for vacuum, and standbys that wait for the end. A large parent takes more than the average. Delete children in \
         batches first, or mark the parent as deleted and clear up later.",
        list_of(&names, 5)
    );
    let severity = by_size(Some(rows), RULE.severity, &[(1e6, Severity::Medium), (1e5, Severity::Low)], Severity::Info);
    let mut draft = Draft::new(ObjectRef::table(&table.name), message, why)
        .severity(severity)
        .evidence(format!("rows in {}", table.name), context.rows(&table.name).unwrap_or(0.0), "pg_class.reltuples")
        .evidence("rows taken along by one, on average", rows.floor(), "pg_class.reltuples");
    for referrer in all {
        let size = context.rows(&referrer.table.name).map(|n| format!("{} rows, by {}", count(n), referrer.key.name));
        draft = draft.place(ObjectRef::table(&referrer.table.name), size);
    }
    draft
}
