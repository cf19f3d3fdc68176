//! What a change means for code that uses the schema. Only what follows from the change itself; whether any code does so is not known here.

use super::Weight;
use crate::diagram::Mark;
use architrave_model::catalog::compare::Aspect;
use architrave_model::catalog::{Catalog, Column, ConstraintKind};
use architrave_model::name::{ObjectKind, ObjectRef};

/// A verdict: how much it weighs, and why.
type Meaning = (Weight, String);

fn breaks(text: impl Into<String>) -> Meaning {
    (Weight::Breaks, text.into())
}

fn look(text: impl Into<String>) -> Meaning {
    (Weight::Look, text.into())
}

fn safe(text: impl Into<String>) -> Meaning {
    (Weight::Safe, text.into())
}

/// Of an object by itself.
pub(super) fn whole(kind: ObjectKind, mark: Mark) -> Meaning {
    match (kind, mark) {
        (ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView, Mark::Removed) => breaks("Statements that name it fail."),
        (ObjectKind::Function, Mark::Removed) => breaks("Calls of it fail."),
        (ObjectKind::Type | ObjectKind::Sequence | ObjectKind::Schema | ObjectKind::Extension, Mark::Removed) => {
            breaks("Statements that use it fail.")
        }
        (ObjectKind::Trigger, Mark::Added) => look("It runs with every statement that fires it."),
        (ObjectKind::Trigger, Mark::Removed) => look("What it did on writes is not done any more."),
        (ObjectKind::Policy, _) => look("Other rows may be seen or written than before."),
        (ObjectKind::Publication | ObjectKind::EventTrigger | ObjectKind::Rule, _) => look(""),
        _ => safe(""),
    }
}

/// Of an object that came or went.
pub(super) fn came_or_went(catalog: &Catalog, object: &ObjectRef, mark: Mark) -> Meaning {
    let table = object.table_name().and_then(|name| catalog.table_named(&name));
    match object.kind {
        ObjectKind::Column => match (mark, table.and_then(|t| t.column(&object.name))) {
            (Mark::Added, Some(column)) => new_column(column),
            (Mark::Removed, _) => breaks("Statements that name it fail; `select *` returns one column less."),
            _ => safe(""),
        },
        ObjectKind::Constraint => {
            let found = table.and_then(|t| t.constraints.iter().find(|c| c.name == object.name));
            found.map_or_else(|| look(""), |c| constraint(&c.kind, mark))
        }
        ObjectKind::Index => match (mark, table.and_then(|t| t.index(&object.name)).is_some_and(|i| i.unique)) {
            (Mark::Added, true) => look("Writes of duplicates fail."),
            (Mark::Added, false) => safe(""),
            (_, true) => look("Duplicates become possible, and `on conflict` on its columns fails."),
            _ => look("Queries that used it get slower."),
        },
        kind => whole(kind, mark),
    }
}

fn new_column(column: &Column) -> Meaning {
    let fills_itself = column.default.is_some() || column.identity.is_some() || column.generated.is_some();
    match (column.not_null, fills_itself) {
        (true, false) => breaks("Inserts that do not give it a value fail."),
        (_, true) => safe("Inserts that do not name it get its default."),
        (false, false) => safe("Inserts that do not name it leave it NULL."),
    }
}

fn constraint(kind: &ConstraintKind, mark: Mark) -> Meaning {
    match (kind, mark) {
        (ConstraintKind::ForeignKey, Mark::Added) => {
            breaks("Writes without a matching row fail, and so do deletes of rows that are referred to.")
        }
        (ConstraintKind::PrimaryKey | ConstraintKind::Unique, Mark::Added) => breaks("Writes of duplicates fail."),
        (ConstraintKind::Check | ConstraintKind::Exclusion | ConstraintKind::NotNull, Mark::Added) => {
            breaks("Writes that do not satisfy it fail.")
        }
        (ConstraintKind::PrimaryKey | ConstraintKind::Unique, Mark::Removed) => {
            breaks("Duplicates become possible, and `on conflict` on its columns fails.")
        }
        (ConstraintKind::ForeignKey, Mark::Removed) => look("Orphans become possible; nothing is deleted or set along any more."),
        (_, Mark::Removed) => look("What it refused is accepted now."),
        _ => look(""),
    }
}

