//! `maintenance/dead-rows-kept`: see `dead_rows_kept.md` for the rule's page.

use crate::figures::{count, counted, duration, list_of};
use crate::statements::lock;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::stats::TableStats;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "maintenance/dead-rows-kept",
    summary: "tables full of dead rows",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("dead_rows_kept.md"),
    check: Check::Stats(check),
};

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let covered =
        |seen: &&TableStats| catalog.table_named(&seen.name).is_some_and(|t| t.extension.is_none() && scope.covers(&t.name.schema));
    let full = |seen: &&TableStats| {
        let vacuumed = seen.last_vacuum.is_some() || seen.last_autovacuum.is_some();
        seen.dead_rows >= 100_000 && vacuumed && seen.dead_rows as f64 >= 0.3 * (seen.live_rows + seen.dead_rows) as f64
    };
    let mut tables: Vec<&TableStats> = stats.tables.iter().filter(full).filter(covered).collect();
    if tables.is_empty() {
        return;
    }
    tables.sort_by_key(|t| (-t.dead_rows, &t.name));
    let names: Vec<String> = tables.iter().map(|t| t.name.to_string()).collect();
    let worst = tables.first().map_or(0, |t| t.dead_rows);
    let message = format!("{} dead rows by 30 % and more: {}", counted(tables.len(), "table holds", "tables hold"), list_of(&names, 3));
    let mut why = "Scans read them, indexes point to them, and the tables grow. Vacuum comes too late for them, is too slow, or may not remove them because something holds the horizon back: \
                   `vacuum (verbose)` says how many it could not remove yet, and from which transaction on."
        .to_owned();
    if let Some(age) = stats.activity.as_ref().and_then(|a| a.oldest_transaction_seconds).filter(|s| *s > 3600.0) {
        why.extend([format!(" A transaction has been open for {}.", duration(age))]);
    }
    let severity = if worst >= 10_000_000 { Severity::High } else { RULE.severity };
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Database, &context.server.database), message, why).severity(severity);
    for table in &tables {
        let detail = format!("{} dead rows, {} live", count(table.dead_rows as f64), count(table.live_rows as f64));
        draft = draft.place(ObjectRef::table(&table.name), Some(detail));
    }
    sink.report(draft.evidence("dead rows of the worst table", worst, "pg_stat_user_tables.n_dead_tup").fix(Fix {
        title: "vacuum them".into(),
        up: tables.iter().map(|t| format!("vacuum (analyze) {}", t.name.sql())).collect(),
        down: Vec::new(),
        transactional: false,
        effect: Effect {
            locks: tables.iter().map(|t| lock(&t.name, "ShareUpdateExclusiveLock")).collect(),
            scans: tables.iter().map(|t| t.name.to_string()).collect(),
            ..Effect::default()
        },
        caution: None,
    }));
}
