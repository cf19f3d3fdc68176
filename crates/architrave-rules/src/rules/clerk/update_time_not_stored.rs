//! `clerk/update-time-not-stored`: see `update_time_not_stored.md` for the rule's page.

use super::handler::{fix, of_clerk, of_people};
use architrave_model::catalog::Column;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "clerk/update-time-not-stored",
    summary: "copy of Clerk's users without a column that tells how old it is",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("update_time_not_stored.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    // Where the handler is known, its own rules tell more.
    if of_people(context).next().is_some() {
        return;
    }
    for table in of_clerk(catalog, context) {
        let copies = table.columns.iter().find(|c| {
            matches!(c.name.to_lowercase().as_str(), "email" | "email_address" | "first_name" | "username" | "image_url" | "avatar_url")
        });
        let dated = |c: &Column| ["updated", "synced", "modified", "version", "changed"].iter().any(|w| c.name.to_lowercase().contains(w));
        let Some(copied) = copies.filter(|_| !table.columns.iter().any(dated)) else { continue };
        let message = format!("{} copies {} of Clerk and has no column for the time of the event", table.name, copied.name);
        let why = "Messages of a webhook overtake each other. Without the event's own `updated_at` beside the copy nobody can tell whether what arrives is newer than what is there, and the last one to arrive wins.";
        let sql = table.name.sql();
        sink.report(Draft::new(ObjectRef::table(&table.name), message, why).evidence("copies", copied.name.clone(), "pg_attribute").fix(
            fix(
                format!("a column of {} for the event's time", table.name),
                format!("alter table {sql} add column clerk_updated_at timestamptz"),
                format!("alter table {sql} drop column clerk_updated_at"),
            ),
        ));
    }
}
