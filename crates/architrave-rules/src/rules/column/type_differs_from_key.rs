//! `column/type-differs-from-key`: see `type_differs_from_key.md` for the rule's page.

use crate::columns;
use crate::rules::column::words_of;
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};
use std::collections::HashMap;

pub(crate) static RULE: Rule = Rule {
    id: "column/type-differs-from-key",
    summary: "reference column whose type cannot be the key it names",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Medium,
    area: Area::Modeling,
    docs: include_str!("type_differs_from_key.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let keys = keys(catalog, context);
    let differs = |t: &Table, c: &Column| target(&keys, t, c).is_some();
    let found = columns::by_schema(Scope::of(catalog, context), &differs);
    for (schema, columns) in &found {
        let why = "By its name the column holds the key of another table, but its type is of another family: PostgreSQL has no = between them, every join needs a cast that no index of the plain column \
                   serves, and a foreign key cannot be declared. Either it holds something else and should be called so, or it has the wrong type.";
        let detail = |t: &Table, c: &Column| {
            let (to, key) = target(&keys, t, c)?;
            Some(format!("{}, {}.{} is {}", c.data_type, to.name.name, key.name, key.data_type))
        };
        let verbs = ("is of another type than the key it is named after", "are of another type than the keys they are named after");
        sink.report(columns::draft_with(schema, columns, verbs, why, &detail));
    }
}

/// Tables with a key of one column, by schema and the singular of their name in lower case.
type Keys<'a> = HashMap<(&'a str, String), (&'a Table, &'a Column)>;

fn keys<'a>(catalog: &'a Catalog, context: &Context<'_>) -> Keys<'a> {
    let mut found = Keys::new();
    for table in Scope::of(catalog, context).tables() {
        let Some([name]) = table.primary_key().map(|k| k.columns.as_slice()) else { continue };
        let Some(key) = table.column(name).filter(|k| words_of(&k.name).last().is_some_and(|w| w == "id" || w == "uuid")) else { continue };
        let singular = singular(&words_of(&table.name.name).join("_"));
        found.insert((table.name.schema.as_str(), singular), (table, key));
    }
    found
}

/// `categories` is `category`, `boxes` stays `boxe` for both sides of the comparison.
fn singular(name: &str) -> String {
    match (name.strip_suffix("ies"), name.strip_suffix('s')) {
        (Some(stem), _) => format!("{stem}y"),
        (None, Some(stem)) if !stem.ends_with('s') => stem.to_owned(),
        _ => name.to_owned(),
    }
}

/// The key that the name of the column says, if its type is of another family.
fn target<'a>(keys: &Keys<'a>, table: &'a Table, column: &Column) -> Option<(&'a Table, &'a Column)> {
    if !column.name.to_ascii_lowercase().ends_with("id") {
        return None;
    }
    let words = words_of(&column.name);
    let (last, stem) = words.split_last()?;
    if last != "id" || stem.is_empty() || columns::refers(table, &column.name) {
        return None;
    }
    let (to, key) = *keys.get(&(table.name.schema.as_str(), singular(&stem.join("_"))))?;
    let other_id = |c: &Column| words_of(&c.name).last().is_some_and(|w| w == "id") && c.name != key.name && !columns::refers(to, &c.name);
    // The target has an identifier of this family besides its key: of a provider, or public.
    let means_other = to.columns.iter().any(|c| other_id(c) && family(&c.data_type) == family(&column.data_type));
    let (own, its) = (family(&column.data_type)?, family(&key.data_type)?);
    (own != its && to.name != table.name && !means_other).then_some((to, key))
}

/// Types that compare with each other.
fn family(data_type: &str) -> Option<u8> {
    let plain = data_type.split('(').next().unwrap_or(data_type);
    match plain {
        "smallint" | "integer" | "bigint" | "numeric" => Some(0),
        "text" | "character varying" | "character" => Some(1),
        "uuid" => Some(2),
        _ => None,
    }
}
