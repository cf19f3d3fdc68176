//! What a disturbed statement has left, in words.

use architrave_model::Catalog;
use architrave_model::catalog::compare::{Change, Difference, Ignore, differences};
use architrave_model::catalog::{Index, Table};
use architrave_model::name::{ObjectKind, ObjectRef};

/// Lines that are told; more are counted.
const MOST: usize = 8;

/// What is there and was not there before, or is another now.
pub(super) fn of(before: &Catalog, now: &Catalog) -> Vec<String> {
    lines(&differences(before, now, Ignore { roles: true, ..Ignore::default() }), now)
}

/// `index public.t_a_idx, invalid`, `constraint public.t.c, not validated`, else the difference.
pub(super) fn lines(found: &[Difference], now: &Catalog) -> Vec<String> {
    let new_tables: Vec<&ObjectRef> =
        found.iter().filter(|d| d.change == Change::Added && d.object.kind == ObjectKind::Table).map(|d| &d.object).collect();
    let of_new_table = |object: &ObjectRef| object.table.is_some() && new_tables.iter().any(|t| t.table_name() == object.table_name());
    // Columns that came or went are differences of their own.
    let list_of_columns = |d: &&Difference| matches!(&d.change, Change::Changed(aspects) if aspects.iter().all(|a| a.name == "columns"));
    let told = found.iter().filter(|d| !of_new_table(&d.object) && !list_of_columns(d));
    let mut lines: Vec<String> = told.map(|d| line(d, now)).collect();
    let more = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines
}

fn line(difference: &Difference, now: &Catalog) -> String {
    let object = &difference.object;
    let table = || object.table_name().and_then(|name| now.table_named(&name));
    let short = || ObjectRef { table: None, ..object.clone() };
    if object.kind == ObjectKind::Index && table().and_then(|t| t.index(&object.name)).is_some_and(|i| !i.valid) {
        return format!("index {}, invalid", short());
    }
    if object.kind == ObjectKind::Constraint && table().is_some_and(|t| t.constraints.iter().any(|c| c.name == object.name && !c.validated))
    {
        return format!("constraint {object}, not validated");
    }
    match difference.change {
        Change::Added if object.kind == ObjectKind::Index => format!("index {}", short()),
        Change::Added => format!("{} {object}", object.kind.word()),
        Change::Removed => format!("{} {object} is gone", object.kind.word()),
        Change::Changed(_) => difference.line(),
    }
}

/// The unique index that was not there before, with its table.
pub(super) fn new_unique_index<'c>(before: &Catalog, now: &'c Catalog) -> Option<(&'c Table, &'c Index)> {
    now.tables.iter().find_map(|table| {
        let known = before.table_named(&table.name);
        let is_new = |index: &&Index| index.unique && known.is_none_or(|t| t.index(&index.name).is_none());
        table.indexes.iter().find(is_new).map(|index| (table, index))
    })
}
