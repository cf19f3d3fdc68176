//! `migration/table-packed-under-lock`: see `table_packed_under_lock.md` for the rule's page.

use crate::migrations::{acting, names, with_work};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/table-packed-under-lock",
    summary: "VACUUM FULL or CLUSTER: the table is written anew while reads and writes wait",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("table_packed_under_lock.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in acting(migrations, context) {
        let what = match at.step.actions.as_slice() {
            [Action::Vacuum { full: true, .. }] => "VACUUM FULL",
            [Action::Cluster { .. }] => "CLUSTER",
            _ => continue,
        };
        let rewritten = at.rewritten();
        let (Some(first), Some(severity)) = (rewritten.first(), at.weight(&rewritten).severity()) else { continue };
        let message = format!("{what} writes {} anew while {} wait", names(&rewritten), at.who_waits(first));
        let why = "The table and all of its indexes are copied under ACCESS EXCLUSIVE, which keeps even SELECT out until the end, and the copy needs the disk space of both. Plain VACUUM makes the space \
                   of dead rows usable again without that; pg_repack and pg_squeeze pack a table while it is in use. A migration is no place for either.";
        let draft = at.draft(ObjectRef::table(first), first, message, why).severity(severity);
        sink.report(with_work(draft, at, "written anew", &rewritten));
    }
}
