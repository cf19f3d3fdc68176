//! `network/tls-version-old`: see `tls_version_old.md` for the rule's page.

use crate::rules::setting::advice::{change, evident, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "network/tls-version-old",
    summary: "old versions of TLS that the server accepts",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("tls_version_old.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) || settings.on("ssl") != Some(true) {
        return;
    }
    let Some(version) = settings.text("ssl_min_protocol_version").filter(|v| matches!(*v, "" | "TLSv1" | "TLSv1.1")) else { return };
    let said = if version.is_empty() { "any version" } else { version };
    let why = format!(
        "TLS 1.0 and 1.1 are withdrawn, and attacks on them are known.{}",
        change(settings, context, &[("ssl_min_protocol_version", "TLSv1.2")])
    );
    sink.report(evident(
        on_setting("ssl_min_protocol_version", format!("the server accepts TLS from {said} on"), why),
        settings,
        &["ssl", "ssl_min_protocol_version"],
    ));
}
