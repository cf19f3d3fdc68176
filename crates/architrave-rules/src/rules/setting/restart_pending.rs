//! `setting/restart-pending`: see `restart_pending.md` for the rule's page.

use crate::figures::list_of;
use crate::rules::setting::advice::{in_words, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::{Setting, Settings};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "setting/restart-pending",
    summary: "settings that wait for a restart",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("restart_pending.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let pending: Vec<&Setting> = settings.values.iter().filter(|s| s.pending_restart).collect();
    let Some(first) = pending.first() else { return };
    let names: Vec<String> = pending.iter().map(|s| s.name.clone()).collect();
    let wait = if names.len() == 1 { "waits" } else { "wait" };
    let message = format!("{} {wait} for a restart to take effect", list_of(&names, 5));
    let why = "The next restart, planned or not, changes them at a moment that nobody has chosen, and a value that cannot be had (more memory than there is, a library that is missing) keeps the \
               server down. Restart in a window of your own, or take the change back.";
    let mut draft = on_setting(&first.name, message, why);
    for setting in pending {
        draft = draft.evidence(format!("{} in use", setting.name), in_words(settings, setting), "pg_settings");
    }
    sink.report(draft);
}
