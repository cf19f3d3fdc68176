//! Walking over the names of an expression.

use super::expression::{Expression, FromItem, Query};
use super::syntax::Path;

/// What is called back with every name.
type Visit<'a> = &'a mut dyn FnMut(&Path);

/// Calls back with every column name of the expression; names inside queries come too.
pub(crate) fn names(expression: &Expression, visit: Visit<'_>) {
    match expression {
        Expression::Name(path) => visit(path),
        Expression::Call(call) => all(&call.arguments, visit),
        Expression::And(list) | Expression::Or(list) | Expression::Array(list) | Expression::Row(list) => all(list, visit),
        Expression::Prefix(_, inner)
        | Expression::Test(inner, _)
        | Expression::Not(inner)
        | Expression::Cast(inner, _)
        | Expression::Collate(inner, _)
        | Expression::Field(inner, _) => names(inner, visit),
        Expression::Infix(left, _, right) | Expression::Quantified { left, right, .. } => {
            names(left, visit);
            names(right, visit);
        }
        Expression::Case { operand, branches, otherwise } => {
            all(operand.as_deref(), visit);
            all(branches.iter().flat_map(|(when, then)| [when, then]), visit);
            all(otherwise.as_deref(), visit);
        }
        Expression::Subscript(base, indexes) => {
            names(base, visit);
            all(indexes, visit);
        }
        Expression::InQuery(left, query) => {
            names(left, visit);
            query_names(query, visit);
        }
        Expression::ArrayQuery(query) | Expression::Exists(query) | Expression::Query(query) => query_names(query, visit),
        Expression::Raw(words) => words_as_names(words, visit),
        Expression::Value(_) | Expression::Number(_) | Expression::Text(_) => {}
    }
}

fn all<'e>(list: impl IntoIterator<Item = &'e Expression>, visit: Visit<'_>) {
    for expression in list {
        names(expression, visit);
    }
}

fn words_as_names(words: &[String], visit: Visit<'_>) {
    for word in words {
        visit(&vec![word.trim_matches('"').to_owned()]);
    }
}

fn query_names(query: &Query, visit: Visit<'_>) {
    match query {
        Query::Select(select) => {
            all(select.targets.iter().map(|t| &t.expression), visit);
            all(&select.condition, visit);
            for item in &select.from {
                from_names(item, visit);
            }
            words_as_names(&select.tail, visit);
        }
        Query::Raw(words) => words_as_names(words, visit),
    }
}

fn from_names(item: &FromItem, visit: Visit<'_>) {
    match item {
        FromItem::Join { left, right, on, .. } => {
            from_names(left, visit);
            from_names(right, visit);
            all(on, visit);
        }
        FromItem::Query { query, .. } => query_names(query, visit),
        FromItem::Relation { .. } | FromItem::Raw(_) => {}
    }
}
