//! A new index as a fix: built without blocking writers, under a free name, in an order that makes no other index redundant.

use crate::coverage::{duplicate_of, redundant_to};
use crate::relations::partitions_of;
use crate::statements::{Names, columns_sql, lock};
use architrave_model::catalog::{Index, IndexKey, NullsOrder, Table, TableKind};
use architrave_model::finding::{Effect, Fix};
use architrave_model::name::quote_ident;
use architrave_model::{Catalog, Context, QualifiedName};

/// The columns in an order that makes no other index redundant, if there is one: the fix must not leave a new finding behind.
fn order(table: &Table, columns: &[String]) -> Vec<String> {
    let mut rotated = columns.to_vec();
    for _ in columns {
        let new = plain_index(&rotated);
        if table.indexes.iter().all(|i| redundant_to(i, std::slice::from_ref(&new)).is_none()) {
            return rotated;
        }
        rotated.rotate_left(1);
    }
    columns.to_vec()
}

/// Indexes of the table that a new primary key over these columns stands in for.
pub(crate) fn replaced_by_key<'a>(table: &'a Table, columns: &[String]) -> Vec<&'a Index> {
    let key = Index { unique: true, primary: true, ..plain_index(columns) };
    let key = std::slice::from_ref(&key);
    table.indexes.iter().filter(|i| redundant_to(i, key).is_some() || duplicate_of(i, key).is_some()).collect()
}

pub(crate) fn plain_index(columns: &[String]) -> Index {
    let key = |column: &String| IndexKey {
        column: Some(column.clone()),
        expression: None,
        operator_class: None,
        collation: None,
        descending: false,
        nulls: NullsOrder::Last,
    };
    Index::plain("btree", columns.iter().map(key).collect())
}

/// A btree index on these columns, built without blocking writers; on a partitioned table one partition at a time. The columns may come
/// in another order: all are compared for equality.
pub(crate) fn create_index(catalog: &Catalog, names: &mut Names<'_>, context: &Context<'_>, table: &Table, columns: &[String]) -> Fix {
    create_index_in_order(catalog, names, context, table, &order(table, columns))
}

/// Indexes of the table that a new one on these columns contains: other statements no longer need them.
pub(crate) fn contained_in_new<'a>(table: &'a Table, columns: &[String]) -> Vec<&'a Index> {
    let new = plain_index(columns);
    table.indexes.iter().filter(|i| redundant_to(i, std::slice::from_ref(&new)).is_some()).collect()
}

/// The same with the columns in this order: a range or the wanted order of the rows comes last.
pub(crate) fn create_index_in_order(
    catalog: &Catalog,
    names: &mut Names<'_>,
    context: &Context<'_>,
    table: &Table,
    columns: &[String],
) -> Fix {
    let schema = &table.name.schema;
    let name = names.free(schema, &table.name.name, columns, "idx");
    let sql = columns_sql(columns);
    let qualified = QualifiedName::new(schema, &name).sql();
    let title = format!("create an index on {} ({})", table.name, columns.join(", "));
    // An entry of a btree over short keys takes about 20 bytes, 8 more per further column, at 90 % fill.
    let bytes = context.rows(&table.name).map(|rows| (rows * (12.0 + 8.0 * columns.len() as f64) / 0.9) as i64);
    let mut fix = Fix {
        title,
        up: vec![format!("create index concurrently {} on {} ({sql})", quote_ident(&name), table.name.sql())],
        down: vec![format!("drop index concurrently {qualified}")],
        transactional: false,
        effect: Effect {
            locks: vec![lock(&table.name, "ShareUpdateExclusiveLock")],
            rewrites: Vec::new(),
            scans: vec![table.name.to_string()],
            bytes,
        },
        caution: None,
    };
    if table.kind != TableKind::Partitioned {
        return fix;
    }
    fix.down = vec![format!("drop index {qualified}")];
    let partitions = partitions_of(catalog, table);
    if partitions.iter().any(|p| p.kind != TableKind::Ordinary) {
        fix.up = vec![format!("create index {} on {} ({sql})", quote_ident(&name), table.name.sql())];
        fix.transactional = true;
        fix.effect.locks = vec![lock(&table.name, "ShareLock")];
        fix.caution =
            Some("writers wait while it is built; on large partitions build it per partition with CONCURRENTLY and attach it".into());
        return fix;
    }
    fix.up = vec![format!("create index {} on only {} ({sql})", quote_ident(&name), table.name.sql())];
    fix.effect.scans = partitions.iter().map(|p| p.name.to_string()).collect();
    for partition in partitions {
        let own = names.free(&partition.name.schema, &partition.name.name, columns, "idx");
        fix.up.push(format!("create index concurrently {} on {} ({sql})", quote_ident(&own), partition.name.sql()));
        fix.up.push(format!("alter index {qualified} attach partition {}", QualifiedName::new(&partition.name.schema, &own).sql()));
    }
    fix
}
