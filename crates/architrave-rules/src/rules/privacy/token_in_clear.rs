//! `privacy/token-in-clear`: see `token_in_clear.md` for the rule's page.

use crate::figures::{counted, list_of};
use crate::rules::column::words_of;
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "privacy/token-in-clear",
    summary: "API keys, tokens and secrets in text columns that nothing marks as hashed or encrypted",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("token_in_clear.md"),
    check: Check::Catalog(check),
};

/// Two words that together name a secret.
const PAIRS: &[(&str, &str)] = &[
    ("api", "key"),
    ("api", "token"),
    ("api", "secret"),
    ("access", "token"),
    ("refresh", "token"),
    ("auth", "token"),
    ("client", "secret"),
    ("private", "key"),
    ("secret", "key"),
    ("webhook", "secret"),
    ("signing", "secret"),
    ("otp", "secret"),
    ("totp", "secret"),
    ("session", "token"),
    ("reset", "token"),
    ("password", "token"),
    ("bot", "token"),
    ("ssh", "key"),
];
/// Words that say that it is something else, or protected.
const NOT_CLEAR: &[&str] = &[
    "hash",
    "hashed",
    "digest",
    "encrypted",
    "cipher",
    "ciphertext",
    "crypt",
    "id",
    "at",
    "expires",
    "expiry",
    "name",
    "prefix",
    "hint",
    "public",
    "type",
    "count",
    "last",
    "masked",
    "preview",
    "vault",
    "arn",
    "path",
    "ref",
    "reference",
    "version",
    "url",
    "salt",
    "iv",
    "nonce",
    "fingerprint",
];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_schema: BTreeMap<&str, Vec<(&Table, &Column)>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        for column in table.columns.iter().filter(|c| !c.inherited && is_secret(c)) {
            let unused = context.stats.and_then(|s| s.column(&table.name, &column.name)).is_some_and(|s| s.null_fraction >= 1.0);
            if !unused {
                by_schema.entry(&table.name.schema).or_default().push((table, column));
            }
        }
    }
    for (schema, columns) in by_schema {
        sink.report(draft(context, schema, &columns));
    }
}

fn is_secret(column: &Column) -> bool {
    let name = column.name.to_lowercase();
    if !["token", "secret", "key"].iter().any(|part| name.contains(part)) {
        return false;
    }
    if !matches!(column.base_type().as_str(), "text" | "character varying" | "character") || column.is_array() {
        return false;
    }
    let says = column.comment.as_deref().unwrap_or_default().to_lowercase();
    let protected = ["hash", "encrypt", "cipher", "digest"].iter().any(|w| says.contains(w));
    let words = words_of(&column.name);
    let ends = match words.as_slice() {
        [.., first, last] => PAIRS.iter().any(|(a, b)| first == a && last == b),
        [only] => matches!(only.as_str(), "apikey" | "accesstoken" | "refreshtoken" | "secretkey" | "privatekey" | "clientsecret"),
        [] => false,
    };
    ends && !protected && !words.iter().any(|w| NOT_CLEAR.contains(&w.as_str()))
}

fn draft(context: &Context<'_>, schema: &str, columns: &[(&Table, &Column)]) -> Draft {
    let names: Vec<String> = columns.iter().map(|(t, c)| format!("{}.{}", t.name.name, c.name)).collect();
    let message = format!(
        "{} of schema {schema} by name {} a key or token in clear text: {}",
        counted(columns.len(), "column", "columns"),
        if columns.len() == 1 { "holds" } else { "hold" },
        list_of(&names, 3)
    );
    let exposed = columns.iter().any(|(t, _)| !context.exposure.of_table(t).is_empty() && !t.rls_enabled);
    let why = "Whoever reads the table, a backup, a replica or a query log can act as the users and services that the keys belong to, until each is revoked. What the program only compares can be \
               stored as a SHA-256 digest (a long random token needs no salt); what it has to present elsewhere belongs encrypted, with the key outside of the database. Names alone cannot \
               tell whether that is so already: say it in the column's comment."
        .to_owned();
    let severity = if exposed { Severity::High } else { RULE.severity };
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).severity(severity).evidence(
        "columns",
        columns.len(),
        "pg_attribute: names and types",
    );
    for (table, column) in columns {
        draft = draft.place(ObjectRef::column(&table.name, &column.name), Some(column.data_type.clone()));
    }
    draft
}
