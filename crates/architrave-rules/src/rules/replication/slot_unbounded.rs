//! `replication/slot-unbounded`: see `slot_unbounded.md` for the rule's page.

use crate::figures::{counted, list_of};
use crate::rules::setting::advice::{change, evident, judged, on_setting, provider_keeps};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "replication/slot-unbounded",
    summary: "replication slots that may fill the disk",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Recovery,
    docs: include_str!("slot_unbounded.md"),
    check: Check::Live(check),
};

fn check(stats: &Stats, settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) || provider_keeps(context, "the bound of replication slots", sink) {
        return;
    }
    let slots: Vec<String> = stats.slots.iter().filter(|s| !s.temporary).map(|s| s.name.clone()).collect();
    if slots.is_empty() || settings.number("max_slot_wal_keep_size") != Some(-1.0) {
        return;
    }
    let why = format!(
        "One reader that stays away fills the disk, and the primary stops for the sake of a copy. Take the free disk beside pg_wal minus a reserve.{}",
        change(settings, context, &[("max_slot_wal_keep_size", "50GB")])
    );
    let message = format!("nothing bounds the WAL that {} may retain: {}", counted(slots.len(), "slot", "slots"), list_of(&slots, 5));
    sink.report(evident(on_setting("max_slot_wal_keep_size", message, why), settings, &["max_slot_wal_keep_size"]));
}
