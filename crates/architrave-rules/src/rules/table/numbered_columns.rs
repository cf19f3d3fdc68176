//! `table/numbered-columns`: see `numbered_columns.md` for the rule's page.

use crate::figures::list_of;
use crate::rules::column::words_of;
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "table/numbered-columns",
    summary: "repeated columns that differ by a number",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Modeling,
    docs: include_str!("numbered_columns.md"),
    check: Check::Catalog(check),
};

/// What is numbered by nature: lines of an address, parts of a name of an algorithm, coordinates, parts of a year.
const BY_NATURE: &[&str] = &[
    "addr",
    "address",
    "aes",
    "base",
    "coef",
    "coefficient",
    "d",
    "day",
    "dim",
    "digit",
    "h",
    "hour",
    "ip",
    "ipv",
    "iso",
    "k",
    "lag",
    "layer",
    "level",
    "line",
    "md",
    "month",
    "n",
    "p",
    "param",
    "percentile",
    "period",
    "player",
    "q",
    "quarter",
    "quintile",
    "round",
    "rsa",
    "sha",
    "street",
    "t",
    "team",
    "top",
    "utf",
    "v",
    "week",
    "x",
    "y",
    "year",
    "z",
];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in Scope::of(catalog, context).tables() {
        for (stem, columns) in families(table) {
            let names: Vec<String> = columns.iter().map(|c| c.name.clone()).collect();
            let what = stem.trim_end_matches('_');
            let message = format!("{} repeats {what} in {} columns: {}", table.name, columns.len(), list_of(&names, 4));
            let why = format!(
                "A search for one {what} has to look into {} columns, uniqueness and foreign keys hold within each of them only, and the next one needs another column in every query. A table with one row per \
                 {what} (or an array, where nothing refers to it) has room for any number.",
                columns.len()
            );
            let mut draft = Draft::new(ObjectRef::in_table(ObjectKind::Column, &table.name, &stem), message, why);
            for column in columns {
                draft = draft.place(ObjectRef::column(&table.name, &column.name), Some(column.data_type.clone()));
            }
            sink.report(draft);
        }
    }
}

/// Columns of one type, three or more, whose names differ by consecutive numbers at the end.
fn families(table: &Table) -> Vec<(String, Vec<&Column>)> {
    let mut by_stem: BTreeMap<(String, &str), Vec<(u32, &Column)>> = BTreeMap::new();
    for column in table.columns.iter().filter(|c| !c.inherited) {
        let stem = column.name.trim_end_matches(|c: char| c.is_ascii_digit());
        let number = column.name.get(stem.len()..).and_then(|n| n.parse::<u32>().ok());
        let by_nature = || words_of(stem).pop().is_none_or(|word| BY_NATURE.contains(&word.as_str()));
        if let Some(number) = number.filter(|_| !by_nature()) {
            by_stem.entry((stem.to_owned(), column.data_type.as_str())).or_default().push((number, column));
        }
    }
    let mut found = Vec::new();
    for ((stem, _), mut numbered) in by_stem {
        numbered.sort_by_key(|(n, _)| *n);
        let first = numbered.first().map_or(9, |(n, _)| *n);
        let consecutive = numbered.iter().zip(first..).all(|((n, _), at)| *n == at);
        if numbered.len() >= 3 && first <= 1 && consecutive {
            found.push((stem, numbered.into_iter().map(|(_, c)| c).collect()));
        }
    }
    found
}
