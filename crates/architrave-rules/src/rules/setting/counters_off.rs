//! `setting/counters-off`: see `counters_off.md` for the rule's page.

use crate::rules::setting::advice::{change, evident, is_off, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "setting/counters-off",
    summary: "server that does not count",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("counters_off.md"),
    check: Check::Settings(check),
};

fn check(settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    if is_off(settings, "track_counts") {
        let why = format!(
            "Autovacuum goes by these counters: without them it does not run at all, except against wraparound. Dead rows stay and statistics grow old.{}",
            change(settings, context, &[("track_counts", "on")])
        );
        sink.report(evident(
            on_setting("track_counts", "track_counts is off: autovacuum does not work", why),
            settings,
            &["track_counts", "autovacuum"],
        ));
    }
    if is_off(settings, "track_activities") {
        let why = format!(
            "Nobody can see which statements run, wait or hold a transaction open.{}",
            change(settings, context, &[("track_activities", "on")])
        );
        let draft = on_setting("track_activities", "track_activities is off: what runs cannot be seen", why).severity(Severity::Medium);
        sink.report(evident(draft, settings, &["track_activities"]));
    }
}
