//! A function of a column compared with a constant, as a range of the bare column that an ordinary index can answer.

use super::select::{Edit, Outer, call_name, edited, own_token};
use super::{Comparison, Rewrite, RewriteKind};
use crate::touches::tree;
use squawk_syntax::{SyntaxKind, SyntaxNode};

pub(super) fn rewrite(outer: &Outer<'_>) -> Option<Rewrite> {
    let mut edits = Vec::new();
    for condition in outer.conjuncts() {
        let sides: Vec<SyntaxNode> = condition.children().collect();
        let [left, right] = sides.as_slice() else { continue };
        if condition.kind() != SyntaxKind::BIN_EXPR || !own_token(&condition, SyntaxKind::EQ) {
            continue;
        }
        if let Some(text) = as_range(outer, left, right).or_else(|| as_range(outer, right, left)) {
            edits.push(Edit::replace(&condition, text));
        }
    }
    (!edits.is_empty()).then(|| Rewrite {
        kind: RewriteKind::FunctionToRange,
        sql: edited(outer.sql, edits),
        comparison: Comparison::SameRows,
    })
}

fn as_range(outer: &Outer<'_>, function: &SyntaxNode, constant: &SyntaxNode) -> Option<String> {
    if !super::select::columns(constant).is_empty() || constant.descendants().any(|n| n.kind() == SyntaxKind::SELECT) {
        return None;
    }
    let value = outer.text(constant);
    match function.kind() {
        SyntaxKind::CAST_EXPR => {
            let column = function.children().next()?;
            let to = tree::tokens(function).last()?.text().to_ascii_lowercase();
            if to != "date" && !(to == ")" && outer.text(function).to_ascii_lowercase().replace(' ', "").ends_with("asdate)")) {
                return None;
            }
            day(outer, &column, value)
        }
        SyntaxKind::CALL_EXPR => call(outer, function, value),
        _ => None,
    }
}

fn call(outer: &Outer<'_>, call: &SyntaxNode, value: &str) -> Option<String> {
    if let Some(extract) = tree::child(call, SyntaxKind::EXTRACT_FN) {
        return year(outer, &extract, value);
    }
    let arguments: Vec<SyntaxNode> = tree::child(call, SyntaxKind::ARG_LIST)?.children().filter_map(|a| a.children().next()).collect();
    match (call_name(call)?.as_str(), arguments.as_slice()) {
        ("date", [column]) => day(outer, column, value),
        ("date_trunc", [unit, column]) => {
            let column_type = moment(outer, column)?;
            let word = outer.text(unit).trim_matches('\'').to_ascii_lowercase();
            let units = ["second", "minute", "hour", "day", "week", "month", "year"];
            if !units.contains(&word.as_str()) {
                return None;
            }
            let (column, start) = (outer.text(column), format!("{value}::{column_type}"));
            Some(format!("(date_trunc('{word}', {start}) = {start} and {column} >= {start} and {column} < {start} + interval '1 {word}')"))
        }
        _ => None,
    }
}

/// `date(column) = value`: from that day's start to the next day's.
fn day(outer: &Outer<'_>, column: &SyntaxNode, value: &str) -> Option<String> {
    moment(outer, column)?;
    let (column, start) = (outer.text(column), format!("{value}::date"));
    Some(format!("({column} >= {start} and {column} < {start} + 1)"))
}

fn year(outer: &Outer<'_>, extract: &SyntaxNode, value: &str) -> Option<String> {
    let number: i32 = value.parse().ok().filter(|n| (1..9999).contains(n))?;
    let words: Vec<String> = tree::tokens(extract).map(|t| t.text().to_ascii_lowercase()).collect();
    if words.get(2).map(String::as_str) != Some("year") {
        return None;
    }
    let column = extract.children().last()?;
    if outer.type_of(&column).as_deref() != Some("date") {
        moment(outer, &column)?;
    }
    let column = outer.text(&column);
    Some(format!("({column} >= '{number:04}-01-01' and {column} < '{:04}-01-01')", number + 1))
}

/// The type of a plain column that holds a moment.
fn moment(outer: &Outer<'_>, column: &SyntaxNode) -> Option<String> {
    if !matches!(column.kind(), SyntaxKind::NAME_REF | SyntaxKind::FIELD_EXPR) {
        return None;
    }
    outer.type_of(column).filter(|t| t.starts_with("timestamp"))
}
