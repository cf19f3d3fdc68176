//! `house/broken`: see `broken.md` for the rule's page.

use crate::figures::counted;
use architrave_model::catalog::{Column, ConstraintKind, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::house::{HouseRule, HouseSentence, NameCase};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "house/broken",
    summary: "object that breaks a rule of the house",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Modeling,
    docs: include_str!("broken.md"),
    check: Check::Catalog(check),
};

/// An object that breaks a rule, and how.
type Breach = (ObjectRef, String);

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let tables: Vec<&Table> = scope.tables().collect();
    for sentence in &context.house.sentences {
        let Some(rule) = &sentence.rule else { continue };
        let mut breaches = breaches(rule, &tables);
        breaches.retain(|(object, _)| !is_exempt(sentence, object));
        if !breaches.is_empty() {
            sink.report(draft(sentence, breaches));
        }
    }
}

fn draft(sentence: &HouseSentence, breaches: Vec<Breach>) -> Draft {
    let first = &breaches[0];
    let more = if breaches.len() > 1 { format!(" and {} more", breaches.len() - 1) } else { String::new() };
    let message =
        format!("{} against “{}”: {} {}{more}", counted(breaches.len(), "object is", "objects are"), sentence.text, first.0, first.1);
    let why = format!(
        "The project's own rule in {} line {} says: “{}”. House rules come before anything this tool would advise.",
        sentence.location.path, sentence.location.line, sentence.text
    );
    let object = ObjectRef::global(ObjectKind::File, format!("{}: {}", sentence.location.path, sentence.text));
    let mut draft = Draft::new(object, message, why);
    for (object, how) in breaches {
        draft = draft.place(object, Some(how));
    }
    draft
}

fn is_exempt(sentence: &HouseSentence, object: &ObjectRef) -> bool {
    let table = object.table.as_deref().unwrap_or(&object.name);
    let column = format!("{table}.{}", object.name);
    sentence.exempt.iter().any(|e| e == table || *e == column || (object.table.is_some() && *e == object.name))
}

fn breaches(rule: &HouseRule, tables: &[&Table]) -> Vec<Breach> {
    match rule {
        HouseRule::Naming { kind, case } => {
            named(kind, tables, |name| (!is_case(name, *case)).then(|| format!("is not in {}", case_word(*case))))
        }
        HouseRule::Prefix { kind, prefix } => {
            named(kind, tables, |name| (!name.starts_with(prefix.as_str())).then(|| format!("does not start with {prefix}")))
        }
        HouseRule::Suffix { kind, suffix } => {
            named(kind, tables, |name| (!name.ends_with(suffix.as_str())).then(|| format!("does not end with {suffix}")))
        }
        HouseRule::TableNumber { plural } => named("table", tables, |name| {
            let wrong = if *plural { is_surely_singular(name) } else { is_surely_plural(name) };
            wrong.then(|| format!("is {}", if *plural { "singular" } else { "plural" }))
        }),
        HouseRule::ForbiddenType { data_type, instead } => columns(tables, |_, column| {
            let hit = column.base_type() == *data_type || column.data_type == *data_type;
            hit.then(|| instead.as_ref().map_or_else(|| format!("is {data_type}"), |i| format!("is {data_type}, not {i}")))
        }),
        HouseRule::KeyType { data_types } => columns(tables, |table, column| {
            let is_key = table.primary_key().is_some_and(|k| k.columns.len() == 1 && k.columns[0] == column.name)
                && !is_foreign_key(table, &column.name);
            (is_key && !data_types.contains(&column.base_type())).then(|| format!("is a key of type {}", column.data_type))
        }),
        HouseRule::RequiredColumns { columns } => {
            let lacking = |table: &Table| columns.iter().filter(|c| table.column(c).is_none()).cloned().collect::<Vec<_>>();
            let tables = tables.iter().map(|t| (t, lacking(t))).filter(|(_, missing)| !missing.is_empty());
            tables.map(|(t, missing)| (ObjectRef::table(&t.name), format!("has no {}", missing.join(", ")))).collect()
        }
        HouseRule::AllowsRule { .. } => Vec::new(),
    }
}

fn is_foreign_key(table: &Table, column: &str) -> bool {
    table.foreign_keys().any(|(key, _)| key.columns.iter().any(|c| c == column))
}

fn columns(tables: &[&Table], wrong: impl Fn(&Table, &Column) -> Option<String>) -> Vec<Breach> {
    let all = tables.iter().flat_map(|t| t.columns.iter().map(move |c| (*t, c)));
    all.filter_map(|(t, c)| Some((ObjectRef::column(&t.name, &c.name), wrong(t, c)?))).collect()
}

