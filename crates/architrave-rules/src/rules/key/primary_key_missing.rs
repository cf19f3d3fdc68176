//! `key/primary-key-missing`: see `primary_key_missing.md` for the rule's page.

use crate::figures::{by_size, count, list, list_of};
use crate::new_index::replaced_by_key;
use crate::relations::Referrers;
use crate::retype::{Surroundings, obstacles};
use crate::statements::{columns_sql, exclusive};
use architrave_model::catalog::{Column, ConstraintKind, Index, Persistence, ReplicaIdentity, Sequence, Table, TableKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::house::HouseRule;
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "key/primary-key-missing",
    summary: "table without a primary key",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("primary_key_missing.md"),
    check: Check::Catalog(check),
};

const WHY: &str = "Nothing tells one row from another: a row stored twice stays twice, an update meant for one row hits its copies, and neither foreign keys nor \
                   row-wise tools (logical replication, change feeds, ORMs, the Data API) can address it.";

/// From so many tables of a schema on, of which nothing more is known, it is a habit and one finding.
const HABIT: usize = 6;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let referrers = Referrers::of(catalog);
    let mut plain: BTreeMap<&str, Vec<(&Table, Fix)>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        let child_of_keyless = table.parents.iter().filter_map(|p| catalog.table_named(p)).any(|p| p.primary_key().is_none());
        if table.primary_key().is_some() || child_of_keyless || table.columns.is_empty() {
            continue;
        }
        let fix = fix(catalog, context, &referrers, table);
        let is_plain =
            context.rows(&table.name).is_none() && candidate(table).is_none() && publication_without_identity(catalog, table).is_none();
        match fix {
            Some(fix) if is_plain => plain.entry(&table.name.schema).or_default().push((table, fix)),
            Some(fix) => sink.report(draft(catalog, context, table).fix(fix)),
            None => sink.report(draft(catalog, context, table)),
        }
    }
    for (schema, tables) in plain {
        if tables.len() < HABIT {
            for (table, fix) in tables {
                sink.report(draft(catalog, context, table).fix(fix));
            }
        } else {
            sink.report(together(schema, tables));
        }
    }
}

/// Many tables of a schema, with one fix for all of them.
fn together(schema: &str, tables: Vec<(&Table, Fix)>) -> Draft {
    let names: Vec<String> = tables.iter().map(|(table, _)| table.name.name.clone()).collect();
    let message = format!("{} tables of schema {schema} have no primary key: {}", names.len(), list_of(&names, 3));
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, WHY);
    let mut all =
        Fix { title: format!("give {} tables of schema {schema} a primary key", names.len()), transactional: true, ..Fix::default() };
    let mut cautions: Vec<String> = Vec::new();
    for (table, fix) in tables {
        draft = draft.place(ObjectRef::table(&table.name), None);
        all.up.extend(fix.up);
        all.down.extend(fix.down);
        all.effect.locks.extend(fix.effect.locks);
        all.effect.rewrites.extend(fix.effect.rewrites);
        all.effect.scans.extend(fix.effect.scans);
        cautions.extend(fix.caution.filter(|caution| !cautions.contains(caution)));
    }
    all.caution = Some(format!("a transaction for each table is kinder to a live database; {}", cautions.join("; ")));
    draft.fix(all)
}

fn draft(catalog: &Catalog, context: &Context<'_>, table: &Table) -> Draft {
    let rows = context.rows(&table.name);
    let candidate = candidate(table);
    let stuck = publication_without_identity(catalog, table);
    let mut severity = by_size(rows, RULE.severity, &[(10_000.0, Severity::Medium)], Severity::Low);
    if candidate.is_some() || table.persistence == Persistence::Unlogged {
        severity = severity.min(Severity::Low);
    }
    let mut message = format!("{} has no primary key", table.name);
    let mut why = WHY.to_owned();
    if let Some(index) = candidate {
        let columns: Vec<&str> = index.leading_columns().collect();
        message.extend([format!("; {} ({}) could be it", index.name, columns.join(", "))]);
        why = format!(
            "The index {} already makes ({}) unique and not null, so rows can be told apart, but tools that look for the primary key do not find it.",
            index.name,
            columns.join(", ")
        );
    }
    if let Some(publication) = stuck {
        severity = Severity::High;
        message.extend([format!(" and is published by {publication}")]);
        why.push_str(" Published without a replica identity, it refuses every update and delete.");
    }
    let mut draft = Draft::new(ObjectRef::table(&table.name), message, why).severity(severity);
    if let Some(rows) = rows {
        draft = draft.evidence(format!("rows in {}", table.name), rows, "pg_class.reltuples");
    }
    let unique: Vec<&str> = table.indexes.iter().filter(|i| i.unique).map(|i| i.name.as_str()).collect();
    let unique = if unique.is_empty() { "none".to_owned() } else { list(&unique) };
    draft.evidence(format!("unique indexes of {}", table.name), unique, "pg_index")
}

