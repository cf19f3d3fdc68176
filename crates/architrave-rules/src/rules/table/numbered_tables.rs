//! `table/numbered-tables`: see `numbered_tables.md` for the rule's page.

use crate::figures::{counted, list_of};
use crate::relations::{number_stem, same_columns};
use architrave_model::catalog::{Table, TableKind};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "table/numbered-tables",
    summary: "tables of one shape that differ by a number or a date in their name",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Large,
    area: Area::Modeling,
    docs: include_str!("numbered_tables.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut families: BTreeMap<(&str, String), Vec<&Table>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables().filter(|t| t.kind == TableKind::Ordinary && t.parents.is_empty()) {
        if let Some(stem) = number_stem(&table.name.name).filter(|s| s.ends_with('#')) {
            families.entry((&table.name.schema, stem)).or_default().push(table);
        }
    }
    for ((schema, stem), tables) in families {
        let alike: Vec<&Table> = tables.iter().copied().filter(|t| tables.first().is_some_and(|f| same_columns(f, t))).collect();
        if alike.len() < 3 {
            continue;
        }
        let names: Vec<String> = alike.iter().map(|t| t.name.name.clone()).collect();
        let message = format!(
            "{} of schema {schema} have one shape and differ by a number: {}",
            counted(alike.len(), "table", "tables"),
            list_of(&names, 3)
        );
        let why = "A number in a name is a fact that belongs into a column: a query over all of them is a UNION that grows with every new one, keys are not unique across them, and each change of the schema has to be \
                   made in every one. A partitioned table has the same parts and is one table.";
        let mut draft = Draft::new(ObjectRef::in_schema(ObjectKind::Table, schema, &stem), message, why);
        for table in alike {
            draft = draft.place(ObjectRef::table(&table.name), None);
        }
        sink.report(draft);
    }
}
