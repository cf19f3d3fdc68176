//! `connection/transaction-long`: see `transaction_long.md` for the rule's page.

use crate::figures::duration;
use crate::rules::setting::advice::judged;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "connection/transaction-long",
    summary: "transaction that has been open for very long",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("transaction_long.md"),
    check: Check::Stats(check),
};

fn check(_catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let Some(activity) = &stats.activity else {
        return sink.not_checked("the sessions of the server were not readable");
    };
    let Some(oldest) = activity.oldest_transaction_seconds else { return };
    let severity = match oldest {
        s if s >= 86_400.0 => Severity::High,
        s if s >= 14_400.0 => RULE.severity,
        s if s >= 3600.0 => Severity::Low,
        _ => return,
    };
    // A session that has idled for as long is another rule's.
    if activity.oldest_idle_in_transaction_seconds.is_some_and(|idle| idle >= 300.0 && idle >= oldest * 0.5) {
        return;
    }
    let mut why = "No vacuum removes what died in this database since it began, so that busy tables and their indexes grow. Find it (`select pid, usename, query from pg_stat_activity order by \
                   xact_start limit 1`), run what it does on a standby or in pieces, and end it with pg_cancel_backend when nobody waits for it."
        .to_owned();
    if let Some(statement) = activity.oldest_statement_seconds {
        why.extend([format!(" The longest statement has been running for {}.", duration(statement))]);
    }
    let mut draft = Draft::new(
        ObjectRef::global(ObjectKind::Cluster, "transactions"),
        format!("the oldest transaction has been open for {}", duration(oldest)),
        why,
    )
    .severity(severity)
    .evidence("oldest transaction, seconds", oldest.round(), "pg_stat_activity.xact_start");
    if let Some(age) = activity.oldest_snapshot_age {
        draft = draft.evidence("transactions since the oldest snapshot", age, "pg_stat_activity.backend_xmin");
    }
    sink.report(draft);
}
