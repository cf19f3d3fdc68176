//! `table/empty`: see `empty.md` for the rule's page.

use crate::figures::{counted, duration, list_of};
use crate::statistics::{DAY, counting_since};
use architrave_model::catalog::{Table, TableKind};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "table/empty",
    summary: "tables without rows",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("empty.md"),
    check: Check::Stats(check),
};

/// Counters younger than this prove nothing.
const YOUNGEST: f64 = 7.0 * DAY;

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(age) = counting_since(stats, context) else {
        return sink.not_checked("when the counters were reset is not known");
    };
    if age < YOUNGEST {
        return sink.not_checked(format!("the counters cover {} only; a week is the least", duration(age)));
    }
    let mut by_schema: BTreeMap<&str, (Vec<&Table>, usize)> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables().filter(|t| t.kind == TableKind::Ordinary) {
        let Some(counted) = stats.table(&table.name) else { continue };
        let (empty, all) = by_schema.entry(&table.name.schema).or_default();
        *all += 1;
        // A parent of an inheritance tree is empty on purpose.
        let quiet = counted.inserted == 0 && counted.live_rows == 0 && counted.rows <= 0.0 && counted.main_bytes == Some(0);
        if quiet {
            empty.push(table);
        }
    }
    for (schema, (tables, all)) in by_schema.iter().filter(|(_, (empty, all))| !empty.is_empty() && empty.len() < *all) {
        let names: Vec<String> = tables.iter().map(|t| t.name.name.clone()).collect();
        let message = format!(
            "{} of {} in schema {schema} {} empty and took no row in {}: {}",
            tables.len(),
            counted(*all, "table", "tables"),
            if tables.len() == 1 { "is" } else { "are" },
            duration(age),
            list_of(&names, 3)
        );
        let why = "Their files have no page, so they hold nothing and held nothing since they were made or truncated. They belong to features that are not used (or not yet), to plans, or to leftovers; each one is read, migrated and \
                   protected by everybody all the same.";
        let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, *schema), message, why).evidence(
            "days covered by the counters",
            (age / DAY).floor(),
            "pg_stat_database.stats_reset",
        );
        for table in tables {
            draft = draft.place(ObjectRef::table(&table.name), None);
        }
        sink.report(draft);
    }
}
