//! Ways out: what to check or to change after an error, by provider where that helps.

use super::explain::Situation;
use super::target::{Host, Place, SslMode};

const SUPABASE_IPV6: &str = "direct hosts of Supabase have IPv6 addresses only: where there is no IPv6, use the session pooler's \
     connection string (port 5432) from the dashboard's Connect page";

fn is_supabase_direct(host: &str) -> bool {
    host.starts_with("db.") && host.ends_with(".supabase.co")
}

pub(super) fn unknown_host(host: &str) -> String {
    if is_supabase_direct(host) {
        return format!("check the spelling and that the project is not paused; {SUPABASE_IPV6}");
    }
    if !host.contains('.') && host != "localhost" {
        return "a name without dots is often that of a container, known only inside its network: use localhost and the published port"
            .to_owned();
    }
    "check the spelling, the network and the VPN".to_owned()
}

pub(super) fn refused(host: &Host) -> String {
    match &host.place {
        Place::Unix(_) => "a socket was left behind by a server that is gone; start the server".to_owned(),
        Place::Tcp { .. } => "check host and port, that the server runs, and that its listen_addresses covers this address".to_owned(),
    }
}

pub(super) fn unreachable(host: &str) -> String {
    if is_supabase_direct(host) { SUPABASE_IPV6.to_owned() } else { "check the network, the VPN and the firewall".to_owned() }
}

pub(super) fn timed_out(phase: &str) -> String {
    if phase.contains("opened") {
        return "a firewall or security group probably drops the packets, or the address is private to another network".to_owned();
    }
    if phase.contains("resolved") {
        return "check the network and DNS".to_owned();
    }
    "something listens but does not answer as PostgreSQL does; check the port, or give a slow server more time with connect_timeout=60"
        .to_owned()
}

pub(super) fn broken() -> String {
    "check that the port belongs to PostgreSQL, and look into the server's log".to_owned()
}

pub(super) fn tls() -> String {
    "check that the port belongs to PostgreSQL; sslmode=disable connects without TLS where the network is trusted".to_owned()
}

/// Where the root certificate of a provider is.
pub(super) fn authority(host: &str) -> String {
    let file = if host.contains(".rds.amazonaws.com") {
        "sslrootcert must name Amazon's global-bundle.pem (truststore.pki.rds.amazonaws.com)"
    } else if host.contains(".supabase.co") {
        "sslrootcert must name the certificate from the project's database settings (prod-ca-2021.crt)"
    } else if host.contains(".postgres.database.azure.com") || host.contains(".neon.tech") {
        "a public authority signs for this provider: use sslmode=verify-full with sslrootcert=system"
    } else {
        "sslrootcert must name the certificate of the authority that signed it"
    };
    format!("{file}; sslmode=require without a root certificate connects without checking")
}

pub(super) fn wrong_password(host: &str, user: &str) -> String {
    if host.ends_with(".pooler.supabase.com") && !user.contains('.') {
        return "through Supabase's pooler the user is postgres.PROJECT_REF".to_owned();
    }
    "check user and password; in a URI, characters such as @ : / # % must be percent-encoded".to_owned()
}

pub(super) fn unknown_database() -> String {
    "name an existing one (`psql -l` lists them); without a name it is taken to be that of the user".to_owned()
}

pub(super) fn too_many() -> String {
    "close idle sessions or try again; superusers, and from 16 members of pg_use_reserved_connections, have slots of their own".to_owned()
}

pub(super) fn not_ready(text: &str) -> String {
    if text.contains("shutting down") || text.contains("terminating") {
        return "it is shutting down; start it again".to_owned();
    }
    if text.contains("hot standby") || text.contains("not accepting connections") {
        return "a standby answers queries only with hot_standby = on and after it has caught up; use the primary or try again".to_owned();
    }
    "try again in a moment".to_owned()
}

pub(super) fn not_allowed(situation: &Situation<'_>, text: &str) -> String {
    let unencrypted = text.contains("no encryption") || text.contains("ssl off");
    if unencrypted && situation.target.tls.mode == SslMode::Disable {
        return "sslmode=disable forbids TLS, which the server may insist on: try sslmode=require".to_owned();
    }
    "let pg_hba.conf of the server (or the provider's network rules) admit this host, user and database".to_owned()
}

pub(super) fn role(text: &str) -> String {
    if text.contains("log in") {
        "use a role with LOGIN".to_owned()
    } else {
        "check the user name; without one it is that of the operating-system user".to_owned()
    }
}

pub(super) fn pooler_user(host: &str) -> String {
    if host.ends_with(".pooler.supabase.com") {
        "the user is postgres.PROJECT_REF and the host must be the one of the project's region (dashboard, Connect)".to_owned()
    } else {
        "the pooler does not know this user; check its user list".to_owned()
    }
}

pub(super) fn authentication(text: &str) -> String {
    let text = text.to_ascii_lowercase();
    if text.contains("peer authentication") || text.contains("ident authentication") {
        return "the server compares the operating-system user: run as that user, or connect over TCP with a password \
                (postgres://USER@127.0.0.1:5432/DATABASE)"
            .to_owned();
    }
    if text.contains("certificate") {
        return "give the client certificate that the server wants with sslcert and sslkey".to_owned();
    }
    if text.contains("channel binding") {
        return "channel_binding=require needs TLS and a SCRAM password on the server; use channel_binding=prefer".to_owned();
    }
    if text.contains("unsupported authentication") {
        return "Kerberos, GSSAPI and SSPI are not spoken here; use a role with a password".to_owned();
    }
    "check user and password, and that host and port belong to the server that you mean".to_owned()
}
