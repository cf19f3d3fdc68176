//! `relation/polymorphic`: see `polymorphic.md` for the rule's page.

use super::referring_names::{Targets, stem};
use crate::coverage::serves_equality;
use crate::figures::{counted, list_of};
use crate::rules::column::words_of;
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "relation/polymorphic",
    summary: "reference whose table stands in another column",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    effort: Effort::Large,
    area: Area::Modeling,
    docs: include_str!("polymorphic.md"),
    check: Check::Catalog(check),
};

/// Words for "whatever it may be"; `template_id` with `template_type` has an attribute beside it.
fn stands_for_any(word: &str) -> bool {
    const ANY: &[&str] = &[
        "about",
        "actor",
        "associated",
        "attached",
        "belonging",
        "content",
        "context",
        "entity",
        "item",
        "linked",
        "model",
        "object",
        "owner",
        "parent",
        "principal",
        "record",
        "ref",
        "reference",
        "referenced",
        "related",
        "resource",
        "scope",
        "source",
        "subject",
        "target",
    ];
    word.ends_with("able") && word.len() > 5 || ANY.contains(&word)
}

/// Table, column of the id, column of the kind.
type Place<'a> = (&'a Table, &'a Column, &'a Column);

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let targets = Targets::of(scope.tables());
    let mut by_schema: BTreeMap<&str, Vec<Place<'_>>> = BTreeMap::new();
    for table in scope.tables() {
        for column in table.columns.iter().filter(|c| !c.inherited) {
            if let Some(kind) = kind_of(&targets, table, column) {
                by_schema.entry(&table.name.schema).or_default().push((table, column, kind));
            }
        }
    }
    for (schema, places) in by_schema {
        sink.report(draft(schema, &places));
    }
}

/// The column that says which table the id is of: `subject_type` beside `subject_id`, where nothing is called `subject` and no foreign key is there.
fn kind_of<'a>(targets: &Targets<'_>, table: &'a Table, column: &Column) -> Option<&'a Column> {
    let stem = stem(column)?;
    let id = matches!(column.base_type().as_str(), "bigint" | "integer" | "uuid" | "text" | "character varying" | "character");
    let declared = table.foreign_keys().any(|(k, _)| k.columns.contains(&column.name));
    if !stem.last().is_some_and(|word| stands_for_any(word)) {
        return None;
    }
    // `account_id` with `account_type`, where accounts are a table: the type is an attribute.
    if !id || declared || targets.knows(&table.name.schema, &stem) {
        return None;
    }
    let names = ["type", "kind", "class", "table"].map(|last| format!("{}_{last}", stem.join("_")));
    let kind = table.columns.iter().find(|c| names.contains(&words_of(&c.name).join("_")))?;
    let own = table.primary_key().is_some_and(|k| k.columns == [column.name.clone()]);
    (!own && !kind.is_array() && !matches!(kind.data_type.as_str(), "boolean" | "jsonb" | "json")).then_some(kind)
}

fn draft(schema: &str, places: &[Place<'_>]) -> Draft {
    let names: Vec<String> = places.iter().map(|(t, id, kind)| format!("{} ({}, {})", t.name.name, kind.name, id.name)).collect();
    let served = |t: &Table, id: &Column, kind: &Column| {
        let both = [kind.name.clone(), id.name.clone()];
        t.indexes.iter().any(|i| serves_equality(i, &both) || serves_equality(i, &both[1..]))
    };
    let bare = places.iter().filter(|(t, id, kind)| !served(t, id, kind)).count();
    let message = format!(
        "{} of schema {schema} {} to whichever table another column names: {}",
        counted(places.len(), "column", "columns"),
        if places.len() == 1 { "refers" } else { "refer" },
        list_of(&names, 3)
    );
    let unindexed = if bare > 0 {
        format!(" {} no index that finds the rows of one parent.", counted(bare, "of them has", "of them have"))
    } else {
        String::new()
    };
    let why = format!(
        "No foreign key can hold such a reference: rows outlive what they belong to, and a join needs one arm per kind.{unindexed} One nullable column with a foreign key per parent and a check that exactly one is set, or a table that all \
         parents share, gives the checks back."
    );
    let mut draft =
        Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).evidence("pairs of columns", places.len(), "pg_attribute");
    for (table, id, kind) in places {
        draft = draft.place(ObjectRef::column(&table.name, &id.name), Some(format!("kind in {}", kind.name)));
    }
    draft
}
