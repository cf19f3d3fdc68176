//! `table/log-without-time`: see `log_without_time.md` for the rule's page.

use crate::rules::column::words_of;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "table/log-without-time",
    summary: "log without a time",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("log_without_time.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in Scope::of(catalog, context).tables().filter(|t| t.parents.is_empty() && t.columns.len() > 1) {
        let words = words_of(&table.name.name);
        let log = words.last().is_some_and(|w| {
            matches!(w.as_str(), "log" | "logs" | "history" | "audit" | "audits" | "journal" | "trail" | "activity" | "activities")
        });
        let time = |c: &architrave_model::catalog::Column| {
            let base = c.base_type();
            let number = matches!(base.as_str(), "bigint" | "integer" | "numeric");
            let named = || {
                words_of(&c.name).iter().any(|w| {
                    matches!(w.as_str(), "at" | "time" | "timestamp" | "ts" | "date" | "day" | "epoch" | "created" | "when" | "ms" | "year")
                })
            };
            base.starts_with("timestamp")
                || base == "date"
                || base.contains("range")
                || base == "pg_lsn"
                || (number && named())
                || (!base.contains(' ') && base.contains('.'))
        };
        if !log || table.columns.iter().any(time) {
            continue;
        }
        let message = format!("{} is a log by its name and has no time", table.name);
        let why = "Nobody can tell when an entry was made, so none can be shown for a day, sorted among others, or deleted when it is old enough: the table grows for ever. The numbers of a sequence give no order of time, \
                   since a transaction that begins earlier may commit later.";
        sink.report(
            Draft::new(ObjectRef::table(&table.name), message, why)
                .severity(if context.rows(&table.name).is_some_and(|n| n >= 1_000_000.0) { Severity::Medium } else { RULE.severity })
                .evidence("columns of a date or time type", 0_usize, "pg_attribute"),
        );
    }
}
