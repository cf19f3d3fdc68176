//! Where a server runs and what stands in between.

use serde::{Deserialize, Serialize};

/// Who runs the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "product names")]
pub enum Platform {
    /// Nothing says otherwise.
    #[default]
    SelfManaged,
    Supabase,
    Neon,
    Rds,
    Aurora,
    Azure,
    CloudSql,
    AlloyDb,
    /// A server that we started.
    Private,
}

impl Platform {
    /// Product name.
    pub fn title(self) -> &'static str {
        match self {
            Self::SelfManaged => "self-managed",
            Self::Supabase => "Supabase",
            Self::Neon => "Neon",
            Self::Rds => "Amazon RDS",
            Self::Aurora => "Amazon Aurora",
            Self::Azure => "Azure Database for PostgreSQL",
            Self::CloudSql => "Google Cloud SQL",
            Self::AlloyDb => "Google AlloyDB",
            Self::Private => "private server of this run",
        }
    }

    /// Whether the provider takes backups and archives WAL out of the server's own sight.
    pub fn is_managed(self) -> bool {
        !matches!(self, Self::SelfManaged | Self::Private)
    }
}

/// The server and our session on it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Server {
    /// `server_version_num`: 150018 is 15.18.
    pub version_num: u32,
    /// `server_version`.
    pub version: String,
    /// `version()`.
    pub version_text: String,
    /// Platform.
    pub platform: Platform,
    /// What the platform was recognised by.
    pub platform_evidence: Option<String>,
    /// `PgBouncer`, `Supavisor`, `RDS Proxy` …, when something stands in between.
    pub pooler: Option<String>,
    /// A standby.
    pub in_recovery: bool,
    /// Start time, unix seconds.
    pub started_at: Option<f64>,
    /// Our session is encrypted.
    pub tls: bool,
    /// Name of the database read.
    pub database: String,
    /// Its owner.
    pub database_owner: String,
    /// The role we came as, and what it could do.
    pub role: SessionRole,
}

impl Server {
    /// Major version: 15, 16 …
    pub fn major(&self) -> u16 {
        u16::try_from(self.version_num / 10_000).unwrap_or(0)
    }
}

/// What the role of our session could do to the target; said in the report, never used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionRole {
    /// Name.
    pub name: String,
    /// SUPERUSER.
    pub superuser: bool,
    /// Member of pg_monitor, or what it gives.
    pub monitor: bool,
    /// BYPASSRLS.
    pub bypass_rls: bool,
    /// CREATEROLE.
    pub create_role: bool,
    /// Tables it owns in this database.
    pub owned_tables: i64,
    /// Tables it may write.
    pub writable_tables: i64,
    /// Tables it may not read, so `pg_stats` hides them.
    pub unreadable_tables: i64,
}

/// Schemas that a platform keeps for itself; a review of the application leaves them alone. Sorted.
static PLATFORM_SCHEMAS: &[&str] = &[
    "_analytics",
    "_heroku",
    "_realtime",
    "_supavisor",
    "_timescaledb_cache",
    "_timescaledb_catalog",
    "_timescaledb_config",
    "_timescaledb_functions",
    "_timescaledb_internal",
    "auth",
    "aws_commons",
    "aws_lambda",
    "aws_s3",
    "columnar_internal",
    "cron",
    "drizzle",
    "extensions",
    "graphile_worker",
    "graphql",
    "graphql_public",
    "hdb_catalog",
    "hdb_views",
    "neon",
    "neon_auth",
    "net",
    "partman",
    "pgagent",
    "pgboss",
    "pgbouncer",
    "pglogical",
    "pgmq",
    "pgmq_public",
    "pgsodium",
    "pgsodium_masks",
    "pgtle",
    "rdsadmin",
    "realtime",
    "repack",
    "storage",
    "supabase_functions",
    "supabase_migrations",
    "tiger",
    "tiger_data",
    "timescaledb_experimental",
    "timescaledb_information",
    "topology",
    "vault",
];

/// Whether the schema belongs to a platform.
pub fn is_platform_schema(name: &str) -> bool {
    PLATFORM_SCHEMAS.binary_search(&name).is_ok()
}

/// Tables in which migration runners note what they have applied. Sorted.
static HISTORY_TABLES: &[&str] = &[
    "__diesel_schema_migrations",
    "__drizzle_migrations",
    "__efmigrationshistory",
    "_prisma_migrations",
    "_sqlx_migrations",
    "_yoyo_log",
    "_yoyo_migration",
    "_yoyo_version",
    "alembic_version",
    "ar_internal_metadata",
    "atlas_schema_revisions",
    "databasechangelog",
    "databasechangeloglock",
    "django_migrations",
    "flyway_schema_history",
    "goose_db_version",
    "gorp_migrations",
    "knex_migrations",
    "knex_migrations_lock",
    "kysely_migration",
    "kysely_migration_lock",
    "migrations",
    "mikro_orm_migrations",
    "node_pgmigrations",
    "pgmigrations",
    "refinery_schema_history",
    "schema_migrations",
    "schema_version",
    "seaql_migrations",
    "sequelizemeta",
    "typeorm_metadata",
    "yoyo_lock",
];

/// Whether the table is a migration runner's own.
pub fn is_history_table(name: &str) -> bool {
    HISTORY_TABLES.binary_search(&name.to_lowercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        assert!(PLATFORM_SCHEMAS.is_sorted() && HISTORY_TABLES.is_sorted());
        assert!(is_platform_schema("auth") && !is_platform_schema("public"));
        assert!(is_history_table("SequelizeMeta"));
    }
}
