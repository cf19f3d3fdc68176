//! `clerk/required-column-not-sent`: see `required_column_not_sent.md` for the rule's page.

use super::handler::{fix, of_clerk};
use crate::figures::list;
use crate::rules::column::words_of;
use architrave_model::catalog::Column;
use architrave_model::finding::{Confidence, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "clerk/required-column-not-sent",
    summary: "column that must be filled and that Clerk may not send",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("required_column_not_sent.md"),
    check: Check::Catalog(check),
};

/// What a person of Clerk may lack, by the column's words.
const OPTIONAL: &[(&[&str], &str)] = &[
    (&["email"], "who signs up by telephone or with a wallet has no e-mail address"),
    (&["email", "address"], "who signs up by telephone or with a wallet has no e-mail address"),
    (&["username"], "a user name is a setting of the instance, and null without it"),
    (&["user", "name"], "a user name is a setting of the instance, and null without it"),
    (&["first", "name"], "names are optional, and null where nobody has asked for them"),
    (&["last", "name"], "names are optional, and null where nobody has asked for them"),
    (&["name"], "names are optional, and null where nobody has asked for them"),
    (&["full", "name"], "names are optional, and null where nobody has asked for them"),
    (&["phone"], "a telephone number is there only for who has given one"),
    (&["phone", "number"], "a telephone number is there only for who has given one"),
];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in of_clerk(catalog, context) {
        let required = table.columns.iter().filter(|c| c.not_null && c.default.is_none() && c.generated.is_none() && c.identity.is_none());
        let found: Vec<(&Column, &str)> = required.filter_map(|c| Some((c, optional(c)?))).collect();
        let Some((first, reason)) = found.first() else { continue };
        let names: Vec<&str> = found.iter().map(|(c, _)| c.name.as_str()).collect();
        let message = format!("{} requires {}, which Clerk may not send", table.name, list(&names));
        let why = format!(
            "In Clerk's events {reason}. Such a person signs in and has no row: the INSERT fails with 23502, the handler answers with an error, and Svix sends the message again until the endpoint counts as broken; or the handler writes an empty text, and the next one \
             collides with it where the column is unique. Let the column be NULL."
        );
        let sql = table.name.sql();
        let each =
            |verb: &str| names.iter().map(|n| format!("alter column {} {verb} not null", quote_ident(n))).collect::<Vec<_>>().join(", ");
        let mut draft = Draft::new(ObjectRef::column(&table.name, &first.name), message, why).fix(Fix {
            caution: Some("code that reads the column must bear NULL".to_owned()),
            ..fix(
                format!("let {} of {} be NULL", list(&names), table.name),
                format!("alter table {sql} {}", each("drop")),
                format!("alter table {sql} {}", each("set")),
            )
        });
        for (column, reason) in found.iter().skip(1) {
            draft = draft.place(ObjectRef::column(&table.name, &column.name), Some((*reason).to_owned()));
        }
        sink.report(draft);
    }
}

fn optional(column: &Column) -> Option<&'static str> {
    let words = words_of(&column.name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    OPTIONAL.iter().find(|(known, _)| *known == words.as_slice()).map(|(_, reason)| *reason)
}
