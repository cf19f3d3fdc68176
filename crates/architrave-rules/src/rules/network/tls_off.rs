//! `network/tls-off`: see `tls_off.md` for the rule's page.

use super::hba::{Reach, listens_outside, reach, reached};
use crate::figures::counted;
use crate::rules::setting::advice::{change, evident, is_off, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "network/tls-off",
    summary: "server on the network without TLS",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("tls_off.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let Some(addresses) = settings.text("listen_addresses") else {
        return sink.not_checked("listen_addresses is not readable");
    };
    if listens_outside(addresses).is_none() || !is_off(settings, "ssl") {
        return;
    }
    if settings.hba.as_ref().is_some_and(|rules| !reached(rules).any(|r| r.method != "reject" && reach(r, settings) >= Reach::Network)) {
        return;
    }
    let remote = context.stats.and_then(|s| s.activity.as_ref()).and_then(|a| a.remote).unwrap_or(0);
    let severity = if remote > 0 { Severity::High } else { RULE.severity };
    let mut message = format!("TLS is off, and the server listens on {addresses}");
    if remote > 0 {
        message.push_str(&format!("; {} from other machines", counted(remote.max(0) as usize, "session is", "sessions are")));
    }
    let why = format!(
        "All that they say can be read and changed on the way. Steps: a certificate and key in the data directory (server.crt, server.key), then `hostssl` instead of `host` in pg_hba.conf, and \
         sslmode=verify-full in the clients.{}",
        change(settings, context, &[("ssl", "on")])
    );
    sink.report(evident(on_setting("ssl", message, why).severity(severity), settings, &["ssl", "listen_addresses"]));
}
