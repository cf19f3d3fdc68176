//! Partition bounds and the checks that spare a scan: whether the rows of a table are known to lie within a bound, or outside of it.

use super::world::World;
use crate::ddl::expression::{self, Expression};
use crate::ddl::print;
use architrave_model::catalog::{ConstraintKind, Partitioning, Table};

/// What the key of a partition may be.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Bound {
    Default,
    /// Values of the first key column; ends are none for MINVALUE and MAXVALUE.
    Range {
        from: Option<String>,
        to: Option<String>,
        columns: usize,
    },
    List(Vec<String>),
    Hash,
}

impl Bound {
    /// From `FOR VALUES …` as the catalogue prints it.
    pub(super) fn read(text: &str) -> Self {
        let text = text.trim();
        if text.eq_ignore_ascii_case("default") {
            return Self::Default;
        }
        let rest = text.get("FOR VALUES ".len()..).unwrap_or_default();
        if let Some(list) = rest.strip_prefix("IN (") {
            return Self::List(values(list.trim_end_matches(')')));
        }
        let Some((from, to)) = rest.strip_prefix("FROM (").and_then(|r| r.split_once(") TO (")) else { return Self::Hash };
        let (from, to) = (values(from), values(to.trim_end_matches(')')));
        let end = |v: Option<&String>| v.filter(|v| !matches!(v.as_str(), "MINVALUE" | "MAXVALUE")).cloned();
        Self::Range { from: end(from.first()), to: end(to.first()), columns: from.len() }
    }
}

/// Values of a list, quotes and casts off.
fn values(list: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut current, mut quoted) = (String::new(), false);
    for c in list.chars() {
        match c {
            '\'' => quoted = !quoted,
            ',' if !quoted => found.push(std::mem::take(&mut current).trim().to_owned()),
            c => current.push(c),
        }
    }
    found.push(current.trim().to_owned());
    found
}

/// A comparison of the key with a value.
#[derive(Debug, Clone, PartialEq)]
struct Comparison {
    operator: String,
    value: String,
}

/// Whether validated checks of the table say that every row fits the bound.
pub(super) fn proves_inside(world: World<'_>, table: &Table, key: &Partitioning, bound: &Bound) -> bool {
    let Some(column) = key.columns.first() else { return false };
    let parts = conditions(world, table);
    let not_null = table.column(column).is_some_and(|c| c.not_null)
        || parts.iter().any(|p| matches!(p, Expression::Test(e, t) if t == "IS NOT NULL" && names(e, column)));
    let compared: Vec<Comparison> = parts.iter().filter_map(|p| comparison(p, column)).collect();
    match bound {
        Bound::Range { from, to, columns: 1 } => {
            let low = from.as_ref().is_none_or(|from| compared.iter().any(|c| c.at_least(from)));
            let high = to.as_ref().is_none_or(|to| compared.iter().any(|c| c.below(to)));
            not_null && low && high
        }
        Bound::List(wanted) => {
            let listed = parts.iter().filter_map(|p| listed(p, column)).any(|l| l.iter().all(|v| wanted.contains(v)));
            (not_null || wanted.iter().any(|v| v == "NULL")) && listed
        }
        _ => false,
    }
}

/// Whether validated checks of the default partition say that no row of it fits the bound.
pub(super) fn proves_outside(world: World<'_>, table: &Table, key: &Partitioning, bound: &Bound) -> bool {
    let Some(column) = key.columns.first() else { return false };
    let outside = |e: &Expression| match (bound, e) {
        (Bound::Range { from, to, columns: 1 }, Expression::Not(inner)) => {
            // NOT (key >= from AND key < to) of a bound that is at least as wide.
            let inside = conjuncts(inner);
            let all = inside.iter().all(|p| {
                comparison(p, column).is_some_and(|c| c.holds_from(from.as_deref()) || c.holds_to(to.as_deref()))
                    || matches!(p, Expression::Test(e, t) if t == "IS NOT NULL" && names(e, column))
            });
            all && !inside.is_empty()
        }
        (Bound::Range { from, to, columns: 1 }, Expression::Or(arms)) => {
            arms.iter().all(|a| beyond(a, column, from.as_deref(), to.as_deref()))
        }
        (Bound::Range { from, to, columns: 1 }, other) => beyond(other, column, from.as_deref(), to.as_deref()),
        (Bound::List(values), Expression::Not(inner)) => listed(inner, column).is_some_and(|l| values.iter().all(|v| l.contains(v))),
        (Bound::List(values), other) => excluded(other, column).is_some_and(|l| values.iter().all(|v| l.contains(v))),
        _ => false,
    };
    conditions(world, table).iter().any(outside)
}