/// Of one aspect that changed.
pub(super) fn changed(object: &ObjectRef, aspect: &Aspect, before: &Catalog, after: &Catalog) -> Meaning {
    let column = |catalog: &Catalog| {
        let table = catalog.table_named(&object.table_name()?)?;
        table.column(&object.name).cloned()
    };
    match (object.kind, aspect.name) {
        (_, "comment" | "storage" | "statistics target") => safe(""),
        (ObjectKind::Column, "type") => type_change(&aspect.before, &aspect.after),
        (ObjectKind::Column, "not null") if aspect.after == "true" => breaks("Writes of NULL fail."),
        (ObjectKind::Column, "not null") => look("Readers must expect NULL."),
        (ObjectKind::Column, "default" | "identity") if aspect.after.is_empty() => match column(after) {
            Some(c) if c.not_null && c.default.is_none() && c.identity.is_none() => breaks("Inserts that leave it out fail."),
            _ => look("Inserts that leave it out get NULL, or another value."),
        },
        (ObjectKind::Column, "default") if column(after).is_some_and(|c| c.generated.is_some()) => look("It is computed otherwise."),
        (ObjectKind::Column, "default") => look("New rows get another value."),
        (ObjectKind::Column, "generated") if aspect.before.is_empty() => breaks("Writes to it fail: it is computed now."),
        (ObjectKind::Column, "collation") => look("It sorts and compares otherwise."),
        (ObjectKind::Table, "row level security")
            if aspect.after.starts_with("enabled true") && aspect.before.starts_with("enabled false") =>
        {
            breaks("Roles without a policy see no rows and write none.")
        }
        (ObjectKind::Type, "definition") => labels(object, before, after),
        (ObjectKind::Index, "valid") if aspect.after == "false" => look("No query uses it."),
        (ObjectKind::Constraint, "definition") => look("Other values are accepted than before."),
        (ObjectKind::Function, "definition") => look("Callers may get other results."),
        (ObjectKind::View | ObjectKind::MaterializedView, "definition") => look("Readers may get other rows or columns."),
        (ObjectKind::Table, "row level security") | (ObjectKind::Policy, _) => look("Other rows may be seen or written than before."),
        _ => look(""),
    }
}

fn labels(object: &ObjectRef, before: &Catalog, after: &Catalog) -> Meaning {
    let of = |catalog: &Catalog| {
        let named = |t: &&architrave_model::catalog::TypeDef| Some(&t.name.schema) == object.schema.as_ref() && t.name.name == object.name;
        match catalog.types.iter().find(named).map(|t| t.kind.clone()) {
            Some(architrave_model::catalog::TypeKind::Enum { labels }) => Some(labels),
            _ => None,
        }
    };
    let (Some(before), Some(after)) = (of(before), of(after)) else { return look("") };
    let gone: Vec<&str> = before.iter().filter(|l| !after.contains(l)).map(String::as_str).collect();
    if gone.is_empty() {
        return look("Code that tells all labels apart meets new ones.");
    }
    breaks(format!("Statements with {} fail.", gone.join(", ")))
}

fn type_change(before: &str, after: &str) -> Meaning {
    let base = |t: &str| t.split('(').next().unwrap_or_default().trim().to_owned();
    let numbers = |t: &str| -> Vec<u32> {
        let inner = t.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(inner, _)| inner);
        inner.split(',').filter_map(|n| n.trim().parse().ok()).collect()
    };
    let text = ["character varying", "text", "character"];
    let (was, is) = (base(before), base(after));
    let integers = ["smallint", "integer", "bigint"];
    let rank = |t: &str| integers.iter().position(|i| *i == t);
    if let (Some(was), Some(is)) = (rank(&was), rank(&is)) {
        return if is > was {
            look(format!("All values fit; clients that hold it in {} bits must follow.", [16, 32][was.min(1)]))
        } else {
            breaks("Values that are too large fail.")
        };
    }
    if text.contains(&was.as_str()) && text.contains(&is.as_str()) && is != "character" && was != "character" {
        return match (numbers(before).first(), numbers(after).first()) {
            (_, None) => safe("Longer values are accepted, too."),
            (Some(was), Some(is)) if is >= was => safe("Longer values are accepted, too."),
            (_, Some(is)) => breaks(format!("Values longer than {is} characters fail.")),
        };
    }
    if was == "numeric" && is == "numeric" {
        return match (numbers(before).as_slice(), numbers(after).as_slice()) {
            (_, []) => safe("All values fit."),
            ([p1, s1], [p2, s2]) if s2 >= s1 && p2.saturating_sub(*s2) >= p1.saturating_sub(*s1) => safe("All values fit."),
            _ => breaks("Values that do not fit are rounded or fail."),
        };
    }
    breaks(format!("Clients that read or bind it as {before} must follow."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_grow_break_nothing() {
        let weight = |before, after| type_change(before, after).0;
        assert_eq!(weight("character varying(20)", "text"), Weight::Safe);
        assert_eq!(weight("character varying(20)", "character varying(40)"), Weight::Safe);
        assert_eq!(weight("character varying(40)", "character varying(20)"), Weight::Breaks);
        assert_eq!(weight("text", "character varying(20)"), Weight::Breaks);
        assert_eq!(weight("integer", "bigint"), Weight::Look);
        assert_eq!(weight("bigint", "integer"), Weight::Breaks);
        assert_eq!(weight("numeric(10,2)", "numeric(12,2)"), Weight::Safe);
        assert_eq!(weight("numeric(10,2)", "numeric(10,4)"), Weight::Breaks);
        assert_eq!(weight("text", "uuid"), Weight::Breaks);
    }
}
