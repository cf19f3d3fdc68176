//! `column/references-in-array`: see `references_in_array.md` for the rule's page.

use crate::columns;
use crate::rules::column::words_of;
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};
use std::collections::HashMap;

pub(crate) static RULE: Rule = Rule {
    id: "column/references-in-array",
    summary: "array of references to another table",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Medium,
    area: Area::Modeling,
    docs: include_str!("references_in_array.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    // Tables with a key of one column, by schema and name in the singular.
    let mut keys: HashMap<(&str, String), &Table> = HashMap::new();
    for table in scope.tables().filter(|t| t.primary_key().is_some_and(|k| k.columns.len() == 1)) {
        let words = words_of(&table.name.name).join("_");
        keys.insert((table.name.schema.as_str(), words.strip_suffix('s').unwrap_or(&words).to_owned()), table);
    }
    let target = |t: &Table, c: &Column| -> Option<&Table> {
        if !c.is_array()
            || !c.name.to_ascii_lowercase().ends_with("ids")
            || !matches!(c.base_type().as_str(), "bigint" | "integer" | "uuid" | "text")
        {
            return None;
        }
        let words = words_of(&c.name);
        let (_, stem) = words.split_last()?;
        let to = *keys.get(&(t.name.schema.as_str(), stem.join("_")))?;
        let key = to.primary_key().and_then(|k| to.column(k.columns.first()?))?;
        (key.base_type() == c.base_type()).then_some(to)
    };
    let found = columns::by_schema(scope, &|t, c| target(t, c).is_some());
    for (schema, columns) in &found {
        let why = "No foreign key can reach into an array: a row that goes leaves its number behind in others, and a number that never was is accepted. A join goes through unnest(), or asks = ANY, for which no b-tree is of use; a GIN index \
                   finds members. A table with a row per pair is checked, and has room for what is true of the pair.";
        let detail = |t: &Table, c: &Column| Some(format!("{}, of {}", c.data_type, target(t, c)?.name.name));
        let verbs = ("is an array of references", "are arrays of references");
        sink.report(columns::draft_with(schema, columns, verbs, why, &detail));
    }
}
