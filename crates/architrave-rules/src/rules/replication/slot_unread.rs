//! `replication/slot-unread`: see `slot_unread.md` for the rule's page.

use crate::figures::{bytes, duration};
use crate::rules::setting::advice::judged;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::stats::SlotStats;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "replication/slot-unread",
    summary: "replication slot that nobody reads from",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Recovery,
    docs: include_str!("slot_unread.md"),
    check: Check::Stats(check),
};

fn check(_catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let lost = |slot: &&SlotStats| slot.wal_status.as_deref() == Some("lost") || slot.invalidation_reason.is_some();
    let restarting = |slot: &&SlotStats| slot.inactive_seconds.is_some_and(|s| s < 600.0);
    for slot in stats.slots.iter().filter(|s| !s.active && !s.temporary && !lost(s) && !restarting(s)) {
        let retained = slot.retained_bytes.unwrap_or(0);
        let severity = match retained {
            b if b >= 20_000_000_000 => Severity::High,
            b if b >= 1_000_000_000 => RULE.severity,
            _ => Severity::Low,
        };
        let since = slot.inactive_seconds.map_or_else(String::new, |s| format!(" for {}", duration(s)));
        let message = format!("{} slot {} has not been read from{since} and retains {} of WAL", slot.kind, slot.name, bytes(retained));
        let why = "The server keeps all WAL that its reader has not had, until the disk is full. If the reader comes back, let it catch up; if not: `select pg_drop_replication_slot(…)`. Set \
                   max_slot_wal_keep_size (13 and later), so that a slot is given up before the server is.";
        let mut draft = Draft::new(ObjectRef::global(ObjectKind::Cluster, format!("replication slot {}", slot.name)), message, why)
            .severity(severity)
            .evidence("retained bytes", retained, "pg_replication_slots.restart_lsn");
        if let Some(status) = &slot.wal_status {
            draft = draft.evidence("status of its WAL", status.as_str(), "pg_replication_slots.wal_status");
        }
        sink.report(draft);
    }
}
