//! Definitions of indexes: made, compared and written as SQL.

use architrave_model::QualifiedName;
use architrave_model::catalog::{Index, IndexKey, NullsOrder};
use architrave_model::name::quote_ident;
use architrave_model::workload::Term;
use std::collections::BTreeSet;

/// Longest identifier, bytes.
const LONGEST_NAME: usize = 63;

/// An index of this method and these keys, nameless.
pub(super) fn index(method: &str, keys: Vec<IndexKey>) -> Index {
    Index::plain(method, keys)
}

/// An ascending key.
pub(super) fn key(term: &Term) -> IndexKey {
    let (column, expression) = match term {
        Term::Column(name) => (Some(name.clone()), None),
        Term::Expression(text) => (None, Some(text.clone())),
    };
    IndexKey { column, expression, operator_class: None, collation: None, descending: false, nulls: NullsOrder::Last }
}

/// What a key is over, without direction and operator class.
pub(super) fn term(key: &IndexKey) -> Term {
    match (&key.column, &key.expression) {
        (Some(column), _) => Term::Column(column.clone()),
        (None, expression) => Term::Expression(expression.clone().unwrap_or_default()),
    }
}

/// A term as SQL in a statement about its table.
pub(super) fn term_sql(term: &Term) -> String {
    match term {
        Term::Column(name) => quote_ident(name),
        Term::Expression(text) => text.clone(),
    }
}

fn key_sql(key: &IndexKey) -> String {
    let mut sql = match term(key) {
        Term::Column(name) => quote_ident(&name),
        Term::Expression(text) => format!("({text})"),
    };
    if let Some(collation) = &key.collation {
        sql.push_str(&format!(" collate {collation}"));
    }
    if let Some(class) = &key.operator_class {
        sql.push_str(&format!(" {class}"));
    }
    match (key.descending, key.nulls) {
        (true, NullsOrder::First) => sql.push_str(" desc"),
        (true, NullsOrder::Last) => sql.push_str(" desc nulls last"),
        (false, NullsOrder::First) => sql.push_str(" nulls first"),
        (false, NullsOrder::Last) => {}
    }
    sql
}

/// All that follows the table's name; two indexes with the same text are the same.
pub(super) fn body(index: &Index) -> String {
    let keys: Vec<String> = index.keys.iter().map(key_sql).collect();
    let mut sql = format!("using {} ({})", index.method, keys.join(", "));
    if !index.include.is_empty() {
        let columns: Vec<String> = index.include.iter().map(|c| quote_ident(c)).collect();
        sql.push_str(&format!(" include ({})", columns.join(", ")));
    }
    if !index.options.is_empty() {
        sql.push_str(&format!(" with ({})", index.options.join(", ")));
    }
    if let Some(predicate) = &index.predicate {
        sql.push_str(&format!(" where {predicate}"));
    }
    sql
}

/// The statement that creates it; `how` stands before the name: `concurrently` or nothing.
pub(super) fn create(table: &QualifiedName, index: &Index, how: &str) -> String {
    let unique = if index.unique { "unique " } else { "" };
    let how = if how.is_empty() { String::new() } else { format!("{how} ") };
    let body = body(index);
    let body = body.strip_prefix("using btree ").unwrap_or(&body);
    format!("create {unique}index {how}{} on {} {body}", quote_ident(&index.name), table.sql())
}

/// A free name in the way PostgreSQL would choose one: table, columns, `idx`.
pub(super) fn free_name(table: &QualifiedName, index: &Index, taken: &mut BTreeSet<(String, String)>) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut parts = vec![table.name.clone()];
    for key in &index.keys {
        parts.push(match term(key) {
            Term::Column(name) => name,
            Term::Expression(text) => {
                let words: Vec<&str> = text.split(|c| !is_word(c)).filter(|w| !w.is_empty() && *w != "text").collect();
                words.join("_").to_lowercase()
            }
        });
    }
    let stem = parts.join("_");
    let mut number = 0_u32;
    loop {
        let ending = if number == 0 { "_idx".to_owned() } else { format!("_idx{number}") };
        let mut end = stem.len().min(LONGEST_NAME - ending.len());
        while !stem.is_char_boundary(end) {
            end -= 1;
        }
        let name = format!("{}{ending}", &stem[..end]);
        if taken.insert((table.schema.clone(), name.clone())) {
            return name;
        }
        number += 1;
    }
}

/// Whether every scan that `narrow` can answer by its keys can be answered by `wide` in the same order: same method, same keys
/// from the left, and no row left out that `narrow` has.
pub(super) fn covers(wide: &Index, narrow: &Index) -> bool {
    wide.method == narrow.method
        && wide.method == "btree"
        && narrow.keys.len() <= wide.keys.len()
        && narrow.keys.iter().zip(&wide.keys).all(|(n, w)| n == w)
        && (wide.predicate.is_none() || wide.predicate == narrow.predicate)
        && narrow.include.iter().all(|c| wide.include.contains(c) || wide.keys.iter().any(|k| k.column.as_ref() == Some(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_quote_what_needs_it_and_say_directions() {
        let table = QualifiedName::new("public", "Order");
        let mut one = index("btree", vec![key(&Term::Column("customerId".into())), key(&Term::Expression("lower(email)".into()))]);
        one.keys[0].descending = true;
        one.keys[0].nulls = NullsOrder::First;
        one.include = vec!["total".into()];
        one.predicate = Some("\"deletedAt\" IS NULL".into());
        one.name = free_name(&table, &one, &mut BTreeSet::new());
        assert_eq!(
            create(&table, &one, "concurrently"),
            "create index concurrently \"Order_customerId_lower_email_idx\" on public.\"Order\" (\"customerId\" desc, (lower(email))) \
             include (total) where \"deletedAt\" IS NULL"
        );
    }

    #[test]
    fn names_are_free_and_never_too_long() {
        let table = QualifiedName::new("public", "t".repeat(60));
        let one = index("gin", vec![key(&Term::Column("long_enough".into()))]);
        let mut taken = BTreeSet::new();
        let first = free_name(&table, &one, &mut taken);
        let second = free_name(&table, &one, &mut taken);
        assert!(first.len() <= 63 && second.len() <= 63 && first != second);
    }

    #[test]
    fn a_wider_index_covers_a_prefix_but_not_with_a_condition_of_its_own() {
        let a = index("btree", vec![key(&Term::Column("a".into()))]);
        let mut ab = index("btree", vec![key(&Term::Column("a".into())), key(&Term::Column("b".into()))]);
        assert!(covers(&ab, &a) && !covers(&a, &ab));
        ab.predicate = Some("x".into());
        assert!(!covers(&ab, &a));
    }
}
