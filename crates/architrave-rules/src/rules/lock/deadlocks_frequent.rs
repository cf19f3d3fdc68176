//! `lock/deadlocks-frequent`: see `deadlocks_frequent.md` for the rule's page.

use crate::figures::{count, duration};
use crate::rules::setting::advice::judged;
use crate::statistics::{DAY, counting_since};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "lock/deadlocks-frequent",
    summary: "deadlocks, again and again",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Operations,
    docs: include_str!("deadlocks_frequent.md"),
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
    let a_day = database.deadlocks as f64 / covered * DAY;
    if a_day < 1.0 {
        return;
    }
    let severity = if a_day >= 20.0 { Severity::Medium } else { RULE.severity };
    let message = format!("{} deadlocks in {}", count(database.deadlocks as f64), duration(covered));
    let why = "Each ends a transaction whose work is lost. The log names both statements and the rows they waited for: change rows in the same order everywhere, take locks in one statement, and \
               let the application try again on SQLSTATE 40P01.";
    sink.report(
        Draft::new(ObjectRef::global(ObjectKind::Database, &context.server.database), message, why)
            .severity(severity)
            .evidence("deadlocks", database.deadlocks, "pg_stat_database.deadlocks")
            .evidence("days covered", (covered / DAY).floor(), "stats_reset"),
    );
}
