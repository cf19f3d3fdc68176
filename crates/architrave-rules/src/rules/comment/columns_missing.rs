//! `comment/columns-missing`: see `columns_missing.md` for the rule's page.

use crate::columns;
use crate::figures::{counted, list_of, percent};
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "comment/columns-missing",
    summary: "columns without comment in a schema that comments its columns",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Documentation,
    docs: include_str!("columns_missing.md"),
    check: Check::Catalog(check),
};

/// From this share on the schema means to have a dictionary.
const BEGUN: f64 = 0.3;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_schema: BTreeMap<&str, (Vec<columns::Placed<'_>>, usize)> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        let (silent, all) = by_schema.entry(&table.name.schema).or_default();
        // What a generated number stands for needs no sentence.
        for column in table.columns.iter().filter(|c| !c.inherited && !is_generated_key(table, c)) {
            *all += 1;
            if column.comment.as_deref().is_none_or(|c| c.trim().is_empty()) {
                silent.push((table, column));
            }
        }
    }
    for (schema, (silent, all)) in by_schema {
        let share = 1.0 - silent.len() as f64 / all.max(1) as f64;
        if silent.is_empty() || share < BEGUN {
            continue;
        }
        let verb = if silent.len() == 1 { "has" } else { "have" };
        let message = format!(
            "{} of {} in schema {schema} {verb} no comment: {}",
            silent.len(),
            counted(all, "column", "columns"),
            list_of(&columns::names(&silent), 3)
        );
        let why = format!(
            "The schema keeps its dictionary in the database: {} of the columns have a sentence. The others look as if there was nothing to say about them, and new columns fall behind first.",
            percent(share)
        );
        let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why)
            .evidence("columns", all, "pg_attribute")
            .evidence("columns with a comment", all - silent.len(), "pg_description");
        for (table, column) in silent {
            draft = draft.place(ObjectRef::column(&table.name, &column.name), None);
        }
        sink.report(draft);
    }
}

fn is_generated_key(table: &Table, column: &Column) -> bool {
    columns::is_key(table, &column.name) && column.takes_from_sequence()
}
