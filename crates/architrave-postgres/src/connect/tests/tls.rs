//! Every `sslmode` against a real server, with certificates that are right, wrong, old and odd.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::authority::{Authority, Pair, self_signed};
use super::server::TcpServer;
use super::{ConnectError, ask, env, open, open_with};

const RULES: &str = "\
host all postgres 127.0.0.1/32 trust
hostssl all over_tls 127.0.0.1/32 scram-sha-256
hostnossl all in_clear 127.0.0.1/32 trust
hostssl all certified 127.0.0.1/32 cert
host all digested 127.0.0.1/32 md5
host all asked 127.0.0.1/32 password";

const ROLES: &str = "\
CREATE ROLE over_tls LOGIN PASSWORD 'secret'; CREATE ROLE in_clear LOGIN; CREATE ROLE certified LOGIN; \
CREATE ROLE asked LOGIN PASSWORD 'secret'; SET password_encryption = md5; CREATE ROLE digested LOGIN PASSWORD 'secret'";

struct Bed {
    server: TcpServer,
    authority: Authority,
    root: String,
    wrong_root: String,
}

impl Bed {
    /// A server with a certificate for `db.example.com`, an authority, and another one that signed nothing.
    async fn new() -> Option<Self> {
        let server = TcpServer::start(&[], RULES).await?;
        let authority = Authority::new("the authority");
        let root = server.file("root.pem", &authority.certificate).display().to_string();
        let wrong_root = server.file("wrong.pem", &Authority::new("another authority").certificate).display().to_string();
        server.write("ca.crt", &authority.certificate);
        let Pair { certificate, key } = authority.server(&["db.example.com"]);
        server.write("server.crt", &certificate);
        server.write("server.key", &key);
        server.run("ALTER SYSTEM SET ssl_ca_file = 'ca.crt'").await;
        server.run("ALTER SYSTEM SET ssl = on").await;
        server.reload().await;
        server.run(ROLES).await;
        Some(Self { server, authority, root, wrong_root })
    }

    async fn present(&self, pair: &Pair) {
        self.server.use_certificate(&pair.certificate, &pair.key).await;
    }

    fn text(&self, parameters: &str) -> String {
        let parameters = parameters.replace("ROOT", &self.root).replace("WRONG", &self.wrong_root);
        format!("hostaddr=127.0.0.1 port={} dbname=postgres {parameters}", self.server.port)
    }

    /// Connects, runs a query, and says whether the session is encrypted.
    async fn tls(&self, parameters: &str) -> bool {
        let connection = open(&self.text(parameters)).await.unwrap_or_else(|error| panic!("{parameters}: {error}"));
        let seen = ask(&connection, "SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()").await;
        assert_eq!(seen == "t", connection.tls, "{parameters}");
        assert_eq!(connection.protocol_pid.unwrap().to_string(), ask(&connection, "SELECT pg_catalog.pg_backend_pid()").await);
        let tls = connection.tls;
        connection.close().await;
        tls
    }

    async fn error(&self, parameters: &str) -> ConnectError {
        match open(&self.text(parameters)).await {
            Ok(_) => panic!("{parameters}: connected"),
            Err(error) => error,
        }
    }

    async fn certificate_error(&self, parameters: &str, expected: &str) {
        let error = self.error(parameters).await;
        assert!(matches!(error, ConnectError::Certificate { .. }), "{parameters}: {error}");
        assert!(error.to_string().contains(expected), "{parameters}: {error}");
    }
}

/// One server for all that needs no other certificate than the usual one: starting one costs more than all the rest.
#[tokio::test]
async fn with_the_usual_certificate() {
    let Some(bed) = Bed::new().await else { return };
    modes(&bed).await;
    authorities_and_names(&bed).await;
    home_directory(&bed).await;
    client_certificates(&bed).await;
    channel_binding_and_methods(&bed).await;
    a_query_is_cancelled_over_tls(&bed).await;
    a_dropped_connection_leaves_no_query_behind(&bed).await;
}

#[tokio::test]
async fn with_other_certificates() {
    let Some(bed) = Bed::new().await else { return };
    odd_certificates(&bed).await;
    revoked(&bed).await;
}

