//! Rows for the tables that a query reads, under all constraints of the schema.

use super::domain::Domains;
use architrave_model::catalog::{Identity, Table, TypeKind};
use architrave_model::name::quote_ident;
use architrave_model::{Catalog, QualifiedName};
use architrave_postgres::{Client, DriverError};
use std::collections::BTreeSet;

/// What a round put into the tables.
pub(super) struct Filled {
    pub(super) tables: Vec<QualifiedName>,
    /// Rows that were accepted, in order.
    pub(super) inserts: Vec<String>,
}

/// The tables that a statement reads, parents of foreign keys before their children and added where they are missing. PostgreSQL
/// tells what it reads: the locks of planning it.
pub(super) async fn tables(client: &Client, sql: &str, parameters: usize, catalog: &Catalog) -> Result<Vec<QualifiedName>, DriverError> {
    let nulls = vec!["null"; parameters].join(", ");
    let arguments = if parameters == 0 { String::new() } else { format!(" ({nulls})") };
    client.batch_execute(&format!("begin; prepare tried as {sql}; explain execute tried{arguments}")).await?;
    let rows = client
        .query(
            "select n.nspname, c.relname from pg_locks l join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace \
             where l.pid = pg_backend_pid() and l.locktype = 'relation' and c.relkind in ('r', 'p') and n.nspname not like 'pg\\_%' \
             and n.nspname <> 'information_schema' order by 1, 2",
            &[],
        )
        .await?;
    client.batch_execute("rollback; deallocate tried").await?;
    let mut wanted: Vec<QualifiedName> = Vec::new();
    let mut seen = BTreeSet::new();
    for row in rows {
        add(&QualifiedName::new(row.get::<_, String>(0), row.get::<_, String>(1)), catalog, &mut seen, &mut wanted);
    }
    Ok(wanted)
}

fn add(name: &QualifiedName, catalog: &Catalog, seen: &mut BTreeSet<QualifiedName>, wanted: &mut Vec<QualifiedName>) {
    let Some(table) = catalog.table_named(name) else { return };
    if !seen.insert(name.clone()) {
        return;
    }
    for (_, reference) in table.foreign_keys() {
        add(&reference.table, catalog, seen, wanted);
    }
    // Rows reach partitions through their parent.
    if table.is_partition {
        for parent in &table.parents {
            add(parent, catalog, seen, wanted);
        }
    } else {
        wanted.push(name.clone());
    }
}

/// Empties the tables and fills them anew. Rows that a constraint refuses are left out.
pub(super) async fn fill(
    client: &Client,
    catalog: &Catalog,
    tables: &[QualifiedName],
    domains: &mut Domains,
    rows: usize,
) -> Result<Filled, DriverError> {
    empty(client, tables).await?;
    let mut inserts = Vec::new();
    for name in tables {
        let Some(table) = catalog.table_named(name) else { continue };
        // A table may be empty: NOT IN and outer joins care.
        let most = if domains.below(10) == 0 { 0 } else { 1 + domains.below(rows) };
        for _ in 0..most {
            let insert = insert(table, catalog, domains);
            if client.batch_execute(&insert).await.is_ok() {
                inserts.push(insert);
            }
        }
    }
    Ok(Filled { tables: tables.to_vec(), inserts })
}

async fn empty(client: &Client, tables: &[QualifiedName]) -> Result<(), DriverError> {
    let names: Vec<String> = tables.iter().map(QualifiedName::sql).collect();
    client.batch_execute(&format!("truncate {} cascade", names.join(", "))).await
}

fn insert(table: &Table, catalog: &Catalog, domains: &mut Domains) -> String {
    let (mut columns, mut values) = (Vec::new(), Vec::new());
    for column in &table.columns {
        if column.generated.is_some() {
            continue;
        }
        let known = literal(&column.data_type, catalog, domains);
        let value = match known {
            Some(value) if column.not_null || domains.below(4) > 0 => value,
            None if column.not_null => continue,
            _ => "null".to_owned(),
        };
        columns.push(quote_ident(&column.name));
        values.push(value);
    }
    let always = table.columns.iter().any(|c| c.identity == Some(Identity::Always));
    let overriding = if always { " overriding system value" } else { "" };
    if columns.is_empty() {
        return format!("insert into {} default values", table.name.sql());
    }
    format!("insert into {} ({}){overriding} values ({})", table.name.sql(), columns.join(", "), values.join(", "))
}

/// A literal for a column's type, domains and enums followed.
fn literal(data_type: &str, catalog: &Catalog, domains: &mut Domains) -> Option<String> {
    let own = catalog.types.iter().find(|t| t.name.sql() == data_type || t.name.to_string() == data_type);
    match own.map(|t| &t.kind) {
        Some(TypeKind::Enum { labels }) => domains.literal(data_type, labels),
        Some(TypeKind::Domain { base, .. }) => literal(base, catalog, domains),
        Some(_) => None,
        None => domains.literal(data_type, &[]),
    }
}

/// As few of the rows as still show the difference, which `differ` asks for; they are left in the tables.
pub(super) async fn smallest(client: &Client, filled: &Filled, differ: &str) -> Result<Vec<String>, DriverError> {
    let mut kept = filled.inserts.clone();
    let mut at = kept.len();
    while at > 0 {
        at -= 1;
        let mut fewer = kept.clone();
        fewer.remove(at);
        if shows(client, filled, &fewer, differ).await? {
            kept = fewer;
        }
    }
    shows(client, filled, &kept, differ).await?;
    Ok(kept)
}

/// Whether exactly these rows show it; rows that need a missing one are refused and do not count.
async fn shows(client: &Client, filled: &Filled, inserts: &[String], differ: &str) -> Result<bool, DriverError> {
    empty(client, &filled.tables).await?;
    for insert in inserts {
        if client.batch_execute(insert).await.is_err() {
            return Ok(false);
        }
    }
    Ok(client.query_opt(differ, &[]).await?.is_some())
}
