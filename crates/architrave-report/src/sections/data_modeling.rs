//! Section 2, Data Modeling Strategy: relationships, normalization, types, constraints, all counted in this catalogue.

use super::{Facts, PartDef, SectionDef, first, para, table, table_of};
use crate::documents::access_matrix;
use crate::format::{plural, share};
use crate::graph::{Graph, is_junction};
use crate::placement::PartId;
use crate::report::Block;
use crate::scope;
use crate::text::{Text, code, codes, list, say, strong};
use architrave_model::catalog::{Column, ConstraintKind, Table, TypeKind};
use architrave_model::review::Target;
use std::collections::BTreeMap;

pub(super) static SECTION: SectionDef = SectionDef {
    key: "data-modeling",
    title: "Data Modeling Strategy",
    intro: None,
    parts: &[
        PartDef {
            id: PartId::EntityRelationships,
            key: "entity-relationships",
            title: "Entity relationships",
            write: entity_relationships,
        },
        PartDef {
            id: PartId::Normalization,
            key: "normalization-and-denormalization",
            title: "Normalization and denormalization",
            write: normalization,
        },
        PartDef { id: PartId::DataTypes, key: "data-types", title: "Data types", write: data_types },
        PartDef { id: PartId::Constraints, key: "constraints-and-validation", title: "Constraints and validation", write: constraints },
    ],
};

/// Runs `write` on the tables of each target; one without tables has nothing to model.
fn each_schema<'a>(facts: &Facts<'a>, write: impl Fn(&'a Target, &[&'a Table], &mut Vec<Block>)) -> Vec<Block> {
    facts.each_target(|target, blocks| {
        let tables = scope::own_tables(target);
        if tables.is_empty() {
            blocks.push(para(say!("{} has no table, so there is nothing to say here.", strong(&target.name))));
        } else {
            write(target, &tables, blocks);
        }
    })
}

fn entity_relationships(facts: &Facts<'_>) -> Vec<Block> {
    each_schema(facts, |_, tables, blocks| {
        let graph = Graph::of(tables);
        let keys: usize = tables.iter().map(|t| t.foreign_keys().count()).sum();
        let (cycles, depth) = graph.cycles_and_depth();
        if keys == 0 {
            blocks.push(para(format!(
                "{} and not one foreign key: nothing in the database says how they belong together.",
                plural(tables.len(), "table", "tables")
            )));
        } else {
            let chain = plural(depth, "reference", "references");
            let ratio = keys as f64 / tables.len() as f64;
            blocks.push(para(format!(
                "{} connect {} ({ratio:.1} per table); the longest chain is {chain} long.",
                plural(keys, "foreign key", "foreign keys"),
                plural(tables.len(), "table", "tables"),
            )));
        }
        let mut items: Vec<Text> = Vec::new();
        let hubs: Vec<Text> = graph.hubs().into_iter().map(|(t, n)| say!("{} ({})", code(t), n)).collect();
        if !hubs.is_empty() {
            items.push(say!("Hubs, by the number of tables that reference them: {}.", list(&hubs, 8)));
        }
        let junctions: Vec<_> = tables.iter().filter(|t| is_junction(t)).map(|t| &t.name).collect();
        if !junctions.is_empty() {
            items.push(say!("Junction tables (their key is nothing but foreign keys): {}.", codes(junctions, 12)));
        }
        let isolated = graph.isolated();
        if keys > 0 && !isolated.is_empty() {
            items.push(say!("Without any relationship: {}.", codes(isolated, 12)));
        }
        if !graph.self_references.is_empty() {
            items.push(say!("Referencing themselves (trees): {}.", codes(&graph.self_references, 12)));
        }
        if !graph.outside.is_empty() {
            items.push(say!("Referenced outside of this schema: {}.", codes(graph.outside.keys(), 8)));
        }
        items.push(circles(&cycles, keys));
        items.extend(on_delete(tables));
        items.push(dictionary(tables));
        blocks.push(Block::List { items: items.into_iter().filter(|t| !t.is_empty()).collect() });
    })
}

fn circles(cycles: &[Vec<&architrave_model::name::QualifiedName>], keys: usize) -> Text {
    if keys == 0 {
        return Text::default();
    }
    if cycles.is_empty() {
        return "No two tables reference each other in a circle, so rows can be loaded and deleted in one order.".into();
    }
    let shown: Vec<Text> = cycles.iter().map(|c| say!("{{{}}}", codes(c, 6))).collect();
    let n = plural(cycles.len(), "circle", "circles");
    say!("{} of references, in which no insertion order works without deferring or a nullable column: {}.", n, list(&shown, 5))
}

