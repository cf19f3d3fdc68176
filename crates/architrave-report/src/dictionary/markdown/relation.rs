//! The page of a table or view.

use super::{Out, Places, cell, code, codes, crumbs};
use crate::dictionary::entry::{Column, Index, Relation, Use};
use crate::format;
use crate::renderers::markdown::escape;
use std::collections::BTreeMap;

/// Partitions that a page names; hundreds of them say nothing more.
const MOST_PARTITIONS: usize = 24;

pub(super) fn page(relation: &Relation, places: &Places) -> String {
    let mut out = Out::new(&escape::words(&relation.name.to_string()));
    let schema = relation.name.schema.as_str();
    out.say(&crumbs(schema, Some(relation)));
    if let Some(comment) = &relation.comment {
        out.quote(comment);
    }
    out.say(&facts(relation));
    columns(&mut out, relation, places);
    keys(&mut out, relation, places);
    indexes(&mut out, &relation.indexes);
    security(&mut out, relation);
    triggers(&mut out, relation);
    partitions(&mut out, relation);
    if !relation.reads.is_empty() {
        out.heading("Reads");
        out.say(&places.links(&relation.reads, schema));
    }
    if !relation.read_by.is_empty() {
        out.heading("Read by views");
        out.say(&places.links(&relation.read_by, schema));
    }
    if let Some(definition) = &relation.definition {
        out.heading("Definition");
        out.sql(definition);
    }
    uses(&mut out, relation);
    out.0
}

fn facts(relation: &Relation) -> String {
    let mut facts = vec![relation.kind.words().to_owned(), format::plural(relation.columns.len(), "column", "columns")];
    if !relation.kind.is_view() {
        facts.push(if relation.primary_key.is_empty() {
            "no primary key".to_owned()
        } else {
            format!("primary key {}", codes(&relation.primary_key))
        });
    }
    if let Some(by) = &relation.partitioned_by {
        facts.push(format!("partitioned by {}", code(by)));
    }
    if let Some(level) = relation.row_security {
        facts.push(format!("row level security {level}"));
    }
    if let Some(place) = &relation.source {
        facts.push(format!("made in {}", code(&format!("{}:{}", place.path, place.line))));
    }
    facts.join(" · ")
}

fn columns(out: &mut Out, relation: &Relation, places: &Places) {
    let schema = relation.name.schema.as_str();
    out.heading("Columns");
    if relation.kind.is_view() {
        out.table(&["#", "column", "type", "comment"]);
        for column in &relation.columns {
            let data_type = places.data_type(&column.data_type, schema);
            out.row(&[column.ordinal.to_string(), code(&column.name), data_type, cell(column.comment.as_deref())]);
        }
        return;
    }
    out.table(&["#", "column", "type", "null", "default", "keys", "comment"]);
    for column in &relation.columns {
        out.row(&[
            column.ordinal.to_string(),
            code(&column.name),
            places.data_type(&column.data_type, schema),
            if column.nullable == Some(false) { "no" } else { "yes" }.to_owned(),
            default(column),
            key_cell(column, places, schema),
            cell(column.comment.as_deref()),
        ]);
    }
}

fn default(column: &Column) -> String {
    match (column.made, &column.default) {
        (Some(made), Some(expression)) => format!("{made}: {}", code(expression)),
        (Some(made), None) => made.to_owned(),
        (None, Some(expression)) => code(expression),
        (None, None) => String::new(),
    }
}

fn key_cell(column: &Column, places: &Places, schema: &str) -> String {
    let mut parts = Vec::new();
    if column.primary_key {
        parts.push("primary key".to_owned());
    }
    if column.unique && !column.primary_key {
        parts.push("unique".to_owned());
    }
    parts.extend(column.references.iter().map(|(table, there)| format!("→ {}.{}", places.link(table, schema), escape::words(there))));
    parts.join(", ")
}

