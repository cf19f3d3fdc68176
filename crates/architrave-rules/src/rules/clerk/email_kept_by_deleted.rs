//! `clerk/email-kept-by-deleted`: see `email_kept_by_deleted.md` for the rule's page.

use super::handler::of_clerk;
use crate::condition::mentions;
use crate::rules::column::words_of;
use architrave_model::catalog::{Column, Index, IndexKey};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "clerk/email-kept-by-deleted",
    summary: "unique e-mail address that rows marked as deleted keep",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("email_kept_by_deleted.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in of_clerk(catalog, context) {
        let Some(mark) = table.columns.iter().find(|c| marks_deletion(c)) else { continue };
        let Some(email) = table.columns.iter().find(|c| is_email(&c.name)) else { continue };
        let full =
            |i: &&Index| i.unique && i.valid && i.predicate.is_none() && i.keys.len() == 1 && i.keys.iter().any(|k| names(k, &email.name));
        let Some(index) = table.indexes.iter().find(full) else { continue };
        let message = format!("{} keeps the unique {} of rows that {} marks as deleted", table.name, email.name, mark.name);
        let why = "Who deletes the account and signs up again has a new id at Clerk and the old e-mail address: the INSERT collides with the row that is only marked (23505), the handler fails for as long as it is sent, and the person has no row. Let the index cover rows \
                   that are not deleted, or empty the address when the row is marked.";
        sink.report(
            Draft::new(ObjectRef::column(&table.name, &email.name), message, why)
                .evidence("unique index", index.name.clone(), "pg_index")
                .evidence("marks deletion", mark.name.clone(), "pg_attribute"),
        );
    }
}

fn marks_deletion(column: &Column) -> bool {
    let words = words_of(&column.name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(words.as_slice(), ["deleted", "at" | "on"] | ["deleted"] | ["is", "deleted"] | ["removed", "at"])
}

fn is_email(name: &str) -> bool {
    matches!(name.to_lowercase().as_str(), "email" | "email_address" | "emailaddress" | "primary_email")
}

/// The column itself, or lower(column).
fn names(key: &IndexKey, column: &str) -> bool {
    key.column.as_deref() == Some(column) || key.expression.as_deref().is_some_and(|e| e.starts_with("lower(") && mentions(e, column))
}