fn on_delete(tables: &[&Table]) -> Option<Text> {
    let mut actions: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, reference) in tables.iter().flat_map(|t| t.foreign_keys()) {
        *actions.entry(reference.on_delete.sql()).or_default() += 1;
    }
    let shown: Vec<Text> = by_count(actions).into_iter().map(|(a, n)| say!("{} {}", code(a), n)).collect();
    (!shown.is_empty()).then(|| say!("On delete: {}.", list(&shown, 5)))
}

/// Most frequent first, then by name.
fn by_count<K: Ord>(map: BTreeMap<K, usize>) -> Vec<(K, usize)> {
    let mut list: Vec<_> = map.into_iter().collect();
    list.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    list
}

fn dictionary(tables: &[&Table]) -> Text {
    let columns: usize = tables.iter().map(|t| t.columns.len()).sum();
    let described = tables.iter().filter(|t| t.comment.is_some()).count();
    let described_columns = tables.iter().flat_map(|t| &t.columns).filter(|c| c.comment.is_some()).count();
    format!(
        "Dictionary: {described} of {} and {described_columns} of {} carry a comment ({} of the columns).",
        plural(tables.len(), "table", "tables"),
        plural(columns, "column", "columns"),
        share(described_columns, columns)
    )
    .into()
}

fn normalization(facts: &Facts<'_>) -> Vec<Block> {
    each_schema(facts, |target, tables, blocks| {
        let mut items = Vec::new();
        let groups: Vec<Text> = tables.iter().flat_map(|t| repeating(t)).collect();
        if groups.is_empty() {
            items.push("No table repeats a column under numbered names (phone1, phone2).".into());
        } else {
            let n = plural(groups.len(), "group", "groups");
            items.push(say!("{} of numbered columns, each a list inside a row: {}.", n, list(&groups, 8)));
        }
        documents(tables, &mut items);
        let mut wide: Vec<_> = tables.iter().map(|t| (t.columns.len(), &t.name)).collect();
        wide.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        let widest: Vec<Text> = wide.iter().take(3).map(|(n, t)| say!("{} ({})", code(t), *n)).collect();
        let columns: usize = wide.iter().map(|w| w.0).sum();
        items.push(say!(
            "Columns per table: {} on average; the widest: {}.",
            format!("{:.1}", columns as f64 / tables.len() as f64),
            list(&widest, 3)
        ));
        copies(tables, &mut items);
        let materialized: Vec<_> =
            target.snapshot.catalog.views.iter().filter(|v| v.materialized && v.extension.is_none()).map(|v| &v.name).collect();
        if !materialized.is_empty() {
            items.push(say!("Denormalized on purpose as materialized views: {}.", codes(materialized, 8)));
        }
        blocks.push(Block::List { items });
    })
}

/// Numbered columns of one type, as `table: a1, a2`.
fn repeating(table: &Table) -> Vec<Text> {
    let mut groups: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for column in &table.columns {
        let stem = column.name.trim_end_matches(|c: char| c.is_ascii_digit());
        if stem.len() < column.name.len() && !stem.is_empty() {
            groups.entry((stem.trim_end_matches('_'), &column.data_type)).or_default().push(&column.name);
        }
    }
    let repeated = groups.into_values().filter(|names| names.len() > 1);
    repeated.map(|names| say!("{} of {}", codes(names, 6), code(&table.name))).collect()
}

fn documents(tables: &[&Table], items: &mut Vec<Text>) {
    let holding = |test: fn(&Column) -> bool| -> Vec<String> {
        tables.iter().flat_map(|t| t.columns.iter().filter(|c| test(c)).map(move |c| format!("{}.{}", t.name, c.name))).collect()
    };
    let json = holding(|c| matches!(c.base_type().as_str(), "json" | "jsonb"));
    let arrays = holding(|c| c.is_array() && !matches!(c.base_type().as_str(), "json" | "jsonb"));
    if json.is_empty() && arrays.is_empty() {
        items.push("No json, jsonb or array column: every value has a column of its own.".into());
        return;
    }
    if !json.is_empty() {
        let n = plural(json.len(), "column holds a document", "columns hold documents");
        items.push(say!("{} (json or jsonb), beyond the reach of foreign keys and NOT NULL: {}.", n, codes(json, 10)));
    }
    if !arrays.is_empty() {
        let n = plural(arrays.len(), "column holds an array", "columns hold arrays");
        items.push(say!("{}: {}.", n, codes(arrays, 10)));
    }
}

