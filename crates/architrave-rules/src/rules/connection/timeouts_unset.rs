//! `connection/timeouts-unset`: see `timeouts_unset.md` for the rule's page.

use crate::figures::list;
use crate::rules::setting::advice::{evident, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "connection/timeouts-unset",
    summary: "sessions that nothing ends: no time-outs",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("timeouts_unset.md"),
    check: Check::Settings(check),
};

/// With a value to start from.
const TIMEOUTS: &[(&str, &str, &str)] = &[
    ("statement_timeout", "30s", "a statement may run for ever"),
    ("lock_timeout", "5s", "a statement may wait for a lock for ever, and everybody behind it"),
    ("idle_in_transaction_session_timeout", "60s", "a transaction may stay open for ever"),
];

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let given = |name: &str| {
        settings.number(name).is_some_and(|n| n > 0.0)
            || settings
                .overrides
                .iter()
                .any(|o| o.name == name && o.value.trim_start_matches('0').starts_with(|c: char| c.is_ascii_digit()))
    };
    let is_unset = |name: &str| settings.get(name).is_some() && !given(name) && !(name.starts_with("idle") && given("transaction_timeout"));
    let unset: Vec<_> = TIMEOUTS.iter().filter(|(name, ..)| is_unset(name)).collect();
    let Some((first, ..)) = unset.first() else { return };
    let names: Vec<&str> = unset.iter().map(|(name, ..)| *name).collect();
    let role = application(context).map_or_else(|| "…".to_owned(), quote_ident);
    let statements: Vec<String> = unset.iter().map(|(name, value, _)| format!("`alter role {role} set {name} = '{value}'`")).collect();
    let why = format!(
        "One forgotten session is enough: it keeps its locks, and vacuum from its work. Set them for the roles of applications, not for all (backups and vacuums need their time), for \
         instance {}; sessions that begin later have them. Each session can set them away: they protect against accidents, not against people.",
        list(&statements)
    );
    let severity = if unset.len() > 1 { RULE.severity } else { Severity::Info };
    let be = if names.len() == 1 { "is" } else { "are" };
    let mut draft = on_setting(first, format!("{} {be} set for nobody", list(&names)), why).severity(severity);
    for (name, _, harm) in &unset {
        draft = draft.place(ObjectRef::global(ObjectKind::Setting, *name), Some((*harm).to_owned()));
    }
    sink.report(evident(draft, settings, &names));
}

/// The role that most sessions came as, if it is none of the server's own.
fn application<'a>(context: &Context<'a>) -> Option<&'a str> {
    let sessions = &context.stats?.sessions;
    let ordinary = |role: &str| context.catalog.role(role).is_some_and(|r| !r.superuser);
    sessions.iter().filter(|s| ordinary(&s.role)).max_by_key(|s| s.sessions).map(|s| s.role.as_str())
}
