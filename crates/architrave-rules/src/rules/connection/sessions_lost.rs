//! `connection/sessions-lost`: see `sessions_lost.md` for the rule's page.

use crate::figures::{count, percent};
use crate::rules::setting::advice::{judged, on_setting};
use crate::statistics::{DAY, counting_since};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::{Catalog, Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "connection/sessions-lost",
    summary: "sessions that end by accident",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("sessions_lost.md"),
    check: Check::Stats(check),
};

fn check(_catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let Some((database, begun)) = stats.database.as_ref().and_then(|d| Some((d, d.sessions?))) else {
        return sink.not_checked("sessions are counted since version 14 only");
    };
    let Some(covered) = counting_since(stats, context).filter(|c| *c >= DAY) else {
        return sink.not_checked("the counters cover less than a day");
    };
    let abandoned = database.sessions_abandoned.unwrap_or(0);
    let (fatal, killed) = (database.sessions_fatal.unwrap_or(0), database.sessions_killed.unwrap_or(0));
    let lost = (abandoned + fatal + killed) as f64;
    let share = lost / (begun as f64).max(1.0);
    if share <= 0.05 || lost / covered * DAY < 20.0 {
        return;
    }
    let message = format!(
        "{} of all sessions end by accident: {} abandoned, {fatal} by errors, {killed} killed",
        percent(share),
        count(abandoned as f64)
    );
    let why = "Clients go away without saying so: processes that are killed, network devices that forget idle connections, pools that throw connections away. Until the server notices, their locks \
               and places stay. Look at what ends at those times; tcp_keepalives_idle and client_connection_check_interval let the server notice sooner.";
    sink.report(
        on_setting("client_connection_check_interval", message, why)
            .evidence("sessions begun", begun, "pg_stat_database.sessions")
            .evidence("abandoned", abandoned, "pg_stat_database.sessions_abandoned")
            .evidence("ended by a fatal error", fatal, "pg_stat_database.sessions_fatal")
            .evidence("ended by an operator", killed, "pg_stat_database.sessions_killed"),
    );
}
