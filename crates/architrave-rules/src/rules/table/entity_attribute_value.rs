//! `table/entity-attribute-value`: see `entity_attribute_value.md` for the rule's page.

use crate::columns;
use crate::figures::list;
use crate::rules::column::words_of;
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "table/entity-attribute-value",
    summary: "rows that hold one attribute each",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Large,
    area: Area::Modeling,
    docs: include_str!("entity_attribute_value.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in Scope::of(catalog, context).tables() {
        let Some((entity, attribute, values)) = shape(table) else { continue };
        let names: Vec<&str> = values.iter().map(|c| c.name.as_str()).collect();
        let message = format!("{} holds one attribute per row: {} in {}, of {}", table.name, list(&names), attribute.name, entity.name);
        let why = "Which attributes a thing has, of what type, and whether one must be there, is in the rows and no longer in the schema: no NOT NULL, no check, no foreign key reaches them, and a query for a thing with \
                   five attributes joins the table five times. Columns for what most things have and a jsonb column for the rest are read in one step and can be checked.";
        let mut draft = Draft::new(ObjectRef::table(&table.name), message, why)
            .confidence(if values.len() > 1 { Confidence::Likely } else { RULE.confidence })
            .severity(if context.rows(&table.name).is_some_and(|n| n >= 10_000_000.0) { Severity::Medium } else { RULE.severity });
        for (column, role) in
            [(entity, "the thing"), (attribute, "the attribute")].into_iter().chain(values.iter().map(|v| (*v, "the value")))
        {
            draft = draft.place(ObjectRef::column(&table.name, &column.name), Some(role.to_owned()));
        }
        sink.report(draft);
    }
}

/// Settings and translations are dictionaries on purpose.
const DICTIONARIES: &[&str] = &[
    "cache",
    "config",
    "configs",
    "configuration",
    "configurations",
    "env",
    "environment",
    "feature",
    "features",
    "flag",
    "flags",
    "header",
    "headers",
    "i18n",
    "label",
    "labels",
    "option",
    "options",
    "parameter",
    "parameters",
    "params",
    "preference",
    "preferences",
    "secret",
    "secrets",
    "setting",
    "settings",
    "translation",
    "translations",
    "variable",
    "variables",
];

/// A foreign key to the thing, the attribute's name (or key), and its value or values, and not much else.
fn shape(table: &Table) -> Option<(&Column, &Column, Vec<&Column>)> {
    const HINTS: [&str; 4] = ["attr", "meta", "field", "prop"];
    let hinted = |c: &Column| HINTS.iter().any(|h| c.name.to_ascii_lowercase().contains(h));
    if table.columns.len() > 10 || !table.columns.iter().any(hinted) {
        return None;
    }
    let words = words_of(&table.name.name);
    if words.iter().any(|w| DICTIONARIES.contains(&w.as_str())) {
        return None;
    }
    let last = |c: &Column| words_of(&c.name).join("_");
    let attribute = table.columns.iter().find(|c| {
        let name = last(c);
        matches!(
            name.as_str(),
            "attribute"
                | "attribute_name"
                | "attribute_id"
                | "attribute_code"
                | "attr"
                | "attr_name"
                | "attr_id"
                | "meta_key"
                | "field_name"
                | "property_name"
                | "property_id"
                | "field_id"
        )
    })?;
    let values: Vec<&Column> = table
        .columns
        .iter()
        .filter(|c| {
            let name = words_of(&c.name);
            let is_value =
                name.first().is_some_and(|w| w == "value" || w == "val") || name.last().is_some_and(|w| w == "value" || w == "val");
            is_value && c.base_type() != "uuid" && !columns::refers(table, &c.name)
        })
        .collect();
    let entity = table.foreign_keys().filter(|(k, _)| k.columns.len() == 1).find_map(|(k, _)| {
        let column = k.columns.first().and_then(|c| table.column(c))?;
        (column.name != attribute.name && !words_of(&column.name).iter().any(|w| w == "value")).then_some(column)
    })?;
    (!values.is_empty()).then_some((entity, attribute, values))
}
