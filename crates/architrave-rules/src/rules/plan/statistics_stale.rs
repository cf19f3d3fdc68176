//! `plan/statistics-stale`: see `statistics_stale.md` for the rule's page.

use super::remedy::analyze;
use super::tree::Tree;
use super::wording::rows;
use crate::figures::{count, duration, list, percent};
use architrave_model::catalog::TableKind;
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/statistics-stale",
    summary: "plan over tables whose statistics were never gathered or are out of date",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("statistics_stale.md"),
    check: Check::Plan(check),
};

/// Share of the rows changed since the last ANALYZE: twice `autovacuum_analyze_scale_factor`, at whose 10 % autovacuum should have come.
const SHARE: f64 = 0.2;
/// Changed rows, and rows of a table: below that any plan does.
const FEWEST_ROWS: f64 = 1000.0;

/// Seconds since the last ANALYZE within which nothing is stale: autovacuum looks once a minute, and counters arrive late.
const GRACE: f64 = 120.0;

/// What is wrong with the statistics of a table.
pub(super) enum Staleness {
    /// None were ever gathered.
    Never,
    /// So many rows changed since, of so many, seconds ago.
    Changed(f64, f64, Option<f64>),
}

impl Staleness {
    fn words(&self) -> String {
        match self {
            Self::Never => "never analyzed".to_owned(),
            Self::Changed(changed, of, ago) => {
                let when = ago.map_or_else(String::new, |seconds| format!(", {} ago", duration(seconds)));
                format!("{} of {} changed since the last ANALYZE{when}", rows(*changed), count(*of))
            }
        }
    }
}

/// Whether the planner's picture of the table is missing or old; none where it is good, or where nothing is known.
pub(super) fn staleness(context: &Context<'_>, table: &QualifiedName) -> Option<Staleness> {
    let seen = context.stats?.table(table)?;
    let size = (seen.live_rows as f64).max(seen.rows);
    let last =
        [seen.last_analyze, seen.last_autoanalyze].into_iter().flatten().fold(None, |a: Option<f64>, b| Some(a.map_or(b, |a| a.max(b))));
    // Counters are lost in a crash and not copied by pg_upgrade: column statistics tell that ANALYZE ran nevertheless.
    let gathered = context.stats?.columns.iter().any(|c| &c.table == table);
    if last.is_none() && !gathered {
        return (size >= FEWEST_ROWS).then_some(Staleness::Never);
    }
    let changed = seen.modified_since_analyze as f64;
    let ago = last.map(|l| (context.now - l).max(0.0));
    let stale = changed >= FEWEST_ROWS && changed >= size * SHARE && ago.is_none_or(|seconds| seconds >= GRACE);
    stale.then_some(Staleness::Changed(changed, size, ago))
}

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let mut found: Vec<(QualifiedName, Staleness)> = Vec::new();
    for seat in tree.seats().iter().filter(|s| s.node.is_scan()) {
        let Some(table) = tree.table_name(seat).filter(|t| found.iter().all(|(name, _)| name != t)) else { continue };
        let foreign = tree.table(seat).is_some_and(|t| t.kind == TableKind::Foreign);
        if let Some(stale) = staleness(context, &table).filter(|_| !foreign) {
            found.push((table, stale));
        }
    }
    if !found.is_empty() {
        found.sort_by(|a, b| a.0.cmp(&b.0));
        sink.report(draft(&tree, &found));
    }
}

fn draft(tree: &Tree<'_>, found: &[(QualifiedName, Staleness)]) -> Draft {
    let names: Vec<String> = found.iter().map(|(t, _)| t.to_string()).collect();
    let never = found.iter().any(|(_, s)| matches!(s, Staleness::Never));
    let said: Vec<String> = found.iter().map(|(t, s)| format!("{t}: {}", s.words())).collect();
    let message = match found {
        [_] => said.join(""),
        several => format!("{} tables of the plan have old statistics: {}", several.len(), said.join("; ")),
    };
    let whole = tree.weighed(tree.total_ms(), tree.explained.plan.root.total_cost);
    let severity = whole.severity().min(Severity::Medium);
    let first = if never {
        "Without statistics the planner assumes fixed shares (0.5 % of the rows for an equality) whatever the table holds.".to_owned()
    } else {
        let worst = found.iter().map(|(_, s)| if let Staleness::Changed(n, of, _) = s { n / of.max(1.0) } else { 1.0 }).fold(0.0, f64::max);
        format!("The planner works with a picture of the data from before {} of the rows were changed.", percent(worst.min(1.0)))
    };
    let why = format!(
        "{first} New values (today's dates, new customers) are unknown to it and taken for rare, and the choice between index and full read, and between the kinds of join, rests on that. \
         Autovacuum analyzes a table after a tenth of its rows has changed, unless it is off, starved, or the change was just now (a load, a migration). ANALYZE {} reads a sample of 30,000 rows and \
         takes seconds; this finding says nothing about whether the plan changes.",
        list(&names)
    );
    let mut draft =
        Draft::new(tree.explained.object(), message, why).severity(severity.max(if never { Severity::Low } else { Severity::Info }));
    for (table, stale) in found {
        draft = draft.evidence(format!("statistics of {table}"), stale.words(), "pg_stat_user_tables");
    }
    let tables: Vec<QualifiedName> = found.iter().map(|(t, _)| t.clone()).collect();
    draft.fix(analyze(&tables))
}
