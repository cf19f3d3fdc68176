//! `network/tls-optional`: see `tls_optional.md` for the rule's page.

use super::hba::{Reach, admits_plain, describe, lines, reach};
use crate::figures::counted;
use crate::rules::setting::advice::evident;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::settings::{HbaRule, Settings};
use architrave_model::{Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "network/tls-optional",
    summary: "connections without TLS that the server accepts",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("tls_optional.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(rules) = lines(settings, context, sink) else { return };
    if !settings.on("ssl").unwrap_or(false) {
        return;
    }
    let found: Vec<&HbaRule> = admits_plain(rules).into_iter().filter(|r| reach(r, settings) >= Reach::Network).collect();
    let Some(first) = found.first() else { return };
    let plain = context.stats.and_then(|s| s.activity.as_ref()).and_then(|a| a.remote_plain).unwrap_or(0);
    let severity = if plain > 0 { Severity::Medium } else { RULE.severity };
    let mut message = format!("line {} of pg_hba.conf lets other machines in without TLS", first.line);
    if plain > 0 {
        message.push_str(&format!("; {} so now", counted(plain.max(0) as usize, "session is", "sessions are")));
    }
    let why = "Clients with sslmode=prefer go on in clear text when somebody on the way says that there is no TLS. Write `hostssl` instead of `host`, or put `hostnossl all all all reject` first; see in pg_stat_ssl \
               who would be left out; `select pg_reload_conf()`.";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::HbaRule, "pg_hba.conf"), message, why).severity(severity);
    for rule in found {
        draft = draft.place(ObjectRef::global(ObjectKind::HbaRule, format!("line {}", rule.line)), Some(describe(rule)));
    }
    sink.report(evident(draft, settings, &["ssl"]));
}
