//! `column/password-plain-text`: see `password_plain_text.md` for the rule's page.

use super::words_of;
use crate::figures::{count, counted, list, list_of};
use architrave_model::catalog::{Column, ConstraintKind, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "column/password-plain-text",
    summary: "text column that by its name holds passwords, and by nothing else hashes",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("password_plain_text.md"),
    check: Check::Catalog(check),
};

const DANGER: &str = "A password that is stored as it was typed is everybody's who can read the table, a backup, a replica, a log or a dump, and opens the same person's other \
                      accounts. A hash made for passwords (argon2id, scrypt, bcrypt) with a salt in it keeps it checkable and unreadable.";
const STEPS: &str = " Steps: add a column for the hash, hash on the next sign-in (or in one batch, if the plain text is there), check against the hash, then drop the column with the plain \
                     text; old backups hold it until they expire. A password that the program itself presents to another service cannot be hashed: encrypt it, with the key kept outside of \
                     the database. Where hashes or encrypted values are stored already, rename the column or say so in its comment.";

/// The shortest password hash in use: bcrypt writes 60 characters, one byte of header comes on top.
const HASH_WIDTH: i32 = 59;
/// Lengths that are declared for a hash and for nothing else: bcrypt's 60 characters.
const HASH_LENGTHS: &[&str] = &["character varying(60)", "character(60)"];

const PASSWORD: &[&str] = &["password", "passwd", "passphrase", "pwd", "userpassword", "userpass", "passwort"];
/// Words that make it something else than the password itself.
const NOT_THE_PASSWORD: &[&str] = &[
    "algorithm",
    "at",
    "attempts",
    "changed",
    "crypt",
    "date",
    "digest",
    "enabled",
    "encrypted",
    "expires",
    "expiry",
    "failed",
    "hash",
    "hashed",
    "hint",
    "history",
    "id",
    "last",
    "length",
    "must",
    "needs",
    "policy",
    "protected",
    "question",
    "required",
    "requires",
    "reset",
    "salt",
    "salted",
    "scheme",
    "scram",
    "strength",
    "token",
    "type",
    "updated",
    "url",
    "version",
];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    // Known by the name alone, by schema: programs hash the passwords of their users, and no name says so.
    let mut named: BTreeMap<&str, Vec<(&Table, &Column)>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        let exposed = !context.exposure.of_table(table).is_empty();
        for column in table.columns.iter().filter(|c| !c.inherited && is_password(c) && !says_hashed(table, c)) {
            let width = context.stats.and_then(|s| s.column(&table.name, &column.name)).map(|s| s.average_width);
            if width.is_some_and(|w| w >= HASH_WIDTH) {
                continue;
            }
            let width = width.filter(|w| *w > 0);
            if exposed || width.is_some() {
                sink.report(draft(context, table, column, width));
            } else {
                named.entry(&table.name.schema).or_default().push((table, column));
            }
        }
    }
    for (schema, columns) in &named {
        match columns.as_slice() {
            [(table, column)] => sink.report(draft(context, table, column, None)),
            many => sink.report(together(schema, many)),
        }
    }
}

fn is_password(column: &Column) -> bool {
    let words = words_of(&column.name);
    let any = |list: &[&str]| words.iter().any(|w| list.contains(&w.as_str()));
    matches!(column.base_type().as_str(), "text" | "character varying" | "character")
        && !HASH_LENGTHS.contains(&column.data_type.as_str())
        && !column.is_array()
        && any(PASSWORD)
        && !any(NOT_THE_PASSWORD)
}

/// A comment or a check that speaks of hashes.
fn says_hashed(table: &Table, column: &Column) -> bool {
    const WORDS: &[&str] = &["hash", "crypt", "argon", "scrypt", "pbkdf", "$2", "scram", "encrypted"];
    let speaks = |text: &str| WORDS.iter().any(|w| text.to_lowercase().contains(w));
    let about = |c: &&architrave_model::catalog::Constraint| c.kind == ConstraintKind::Check && c.columns.contains(&column.name);
    column.comment.as_deref().is_some_and(speaks)
        || column.default.as_deref().is_some_and(speaks)
        || table.constraints.iter().filter(about).any(|c| c.expression.as_deref().is_some_and(speaks))
}

/// All columns of a schema of which nothing but the name is known.
fn together(schema: &str, columns: &[(&Table, &Column)]) -> Draft {
    let names: Vec<String> = columns.iter().map(|(t, c)| format!("{}.{}", t.name.name, c.name)).collect();
    let message = format!(
        "{} of schema {schema} are for passwords, and nothing in the schema says that they are hashed: {}",
        counted(columns.len(), "text column", "text columns"),
        list_of(&names, 3)
    );
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, format!("{DANGER}{STEPS}"));
    for (table, column) in columns {
        draft = draft.place(ObjectRef::column(&table.name, &column.name), Some(column.data_type.clone()));
    }
    draft
}

fn draft(context: &Context<'_>, table: &Table, column: &Column, width: Option<i32>) -> Draft {
    let name = format!("{}.{}", table.name, column.name);
    let reached = context.exposure.of_table(table);
    let mut severity = RULE.severity;
    let mut message = format!("{name} is a {} column for passwords, and nothing in the schema says that they are hashed", column.data_type);
    let mut why = DANGER.to_owned();
    if let Some(width) = width {
        severity = Severity::High;
        message = format!(
            "{name} is a {} column for passwords, {} bytes wide on average: too short for a hash",
            column.data_type,
            count(f64::from(width))
        );
    }
    if !reached.is_empty() {
        why.extend([format!(
            " The role{} {} may reach the table from outside.",
            if reached.len() == 1 { "" } else { "s" },
            list(&reached)
        )]);
        severity = if table.rls_enabled { Severity::High } else { Severity::Critical };
    }
    why.push_str(STEPS);
    let mut draft = Draft::new(ObjectRef::column(&table.name, &column.name), message, why).severity(severity);
    if let Some(width) = width {
        draft = draft.confidence(Confidence::Likely).evidence(
            format!("average width of {}, bytes", column.name),
            i64::from(width),
            "pg_stats.avg_width",
        );
    }
    draft.evidence(format!("type of {}", column.name), column.data_type.as_str(), "pg_attribute")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(name: &str) -> bool {
        is_password(&Column { name: name.into(), data_type: "text".into(), ..Column::default() })
    }

    #[test]
    fn the_password_itself_is_meant_and_nothing_around_it() {
        for name in ["password", "userPassword", "admin_pwd", "passwd", "plain_password"] {
            assert!(is(name), "{name}");
        }
        for name in [
            "password_hash",
            "hashedPassword",
            "password_reset_token",
            "passwordChangedAt",
            "encrypted_password",
            "passport",
            "guest_token",
            "password_id",
            "password_history",
        ] {
            assert!(!is(name), "{name}");
        }
        for data_type in ["bytea", "character varying(60)", "character(60)"] {
            assert!(!is_password(&Column { name: "password".into(), data_type: data_type.into(), ..Column::default() }), "{data_type}");
        }
    }
}
