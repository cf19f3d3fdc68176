//! `type/json-over-jsonb`: see `json_over_jsonb.md` for the rule's page.

use super::with_change;
use crate::condition::mentions;
use crate::figures::{counted, list_of};
use crate::retype::{Retype, Surroundings, obstacles};
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "type/json-over-jsonb",
    summary: "json column where jsonb would do",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Types,
    docs: include_str!("json_over_jsonb.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_schema: BTreeMap<&str, Vec<(&Table, &Column)>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        let json = table.columns.iter().filter(|c| !c.inherited && c.base_type() == "json");
        by_schema.entry(&table.name.schema).or_default().extend(json.map(|c| (table, c)));
    }
    let around = Surroundings::of(catalog);
    for (schema, columns) in by_schema.iter().filter(|(_, columns)| !columns.is_empty()) {
        let names: Vec<String> = columns.iter().map(|(t, c)| format!("{}.{}", t.name.name, c.name)).collect();
        let are = if columns.len() == 1 { "is json, not jsonb" } else { "are json, not jsonb" };
        let message = format!("{} {schema} {are}: {}", counted(columns.len(), "column of schema", "columns of schema"), list_of(&names, 3));
        let why = "json keeps the text and reads it anew for every -> and ->>; it has no equality, so DISTINCT, GROUP BY, UNION and = fail on it, and no index can serve @> or a key \
                   test. jsonb is decomposed once, when it is written.";
        let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, *schema), message, why);
        for (table, column) in columns {
            draft = draft.place(ObjectRef::column(&table.name, &column.name), Some(column.data_type.clone()));
        }
        let changes: Vec<Retype<'_>> = columns.iter().map(|(table, column)| retype(table, column)).collect();
        let title = format!("make the json columns of schema {schema} jsonb");
        let caution = "the order of keys, repeated keys and white space are lost: keep json where the text itself counts (a signature over it); values with \\u0000 are refused; each table is \
                       rewritten under an exclusive lock";
        sink.report(with_change(&around, context, draft, &changes, (title, caution), &|c| blocked(&around, c)));
    }
}

fn retype<'a>(table: &'a Table, column: &'a Column) -> Retype<'a> {
    let to = column.data_type.replacen("json", "jsonb", 1);
    let name = quote_ident(&column.name);
    Retype {
        table,
        column,
        using: Some(format!("{name}::{to}")),
        back_using: Some(format!("{name}::{}", column.data_type)),
        to,
        default: None,
        checks: Vec::new(),
    }
}

/// Checks, indexes and policies that call functions of json would not find them for jsonb.
fn blocked(around: &Surroundings<'_>, change: &Retype<'_>) -> Vec<String> {
    let (table, column) = (change.table, change.column);
    let mut found = obstacles(around, table, column, false);
    let calls = |text: &str| mentions(text, &column.name) && text.contains("json");
    let checks = table.constraints.iter().filter(|c| c.expression.as_deref().is_some_and(calls));
    found.extend(checks.map(|c| format!("constraint {}", c.name)));
    let texts = |i: &architrave_model::catalog::Index| {
        i.keys.iter().filter_map(|k| k.expression.clone()).chain(i.predicate.clone()).collect::<Vec<_>>()
    };
    found.extend(table.indexes.iter().filter(|i| texts(i).iter().any(|t| calls(t))).map(|i| format!("index {}", i.name)));
    let on_policy = |p: &&architrave_model::catalog::Policy| [&p.using, &p.with_check].into_iter().flatten().any(|t| calls(t));
    found.extend(table.policies.iter().filter(on_policy).map(|p| format!("policy {}", p.name)));
    if column.is_array() && column.default.is_some() {
        found.push(format!("the default of {}.{}", table.name, column.name));
    }
    found
}
