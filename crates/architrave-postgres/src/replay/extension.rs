//! CREATE EXTENSION in scripts: the real one from a fixed set, else a named stand-in with the types and functions that schemas use.

use super::error::ReplayError;
use tokio_postgres::Client;

/// Extensions of PostgreSQL's own distribution that can neither reach files, programs nor other servers.
static HARMLESS: &[&str] = &[
    "amcheck",
    "autoinc",
    "bloom",
    "btree_gin",
    "btree_gist",
    "citext",
    "cube",
    "dict_int",
    "dict_xsyn",
    "earthdistance",
    "fuzzystrmatch",
    "hstore",
    "insert_username",
    "intagg",
    "intarray",
    "isn",
    "lo",
    "ltree",
    "moddatetime",
    "pageinspect",
    "pg_buffercache",
    "pg_freespacemap",
    "pg_prewarm",
    "pg_stat_statements",
    "pg_trgm",
    "pg_visibility",
    "pg_walinspect",
    "pgcrypto",
    "pgrowlocks",
    "pgstattuple",
    "pgtap",
    "plpgsql",
    "refint",
    "seg",
    "sslinfo",
    "tablefunc",
    "tcn",
    "tsm_system_rows",
    "tsm_system_time",
    "unaccent",
    "uuid-ossp",
    "xml2",
];

/// Stand-ins: extension, and the SQL that makes what schemas use of it. `{schema}` is where it goes; a first line
/// `-- schema: NAME` names the schema of an extension that insists on one.
static STUBS: &[(&str, &str)] = &[
    ("vector", include_str!("stubs/vector.sql")),
    ("postgis", include_str!("stubs/postgis.sql")),
    ("pg_cron", include_str!("stubs/pg_cron.sql")),
    ("pg_net", include_str!("stubs/pg_net.sql")),
    ("http", include_str!("stubs/http.sql")),
    ("pgjwt", include_str!("stubs/pgjwt.sql")),
    ("pgmq", include_str!("stubs/pgmq.sql")),
    ("pg_graphql", include_str!("stubs/pg_graphql.sql")),
    ("supabase_vault", include_str!("stubs/supabase_vault.sql")),
    ("timescaledb", include_str!("stubs/timescaledb.sql")),
    ("plpgsql_check", include_str!("stubs/plpgsql_check.sql")),
    ("pg_uuidv7", include_str!("stubs/pg_uuidv7.sql")),
    ("postgres_fdw", include_str!("stubs/postgres_fdw.sql")),
    ("dblink", include_str!("stubs/dblink.sql")),
    ("file_fdw", include_str!("stubs/file_fdw.sql")),
];

/// Prepares the functions that [`statement`] calls.
pub(crate) async fn install(admin: &Client) -> Result<(), ReplayError> {
    let own = "prepare stand-ins for extensions";
    admin.batch_execute(include_str!("extension.sql")).await.map_err(ReplayError::own(own))?;
    let harmless: Vec<String> = HARMLESS.iter().map(|name| format!("('{name}')")).collect();
    let mut sql = format!("insert into architrave_replay.harmless values {}", harmless.join(", "));
    for (name, body) in STUBS {
        let literal = architrave_model::name::quote_literal(body);
        sql.push_str(&format!(";\ninsert into architrave_replay.stub values ('{name}', {literal})"));
    }
    admin.batch_execute(&sql).await.map_err(ReplayError::own(own))?;
    Ok(())
}

/// Supabase has its vault on from the start.
pub(super) async fn preinstall_vault(admin: &Client) -> Result<(), ReplayError> {
    let sql = "select architrave_replay.stand_in('supabase_vault', 'vault')";
    admin.batch_execute(sql).await.map_err(ReplayError::own("set up Supabase's vault"))
}

/// An extension that the server does not have, before any script asks for it.
pub(super) async fn preinstall(admin: &Client, name: &str) -> Result<(), ReplayError> {
    let sql = format!("select architrave_replay.stand_in({}, 'public')", architrave_model::name::quote_literal(name));
    admin.batch_execute(&sql).await.map_err(ReplayError::own("set up a stand-in for an extension"))
}

/// Whether the real extension may be used, when the server has it.
pub(crate) fn is_harmless(name: &str) -> bool {
    HARMLESS.contains(&name)
}

/// The statement that stands for `CREATE EXTENSION name`.
pub(crate) fn statement(name: &str, schema: Option<&str>, real: bool) -> String {
    let quote = architrave_model::name::quote_literal;
    let schema = schema.map_or_else(|| "null".to_owned(), quote);
    format!("select architrave_replay.add_extension({}, {schema}, {real})", quote(name))
}
