//! `migration/open-transaction-in-the-way`: see `open_transaction_in_the_way.md` for the rule's page.

use crate::figures::{counted, duration};
use crate::held::{felt_locks, file_of, told};
use crate::migrations::{At, acting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{LockMode, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/open-transaction-in-the-way",
    summary: "transactions open for long on the server, which the migration would wait for",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("open_transaction_in_the_way.md"),
    check: Check::Migration(check),
};

/// From so many seconds on, a transaction is no short one.
const LONG: f64 = 60.0;

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(activity) = context.stats.and_then(|s| s.activity.as_ref()) else {
        sink.not_checked("needs the sessions of a live server");
        return;
    };
    let Some(seconds) = activity.oldest_transaction_seconds.filter(|s| *s >= LONG) else { return };
    let waits = |at: &At<'_>| at.step.effect.waits_for_older || felt_locks(at.step).any(|l| l.mode == LockMode::AccessExclusive);
    let waiting: Vec<At<'_>> = acting(migrations, context).filter(waits).collect();
    let Some(first) = waiting.first().copied() else { return };
    let message = format!(
        "a transaction is open for {} on the server: {} would wait for it, if it has touched the same tables",
        duration(seconds),
        counted(waiting.len(), "statement", "statements")
    );
    let why = "ACCESS EXCLUSIVE waits for every transaction that has read the table, and whoever comes later waits behind it; CONCURRENTLY waits for every older transaction of the database. A dump, a \
               report or a session left idle in a transaction is enough. The migration is applied best when none is open.";
    let draft = told(first, file_of(first), message, why);
    sink.report(draft.evidence("age of the oldest open transaction, seconds", seconds, "pg_stat_activity"));
}