/// Columns that are computed from, or copied out of, another: generated columns, and columns that a referenced table has too.
fn copies(tables: &[&Table], items: &mut Vec<Text>) {
    let generated: Vec<String> = tables
        .iter()
        .flat_map(|t| t.columns.iter().filter(|c| c.generated.is_some()).map(move |c| format!("{}.{}", t.name, c.name)))
        .collect();
    if !generated.is_empty() {
        items.push(say!("Derived by the database itself (generated): {}.", codes(generated, 8)));
    }
    let by_name: BTreeMap<_, &Table> = tables.iter().map(|t| (&t.name, *t)).collect();
    // A column that a third of the tables has is bookkeeping (a row's version, who made it), no copy.
    let mut spread: BTreeMap<&str, usize> = BTreeMap::new();
    for column in tables.iter().flat_map(|t| &t.columns) {
        *spread.entry(&column.name).or_default() += 1;
    }
    let is_common = |name: &str| tables.len() >= 6 && spread.get(name).is_some_and(|n| n * 3 >= tables.len());
    let mut copied: Vec<String> = Vec::new();
    for table in tables {
        let keys: Vec<&String> = table.constraints.iter().filter(|c| c.references.is_some()).flat_map(|c| &c.columns).collect();
        for (_, reference) in table.foreign_keys().filter(|(_, r)| r.table != table.name) {
            let Some(parent) = by_name.get(&reference.table) else { continue };
            for column in table.columns.iter().filter(|c| is_telling(&c.name) && !keys.contains(&&c.name) && !is_common(&c.name)) {
                if parent.column(&column.name).is_some_and(|c| c.data_type == column.data_type) {
                    copied.push(format!("{}.{}", table.name, column.name));
                }
            }
        }
    }
    copied.sort();
    copied.dedup();
    if !copied.is_empty() {
        let n = plural(copied.len(), "column has", "columns have");
        items.push(say!("{} the name and type of a column in the table referenced, so possibly a copy of it: {}.", n, codes(copied, 8)));
    }
}

/// Whether a column's name says what is in it. Names that every table may have for itself do not.
fn is_telling(name: &str) -> bool {
    const ANYWHERE: [&str; 24] = [
        "active",
        "comment",
        "created",
        "created_at",
        "created_by",
        "createdAt",
        "deleted_at",
        "deletedAt",
        "description",
        "enabled",
        "id",
        "key",
        "kind",
        "metadata",
        "name",
        "note",
        "notes",
        "position",
        "slug",
        "status",
        "title",
        "type",
        "updated_at",
        "updatedAt",
    ];
    !ANYWHERE.contains(&name)
}

fn data_types(facts: &Facts<'_>) -> Vec<Block> {
    each_schema(facts, |target, tables, blocks| {
        let mut types: BTreeMap<String, usize> = BTreeMap::new();
        let mut keys: BTreeMap<String, usize> = BTreeMap::new();
        for table in tables {
            for column in &table.columns {
                let suffix = if column.is_array() { "[]" } else { "" };
                *types.entry(format!("{}{suffix}", column.base_type())).or_default() += 1;
            }
            let key = table.primary_key().filter(|k| k.columns.len() == 1).and_then(|k| table.column(k.columns.first()?));
            if let Some(column) = key {
                *keys.entry(column.base_type()).or_default() += 1;
            }
        }
        let total: usize = types.values().sum();
        let kinds = types.len();
        let rows: Vec<Vec<Text>> = by_count(types).into_iter().map(|(t, n)| vec![code(t), n.into(), share(n, total).into()]).collect();
        let (rows, more) = first(rows, 12, "types");
        blocks.push(para(format!("{} use {}.", plural(total, "column", "columns"), plural(kinds, "type", "types"))));
        blocks.push(table_of(&["Type", "#Columns", "#Share"], rows, more));
        let keys: Vec<Text> = by_count(keys).into_iter().map(|(t, n)| say!("{} in {}", code(t), plural(n, "table", "tables"))).collect();
        if !keys.is_empty() {
            blocks.push(para(say!("Single-column primary keys: {}.", list(&keys, 8))));
        }
        own_types(target, blocks);
    })
}

