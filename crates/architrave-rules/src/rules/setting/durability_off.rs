//! `setting/durability-off`: see `durability_off.md` for the rule's page.

use crate::rules::setting::advice::{change, evident, is_off, judged, on_setting, provider_keeps};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "setting/durability-off",
    summary: "server that does not make sure that what it wrote survives a crash",
    severity: Severity::Critical,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Recovery,
    docs: include_str!("durability_off.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) || provider_keeps(context, "fsync and full_page_writes", sink) {
        return;
    }
    let severity = if context.brief.environment.as_deref() == Some("development") { Severity::Low } else { RULE.severity };
    if is_off(settings, "fsync") {
        let why = format!(
            "After a power failure or a crash of the operating system the files may hold any mixture of old and new pages; such a cluster cannot be repaired, only restored.{} What is in the \
             kernel's cache now must reach the disk once: run `sync`, or `initdb --sync-only` on the stopped cluster.",
            change(settings, context, &[("fsync", "on")])
        );
        let draft = on_setting("fsync", "fsync is off: a crash of the machine can destroy the cluster", why).severity(severity);
        sink.report(evident(draft, settings, &["fsync"]));
    }
    if is_off(settings, "full_page_writes") {
        let why = format!(
            "A page that is half written when the machine stops is not mended from the WAL, unless the file system writes 8 kB all or nothing (ZFS does). pg_rewind and backups taken \
             by other tools than pg_basebackup rely on it, too.{}",
            change(settings, context, &[("full_page_writes", "on")])
        );
        let draft = on_setting("full_page_writes", "full_page_writes is off: pages torn by a crash stay torn", why);
        sink.report(evident(draft.severity(severity.min(Severity::High)).confidence(Confidence::Likely), settings, &["full_page_writes"]));
    }
}
