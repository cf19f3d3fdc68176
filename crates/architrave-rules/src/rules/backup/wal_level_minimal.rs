//! `backup/wal-level-minimal`: see `wal_level_minimal.md` for the rule's page.

use crate::rules::setting::advice::{change, evident, judged, on_setting, provider_keeps};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "backup/wal-level-minimal",
    summary: "WAL that no standby and no archive can use",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Recovery,
    docs: include_str!("wal_level_minimal.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) || provider_keeps(context, "wal_level", sink) {
        return;
    }
    if settings.text("wal_level") != Some("minimal") {
        return;
    }
    let why = format!(
        "No backup while the server runs but a dump, no archive, no standby: what is lost with the disk is everything since the last dump.{} Backups taken before are of no use for what comes after.",
        change(settings, context, &[("wal_level", "replica")])
    );
    let severity = if context.brief.environment.as_deref() == Some("development") { Severity::Info } else { RULE.severity };
    sink.report(evident(
        on_setting("wal_level", "wal_level is minimal: no standby and no archive can use the WAL", why).severity(severity),
        settings,
        &["wal_level", "max_wal_senders", "archive_mode"],
    ));
}
