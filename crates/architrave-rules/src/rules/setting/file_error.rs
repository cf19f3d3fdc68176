//! `setting/file-error`: see `file_error.md` for the rule's page.

use crate::figures::counted;
use crate::rules::setting::advice::{judged, on_setting, provider_keeps};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "setting/file-error",
    summary: "configuration file with an error",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("file_error.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) || provider_keeps(context, "the configuration files", sink) {
        return;
    }
    let Some(errors) = &settings.file_errors else {
        return sink.not_checked("the lines of the configuration files are readable for superusers only");
    };
    let waits = |name: &Option<String>| name.as_deref().and_then(|n| settings.get(n)).is_some_and(|s| s.pending_restart);
    let errors: Vec<_> = errors.iter().filter(|e| !waits(&e.name)).collect();
    let Some(first) = errors.first() else { return };
    let message = format!(
        "{} in the configuration files: line {} of {}, {}",
        counted(errors.len(), "error", "errors"),
        first.line,
        first.file,
        first.error
    );
    let why = "With such a line the server does not start: the next restart is an outage. A reload applies nothing at all until it is gone. Correct it, `select pg_reload_conf()`, and look at \
               pg_file_settings again.";
    let mut draft = on_setting("configuration files", message, why);
    for error in errors {
        let name = error.name.as_deref().map_or_else(String::new, |n| format!(" ({n})"));
        draft = draft.evidence(format!("{}, line {}{name}", error.file, error.line), error.error.as_str(), "pg_file_settings");
    }
    sink.report(draft);
}
