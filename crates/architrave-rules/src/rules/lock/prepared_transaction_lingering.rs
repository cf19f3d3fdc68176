//! `lock/prepared-transaction-lingering`: see `prepared_transaction_lingering.md` for the rule's page.

use crate::figures::{counted, duration};
use crate::rules::setting::advice::{judged, on_setting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::{Catalog, Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "lock/prepared-transaction-lingering",
    summary: "prepared transactions that nobody ends",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("prepared_transaction_lingering.md"),
    check: Check::Stats(check),
};

fn check(_catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let Some(activity) = &stats.activity else {
        return sink.not_checked("the sessions of the server were not readable");
    };
    let Some(oldest) = activity.oldest_prepared_seconds.filter(|s| *s >= 600.0) else { return };
    let severity = if oldest >= 3600.0 { Severity::Critical } else { RULE.severity };
    let message = format!(
        "{} open, the oldest for {}",
        counted(activity.prepared_transactions.max(0) as usize, "prepared transaction is", "prepared transactions are"),
        duration(oldest)
    );
    let why = "They keep their locks and hold vacuum back, restarts or not. Ask the transaction manager what became of them, then, connected to the database of each: `select gid, prepared, owner, \
               database from pg_prepared_xacts`, and `commit prepared` or `rollback prepared`. Without a transaction manager set max_prepared_transactions = 0.";
    let mut draft = on_setting("max_prepared_transactions", message, why)
        .severity(severity)
        .evidence("prepared transactions", activity.prepared_transactions, "pg_prepared_xacts")
        .evidence("oldest, seconds", oldest.round(), "pg_prepared_xacts.prepared");
    if let Some(age) = activity.oldest_prepared_age {
        draft = draft.evidence("transactions since", age, "pg_prepared_xacts.transaction");
    }
    sink.report(draft);
}
