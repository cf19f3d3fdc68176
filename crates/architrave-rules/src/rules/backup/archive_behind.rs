//! `backup/archive-behind`: see `archive_behind.md` for the rule's page.

use crate::figures::count;
use crate::rules::setting::advice::{change, evident, judged, on_setting, provider_keeps};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "backup/archive-behind",
    summary: "archive that lags behind what may be lost",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Recovery,
    docs: include_str!("archive_behind.md"),
    check: Check::Live(check),
};

fn check(stats: &Stats, settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) || provider_keeps(context, "the archive of the WAL", sink) {
        return;
    }
    if context.server.in_recovery || matches!(settings.text("archive_mode"), None | Some("off")) || !stats.replication.is_empty() {
        return;
    }
    let Some(timeout) = settings.number("archive_timeout") else { return };
    let archiver = stats.archiver.as_ref();
    let interval = archiver.and_then(|a| Some((stats.captured_at - a.stats_reset?) / (a.archived.max(1)) as f64));
    let unbounded = timeout <= 0.0;
    let (message, severity, wanted) = match context.brief.recovery_point_minutes {
        Some(minutes) if unbounded || timeout > minutes * 60.0 => {
            let bound = if unbounded { "nothing bounds".to_owned() } else { format!("{timeout} s bound") };
            (
                format!("{bound} the age of the last archived WAL, and the brief allows a loss of {} minutes", count(minutes)),
                RULE.severity,
                minutes * 60.0,
            )
        }
        None if unbounded && interval.is_some_and(|s| s > 3600.0) => {
            let hours = interval.unwrap_or(0.0) / 3600.0;
            (
                format!("segments of the WAL are archived every {hours:.1} hours on average, and no archive_timeout is set"),
                Severity::Low,
                300.0,
            )
        }
        _ => return,
    };
    let wanted = format!("{}s", wanted.max(30.0));
    let why = format!(
        "What was committed since the last archived segment is lost with this machine. A short archive_timeout costs a segment of 16 MB per interval with writes (it compresses to nearly nothing); \
         streaming with pg_receivewal loses less still.{}",
        change(settings, context, &[("archive_timeout", &wanted)])
    );
    let mut draft = evident(on_setting("archive_timeout", message, why).severity(severity), settings, &["archive_timeout", "archive_mode"]);
    if let Some(interval) = interval {
        draft = draft.evidence("seconds between archived segments, on average", interval.round(), "pg_stat_archiver");
    }
    sink.report(draft);
}
