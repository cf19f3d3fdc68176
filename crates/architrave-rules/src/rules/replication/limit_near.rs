//! `replication/limit-near`: see `limit_near.md` for the rule's page.

use crate::figures::count;
use crate::rules::setting::advice::{change, evident, judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::settings::Settings;
use architrave_model::{Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "replication/limit-near",
    summary: "senders or slots of replication nearly used up",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Scaling,
    docs: include_str!("limit_near.md"),
    check: Check::Live(check),
};

fn check(stats: &Stats, settings: &Settings, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let pairs = [
        ("max_wal_senders", stats.replication.len(), "receivers of WAL"),
        ("max_replication_slots", stats.slots.len(), "replication slots"),
    ];
    for (name, used, what) in pairs {
        let Some(limit) = settings.number(name).filter(|l| *l > 0.0 && used as f64 >= l * 0.9) else { continue };
        let why = format!(
            "The next one is refused, and raising the limit needs a restart.{}",
            change(settings, context, &[(name, &format!("{}", (limit * 2.0).max(10.0)))])
        );
        sink.report(evident(on_setting(name, format!("{used} of {} {what} are in use", count(limit)), why), settings, &[name]).evidence(
            what,
            used,
            "pg_stat_replication, pg_replication_slots",
        ));
    }
}
