//! `clerk/deletion-cascades`: see `deletion_cascades.md` for the rule's page.

use super::handler::{cascades, draft, of_people, table_of, writes};
use crate::figures::list;
use architrave_model::catalog::Table;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::webhook::Verb;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "clerk/deletion-cascades",
    summary: "deletion of a person at Clerk that deletes rows of other tables, too",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Modeling,
    docs: include_str!("deletion_cascades.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for handler in of_people(context) {
        for write in writes(handler, "user.deleted").filter(|w| w.verb == Verb::Delete) {
            let Some(table) = table_of(catalog, context, &write.table) else { continue };
            let gone = cascades(catalog, &table.name);
            let content: Vec<String> = gone.iter().filter(|t| holds_content(t)).map(|t| t.name.to_string()).collect();
            let Some(_) = content.first() else { continue };
            let names: Vec<&str> = content.iter().map(String::as_str).collect();
            let message = format!("user.deleted deletes from {}, and with it rows of {}", table.name, list(&names));
            let why = "One message deletes what the person has made or bought for others, too, without a question and without a way back: a click in Clerk's dashboard, or an event of the development instance that reaches the wrong database. Mark the row instead (`deleted_at`) and empty what \
                       is personal, or let the foreign keys keep the content (ON DELETE SET NULL or RESTRICT).";
            sink.report(draft(&write.location, message, why).evidence(
                "foreign keys with ON DELETE CASCADE",
                content.len(),
                "pg_constraint",
            ));
        }
    }
}

/// More than a note of who belongs to what: rows with columns of their own.
fn holds_content(table: &Table) -> bool {
    let own = |c: &&architrave_model::catalog::Column| {
        !table.foreign_keys().any(|(k, _)| k.columns.contains(&c.name)) && c.default.is_none() && c.identity.is_none()
    };
    let keys: Vec<&String> =
        table.indexes.iter().filter(|i| i.primary).flat_map(|i| i.keys.iter().filter_map(|k| k.column.as_ref())).collect();
    let business = [
        "order", "invoice", "payment", "post", "comment", "message", "document", "project", "contract", "ticket", "review", "booking",
        "course", "file",
    ];
    let named = business.iter().any(|w| table.name.name.to_lowercase().contains(w));
    named && table.columns.iter().filter(own).filter(|c| !keys.contains(&&c.name)).count() > 0
}
