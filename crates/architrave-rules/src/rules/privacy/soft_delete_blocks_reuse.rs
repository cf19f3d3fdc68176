//! `privacy/soft-delete-blocks-reuse`: see `soft_delete_blocks_reuse.md` for the rule's page.

use crate::figures::{counted, list_of};
use crate::rules::column::words_of;
use architrave_model::catalog::{Column, Index, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "privacy/soft-delete-blocks-reuse",
    summary: "unique key that rows marked as deleted go on holding",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("soft_delete_blocks_reuse.md"),
    check: Check::Catalog(check),
};

const MARKS: &[&str] =
    &["deleted_at", "deletedat", "deleted_on", "is_deleted", "isdeleted", "deleted", "removed_at", "discarded_at", "archived_at"];
/// Words of columns whose values people choose, and choose again.
const CHOSEN: &[&str] = &[
    "email",
    "mail",
    "login",
    "username",
    "user",
    "phone",
    "slug",
    "name",
    "handle",
    "code",
    "number",
    "title",
    "domain",
    "sku",
    "key",
    "subdomain",
    "nickname",
];

/// A table with what marks deleted rows, and a unique index that ignores it.
type Held<'a> = (&'a Table, &'a Column, &'a Index);

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_schema: BTreeMap<&str, Vec<Held<'_>>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        let Some(mark) = table.columns.iter().find(|c| MARKS.contains(&c.name.to_lowercase().as_str())) else { continue };
        for index in table.indexes.iter().filter(|i| i.unique && !i.primary && i.predicate.is_none() && i.valid) {
            if holds_chosen(index, mark) {
                by_schema.entry(&table.name.schema).or_default().push((table, mark, index));
            }
        }
    }
    for (schema, held) in by_schema {
        sink.report(draft(schema, &held));
    }
}

/// On what people choose, and without the mark among its keys.
fn holds_chosen(index: &Index, mark: &Column) -> bool {
    let keys = || index.keys.iter().map(|k| k.column.as_deref().or(k.expression.as_deref()).unwrap_or_default());
    let chosen = |key: &str| {
        let words = words_of(key);
        words.last().is_none_or(|w| w != "id")
            && words.iter().any(|w| CHOSEN.contains(&w.as_str()))
            && !words.iter().any(|w| w == "token" || w == "uuid")
    };
    !keys().any(|k| k.contains(mark.name.as_str())) && keys().any(chosen)
}

fn draft(schema: &str, held: &[Held<'_>]) -> Draft {
    let names: Vec<String> = held.iter().map(|(t, _, i)| format!("{}.{}", t.name.name, i.name)).collect();
    let message = format!(
        "{} of schema {schema} {} values of rows that are marked as deleted: {}",
        counted(held.len(), "unique index", "unique indexes"),
        if held.len() == 1 { "keeps" } else { "keep" },
        list_of(&names, 3)
    );
    let why = "A row that is only marked as deleted still counts for a unique index: the same e-mail address cannot sign up again, the same name cannot be given again, and the error tells a \
               stranger that it was there. Make the index partial over the rows that live (WHERE deleted_at IS NULL)."
        .to_owned();
    let mut draft =
        Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).evidence("unique indexes", held.len(), "pg_index");
    for (table, mark, index) in held {
        draft = draft
            .place(ObjectRef::in_table(ObjectKind::Index, &table.name, &index.name), Some(format!("rows are marked by {}", mark.name)));
    }
    draft
}
