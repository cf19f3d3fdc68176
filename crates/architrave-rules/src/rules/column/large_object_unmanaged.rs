//! `column/large-object-unmanaged`: see `large_object_unmanaged.md` for the rule's page.

use crate::columns;
use crate::rules::column::words_of;
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "column/large-object-unmanaged",
    summary: "column of large objects that nothing deletes",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Medium,
    area: Area::Modeling,
    docs: include_str!("large_object_unmanaged.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let found = columns::by_schema(Scope::of(catalog, context), &|t, c| is_unmanaged(t, c));
    for (schema, columns) in &found {
        let lo = columns.iter().any(|(_, c)| c.data_type != "oid");
        let why = "The column holds the number of a large object, and the object lives on its own: deleting or overwriting the row leaves it behind, for ever, in pg_largeobject, and its privileges are not those of \
                   the table. A trigger with lo_manage deletes it with the row, vacuumlo finds the orphans; bytea lives in the row, up to 1 GB, and needs neither.";
        let draft =
            columns::draft(schema, columns, ("refers to large objects without a trigger", "refer to large objects without a trigger"), why);
        sink.report(draft.confidence(if lo { Confidence::Likely } else { Confidence::Possible }));
    }
}

/// Of type `lo`, or of type `oid` and named like contents.
fn is_unmanaged(table: &Table, column: &Column) -> bool {
    let lo = column.data_type.rsplit('.').next().is_some_and(|t| t == "lo");
    let contents = || words_of(&column.name).iter().any(|w| CONTENTS.contains(&w.as_str()));
    let managed = table.triggers.iter().any(|t| t.function.name == "lo_manage");
    (lo || (column.data_type == "oid" && contents())) && !managed
}

const CONTENTS: &[&str] = &[
    "attachment",
    "audio",
    "avatar",
    "blob",
    "content",
    "contents",
    "data",
    "document",
    "file",
    "image",
    "lob",
    "payload",
    "photo",
    "picture",
    "video",
];
