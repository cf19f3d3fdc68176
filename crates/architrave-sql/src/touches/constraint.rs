//! Constraints and the names that PostgreSQL gives to unnamed ones.

use super::Collector;
use super::tree::{self, Qualified, below, child};
use architrave_model::name::ObjectKind;
use squawk_syntax::SyntaxKind::{self, *};
use squawk_syntax::SyntaxNode;

/// Longest identifier in bytes (NAMEDATALEN - 1).
const LONGEST_NAME: usize = 63;

/// A constraint of a table: `column` for one that stands at a column, `columns` all that are known. Other nodes are passed over.
pub(super) fn of_table(node: &SyntaxNode, table: &Qualified, column: Option<&str>, columns: &[String], collector: &mut Collector) {
    let kind = node.kind();
    let Some(label) = label(kind) else { return };
    let own = child(node, CONSTRAINT_NAME_CLAUSE).and_then(|c| child(&c, CONSTRAINT_NAME)).and_then(|n| tree::parts(&n).pop());
    let name = match own {
        Some(name) => name,
        None if kind == NOT_NULL_CONSTRAINT => return,
        None => {
            // ADD UNIQUE USING INDEX takes the index's name.
            let index = child(node, USING_INDEX_NAME).and_then(|u| child(&u, INDEX_REF)).and_then(|i| tree::parts(&i).pop());
            index.unwrap_or_else(|| collector.numbered(&table.name, second_part(node, column, columns).as_deref(), label))
        }
    };
    let at = tree::start(node);
    // A column's constraint without a name of its own stands where its first word does; a named one begins with CONSTRAINT.
    collector.push(table.member(ObjectKind::Constraint, &name), at, true);
    if matches!(kind, PRIMARY_KEY_CONSTRAINT | UNIQUE_CONSTRAINT | EXCLUDE_CONSTRAINT) {
        collector.push(table.member(ObjectKind::Index, &name), at, true);
    }
}

/// Check constraints of a domain.
pub(super) fn of_domain(node: &SyntaxNode, domain: &Qualified, collector: &mut Collector) {
    for constraint in node.children().filter(|c| c.kind() == CHECK_CONSTRAINT) {
        let own = child(&constraint, CONSTRAINT_NAME_CLAUSE).and_then(|c| child(&c, CONSTRAINT_NAME)).and_then(|n| tree::parts(&n).pop());
        let name = own.unwrap_or_else(|| collector.numbered(&domain.name, None, "check"));
        collector.push(domain.member(ObjectKind::Constraint, name), tree::start(&constraint), true);
    }
}

fn label(kind: SyntaxKind) -> Option<&'static str> {
    Some(match kind {
        PRIMARY_KEY_CONSTRAINT => "pkey",
        UNIQUE_CONSTRAINT => "key",
        FOREIGN_KEY_CONSTRAINT | REFERENCES_CONSTRAINT => "fkey",
        CHECK_CONSTRAINT => "check",
        EXCLUDE_CONSTRAINT => "excl",
        NOT_NULL_CONSTRAINT => "not_null",
        _ => return None,
    })
}

/// The middle of a chosen name: the columns.
fn second_part(node: &SyntaxNode, column: Option<&str>, columns: &[String]) -> Option<String> {
    let listed = |list: SyntaxKind| -> Vec<String> {
        let list = below(node, list).map(|l| l.children().filter(|c| c.kind() == COLUMN_NAME_REF).collect::<Vec<_>>());
        list.unwrap_or_default().iter().filter_map(|c| tree::parts(c).pop()).collect()
    };
    match node.kind() {
        PRIMARY_KEY_CONSTRAINT => None,
        UNIQUE_CONSTRAINT | FOREIGN_KEY_CONSTRAINT | REFERENCES_CONSTRAINT => match column {
            Some(column) => Some(column.to_owned()),
            None if node.kind() == UNIQUE_CONSTRAINT => Some(joined(&listed(CONSTRAINT_COLUMN_REF_LIST))),
            None => Some(joined(&listed(FOREIGN_KEY_COLUMN_LIST))),
        },
        EXCLUDE_CONSTRAINT => {
            let keys = below(node, CONSTRAINT_EXCLUSION_LIST).map(|l| l.children().map(|k| key_name(&k)).collect::<Vec<_>>());
            Some(joined(&keys.unwrap_or_default()))
        }
        _ => single_column(node, columns),
    }
}

