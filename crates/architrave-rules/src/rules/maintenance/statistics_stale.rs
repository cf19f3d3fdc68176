//! `maintenance/statistics-stale`: see `statistics_stale.md` for the rule's page.

use crate::figures::{count, counted, list_of};
use crate::statements::lock;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::stats::TableStats;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "maintenance/statistics-stale",
    summary: "tables that changed much since they were analyzed",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("statistics_stale.md"),
    check: Check::Stats(check),
};

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let stale = |seen: &&TableStats| {
        let analyzed = seen.last_analyze.is_some() || seen.last_autoanalyze.is_some();
        let changed = seen.modified_since_analyze as f64;
        analyzed && seen.live_rows >= 10_000 && changed >= 50_000.0 && changed >= 0.5 * seen.live_rows as f64
    };
    let covered =
        |seen: &&TableStats| catalog.table_named(&seen.name).is_some_and(|t| t.extension.is_none() && scope.covers(&t.name.schema));
    let mut tables: Vec<&TableStats> = stats.tables.iter().filter(stale).filter(covered).collect();
    if tables.is_empty() {
        return;
    }
    tables.sort_by_key(|t| (-t.modified_since_analyze, &t.name));
    let names: Vec<String> = tables.iter().map(|t| t.name.to_string()).collect();
    let message = format!(
        "{} by half and more since the last analyze: {}",
        counted(tables.len(), "table has changed", "tables have changed"),
        list_of(&names, 3)
    );
    let why = "The planner works with what was: rows of today lie beyond the bounds that it knows. Analyze them now, after each load as a part of it, and see why autovacuum does not come (it is off, \
               its workers are taken, or a migration cancels it).";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Database, &context.server.database), message, why);
    for table in &tables {
        let detail = format!("{} of {} rows changed", count(table.modified_since_analyze as f64), count(table.live_rows as f64));
        draft = draft.place(ObjectRef::table(&table.name), Some(detail));
    }
    sink.report(draft.fix(Fix {
        title: "analyze them".into(),
        up: tables.iter().map(|t| format!("analyze {}", t.name.sql())).collect(),
        down: Vec::new(),
        transactional: true,
        effect: Effect { locks: tables.iter().map(|t| lock(&t.name, "ShareUpdateExclusiveLock")).collect(), ..Effect::default() },
        caution: None,
    }));
}