async fn modes(bed: &Bed) {
    assert!(!bed.tls("user=postgres sslmode=disable").await);
    assert!(!bed.tls("user=postgres sslmode=allow").await);
    assert!(bed.tls("user=postgres").await);
    assert!(bed.tls("user=postgres sslmode=prefer").await);
    assert!(bed.tls("user=postgres sslmode=require").await);
    assert!(bed.tls("user=postgres sslmode=no-verify").await);
    assert!(bed.tls("user=postgres ssl=true").await);
    // What the server's rules do not admit one way is tried the other way, where the mode allows it.
    assert!(bed.tls("user=over_tls password=secret sslmode=allow").await);
    assert!(!bed.tls("user=in_clear sslmode=prefer").await);
    let error = bed.error("user=over_tls password=secret sslmode=disable").await;
    assert!(matches!(error, ConnectError::NotAllowed { .. }) && error.to_string().contains("try sslmode=require"), "{error}");
    let error = bed.error("user=in_clear sslmode=require").await;
    assert!(matches!(error, ConnectError::NotAllowed { .. }), "{error}");
    // A wrong password is not sent a second time in clear.
    let error = bed.error("user=over_tls password=wrong sslmode=prefer").await;
    assert!(matches!(error, ConnectError::WrongPassword { .. }), "{error}");
    assert!(bed.tls("user=postgres sslmode=require ssl_max_protocol_version=TLSv1.2").await);
    assert!(bed.tls("user=postgres sslmode=require ssl_min_protocol_version=TLSv1.3").await);
    assert!(bed.tls("user=postgres sslmode=require sslsni=0").await);
    assert!(bed.tls("host=no_name_at_all! user=postgres sslmode=require").await);
}

async fn authorities_and_names(bed: &Bed) {
    let named = "host=db.example.com user=postgres";
    assert!(bed.tls(&format!("{named} sslmode=verify-full sslrootcert=ROOT")).await);
    assert!(bed.tls("host=localhost user=postgres sslmode=verify-ca sslrootcert=ROOT").await);
    assert!(bed.tls("host=localhost user=postgres sslmode=require sslrootcert=ROOT").await);
    assert!(bed.tls(&format!("{named} sslmode=prefer sslrootcert=WRONG")).await);
    let unknown = "was not signed by an authority in the root certificate file";
    bed.certificate_error(&format!("{named} sslmode=verify-full sslrootcert=WRONG"), unknown).await;
    bed.certificate_error("host=localhost user=postgres sslmode=verify-ca sslrootcert=WRONG", unknown).await;
    bed.certificate_error(&format!("{named} sslmode=require sslrootcert=WRONG"), unknown).await;
    bed.certificate_error(&format!("{named} sslrootcert=system"), unknown).await;
    let other = "the server's certificate is not for localhost but for db.example.com";
    bed.certificate_error("host=localhost user=postgres sslmode=verify-full sslrootcert=ROOT", other).await;
    let error = bed.error(&format!("{named} sslmode=verify-full")).await;
    assert!(matches!(error, ConnectError::File { .. }) && error.to_string().contains("sslrootcert=system"), "{error}");
    let error = bed.error("host=no_name_at_all! user=postgres sslmode=verify-full sslrootcert=ROOT").await;
    assert!(matches!(error, ConnectError::Certificate { .. }), "{error}");
}

