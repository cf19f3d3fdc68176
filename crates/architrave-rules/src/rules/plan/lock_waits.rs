//! `plan/lock-waits`: see `lock_waits.md` for the rule's page.

use super::tree::{Seat, Tree};
use super::wording::{ms, rows};
use crate::figures::percent;
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/lock-waits",
    summary: "locking or writing rows takes time that neither work nor reading explains: a wait for a lock",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Performance,
    docs: include_str!("lock_waits.md"),
    check: Check::Plan(check),
};

/// Below a tenth of a second nobody notices the wait.
const LEAST_MS: f64 = 100.0;
/// Locking or writing a row takes microseconds, with a few index entries and pages in memory well below this.
const PER_ROW_MS: f64 = 10.0;
/// A page from a slow disk.
const PER_READ_MS: f64 = 10.0;
/// At least half of the statement, else something else is the matter.
const LEAST_SHARE: f64 = 0.5;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let waits = tree.seats().iter().filter_map(|s| Some((s, waited(&tree, s)?)));
    let Some((seat, (waited, touched))) = waits.max_by(|a, b| a.1.0.total_cmp(&b.1.0)) else { return };
    let weight = tree.weighed(Some(waited), 0.0);
    if waited < LEAST_MS || weight.share() < LEAST_SHARE {
        return;
    }
    let locks = seat.node.kind == "LockRows";
    let verb = if locks { "locking" } else { "writing" };
    let message =
        format!("{} of {} pass in {verb} {}, and no work explains them", ms(waited), ms(tree.total_ms().unwrap_or(waited)), rows(touched));
    let doubt = if locks {
        "Locking does nothing else, so this was a wait for other transactions that held the rows."
    } else {
        "What else it can be: a trigger, or an index that is slow to write (GIN with its pending list). Nearly always it is a wait for other transactions that held the same \
         rows."
    };
    let why = format!(
        "Finding the rows was done in the rest of the time. {} takes {} for {}, {} each, where microseconds are usual; reading pages is already taken off. {doubt} EXPLAIN does \
         not show waits: pg_stat_activity (wait_event_type Lock), pg_blocking_pids() and log_lock_waits = on name who holds what. Short transactions, rows locked in the same \
         order everywhere, and SKIP LOCKED for queues are what helps.",
        tree.label(seat),
        ms(waited),
        rows(touched),
        ms(waited / touched.max(1.0)),
    );
    let severity = weight.severity();
    let draft = Draft::new(explained.object(), message, why).severity(severity).confidence(if locks {
        Confidence::Likely
    } else {
        Confidence::Possible
    });
    sink.report(
        draft
            .evidence("node", tree.path(seat), "EXPLAIN ANALYZE")
            .evidence("time without work", weight.words(), "EXPLAIN ANALYZE")
            .evidence("share of the statement", percent(weight.share()), "EXPLAIN ANALYZE")
            .evidence("rows", touched, "EXPLAIN ANALYZE")
            .fix(fix()),
    );
}

/// Milliseconds of the node that nothing explains, and the rows it locked or wrote.
fn waited(tree: &Tree<'_>, seat: &Seat<'_>) -> Option<(f64, f64)> {
    let writes = seat.node.kind == "LockRows" || matches!(seat.node.operation.as_deref(), Some("Update" | "Delete"));
    if !writes || !seat.ran() {
        return None;
    }
    let touched = tree.inputs(seat).filter_map(Seat::rows).sum::<f64>().max(1.0);
    // Triggers BEFORE the change run inside the node; which of them did is not told.
    let triggers: f64 = tree.explained.plan.triggers.iter().filter_map(|t| t.ms).sum();
    let timed = |s: &Seat<'_>| Some(s.node.buffers.io_read_ms? + s.node.buffers.io_write_ms.unwrap_or(0.0));
    let io = tree.own(seat, timed).unwrap_or(0.0);
    // Without BUFFERS nobody knows what was read: a page per row and index then.
    let read = match seat.blocks() {
        Some(_) => tree.own(seat, |s| s.node.buffers.shared_read).unwrap_or(0.0) * PER_READ_MS,
        None => touched * PER_READ_MS,
    };
    let unexplained = seat.own_ms? - triggers - io.max(read);
    (unexplained >= touched * PER_ROW_MS).then_some((unexplained, touched))
}

fn fix() -> Fix {
    Fix {
        title: "give up after two seconds instead of waiting without end".into(),
        up: vec!["set lock_timeout = '2s'".into()],
        down: vec!["reset lock_timeout".into()],
        transactional: true,
        effect: Effect::default(),
        caution: Some("the statement then fails with SQLSTATE 55P03, and the application has to try again; it does not make the other transaction shorter".into()),
    }
}
