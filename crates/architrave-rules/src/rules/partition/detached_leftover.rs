//! `partition/detached-leftover`: see `detached_leftover.md` for the rule's page.

use crate::figures::bytes;
use crate::relations::{number_stem, same_columns};
use architrave_model::catalog::{Table, TableKind};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "partition/detached-leftover",
    summary: "table that looks like a partition and is none",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("detached_leftover.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut stems: BTreeMap<(&str, String), (&QualifiedName, &Table)> = BTreeMap::new();
    for partition in catalog.tables.iter().filter(|t| t.is_partition) {
        if let (Some(stem), Some(parent)) = (number_stem(&partition.name.name), partition.parents.first()) {
            stems.entry((partition.name.schema.as_str(), stem)).or_insert((parent, partition));
        }
    }
    if stems.is_empty() {
        return;
    }
    for table in Scope::of(catalog, context).tables().filter(|t| t.kind == TableKind::Ordinary && t.parents.is_empty()) {
        let Some((parent, sibling)) = number_stem(&table.name.name).and_then(|s| stems.get(&(table.name.schema.as_str(), s))) else {
            continue;
        };
        if !same_columns(table, sibling) {
            continue;
        }
        let size = context.bytes(&table.name);
        let takes = size.map_or_else(String::new, |b| format!(", {}", bytes(b)));
        let message = format!("{} is named and built like the partitions of {parent}, and is not attached{takes}", table.name);
        let why = format!(
            "Its rows do not show in {parent}. Either it was detached to be archived and forgotten, and keeps what should have been deleted; or attaching it failed, and its rows are missed. Its indexes and its place in backups are paid for \
             in both cases."
        );
        let mut draft = Draft::new(ObjectRef::table(&table.name), message, why)
            .place(ObjectRef::table(&sibling.name), Some("a partition of this shape".into()));
        if let Some(rows) = context.rows(&table.name) {
            draft = draft.evidence("rows", rows, "pg_class.reltuples");
        }
        sink.report(draft);
    }
}
