//! `privacy/history-missing`: see `history_missing.md` for the rule's page.

use crate::figures::{counted, list_of};
use crate::rules::column::words_of;
use architrave_model::catalog::Table;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "privacy/history-missing",
    summary: "money and permissions change, and nothing in the schema records it",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Large,
    area: Area::Security,
    docs: include_str!("history_missing.md"),
    check: Check::Catalog(check),
};

const HISTORY: &[&str] = &[
    "audit",
    "audits",
    "history",
    "histories",
    "log",
    "logs",
    "event",
    "events",
    "version",
    "versions",
    "change",
    "changes",
    "revision",
    "revisions",
    "journal",
    "ledger",
    "archive",
    "activity",
    "activities",
    "outbox",
];
const MONEY: &[&str] = &["balance", "credit", "salary", "limit"];
const RIGHTS: &[&str] =
    &["permission", "permissions", "role", "roles", "grant", "grants", "privilege", "privileges", "membership", "memberships", "acl"];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut by_schema: BTreeMap<&str, Vec<(&Table, &'static str)>> = BTreeMap::new();
    for table in scope.tables() {
        let words = words_of(&table.name.name);
        // One table of history anywhere: somebody has thought of it.
        if words.iter().any(|w| HISTORY.contains(&w.as_str())) || context.catalog.extension("pgaudit").is_some() {
            return;
        }
        if words.last().is_some_and(|w| RIGHTS.contains(&w.as_str())) {
            by_schema.entry(&table.name.schema).or_default().push((table, "permissions"));
        } else if table.columns.iter().any(is_money) {
            by_schema.entry(&table.name.schema).or_default().push((table, "money"));
        }
    }
    for (schema, tables) in by_schema {
        sink.report(draft(schema, &tables));
    }
}

/// A balance, a credit: a figure that is changed in place.
fn is_money(column: &architrave_model::catalog::Column) -> bool {
    matches!(column.base_type().as_str(), "numeric" | "money" | "bigint")
        && words_of(&column.name).iter().any(|w| MONEY.contains(&w.as_str()))
}

fn draft(schema: &str, tables: &[(&Table, &str)]) -> Draft {
    let names: Vec<String> = tables.iter().map(|(t, _)| t.name.to_string()).collect();
    let message = format!(
        "nothing records who changed {} of schema {schema} with money or permissions: {}",
        counted(tables.len(), "table", "tables"),
        list_of(&names, 3)
    );
    let why = "There is no table of history, no audit trail and no event in this database. When a balance is wrong or somebody has a right too many, the row says what is, not since when, by \
               whom and what was before. It may be recorded elsewhere."
        .to_owned();
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).evidence(
        "tables",
        tables.len(),
        "pg_class: names and columns",
    );
    for (table, what) in tables {
        draft = draft.place(ObjectRef::table(&table.name), Some((*what).to_owned()));
    }
    draft
}
