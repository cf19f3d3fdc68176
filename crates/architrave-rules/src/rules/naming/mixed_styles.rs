//! `naming/mixed-styles`: see `mixed_styles.md` for the rule's page.

use crate::columns;
use crate::figures::{count, counted, list_of};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "naming/mixed-styles",
    summary: "few names in another style than the rest of the schema",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Modeling,
    docs: include_str!("mixed_styles.md"),
    check: Check::Catalog(check),
};

/// Fewer names show no style.
const FEWEST: usize = 20;
/// The style of so many is the schema's, and what is left are exceptions.
const MAJORITY: f64 = 0.9;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_schema: BTreeMap<&str, Vec<(Style, columns::Placed<'_>)>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        let names = by_schema.entry(&table.name.schema).or_default();
        names.extend(table.columns.iter().filter(|c| !c.inherited).filter_map(|c| Some((style(&c.name)?, (table, c)))));
    }
    for (schema, names) in by_schema {
        let snake = names.iter().filter(|(s, _)| *s == Style::Snake).count();
        let camel = names.len() - snake;
        let (most, other, style, exception) =
            if snake >= camel { (snake, camel, "snake_case", Style::Camel) } else { (camel, snake, "camelCase", Style::Snake) };
        if names.len() < FEWEST || other == 0 || (most as f64) < MAJORITY * names.len() as f64 {
            continue;
        }
        let odd: Vec<columns::Placed<'_>> = names.into_iter().filter(|(s, _)| *s == exception).map(|(_, placed)| placed).collect();
        let are = if odd.len() == 1 { "is" } else { "are" };
        let message = format!(
            "{} of schema {schema} {are} not in {style} as the other {} of two words are: {}",
            counted(odd.len(), "column", "columns"),
            count(most as f64),
            list_of(&columns::names(&odd), 3)
        );
        let why = "Whoever knows the style of the schema types the name and is told that it does not exist; a name with capitals needs quotes as well, where the others need none. Nothing is wrong with either style, only with both.";
        let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).evidence(
            format!("columns in {style}"),
            most,
            "pg_attribute",
        );
        for (table, column) in odd {
            draft = draft.place(ObjectRef::column(&table.name, &column.name), None);
        }
        sink.report(draft);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Snake,
    Camel,
}

/// Only names of two words or more have one.
fn style(name: &str) -> Option<Style> {
    let inner = name.trim_matches('_');
    let plain = inner.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let upper = inner.chars().any(|c| c.is_ascii_uppercase());
    let lower = inner.chars().any(|c| c.is_ascii_lowercase());
    match (inner.contains('_'), upper) {
        _ if !plain || !lower => None,
        (true, false) => Some(Style::Snake),
        (_, true) => Some(Style::Camel),
        (false, false) => None,
    }
}
