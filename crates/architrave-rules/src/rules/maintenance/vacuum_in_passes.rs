//! `maintenance/vacuum-in-passes`: see `vacuum_in_passes.md` for the rule's page.

use crate::figures::{bytes, count, list_of};
use crate::rules::setting::advice::{change, evident, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::stats::TableStats;
use architrave_model::{Check, Context, QualifiedName, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "maintenance/vacuum-in-passes",
    summary: "vacuum that goes through the indexes several times",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("vacuum_in_passes.md"),
    check: Check::Live(check),
};

fn check(stats: &Stats, settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let own = settings.bytes("autovacuum_work_mem").filter(|b| *b > 0.0);
    let Some(memory) = own.or_else(|| settings.bytes("maintenance_work_mem")) else {
        return sink.not_checked("maintenance_work_mem is not readable");
    };
    // Before 17 no list is longer than 1 GB.
    let memory = memory.min(1_073_741_824.0);
    let mut places: Vec<(&QualifiedName, String)> = Vec::new();
    let (mut most, mut most_dead) = (0.0_f64, 0.0_f64);
    for running in stats.vacuums.iter().filter(|v| v.index_passes >= 1 && v.phase == "scanning heap") {
        places.push((&running.table, format!("running now, after {} passes", running.index_passes)));
    }
    let before_17 = (1..17).contains(&context.server.major());
    for table in stats.tables.iter().filter(|t| before_17 && t.rows >= 1e7 && t.index_bytes.unwrap_or(0) > 0 && t.updated + t.deleted > 0) {
        let dead = dead_rows(table, context);
        let passes = (dead * 6.0 / memory).ceil();
        if passes >= 2.0 {
            most = most.max(passes);
            most_dead = most_dead.max(dead);
            places.push((&table.name, format!("{} dead rows, {} passes", count(dead), count(passes))));
        }
    }
    if places.is_empty() {
        return;
    }
    let names: Vec<String> = places.iter().map(|(name, _)| name.to_string()).collect();
    let message = format!("vacuum goes through all indexes several times, for {}", list_of(&names, 3));
    let wanted = (most_dead * 6.0 / 1_048_576.0).ceil().clamp(256.0, 1024.0);
    let why = format!(
        "The list of dead rows does not fit into {}: each time it is full all indexes are read from start to end. Let vacuum come earlier for these tables (a lower scale factor), or give each of the \
         workers more memory.{}",
        bytes(memory as i64),
        change(settings, context, &[("autovacuum_work_mem", &format!("{wanted} MB"))])
    );
    let severity = if most >= 3.0 { Severity::Medium } else { RULE.severity };
    let mut draft = evident(
        on_setting("autovacuum_work_mem", message, why).severity(severity),
        settings,
        &["autovacuum_work_mem", "maintenance_work_mem"],
    );
    for (name, detail) in places {
        draft = draft.place(ObjectRef::table(name), Some(detail));
    }
    sink.report(draft);
}

/// Dead rows at which autovacuum comes.
fn dead_rows(table: &TableStats, context: &Context<'_>) -> f64 {
    let options = context.catalog.table_named(&table.name).map_or(&[][..], |t| t.options.as_slice());
    let own =
        |name: &str| options.iter().find_map(|o| o.split_once('=').filter(|(n, _)| *n == name).and_then(|(_, v)| v.parse::<f64>().ok()));
    let setting = |name: &str, default: f64| own(name).or_else(|| context.settings.and_then(|s| s.number(name))).unwrap_or(default);
    setting("autovacuum_vacuum_threshold", 50.0) + setting("autovacuum_vacuum_scale_factor", 0.2) * table.rows
}
