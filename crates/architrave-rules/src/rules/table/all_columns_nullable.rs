//! `table/all-columns-nullable`: see `all_columns_nullable.md` for the rule's page.

use crate::columns;
use crate::figures::{counted, list_of};
use architrave_model::catalog::Table;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "table/all-columns-nullable",
    summary: "table in which everything but the key may be null",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("all_columns_nullable.md"),
    check: Check::Catalog(check),
};

/// Fewer columns are too few for a verdict.
const FEWEST: usize = 4;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_schema: BTreeMap<&str, Vec<(&Table, usize)>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables().filter(|t| t.parents.is_empty()) {
        let free: Vec<_> = table.columns.iter().filter(|c| !columns::is_key(table, &c.name) && c.generated.is_none()).collect();
        if free.len() >= FEWEST && free.iter().all(|c| !c.not_null && columns::checks_of(table, &c.name).next().is_none()) {
            by_schema.entry(&table.name.schema).or_default().push((table, free.len()));
        }
    }
    for (schema, tables) in by_schema {
        let names: Vec<String> = tables.iter().map(|(t, _)| t.name.name.clone()).collect();
        let verb = if tables.len() == 1 { "demands" } else { "demand" };
        let message = format!(
            "{} {schema} {verb} no value besides the key: {}",
            counted(tables.len(), "table of schema", "tables of schema"),
            list_of(&names, 3)
        );
        let why = "A row with nothing but a key is accepted, so the table does not say what a row must have to be one. Every query has to reckon with NULL in every column. NOT NULL on what is always there \
                   costs nothing and refuses half-filled rows at the door.";
        let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why);
        for (table, n) in tables {
            draft = draft.place(ObjectRef::table(&table.name), Some(counted(n, "nullable column", "nullable columns")));
        }
        sink.report(draft);
    }
}
