//! Rows for the tables of a script, each value a function of the row's number, and what the tables hold in the end.

use crate::ground::{PassageError, rows};
use architrave_model::catalog::{Column, Identity, Table, TableKind, TriggerEvent, TypeKind};
use architrave_model::migration::{Action, Migrations, Relation};
use architrave_model::name::quote_ident;
use architrave_model::{Catalog, QualifiedName};
use architrave_postgres::Client;
use std::collections::{BTreeMap, BTreeSet};

/// Rows of one table.
const ROWS: u32 = 300;

/// The tables that a script locks or names, those that their foreign keys refer to before them; partitions by their root.
pub(super) fn wanted<'c>(migrations: &Migrations, script: usize, catalog: &'c Catalog) -> Vec<&'c Table> {
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    for step in migrations.of_script(script) {
        let locked = step.effect.locks.iter().filter(|l| l.existed && matches!(l.kind, Relation::Table | Relation::PartitionedTable));
        let named = step.actions.iter().filter_map(Action::table);
        for name in locked.map(|l| &l.relation).chain(named) {
            add(name, catalog, &mut seen, &mut out);
        }
    }
    out
}

fn add<'c>(name: &QualifiedName, catalog: &'c Catalog, seen: &mut BTreeSet<&'c QualifiedName>, out: &mut Vec<&'c Table>) {
    let Some(table) = catalog.table_named(name) else { return };
    if !seen.insert(&table.name) {
        return;
    }
    for (_, reference) in table.foreign_keys() {
        add(&reference.table, catalog, seen, out);
    }
    if table.is_partition {
        for parent in &table.parents {
            add(parent, catalog, seen, out);
        }
    } else if table.kind != TableKind::Foreign && table.extension.is_none() {
        out.push(table);
    }
}

/// Puts rows into the tables; gives the names of those that took some.
pub(super) async fn fill(client: &Client, catalog: &Catalog, tables: &[&Table]) -> Vec<String> {
    let mut filled = Vec::new();
    // Triggers of the project run here.
    let _limited = client.batch_execute("set statement_timeout = '10s'").await;
    for table in tables {
        for required_only in [false, true] {
            let Some(insert) = insert(table, catalog, required_only) else { continue };
            let all = format!("{insert} from generate_series(1, {ROWS}) n");
            let each = format!(
                "do $rows$ begin for n in 1..{ROWS} loop begin {insert} where true; exception when others then null; end; end loop; end $rows$"
            );
            // A refusal leaves the table as it was: a trial on an empty table is one, too.
            let done = client.batch_execute(&all).await.is_ok() || client.batch_execute(&each).await.is_ok();
            let sql = format!("select exists (select from {})", table.name.sql());
            let some = done && matches!(client.query_one(&sql, &[]).await.and_then(|row| row.try_get::<_, bool>(0)), Ok(true));
            if some {
                filled.push(table.name.to_string());
                break;
            }
        }
        let _analyzed = client.batch_execute(&format!("analyze {}", table.name.sql())).await;
    }
    filled
}

/// `insert into t (…) select …`, of row number `n`.
fn insert(table: &Table, catalog: &Catalog, required_only: bool) -> Option<String> {
    let (mut columns, mut values) = (Vec::new(), Vec::new());
    for column in table.columns.iter().filter(|c| c.generated.is_none()) {
        let has_default = column.default.is_some() && !column.takes_from_sequence();
        if required_only && (!column.not_null || has_default) {
            continue;
        }
        match value(table, column, catalog, 0) {
            Some(value) => {
                columns.push(quote_ident(&column.name));
                values.push(value);
            }
            None if column.not_null && column.default.is_none() && column.identity.is_none() => return None,
            None => {}
        }
    }
    if columns.is_empty() {
        return None;
    }
    let always = table.columns.iter().any(|c| c.identity == Some(Identity::Always));
    let overriding = if always { " overriding system value" } else { "" };
    Some(format!("insert into {} ({}){overriding} select {}", table.name.sql(), columns.join(", "), values.join(", ")))
}

/// The value of row `n`; of a foreign key that of the column it refers to.
fn value(table: &Table, column: &Column, catalog: &Catalog, depth: u32) -> Option<String> {
    let key = table.foreign_keys().find_map(|(key, reference)| {
        let at = key.columns.iter().position(|c| *c == column.name)?;
        Some((reference, reference.columns.get(at)?))
    });
    if let Some((reference, name)) = key
        && depth < 8
        && reference.table != table.name
    {
        let other = catalog.table_named(&reference.table)?;
        let value = value(other, other.column(name)?, catalog, depth + 1)?;
        return Some(format!("({value})::{}", column.data_type));
    }
    typed(&column.data_type, catalog)
}

