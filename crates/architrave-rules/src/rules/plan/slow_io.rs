//! `plan/slow-io`: see `slow_io.md` for the rule's page.

use super::tree::{Seat, Tree};
use super::wording::{blocks, ms};
use crate::figures::{count, percent};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/slow-io",
    summary: "statement that waits for a storage slower than storage should be",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Large,
    area: Area::Performance,
    docs: include_str!("slow_io.md"),
    check: Check::Plan(check),
};

/// Milliseconds per block of 8 KiB. A local SSD answers a single read within 0.1, a cloud's network disk within about 1; a spinning disk
/// takes 5 to 10.
const PER_BLOCK: f64 = 1.0;
/// Blocks read: below that one hiccup makes the mean.
const FEWEST_BLOCKS: f64 = 100.0;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let buffers = &explained.plan.root.buffers;
    let (Some(_), Some(read), Some(io)) = (tree.total_ms(), buffers.shared_read, buffers.io_read_ms) else { return };
    if read < FEWEST_BLOCKS || io / read < PER_BLOCK {
        return;
    }
    let waited = |s: &Seat<'_>| tree.own(s, |s| s.node.buffers.io_read_ms).map(|ms| ms / s.processes);
    let found = tree.heaviest(|s| waited(s).is_some(), |s| tree.weighed(waited(s), 0.0));
    let Some((seat, others)) = found.split_first() else { return };
    let detail = |s: &Seat<'_>| format!("{} waited {}", tree.label(s), ms(waited(s).unwrap_or(0.0)));
    sink.report(tree.with_others(draft(&tree, seat, (read, io), waited(seat).unwrap_or(0.0)), others, detail));
}

fn draft(tree: &Tree<'_>, seat: &Seat<'_>, (read, io): (f64, f64), waited: f64) -> Draft {
    let weight = tree.weighed(Some(waited), 0.0);
    let each = io / read;
    let rate = read * 8192.0 / 1_048_576.0 / (io / 1000.0);
    let message = format!("{} blocks were read in {}, {each:.1} ms each", count(read), ms(io));
    let why = format!(
        "{} waited {} for its blocks. At {each:.1} ms per block of 8 kB the storage delivers {rate:.1} MB a second to this statement ({} in all); a local SSD needs about 0.1 ms, a \
         network disk about 1 ms. Either the disk is that slow, or its quota of operations is used up, or others keep it busy: look at the waits of the disk at the time of the call \
         before the statement is changed. Reading fewer blocks helps whatever the disk is; {} of the statement's time is this wait.",
        tree.label(seat),
        ms(waited),
        blocks(read),
        percent(weight.share())
    );
    let draft = Draft::new(tree.explained.object(), message, why)
        .severity(weight.severity())
        .evidence("milliseconds reading", io, "EXPLAIN (ANALYZE, BUFFERS), track_io_timing")
        .evidence("blocks read", read, "EXPLAIN (ANALYZE, BUFFERS)");
    tree.with_place(draft, seat, tree.weight(seat))
}