async fn home_directory(bed: &Bed) {
    let wrong = fs::read_to_string(&bed.wrong_root).unwrap();
    let root = bed.server.file("home/.postgresql/root.crt", &wrong);
    let env = env().with_home(&bed.server.socket_dir().join("home"));
    let limit = Duration::from_secs(20);
    let text = |parameters: &str| bed.text(&format!("host=localhost user=postgres {parameters}"));
    // The file's presence turns `require` into `verify-ca`, and nothing else.
    let error = open_with(&text("sslmode=require"), &env, limit).await.unwrap_err();
    assert!(matches!(error, ConnectError::Certificate { .. }), "{error}");
    assert!(open_with(&text("sslmode=prefer"), &env, limit).await.unwrap().tls);
    fs::write(&root, &bed.authority.certificate).unwrap();
    assert!(open_with(&text("sslmode=require"), &env, limit).await.unwrap().tls);
    assert!(open_with(&text("sslmode=verify-ca"), &env, limit).await.unwrap().tls);
    // A client certificate is found there, too.
    let Pair { certificate, key } = bed.authority.common_name("certified");
    bed.server.file("home/.postgresql/postgresql.crt", &certificate);
    bed.server.file("home/.postgresql/postgresql.key", &key);
    let certified = bed.text("host=localhost user=certified sslmode=require");
    assert!(open_with(&certified, &env, limit).await.unwrap().tls);
}

async fn odd_certificates(bed: &Bed) {
    let full = |host: &str| format!("host={host} user=postgres sslmode=verify-full sslrootcert=ROOT");

    bed.present(&bed.authority.expired(&["db.example.com"])).await;
    bed.certificate_error(&full("db.example.com"), "has expired").await;
    assert!(bed.tls("host=db.example.com user=postgres sslmode=require").await);

    bed.present(&bed.authority.server(&["127.0.0.1", "*.example.com"])).await;
    assert!(bed.tls(&full("127.0.0.1")).await);
    assert!(bed.tls(&full("any.example.com")).await);
    bed.certificate_error(&full("a.b.example.com"), "is not for a.b.example.com").await;

    bed.present(&bed.authority.common_name("db.example.com")).await;
    assert!(bed.tls(&full("DB.example.com")).await);
    bed.certificate_error(&full("server.example.com"), "is not for server.example.com").await;

    let old = bed.authority.version_1("*.example.com");
    bed.present(&old).await;
    assert!(bed.tls(&full("db.example.com")).await);
    assert!(bed.tls(&format!("{} ssl_max_protocol_version=TLSv1.2", full("db.example.com"))).await);
    assert!(bed.tls("host=x user=postgres sslmode=require").await);
    bed.certificate_error(&full("a.db.example.com"), "is not for").await;
    bed.certificate_error("host=db.example.com user=postgres sslmode=verify-ca sslrootcert=WRONG", "").await;

    let own = self_signed(&["db.example.com"]);
    bed.present(&own).await;
    let root = bed.server.file("own.pem", &own.certificate).display().to_string();
    assert!(bed.tls(&format!("host=db.example.com user=postgres sslmode=verify-full sslrootcert={root}")).await);
    bed.certificate_error(&format!("host=localhost user=postgres sslmode=verify-full sslrootcert={root}"), "is not for").await;
    bed.certificate_error(&full("db.example.com"), "").await;
}

async fn revoked(bed: &Bed) {
    let list = bed.server.file("list.pem", &bed.authority.revocation_list(4711)).display().to_string();
    let text = format!("host=db.example.com user=postgres sslmode=verify-full sslrootcert=ROOT sslcrl={list}");
    bed.present(&bed.authority.numbered(&["db.example.com"], 4712)).await;
    assert!(bed.tls(&text).await);
    bed.present(&bed.authority.numbered(&["db.example.com"], 4711)).await;
    bed.certificate_error(&text, "has been revoked").await;
}

async fn client_certificates(bed: &Bed) {
    let Pair { certificate, key } = bed.authority.common_name("certified");
    let certificate = bed.server.file("client.pem", &certificate).display().to_string();
    let key = bed.server.file("client.key", &key);
    let text = format!("user=certified sslmode=require sslcert={certificate} sslkey={}", key.display());
    assert!(bed.tls(&text).await);
    let error = bed.error(&format!("{text} sslcertmode=disable")).await;
    assert!(error.to_string().contains("certificate") && error.to_string().contains("sslcert"), "{error}");
    let error = bed.error(&text.replace("certified", "over_tls")).await;
    assert!(matches!(error, ConnectError::NoPassword { .. }), "{error}");

    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let error = bed.error(&text).await;
    assert!(matches!(error, ConnectError::File { .. }) && error.to_string().contains("chmod 600"), "{error}");

    let Pair { certificate, key } = Authority::new("another authority").common_name("certified");
    let certificate = bed.server.file("foreign.pem", &certificate).display().to_string();
    let key = bed.server.file("foreign.key", &key).display().to_string();
    let error = bed.error(&format!("user=certified sslmode=require sslcert={certificate} sslkey={key}")).await;
    assert!(error.to_string().contains("does not accept our client certificate"), "{error}");
}