fn typed(data_type: &str, catalog: &Catalog) -> Option<String> {
    let own = catalog.types.iter().find(|t| t.name.sql() == data_type || t.name.to_string() == data_type);
    match own.map(|t| &t.kind) {
        Some(TypeKind::Enum { .. }) => {
            return Some(format!("(enum_range(null::{data_type}))[1 + n % cardinality(enum_range(null::{data_type}))]"));
        }
        Some(TypeKind::Domain { base, .. }) => return typed(base, catalog).map(|v| format!("({v})::{data_type}")),
        Some(_) => return None,
        None => {}
    }
    if data_type.ends_with("[]") {
        return Some(format!("'{{}}'::{data_type}"));
    }
    let base = data_type.split('(').next().unwrap_or_default().trim_end();
    let value = match base {
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" | "oid" => "n",
        "text" | "citext" | "name" => "'v' || n",
        "character varying" | "character" => "n::text",
        "boolean" => "n % 2 = 0",
        "uuid" => "md5(n::text)::uuid",
        "date" => "date '2024-01-01' + n",
        "timestamp" | "timestamp without time zone" | "timestamp with time zone" => "timestamp '2024-01-01' + n * interval '1 hour'",
        "time" | "time without time zone" | "time with time zone" => "time '00:00' + n * interval '1 minute'",
        "interval" => "n * interval '1 minute'",
        "json" | "jsonb" => "json_build_object('n', n)",
        "bytea" => "decode(md5(n::text), 'hex')",
        "inet" | "cidr" => "('10.0.' || n / 256 || '.' || n % 256)::inet",
        _ => return None,
    };
    Some(format!("({value})::{data_type}"))
}

/// What the tables of a database hold.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) tables: BTreeMap<QualifiedName, Rows>,
}

impl Content {
    /// Compares with a second run of the same script.
    pub(super) fn note_varying(&mut self, again: &Self) {
        for (table, rows) in &mut self.tables {
            for (column, values) in &mut rows.columns {
                let second = again.tables.get(table).and_then(|rows| rows.columns.get(column));
                values.varies |= second.is_none_or(|second| second.digest != values.digest);
            }
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) rows: i64,
    pub(super) columns: BTreeMap<String, Values>,
}

/// The values of one column.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Values {
    /// Those that are not NULL.
    pub(super) given: i64,
    /// Of all values, in the order of the first key column where there is one.
    pub(super) digest: String,
    /// Another each time the script runs, or a time that a trigger of the table may have set.
    pub(super) varies: bool,
}

/// Tables that are asked about at once.
const TABLES_AT_ONCE: usize = 100;

/// Digests of all tables that have rows, column by column, paired with the key of the row. What the role may not read is left out.
pub(super) async fn content(client: &Client, catalog: &Catalog, before: &Catalog) -> Result<Content, PassageError> {
    let mut content = Content::default();
    let own = |t: &&Table| !t.is_partition && t.kind != TableKind::Foreign && t.extension.is_none();
    let tables: Vec<&Table> = catalog.tables.iter().filter(own).collect();
    for some in tables.chunks(TABLES_AT_ONCE) {
        for table in with_rows(client, some).await {
            if let Some(rows) = digests(client, table, before.table_named(&table.name)).await? {
                content.tables.insert(table.name.clone(), rows);
            }
        }
    }
    Ok(content)
}

/// Those that have a row, asked together; one after the other where one of them may not be read.
async fn with_rows<'c>(client: &Client, tables: &[&'c Table]) -> Vec<&'c Table> {
    let ask = async |some: &[&'c Table]| -> Option<Vec<&'c Table>> {
        let parts: Vec<String> =
            some.iter().enumerate().map(|(at, t)| format!("select {at} where exists (select from {})", t.name.sql())).collect();
        let answer = client.simple_query(&parts.join(" union all ")).await.ok()?;
        let numbers = rows(&answer).into_iter().flatten().flatten().filter_map(|number| number.parse::<usize>().ok());
        Some(numbers.filter_map(|at| some.get(at).copied()).collect())
    };
    if let Some(found) = ask(tables).await {
        return found;
    }
    let mut found = Vec::new();
    for table in tables {
        found.extend(ask(&[*table]).await.unwrap_or_default());
    }
    found
}

/// One digest for each column; `before` is the table as it was before the script.
async fn digests(client: &Client, table: &Table, before: Option<&Table>) -> Result<Option<Rows>, PassageError> {
    let doing = || PassageError::doing("compare rows");
    // Rows are told apart by a key that was there before, under whatever name: its text goes with every value.
    let known = |c: &String| before.is_none_or(|t| t.column(c).is_some());
    let key = table.primary_key().filter(|k| k.columns.iter().all(known)).map(|k| k.columns.clone()).unwrap_or_default();
    let key: Vec<String> = key.iter().map(|c| format!("{}::text", quote_ident(c))).chain(["''".to_owned()]).collect();
    let of_column = |c: &Column| {
        let name = quote_ident(&c.name);
        let pair = format!("concat_ws('/', {}, coalesce({name}::text, '<null>'))", key.join(", "));
        format!(", count({name}), md5(string_agg({pair}, ',' order by {pair}))")
    };
    let parts: String = table.columns.iter().map(of_column).collect();
    let row = client.query_one(&format!("select count(*){parts} from {}", table.name.sql()), &[]).await.map_err(doing())?;
    let rows: i64 = row.try_get(0).map_err(doing())?;
    if rows == 0 {
        return Ok(None);
    }
    let triggers = before.unwrap_or(table).triggers.iter().any(|t| t.row && t.events.contains(&TriggerEvent::Update));
    let mut columns = BTreeMap::new();
    for (at, column) in table.columns.iter().enumerate() {
        let given = row.try_get(1 + 2 * at).map_err(doing())?;
        let digest: Option<String> = row.try_get(2 + 2 * at).map_err(doing())?;
        let varies = triggers && column.data_type.starts_with("time");
        columns.insert(column.name.clone(), Values { given, digest: digest.unwrap_or_default(), varies });
    }
    Ok(Some(Rows { rows, columns }))
}
