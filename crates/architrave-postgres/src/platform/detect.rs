//! Recognises the platform, a pooler in between and products that only speak PostgreSQL's protocol.
//!
//! Pure functions over facts that somebody else has read; nothing here connects. What the server says of itself comes before
//! what its address suggests, and names of roles come last: a restored dump brings them along.

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
    /// Names in `pg_extension`.
    pub extensions: Vec<String>,
    /// Names of functions in `pg_catalog`, at least those that start with `aurora_`.
    pub functions: Vec<String>,
}

/// What stands between us and the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pooler {
    /// Product: `PgBouncer`, `Supavisor`, `RDS Proxy`, or `a connection pooler`.
    pub name: &'static str,
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
    let fork = fork(&facts.version_text).or_else(|| fork_by_parameter(&facts.parameters));
    let found = by_server(facts).or_else(|| by_host(&facts.host)).or_else(|| by_roles(&facts.roles));
    let (platform, evidence) = found.unwrap_or_default();
    let evidence = (!evidence.is_empty()).then_some(evidence);
    Detected { platform, evidence, pooler: pooler(facts, platform), fork }
}

type Found = (Platform, String);

/// Settings and functions that exist only where the provider's own code runs.
fn by_server(facts: &Facts) -> Option<Found> {
    let setting = |prefixes: &[&str]| facts.settings.iter().find(|name| prefixes.iter().any(|prefix| name.starts_with(prefix)));
    let by_setting = |platform: Platform, prefixes: &[&str]| setting(prefixes).map(|name| (platform, format!("setting {name}")));
    let aurora = facts.functions.iter().find(|name| *name == "aurora_version").map(|name| (Platform::Aurora, format!("function {name}()")));
    aurora
        .or_else(|| by_setting(Platform::Aurora, &["aurora.", "apg_", "aurora_"]))
        .or_else(|| by_setting(Platform::Neon, &["neon."]))
        .or_else(|| by_setting(Platform::AlloyDb, &["alloydb.", "google_columnar_engine."]))
        .or_else(|| by_setting(Platform::CloudSql, &["cloudsql."]))
        .or_else(|| by_setting(Platform::Azure, &["azure."]))
        .or_else(|| by_setting(Platform::Rds, &["rds."]))
        .or_else(|| supabase(facts))
}

/// Supabase is an image around an ordinary server: its superuser together with a role of its API, or its own extension.
fn supabase(facts: &Facts) -> Option<Found> {
    let has = |name: &str| facts.roles.iter().any(|role| role == name);
    if facts.extensions.iter().any(|name| name == "supabase_vault") {
        return Some((Platform::Supabase, "extension supabase_vault".to_owned()));
    }
    let both = has("supabase_admin") && (has("authenticator") || has("supabase_auth_admin"));
    both.then(|| (Platform::Supabase, "role supabase_admin".to_owned()))
}

/// Addresses of providers: a suffix, or a part in the middle where regions follow.
const HOSTS: &[(&str, Platform)] = &[
    (".supabase.co", Platform::Supabase),
    (".supabase.com", Platform::Supabase),
    (".supabase.net", Platform::Supabase),
    (".supabase.red", Platform::Supabase),
    (".neon.tech", Platform::Neon),
    (".neon.build", Platform::Neon),
    (".vercel-storage.com", Platform::Neon),
    (".rds.amazonaws.com", Platform::Rds),
    (".rds.amazonaws.com.cn", Platform::Rds),
    (".postgres.database.azure.com", Platform::Azure),
    (".postgres.database.chinacloudapi.cn", Platform::Azure),
    (".postgres.database.usgovcloudapi.net", Platform::Azure),
    (".postgres.cosmos.azure.com", Platform::Azure),
    (".sql.goog", Platform::CloudSql),
    (".alloydb.goog", Platform::AlloyDb),
];

fn by_host(host: &str) -> Option<Found> {
    let host = normal(host);
    if host.starts_with("/cloudsql/") {
        return Some((Platform::CloudSql, "socket below /cloudsql".to_owned()));
    }
    let (suffix, platform) = HOSTS.iter().find(|(suffix, _)| host.ends_with(suffix))?;
    let cluster = |label: &str| label.starts_with("cluster-");
    let platform = match platform {
        Platform::Rds if host.split('.').nth(1).is_some_and(cluster) => Platform::Aurora,
        // Aurora's reader and custom endpoints have the same form; an instance of it looks like one of RDS.
        other => *other,
    };
    Some((platform, format!("host name ends with {suffix}")))
}

/// Roles of administrators that providers make.
const ROLES: &[(&str, Platform)] = &[
    ("alloydbsuperuser", Platform::AlloyDb),
    ("alloydbadmin", Platform::AlloyDb),
    ("cloudsqlsuperuser", Platform::CloudSql),
    ("cloudsqladmin", Platform::CloudSql),
    ("azure_pg_admin", Platform::Azure),
    ("azuresu", Platform::Azure),
    ("neon_superuser", Platform::Neon),
    ("cloud_admin", Platform::Neon),
    ("rdsadmin", Platform::Rds),
    ("rds_superuser", Platform::Rds),
    ("supabase_admin", Platform::Supabase),
];

fn by_roles(roles: &[String]) -> Option<Found> {
    let (name, platform) = ROLES.iter().find(|(name, _)| roles.iter().any(|role| role == name))?;
    Some((*platform, format!("role {name}")))
}

