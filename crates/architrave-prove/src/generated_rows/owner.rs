//! The role that owns a scratch database's objects. Whatever a schema brings along (checks, defaults, generated columns, functions of
//! indexes) runs as this role, never as the superuser: who can write a schema must not be able to run programs where it is tried.

use super::load::one_text;
use crate::error::ProveError;
use architrave_model::name::{quote_ident, quote_literal};
use architrave_postgres::Client;
use architrave_postgres::server::Database;

/// Its name; the same for all databases of a server.
const OWNER: &str = "architrave_owner";

/// A session of the owner, to create the schema with and to write rows. Triggers and checks of foreign keys are off in it.
pub async fn owner_session(database: &Database) -> Result<Client, ProveError> {
    let admin = database.connect().await?;
    let doing = || ProveError::doing("make a role that owns the scratch database");
    let there = format!("select count(*) from pg_catalog.pg_roles where rolname = '{OWNER}'");
    if one_text(&admin, &there).await.map_err(doing())?.as_deref() == Some("0") {
        let config = database.config();
        let password = config.get_password().map(|p| quote_literal(&String::from_utf8_lossy(p)));
        let password = password.map(|p| format!(" password {p}")).unwrap_or_default();
        let role = format!("create role {OWNER} login bypassrls{password}; alter role {OWNER} set session_replication_role = replica");
        admin.batch_execute(&role).await.map_err(doing())?;
    }
    let own = format!("alter database {} owner to {OWNER}; alter schema public owner to {OWNER}", quote_ident(database.name()));
    admin.batch_execute(&own).await.map_err(doing())?;
    Ok(database.connect_as(OWNER).await?)
}
