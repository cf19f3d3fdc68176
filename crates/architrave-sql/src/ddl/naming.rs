//! The names PostgreSQL makes up for indexes, constraints and sequences. Which of them are taken is the caller's knowledge.

use super::expression::{Expression, Select};

/// Bytes of the longest name (`NAMEDATALEN - 1`).
pub(crate) const LONGEST_NAME: usize = 63;

/// The longest prefix of at most that many bytes that ends between characters.
pub(crate) fn clip(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let mut end = bytes;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// `first_second_label`, where the longer of the first two parts gives way until the whole fits.
pub(crate) fn make_object_name(first: &str, second: Option<&str>, label: &str) -> String {
    let overhead = second.map_or(0, |_| 1) + if label.is_empty() { 0 } else { label.len() + 1 };
    let room = LONGEST_NAME.saturating_sub(overhead);
    let (mut a, mut b) = (first.len(), second.map_or(0, str::len));
    while a + b > room {
        if a > b { a -= 1 } else { b -= 1 }
    }
    let mut name = clip(first, a).to_owned();
    if let Some(second) = second {
        name.push('_');
        name.push_str(clip(second, b));
    }
    if !label.is_empty() {
        name.push('_');
        name.push_str(label);
    }
    name
}

/// The first of `first_second_label`, `…label1`, `…label2` that is free.
pub(crate) fn choose(first: &str, second: Option<&str>, label: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut pass = 0_u32;
    loop {
        let numbered = if pass == 0 { label.to_owned() } else { format!("{label}{pass}") };
        let name = make_object_name(first, second, &numbered);
        if !taken(&name) {
            return name;
        }
        pass += 1;
    }
}

/// Column names joined with underscores, as far as a name reaches.
pub(crate) fn joined_columns<S: AsRef<str>>(columns: &[S]) -> String {
    let mut joined = String::new();
    for column in columns {
        if !joined.is_empty() {
            joined.push('_');
        }
        joined.push_str(clip(column.as_ref(), LONGEST_NAME));
        if joined.len() > LONGEST_NAME {
            break;
        }
    }
    joined
}

/// Names of index columns: own names, names after expressions, `expr`; made unique with numbers.
pub(crate) fn index_column_names(wanted: &[Option<String>]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(wanted.len());
    for name in wanted {
        let base = name.as_deref().unwrap_or("expr");
        let mut candidate = base.to_owned();
        let mut number = 1_u32;
        while names.contains(&candidate) {
            let digits = number.to_string();
            candidate = format!("{}{digits}", clip(base, LONGEST_NAME - digits.len()));
            number += 1;
        }
        names.push(candidate);
    }
    names
}

/// The name a result column of this expression gets; none where PostgreSQL finds none (`?column?`, or `expr` in an index).
pub(crate) fn figure_column_name(expression: &Expression) -> Option<String> {
    figure(expression).map(|(name, _)| name)
}

/// Name and whether it is a good one (a cast's type name gives way to it).
fn figure(expression: &Expression) -> Option<(String, bool)> {
    let good = |s: &str| Some((s.to_owned(), true));
    match expression {
        Expression::Name(parts) => parts.last().filter(|p| p.as_str() != "*").map(|p| (p.clone(), true)),
        Expression::Field(_, field) => good(field),
        Expression::Subscript(base, _) | Expression::Collate(base, _) => figure(base),
        Expression::Call(call) => call.name.last().map(|p| (p.clone(), true)),
        Expression::Value(word) => match word.as_str() {
            "TRUE" | "FALSE" => Some(("bool".to_owned(), false)),
            "NULL" | "DEFAULT" => None,
            other => Some((other.to_ascii_lowercase(), true)),
        },
        Expression::Cast(inner, ty) => match figure(inner) {
            Some((name, true)) => Some((name, true)),
            _ => Some((ty.parser_name.clone(), false)),
        },
        Expression::Case { otherwise, .. } => match otherwise.as_deref().and_then(figure) {
            Some((name, true)) => Some((name, true)),
            _ => Some(("case".to_owned(), false)),
        },
        Expression::Array(_) | Expression::ArrayQuery(_) => good("array"),
        Expression::Row(_) => good("row"),
        Expression::Exists(_) => good("exists"),
        Expression::Query(query) => query.as_select().and_then(select_name).map(|n| (n, true)),
        _ => None,
    }
}

fn select_name(select: &Select) -> Option<String> {
    let target = select.targets.first()?;
    target.alias.clone().or_else(|| figure_column_name(&target.expression))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_part_gives_way() {
        assert_eq!(make_object_name("orders", Some("a_b"), "idx"), "orders_a_b_idx");
        assert_eq!(make_object_name("orders", None, "pkey"), "orders_pkey");
        let long = "a".repeat(63);
        assert_eq!(make_object_name(&long, Some("customer_id"), "fkey"), format!("{}_customer_id_fkey", "a".repeat(46)));
        assert_eq!(make_object_name(&"é".repeat(31), None, "pkey"), format!("{}_pkey", "é".repeat(29)));
    }

    #[test]
    fn taken_names_are_numbered() {
        let taken = ["t_a_idx", "t_a_idx1"];
        assert_eq!(choose("t", Some("a"), "idx", |n| taken.contains(&n)), "t_a_idx2");
        let names = [Some("lower".to_owned()), None, Some("lower".to_owned()), None];
        assert_eq!(index_column_names(&names), ["lower", "expr", "lower1", "expr1"]);
    }
}