fn normal(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

fn pooler(facts: &Facts, platform: Platform) -> Option<Pooler> {
    let host = normal(&facts.host);
    pooler_by_host(&host, facts.port).or_else(|| pooler_by_protocol(facts)).or_else(|| pooler_by_hint(facts, platform))
}

/// Addresses that providers give to their poolers only.
fn pooler_by_host(host: &str, port: u16) -> Option<Pooler> {
    let found = |name: &'static str, transaction_mode: Option<bool>, evidence: &str| {
        Some(Pooler { name, transaction_mode, evidence: evidence.to_owned() })
    };
    let first = host.split('.').next().unwrap_or_default();
    if host.ends_with(".pooler.supabase.com") {
        return match port {
            6543 => found("Supavisor", Some(true), "host name ends with .pooler.supabase.com, port 6543 is its transaction mode"),
            _ => found("Supavisor", Some(false), "host name ends with .pooler.supabase.com, port 5432 is its session mode"),
        };
    }
    if host.starts_with("db.") && host.ends_with(".supabase.co") && port == 6543 {
        return found("PgBouncer", Some(true), "port 6543 of a Supabase database is its own PgBouncer in transaction mode");
    }
    if first.ends_with("-pooler") && HOSTS.iter().any(|(suffix, platform)| *platform == Platform::Neon && host.ends_with(suffix)) {
        return found("PgBouncer", Some(true), "the host name has Neon's -pooler");
    }
    if host.contains(".rds.amazonaws.com") && host.split('.').nth(1).is_some_and(|label| label.starts_with("proxy-")) {
        return found("RDS Proxy", None, "the host name is that of an RDS Proxy");
    }
    if host.contains(".postgres.database.azure.com") && port == 6432 {
        return found("PgBouncer", None, "port 6432 of an Azure server is its built-in PgBouncer");
    }
    if host.ends_with(".ondigitalocean.com") && port == 25061 {
        return found("PgBouncer", None, "port 25061 of DigitalOcean is a connection pool");
    }
    None
}

/// The largest process id that Linux can give.
const LARGEST_PID: i32 = 4_194_304;

/// A pooler serves one session over many server processes, so it makes up the process id of the cancel key.
fn pooler_by_protocol(facts: &Facts) -> Option<Pooler> {
    if facts.parameters.get("server_version").is_some_and(|version| version.ends_with("/bouncer")) {
        let evidence = "server_version is that of PgBouncer's own console".to_owned();
        return Some(Pooler { name: "PgBouncer", transaction_mode: None, evidence });
    }
    let told = facts.protocol_pid?;
    let name = if facts.port == 6432 { "PgBouncer" } else { "a connection pooler" };
    let transaction_mode = facts.says_pooler.then_some(true);
    let evidence = match facts.backend_pid {
        Some(real) if real != told => "the process id that the protocol gives is not that of the server process",
        None if !(1..=LARGEST_PID).contains(&told) => "the process id that the protocol gives cannot be one",
        _ => return None,
    };
    Some(Pooler { name, transaction_mode, evidence: evidence.to_owned() })
}

/// What the connection string says, when the protocol says nothing: it may be that of the pooler or an old one.
fn pooler_by_hint(facts: &Facts, platform: Platform) -> Option<Pooler> {
    // The ids were compared and are equal, so nothing stands in between; Neon's proxy passes them on and is known by name.
    if facts.protocol_pid.is_some() && facts.protocol_pid == facts.backend_pid && platform != Platform::Neon {
        return None;
    }
    let name = "a connection pooler";
    if facts.says_pooler {
        let evidence = "the connection string has pgbouncer=true".to_owned();
        return Some(Pooler { name, transaction_mode: Some(true), evidence });
    }
    (facts.port == 6432).then(|| Pooler { name: "PgBouncer", transaction_mode: None, evidence: "port 6432 is PgBouncer's own".to_owned() })
}

/// Words in `version()` and the product, most particular first.
const FORKS: &[(&str, &str)] = &[
    ("cockroachdb", "CockroachDB"),
    ("-yb-", "YugabyteDB"),
    ("yugabyte", "YugabyteDB"),
    ("redshift", "Amazon Redshift"),
    ("cloudberry", "Apache Cloudberry"),
    ("greenplum", "Greenplum"),
    ("materialize", "Materialize"),
    ("cratedb", "CrateDB"),
    ("questdb", "QuestDB"),
    ("risingwave", "RisingWave"),
    ("opengauss", "openGauss"),
    ("gaussdb", "GaussDB"),
    ("hologres", "Hologres"),
    ("vertica", "Vertica"),
    ("netezza", "Netezza"),
    ("timeplus", "Timeplus"),
    ("doltgres", "DoltgreSQL"),
    ("spanner", "Google Cloud Spanner"),
    ("aurora dsql", "Amazon Aurora DSQL"),
    ("server protocol using h2", "H2"),
];

/// The product, when `version()` says that it is not PostgreSQL. Distributions that only add to PostgreSQL (EDB, Percona,
/// TimescaleDB, Citus) are none.
pub fn fork(version_text: &str) -> Option<&'static str> {
    let text = version_text.to_ascii_lowercase();
    FORKS.iter().find(|(word, _)| text.contains(word)).map(|(_, product)| *product)
}

/// The product, when it reports a parameter at the start that only a fork has.
pub fn fork_by_parameter(parameters: &BTreeMap<String, String>) -> Option<&'static str> {
    let known = [
        ("crdb_version", "CockroachDB"),
        ("mz_version", "Materialize"),
        ("crate_version", "CrateDB"),
        ("padb_version", "Amazon Redshift"),
        ("padb_revision", "Amazon Redshift"),
    ];
    known.iter().find(|(name, _)| parameters.contains_key(*name)).map(|(_, product)| *product)
}

#[cfg(test)]
#[path = "detect_tests.rs"]
mod tests;