/// Objects of a kind whose name is wrong.
fn named(kind: &str, tables: &[&Table], wrong: impl Fn(&str) -> Option<String>) -> Vec<Breach> {
    let every = kind == "name";
    let mut found = Vec::new();
    for table in tables {
        let mut try_name = |wanted: bool, object: ObjectRef, name: &str| {
            if wanted && let Some(how) = wrong(name) {
                found.push((object, how));
            }
        };
        try_name(every || kind == "table", ObjectRef::table(&table.name), &table.name.name);
        for column in &table.columns {
            let key_column = kind == "foreign key column" && is_foreign_key(table, &column.name);
            try_name(every || kind == "column" || key_column, ObjectRef::column(&table.name, &column.name), &column.name);
        }
        for index in &table.indexes {
            let own = index.constraint.is_none();
            try_name((every || kind == "index") && own, ObjectRef::in_table(ObjectKind::Index, &table.name, &index.name), &index.name);
        }
        for constraint in &table.constraints {
            let foreign = kind == "foreign key" && constraint.kind == ConstraintKind::ForeignKey;
            let object = ObjectRef::in_table(ObjectKind::Constraint, &table.name, &constraint.name);
            try_name(every || kind == "constraint" || foreign, object, &constraint.name);
        }
    }
    found
}

fn is_case(name: &str, case: NameCase) -> bool {
    let plain = |extra: &[char]| name.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(&c));
    let starts = |upper: bool| name.chars().next().is_none_or(|c| if upper { c.is_ascii_uppercase() } else { !c.is_ascii_uppercase() });
    match case {
        NameCase::SnakeCase => plain(&['_']) && !name.chars().any(|c| c.is_ascii_uppercase()),
        NameCase::KebabCase => plain(&['-']) && !name.chars().any(|c| c.is_ascii_uppercase()),
        NameCase::CamelCase => plain(&[]) && starts(false),
        NameCase::PascalCase => plain(&[]) && starts(true),
    }
}

fn case_word(case: NameCase) -> &'static str {
    match case {
        NameCase::SnakeCase => "snake_case",
        NameCase::CamelCase => "camelCase",
        NameCase::PascalCase => "PascalCase",
        NameCase::KebabCase => "kebab-case",
    }
}

/// The last word of a name, lower case.
fn last_word(name: &str) -> String {
    let mut word = String::new();
    for c in name.chars() {
        if c == '_' || c == '-' || c.is_ascii_uppercase() {
            word.clear();
        }
        if c.is_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        }
    }
    word
}

/// Words that are their own plural, or end like one and are none.
const UNDECIDED: &[&str] = &[
    "address",
    "analytics",
    "basis",
    "bus",
    "business",
    "canvas",
    "chassis",
    "data",
    "equipment",
    "feedback",
    "fish",
    "information",
    "lens",
    "media",
    "metadata",
    "news",
    "process",
    "progress",
    "series",
    "settings",
    "sheep",
    "software",
    "species",
    "status",
    "stuff",
];

/// Plurals that do not end in s.
const IRREGULAR: &[&str] =
    &["alumni", "children", "criteria", "feet", "geese", "indices", "men", "mice", "people", "phenomena", "schemata", "teeth", "women"];

fn is_surely_singular(name: &str) -> bool {
    let word = last_word(name);
    !word.ends_with('s')
        && !UNDECIDED.contains(&word.as_str())
        && !IRREGULAR.contains(&word.as_str())
        && word.chars().all(|c| c.is_ascii_alphabetic())
}

fn is_surely_plural(name: &str) -> bool {
    let word = last_word(name);
    let regular = word.ends_with('s') && !["ss", "us", "is"].iter().any(|e| word.ends_with(e)) && !UNDECIDED.contains(&word.as_str());
    word.len() > 2 && (regular || IRREGULAR.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_is_judged_only_where_it_is_sure() {
        assert!(is_surely_singular("order_item") && is_surely_singular("auditLog"));
        assert!(
            !is_surely_singular("orders")
                && !is_surely_singular("people")
                && !is_surely_singular("order_data")
                && !is_surely_singular("stage2")
        );
        assert!(is_surely_plural("orders") && !is_surely_plural("status") && !is_surely_plural("address") && !is_surely_plural("bus"));
    }

    #[test]
    fn cases() {
        assert!(
            is_case("order_items", NameCase::SnakeCase)
                && !is_case("orderItems", NameCase::SnakeCase)
                && !is_case("a b", NameCase::SnakeCase)
        );
        assert!(
            is_case("orderItems", NameCase::CamelCase)
                && is_case("OrderItems", NameCase::PascalCase)
                && is_case("order-items", NameCase::KebabCase)
        );
    }
}
