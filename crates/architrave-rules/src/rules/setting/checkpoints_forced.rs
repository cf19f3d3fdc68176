//! `setting/checkpoints-forced`: see `checkpoints_forced.md` for the rule's page.

use crate::figures::{count, duration, percent};
use crate::rules::setting::advice::{change, evident, judged, on_setting};
use crate::statistics::DAY;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::platform::Platform;
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "setting/checkpoints-forced",
    summary: "checkpoints that the volume of WAL forces",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("checkpoints_forced.md"),
    check: Check::Live(check),
};

fn check(stats: &Stats, settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    if matches!(context.server.platform, Platform::Aurora | Platform::Neon | Platform::AlloyDb) {
        return sink.not_checked(format!("{} has no checkpoints of this kind", context.server.platform.title()));
    }
    let (Some(seen), Some(timeout), Some(size)) =
        (&stats.checkpointer, settings.number("checkpoint_timeout"), settings.bytes("max_wal_size"))
    else {
        return sink.not_checked("the checkpointer's counters or settings are not readable");
    };
    let Some(since) = seen.stats_reset.or(context.server.started_at) else { return };
    let covered = stats.captured_at - since;
    let all = (seen.timed + seen.requested) as f64;
    if covered < DAY {
        return sink.not_checked("the counters cover less than a day");
    }
    let (share, a_day) = (seen.requested as f64 / all.max(1.0), seen.requested as f64 / covered * DAY);
    let interval = covered / all.max(1.0);
    if share <= 0.5 || a_day < 24.0 || interval >= timeout * 0.8 {
        return;
    }
    let target = settings.number("checkpoint_completion_target").unwrap_or(0.9);
    let wal = stats.wal.as_ref().and_then(|w| Some((w.bytes, stats.captured_at - w.stats_reset?))).filter(|(_, s)| *s >= DAY);
    let by_rate = wal.map_or(0.0, |(bytes, seconds)| bytes / seconds * timeout * (1.0 + target));
    let factor = (timeout / interval).ceil().clamp(2.0, 64.0);
    let wanted = (size * factor).max(by_rate).min(256.0 * 1_073_741_824.0);
    let message = format!("{} of the checkpoints are forced by the volume of WAL: one every {}", percent(share), seconds(interval));
    let why = format!(
        "After each checkpoint every page that changes goes to the WAL as a whole, so that frequent checkpoints make the WAL that forces the next one. Room for the WAL of one \
         checkpoint_timeout ({}) is max_wal_size × {factor}; have that much disk free beside pg_wal, and expect a recovery after a crash to take longer.{}",
        seconds(timeout),
        change(settings, context, &[("max_wal_size", &format!("{} GB", (wanted / 1_073_741_824.0).ceil()))])
    );
    let severity = if a_day >= 200.0 { RULE.severity } else { Severity::Low };
    let draft = on_setting("max_wal_size", message, why)
        .severity(severity)
        .evidence("checkpoints asked for", seen.requested, "pg_stat_checkpointer, pg_stat_bgwriter before 17")
        .evidence("checkpoints timed", seen.timed, "pg_stat_checkpointer, pg_stat_bgwriter before 17")
        .evidence("days covered", (covered / DAY).floor(), "stats_reset");
    sink.report(evident(draft, settings, &["max_wal_size", "checkpoint_timeout", "checkpoint_completion_target"]));
}

fn seconds(n: f64) -> String {
    if n < 120.0 { format!("{} s", count(n.round())) } else { duration(n) }
}