/// A unique index that could become the primary key as it stands.
fn candidate(table: &Table) -> Option<&Index> {
    let fits = |i: &&Index| {
        i.unique
            && i.method == "btree"
            && i.immediate
            && i.is_complete()
            && i.keys.iter().all(|k| k.operator_class.is_none() && k.collation.is_none() && !k.descending)
            && i.keys.iter().all(|k| k.column.as_deref().and_then(|c| table.column(c)).is_some_and(|c| c.not_null))
    };
    table.indexes.iter().filter(fits).min_by_key(|i| (i.keys.len(), &i.name))
}

/// A publication of updates or deletes that this table has no replica identity for.
fn publication_without_identity<'a>(catalog: &'a Catalog, table: &Table) -> Option<&'a str> {
    if table.replica_identity != ReplicaIdentity::Default && table.replica_identity != ReplicaIdentity::Nothing {
        return None;
    }
    let changes = |operations: &[String]| operations.iter().any(|o| o == "update" || o == "delete");
    let holds = |p: &&architrave_model::catalog::Publication| {
        p.all_tables || p.schemas.contains(&table.name.schema) || p.tables.iter().any(|t| t.table == table.name)
    };
    catalog.publications.iter().filter(|p| changes(&p.operations)).find(holds).map(|p| p.name.as_str())
}

fn fix(catalog: &Catalog, context: &Context<'_>, referrers: &Referrers<'_>, table: &Table) -> Option<Fix> {
    if let Some(index) = candidate(table) {
        return if index.constraint.is_none() { Some(use_index(table, index)) } else { replace_unique(referrers, table, index) };
    }
    if table.kind == TableKind::Partitioned || !table.parents.is_empty() {
        return None;
    }
    if let Some(pair) = pair_of_keys(table) {
        let rows = context.rows(&table.name).map_or_else(String::new, |n| format!(" among its {} rows", count(n)));
        let caution = format!("fails where a pair occurs twice{rows}: look for such pairs first");
        return add_key(catalog, referrers, table, &pair, caution);
    }
    if let Some(id) = table.column("id") {
        let usable = id.generated.is_none() && !id.inherited && !matches!(id.base_type().as_str(), "json" | "xml");
        let caution = "fails where id is null or occurs twice: look for such rows first".to_owned();
        return if usable { add_key(catalog, referrers, table, std::slice::from_ref(&id.name), caution) } else { None };
    }
    // A table with children takes no identity column for all of them.
    let parent = catalog.tables.iter().any(|t| t.parents.contains(&table.name));
    (!parent).then(|| add_column(context, table))
}

fn use_index(table: &Table, index: &Index) -> Fix {
    let (sql, name) = (table.name.sql(), quote_ident(&index.name));
    Fix {
        title: format!("make {} the primary key of {}", index.name, table.name),
        up: vec![format!("alter table {sql} add constraint {name} primary key using index {name}")],
        down: vec![format!("alter table {sql} drop constraint {name}"), index.definition.clone()],
        transactional: true,
        effect: exclusive(&table.name),
        caution: None,
    }
}

/// A unique constraint becomes the primary key; not while a foreign key leans on it.
fn replace_unique(referrers: &Referrers<'_>, table: &Table, index: &Index) -> Option<Fix> {
    let name = index.constraint.as_ref()?;
    let constraint = table.constraints.iter().find(|c| &c.name == name && c.kind == ConstraintKind::Unique && !c.inherited)?;
    if !referrers.to(&table.name).is_empty() || index.replica_identity || table.kind == TableKind::Partitioned {
        return None;
    }
    let (sql, quoted) = (table.name.sql(), quote_ident(name));
    Some(Fix {
        title: format!("turn {name} into the primary key of {}", table.name),
        up: vec![format!(
            "alter table {sql} drop constraint {quoted}, add constraint {quoted} primary key ({})",
            columns_sql(&constraint.columns)
        )],
        down: vec![format!("alter table {sql} drop constraint {quoted}, add constraint {quoted} {}", constraint.definition)],
        transactional: true,
        effect: Effect { scans: vec![table.name.to_string()], ..exclusive(&table.name) },
        caution: Some(
            "the index is built anew under an exclusive lock: on a large table build a unique index concurrently and use that".into(),
        ),
    })
}

/// The columns of a pure link table: two foreign keys and nothing else but times.
fn pair_of_keys(table: &Table) -> Option<Vec<String>> {
    let keys: Vec<_> = table.foreign_keys().map(|(k, _)| k).collect();
    let [a, b] = keys.as_slice() else { return None };
    let columns: Vec<String> = a.columns.iter().chain(&b.columns).cloned().collect();
    let rest = |c: &&architrave_model::catalog::Column| !columns.contains(&c.name);
    let times = table.columns.iter().filter(rest).all(|c| c.data_type.starts_with("timestamp") || c.data_type == "date");
    let distinct = a.columns.iter().all(|c| !b.columns.contains(c));
    (times && distinct).then_some(columns)
}

