//! The disturbances: a transaction that is in the way, a cancel request, and rows with equal values.

use crate::ground::{Ground, PassageError, rows};
use architrave_model::Catalog;
use architrave_model::catalog::{Column, Index, Table, TypeKind};
use architrave_model::name::{QualifiedName, quote_ident, quote_literal};
use architrave_model::script::{Script, Statement};
use architrave_postgres::Client;
use architrave_postgres::replay::Stage;
use architrave_postgres::server::Database;
use std::collections::BTreeSet;

/// How a statement ended that was to be cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disturbed {
    /// It waited and was cancelled.
    Cancelled,
    /// It had no need to wait.
    Went,
    /// It failed for another reason.
    Failed,
}

/// Holds a lock on every table as a client that writes does.
const IN_THE_WAY: &str = "begin; do $$ declare t record; begin
    for t in select format('%I.%I', n.nspname, c.relname) as name from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
             where c.relkind in ('r', 'p') and n.nspname !~ '^(pg_|information_schema|architrave_)' loop
        begin execute 'lock table ' || t.name || ' in row exclusive mode'; exception when others then null; end;
    end loop;
end $$";

/// Runs the statement while a transaction of ours is in its way, and cancels it once it waits.
pub(super) async fn cancel(
    ground: &Ground<'_>,
    database: &Database,
    stage: &mut Stage<'_>,
    script: &Script,
    statement: &Statement,
) -> Result<Disturbed, PassageError> {
    let blocker = ground.server.owner(database).await?;
    blocker.batch_execute(IN_THE_WAY).await.map_err(PassageError::doing("stand in a statement's way"))?;
    let doing = || PassageError::doing("watch a statement wait");
    let pid = rows(&stage.client().simple_query("select pg_catalog.pg_backend_pid()").await.map_err(doing())?);
    let pid = pid.into_iter().flatten().flatten().next().unwrap_or_default();
    let watcher = ground.server.owner(database).await?;
    let waits = format!(
        "select pg_catalog.pg_cancel_backend(pid) from pg_catalog.pg_stat_activity where pid = {pid} and state = 'active' and wait_event_type = 'Lock'"
    );
    let mut ran = Box::pin(stage.step(script, statement));
    loop {
        tokio::select! {
            biased;
            played = &mut ran => {
                let Err(failed) = played? else { return Ok(Disturbed::Went) };
                return Ok(if failed.sqlstate == "57014" { Disturbed::Cancelled } else { Disturbed::Failed });
            }
            asked = watcher.simple_query(&waits) => {
                asked.map_err(doing())?;
            }
        }
    }
}

/// Partitions whose DETACH CONCURRENTLY has to be finished.
pub(super) async fn half_detached(client: &Client, major: u16) -> Result<Vec<String>, PassageError> {
    if major < 14 {
        return Ok(Vec::new());
    }
    let sql = "select format('partition %I.%I, detach pending', n.nspname, c.relname) from pg_catalog.pg_inherits i
               join pg_catalog.pg_class c on c.oid = i.inhrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace where i.inhdetachpending";
    let answer = client.simple_query(sql).await.map_err(PassageError::doing("look for detached partitions"))?;
    Ok(rows(&answer).into_iter().flatten().flatten().collect())
}

/// Rows that were put into a table.
pub(super) struct Rows {
    table: QualifiedName,
    places: Vec<String>,
}

impl Rows {
    /// Takes them out again.
    pub(super) async fn remove(&self, client: &Client) -> Result<(), PassageError> {
        let places: Vec<String> = self.places.iter().map(|p| format!("{}::tid", quote_literal(p))).collect();
        let sql = format!("delete from {} where ctid in ({})", self.table.sql(), places.join(", "));
        client.batch_execute(&sql).await.map_err(PassageError::doing("remove rows again"))
    }
}

/// Puts two rows into the table that the unique index will not take together; none where plain values do not make a row of it.
pub(super) async fn equal_rows(client: &Client, catalog: &Catalog, table: &Table, index: &Index) -> Result<Option<Rows>, PassageError> {
    let apart: BTreeSet<&str> = table
        .indexes
        .iter()
        .filter(|i| i.unique && i.name != index.name)
        .flat_map(|i| i.keys.iter().filter_map(|k| k.column.as_deref()))
        .collect();
    let key: BTreeSet<&str> = index.keys.iter().filter_map(|k| k.column.as_deref()).collect();
    let given = |c: &&Column| {
        c.generated.is_none() && c.identity.is_none() && (key.contains(c.name.as_str()) || (c.not_null && c.default.is_none()))
    };
    let columns: Vec<&Column> = table.columns.iter().filter(given).collect();
    let mut lines = Vec::new();
    for number in 1..=2 {
        let varies = |c: &Column| apart.contains(c.name.as_str()) && !key.contains(c.name.as_str());
        let values: Option<Vec<String>> = columns.iter().map(|c| value(catalog, c, if varies(c) { number } else { 1 })).collect();
        let Some(values) = values else { return Ok(None) };
        lines.push(format!("({})", values.join(", ")));
    }
    if columns.is_empty() {
        return Ok(None);
    }
    let names: Vec<String> = columns.iter().map(|c| quote_ident(&c.name)).collect();
    // No foreign key is in the way of rows that nobody keeps, where the role may say so (15 and later).
    let _allowed = client.batch_execute("set session_replication_role = replica").await;
    let sql = format!("insert into {} ({}) values {} returning ctid", table.name.sql(), names.join(", "), lines.join(", "));
    let answer = client.simple_query(&sql).await;
    let _back = client.batch_execute("reset session_replication_role").await;
    let Ok(answer) = answer else { return Ok(None) };
    let places = rows(&answer).into_iter().flatten().flatten().collect();
    Ok(Some(Rows { table: table.name.clone(), places }))
}

/// The `number`th value of a column's type.
fn value(catalog: &Catalog, column: &Column, number: usize) -> Option<String> {
    let base = column.base_type();
    let plain = match base.as_str() {
        _ if column.is_array() => "'{}'".to_owned(),
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => number.to_string(),
        "text" | "character varying" | "character" | "citext" | "name" => format!("'{number}'"),
        "boolean" => "true".to_owned(),
        "date" => format!("'2001-01-0{number}'"),
        "timestamp without time zone" | "timestamp with time zone" => format!("'2001-01-0{number} 00:00:00'"),
        "uuid" => format!("'00000000-0000-0000-0000-00000000000{number}'"),
        "json" | "jsonb" => "'{}'".to_owned(),
        "bytea" => format!("'\\x0{number}'"),
        "inet" => format!("'10.0.0.{number}'"),
        _ => {
            let of_type =
                |t: &&architrave_model::catalog::TypeDef| base == t.name.to_string() || base == t.name.name || base == t.name.sql();
            let TypeKind::Enum { labels } = &catalog.types.iter().find(of_type)?.kind else { return None };
            quote_literal(labels.first()?)
        }
    };
    Some(plain)
}
