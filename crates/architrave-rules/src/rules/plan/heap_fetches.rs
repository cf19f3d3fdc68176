//! `plan/heap-fetches`: see `heap_fetches.md` for the rule's page.

use super::tree::{Seat, Tree};
use super::wording::rows;
use crate::figures::{count, percent};
use crate::statements::lock;
use architrave_model::catalog::{Table, TableKind};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/heap-fetches",
    summary: "index-only scan that reads the table all the same",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("heap_fetches.md"),
    check: Check::Plan(check),
};

/// pev2 marks heap fetches from 0, 40 and 90 % of the rows on; the first step is every table that is written to.
const SHARE: f64 = 0.4;
const MOST: f64 = 0.9;
/// Fetches in all runs; a thousand of them in memory are about a millisecond.
const FEWEST: f64 = 1000.0;
/// Pages of a table below which its visibility map does not matter: 8 MB.
const FEWEST_PAGES: f64 = 1000.0;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let wanted = |s: &Seat<'_>| fetches(&tree, s).is_some_and(|(fetched, of)| fetched >= FEWEST && fetched >= of * SHARE);
    let found = tree.heaviest(wanted, |s| tree.weight(s));
    let Some((seat, others)) = found.split_first() else { return };
    if let Some((fetched, of)) = fetches(&tree, seat) {
        let detail = |s: &Seat<'_>| fetches(&tree, s).map_or_else(String::new, |(n, of)| format!("{} fetches for {}", count(n), rows(of)));
        sink.report(tree.with_others(draft(&tree, seat, fetched, of), others, detail));
    }
}

/// Visits to the table and rows of the scan, in all runs; without ANALYZE as many as pages of the table that are not all-visible.
fn fetches(tree: &Tree<'_>, seat: &Seat<'_>) -> Option<(f64, f64)> {
    if seat.node.kind != "Index Only Scan" {
        return None;
    }
    if let Some(fetched) = seat.node.heap_fetches {
        // Rows that the filter dropped were visible or fetched too.
        return Some((fetched, seat.rows()? + seat.rows_dropped()));
    }
    let seen = tree.context.stats?.table(&tree.table_name(seat)?)?;
    let pages = seen.pages as f64;
    let not_visible = 1.0 - seen.all_visible_pages as f64 / pages.max(1.0);
    (!tree.is_analyzed() && pages >= FEWEST_PAGES).then(|| (seat.planned_rows() * not_visible, seat.planned_rows()))
}

fn draft(tree: &Tree<'_>, seat: &Seat<'_>, fetched: f64, of: f64) -> Draft {
    let weight = tree.weight(seat);
    let share = (fetched / of.max(1.0)).min(1.0);
    let severity = if share >= MOST { weight.severity() } else { weight.severity().lowered() };
    let relation = tree.relation_name(seat);
    let index = seat.node.index.as_deref().unwrap_or("the index");
    let expected = if tree.is_analyzed() { "" } else { " (expected)" };
    let message = format!("index-only scan of {index} went to {relation} {} times for {}{expected}", count(fetched), rows(of));
    let why = format!(
        "The index holds all that is asked for, but not whether a row is visible to this transaction. That stands in the visibility map, which VACUUM keeps, page by page: for pages \
         changed since the last one PostgreSQL reads the table after all, here for {} of the rows, and the scan is as dear as an ordinary one ({}). Autovacuum waits until 20 % of the \
         rows are dead or new; tables that are read this way deserve it earlier.",
        percent(share),
        weight.words()
    );
    let mut draft = Draft::new(tree.explained.object(), message, why)
        .severity(severity)
        .confidence(weight.confidence())
        .evidence("heap fetches", fetched.round(), if tree.is_analyzed() { "EXPLAIN ANALYZE" } else { "pg_class.relallvisible" })
        .evidence("rows of the scan", of.round(), tree.source());
    if let Some(seen) = tree.table_name(seat).and_then(|t| tree.context.stats?.table(&t)) {
        draft = draft.evidence("all-visible pages", seen.all_visible_pages, "pg_class.relallvisible");
    }
    draft = tree.with_place(draft, seat, weight);
    match tree.table(seat).filter(|t| t.kind == TableKind::Ordinary) {
        Some(table) => draft.fix(vacuum(table, tree.context)),
        None => draft,
    }
}

/// Vacuums now, and earlier from now on: at 5 % of the rows instead of 20 %.
fn vacuum(table: &Table, context: &Context<'_>) -> Fix {
    // Inserted rows count from 13 on.
    let names: &[&str] = if context.server.version_num >= 130_000 {
        &["autovacuum_vacuum_scale_factor", "autovacuum_vacuum_insert_scale_factor"]
    } else {
        &["autovacuum_vacuum_scale_factor"]
    };
    let set = |name: &str| table.options.iter().any(|o| o.split('=').next() == Some(name));
    let missing: Vec<&str> = names.iter().copied().filter(|name| !set(name)).collect();
    let sql = table.name.sql();
    let mut fix = Fix {
        title: format!("vacuum {} now and more often", table.name),
        transactional: false,
        effect: Effect { locks: vec![lock(&table.name, "ShareUpdateExclusiveLock")], ..Effect::default() },
        ..Fix::default()
    };
    if !missing.is_empty() {
        let values: Vec<String> = missing.iter().map(|name| format!("{name} = 0.05")).collect();
        fix.up.push(format!("alter table {sql} set ({})", values.join(", ")));
        fix.down.push(format!("alter table {sql} reset ({})", missing.join(", ")));
    }
    fix.up.push(format!("vacuum (analyze) {sql}"));
    fix
}
