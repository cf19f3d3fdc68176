//! What a real server refuses, and what it grants.

use rustix::process::{Pid, Signal, kill_process};

use super::server::TcpServer;
use super::{ConnectError, Connection, ask, open};
use crate::connect::check_supported;
use crate::server::test_server::shared;

const RULES: &str = "\
local all peered peer
host all rejected 127.0.0.1/32 reject
host all scram 127.0.0.1/32 scram-sha-256
host all postgres,nologin,guest,absent 127.0.0.1/32 trust";

const SETUP: &[&str] = &[
    "CREATE ROLE scram LOGIN PASSWORD 'secret'; CREATE ROLE nologin; CREATE ROLE guest LOGIN; CREATE ROLE peered LOGIN",
    "CREATE DATABASE closed ALLOW_CONNECTIONS false",
    "CREATE DATABASE private",
    "REVOKE ALL ON DATABASE private FROM PUBLIC",
];

async fn server() -> Option<TcpServer> {
    let server = TcpServer::start(&[("max_connections", "6"), ("superuser_reserved_connections", "3")], RULES).await?;
    for statement in SETUP {
        server.run(statement).await;
    }
    Some(server)
}

fn text(server: &TcpServer, parameters: &str) -> String {
    format!("host=127.0.0.1 port={} dbname=postgres {parameters}", server.port)
}

async fn error(server: &TcpServer, parameters: &str) -> ConnectError {
    open(&text(server, parameters)).await.map(drop).expect_err(parameters)
}

#[tokio::test]
async fn a_real_server() {
    let Some(server) = server().await else { return };
    refusals(&server).await;
    no_connection_left(&server).await;
    a_server_that_shuts_down(&server).await;
}

async fn refusals(server: &TcpServer) {
    for (parameters, expected) in [
        ("user=scram password=wrong", "the server does not accept the password of scram (taken from the connection string); check user"),
        ("user=scram", "the server asks for a password and none is given; set PGPASSWORD or add a line to ~/.pgpass"),
        ("user=nologin", "role \"nologin\" is not permitted to log in; use a role with LOGIN"),
        ("user=absent", "role \"absent\" does not exist; check the user name"),
        ("user=rejected", "pg_hba.conf rejects connection for host \"127.0.0.1\", user \"rejected\""),
        (
            "user=other",
            "no pg_hba.conf entry for host \"127.0.0.1\", user \"other\", database \"postgres\", no encryption; let pg_hba.conf",
        ),
        ("user=postgres dbname=absent", "database \"absent\" does not exist; name an existing one"),
        ("user=postgres dbname=closed", "database \"closed\" is not currently accepting connections; the database has ALLOW_CONNECTIONS"),
        ("user=guest dbname=private", "User does not have CONNECT privilege.; grant it: GRANT CONNECT ON DATABASE … TO guest"),
        ("user=postgres target_session_attrs=standby", "the server is not what target_session_attrs=standby wants"),
        ("user=postgres target_session_attrs=read-only", "the server is not what target_session_attrs=read-only wants"),
    ] {
        let error = error(server, parameters).await.to_string();
        assert!(error.starts_with("cannot connect to postgres://"), "{error}");
        assert!(error.contains(expected), "{parameters}: {error}");
    }
    for wanted in ["any", "read-write", "primary", "prefer-standby"] {
        open(&text(server, &format!("user=postgres target_session_attrs={wanted}"))).await.unwrap().close().await;
    }
    let socket = format!("host={} port={} dbname=postgres user=peered", server.socket_dir().display(), server.port);
    let error = open(&socket).await.unwrap_err();
    assert!(error.to_string().contains("Peer authentication failed for user \"peered\"); the server compares"), "{error}");
}

async fn no_connection_left(server: &TcpServer) {
    let mut taken: Vec<Connection> = Vec::new();
    let error = loop {
        match open(&text(server, "user=guest")).await {
            Ok(connection) => taken.push(connection),
            Err(error) => break error,
        }
        assert!(taken.len() < 10);
    };
    assert!(matches!(error, ConnectError::TooManyConnections { .. }), "{error}");
    for connection in taken {
        connection.close().await;
    }
}

async fn a_server_that_shuts_down(server: &TcpServer) {
    let held = open(&text(server, "user=postgres")).await.unwrap();
    let pid = std::fs::read_to_string(server.socket_dir().join("data/postmaster.pid")).unwrap();
    let pid: i32 = pid.lines().next().unwrap().parse().unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
    let error = loop {
        match open(&text(server, "user=postgres")).await {
            Ok(connection) => connection.close().await,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, ConnectError::NotReady { .. }), "{error}");
    held.close().await;
}

#[tokio::test]
async fn a_private_server_is_reached_by_its_socket() {
    let Some(server) = shared().await else { return };
    let database = server.create_database("connect").await.unwrap();
    let connection = open(&database.connection_string()).await.unwrap();
    assert!(!connection.tls);
    assert_eq!(ask(&connection, "SHOW application_name").await, "architrave");
    assert_eq!(ask(&connection, "SELECT pg_catalog.current_database()").await, database.name());
    assert!(connection.server_version().starts_with(&server.major().to_string()));
    let version = ask(&connection, "SELECT pg_catalog.version()").await;
    assert_eq!(check_supported(server.version_num(), &version), Ok(None));
    connection.close().await;
}

/// The future can be sent between threads, and a panic elsewhere does not matter to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_another_thread() {
    let Some(server) = shared().await else { return };
    let text = server.connection_string("postgres");
    let answer = tokio::spawn(async move {
        let connection = open(&text).await.unwrap();
        let answer = ask(&connection, "SELECT 1").await;
        connection.close().await;
        answer
    });
    assert_eq!(answer.await.unwrap(), "1");
}
