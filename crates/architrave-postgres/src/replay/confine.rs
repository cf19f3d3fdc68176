//! Takes the superuser away from scripts: the role `postgres` becomes an ordinary owner, as on every managed platform.

use super::error::ReplayError;
use super::prelude::Prelude;
use crate::server::{Database, Locale, PrivateServer};
use architrave_model::name::{quote_ident, quote_literal};
use tokio_postgres::{Client, Config, NoTls};

/// Name of the superuser that only we use on a confined server; readers leave it out.
pub const ADMIN: &str = "architrave";

/// A private server whose `postgres` is no superuser any more. Scripts and fixes run as `postgres`.
#[derive(Debug)]
pub struct Confined<'a> {
    server: &'a PrivateServer,
}

/// Most space that one session's temporary files may take.
pub const TEMPORARY_FILES: &str = "2GB";

impl<'a> Confined<'a> {
    /// Renames the bootstrap superuser and makes a new, ordinary `postgres` with CREATEROLE, CREATEDB, REPLICATION and BYPASSRLS.
    /// Doing it twice on one server is harmless.
    pub async fn new(server: &'a PrivateServer) -> Result<Self, ReplayError> {
        // Two that begin at once would both make the role that renames.
        static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let _alone = ONE.lock().await;
        let first = connect(&server.config("postgres")).await?;
        let own = "take the superuser away from scripts";
        let row = first.simple_query("select rolsuper from pg_roles where rolname = current_user").await.map_err(ReplayError::own(own))?;
        let superuser = row.iter().any(|m| matches!(m, tokio_postgres::SimpleQueryMessage::Row(r) if r.get(0) == Some("t")));
        if superuser {
            first.batch_execute(&format!("create role {ADMIN}_setup superuser login")).await.map_err(ReplayError::own(own))?;
            drop(first);
            let setup = connect(server.config("postgres").user(format!("{ADMIN}_setup"))).await?;
            let sixteen = if server.major() >= 16 { "alter role postgres set createrole_self_grant = 'set, inherit';" } else { "" };
            let sql = format!(
                "alter role postgres rename to {ADMIN};
                 create role postgres login createrole createdb replication bypassrls;
                 {sixteen}
                 grant pg_monitor, pg_signal_backend to postgres with admin option;
                 alter database postgres owner to postgres;"
            );
            setup.batch_execute(&sql).await.map_err(ReplayError::own(own))?;
            if server.major() < 16 {
                // Before 16, CREATEROLE is enough to grant any role that is no superuser, and these lead to programs and files.
                let guard = "update pg_catalog.pg_authid set rolsuper = true
                     where rolname in ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')";
                setup.batch_execute(guard).await.map_err(ReplayError::own(own))?;
            }
            if server.major() >= 15 {
                let grant =
                    "grant set on parameter session_replication_role to postgres; grant set on parameter log_min_messages to postgres";
                setup.batch_execute(grant).await.map_err(ReplayError::own(own))?;
            }
            drop(setup);
            let admin = connect(&as_admin(server.config("postgres"))).await?;
            admin.batch_execute(&format!("drop role {ADMIN}_setup")).await.map_err(ReplayError::own(own))?;
            // A sort without end must not fill the disk, or the memory where that is the disk. Only a superuser may raise it.
            let limit = format!("alter system set temp_file_limit = '{TEMPORARY_FILES}'");
            for sql in [limit.as_str(), "select pg_catalog.pg_reload_conf()"] {
                admin.batch_execute(sql).await.map_err(ReplayError::own(own))?;
            }
        }
        Ok(Self { server })
    }