fn own_types(target: &Target, blocks: &mut Vec<Block>) {
    let scope = scope::of(target);
    let own: Vec<_> = target.snapshot.catalog.types.iter().filter(|t| t.extension.is_none() && scope.covers(&t.name.schema)).collect();
    let enums: Vec<Text> = own
        .iter()
        .filter_map(|t| match &t.kind {
            TypeKind::Enum { labels } => Some(say!("{} ({})", code(&t.name), plural(labels.len(), "label", "labels"))),
            _ => None,
        })
        .collect();
    let domains: Vec<Text> = own
        .iter()
        .filter_map(|t| match &t.kind {
            TypeKind::Domain { base, .. } => Some(say!("{} over {}", code(&t.name), code(base))),
            _ => None,
        })
        .collect();
    if !enums.is_empty() {
        blocks.push(para(say!("{}: {}.", plural(enums.len(), "enum", "enums"), list(&enums, 10))));
    }
    if !domains.is_empty() {
        blocks.push(para(say!("{}: {}.", plural(domains.len(), "domain", "domains"), list(&domains, 10))));
    }
}

fn constraints(facts: &Facts<'_>) -> Vec<Block> {
    each_schema(facts, |target, tables, blocks| {
        let all = || tables.iter().flat_map(|t| &t.constraints);
        let with = |kind: &ConstraintKind| tables.iter().filter(|t| t.constraints.iter().any(|c| c.kind == *kind)).count();
        let rows = [
            (ConstraintKind::PrimaryKey, "Primary key"),
            (ConstraintKind::ForeignKey, "Foreign key"),
            (ConstraintKind::Unique, "Unique"),
            (ConstraintKind::Check, "Check"),
            (ConstraintKind::Exclusion, "Exclusion"),
        ]
        .into_iter()
        .map(|(kind, word)| {
            let n = all().filter(|c| c.kind == kind).count();
            let tables_with = with(&kind);
            vec![word.into(), n.into(), tables_with.into(), share(tables_with, tables.len()).into()]
        })
        .collect();
        blocks.push(table(&["Constraint", "#Number", "#Tables with one", "#Share of tables"], rows));
        let columns: Vec<&Column> = tables.iter().flat_map(|t| &t.columns).collect();
        let required = columns.iter().filter(|c| c.not_null).count();
        let defaults = columns.iter().filter(|c| c.default.is_some() && c.generated.is_none()).count();
        blocks.push(para(format!(
            "{required} of {} are NOT NULL ({}); {} a default.",
            plural(columns.len(), "column", "columns"),
            share(required, columns.len()),
            if defaults == 1 { "1 has".to_owned() } else { format!("{defaults} have") }
        )));
        let mut items = Vec::new();
        let unvalidated: Vec<String> = tables
            .iter()
            .flat_map(|t| t.constraints.iter().filter(|c| !c.validated).map(move |c| format!("{}.{}", t.name, c.name)))
            .collect();
        if !unvalidated.is_empty() {
            items.push(say!("Not validated, so old rows may break them: {}.", codes(unvalidated, 8)));
        }
        let keyless: Vec<_> = tables.iter().filter(|t| t.primary_key().is_none()).map(|t| &t.name).collect();
        if !keyless.is_empty() {
            items.push(say!("Without a primary key: {}.", codes(keyless, 12)));
        }
        let triggers: usize = tables.iter().map(|t| t.triggers.len()).sum();
        if triggers > 0 {
            let with = tables.iter().filter(|t| !t.triggers.is_empty()).count();
            items.push(
                format!(
                    "{} on {} add to what constraints demand.",
                    plural(triggers, "trigger", "triggers"),
                    plural(with, "table", "tables")
                )
                .into(),
            );
        }
        if !items.is_empty() {
            blocks.push(Block::List { items });
        }
        blocks.extend(access(target));
    })
}

/// Who can reach what, where some role that is no superuser can reach something.
fn access(target: &Target) -> Vec<Block> {
    let mut blocks = access_matrix::blocks(&target.access, &target.exposure.roles, &target.snapshot.catalog.superusers());
    if !blocks.is_empty() {
        blocks.insert(0, Block::Heading { text: "Who can reach what".into(), anchor: None });
    }
    blocks
}
