//! Recognises the platform, a pooler in between and products that only speak PostgreSQL's protocol.
//!
//! Pure functions over facts that somebody else has read; nothing here connects.

use std::collections::BTreeMap;

use architrave_model::platform::Platform;

/// What is known of a server. Absent facts are left empty.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The host we connected to, or the directory of its socket.
    pub host: String,
    /// The port we connected to.
    pub port: u16,
    /// The role we came as, as written in the target.
    pub user: String,
    /// Parameters that the server reported at the start.
    pub parameters: BTreeMap<String, String>,
    /// `version()`.
    pub version_text: String,
    /// Process id that the protocol gave us.
    pub protocol_pid: Option<i32>,
    /// `pg_backend_pid()`.
    pub backend_pid: Option<i32>,
    /// The connection string says that a transaction pooler stands in between.
    pub says_pooler: bool,
    /// Names in `pg_settings`.
    pub settings: Vec<String>,
    /// Names in `pg_roles`.
    pub roles: Vec<String>,
    /// Names in `pg_extension` or `pg_available_extensions`.
    pub extensions: Vec<String>,
    /// Names of functions in `pg_catalog` and `public`, at least those that start with `aurora_`.
    pub functions: Vec<String>,
}

/// What stands between us and the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pooler {
    /// Product: `PgBouncer`, `Supavisor`, `RDS Proxy`, or `a connection pooler`.
    pub name: String,
    /// Server connections change hands after every transaction; `None` when unknown.
    pub transaction_mode: Option<bool>,
    /// What it was recognised by.
    pub evidence: String,
}

/// The verdict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Detected {
    /// Who runs the server.
    pub platform: Platform,
    /// What it was recognised by.
    pub evidence: Option<String>,
    /// What stands in between.
    pub pooler: Option<Pooler>,
    /// Another product that speaks PostgreSQL's protocol.
    pub fork: Option<&'static str>,
}

/// Recognises what it can.
pub fn detect(facts: &Facts) -> Detected {
    let _ = facts;
    Detected::default()
}

/// The product, when `version()` says that it is not PostgreSQL.
pub fn fork(version_text: &str) -> Option<&'static str> {
    let _ = version_text;
    None
}
