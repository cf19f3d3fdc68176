//! What catalogue and statistics know about one table or materialized view, in the words the advisor needs.

use architrave_model::catalog::{Catalog, Index, Table, TypeDef, TypeKind};
use architrave_model::stats::{ColumnStats, Stats};
use architrave_model::{QualifiedName, stats::TableStats};

/// Catalogue and statistics together.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Catalogue.
    pub catalog: &'a Catalog,
    /// Statistics, when there are some.
    pub stats: Option<&'a Stats>,
    /// Major version of the server: b-trees share equal keys from 13 on.
    pub major: u16,
}

/// A table or materialized view that may get indexes.
#[derive(Debug, Clone)]
pub struct Relation<'a> {
    /// Name.
    pub name: QualifiedName,
    /// The table; none for materialized views.
    pub table: Option<&'a Table>,
    /// Existing indexes.
    pub indexes: &'a [Index],
    /// Rows; with partitions, those of all.
    pub rows: f64,
    /// Pages of 8 KiB; with partitions, those of all.
    pub pages: f64,
    /// Partitions that hold the rows, 1 for an ordinary table.
    pub parts: f64,
    /// B-trees merge equal keys into posting lists.
    pub deduplicates: bool,
    /// Columns in order.
    pub columns: Vec<Column<'a>>,
}

/// One column.
#[derive(Debug, Clone)]
pub struct Column<'a> {
    /// Name.
    pub name: &'a str,
    /// Type without modifier and brackets; the underlying one of a domain.
    pub base_type: String,
    /// Array.
    pub array: bool,
    /// An enum.
    pub is_enum: bool,
    /// NOT NULL.
    pub not_null: bool,
    /// Has a collation of its own, which may not be deterministic.
    pub collated: bool,
    /// Statistics, when gathered and readable.
    pub stats: Option<&'a ColumnStats>,
    rows: f64,
    /// Distinct values at least, for what else is known of the column.
    at_least: f64,
}

