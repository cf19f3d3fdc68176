//! `partition/index-missing`: see `index_missing.md` for the rule's page.

use crate::figures::{count, counted, list_of};
use crate::statements::{Names, lock};
use architrave_model::catalog::{Index, Table, TableKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "partition/index-missing",
    summary: "index that most partitions have and some do not",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("index_missing.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut by_parent: BTreeMap<&QualifiedName, Vec<&Table>> = BTreeMap::new();
    for partition in catalog.tables.iter().filter(|t| t.is_partition && t.kind == TableKind::Ordinary) {
        if let Some(parent) = partition.parents.first().filter(|p| scope.covers(&p.schema)) {
            by_parent.entry(parent).or_default().push(partition);
        }
    }
    let mut names = None;
    for (parent, partitions) in by_parent.iter().filter(|(_, p)| p.len() >= 3) {
        for (shape, with) in shapes(partitions) {
            let lack: Vec<&Table> = partitions.iter().copied().filter(|p| !p.indexes.iter().any(|i| of_shape(i) == Some(shape))).collect();
            if lack.is_empty() || with.len() * 2 <= partitions.len() {
                continue;
            }
            let names = names.get_or_insert_with(|| Names::of(catalog));
            sink.report(draft(context, names, parent, shape, (&with, &lack)));
        }
    }
}

/// Valid indexes that are not attached to one of the parent's, by what they are over.
fn shapes<'a>(partitions: &[&'a Table]) -> BTreeMap<&'a str, Vec<&'a Index>> {
    let mut found: BTreeMap<&str, Vec<&Index>> = BTreeMap::new();
    for index in partitions.iter().flat_map(|p| &p.indexes).filter(|i| i.parent.is_none() && i.constraint.is_none() && i.valid) {
        if let Some(shape) = of_shape(index) {
            found.entry(shape).or_default().push(index);
        }
    }
    found
}

/// The definition after the table's name; UNIQUE is another index.
fn of_shape(index: &Index) -> Option<&str> {
    index.definition.split_once(" USING ").map(|(_, shape)| shape).filter(|_| !index.unique)
}

fn draft(context: &Context<'_>, names: &mut Names<'_>, parent: &QualifiedName, shape: &str, (with, lack): (&[&Index], &[&Table])) -> Draft {
    let missing: Vec<String> = lack.iter().map(|t| t.name.name.clone()).collect();
    let message = format!(
        "{} of {parent} without the index {shape} that {} have: {}",
        counted(lack.len(), "partition", "partitions"),
        with.len(),
        list_of(&missing, 3)
    );
    let why = "A query that the index serves in most partitions reads these in whole, and is as slow as its slowest partition. The index was made partition by partition, so new ones do not get it: an index on the parent, to which those of \
               the partitions are attached, does that.";
    let columns: Vec<String> = with.first().map(|i| i.keys.iter().filter_map(|k| k.column.clone()).collect()).unwrap_or_default();
    let (mut up, mut down, mut effect) = (Vec::new(), Vec::new(), Effect::default());
    let mut draft = Draft::new(ObjectRef::in_table(ObjectKind::Index, parent, shape), message, why).evidence(
        "partitions with it",
        with.len(),
        "pg_index",
    );
    for table in lack {
        let name = names.free(&table.name.schema, &table.name.name, &columns, "idx");
        up.push(format!("create index concurrently {} on {} using {shape}", quote_ident(&name), table.name.sql()));
        down.push(format!("drop index concurrently {}", QualifiedName::new(&table.name.schema, &name).sql()));
        effect.locks.push(lock(&table.name, "ShareUpdateExclusiveLock"));
        effect.scans.push(table.name.to_string());
        draft = draft.place(ObjectRef::table(&table.name), context.rows(&table.name).map(|n| format!("{} rows", count(n))));
    }
    let title = format!("create the missing indexes on partitions of {parent}");
    draft.fix(Fix { title, up, down, transactional: false, effect, caution: None })
}
