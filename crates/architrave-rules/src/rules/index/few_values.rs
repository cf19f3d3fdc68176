//! `index/few-values`: see `few_values.md` for the rule's page.

use crate::figures::{bytes, count, percent};
use crate::leans::is_free;
use crate::relations::{Indexed, indexed};
use crate::statements::drop_index;
use architrave_model::catalog::Index;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::stats::{ColumnStats, IndexStats};
use architrave_model::{Catalog, Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "index/few-values",
    summary: "index on a column of few values, none of them rare",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("few_values.md"),
    check: Check::Stats(check),
};

/// More distinct values may well be worth an index.
const MOST_VALUES: usize = 10;
/// A value that fewer rows than this share have is worth looking up.
const RARE: f64 = 0.05;
/// The known values must make up all rows, as far as a sample can tell.
const ALL: f64 = 0.98;
/// Smaller indexes are not worth anybody's time: 16 MiB.
const SMALLEST: i64 = 16 << 20;

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    for of in indexed(&scope, catalog) {
        for index in of.indexes.iter().filter(|i| i.method == "btree" && i.keys.len() == 1 && i.include.is_empty() && i.predicate.is_none())
        {
            let Some(column) = index.keys.first().and_then(|k| k.column.as_deref()) else { continue };
            let (Some(measured), Some(used)) = (stats.column(of.name, column), stats.index(&of.name.schema, &index.name)) else { continue };
            let (Some(rarest), Some(rows)) = (rarest_share(measured), context.rows(of.name)) else { continue };
            // Never scanned: `index/unused` speaks. Few rows per scan: it finds what the sample missed, or serves min and max.
            let per_scan = used.rows_read as f64 / used.scans.max(1) as f64;
            let useful = used.scans == 0 || per_scan < rows * RARE;
            let size = used.bytes.unwrap_or(0);
            if rarest < RARE || useful || size < SMALLEST || !is_free(&of, index) {
                continue;
            }
            sink.report(draft(&of, index, (column, measured, used), (rarest, per_scan, size)));
        }
    }
}

/// Share of rows that have the rarest of all values (NULL is one); none where not all values are known.
fn rarest_share(measured: &ColumnStats) -> Option<f64> {
    let shares = measured.most_common_frequencies.as_ref()?;
    let known: f64 = shares.iter().sum::<f64>() + measured.null_fraction;
    let complete = shares.len() <= MOST_VALUES && measured.distinct > 0.0 && measured.distinct <= shares.len() as f64 && known >= ALL;
    let nulls = (measured.null_fraction > 0.0).then_some(measured.null_fraction);
    complete.then(|| shares.iter().copied().chain(nulls).fold(1.0, f64::min))
}

fn draft(
    of: &Indexed<'_>,
    index: &Index,
    (column, measured, used): (&str, &ColumnStats, &IndexStats),
    (rarest, per_scan, size): (f64, f64, i64),
) -> Draft {
    let message = format!(
        "{} on {} finds {} rows per scan: {column} has {} values, the rarest in {} of the rows",
        index.name,
        of.name,
        count(per_scan),
        count(measured.distinct),
        percent(rarest)
    );
    let why = format!(
        "Rows of one value lie on nearly every page of the table, so a scan of the index reads the table anyway, and the index on top. It pays for itself only where nothing but {column} is asked for. \
         A partial index over the rows that a query really wants, or {column} as the second key behind a selective one, does more at less cost."
    );
    let mut fix = drop_index(of, index, used.bytes);
    fix.caution =
        Some("look at the plans of the statements that filter by it first: counts per value may run on this index alone".to_owned());
    Draft::new(of.index_ref(index), message, why)
        .evidence(format!("scans of {}", index.name), used.scans, "pg_stat_user_indexes.idx_scan")
        .evidence("entries read per scan", per_scan.floor(), "pg_stat_user_indexes.idx_tup_read")
        .evidence(format!("distinct values of {column}"), measured.distinct, "pg_stats.n_distinct")
        .evidence("share of the rarest", rarest, "pg_stats.most_common_freqs")
        .evidence(format!("size of {}", index.name), bytes(size), "pg_relation_size")
        .fix(fix)
}
