//! DBML, the database markup language of dbdiagram.io: tables, columns, indexes, enums, notes and references, all names quoted.

use super::Scene;
use architrave_model::catalog::{Column, ConstraintKind, ForeignKeyAction, Index, Table, TypeDef, TypeKind};
use architrave_model::name::QualifiedName;
use std::collections::BTreeSet;

/// The whole document.
pub(super) fn document(scene: &Scene<'_>) -> String {
    let mut tables = scene.tables.clone();
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    let mut types = scene.types.clone();
    types.sort_by(|a, b| a.name.cmp(&b.name));
    let known: BTreeSet<&QualifiedName> = tables.iter().filter(|t| !t.columns.is_empty()).map(|t| &t.name).collect();
    let mut out = format!("Project {} {{\n  database_type: 'PostgreSQL'\n}}\n", name(&scene.title));
    let mut enums = BTreeSet::new();
    for (kind, labels) in types.iter().filter_map(|t| Some((*t, labels(t)?))) {
        enums.insert(&kind.name);
        out.push_str(&format!("\nEnum {} {{\n", qualified(&kind.name)));
        out.extend(labels.iter().map(|label| format!("  {}\n", name(label))));
        out.push_str("}\n");
    }
    for entry in &tables {
        if known.contains(&entry.name) {
            out.push_str(&table(entry, &enums));
        } else {
            out.push_str(&format!("\n// {} has no columns, which DBML cannot say\n", escaped(&entry.name.to_string())));
        }
    }
    let references: Vec<String> = tables.iter().flat_map(|t| references(t, &known)).collect();
    if !references.is_empty() {
        out.push('\n');
        out.extend(references);
    }
    out
}

fn labels(kind: &TypeDef) -> Option<&[String]> {
    match &kind.kind {
        TypeKind::Enum { labels } if !labels.is_empty() => Some(labels),
        _ => None,
    }
}

fn table(table: &Table, enums: &BTreeSet<&QualifiedName>) -> String {
    let mut out = format!("\nTable {} {{\n", qualified(&table.name));
    let key: Vec<&str> = table.primary_key().map(|k| k.columns.iter().map(String::as_str).collect()).unwrap_or_default();
    for column in &table.columns {
        let kind = enums.iter().find(|e| e.to_string() == column.data_type || e.sql() == column.data_type);
        let kind = kind.map_or_else(|| name(&column.data_type), |e| qualified(e));
        out.push_str(&format!("  {} {kind}{}\n", name(&column.name), settings(column, &key)));
    }
    let mut indexes: Vec<String> = Vec::new();
    if key.len() > 1 {
        indexes.push(format!("    ({}) [pk]\n", key.iter().map(|c| name(c)).collect::<Vec<_>>().join(", ")));
    }
    indexes.extend(table.indexes.iter().filter(|i| !i.primary).filter_map(index));
    if !indexes.is_empty() {
        out.push_str(&format!("\n  indexes {{\n{}  }}\n", indexes.concat()));
    }
    if let Some(comment) = &table.comment {
        out.push_str(&format!("\n  Note: {}\n", string(comment)));
    }
    out.push_str("}\n");
    out
}

fn settings(column: &Column, key: &[&str]) -> String {
    let mut settings = Vec::new();
    if key == [column.name.as_str()] {
        settings.push("pk".to_owned());
    }
    if column.not_null {
        settings.push("not null".to_owned());
    }
    if column.takes_from_sequence() {
        settings.push("increment".to_owned());
    } else if let (Some(default), None) = (&column.default, column.generated) {
        settings.push(format!("default: {}", expression(default)));
    }
    let mut notes: Vec<String> = Vec::new();
    if let (Some(default), Some(_)) = (&column.default, column.generated) {
        notes.push(format!("generated as ({default})"));
    }
    notes.extend(column.comment.clone());
    if !notes.is_empty() {
        settings.push(format!("note: {}", string(&notes.join("; "))));
    }
    if settings.is_empty() { String::new() } else { format!(" [{}]", settings.join(", ")) }
}

