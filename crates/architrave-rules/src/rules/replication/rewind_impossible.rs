//! `replication/rewind-impossible`: see `rewind_impossible.md` for the rule's page.

use crate::rules::setting::advice::{change, evident, is_off, judged, on_setting, provider_keeps};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "replication/rewind-impossible",
    summary: "primary that cannot rejoin after a failover",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Recovery,
    docs: include_str!("rewind_impossible.md"),
    check: Check::Live(check),
};

fn check(stats: &Stats, settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) || provider_keeps(context, "the way back after a failover", sink) {
        return;
    }
    let blind = is_off(settings, "data_checksums") && is_off(settings, "wal_log_hints");
    if stats.replication.is_empty() || !(blind || is_off(settings, "full_page_writes")) {
        return;
    }
    let why = format!(
        "The tool pg_rewind refuses such a cluster, and after a failover all of it is copied again.{} Checksums (`pg_checksums --enable` on the stopped cluster) serve the same and more.",
        change(settings, context, &[("wal_log_hints", "on")])
    );
    let message = "after a failover pg_rewind cannot bring this server back as a standby";
    sink.report(evident(on_setting("wal_log_hints", message, why), settings, &["data_checksums", "wal_log_hints", "full_page_writes"]));
}
