//! `maintenance/catalog-bloated`: see `catalog_bloated.md` for the rule's page.

use crate::figures::{bytes, count, list_of};
use crate::rules::setting::advice::judged;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "maintenance/catalog-bloated",
    summary: "system catalogue grown out of proportion",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Performance,
    docs: include_str!("catalog_bloated.md"),
    check: Check::Stats(check),
};

fn check(_catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let mut found = Vec::new();
    for table in stats.system_tables.iter().filter(|t| !t.name.starts_with("pg_largeobject")) {
        let size = table.pages as f64 * 8192.0;
        let Some(width) = table.row_width else { continue };
        let needed = table.rows.max(0.0) * (width * 1.1 + 36.0);
        if size >= 5e8 && needed < size / 3.0 {
            found.push((table, size));
        }
    }
    let Some((first, _)) = found.first() else { return };
    let all: f64 = found.iter().map(|(_, size)| size).sum();
    let names: Vec<String> = found.iter().map(|(t, _)| t.name.clone()).collect();
    let message = format!("the system catalogue is bloated: {}, {} in all", list_of(&names, 4), bytes(all as i64));
    let why = "Temporary tables that are made and dropped all day long are the usual cause: make them once per session and truncate them (`on commit delete rows`), or use CTEs and arrays. The room is \
               given back by `vacuum (full)` of these tables in a maintenance window, as superuser: nobody can plan a statement meanwhile.";
    let severity = if all >= 5e9 { Severity::Medium } else { RULE.severity };
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Cluster, &first.name), message, why).severity(severity);
    for (table, size) in &found {
        draft = draft.evidence(
            format!("pg_catalog.{}", table.name),
            format!("{} for {} rows, {} dead", bytes(*size as i64), count(table.rows), count(table.dead_rows as f64)),
            "pg_class",
        );
    }
    sink.report(draft);
}
