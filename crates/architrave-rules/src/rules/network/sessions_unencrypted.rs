//! `network/sessions-unencrypted`: see `sessions_unencrypted.md` for the rule's page.

use crate::rules::setting::advice::{judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::platform::Platform;
use architrave_model::rule::Area;
use architrave_model::{Catalog, Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "network/sessions-unencrypted",
    summary: "sessions from other machines without TLS",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("sessions_unencrypted.md"),
    check: Check::Stats(check),
};

fn check(_catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) || context.settings.is_some_and(|s| s.hba.is_some()) {
        return;
    }
    let Some((plain, remote)) = stats.activity.as_ref().and_then(|a| a.remote_plain.zip(a.remote)) else {
        return sink.not_checked("the sessions of the server were not readable");
    };
    // Inside of these platforms poolers and proxies end the TLS of clients.
    if matches!(context.server.platform, Platform::Supabase | Platform::Neon | Platform::CloudSql) {
        return sink
            .not_checked(format!("on {} a proxy ends the TLS of clients, and the server sees the proxy", context.server.platform.title()));
    }
    if plain <= 0 {
        return;
    }
    let switch = match context.server.platform {
        Platform::Rds | Platform::Aurora => "Set rds.force_ssl = 1 in the parameter group.",
        Platform::Azure => "Set require_secure_transport = on under the server parameters.",
        _ => "Let pg_hba.conf admit `hostssl` only.",
    };
    let message = format!("{plain} of {remote} sessions from other machines go without TLS");
    let why = format!(
        "All that they say can be read and changed on the way. {switch} See in pg_stat_ssl and pg_stat_activity whose they are first."
    );
    sink.report(on_setting("ssl", message, why).evidence("sessions from other machines", remote, "pg_stat_activity.client_addr").evidence(
        "without TLS",
        plain,
        "pg_stat_ssl",
    ));
}