async fn channel_binding_and_methods(bed: &Bed) {
    assert!(bed.tls("user=over_tls password=secret sslmode=require channel_binding=require").await);
    assert!(bed.tls("user=over_tls password=secret sslmode=require channel_binding=disable").await);
    let error = bed.error("user=digested password=secret sslmode=require channel_binding=require").await;
    assert!(matches!(error, ConnectError::Authentication { .. }) && error.to_string().contains("channel_binding=prefer"), "{error}");

    assert!(bed.tls("user=over_tls password=secret require_auth=scram-sha-256").await);
    assert!(bed.tls("user=asked password=secret require_auth=password,none").await);
    assert!(bed.tls("user=digested password=secret require_auth=!password").await);
    for (user, wanted, method) in [
        ("asked", "scram-sha-256", "password"),
        ("asked", "!password", "password"),
        ("digested", "scram-sha-256", "md5"),
        ("postgres", "scram-sha-256", "none"),
    ] {
        for mode in ["disable", "require"] {
            let error = bed.error(&format!("user={user} password=secret require_auth={wanted} sslmode={mode}")).await;
            assert!(matches!(error, ConnectError::Authentication { .. }), "{error}");
            assert!(error.to_string().contains(&format!("asks for the method `{method}`")), "{error}");
        }
    }
}

async fn a_query_is_cancelled_over_tls(bed: &Bed) {
    for mode in ["disable", "require"] {
        let connection = open(&bed.text(&format!("user=postgres sslmode={mode}"))).await.unwrap();
        let cancel = connection.cancel.clone();
        let running = connection.client.simple_query("SELECT pg_catalog.pg_sleep(600)");
        let cancelling = async {
            let sleeping = "SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE wait_event = 'PgSleep'";
            while bed.server.run(sleeping).await != "1" {}
            cancel.cancel().await.unwrap();
        };
        let (answer, ()) = tokio::join!(running, cancelling);
        assert_eq!(answer.unwrap_err().code().unwrap().code(), "57014");
        connection.close().await;
    }
}

async fn a_dropped_connection_leaves_no_query_behind(bed: &Bed) {
    let connection = open(&bed.text("user=postgres sslmode=require")).await.unwrap();
    let sessions = "SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE application_name = 'architrave' \
         AND pid <> pg_catalog.pg_backend_pid() AND backend_type = 'client backend'";
    let sleep = connection.client.simple_query("SELECT pg_catalog.pg_sleep(600)");
    assert!(tokio::time::timeout(Duration::from_millis(50), sleep).await.is_err());
    drop(connection);
    while bed.server.run(sessions).await != "0" {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_server_without_tls() {
    let Some(server) = TcpServer::start(&[("ssl", "off")], "host all all 127.0.0.1/32 trust").await else { return };
    let text = |mode: &str| format!("host=127.0.0.1 port={} user=postgres sslmode={mode}", server.port);
    for mode in ["disable", "allow", "prefer"] {
        assert!(!open(&text(mode)).await.unwrap().tls);
    }
    let error = open(&text("require")).await.unwrap_err();
    assert!(matches!(error, ConnectError::TlsRefused { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        format!(
            "cannot connect to postgres://postgres@127.0.0.1:{}/postgres: the server does not offer TLS and sslmode=require requires \
             it; switch TLS on in the server (ssl = on), or use sslmode=prefer if the network between is trusted",
            server.port
        )
    );
    // Before 17 a server does not take TLS as the first thing; later ones do, when they have it.
    let error = open(&format!("{} sslnegotiation=direct", text("require"))).await.unwrap_err();
    assert!(matches!(error, ConnectError::Tls { .. } | ConnectError::Broken { .. }), "{} {error}", server.major);
}
