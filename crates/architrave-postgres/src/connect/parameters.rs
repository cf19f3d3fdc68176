//! Every connection parameter of libpq, what becomes of it here, and the foreign ones that real connection strings carry.

/// What becomes of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handling {
    /// Read and honoured.
    Honoured,
    /// Accepted without effect: it has no meaning for a session that only reads.
    Accepted,
    /// Accepted without effect, which is said.
    Ignored(&'static str),
    /// Refused unless it has one of these values (lower case), because its promise cannot be kept.
    Refused {
        /// Values that ask for nothing.
        harmless: &'static [&'static str],
        /// Why it cannot be kept.
        why: &'static str,
    },
}

/// One parameter.
#[derive(Debug)]
pub(super) struct Parameter {
    /// Name in connection strings and service files.
    pub name: &'static str,
    /// Environment variable.
    pub variable: Option<&'static str>,
    /// What becomes of it.
    pub handling: Handling,
}

const fn honoured(name: &'static str, variable: &'static str) -> Parameter {
    Parameter { name, variable: Some(variable), handling: Handling::Honoured }
}

const fn honoured_in_text(name: &'static str) -> Parameter {
    Parameter { name, variable: None, handling: Handling::Honoured }
}

const fn accepted(name: &'static str) -> Parameter {
    Parameter { name, variable: None, handling: Handling::Accepted }
}

const fn ignored(name: &'static str, variable: Option<&'static str>, note: &'static str) -> Parameter {
    Parameter { name, variable, handling: Handling::Ignored(note) }
}

const fn refused(name: &'static str, variable: Option<&'static str>, harmless: &'static [&'static str], why: &'static str) -> Parameter {
    Parameter { name, variable, handling: Handling::Refused { harmless, why } }
}

/// The parameters of libpq 18.
pub(super) static LIBPQ: &[Parameter] = &[
    honoured("host", "PGHOST"),
    honoured("hostaddr", "PGHOSTADDR"),
    honoured("port", "PGPORT"),
    honoured("dbname", "PGDATABASE"),
    honoured("user", "PGUSER"),
    honoured("password", "PGPASSWORD"),
    honoured("passfile", "PGPASSFILE"),
    honoured("service", "PGSERVICE"),
    honoured("servicefile", "PGSERVICEFILE"),
    honoured("connect_timeout", "PGCONNECT_TIMEOUT"),
    honoured("target_session_attrs", "PGTARGETSESSIONATTRS"),
    honoured("channel_binding", "PGCHANNELBINDING"),
    honoured("require_auth", "PGREQUIREAUTH"),
    honoured("sslmode", "PGSSLMODE"),
    honoured("sslnegotiation", "PGSSLNEGOTIATION"),
    honoured("sslrootcert", "PGSSLROOTCERT"),
    honoured("sslcrl", "PGSSLCRL"),
    honoured("sslcert", "PGSSLCERT"),
    honoured("sslkey", "PGSSLKEY"),
    honoured("sslcertmode", "PGSSLCERTMODE"),
    honoured("sslsni", "PGSSLSNI"),
    honoured("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION"),
    honoured("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION"),
    honoured("options", "PGOPTIONS"),
    honoured_in_text("ssl"),
    accepted("fallback_application_name"),
    accepted("client_encoding"),
    accepted("keepalives"),
    accepted("keepalives_idle"),
    accepted("keepalives_interval"),
    accepted("keepalives_count"),
    accepted("tcp_user_timeout"),
    accepted("sslcompression"),
    accepted("krbsrvname"),
    accepted("gsslib"),
    accepted("gssdelegation"),
    accepted("tty"),
    accepted("authtype"),
    accepted("oauth_issuer"),
    accepted("oauth_client_id"),
    accepted("oauth_client_secret"),
    accepted("oauth_scope"),
    ignored("application_name", None, "application_name is always `architrave`, so that an administrator can see who is there"),
    ignored("load_balance_hosts", None, "load_balance_hosts is not used: hosts are tried in the order given"),
    ignored("sslkeylogfile", None, "sslkeylogfile is not used: session keys are never written to a file"),
    refused("sslcrldir", Some("PGSSLCRLDIR"), &[], "name one file with sslcrl instead"),
    refused(
        "sslpassword",
        None,
        &[],
        "encrypted keys cannot be read; decrypt the key with `openssl pkey -in KEY -out PLAIN` and protect the file",
    ),
    refused("requirepeer", Some("PGREQUIREPEER"), &[], "the owner of the server process is not checked here; leave it out"),
    refused("gssencmode", Some("PGGSSENCMODE"), &["disable", "prefer"], "GSSAPI encryption is not spoken here; use TLS"),
    refused("replication", None, &["false", "off", "no", "0"], "a review needs an ordinary session, not a replication session"),
    refused("min_protocol_version", Some("PGMINPROTOCOLVERSION"), &["3.0"], "only protocol 3.0 is spoken here, which every server accepts"),
    refused("max_protocol_version", Some("PGMAXPROTOCOLVERSION"), &["3.0", "3.2", "latest"], "only protocol 3.0 is spoken here"),
    refused("scram_client_key", None, &[], "give the password instead"),
    refused("scram_server_key", None, &[], "give the password instead"),
];

