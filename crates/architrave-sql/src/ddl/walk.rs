//! Walking over an expression's names, and replacing them.

use super::expression::{Expression, FromItem, Query};
use super::syntax::Path;

/// Calls back with every column name of the expression; names inside queries come too.
pub(crate) fn names(expression: &Expression, visit: &mut dyn FnMut(&Path)) {
    match expression {
        Expression::Name(path) => visit(path),
        Expression::Call(call) => call.arguments.iter().for_each(|e| names(e, visit)),
        Expression::And(list) | Expression::Or(list) | Expression::Array(list) | Expression::Row(list) => {
            list.iter().for_each(|e| names(e, visit));
        }
        Expression::Prefix(_, inner)
        | Expression::Test(inner, _)
        | Expression::Not(inner)
        | Expression::Cast(inner, _)
        | Expression::Collate(inner, _)
        | Expression::Field(inner, _) => names(inner, visit),
        Expression::Infix(left, _, right) => {
            names(left, visit);
            names(right, visit);
        }
        Expression::Quantified { left, right, .. } => {
            names(left, visit);
            names(right, visit);
        }
        Expression::Case { operand, branches, otherwise } => {
            operand.iter().for_each(|e| names(e, visit));
            for (when, then) in branches {
                names(when, visit);
                names(then, visit);
            }
            otherwise.iter().for_each(|e| names(e, visit));
        }
        Expression::Subscript(base, indexes) => {
            names(base, visit);
            indexes.iter().for_each(|e| names(e, visit));
        }
        Expression::InQuery(left, query) => {
            names(left, visit);
            query_names(query, visit);
        }
        Expression::ArrayQuery(query) | Expression::Exists(query) | Expression::Query(query) => query_names(query, visit),
        Expression::Raw(words) => {
            for word in words {
                visit(&vec![word.trim_matches('"').to_owned()]);
            }
        }
        Expression::Value(_) | Expression::Number(_) | Expression::Text(_) => {}
    }
}

fn query_names(query: &Query, visit: &mut dyn FnMut(&Path)) {
    match query {
        Query::Select(select) => {
            select.targets.iter().for_each(|t| names(&t.expression, visit));
            select.condition.iter().for_each(|e| names(e, visit));
            select.from.iter().for_each(|f| from_names(f, visit));
        }
        Query::Raw(words) => {
            for word in words {
                visit(&vec![word.trim_matches('"').to_owned()]);
            }
        }
    }
}

fn from_names(item: &FromItem, visit: &mut dyn FnMut(&Path)) {
    match item {
        FromItem::Join { left, right, on, .. } => {
            from_names(left, visit);
            from_names(right, visit);
            on.iter().for_each(|e| names(e, visit));
        }
        FromItem::Query { query, .. } => query_names(query, visit),
        FromItem::Relation { .. } | FromItem::Raw(_) => {}
    }
}