fn index(index: &Index) -> Option<String> {
    let key = |k: &architrave_model::catalog::IndexKey| match (&k.column, &k.expression) {
        (Some(column), _) => Some(name(column)),
        (None, Some(of)) => Some(expression(of)),
        (None, None) => None,
    };
    let keys: Vec<String> = index.keys.iter().map(key).collect::<Option<_>>()?;
    if keys.is_empty() {
        return None;
    }
    let mut settings = Vec::new();
    if index.unique && index.predicate.is_none() {
        settings.push("unique".to_owned());
    }
    // The only two methods that DBML knows.
    if matches!(index.method.as_str(), "btree" | "hash") {
        settings.push(format!("type: {}", index.method));
    }
    settings.push(format!("name: {}", string(&index.name)));
    let mut notes = Vec::new();
    if !matches!(index.method.as_str(), "btree" | "hash") {
        notes.push(index.method.clone());
    }
    if let Some(predicate) = &index.predicate {
        notes.push(format!("{}where {predicate}", if index.unique { "unique " } else { "" }));
    }
    if !index.include.is_empty() {
        notes.push(format!("include ({})", index.include.join(", ")));
    }
    if !notes.is_empty() {
        settings.push(format!("note: {}", string(&notes.join("; "))));
    }
    Some(format!("    ({}) [{}]\n", keys.join(", "), settings.join(", ")))
}

fn references(table: &Table, known: &BTreeSet<&QualifiedName>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    let keys = table.constraints.iter().filter(|c| c.kind == ConstraintKind::ForeignKey);
    for (key, to) in keys.filter_map(|c| Some((c, c.references.as_ref()?))) {
        let is_whole = known.contains(&table.name) && known.contains(&to.table) && !key.columns.is_empty();
        // DBML refuses a second reference between the same columns.
        if !is_whole || !seen.insert((&key.columns, &to.table, &to.columns)) {
            continue;
        }
        let columns: Vec<&str> = key.columns.iter().map(String::as_str).collect();
        let sign = if table.is_unique_over(&columns) { '-' } else { '>' };
        if (&table.name, &key.columns) == (&to.table, &to.columns) {
            continue;
        }
        let mut settings = Vec::new();
        for (event, action) in [("delete", to.on_delete), ("update", to.on_update)] {
            if action != ForeignKeyAction::NoAction {
                settings.push(format!("{event}: {}", action.sql()));
            }
        }
        let settings = if settings.is_empty() { String::new() } else { format!(" [{}]", settings.join(", ")) };
        out.push(format!(
            "Ref {}: {}.{} {sign} {}.{}{settings}\n",
            name(&key.name),
            qualified(&table.name),
            list(&key.columns),
            qualified(&to.table),
            list(&to.columns)
        ));
    }
    out
}

fn list(columns: &[String]) -> String {
    match columns {
        [one] => name(one),
        many => format!("({})", many.iter().map(|c| name(c)).collect::<Vec<_>>().join(", ")),
    }
}

fn qualified(of: &QualifiedName) -> String {
    format!("{}.{}", name(&of.schema), name(&of.name))
}

/// A name in double quotes.
fn name(text: &str) -> String {
    if text.is_empty() {
        return "\"unnamed\"".to_owned();
    }
    format!("\"{}\"", escaped(text).replace('"', "\\\""))
}

/// A string in single quotes.
fn string(text: &str) -> String {
    format!("'{}'", escaped(text).replace('\'', "\\'"))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => {}
            '\t' => out.push_str("\\t"),
            c if crate::format::visible(&c.to_string()) != c.to_string() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// An expression in backticks, which know no escape.
fn expression(text: &str) -> String {
    format!("`{}`", crate::format::visible(text).replace('`', "'"))
}