/// Parameters of ORMs, drivers and providers, which would be errors for libpq but stand in connection strings that people
/// have at hand.
pub(super) static FOREIGN: &[(&str, &str)] = &[
    ("schema", "Prisma"),
    ("connection_limit", "Prisma"),
    ("pool_timeout", "Prisma"),
    ("pgbouncer", "Prisma"),
    ("socket_timeout", "Prisma"),
    ("single_use_connections", "Prisma"),
    ("statement_cache_size", "Prisma and asyncpg"),
    ("sslaccept", "Prisma"),
    ("sslidentity", "Prisma"),
    ("uselibpqcompat", "node-postgres"),
    ("prepare", "postgres.js"),
    ("prepared_statements", "Rails"),
    ("pool", "Rails"),
    ("prepared_statement_cache_size", "asyncpg"),
    ("statement_timeout", "node-postgres and Rails"),
    ("lock_timeout", "node-postgres"),
    ("search_path", "pgx and Go drivers"),
    ("default_query_exec_mode", "pgx"),
    ("statement_cache_capacity", "pgx and sqlx"),
    ("statement-cache-capacity", "sqlx"),
    ("pool_max_conns", "pgx"),
    ("pool_min_conns", "pgx"),
    ("pool_max_conn_lifetime", "pgx"),
    ("pool_max_conn_idle_time", "pgx"),
    ("x-migrations-table", "golang-migrate"),
    ("x-multi-statement", "golang-migrate"),
    ("x-statement-timeout", "golang-migrate"),
    ("currentschema", "JDBC"),
    ("applicationname", "JDBC"),
    ("logintimeout", "JDBC"),
    ("sockettimeout", "JDBC"),
    ("preparethreshold", "JDBC"),
    ("rewritebatchedinserts", "JDBC"),
    ("stringtype", "JDBC"),
    ("supa", "Supabase"),
    ("workaround", "Supabase"),
];

/// The parameter of libpq with this name.
pub(super) fn find(name: &str) -> Option<&'static Parameter> {
    LIBPQ.iter().find(|parameter| parameter.name == name)
}

/// Whose parameter it is, when it is a known foreign one.
pub(super) fn foreign(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    FOREIGN.iter().find(|(known, _)| *known == name).map(|(_, owner)| *owner)
}

/// The known parameter that `name` was probably meant to be.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase().replace('-', "_");
    LIBPQ
        .iter()
        .map(|parameter| (strsim::jaro_winkler(&name, parameter.name), parameter.name))
        .filter(|(likeness, _)| *likeness >= 0.86)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, name)| name)
}