/// A check that reads exactly one column is named after it.
fn single_column(check: &SyntaxNode, columns: &[String]) -> Option<String> {
    let mut found: Option<String> = None;
    for name in check.descendants().filter(|d| d.kind() == NAME_REF) {
        let called = name.parent().is_some_and(|p| p.kind() == CALL_EXPR && p.first_child().as_ref() == Some(&name));
        let Some(column) = tree::parts(&name).pop() else { continue };
        if called || (!columns.is_empty() && !columns.contains(&column)) {
            continue;
        }
        match &found {
            Some(other) if *other != column => return None,
            _ => found = Some(column),
        }
    }
    found
}

/// What an index key is called in a chosen name: the column, the function, or `expr`.
pub(super) fn key_name(key: &SyntaxNode) -> String {
    named(key).unwrap_or_else(|| "expr".to_owned())
}

fn named(node: &SyntaxNode) -> Option<String> {
    let first = node.children().next()?;
    match first.kind() {
        NAME_REF | FIELD_EXPR => tree::parts(&first).pop(),
        CALL_EXPR => first.first_child().and_then(|f| tree::parts(&f).pop()),
        PAREN_EXPR | CAST_EXPR | COLLATE => named(&first),
        _ => None,
    }
}

/// Column names joined for an index name; as PostgreSQL does, no more than one name's worth, and repeated ones numbered.
pub(super) fn joined(columns: &[String]) -> String {
    let mut out = String::new();
    for (i, column) in columns.iter().enumerate() {
        if i > 0 {
            out.push('_');
        }
        out.push_str(column);
        match columns.iter().take(i).filter(|c| *c == column).count() {
            0 => {}
            n => out.push_str(&n.to_string()),
        }
        if out.len() > LONGEST_NAME {
            break;
        }
    }
    out
}

/// `first_second_label`, both parts shortened alike until it fits.
pub(super) fn object_name(first: &str, second: Option<&str>, label: &str) -> String {
    let second = second.filter(|s| !s.is_empty());
    let extra = label.len() + 1 + usize::from(second.is_some());
    let (mut a, mut b) = (first.len(), second.map_or(0, str::len));
    while a + b + extra > LONGEST_NAME {
        if a > b {
            a -= 1;
        } else {
            b -= 1;
        }
    }
    match second {
        Some(second) => format!("{}_{}_{label}", clip(first, a), clip(second, b)),
        None => format!("{}_{label}", clip(first, a)),
    }
}

fn clip(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

impl Collector {
    /// A chosen name, numbered when the statement has used it.
    fn numbered(&mut self, first: &str, second: Option<&str>, label: &str) -> String {
        let plain = object_name(first, second, label);
        let seen = self.given.entry(plain.clone()).or_insert(0);
        let count = *seen;
        *seen += 1;
        if count == 0 { plain } else { object_name(first, second, &format!("{label}{count}")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shortened_as_the_server_does() {
        assert_eq!(object_name("orders", Some("customer_id"), "fkey"), "orders_customer_id_fkey");
        let long = "a".repeat(60);
        assert_eq!(object_name(&long, Some("customer_id"), "fkey").len(), 63);
        assert_eq!(object_name(&long, None, "pkey"), format!("{}_pkey", "a".repeat(58)));
        assert_eq!(joined(&["a".into(), "expr".into(), "expr".into()]), "a_expr_expr1");
    }
}
