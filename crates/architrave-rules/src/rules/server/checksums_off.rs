//! `server/checksums-off`: see `checksums_off.md` for the rule's page.

use crate::rules::setting::advice::{evident, is_off, judged, on_setting, provider_keeps};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "server/checksums-off",
    summary: "data pages without checksums",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Recovery,
    docs: include_str!("checksums_off.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) || provider_keeps(context, "checksums of data pages", sink) {
        return;
    }
    if !is_off(settings, "data_checksums") {
        return;
    }
    let why = "Damage by disks and memory goes unnoticed into standbys and backups, until no sound copy is left. Steps: stop the server cleanly, `pg_checksums --enable` (it reads and writes every page, so \
               measure it on a copy), start; with a standby, do it there first and switch over. An upgrade by dump or logical replication into a new cluster brings them, too.";
    sink.report(evident(
        on_setting("data_checksums", "data pages have no checksums: damage goes unnoticed", why),
        settings,
        &["data_checksums", "wal_log_hints"],
    ));
}
