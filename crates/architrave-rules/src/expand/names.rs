//! Names that PostgreSQL itself would choose, and free ones.

use super::Ground;
use architrave_model::QualifiedName;
use architrave_model::catalog::Table;
use std::sync::Arc;

/// PostgreSQL cuts identifiers at this many bytes.
const MAX_NAME: usize = 63;

/// `table_columns_label`, shortened as PostgreSQL shortens it: the longer part first, a byte at a time.
fn object_name(first: &str, second: &str, label: &str) -> String {
    let overhead = label.len() + 1 + usize::from(!second.is_empty());
    let room = MAX_NAME.saturating_sub(overhead);
    let (mut a, mut b) = (first.len(), second.len());
    while a + b > room {
        if a > b {
            a -= 1;
        } else {
            b -= 1;
        }
    }
    let cut = |text: &str, mut end: usize| {
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.get(..end).unwrap_or_default().to_owned()
    };
    let (first, second) = (cut(first, a), cut(second, b));
    if second.is_empty() { format!("{first}_{label}") } else { format!("{first}_{second}_{label}") }
}

/// The name that PostgreSQL would give an index or a constraint of these columns: `orders_note_idx`, numbered when taken.
pub(super) fn chosen(ground: &Ground<'_>, table: &QualifiedName, columns: &[String], label: &str) -> String {
    let joined = columns.join("_");
    (0..10_000)
        .map(|n| object_name(&table.name, &joined, &if n == 0 { label.to_owned() } else { format!("{label}{n}") }))
        .find(|name| !is_taken(ground, &table.schema, name))
        .unwrap_or_else(|| object_name(&table.name, &joined, label))
}

/// A free name of our own for something that is dropped or renamed again: `orders_note_backfill`.
pub(super) fn own(ground: &Ground<'_>, table: &QualifiedName, what: &str, label: &str) -> String {
    chosen(ground, table, &[what.to_owned()], label)
}

/// A name for a new column beside the old one: `note_new`.
pub(super) fn column(table: &Table, name: &str) -> String {
    (0..10_000)
        .map(|n| object_name(name, "", &if n == 0 { "new".to_owned() } else { format!("new{n}") }))
        .find(|new| table.column(new).is_none())
        .unwrap_or_else(|| object_name(name, "", "new"))
}

fn is_taken(ground: &Ground<'_>, schema: &str, name: &str) -> bool {
    let before = &ground.step.before;
    let tables = before.tables.iter().chain(ground.step.at_hand.iter().map(Arc::as_ref)).filter(|t| t.name.schema == schema);
    let in_table =
        |t: &Table| t.name.name == name || t.indexes.iter().any(|i| i.name == name) || t.constraints.iter().any(|c| c.name == name);
    let same = |n: &QualifiedName| n.schema == schema && n.name == name;
    tables.into_iter().any(in_table)
        || before.views.iter().any(|v| same(&v.name) || v.name.schema == schema && v.indexes.iter().any(|i| i.name == name))
        || before.sequences.iter().any(|s| same(&s.name))
        || before.functions.iter().any(|f| same(&f.name))
}

#[cfg(test)]
mod tests {
    use super::object_name;

    #[test]
    fn names_are_shortened_as_postgresql_does() {
        assert_eq!(object_name("t", "a_b", "idx"), "t_a_b_idx");
        assert_eq!(object_name("t", "", "pkey"), "t_pkey");
        let long = object_name(&"x".repeat(60), &"y".repeat(20), "fkey");
        assert_eq!(long, format!("{}_{}_fkey", "x".repeat(37), "y".repeat(20)));
        assert!(object_name(&"é".repeat(40), "b", "idx").len() <= 63);
    }
}