impl<'a> Facts<'a> {
    /// The relation that would carry an index for scans of this one: a partition's uppermost parent, else itself. None for what
    /// cannot carry one (foreign tables, plain views, tables of extensions, unknown names).
    pub fn relation(&self, name: &QualifiedName) -> Option<Relation<'a>> {
        if let Some(table) = self.catalog.table_named(name) {
            let table = self.uppermost(table);
            if table.kind == architrave_model::catalog::TableKind::Foreign || table.extension.is_some() {
                return None;
            }
            return Some(self.of_table(table));
        }
        let view = self.catalog.view(&name.schema, &name.name).filter(|v| v.materialized && v.extension.is_none())?;
        let (rows, pages) = self.size_of(name);
        let columns = view.columns.iter().map(|c| self.column(name, &c.name, &c.data_type, (false, false, false), rows)).collect();
        Some(Relation {
            name: name.clone(),
            table: None,
            indexes: &view.indexes,
            rows,
            pages,
            parts: 1.0,
            deduplicates: self.major >= 13,
            columns,
        })
    }

    fn uppermost(&self, table: &'a Table) -> &'a Table {
        let mut at = table;
        for _ in 0..16 {
            let parent = at.is_partition.then(|| at.parents.first()).flatten().and_then(|p| self.catalog.table_named(p));
            match parent {
                Some(parent) => at = parent,
                None => break,
            }
        }
        at
    }

    fn of_table(&self, table: &'a Table) -> Relation<'a> {
        let leaves = self.leaves(table);
        let partitioned = table.partitioning.is_some();
        let (mut rows, mut pages) = (0.0, 0.0);
        for leaf in &leaves {
            let (r, p) = self.size_of(&leaf.name);
            rows += r;
            pages += p;
        }
        let column = |c: &'a architrave_model::catalog::Column| {
            self.column(&table.name, &c.name, &c.data_type, (partitioned, c.not_null, c.collation.is_some()), rows)
        };
        let mut columns: Vec<Column<'_>> = table.columns.iter().map(column).collect();
        // Sampling by blocks sees too few values of a column whose equal values lie together. A reference without favourites has
        // nearly as many as there are rows to refer to.
        for (key, reference) in table.foreign_keys().filter(|(key, _)| key.columns.len() == 1) {
            let referenced = self.size_of(&reference.table).0.min(rows);
            let together = columns.iter_mut().find(|c| key.columns.iter().any(|k| k == c.name));
            if let Some(column) = together.filter(|c| c.correlation() > 0.9 && c.common().is_empty()) {
                column.at_least = referenced * 0.9;
            }
        }
        let parts = leaves.len().max(1) as f64;
        Relation {
            name: table.name.clone(),
            table: Some(table),
            indexes: &table.indexes,
            rows,
            pages,
            parts,
            deduplicates: self.major >= 13,
            columns,
        }
    }

    /// The partitions with rows below a table; the table itself when it is not partitioned.
    fn leaves(&self, table: &'a Table) -> Vec<&'a Table> {
        if table.partitioning.is_none() {
            return vec![table];
        }
        let mut leaves = Vec::new();
        let mut open = vec![&table.name];
        while let Some(name) = open.pop() {
            for child in self.catalog.tables.iter().filter(|t| t.is_partition && t.parents.contains(name)) {
                if child.partitioning.is_some() { open.push(&child.name) } else { leaves.push(child) }
            }
        }
        leaves
    }

    fn size_of(&self, name: &QualifiedName) -> (f64, f64) {
        let stats: Option<&TableStats> = self.stats.and_then(|s| s.table(name));
        let rows = stats.and_then(TableStats::row_estimate).unwrap_or(0.0);
        let pages = stats.map_or(0.0, |s| (s.pages as f64).max(s.table_bytes.map_or(0.0, |b| (b as f64 / 8192.0).floor())));
        (rows, pages)
    }

    fn column(&self, table: &QualifiedName, name: &'a str, data_type: &str, marks: (bool, bool, bool), rows: f64) -> Column<'a> {
        let (partitioned, not_null, collated) = marks;
        let array = data_type.ends_with("[]");
        let mut base_type = base_of(data_type);
        let mut is_enum = false;
        for _ in 0..8 {
            match self.user_type(&base_type).map(|t| &t.kind) {
                Some(TypeKind::Domain { base, .. }) => base_type = base_of(base),
                Some(TypeKind::Enum { .. }) => {
                    is_enum = true;
                    break;
                }
                _ => break,
            }
        }
        let own = |inherited: bool| {
            let all = self.stats.map_or(&[][..], |s| &s.columns);
            let key = (table, name, inherited);
            all.binary_search_by(|c| (&c.table, c.column.as_str(), c.inherited).cmp(&key)).ok().and_then(|at| all.get(at))
        };
        let stats = if partitioned { own(true).or_else(|| own(false)) } else { own(false).or_else(|| own(true)) };
        Column { name, base_type, array, is_enum, not_null, collated, stats, rows, at_least: 0.0 }
    }

    fn user_type(&self, printed: &str) -> Option<&'a TypeDef> {
        let bare = printed.rsplit('.').next().unwrap_or(printed).trim_matches('"');
        self.catalog.types.iter().find(|t| t.name.to_string() == printed || t.name.sql() == printed || t.name.name == bare)
    }

    /// Whether an extension is installed (not a stand-in).
    pub fn extension(&self, name: &str) -> Option<&'a architrave_model::catalog::Extension> {
        self.catalog.extension(name).filter(|e| !e.stub)
    }
}

fn base_of(data_type: &str) -> String {
    architrave_model::catalog::Column { data_type: data_type.to_owned(), ..Default::default() }.base_type()
}

impl<'a> Relation<'a> {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&Column<'a>> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// Average width of the columns of a row, bytes.
    pub fn row_width(&self) -> f64 {
        self.columns.iter().map(Column::width).sum()
    }

    /// Distinct combinations of these columns among the non-null rows: never above the rows.
    pub fn distinct<'c>(&self, columns: impl Iterator<Item = &'c str>) -> f64 {
        let mut product: f64 = 1.0;
        let mut names: Vec<&str> = Vec::new();
        for name in columns {
            names.push(name);
            product *= self.column(name).map_or(200.0, |column| self.distinct_in_truth(column));
            product = product.min(1e15);
        }
        let unique = self.table.is_some_and(|t| t.is_unique_over(&names)) || names.iter().any(|n| self.is_key_like(n));
        if names.len() < 2 || unique {
            return if unique { self.rows.max(1.0) } else { product.min(self.rows.max(1.0)) };
        }
        spread(self.rows, product)
    }
}

impl Relation<'_> {
    /// Whether nearly every row has its own value in this column.
    fn is_key_like(&self, name: &str) -> bool {
        self.column(name).is_some_and(|c| c.distinct() >= self.rows * 0.99)
    }
}

/// Rows that ANALYZE samples: 300 times the default statistics target.
const SAMPLE: f64 = 30_000.0;
/// From this correlation on, equal values are thought to lie side by side.
const SIDE_BY_SIDE: f64 = 0.98;