/// A primary key over columns that are there, in place of the indexes and constraints that it stands in for. None where a foreign key
/// leans on one of those.
fn add_key(catalog: &Catalog, referrers: &Referrers<'_>, table: &Table, columns: &[String], caution: String) -> Option<Fix> {
    let sql = table.name.sql();
    let name = quote_ident(&format!("{}_pkey", crate::statements::cut(&table.name.name, 58)));
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let replaced = replaced_by_key(table, columns);
    let (mut up, mut down) = (Vec::new(), Vec::new());
    for index in &replaced {
        if let Some(constraint) = index.constraint.as_ref().and_then(|n| table.constraints.iter().find(|c| &c.name == n)) {
            let old = quote_ident(&constraint.name);
            up.push(format!("alter table {sql} drop constraint {old}"));
            down.push(format!("alter table {sql} add constraint {old} {}", constraint.definition));
        } else {
            up.push(format!("drop index {}", QualifiedName::new(&table.name.schema, &index.name).sql()));
            down.push(index.definition.clone());
        }
    }
    if replaced.iter().any(|i| i.constraint.is_some()) && referrers.name_columns(&table.name, &names) {
        return None;
    }
    up.push(format!("alter table {sql} add constraint {name} primary key ({})", columns_sql(columns)));
    down.push(format!("alter table {sql} drop constraint {name}"));
    let nullable = columns.iter().filter(|c| table.column(c).is_some_and(|c| !c.not_null));
    down.extend(nullable.map(|c| format!("alter table {sql} alter column {} drop not null", quote_ident(c))));
    let wide = widen(catalog, table, columns)?;
    up.extend(wide.up);
    down.extend(wide.down);
    let instead: Vec<&str> = replaced.iter().map(|i| i.name.as_str()).collect();
    let instead = if instead.is_empty() { String::new() } else { format!(", in place of {}", list(&instead)) };
    Some(Fix {
        title: format!("make ({}) the primary key of {}{instead}", columns.join(", "), table.name),
        up,
        down,
        transactional: true,
        effect: Effect { rewrites: wide.effect.rewrites, scans: vec![table.name.to_string()], ..exclusive(&table.name) },
        caution: Some(caution),
    })
}

/// Makes a key that a sequence feeds bigint on the way: 32 bits would be the next finding. None where something stands in the way.
fn widen(catalog: &Catalog, table: &Table, columns: &[String]) -> Option<Fix> {
    let narrow = |c: &&Column| c.takes_from_sequence() && matches!(c.data_type.as_str(), "integer" | "smallint");
    let Some(column) = columns.iter().filter_map(|c| table.column(c)).find(narrow) else { return Some(Fix::default()) };
    if !obstacles(&Surroundings::of(catalog), table, column, false).is_empty() {
        return None;
    }
    let (sql, name) = (table.name.sql(), quote_ident(&column.name));
    let mut up = vec![format!("alter table {sql} alter column {name} type bigint")];
    let mut down = vec![format!("alter table {sql} alter column {name} type {}", column.data_type)];
    let owned = |s: &&Sequence| s.owned_by_table.as_ref() == Some(&table.name) && s.owned_by_column.as_ref() == Some(&column.name);
    if let Some(sequence) = catalog.sequences.iter().filter(|s| !s.identity).find(owned) {
        up.push(format!("alter sequence {} as bigint", sequence.name.sql()));
        down.push(format!("alter sequence {} as {}", sequence.name.sql(), sequence.data_type));
    }
    Some(Fix { up, down, effect: Effect { rewrites: vec![table.name.to_string()], ..Effect::default() }, ..Fix::default() })
}

/// A surrogate key, of the type the house has chosen.
fn add_column(context: &Context<'_>, table: &Table) -> Fix {
    let uuid = context
        .house
        .sentences
        .iter()
        .filter_map(|s| s.rule.as_ref())
        .any(|rule| matches!(rule, HouseRule::KeyType { data_types } if data_types.first().is_some_and(|t| t == "uuid")));
    let column = if uuid && context.server.major() >= 13 {
        "id uuid default gen_random_uuid() primary key"
    } else {
        "id bigint generated always as identity primary key"
    };
    let sql = table.name.sql();
    Fix {
        title: format!("add a key column to {}", table.name),
        up: vec![format!("alter table {sql} add column {column}")],
        down: vec![format!("alter table {sql} drop column id")],
        transactional: true,
        effect: Effect {
            rewrites: vec![table.name.to_string()],
            bytes: context.rows(&table.name).map(|n| (n * 30.0) as i64),
            ..exclusive(&table.name)
        },
        caution: Some("a key made of columns that the table has is better, where some of them identify a row; this one rewrites the table under an exclusive lock".into()),
    }
}
