//! `lock/rollbacks-frequent`: see `rollbacks_frequent.md` for the rule's page.

use crate::figures::{count, percent};
use crate::rules::setting::advice::judged;
use crate::statistics::{DAY, counting_since};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "lock/rollbacks-frequent",
    summary: "transactions that are rolled back, a great part of all",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Medium,
    area: Area::Operations,
    docs: include_str!("rollbacks_frequent.md"),
    check: Check::Stats(check),
};

fn check(_catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    if !judged(context, sink) {
        return;
    }
    let Some(database) = &stats.database else {
        return sink.not_checked("the counters of the database are not readable");
    };
    let Some(covered) = counting_since(stats, context).filter(|c| *c >= DAY) else {
        return sink.not_checked("the counters cover less than a day");
    };
    let (done, undone) = (database.commits as f64, database.rollbacks as f64);
    let share = undone / (done + undone).max(1.0);
    if share <= 0.1 || undone / covered * DAY < 1000.0 {
        return;
    }
    let message = format!("{} of all transactions are rolled back, {} a day", percent(share), count(undone / covered * DAY));
    let why = "Work done for nothing, unless the driver ends reads that way. Count the errors in the log by their SQLSTATE: unique violations that stand for a question become `insert … on conflict`, \
               time-outs and deadlocks have causes of their own.";
    sink.report(
        Draft::new(ObjectRef::global(ObjectKind::Database, &context.server.database), message, why)
            .evidence("committed", database.commits, "pg_stat_database.xact_commit")
            .evidence("rolled back", database.rollbacks, "pg_stat_database.xact_rollback"),
    );
}