impl Relation<'_> {
    /// Distinct values of a column, where ANALYZE is known to be far off: when the few rows of each value lie side by side, as those of an
    /// order do, its sample of blocks sees pairs that a sample of rows would not, and takes the values for far fewer. The pairs that it
    /// must have seen tell how many rows of a block are equal.
    fn distinct_in_truth(&self, column: &Column<'_>) -> f64 {
        let (told, rows, blocks) = (column.distinct(), self.rows, self.pages);
        if column.correlation() < SIDE_BY_SIDE || rows <= SAMPLE || blocks < 1.0 || told >= rows {
            return told;
        }
        // The estimator of ANALYZE, solved for the number of pairs; and the pairs from one block that the sample has.
        let seen = SAMPLE * SAMPLE * (1.0 - told / rows) / (2.0 * told * (1.0 - SAMPLE / rows) + SAMPLE);
        let from_one_block = SAMPLE * SAMPLE / (2.0 * SAMPLE.min(blocks));
        let equal = seen / from_one_block;
        if equal > 0.5 {
            // Runs as long as a block and longer are counted well.
            return told;
        }
        let run = 1.0 + equal * (rows / blocks - 1.0).max(0.0);
        (rows / run).clamp(told, rows)
    }
}

/// How many of `cells` equally likely values `rows` draws show.
fn spread(rows: f64, cells: f64) -> f64 {
    if rows <= 1.0 || cells >= rows * 1e4 {
        return rows.max(1.0);
    }
    if cells * 20.0 < rows {
        return cells.max(1.0);
    }
    (cells * (1.0 - (-rows / cells).exp())).clamp(1.0, rows)
}

impl Column<'_> {
    /// Distinct values, a count.
    pub fn distinct(&self) -> f64 {
        let non_null = (self.rows * (1.0 - self.null_fraction())).max(1.0);
        match self.stats.map(|s| s.distinct) {
            Some(share) if share < 0.0 => (-share * self.rows).clamp(1.0, non_null),
            Some(count) if count > 0.0 => count.max(self.at_least).min(non_null),
            _ if self.base_type == "boolean" => 2.0,
            _ => 200.0_f64.min(non_null),
        }
    }

    /// Share of NULLs.
    pub fn null_fraction(&self) -> f64 {
        if self.not_null { 0.0 } else { self.stats.map_or(0.0, |s| s.null_fraction) }
    }

    /// Average width of a value, bytes.
    pub fn width(&self) -> f64 {
        let measured = self.stats.map(|s| f64::from(s.average_width)).filter(|w| *w > 0.0);
        measured.unwrap_or_else(|| self.fixed().map_or(33.0, |(length, _)| f64::from(length)))
    }

    /// Length and alignment of types with a fixed length; none for those of variable length.
    pub fn fixed(&self) -> Option<(u16, u16)> {
        if self.array {
            return None;
        }
        if self.is_enum {
            return Some((4, 4));
        }
        Some(match self.base_type.as_str() {
            "boolean" | "\"char\"" => (1, 1),
            "smallint" => (2, 2),
            "integer" | "real" | "date" | "oid" | "xid" | "regclass" => (4, 4),
            "bigint"
            | "double precision"
            | "timestamp without time zone"
            | "timestamp with time zone"
            | "time without time zone"
            | "money"
            | "xid8"
            | "pg_lsn" => (8, 8),
            "time with time zone" => (12, 8),
            "interval" | "point" => (16, 8),
            "uuid" => (16, 1),
            "macaddr" => (6, 4),
            "macaddr8" => (8, 4),
            "name" => (64, 1),
            "tid" => (6, 2),
            _ => return None,
        })
    }

    /// Whether all values seem to have the same length, as hashes and codes have: those that statistics list do.
    pub fn one_length(&self) -> bool {
        let listed = |text: &Option<String>| text.as_deref().map(elements).unwrap_or_default();
        let Some(stats) = self.stats else { return false };
        let mut lengths = listed(&stats.histogram_bounds).into_iter().chain(listed(&stats.most_common_values)).map(|v| v.chars().count());
        lengths.next().is_some_and(|first| lengths.all(|l| l == first))
    }

    /// Whether equal values are always the same bytes, which b-tree deduplication needs.
    pub fn equal_is_same_image(&self) -> bool {
        !self.array
            && !self.collated
            && (self.is_enum || !matches!(self.base_type.as_str(), "numeric" | "real" | "double precision" | "jsonb" | "interval"))
            && !self.base_type.ends_with("range")
    }

    /// Physical against logical order, 0–1; 0 when unknown.
    pub fn correlation(&self) -> f64 {
        self.stats.and_then(|s| s.correlation).map_or(0.0, f64::abs)
    }

    /// Frequencies of most-common values, 0–1.
    pub fn common(&self) -> &[f64] {
        self.stats.and_then(|s| s.most_common_frequencies.as_deref()).unwrap_or(&[])
    }

    /// Share of rows that equal this constant (as PostgreSQL prints it, quotes and cast included).
    pub fn frequency(&self, constant: &str) -> f64 {
        let value = bare(constant);
        let values = self.stats.and_then(|s| s.most_common_values.as_deref()).map(elements).unwrap_or_default();
        let at = values.iter().position(|v| *v == value || (self.base_type == "boolean" && v.starts_with(&value[..value.len().min(1)])));
        if let Some(found) = at.and_then(|at| self.common().get(at)) {
            return *found;
        }
        let rest = (1.0 - self.null_fraction() - self.common().iter().sum::<f64>()).max(0.0);
        let others = (self.distinct() - self.common().len() as f64).max(1.0);
        rest / others
    }
}

