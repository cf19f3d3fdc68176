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
