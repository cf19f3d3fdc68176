//! `maintenance/threshold-high`: see `threshold_high.md` for the rule's page.

use crate::figures::{count, counted, list_of};
use crate::statements::lock;
use architrave_model::catalog::{Table, TableKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "maintenance/threshold-high",
    summary: "large table that is vacuumed too late by its scale factor",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("threshold_high.md"),
    check: Check::Stats(check),
};

const NAME: &str = "autovacuum_vacuum_scale_factor";

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut late: Vec<(&Table, f64, f64)> = Vec::new();
    for seen in &stats.tables {
        let rows = seen.row_estimate().unwrap_or(0.0);
        // Deleted rows alone are enough; a table that is only written to once has none.
        let changed = (seen.updated + seen.deleted) as f64;
        if rows < 1e7 || changed < rows * 0.01 {
            continue;
        }
        let Some(table) = catalog
            .table_named(&seen.name)
            .filter(|t| t.kind == TableKind::Ordinary && t.extension.is_none() && scope.covers(&t.name.schema))
        else {
            continue;
        };
        let dead = threshold(table, context, rows);
        if dead >= 1e6 {
            late.push((table, rows, dead));
        }
    }
    let Some((first, ..)) = late.first() else { return };
    let names: Vec<String> = late.iter().map(|(t, ..)| t.name.to_string()).collect();
    let worst = late.iter().map(|(.., dead)| *dead).fold(0.0, f64::max);
    let message = format!(
        "autovacuum waits for up to {} dead rows in {}: {}",
        count(worst),
        counted(late.len(), "large table", "large tables"),
        list_of(&names, 3)
    );
    let why = "Scans go through them meanwhile, and the vacuum that comes then is long. The scale factors below let it come after about half a million dead rows; where a table is changed in bursts, take \
               more. Statistics follow the same way (autovacuum_analyze_scale_factor).";
    let severity = if late.iter().any(|(_, rows, _)| *rows >= 1e8) { Severity::Medium } else { RULE.severity };
    let object = if late.len() == 1 { ObjectRef::table(&first.name) } else { ObjectRef::global(ObjectKind::Setting, NAME) };
    let mut draft = Draft::new(object, message, why).severity(severity);
    for (table, rows, dead) in &late {
        draft =
            draft.place(ObjectRef::table(&table.name), Some(format!("{} rows, vacuumed after {} dead ones", count(*rows), count(*dead))));
    }
    let own = |table: &Table| parameter(table, NAME).map(|v| format!("alter table {} set ({NAME} = {v})", table.name.sql()));
    sink.report(draft.fix(Fix {
        title: "lower the scale factors of these tables".into(),
        up: late.iter().map(|(t, rows, _)| format!("alter table {} set ({NAME} = {})", t.name.sql(), wanted(*rows))).collect(),
        down: late.iter().map(|(t, ..)| own(t).unwrap_or_else(|| format!("alter table {} reset ({NAME})", t.name.sql()))).collect(),
        transactional: true,
        effect: Effect { locks: late.iter().map(|(t, ..)| lock(&t.name, "ShareUpdateExclusiveLock")).collect(), ..Effect::default() },
        caution: None,
    }));
}

/// Half a million dead rows as a share of the table, in round figures.
fn wanted(rows: f64) -> f64 {
    [0.05, 0.02, 0.01, 0.005, 0.002, 0.001].into_iter().find(|share| share * rows <= 6e5).unwrap_or(0.0005)
}

/// Dead rows after which autovacuum comes.
fn threshold(table: &Table, context: &Context<'_>, rows: f64) -> f64 {
    let setting =
        |name: &str, default: f64| parameter(table, name).or_else(|| context.settings.and_then(|s| s.number(name))).unwrap_or(default);
    let dead = setting("autovacuum_vacuum_threshold", 50.0) + setting("autovacuum_vacuum_scale_factor", 0.2) * rows;
    let most = setting("autovacuum_vacuum_max_threshold", if context.server.major() >= 18 { 1e8 } else { -1.0 });
    if most >= 0.0 { dead.min(most) } else { dead }
}

fn parameter(table: &Table, name: &str) -> Option<f64> {
    table.options.iter().find_map(|o| o.split_once('=').filter(|(n, _)| *n == name).and_then(|(_, v)| v.parse().ok()))
}
