//! `replication/subscription-failing`: see `subscription_failing.md` for the rule's page.

use crate::figures::count;
use crate::rules::setting::advice::judged;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "replication/subscription-failing",
    summary: "subscription that does not follow",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Recovery,
    docs: include_str!("subscription_failing.md"),
    check: Check::Stats(check),
};

fn check(_catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    for subscription in &stats.subscriptions {
        let errors = subscription.apply_errors.unwrap_or(0) + subscription.sync_errors.unwrap_or(0);
        let (said, severity) = match (subscription.enabled, subscription.running) {
            (false, _) => ("is disabled".to_owned(), Severity::Low),
            (true, false) => (format!("has no worker at work, after {} errors", count(errors as f64)), RULE.severity),
            (true, true) if errors > 0 => (format!("has met {} errors", count(errors as f64)), Severity::Medium),
            _ => continue,
        };
        let why = "Changes of the other side do not arrive, and its slot retains WAL over there. The log names the row and the error: mend the row or the table here, or skip the transaction (`alter \
                   subscription … skip`, 15 and later). A subscription that is not needed any more is dropped, with its slot.";
        let mut draft = Draft::new(
            ObjectRef::global(ObjectKind::Subscription, &subscription.name),
            format!("subscription {} {said}", subscription.name),
            why,
        )
        .severity(severity)
        .evidence("errors", errors, "pg_stat_subscription_stats");
        if subscription.tables_behind > 0 {
            draft = draft.evidence("tables not in step", subscription.tables_behind, "pg_subscription_rel");
        }
        sink.report(draft);
    }
}
