//! The page of a schema: its tables and views, types and functions; and the page with its figures.

use super::{Out, Places, by_kind, cell, code, codes, coverage, crumbs};
use crate::dictionary::entry::{Dictionary, EnumType, Function, Relation, Schema};
use crate::format;
use crate::renderers::markdown::escape;

pub(super) fn page(dictionary: &Dictionary, schema: &Schema, places: &Places) -> String {
    let mut out = Out::new(&format!("Schema {}", escape::words(&schema.name)));
    out.say(&crumbs(&schema.name, None));
    if let Some(comment) = &schema.comment {
        out.quote(comment);
    }
    if !schema.relations.is_empty() {
        out.say(&coverage(schema.coverage));
    }
    let (views, tables) = by_kind(schema);
    relations(&mut out, "Tables", &tables, places);
    relations(&mut out, "Views", &views, places);
    if dictionary.statistics && !schema.relations.is_empty() {
        out.say("Rows and sizes: [statistics](statistics.md)");
    }
    types(&mut out, schema, places);
    functions(&mut out, &schema.functions, places, &schema.name);
    out.0
}

fn relations(out: &mut Out, title: &str, all: &[&Relation], places: &Places) {
    if all.is_empty() {
        return;
    }
    out.heading(title);
    out.table(&["name", "columns", "comment"]);
    for relation in all {
        out.row(&[
            places.link(&relation.name, &relation.name.schema),
            relation.columns.len().to_string(),
            cell(relation.comment.as_deref()),
        ]);
    }
}

fn anchor(places: &Places, schema: &str, name: &str) -> String {
    let key = architrave_model::QualifiedName::new(schema, name).sql();
    places.types.get(&key).map_or_else(String::new, |(_, anchor)| anchor.clone())
}

fn types(out: &mut Out, schema: &Schema, places: &Places) {
    if !schema.enums.is_empty() {
        out.heading("Enumerated types");
        for e in &schema.enums {
            enumerated(out, e, &anchor(places, &schema.name, &e.name));
        }
    }
    if !schema.domains.is_empty() {
        out.heading("Domains");
        out.table(&["name", "type", "null", "default", "checks", "used by", "comment"]);
        for d in &schema.domains {
            out.row(&[
                format!("<a id=\"{}\"></a>{}", anchor(places, &schema.name, &d.name), code(&d.name)),
                places.data_type(&d.base, &schema.name),
                if d.not_null { "no" } else { "yes" }.to_owned(),
                d.default.as_deref().map(code).unwrap_or_default(),
                codes(&d.checks),
                used_by(&d.used_by),
                cell(d.comment.as_deref()),
            ]);
        }
    }
    if !schema.types.is_empty() {
        out.heading("Other types");
        out.table(&["name", "definition", "comment"]);
        for t in &schema.types {
            out.row(&[code(&t.name), code(&t.definition), cell(t.comment.as_deref())]);
        }
    }
}

fn enumerated(out: &mut Out, e: &EnumType, anchor: &str) {
    out.say(&format!("<a id=\"{anchor}\"></a>**{}**: {}", escape::words(&e.name), codes(&e.labels)));
    if let Some(comment) = &e.comment {
        out.quote(comment);
    }
    if !e.used_by.is_empty() {
        out.say(&format!("Used by {}", used_by(&e.used_by)));
    }
}

/// Columns of a type; a type of every second table would bury its page.
fn used_by(columns: &[String]) -> String {
    const MOST: usize = 12;
    let mut text = codes(columns.get(..MOST).unwrap_or(columns));
    if let Some(more) = columns.len().checked_sub(MOST).filter(|n| *n > 0) {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

fn functions(out: &mut Out, functions: &[Function], places: &Places, schema: &str) {
    if functions.is_empty() {
        return;
    }
    out.heading("Functions");
    out.table(&["signature", "returns", "language", "kind", "security", "triggers of", "comment"]);
    for f in functions {
        let kind = if f.kind == "function" { f.volatility.to_owned() } else { f.kind.to_owned() };
        out.row(&[
            code(&f.signature),
            f.result.as_deref().map(code).unwrap_or_default(),
            escape::words(&f.language),
            kind,
            if f.security_definer { "**definer**" } else { "invoker" }.to_owned(),
            places.links(&f.triggers_of, schema),
            cell(f.comment.as_deref()),
        ]);
    }
}

pub(super) fn statistics(schema: &Schema, places: &Places) -> String {
    let mut out = Out::new(&format!("Statistics of schema {}", escape::words(&schema.name)));
    out.say(&crumbs(&schema.name, None));
    out.say("Estimates of the server at the time of writing; `--check` does not look at this page.");
    out.table(&["table", "rows", "table size", "indexes"]);
    for relation in schema.relations.iter().filter(|r| r.kind != crate::dictionary::RelationKind::View) {
        let size = |bytes: Option<i64>| bytes.map_or_else(|| "unknown".to_owned(), format::bytes);
        out.row(&[
            places.link(&relation.name, &schema.name),
            relation.rows.map_or_else(|| "unknown".to_owned(), format::count),
            size(relation.table_bytes),
            size(relation.index_bytes),
        ]);
    }
    out.0
}
