//! Rows that no two may be alike: unique constraints, primary keys, unique indexes, exclusion constraints.

use super::elements::{self, Elements, has_words};
use super::plain::is_plain;
use super::{Condition, relation, shown};
use architrave_model::migration::Target;
use architrave_model::name::quote_ident;

/// A unique constraint or a primary key over columns. Counted are the rows that would have to go.
pub(super) fn of_columns(table: &Target, columns: &[&str], text: &str, primary: bool) -> Option<Condition> {
    if columns.is_empty() || has_words(text, &["without", "overlaps"]) {
        return None;
    }
    let expressions: Vec<String> = columns.iter().map(|c| quote_ident(c)).collect();
    let nulls_count = has_words(text, &["nulls", "not", "distinct"]);
    let mut probe = more_than_one(table, &expressions, None, nulls_count);
    let mut what = format!("no two rows with equal ({})", columns.join(", "));
    if primary {
        let null: Vec<String> = expressions.iter().map(|e| format!("{e} is null")).collect();
        probe = format!("select ({probe}) + (select count(*) from {} where {})", relation(table), null.join(" or "));
        what = format!("{what}, and no NULL in them");
    }
    Some(Condition::of(what, probe))
}

/// A unique index, with its expressions and its predicate.
pub(super) fn of_index(text: &str, table: &Target) -> Option<Condition> {
    let read = elements::of_index(text)?;
    let expressions: Vec<String> = read.list.iter().map(|e| e.expression.clone()).collect();
    if expressions.is_empty() {
        return None;
    }
    let what = format!("no two rows with equal ({}){}", expressions.join(", "), condition_of(&read));
    let probe = more_than_one(table, &expressions, read.predicate.as_deref(), read.nulls_not_distinct);
    Some(Condition { what, probe, is_plain: all_plain(&read) })
}

/// An exclusion constraint. Counted are the rows that another one conflicts with.
pub(super) fn of_exclusion(text: &str, table: &Target) -> Option<Condition> {
    let read = elements::of_exclusion(text)?;
    let mut keys = Vec::new();
    let mut conflicts = Vec::new();
    for (number, element) in read.list.iter().enumerate() {
        let operator = element.operator.as_deref()?;
        keys.push(format!("{} as k{number}", element.expression));
        conflicts.push(format!("a.k{number} {operator} b.k{number}"));
    }
    let kept = read.predicate.as_ref().map(|p| format!(" where {p}")).unwrap_or_default();
    let probe = format!(
        "with e as (select tableoid as o, ctid as c, {} from {}{kept}) \
         select count(*) from e as a where exists (select from e as b where (a.o, a.c) <> (b.o, b.c) and {})",
        keys.join(", "),
        relation(table),
        conflicts.join(" and ")
    );
    let pairs: Vec<String> =
        read.list.iter().map(|e| format!("{} with {}", e.expression, e.operator.as_deref().unwrap_or_default())).collect();
    let what = format!("no two rows that exclude each other by ({}){}", pairs.join(", "), condition_of(&read));
    let operators = read.list.iter().all(|e| e.operator.as_deref().is_some_and(|o| o.chars().all(|c| "+-*/<>=~!@#%^&|`?".contains(c))));
    Some(Condition { what, probe, is_plain: operators && all_plain(&read) })
}

fn condition_of(read: &Elements) -> String {
    read.predicate.as_deref().map(|p| format!(" where {}", shown(p))).unwrap_or_default()
}

fn all_plain(read: &Elements) -> bool {
    read.list.iter().all(|e| is_plain(&e.expression)) && read.predicate.as_deref().is_none_or(is_plain)
}

/// The rows beyond the first of each key.
fn more_than_one(table: &Target, expressions: &[String], predicate: Option<&str>, nulls_count: bool) -> String {
    let numbered: Vec<String> = (0..expressions.len()).map(|n| format!("k{n}")).collect();
    let keys: Vec<String> = expressions.iter().zip(&numbered).map(|(e, k)| format!("{e} as {k}")).collect();
    let kept = predicate.map(|p| format!(" where {p}")).unwrap_or_default();
    let given: Vec<String> = numbered.iter().map(|k| format!("{k} is not null")).collect();
    let given = if nulls_count { String::new() } else { format!(" where {}", given.join(" and ")) };
    format!(
        "select coalesce(sum(d.n - 1), 0)::bigint from (select count(*) as n from (select {} from {}{kept}) as e{given} group by {} having count(*) > 1) as d",
        keys.join(", "),
        relation(table),
        numbered.join(", ")
    )
}