fn keys(out: &mut Out, relation: &Relation, places: &Places) {
    let schema = relation.name.schema.as_str();
    let unchecked = |validated: bool| if validated { "" } else { " (not validated)" };
    if !relation.foreign_keys.is_empty() {
        out.heading("Foreign keys");
        out.table(&["name", "columns", "references", "actions", "comment"]);
        for key in &relation.foreign_keys {
            out.row(&[
                format!("{}{}", code(&key.name), unchecked(key.validated)),
                codes(&key.columns),
                format!("{} ({})", places.link(&key.table, schema), codes(&key.referenced)),
                key.actions.clone(),
                cell(key.comment.as_deref()),
            ]);
        }
    }
    if !relation.referenced_by.is_empty() {
        out.heading("Referenced by");
        out.table(&["table", "columns", "constraint", "actions"]);
        for other in &relation.referenced_by {
            out.row(&[places.link(&other.table, schema), codes(&other.columns), code(&other.name), other.actions.clone()]);
        }
    }
    if !relation.unique.is_empty() || !relation.checks.is_empty() {
        out.heading("Constraints");
        out.table(&["name", "definition", "comment"]);
        for unique in &relation.unique {
            out.row(&[code(&unique.name), format!("unique ({})", codes(&unique.columns)), cell(unique.comment.as_deref())]);
        }
        for check in &relation.checks {
            let name = format!("{}{}", code(&check.name), unchecked(check.validated));
            out.row(&[name, code(&check.definition), cell(check.comment.as_deref())]);
        }
    }
}

fn indexes(out: &mut Out, indexes: &[Index]) {
    if indexes.is_empty() {
        return;
    }
    out.heading("Indexes");
    out.table(&["name", "keys", "method", "properties", "comment"]);
    for index in indexes {
        let mut properties = Vec::new();
        if index.constraint.is_some() {
            properties.push("backs a constraint".to_owned());
        } else if index.unique {
            properties.push("unique".to_owned());
        }
        if !index.include.is_empty() {
            properties.push(format!("includes {}", codes(&index.include)));
        }
        if let Some(predicate) = &index.predicate {
            properties.push(format!("where {}", code(predicate)));
        }
        if !index.valid {
            properties.push("**invalid**".to_owned());
        }
        out.row(&[
            code(&index.name),
            codes(&index.keys),
            escape::words(&index.method),
            properties.join(", "),
            cell(index.comment.as_deref()),
        ]);
    }
}

fn security(out: &mut Out, relation: &Relation) {
    if relation.policies.is_empty() {
        return;
    }
    out.heading("Policies");
    if relation.row_security.is_none() {
        out.say("Row level security is off: these policies have no effect.");
    }
    out.table(&["name", "command", "roles", "using", "with check", "comment"]);
    for policy in &relation.policies {
        let kind = if policy.permissive { "" } else { " (restrictive)" };
        out.row(&[
            code(&policy.name),
            format!("{}{kind}", policy.command),
            policy.roles.iter().map(|r| escape::words(r)).collect::<Vec<_>>().join(", "),
            policy.using.as_deref().map(code).unwrap_or_default(),
            policy.with_check.as_deref().map(code).unwrap_or_default(),
            cell(policy.comment.as_deref()),
        ]);
    }
}

fn triggers(out: &mut Out, relation: &Relation) {
    if relation.triggers.is_empty() {
        return;
    }
    out.heading("Triggers");
    out.table(&["name", "fires", "calls", "comment"]);
    for trigger in &relation.triggers {
        let state = if trigger.enabled { "" } else { " (disabled)" };
        out.row(&[
            format!("{}{state}", code(&trigger.name)),
            escape::words(&trigger.when),
            code(&trigger.function.to_string()),
            cell(trigger.comment.as_deref()),
        ]);
    }
}

fn partitions(out: &mut Out, relation: &Relation) {
    if relation.partitions.is_empty() {
        return;
    }
    out.heading(&format!("Partitions ({})", relation.partitions.len()));
    for (name, bound) in relation.partitions.iter().take(MOST_PARTITIONS) {
        out.item(&format!("{} {}", code(&name.name), code(bound)));
    }
    if let Some(more) = relation.partitions.len().checked_sub(MOST_PARTITIONS).filter(|n| *n > 0) {
        out.item(&format!("and {more} more"));
    }
}

/// Files that name the table. Lines move with every edit of the code, and the other forms have them.
fn uses(out: &mut Out, relation: &Relation) {
    if relation.uses.is_empty() {
        return;
    }
    let mut files: BTreeMap<&str, Vec<&Use>> = BTreeMap::new();
    for place in &relation.uses {
        files.entry(&place.path).or_default().push(place);
    }
    out.heading("Used by");
    for (path, places) in files {
        let mut kinds: Vec<&str> = places.iter().map(|p| p.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        out.item(&format!("{}: {}", code(path), kinds.join(", ")));
    }
    if relation.more_uses > 0 {
        out.item("and more places");
    }
}
