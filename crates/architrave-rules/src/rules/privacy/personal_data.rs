//! `privacy/personal-data`: see `personal_data.md` for the rule's page.

use super::personal::{Hit, Kind, hits};
use crate::figures::{count, counted, list, list_of};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "privacy/personal-data",
    summary: "columns that by name and type hold personal data",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("personal_data.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_schema: BTreeMap<&str, Vec<Hit<'_>>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        let found = hits(table, context);
        if !found.is_empty() {
            by_schema.entry(&table.name.schema).or_default().extend(found);
        }
    }
    for (schema, found) in &by_schema {
        sink.report(draft(context, schema, found));
    }
}

fn draft(context: &Context<'_>, schema: &str, found: &[Hit<'_>]) -> Draft {
    let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
    let mut tables: Vec<String> = Vec::new();
    for hit in found {
        *kinds.entry(hit.kind).or_default() += 1;
        let name = hit.table.name.to_string();
        if tables.last() != Some(&name) {
            tables.push(name);
        }
    }
    let named: Vec<String> = kinds.iter().map(|(kind, n)| format!("{} ({})", kind.word(), count(*n as f64))).collect();
    let message = format!(
        "{} of schema {schema} in {} by name and type {} personal data: {}",
        counted(found.len(), "column", "columns"),
        counted(tables.len(), "table", "tables"),
        if found.len() == 1 { "holds" } else { "hold" },
        list_of(&named, 4)
    );
    let sensitive: Vec<&str> = kinds.keys().filter(|k| k.is_sensitive()).map(|k| k.word()).collect();
    let mut why = "What identifies people has to be found when they ask for it, erased when its purpose ends, and kept from those who do not need it. This list is where that \
                   starts: each place says what it is taken for."
        .to_owned();
    if !sensitive.is_empty() {
        why.extend([format!(" Among it is what harms people most when it leaks: {}.", list(&sensitive))]);
    }
    let all_possible = found.iter().all(|h| h.confidence == Confidence::Possible);
    let severity = if sensitive.is_empty() { RULE.severity } else { Severity::Low };
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why)
        .severity(severity)
        .confidence(if all_possible { Confidence::Possible } else { RULE.confidence })
        .evidence("columns", found.len(), "pg_attribute: names and types")
        .evidence("tables", tables.len(), "pg_class");
    let measured = found.iter().filter(|h| h.measured).count();
    if measured > 0 {
        draft = draft.evidence("columns whose distinct values and widths agree", measured, "pg_stats");
    }
    let rows: f64 = {
        let mut names: Vec<_> = found.iter().map(|h| &h.table.name).collect();
        names.dedup();
        names.iter().filter_map(|name| context.rows(name)).sum()
    };
    if rows > 0.0 {
        draft = draft.evidence("rows of those tables", rows, "pg_class.reltuples");
    }
    for hit in found {
        let sure = if hit.confidence == Confidence::Possible { ", possibly" } else { "" };
        let detail = format!("{}{sure}, {}", hit.kind.word(), hit.column.data_type);
        draft = draft.place(ObjectRef::column(&hit.table.name, &hit.column.name), Some(detail));
    }
    draft
}
