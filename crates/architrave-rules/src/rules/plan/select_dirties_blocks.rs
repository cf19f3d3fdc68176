//! `plan/select-dirties-blocks`: see `select_dirties_blocks.md` for the rule's page.

use super::tree::{Seat, Tree};
use super::wording::blocks;
use crate::figures::{count, list, percent};
use crate::statements::lock;
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "plan/select-dirties-blocks",
    summary: "a statement that only reads changes many of the pages it reads",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("select_dirties_blocks.md"),
    check: Check::Plan(check),
};

/// 8 MiB of pages that will have to be written.
const LEAST_BLOCKS: f64 = 1024.0;
/// Some pages are always fresh; a tenth of all that were read is a table that was just loaded or changed.
const LEAST_SHARE: f64 = 0.1;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let writes = |s: &Seat<'_>| s.writes() || s.node.kind == "LockRows";
    if tree.seats().iter().any(writes) {
        return;
    }
    let root = &explained.plan.root.buffers;
    let (Some(dirtied), Some(read)) = (root.shared_dirtied, tree.seats().first().and_then(Seat::blocks)) else { return };
    if dirtied < LEAST_BLOCKS || dirtied < read * LEAST_SHARE {
        return;
    }
    let mut by_table: BTreeMap<QualifiedName, f64> = BTreeMap::new();
    for seat in tree.seats().iter().filter(|s| s.node.is_scan()) {
        let own = seat.node.buffers.shared_dirtied.unwrap_or(0.0);
        if own >= dirtied * LEAST_SHARE
            && let Some(name) = tree.table_name(seat)
        {
            *by_table.entry(name).or_default() += own;
        }
    }
    let tables: Vec<&QualifiedName> = by_table.keys().collect();
    let names: Vec<String> = tables.iter().map(ToString::to_string).collect();
    let of = if names.is_empty() { String::new() } else { format!(" of {}", list(&names)) };
    let message = format!("the statement only reads, and still changes {} of the {} pages it reads{of}", count(dirtied), count(read));
    let written = root.shared_written.unwrap_or(0.0);
    let flushed =
        if written > 0.0 { format!(" {} pages it even had to write out itself to find room.", count(written)) } else { String::new() };
    let why = format!(
        "The first statement to meet a row after the transaction that wrote it has ended notes in the row whether that transaction was committed (hint bits), and may \
         clear dead rows off the page on the way. Both change the page: {} here, {} of what was read, have to be written to disk later, with data checksums to the WAL as \
         well.{flushed} It happens once after a load or a mass change, to whoever comes first: a VACUUM after such a change does it instead, and fills the visibility map \
         that index-only scans need.",
        blocks(dirtied),
        percent(dirtied / read.max(1.0)),
    );
    let mut draft = Draft::new(explained.object(), message, why).evidence("pages changed", dirtied, "EXPLAIN (ANALYZE, BUFFERS)").evidence(
        "pages read",
        read,
        "EXPLAIN (ANALYZE, BUFFERS)",
    );
    for (table, own) in &by_table {
        draft = draft.evidence(format!("pages of {table} changed"), *own, "EXPLAIN (ANALYZE, BUFFERS)");
    }
    if !tables.is_empty() {
        draft = draft.fix(Fix {
            title: format!("vacuum {}", list(&names)),
            up: tables.iter().map(|t| format!("vacuum (analyze) {}", t.sql())).collect(),
            down: Vec::new(),
            transactional: false,
            effect: Effect { locks: tables.iter().map(|t| lock(t, "ShareUpdateExclusiveLock")).collect(), ..Effect::default() },
            caution: Some("belongs at the end of the job that loads or changes the rows".into()),
        });
    }
    sink.report(draft);
}
