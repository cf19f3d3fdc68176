//! `naming/reserved-word`: see `reserved_word.md` for the rule's page.

use crate::figures::{counted, list_of};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "naming/reserved-word",
    summary: "table or column named with a reserved word",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Modeling,
    docs: include_str!("reserved_word.md"),
    check: Check::Catalog(check),
};

/// Words that PostgreSQL 12–18 take for no table or column without quotes (`pg_get_keywords()`: catcode R or T), sorted.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
];

/// Reserved words that mean something else without quotes, instead of failing.
const VALUES: &[&str] = &[
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "localtime",
    "localtimestamp",
    "session_user",
    "system_user",
    "user",
];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_schema: BTreeMap<&str, Vec<ObjectRef>> = BTreeMap::new();
    let reserved = |name: &str| RESERVED.binary_search(&name).is_ok();
    for table in Scope::of(catalog, context).tables() {
        let own = reserved(&table.name.name).then(|| ObjectRef::table(&table.name));
        let columns = table.columns.iter().filter(|c| !c.inherited && reserved(&c.name)).map(|c| ObjectRef::column(&table.name, &c.name));
        let found: Vec<ObjectRef> = own.into_iter().chain(columns).collect();
        if !found.is_empty() {
            by_schema.entry(&table.name.schema).or_default().extend(found);
        }
    }
    for (schema, objects) in by_schema {
        let silent: Vec<&ObjectRef> = objects.iter().filter(|o| VALUES.contains(&o.name.as_str())).collect();
        let short = |o: &ObjectRef| o.table.as_ref().map_or_else(|| o.name.clone(), |t| format!("{t}.{}", o.name));
        let names: Vec<String> = objects.iter().map(short).collect();
        let (bear, reserved) = if names.len() == 1 { ("is named", "a reserved word") } else { ("are named", "reserved words") };
        let message = format!(
            "{} of schema {schema} {bear} with {reserved}: {}",
            counted(names.len(), "table or column", "tables and columns"),
            list_of(&names, 3)
        );
        let mut why =
            "The name works in double quotes only, in every query of every program for ever; without them the statement is a syntax error."
                .to_owned();
        if let Some(one) = silent.first() {
            why.extend([format!(
                " Not so {}: without quotes PostgreSQL takes it for its own function, so that select {} answers with something else, and no error.",
                short(one),
                one.name
            )]);
        }
        let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).severity(if silent.is_empty() {
            Severity::Info
        } else {
            RULE.severity
        });
        for object in objects {
            draft = draft.place(object, None);
        }
        sink.report(draft);
    }
}

#[cfg(test)]
mod tests {
    use super::RESERVED;

    #[test]
    fn words_are_sorted() {
        assert!(RESERVED.is_sorted());
    }
}
