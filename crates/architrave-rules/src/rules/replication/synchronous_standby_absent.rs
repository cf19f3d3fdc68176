//! `replication/synchronous-standby-absent`: see `synchronous_standby_absent.md` for the rule's page.

use crate::figures::counted;
use crate::rules::setting::advice::{change, evident, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "replication/synchronous-standby-absent",
    summary: "commits that wait for a standby that is not there",
    severity: Severity::Critical,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Recovery,
    docs: include_str!("synchronous_standby_absent.md"),
    check: Check::Live(check),
};

fn check(stats: &Stats, settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let names = settings.text("synchronous_standby_names").unwrap_or_default().trim();
    let waits = !matches!(settings.text("synchronous_commit"), Some("off" | "local"));
    if names.is_empty() || !waits || context.server.in_recovery {
        return;
    }
    if stats.activity.is_none() {
        return sink.not_checked("the standbys' state is hidden from this role");
    }
    let needed = asked(names);
    let there = stats.replication.iter().filter(|r| matches!(r.sync_state.as_str(), "sync" | "quorum") && r.state == "streaming").count();
    if there >= needed {
        return;
    }
    let message = format!(
        "commits wait for {}, and {there} of them {} there",
        counted(needed, "synchronous standby", "synchronous standbys"),
        if there == 1 { "is" } else { "are" }
    );
    let why = format!(
        "Every commit waits without end. If the standby does not come back now, let commits go on without it:{} Afterwards ask for any of several (`ANY 1 (a, b)`).",
        change(settings, context, &[("synchronous_standby_names", "")]).trim_end_matches('.').to_owned() + "."
    );
    sink.report(evident(
        on_setting("synchronous_standby_names", message, why),
        settings,
        &["synchronous_standby_names", "synchronous_commit"],
    ));
}

/// How many standbys must answer: `FIRST 2 (a, b, c)`, `ANY 1 (…)`, `2 (…)`, or one of a plain list.
fn asked(names: &str) -> usize {
    let head = names.split_once('(').map_or("", |(head, _)| head);
    head.split_whitespace().find_map(|word| word.parse().ok()).unwrap_or(1)
}
