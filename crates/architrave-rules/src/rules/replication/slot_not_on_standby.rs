//! `replication/slot-not-on-standby`: see `slot_not_on_standby.md` for the rule's page.

use crate::figures::{counted, list_of};
use crate::rules::setting::advice::judged;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "replication/slot-not-on-standby",
    summary: "logical slots that a failover loses",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Recovery,
    docs: include_str!("slot_not_on_standby.md"),
    check: Check::Stats(check),
};

fn check(_catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    // A logical reader is a receiver, too: one more than the slots in use is a standby.
    let logical = stats.slots.iter().filter(|s| s.kind == "logical");
    let readers = logical.clone().filter(|s| s.active).count();
    if context.server.major() < 17 || context.server.in_recovery || stats.replication.len() < readers.max(1) {
        return;
    }
    let lost: Vec<String> = logical.filter(|s| !s.temporary && s.failover == Some(false)).map(|s| s.name.clone()).collect();
    let Some(first) = lost.first() else { return };
    let why = "The standby does not know them: after a failover their readers start again with a copy of everything. For subscriptions: `alter subscription … set (failover = true)` while disabled; for others \
               make the slot with failover => true; and set sync_replication_slots = on with hot_standby_feedback on the standby.";
    sink.report(
        Draft::new(
            ObjectRef::global(ObjectKind::Cluster, format!("replication slot {first}")),
            format!(
                "{} a failover: {}",
                counted(lost.len(), "logical slot does not survive", "logical slots do not survive"),
                list_of(&lost, 5)
            ),
            why,
        )
        .evidence("slots without failover", lost.join(", "), "pg_replication_slots.failover"),
    );
}
