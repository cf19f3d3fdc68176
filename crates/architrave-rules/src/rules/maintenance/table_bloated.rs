//! `maintenance/table-bloated`: see `table_bloated.md` for the rule's page.

use crate::figures::{bytes, counted, list_of};
use crate::statements::lock;
use architrave_model::catalog::{Table, TableKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "maintenance/table-bloated",
    summary: "table with far more pages than its rows need",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Medium,
    area: Area::Performance,
    docs: include_str!("table_bloated.md"),
    check: Check::Stats(check),
};

const PAGE: f64 = 8192.0 - 24.0;
/// Smaller tables are not worth the trouble.
const SMALLEST: f64 = 500e6;

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut bloated: Vec<(&Table, f64, f64)> = Vec::new();
    for seen in &stats.tables {
        let size = seen.main_bytes.map_or(0.0, |b| b as f64);
        let analyzed = seen.last_analyze.is_some() || seen.last_autoanalyze.is_some();
        if size < SMALLEST || !analyzed || seen.modified_since_analyze as f64 > 0.2 * seen.rows.max(1.0) {
            continue;
        }
        let Some(table) = catalog
            .table_named(&seen.name)
            .filter(|t| t.kind == TableKind::Ordinary && t.extension.is_none() && scope.covers(&t.name.schema))
        else {
            continue;
        };
        if let Some(needed) = needed(table, seen.rows, stats).filter(|n| size - n > size * 0.5) {
            bloated.push((table, size, size - needed));
        }
    }
    bloated.sort_by(|a, b| b.2.total_cmp(&a.2).then_with(|| a.0.name.cmp(&b.0.name)));
    let Some((_, _, worst)) = bloated.first() else { return };
    let names: Vec<String> = bloated.iter().map(|(t, ..)| t.name.to_string()).collect();
    let all: f64 = bloated.iter().map(|(.., waste)| waste).sum();
    let message = format!(
        "{} mostly of room without rows, about {} by estimate: {}",
        counted(bloated.len(), "table consists", "tables consist"),
        bytes(all as i64),
        list_of(&names, 3)
    );
    let why = "It stays on disk, in backups and in every scan of the whole table. Measure first (pgstattuple_approx), find the cause (vacuum comes too late, a horizon was held back), then rewrite: \
               pg_repack or pg_squeeze work while the table is in use, `vacuum (full)` locks everybody out.";
    let severity = if *worst >= 10.0 * 1_073_741_824.0 { Severity::Medium } else { RULE.severity };
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Database, &context.server.database), message, why).severity(severity);
    for (table, size, waste) in &bloated {
        draft = draft.place(ObjectRef::table(&table.name), Some(format!("{} of {}", bytes(*waste as i64), bytes(*size as i64))));
    }
    sink.report(draft.fix(Fix {
        title: "rewrite them".into(),
        up: bloated.iter().map(|(t, ..)| format!("vacuum (full, analyze) {}", t.name.sql())).collect(),
        down: Vec::new(),
        transactional: false,
        effect: Effect {
            locks: bloated.iter().map(|(t, ..)| lock(&t.name, "AccessExclusiveLock")).collect(),
            rewrites: bloated.iter().map(|(t, ..)| t.name.to_string()).collect(),
            bytes: Some(-(all as i64)),
            ..Effect::default()
        },
        caution: Some("nobody can read or write a table while it is rewritten, and the new copy needs room beside the old one: measure first, and take pg_repack where the table is in use".into()),
    }));
}

/// Bytes that the rows need; none when a column has no statistics.
fn needed(table: &Table, rows: f64, stats: &Stats) -> Option<f64> {
    let mut width = 0.0;
    for column in &table.columns {
        let seen = stats.column(&table.name, &column.name)?;
        width += f64::from(seen.average_width) * (1.0 - seen.null_fraction);
    }
    let fill =
        table.options.iter().find_map(|o| o.strip_prefix("fillfactor=").and_then(|v| v.parse::<f64>().ok())).unwrap_or(100.0) / 100.0;
    let nulls = if table.columns.iter().any(|c| !c.not_null) { (table.columns.len() as f64 / 8.0).ceil() } else { 0.0 };
    let row = 28.0 + nulls + width * 1.1 + 8.0;
    Some((rows / (PAGE * fill / row).max(0.1).floor().max(1.0)).ceil() * 8192.0)
}