/// The text inside a printed constant: `'open'::text` is `open`, `5` is `5`.
pub fn bare(constant: &str) -> String {
    let trimmed = constant.trim().trim_start_matches('E');
    if let Some(rest) = trimmed.strip_prefix('\'') {
        let end = closing_quote(rest);
        return rest[..end].replace("''", "'");
    }
    trimmed.split("::").next().unwrap_or(trimmed).trim_matches(['(', ')']).to_owned()
}

fn closing_quote(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'\'' {
            if bytes.get(at + 1) == Some(&b'\'') {
                at += 1;
            } else {
                return at;
            }
        }
        at += 1;
    }
    bytes.len()
}

/// Elements of a one-dimensional array's text: `{a,"b c",NULL}`.
pub fn elements(text: &str) -> Vec<String> {
    let inner = text.trim().strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or("");
    let (mut all, mut one) = (Vec::new(), String::new());
    let (mut quoted, mut escaped, mut any) = (false, false, false);
    for c in inner.chars() {
        any = true;
        match c {
            _ if escaped => {
                one.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => all.push(std::mem::take(&mut one)),
            _ => one.push(c),
        }
    }
    if any {
        all.push(one);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn array_texts_come_apart() {
        assert_eq!(elements("{open,\"in, part\",\"a\\\"b\"}"), ["open", "in, part", "a\"b"]);
        assert_eq!(elements("{}"), Vec::<String>::new());
    }

    #[test]
    fn constants_lose_quotes_and_casts() {
        assert_eq!(bare("'it''s'::text"), "it's");
        assert_eq!(bare("5::bigint"), "5");
        assert_eq!(bare("'2024-01-01'::date"), "2024-01-01");
    }

    #[test]
    fn few_rows_over_many_cells_are_mostly_distinct() {
        assert!(spread(1000.0, 1e9) > 999.0);
        assert!((spread(1e6, 10.0) - 10.0).abs() < 1e-9);
        let half = spread(1000.0, 1000.0);
        assert!(half > 620.0 && half < 640.0);
    }

    /// TPC-H's line items: ANALYZE says 370,000 orders, there are 1,500,000 with one to seven lines each, in the order of their table.
    #[test]
    fn runs_within_a_block_are_counted_again() {
        let relation = |distinct: f64, correlation: f64, check: &dyn Fn(f64)| {
            let stats = ColumnStats { distinct, correlation: Some(correlation), ..ColumnStats::default() };
            let column = Column {
                name: "l_orderkey",
                base_type: "bigint".to_owned(),
                array: false,
                is_enum: false,
                not_null: true,
                collated: false,
                stats: Some(&stats),
                rows: 6_000_000.0,
                at_least: 0.0,
            };
            let relation = Relation {
                name: QualifiedName::new("public", "lineitem"),
                table: None,
                indexes: &[],
                rows: 6_000_000.0,
                pages: 112_500.0,
                parts: 1.0,
                deduplicates: true,
                columns: vec![column],
            };
            check(relation.distinct(std::iter::once("l_orderkey")));
        };
        relation(370_000.0, 1.0, &|found| assert!((1_100_000.0..1_600_000.0).contains(&found), "{found}"));
        // Scattered values, and runs longer than a block, are as ANALYZE says.
        relation(370_000.0, 0.3, &|found| assert!(found < 380_000.0, "{found}"));
        relation(2_500.0, 1.0, &|found| assert!((found - 2_500.0).abs() < 1.0, "{found}"));
    }
}
