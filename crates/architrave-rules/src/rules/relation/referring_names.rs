//! Which table a column refers to by its name: `customer_id` and `customerId` to `customer` or `customers`.

use crate::rules::column::words_of;
use architrave_model::catalog::{Column, Table};
use std::collections::BTreeMap;

/// Tables of one schema by the words of their name in the singular, `None` where two share it.
pub(super) struct Targets<'a> {
    by_name: BTreeMap<(&'a str, String), Option<&'a Table>>,
}

impl<'a> Targets<'a> {
    pub(super) fn of(tables: impl Iterator<Item = &'a Table>) -> Self {
        let mut by_name: BTreeMap<(&str, String), Option<&Table>> = BTreeMap::new();
        for table in tables {
            let name = singular(&words_of(&table.name.name));
            by_name.entry((&table.name.schema, name)).and_modify(|t| *t = None).or_insert(Some(table));
        }
        Self { by_name }
    }

    /// The one table of the schema that these words name.
    pub(super) fn named(&self, schema: &str, words: &[String]) -> Option<&'a Table> {
        self.by_name.get(&(schema, singular(words))).copied().flatten()
    }

    /// Whether any table bears the name, even several.
    pub(super) fn knows(&self, schema: &str, words: &[String]) -> bool {
        self.by_name.contains_key(&(schema, singular(words)))
    }
}

/// The words before the last one, where that is `id`.
pub(super) fn stem(column: &Column) -> Option<Vec<String>> {
    // Most columns are none: say so before taking the name apart.
    if !column.name.get(column.name.len().saturating_sub(2)..).is_some_and(|end| end.eq_ignore_ascii_case("id")) {
        return None;
    }
    let mut words = words_of(&column.name);
    (words.pop()? == "id" && !words.is_empty()).then_some(words)
}

/// The words in one, the last without its plural ending.
fn singular(words: &[String]) -> String {
    let mut joined = words.join("_");
    let end = |s: &str| words.last().is_some_and(|w| w.len() > s.len() + 1 && w.ends_with(s));
    if end("ies") {
        joined.truncate(joined.len() - 3);
        joined.push('y');
    } else if end("sses") || end("xes") || end("ches") || end("shes") {
        joined.truncate(joined.len() - 2);
    } else if end("s") && !end("ss") && !end("us") && !end("is") {
        joined.truncate(joined.len() - 1);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_fall_together_with_their_singular() {
        let name = |n: &str| singular(&words_of(n));
        for (one, many) in [
            ("category", "categories"),
            ("order_item", "order_items"),
            ("address", "addresses"),
            ("box", "boxes"),
            ("batch", "batches"),
            ("status", "status"),
            ("house", "houses"),
            ("OrderItem", "order_items"),
        ] {
            assert_eq!(name(one), name(many), "{one} {many}");
        }
    }
}
