//! `table/inheritance`: see `inheritance.md` for the rule's page.

use crate::figures::{counted, list_of};
use architrave_model::catalog::Table;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "table/inheritance",
    summary: "table inheritance",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Large,
    area: Area::Modeling,
    docs: include_str!("inheritance.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut children: BTreeMap<&QualifiedName, Vec<&Table>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        for parent in &table.parents {
            children.entry(parent).or_default().push(table);
        }
    }
    for (parent, tables) in children {
        let Some(own) = catalog.table_named(parent).filter(|t| t.extension.is_none()) else { continue };
        let mut lost = Vec::new();
        if own.primary_key().is_some() || own.indexes.iter().any(|i| i.unique) {
            lost.push("its unique keys hold in the parent's own rows only, and a foreign key to it does not see the children's");
        }
        if own.foreign_keys().next().is_some() {
            lost.push("its foreign keys are not checked in the children");
        }
        let kept = if lost.is_empty() { "indexes, keys and foreign keys are not inherited".to_owned() } else { lost.join("; ") };
        let names: Vec<String> = tables.iter().map(|t| t.name.name.clone()).collect();
        let message = format!(
            "{} inherit{} from {parent}: {}",
            counted(tables.len(), "table", "tables"),
            if tables.len() == 1 { "s" } else { "" },
            list_of(&names, 3)
        );
        let why = format!(
            "A query of the parent reads the children's rows as well, but as to constraints they are separate tables: {kept}. For parts of one table there are partitions; for kinds of one thing, a table with the \
                           common columns and one per kind that refers to it."
        );
        let mut draft = Draft::new(ObjectRef::table(parent), message, why);
        for table in tables {
            draft = draft.place(ObjectRef::table(&table.name), None);
        }
        sink.report(draft);
    }
}
