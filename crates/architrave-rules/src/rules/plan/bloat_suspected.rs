//! `plan/bloat-suspected`: see `bloat_suspected.md` for the rule's page.

use super::tree::{Seat, Tree};
use super::wording::{blocks, rows, times};
use crate::figures::count;
use crate::statements::lock;
use architrave_model::catalog::Table;
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "plan/bloat-suspected",
    summary: "a scan reads many times the pages that its rows need",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Performance,
    docs: include_str!("bloat_suspected.md"),
    check: Check::Plan(check),
};

/// A table that is written to keeps room for its changes; half empty is usual. From three times what the rows need on, most of a scan
/// reads nothing.
const LEAST_FACTOR: f64 = 3.0;
/// Pages too many, 8 MiB, below which nobody feels it.
const LEAST_EXCESS: f64 = 1024.0;
/// A page of 8 KiB less its own header.
const PAGE: f64 = 8168.0;
/// Tuple header, padded, and line pointer.
const ROW_OVERHEAD: f64 = 28.0;

struct Bloated<'t, 'a> {
    seat: &'t Seat<'a>,
    table: &'a Table,
    pages: f64,
    needed: f64,
    rows: f64,
    width: f64,
}

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let mut found: Vec<Bloated<'_, '_>> = tree.seats().iter().filter_map(|s| bloated(&tree, s)).collect();
    found.sort_by(|a, b| (b.pages - b.needed).total_cmp(&(a.pages - a.needed)));
    let Some(worst) = found.first() else { return };
    let weight = tree.weight(worst.seat);
    let factor = worst.pages / worst.needed.max(1.0);
    let name = &worst.table.name;
    let message = format!("{name} takes {} for {}, {} what they need", blocks(worst.pages), rows(worst.rows), times(factor));
    let why = format!(
        "The scan read {} pages of {name} and met {} in them; at about {:.0} bytes a row they would fit into {}. The rest is room that deleted and updated rows left \
         behind and that nothing has filled again: PostgreSQL reads it at every scan and keeps it in the cache. VACUUM makes such room usable for new rows but gives it \
         back to the system only at the end of the table; a table that was once much larger (a mass deletion, a transaction held open for hours) stays that large.",
        count(worst.pages),
        rows(worst.rows),
        worst.width,
        count(worst.needed),
    );
    let mut draft = Draft::new(explained.object(), message, why).severity(weight.severity());
    draft = tree.with_place(draft, worst.seat, weight).evidence("pages read", worst.pages, "EXPLAIN (ANALYZE, BUFFERS)");
    draft = draft.evidence("rows met", worst.rows, "EXPLAIN ANALYZE").evidence("bytes per row", worst.width, "pg_stats.avg_width");
    if let Some(dead) = context.stats.and_then(|s| s.table(name)).map(|t| t.dead_rows) {
        draft = draft.evidence(format!("dead rows in {name}"), dead, "pg_stat_user_tables");
    }
    draft = draft.fix(fix(worst));
    sink.report(found.iter().skip(1).fold(draft, |draft, other| {
        draft.place(tree.object(other.seat), Some(format!("{}: {} for {}", other.table.name, blocks(other.pages), rows(other.rows))))
    }));
}

fn bloated<'t, 'a>(tree: &'t Tree<'a>, seat: &'t Seat<'a>) -> Option<Bloated<'t, 'a>> {
    let node = seat.node;
    // A scan that was cut short (LIMIT), run again or shared with workers does not see every page once.
    let whole = node.kind == "Seq Scan" && node.loops == Some(1.0) && seat.processes <= 1.0 && node.parallel_aware != Some(true);
    if !whole || tree.may_stop_early(seat) || !tree.weight(seat).matters() {
        return None;
    }
    let table = tree.table(seat)?;
    // What a filter fetched from TOAST is counted with the table's own pages.
    let own = tree.context.stats.and_then(|s| s.table(&table.name)).and_then(|t| t.table_bytes).map(|bytes| bytes as f64 / 8192.0);
    let pages = seat.blocks()?.min(own.unwrap_or(f64::INFINITY));
    let met = seat.rows()? + seat.in_all(node.rows_removed_by_filter);
    let width = width_of(tree.context.stats?, table)?;
    let fill = fill_factor(table);
    let needed = (met * (width + ROW_OVERHEAD) / (PAGE * fill)).ceil();
    (pages >= needed.max(1.0) * LEAST_FACTOR && pages - needed >= LEAST_EXCESS).then_some(Bloated {
        seat,
        table,
        pages,
        needed,
        rows: met,
        width,
    })
}

/// Bytes of a row's values with padding: each may be moved by up to 7 bytes. None when a column has no statistics.
fn width_of(stats: &Stats, table: &Table) -> Option<f64> {
    let of_column = |c: &architrave_model::catalog::Column| {
        let column = stats.column(&table.name, &c.name)?;
        Some((f64::from(column.average_width) + 3.0) * (1.0 - column.null_fraction))
    };
    table.columns.iter().map(of_column).sum()
}

fn fill_factor(table: &Table) -> f64 {
    let set = table.options.iter().find_map(|o| o.strip_prefix("fillfactor=")?.parse::<f64>().ok());
    set.map_or(1.0, |percent| (percent / 100.0).clamp(0.1, 1.0))
}

fn fix(bloated: &Bloated<'_, '_>) -> Fix {
    let name = &bloated.table.name;
    Fix {
        title: format!("rewrite {name} without the empty room"),
        up: vec![format!("vacuum (full, analyze) {}", name.sql())],
        down: Vec::new(),
        transactional: false,
        effect: Effect {
            locks: vec![lock(name, "AccessExclusiveLock")],
            rewrites: vec![name.to_string()],
            scans: vec![name.to_string()],
            bytes: Some(-(((bloated.pages - bloated.needed) * 8192.0) as i64)),
        },
        caution: Some(
            "nobody can read or write the table while it runs, and a second copy of it is needed meanwhile: in a live system take pg_repack or pg_squeeze, which lock \
             for a moment only; and find out what let it grow, or it comes back"
                .into(),
        ),
    }
}
