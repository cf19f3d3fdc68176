//! `maintenance/never-vacuumed`: see `never_vacuumed.md` for the rule's page.

use crate::figures::{count, counted, duration, list_of};
use crate::statements::lock;
use crate::statistics::{DAY, counting_since};
use architrave_model::catalog::{Table, TableKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::stats::TableStats;
use architrave_model::{Catalog, Check, Context, ObjectKind, QualifiedName, Rule, Sink, Stats};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "maintenance/never-vacuumed",
    summary: "table that was never vacuumed or analyzed",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("never_vacuumed.md"),
    check: Check::Stats(check),
};

/// Smaller tables do not reach autovacuum's threshold and do not need it.
const FEWEST_ROWS: i64 = 1000;

/// What a table lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lacks {
    /// The planner knows nothing about it.
    Everything,
    /// It was analyzed, never vacuumed, and holds dead rows.
    Vacuum,
}

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let age = counting_since(stats, context);
    let mut by_schema: BTreeMap<&str, Vec<(&Table, &TableStats, Lacks)>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables().filter(|t| t.kind == TableKind::Ordinary) {
        let Some(seen) = stats.table(&table.name) else { continue };
        if let Some(lacks) = lacks(seen, age) {
            by_schema.entry(&table.name.schema).or_default().push((table, seen, lacks));
        }
    }
    for (schema, mut tables) in by_schema {
        tables.sort_by_key(|(table, seen, lacks)| (*lacks, -seen.live_rows, &table.name));
        sink.report(draft(context, schema, &tables, age));
    }
}

/// Counters go away with a crash; `reltuples = -1` (14 and later) does not.
fn lacks(seen: &TableStats, age: Option<f64>) -> Option<Lacks> {
    let vacuumed = seen.last_vacuum.is_some() || seen.last_autovacuum.is_some();
    let analyzed = seen.last_analyze.is_some() || seen.last_autoanalyze.is_some();
    let counted_a_week = age.is_some_and(|a| a >= 7.0 * DAY);
    if seen.live_rows < FEWEST_ROWS || vacuumed {
        return None;
    }
    if seen.rows < 0.0 && !analyzed {
        return Some(Lacks::Everything);
    }
    let dead_share = seen.dead_rows as f64 / seen.live_rows as f64;
    (counted_a_week && dead_share > 0.4).then_some(if analyzed { Lacks::Vacuum } else { Lacks::Everything })
}

fn draft(context: &Context<'_>, schema: &str, tables: &[(&Table, &TableStats, Lacks)], age: Option<f64>) -> Draft {
    let names: Vec<String> = tables.iter().map(|(t, ..)| t.name.name.clone()).collect();
    let rows: i64 = tables.iter().map(|(_, s, _)| s.live_rows).sum();
    let blind = tables.iter().filter(|(.., lacks)| *lacks == Lacks::Everything).count();
    let was = if tables.len() == 1 { "was" } else { "were" };
    let what = if blind == tables.len() { "vacuumed or analyzed" } else { "vacuumed" };
    let message = format!(
        "{} {schema} {was} never {what}: {}, {} rows",
        counted(tables.len(), "table of schema", "tables of schema"),
        list_of(&names, 3),
        count(rows as f64)
    );
    let mut why = String::new();
    if blind > 0 {
        why.push_str("Without statistics the planner guesses sizes and selectivities, and picks joins and indexes by chance. ");
    }
    why.push_str("Without vacuum dead rows are never reused, index-only scans go to the table for every row, and the age of the oldest row grows until an emergency vacuum stops it.");
    if let Some(age) = age {
        why.extend([format!(" The counters cover {}.", duration(age))]);
    }
    if context.settings.and_then(|s| s.on("autovacuum")) == Some(false) {
        why.push_str(" Autovacuum is switched off on this server: switch it on, and the rest follows.");
    }
    let off: Vec<String> = tables.iter().filter(|(t, ..)| has_autovacuum_off(t)).map(|(t, ..)| t.name.name.clone()).collect();
    if !off.is_empty() {
        why.extend([format!(" It is switched off for {} by a storage parameter.", list_of(&off, 5))]);
    }
    let largest = tables.iter().map(|(_, s, _)| s.live_rows).max().unwrap_or(0);
    let severity = if largest >= 1_000_000 { Severity::High } else { RULE.severity };
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).severity(severity);
    for (table, seen, _) in tables {
        let detail = format!("{} live rows, {} dead", count(seen.live_rows as f64), count(seen.dead_rows as f64));
        draft = draft.place(ObjectRef::table(&table.name), Some(detail));
    }
    let names: Vec<&QualifiedName> = tables.iter().map(|(t, ..)| &t.name).collect();
    draft.evidence("rows in these tables", rows, "pg_stat_user_tables.n_live_tup").fix(fix(&names))
}

fn has_autovacuum_off(table: &Table) -> bool {
    table
        .options
        .iter()
        .filter_map(|o| o.split_once('='))
        .any(|(k, v)| k == "autovacuum_enabled" && matches!(v, "false" | "off" | "0" | "no"))
}

fn fix(tables: &[&QualifiedName]) -> Fix {
    Fix {
        title: "vacuum and analyze them".into(),
        up: tables.iter().map(|t| format!("vacuum (analyze) {}", t.sql())).collect(),
        down: Vec::new(),
        transactional: false,
        effect: Effect {
            locks: tables.iter().map(|t| lock(t, "ShareUpdateExclusiveLock")).collect(),
            scans: tables.iter().map(ToString::to_string).collect(),
            ..Effect::default()
        },
        caution: None,
    }
}
