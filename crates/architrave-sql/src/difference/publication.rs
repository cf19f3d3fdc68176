//! Publications: tables, column lists, filters, schemas and options.

use super::Differ;
use crate::generate::{Item, text};
use architrave_model::catalog::{Publication, PublishedTable};
use architrave_model::name::{quote_ident, quote_literal};

impl Differ<'_> {
    /// Tables whose column list or filter could keep a column from going leave their publications first.
    pub(super) fn unpublish(&mut self) {
        let publications: Vec<&Publication> = self.from.catalog.publications.iter().collect();
        for publication in publications {
            for table in self.left_first(publication) {
                self.say(format!("alter publication {} drop table only {}", quote_ident(&publication.name), table.table.sql()));
            }
        }
    }

    fn left_first<'p>(&self, publication: &'p Publication) -> Vec<&'p PublishedTable> {
        let item = Item::Publication(publication.name.clone());
        let Some(new) = self.to.publication(&publication.name).filter(|_| !self.gone.items.contains(&item)) else { return Vec::new() };
        let leaves = |table: &&PublishedTable| {
            let detailed = table.columns.is_some() || table.filter.is_some();
            let touched = self.gone.columns.get(&table.table).is_some_and(|p| p.touched().next().is_some());
            let same = new.tables.iter().any(|t| t == *table);
            self.is_kept_table(&table.table) && detailed && (touched || !same)
        };
        publication.tables.iter().filter(leaves).collect()
    }

    pub(super) fn alter_publication(&mut self, name: &str) {
        let Some((old, new)) = self.from.publication(name).zip(self.to.publication(name)) else { return };
        let alter = format!("alter publication {}", quote_ident(name));
        let left = self.left_first(old);
        let there: Vec<&PublishedTable> = old.tables.iter().filter(|t| self.is_kept_table(&t.table) && !left.contains(t)).collect();
        let removed: Vec<String> = there.iter().filter(|t| !new.tables.contains(t)).map(|t| t.table.sql()).collect();
        let added: Vec<String> = new.tables.iter().filter(|t| !there.contains(t)).map(published).collect();
        let schemas = |wanted: &Publication, other: &Publication| -> Vec<String> {
            wanted.schemas.iter().filter(|s| !other.schemas.contains(s)).map(|s| quote_ident(s)).collect()
        };
        let (fewer, more) = (schemas(old, new), schemas(new, old));
        for (verb, what, list) in [
            ("drop", "table only", removed),
            ("drop", "tables in schema", fewer),
            ("add", "table only", added),
            ("add", "tables in schema", more),
        ] {
            if !list.is_empty() {
                let between = if what == "table only" { ", only " } else { ", " };
                self.say(format!("{alter} {verb} {what} {}", list.join(between)));
            }
        }
        if old.operations != new.operations {
            self.say(format!("{alter} set (publish = {})", quote_literal(&new.operations.join(", "))));
        }
        if old.via_root != new.via_root {
            self.say(format!("{alter} set (publish_via_partition_root = {})", new.via_root));
        }
    }
}

fn published(table: &PublishedTable) -> String {
    let columns = table.columns.as_ref().map(|c| format!(" ({})", text::names(c))).unwrap_or_default();
    let filter = table.filter.as_ref().map(|f| format!(" where ({f})")).unwrap_or_default();
    format!("{}{columns}{filter}", table.table.sql())
}