/// Conjuncts of all checks that hold for every row.
fn conditions(world: World<'_>, table: &Table) -> Vec<Expression> {
    let checks = table.constraints.iter().filter(|c| c.kind == ConstraintKind::Check && c.validated && c.enforced);
    checks.filter_map(|c| c.expression.as_deref()).filter_map(|e| expression::parse(e, world.state)).flat_map(|e| conjuncts(&e)).collect()
}

fn conjuncts(expression: &Expression) -> Vec<Expression> {
    match expression {
        Expression::And(parts) => parts.iter().flat_map(conjuncts).collect(),
        other => vec![other.clone()],
    }
}

fn names(expression: &Expression, column: &str) -> bool {
    match expression {
        Expression::Name(path) => path.last().is_some_and(|c| c == column),
        Expression::Cast(inner, _) => names(inner, column),
        _ => false,
    }
}

/// A literal's text, casts and quotes off.
fn literal(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Number(text) | Expression::Text(text) => Some(text.clone()),
        Expression::Cast(inner, _) => literal(inner),
        Expression::Prefix(sign, inner) if sign == "-" => literal(inner).map(|v| format!("-{v}")),
        Expression::Value(word) => Some(word.clone()),
        other => Some(print::print(other)),
    }
}

fn comparison(expression: &Expression, column: &str) -> Option<Comparison> {
    let Expression::Infix(left, operator, right) = expression else { return None };
    let (operator, value) = if names(left, column) {
        (operator.as_str(), right)
    } else if names(right, column) {
        let turned = match operator.as_str() {
            "<" => ">",
            "<=" => ">=",
            ">" => "<",
            ">=" => "<=",
            same => same,
        };
        (turned, left)
    } else {
        return None;
    };
    Some(Comparison { operator: operator.to_owned(), value: literal(value)? })
}

/// Orders two literals as numbers or as texts of the same length of year (dates, timestamps).
fn order(a: &str, b: &str) -> Option<std::cmp::Ordering> {
    if a == b {
        return Some(std::cmp::Ordering::Equal);
    }
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.partial_cmp(&b),
        _ if is_date(a) && is_date(b) => {
            // A date alone stands for its midnight.
            let full = |t: &str| if t.len() == 10 { format!("{t} 00:00:00") } else { t.to_owned() };
            Some(full(a).cmp(&full(b)))
        }
        _ => None,
    }
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 10 && bytes[4] == b'-' && bytes[7] == b'-' && bytes[..4].iter().all(u8::is_ascii_digit)
}

impl Comparison {
    /// The key is at or above the value.
    fn at_least(&self, from: &str) -> bool {
        matches!(self.operator.as_str(), ">=" | ">" | "=") && order(&self.value, from).is_some_and(std::cmp::Ordering::is_ge)
    }

    /// The key is below the value.
    fn below(&self, to: &str) -> bool {
        match self.operator.as_str() {
            "<" => order(&self.value, to).is_some_and(std::cmp::Ordering::is_le),
            "<=" | "=" => order(&self.value, to).is_some_and(std::cmp::Ordering::is_lt),
            _ => false,
        }
    }

    /// Every key from there on fulfils it.
    fn holds_from(&self, from: Option<&str>) -> bool {
        let Some(from) = from else { return false };
        match self.operator.as_str() {
            ">=" => order(&self.value, from).is_some_and(std::cmp::Ordering::is_le),
            ">" => order(&self.value, from).is_some_and(std::cmp::Ordering::is_lt),
            _ => false,
        }
    }

    /// Every key below fulfils it.
    fn holds_to(&self, to: Option<&str>) -> bool {
        let Some(to) = to else { return false };
        matches!(self.operator.as_str(), "<" | "<=") && order(&self.value, to).is_some_and(std::cmp::Ordering::is_ge)
    }
}

/// The condition keeps the key off `[from, to)` on one side.
fn beyond(expression: &Expression, column: &str, from: Option<&str>, to: Option<&str>) -> bool {
    comparison(expression, column).is_some_and(|c| from.is_some_and(|f| c.below(f)) || to.is_some_and(|t| c.at_least(t)))
}

/// `key IN (…)` or `key = value`.
fn listed(expression: &Expression, column: &str) -> Option<Vec<String>> {
    match expression {
        Expression::Quantified { left, operator, all: false, right } if operator == "=" && names(left, column) => elements(right),
        other => comparison(other, column).filter(|c| c.operator == "=").map(|c| vec![c.value]),
    }
}

/// `key NOT IN (…)` or `key <> value`.
fn excluded(expression: &Expression, column: &str) -> Option<Vec<String>> {
    match expression {
        Expression::Quantified { left, operator, all: true, right } if operator == "<>" && names(left, column) => elements(right),
        other => comparison(other, column).filter(|c| c.operator == "<>").map(|c| vec![c.value]),
    }
}

fn elements(expression: &Expression) -> Option<Vec<String>> {
    match expression {
        Expression::Array(list) => list.iter().map(literal).collect(),
        Expression::Cast(inner, _) => elements(inner),
        _ => None,
    }
}
