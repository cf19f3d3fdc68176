//! `privacy/retention-undecided`: see `retention_undecided.md` for the rule's page.

use super::personal::hits;
use crate::body::{Relations, tokens, touched};
use crate::figures::{counted, list_of};
use crate::rules::column::words_of;
use architrave_model::catalog::{Table, TableKind};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, QualifiedName, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) static RULE: Rule = Rule {
    id: "privacy/retention-undecided",
    summary: "logs with personal data that nothing in the schema ever shortens",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("retention_undecided.md"),
    check: Check::Catalog(check),
};

/// The last word of tables that only grow.
const LOGS: &[&str] = &[
    "log",
    "logs",
    "audit",
    "audits",
    "event",
    "events",
    "visit",
    "visits",
    "history",
    "login",
    "logins",
    "attempt",
    "attempts",
    "hit",
    "hits",
    "click",
    "clicks",
    "impression",
    "impressions",
    "activity",
    "activities",
    "message",
    "messages",
];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut deleted: Option<BTreeSet<&QualifiedName>> = None;
    let mut by_schema: BTreeMap<&str, Vec<&Table>> = BTreeMap::new();
    for table in scope.tables().filter(|t| grows(t)) {
        let personal = hits(table, context).iter().any(|h| h.confidence != Confidence::Possible);
        if personal && !deleted.get_or_insert_with(|| emptied(catalog)).contains(&table.name) {
            let erased = context.stats.and_then(|s| s.table(&table.name)).is_some_and(|s| s.deleted * 20 > s.inserted && s.deleted > 0);
            if !erased {
                by_schema.entry(&table.name.schema).or_default().push(table);
            }
        }
    }
    for (schema, tables) in by_schema {
        sink.report(draft(context, schema, &tables));
    }
}

/// A log by name, in one piece and without an end of its rows.
fn grows(table: &Table) -> bool {
    let ends = |name: &str| ["expires", "expiry", "purge", "retention", "delete_after", "valid_until"].iter().any(|w| name.contains(w));
    table.kind == TableKind::Ordinary
        && words_of(&table.name.name).last().is_some_and(|w| LOGS.contains(&w.as_str()))
        && !table.columns.iter().any(|c| ends(&c.name.to_lowercase()))
}

/// Tables that some function of the schema deletes from.
fn emptied(catalog: &Catalog) -> BTreeSet<&QualifiedName> {
    let relations = Relations::of(catalog);
    let readable =
        catalog.functions.iter().filter(|f| matches!(f.language.as_str(), "sql" | "plpgsql") && f.body.to_lowercase().contains("delete"));
    readable.flat_map(|f| touched(&tokens(&f.body), &relations, &f.name.schema).deletes).collect()
}

fn draft(context: &Context<'_>, schema: &str, tables: &[&Table]) -> Draft {
    let names: Vec<String> = tables.iter().map(|t| t.name.to_string()).collect();
    let message = format!(
        "{} of schema {schema} with personal data {} without an end: {}",
        counted(tables.len(), "log", "logs"),
        if tables.len() == 1 { "grows" } else { "grow" },
        list_of(&names, 3)
    );
    let why = "Personal data may be kept for as long as its purpose lasts (GDPR, article 5). These tables have no partitions to drop, no column for an end, and no function of this database \
               deletes from them. Decide how long they are kept, and by what they are shortened."
        .to_owned();
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).evidence(
        "logs",
        tables.len(),
        "pg_class: names and columns",
    );
    for table in tables {
        let rows = context.rows(&table.name).map(|n| counted(n as usize, "row", "rows"));
        draft = draft.place(ObjectRef::table(&table.name), rows);
    }
    draft
}