    /// The server.
    pub fn server(&self) -> &'a PrivateServer {
        self.server
    }

    /// A session as our own superuser. Never run a script's text on it.
    pub async fn admin(&self, database: &Database) -> Result<Client, ReplayError> {
        connect(&as_admin(database.config())).await
    }

    /// The same on the database `postgres`, for what concerns the whole server.
    pub async fn admin_of_cluster(&self) -> Result<Client, ReplayError> {
        connect(&as_admin(self.server.config("postgres"))).await
    }

    /// A session as the ordinary owner `postgres`.
    pub async fn owner(&self, database: &Database) -> Result<Client, ReplayError> {
        connect(&database.config()).await
    }

    /// A new empty database that belongs to `postgres`.
    pub async fn create_database(&self, name_hint: &str) -> Result<Database, ReplayError> {
        let database = self.server.create_database(name_hint).await.map_err(ReplayError::Server)?;
        self.give_away(&database).await?;
        Ok(database)
    }

    /// The same with a locale of its own.
    pub async fn create_database_in(&self, name_hint: &str, locale: &Locale) -> Result<Database, ReplayError> {
        let database = self.server.create_database_in(name_hint, locale).await.map_err(ReplayError::Server)?;
        self.give_away(&database).await?;
        Ok(database)
    }

    /// A copy of a database, to which nobody may be connected; it belongs to `postgres`, too.
    pub async fn clone_database(&self, template: &Database) -> Result<Database, ReplayError> {
        // CREATE DATABASE copies no settings: a function that finds its extensions by the database's search path would not find them in the copy.
        // Of the schemas nothing: who may do what in them is as in the template, `public` that was closed before 15 included.
        let set_up = |name: &str| {
            format!(
                "alter database {} owner to postgres;
                 insert into pg_catalog.pg_db_role_setting (setdatabase, setrole, setconfig) select d.oid, s.setrole, s.setconfig
                 from pg_catalog.pg_db_role_setting s join pg_catalog.pg_database t on t.oid = s.setdatabase and t.datname = {}
                 join pg_catalog.pg_database d on d.datname = {}",
                quote_ident(name),
                quote_literal(template.name()),
                quote_literal(name)
            )
        };
        self.server.clone_database_and(template.name(), set_up).await.map_err(ReplayError::Server)
    }

    /// Gives a new database to `postgres`, with its schema `public`.
    async fn give_away(&self, database: &Database) -> Result<(), ReplayError> {
        let before_15 = "alter schema public owner to postgres; grant all on schema public to public;";
        self.set_owner(database, if self.server.major() < 15 { before_15 } else { "" }).await
    }

    async fn set_owner(&self, database: &Database, more: &str) -> Result<(), ReplayError> {
        let admin = self.admin(database).await?;
        let own = ReplayError::own("set up the database for the scripts");
        let sql = format!("alter database {} owner to postgres; {more}", quote_ident(database.name()));
        admin.batch_execute(&sql).await.map_err(own)
    }

    /// Makes a schema, where it is missing, and puts it first on the search path of the database's sessions.
    pub(crate) async fn use_schema(&self, database: &Database, schema: &str) -> Result<(), ReplayError> {
        let (name, schema) = (quote_ident(database.name()), quote_ident(schema));
        let sql = format!(
            "create schema if not exists {schema} authorization postgres; alter database {name} set search_path to {schema}, public"
        );
        self.admin(database).await?.batch_execute(&sql).await.map_err(ReplayError::own("set up the schema that the scripts start in"))
    }

    /// Sets up what the scripts expect to be there.
    pub(crate) async fn prepare(&self, database: &Database, prelude: Prelude) -> Result<(), ReplayError> {
        prelude.apply(&self.admin(database).await?).await
    }
}

/// Our superuser, with settings of our own: what a script sets for the database or the role decides nothing in these sessions.
fn as_admin(mut config: Config) -> Config {
    config.user(ADMIN).options(
        "-c search_path=public,extensions -c default_transaction_read_only=off -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0",
    );
    config
}

pub(crate) async fn connect(config: &Config) -> Result<Client, ReplayError> {
    let (client, connection) = config.connect(NoTls).await.map_err(ReplayError::own("open a session"))?;
    tokio::spawn(async move {
        // The connection ends when the client is dropped; its error, if any, reaches the client's calls.
        let _ended = connection.await;
    });
    Ok(client)
}

/// The server's own words, with SQLSTATE's message first.
pub(crate) fn describe(error: &tokio_postgres::Error) -> String {
    // What it is near of may be a password whose quote was forgotten.
    let shown = |message: &str| match message.split_once(" at or near ") {
        Some((what, _)) if what.starts_with("unterminated") => what.to_owned(),
        _ => message.to_owned(),
    };
    error.as_db_error().map_or_else(|| error.to_string(), |db| shown(db.message()))
}
