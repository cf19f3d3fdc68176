//! Views of the catalogue that several rules take: whatever carries indexes, partitions of a table, keys that refer to it.

use architrave_model::catalog::{Column, Constraint, Index, Reference, Sequence, Table, TableKind};
use architrave_model::name::ObjectRef;
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Context, ObjectKind, QualifiedName};
use std::collections::BTreeMap;

/// A table or materialized view with its indexes.
#[derive(Clone, Copy)]
pub(crate) struct Indexed<'a> {
    pub(crate) name: &'a QualifiedName,
    pub(crate) indexes: &'a [Index],
    /// None for a materialized view.
    pub(crate) table: Option<&'a Table>,
}

impl Indexed<'_> {
    pub(crate) fn is_partitioned(&self) -> bool {
        self.table.is_some_and(|t| t.kind == TableKind::Partitioned)
    }

    pub(crate) fn index_ref(&self, index: &Index) -> ObjectRef {
        ObjectRef::in_table(ObjectKind::Index, self.name, &index.name)
    }
}

/// Everything reviewed that carries indexes.
pub(crate) fn indexed<'a>(scope: &Scope<'a>, catalog: &'a Catalog) -> Vec<Indexed<'a>> {
    let tables = scope.tables().map(|t| Indexed { name: &t.name, indexes: &t.indexes, table: Some(t) });
    let views = catalog.views.iter().filter(|v| v.materialized && v.extension.is_none() && scope.covers(&v.name.schema));
    tables.chain(views.map(|v| Indexed { name: &v.name, indexes: &v.indexes, table: None })).collect()
}

/// Direct partitions.
pub(crate) fn partitions_of<'a>(catalog: &'a Catalog, table: &Table) -> Vec<&'a Table> {
    catalog.tables.iter().filter(|t| t.is_partition && t.parents.first() == Some(&table.name)).collect()
}

/// A foreign key with the table it is on.
#[derive(Clone, Copy)]
pub(crate) struct Referrer<'a> {
    pub(crate) table: &'a Table,
    pub(crate) key: &'a Constraint,
    pub(crate) reference: &'a Reference,
}

/// Foreign keys by the table they refer to.
pub(crate) struct Referrers<'a> {
    by_table: BTreeMap<&'a QualifiedName, Vec<Referrer<'a>>>,
}

impl<'a> Referrers<'a> {
    pub(crate) fn of(catalog: &'a Catalog) -> Self {
        let mut by_table: BTreeMap<&QualifiedName, Vec<Referrer<'_>>> = BTreeMap::new();
        for table in &catalog.tables {
            for (key, reference) in table.foreign_keys() {
                by_table.entry(&reference.table).or_default().push(Referrer { table, key, reference });
            }
        }
        Self { by_table }
    }

    pub(crate) fn to(&self, table: &QualifiedName) -> &[Referrer<'a>] {
        self.by_table.get(table).map_or(&[], Vec::as_slice)
    }

    /// Whether a foreign key refers to exactly these columns, in any order.
    pub(crate) fn name_columns(&self, table: &QualifiedName, columns: &[&str]) -> bool {
        self.to(table)
            .iter()
            .any(|r| r.reference.columns.len() == columns.len() && r.reference.columns.iter().all(|c| columns.contains(&c.as_str())))
    }
}

/// Sequences by the column that owns them.
pub(crate) fn owned_sequences(catalog: &Catalog) -> BTreeMap<(&QualifiedName, &str), &Sequence> {
    catalog.sequences.iter().filter_map(|s| Some(((s.owned_by_table.as_ref()?, s.owned_by_column.as_deref()?), s))).collect()
}

/// Columns by the sequence that they take their values from: by a default, or as identity.
pub(crate) struct Feeding<'a> {
    by_sequence: BTreeMap<String, Vec<(&'a Table, &'a Column)>>,
}

impl<'a> Feeding<'a> {
    pub(crate) fn of(catalog: &'a Catalog) -> Self {
        let identities: BTreeMap<(&QualifiedName, &str), &Sequence> =
            owned_sequences(catalog).into_iter().filter(|(_, s)| s.identity).collect();
        let mut by_sequence: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for table in &catalog.tables {
            for column in table.columns.iter().filter(|c| !c.inherited && c.takes_from_sequence()) {
                let named = || Some(column.default.as_deref()?.split_once("nextval('")?.1.split_once("'::regclass")?.0.to_owned());
                let name = match column.identity {
                    Some(_) => identities.get(&(&table.name, column.name.as_str())).map(|s| s.name.sql()),
                    None => named(),
                };
                by_sequence.entry(name.unwrap_or_default()).or_default().push((table, column));
            }
        }
        Self { by_sequence }
    }

    /// The columns that this sequence feeds; inherited ones are their parent's.
    pub(crate) fn by(&self, sequence: &Sequence) -> &[(&'a Table, &'a Column)] {
        self.by_sequence.get(&sequence.name.sql()).map_or(&[], Vec::as_slice)
    }
}

/// Bytes of one index, when measured.
pub(crate) fn index_bytes(context: &Context<'_>, schema: &str, index: &str) -> Option<i64> {
    context.stats?.index(schema, index)?.bytes
}

/// A name with each of its numbers as `#`: `events_2026_11` is `events_#_#`. None without a number, or when one comes first.
pub(crate) fn number_stem(name: &str) -> Option<String> {
    let mut stem = String::new();
    for c in name.chars() {
        if !c.is_ascii_digit() {
            stem.push(c);
        } else if !stem.ends_with('#') {
            stem.push('#');
        }
    }
    (stem.contains('#') && !stem.starts_with('#')).then_some(stem)
}

/// Whether both have the same columns in the same order.
pub(crate) fn same_columns(a: &Table, b: &Table) -> bool {
    a.columns.len() == b.columns.len() && a.columns.iter().zip(&b.columns).all(|(x, y)| x.name == y.name && x.data_type == y.data_type)
}
