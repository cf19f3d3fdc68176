//! `plan/cache-misses`: see `cache_misses.md` for the rule's page.

use super::tree::{Seat, Tree};
use super::wording::{blocks, ms, rows, size};
use crate::figures::{count, percent};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/cache-misses",
    summary: "statement that reads much of what it needs from outside shared buffers",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Medium,
    area: Area::Performance,
    docs: include_str!("cache_misses.md"),
    check: Check::Plan(check),
};

/// Blocks of 8 KiB read: 8 MB. Less is back in the cache at the next call.
const FEWEST_BLOCKS: f64 = 1000.0;
/// Share of the blocks touched that was not in shared buffers. Servers as a whole are held to 1 to 5 %; one statement may miss more.
const SHARE: f64 = 0.1;
/// Where reading was not timed: 80 MB, half of what was touched. Anything less may come from the operating system's cache unnoticed.
const FEWEST_BLOCKS_UNTIMED: f64 = 10_000.0;
const SHARE_UNTIMED: f64 = 0.5;
/// Share of the time, where reading was timed: below it the misses cost nothing, the operating system had the blocks.
const SHARE_OF_TIME: f64 = 0.1;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let buffers = &explained.plan.root.buffers;
    let (Some(total), Some(read)) = (tree.total_ms(), buffers.shared_read) else { return };
    let touched = read + buffers.shared_hit.unwrap_or(0.0);
    let (fewest, share) = if buffers.io_read_ms.is_some() { (FEWEST_BLOCKS, SHARE) } else { (FEWEST_BLOCKS_UNTIMED, SHARE_UNTIMED) };
    if read < fewest || read < touched * share {
        return;
    }
    // Workers wait at the same time: their milliseconds overlap.
    let processes = tree.seats().iter().map(|s| s.processes).fold(1.0, f64::max);
    let waited = buffers.io_read_ms.map(|io| io / processes);
    if waited.is_some_and(|io| io < total * SHARE_OF_TIME) {
        return;
    }
    let reader = tree.heaviest(|s| read_by(&tree, s) > 0.0, |s| tree.weighed(s.own_ms, s.own_cost));
    let most = reader.into_iter().max_by(|a, b| read_by(&tree, a).total_cmp(&read_by(&tree, b)));
    if let Some(seat) = most {
        sink.report(draft(&tree, seat, (read, touched), waited));
    }
}

/// Blocks that the node itself read.
fn read_by(tree: &Tree<'_>, seat: &Seat<'_>) -> f64 {
    tree.own(seat, |s| s.node.buffers.shared_read).unwrap_or(0.0)
}

fn draft(tree: &Tree<'_>, seat: &Seat<'_>, (read, touched): (f64, f64), waited: Option<f64>) -> Draft {
    let weight = tree.weighed(waited.or(seat.own_ms), seat.own_cost);
    let own = read_by(tree, seat);
    let result = answer(tree);
    let message =
        format!("{} of {} came from outside shared buffers ({})", blocks(read), blocks(touched), percent(read / touched.max(1.0)));
    let cache = tree.memory_setting("shared_buffers", 0.0);
    let always = cache > 0.0 && touched * 8192.0 > cache;
    let fits = if always {
        format!(" It touches more than all of shared_buffers ({}): a second call finds as little.", size(cache))
    } else {
        " A second call may find all of it cached: run it twice before anything is concluded.".to_owned()
    };
    let time = waited.map_or_else(String::new, |io| format!(", {} of waiting", ms(io)));
    let per_row = if result >= 1.0 {
        format!(" {} blocks are touched per row of the answer ({}).", count((touched / result).ceil()), rows(result))
    } else {
        String::new()
    };
    let why = format!(
        "What is not in PostgreSQL's own cache comes from the operating system's or from the disk{time}. {} of it is read by {}, which {}.{per_row}{fits} Touching less helps more than a \
         larger cache: an index that leads to the rows, fewer columns in a covering index, old rows moved away.",
        percent(own / read.max(1.0)),
        tree.label(seat),
        tree.work(seat)
    );
    let draft = Draft::new(tree.explained.object(), message, why)
        // A first call is always cold; without timed reads nobody knows whether the disk was asked at all.
        .severity(match (waited, always) {
            (Some(_), true) => weight.severity(),
            (Some(_), false) => weight.severity().lowered(),
            (None, true) => weight.severity().min(Severity::Low),
            (None, false) => Severity::Info,
        })
        .confidence(if waited.is_some() { Confidence::Likely } else { Confidence::Possible })
        .evidence("blocks read", read, "EXPLAIN (ANALYZE, BUFFERS)")
        .evidence("blocks found in shared buffers", touched - read, "EXPLAIN (ANALYZE, BUFFERS)")
        .evidence("blocks read by the node", own, "EXPLAIN (ANALYZE, BUFFERS)");
    tree.with_place(draft, seat, tree.weight(seat))
}

/// Rows of the answer.
fn answer(tree: &Tree<'_>) -> f64 {
    tree.explained.plan.root.actual_rows_in_all().unwrap_or(0.0)
}
