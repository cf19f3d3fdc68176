//! The real PgBouncer in transaction mode before a real server.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Stdio};

use architrave_model::platform::Platform;

use super::server::{as_account, give};
use super::{ConnectError, ask, env, open, parse};
use crate::platform::recognise;
use crate::read::{ReadOptions, read_live};
use crate::server::test_server::{REQUIRE, shared};
use crate::server::{NoProgress, PrivateServer};

struct PgBouncer {
    port: u16,
    process: Child,
    _directory: tempfile::TempDir,
}

impl PgBouncer {
    /// `None` where it is not installed, which is said.
    fn start(server: &PrivateServer) -> Option<Self> {
        let program = ["/usr/sbin/pgbouncer", "/usr/local/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"];
        let Some(program) = program.iter().map(Path::new).find(|program| program.exists()) else {
            assert!(std::env::var_os(REQUIRE).is_none(), "pgbouncer is not installed");
            eprintln!("skipped: no pgbouncer");
            return None;
        };
        let facts = fs::metadata(server.data_dir()).unwrap();
        let account = (facts.uid(), facts.gid());
        for _ in 0..5 {
            let directory = tempfile::Builder::new().prefix("architrave-pgbouncer").tempdir().unwrap();
            let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
            let users = directory.path().join("users.txt");
            let settings = directory.path().join("pgbouncer.ini");
            fs::write(&users, "\"postgres\" \"secret\"\n").unwrap();
            let text = format!(
                "[databases]\npostgres = host={} port=5432 dbname=postgres\nnowhere = host=/no/such/directory dbname=x\n\
                 [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = plain\nauth_file = {}\n\
                 pool_mode = transaction\ndefault_pool_size = 2\nserver_login_retry = 1\nquery_wait_timeout = 2\n",
                server.socket_dir().display(),
                users.display()
            );
            fs::write(&settings, text).unwrap();
            for path in [directory.path(), &users, &settings] {
                give(path, account);
            }
            let mut process = as_account(program, account).arg(&settings).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
            let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
            if lines.by_ref().map_while(Result::ok).any(|line| line.contains("process up")) {
                std::thread::spawn(move || lines.for_each(drop));
                return Some(Self { port, process, _directory: directory });
            }
            process.wait().unwrap();
        }
        panic!("pgbouncer could not be started on a free port");
    }

    fn text(&self, parameters: &str) -> String {
        format!("postgres://postgres:secret@127.0.0.1:{}/{parameters}", self.port)
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn transactions_through_a_pooler() {
    let Some(server) = shared().await else { return };
    let Some(pooler) = PgBouncer::start(server) else { return };
    let connection = open(&pooler.text("postgres?pgbouncer=true")).await.unwrap();
    connection.client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL lock_timeout = '200ms'").await.unwrap();
    assert_eq!(ask(&connection, "SHOW lock_timeout").await, "200ms");
    connection.client.batch_execute("ROLLBACK").await.unwrap();
    // Nothing of ours stays on the server's connection, which somebody else gets next.
    assert_eq!(ask(&connection, "SHOW lock_timeout").await, "0");
    assert_eq!(ask(&connection, "SHOW default_transaction_read_only").await, "off");

    connection.close().await;
}

/// The product's own read, through the pooler.
#[tokio::test]
async fn a_review_through_a_pooler() {
    let Some(server) = shared().await else { return };
    let Some(pooler) = PgBouncer::start(server) else { return };
    for (text, expected) in [(pooler.text("postgres"), Some("a connection pooler")), (server.connection_string("postgres"), None)] {
        let target = parse(&text, &env()).unwrap();
        let mut connection = open(&text).await.unwrap();
        assert_eq!(connection.check_supported().await, Ok(None));
        let mut reading = read_live(&mut connection.client, &ReadOptions::default(), &NoProgress).await.unwrap();
        let found = recognise(&target, &connection, &mut reading);
        assert_eq!(reading.snapshot.server.pooler.as_deref(), expected, "{text}");
        assert_eq!((reading.snapshot.server.platform, found.fork), (Platform::SelfManaged, None));
        if let Some(pooler) = found.pooler {
            assert_eq!(pooler.evidence, "the process id that the protocol gives is not that of the server process");
        }
        connection.close().await;
    }
}

#[tokio::test]
async fn what_a_pooler_refuses() {
    let Some(server) = shared().await else { return };
    let Some(pooler) = PgBouncer::start(server) else { return };
    // Words for a provider's proxy are an unknown start-up parameter to this one; the second try goes without.
    let connection = open(&pooler.text("postgres?options=endpoint%3Dep-cool-1")).await.unwrap();
    assert!(connection.notes.iter().any(|note| note.contains("refuses optional start-up parameters")), "{:?}", connection.notes);
    assert_eq!(ask(&connection, "SELECT 1").await, "1");
    connection.close().await;

    let error = open(&pooler.text("postgres").replace("secret", "wrong")).await.unwrap_err();
    assert!(matches!(error, ConnectError::WrongPassword { .. }), "{error}");
    let error = open(&pooler.text("absent")).await.unwrap_err();
    assert!(matches!(error, ConnectError::Database { .. }), "{error}");
    let error = open(&pooler.text("postgres?sslmode=require")).await.unwrap_err();
    assert!(matches!(error, ConnectError::TlsRefused { .. }), "{error}");
    let error = open(&pooler.text("nowhere")).await.unwrap_err();
    assert!(matches!(error, ConnectError::NotReady { .. }), "{error}");
}

#[tokio::test]
async fn the_pooler_s_own_console() {
    let Some(server) = shared().await else { return };
    let Some(pooler) = PgBouncer::start(server) else { return };
    let error = open(&pooler.text("pgbouncer")).await.map(|connection| connection.server_version().to_owned());
    assert!(matches!(&error, Err(ConnectError::NotAllowed { .. } | ConnectError::Server { .. })), "{error:?}");
}
