//! `replication/slot-lost`: see `slot_lost.md` for the rule's page.

use crate::rules::setting::advice::judged;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "replication/slot-lost",
    summary: "replication slot whose WAL is gone",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Recovery,
    docs: include_str!("slot_lost.md"),
    check: Check::Stats(check),
};

fn check(_catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    for slot in &stats.slots {
        let status = slot.wal_status.as_deref().unwrap_or_default();
        let said = match (&slot.invalidation_reason, status) {
            (Some(reason), _) => format!("is invalid: {reason}"),
            (None, "lost") => "has lost WAL that its reader needs".to_owned(),
            (None, "unreserved") => "will lose WAL that its reader needs at the next checkpoint".to_owned(),
            _ => continue,
        };
        let why = "A standby goes on only if an archive has what is missing, else it is made anew; a logical reader has to copy its tables again. Then drop the slot and make another, and give \
                   max_slot_wal_keep_size more room than the longest pause of its reader writes WAL.";
        sink.report(
            Draft::new(
                ObjectRef::global(ObjectKind::Cluster, format!("replication slot {}", slot.name)),
                format!("{} slot {} {said}", slot.kind, slot.name),
                why,
            )
            .evidence("status of its WAL", status, "pg_replication_slots.wal_status"),
        );
    }
}
