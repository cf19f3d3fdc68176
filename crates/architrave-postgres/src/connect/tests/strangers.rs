//! Small listeners on loopback that are no PostgreSQL, or play a pooler, a proxy or a broken server.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{ConnectError, env, open, open_with};

/// A server that speaks from a script.
struct Fake {
    port: u16,
    /// The start-up packets that it got, as their parameters.
    packets: Arc<Mutex<Vec<Vec<String>>>>,
}

/// What the script does next.
#[derive(Clone)]
enum Step {
    /// Sends bytes.
    Send(Vec<u8>),
    /// Reads whatever comes next.
    Read,
    /// Reads a start-up packet and keeps it; requests for TLS before it are answered with no.
    Startup,
    /// Reads one message with a tag.
    Message,
    /// Never answers again.
    Hang,
}

impl Fake {
    /// The first connection plays the first script, and so on; the last script is for all that follow.
    async fn new(scripts: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let packets = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&packets);
        tokio::spawn(async move {
            for turn in 0.. {
                let (socket, _) = listener.accept().await.unwrap();
                let script = scripts.get(turn).or(scripts.last()).unwrap().clone();
                tokio::spawn(play(socket, script, Arc::clone(&kept)));
            }
        });
        Self { port, packets }
    }

    fn text(&self, parameters: &str) -> String {
        format!("host=127.0.0.1 port={} user=you dbname=shop {parameters}", self.port)
    }

    async fn error(&self, parameters: &str) -> ConnectError {
        open(&self.text(parameters)).await.map(drop).expect_err("connected")
    }

    fn packets(&self) -> Vec<Vec<String>> {
        self.packets.lock().unwrap().clone()
    }
}

async fn play(mut socket: TcpStream, script: Vec<Step>, packets: Arc<Mutex<Vec<Vec<String>>>>) -> Option<()> {
    for step in script {
        match step {
            Step::Send(bytes) => socket.write_all(&bytes).await.ok()?,
            Step::Read => drop(socket.read(&mut [0; 1024]).await.ok()?),
            Step::Startup => {
                let packet = startup(&mut socket).await?;
                packets.lock().unwrap().push(packet);
            }
            Step::Message => {
                socket.read_u8().await.ok()?;
                let length = socket.read_u32().await.ok()?;
                socket.read_exact(&mut vec![0; length as usize - 4]).await.ok()?;
            }
            Step::Hang => std::future::pending().await,
        }
    }
    socket.shutdown().await.ok()
}

async fn startup(socket: &mut TcpStream) -> Option<Vec<String>> {
    loop {
        let length = socket.read_u32().await.ok()?;
        let mut body = vec![0; length as usize - 4];
        socket.read_exact(&mut body).await.ok()?;
        if body == [4, 210, 22, 47] {
            socket.write_all(b"N").await.ok()?;
            continue;
        }
        let words = body[4..].split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned());
        return Some(words.filter(|word| !word.is_empty()).collect());
    }
}

/// A message of the protocol.
fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap();
    [&[tag], &length.to_be_bytes()[..], body].concat()
}

fn refusal(sqlstate: &str, text: &str) -> Step {
    let fields = [format!("SFATAL\0VFATAL\0C{sqlstate}\0M{text}\0").as_bytes(), &[0]].concat();
    Step::Send(message(b'E', &fields))
}

fn asks_for(code: i32, rest: &[u8]) -> Step {
    Step::Send(message(b'R', &[&code.to_be_bytes(), rest].concat()))
}

/// All right, process id and key, a version, ready.
fn welcome() -> Vec<Step> {
    vec![
        asks_for(0, &[]),
        Step::Send(message(b'K', &[0x7F, 0, 0, 1, 0, 0, 0, 2])),
        Step::Send(message(b'S', b"server_version\x0015.18\0")),
        Step::Send(message(b'Z', b"I")),
        Step::Hang,
    ]
}

fn sends(text: &[u8]) -> Vec<Step> {
    vec![Step::Send(text.to_vec()), Step::Read]
}

fn answers(text: &[u8]) -> Vec<Step> {
    vec![Step::Read, Step::Send(text.to_vec())]
}

#[tokio::test]
async fn other_services() {
    let mysql = [&[0x4A, 0, 0, 0, 10][..], b"8.0.36\0", &[7, 0, 0, 0], &[b'x'; 50], &[0]].concat();
    let mariadb = [&[0x5A, 0, 0, 0, 10][..], b"5.5.5-10.11.6-MariaDB\0", &[7, 0, 0, 0], &[b'x'; 50], &[0]].concat();
    let mysql_refusal = [&[0x45, 0, 0, 0, 0xFF, 0x6A, 4][..], b"Host '10.0.0.1' is not allowed to connect to this MySQL server"].concat();
    for (script, what) in [
        (sends(&mysql), "a MySQL or MariaDB server (8.0.36) answers there, not PostgreSQL; check the port"),
        (sends(&mariadb), "a MySQL or MariaDB server (5.5.5-10.11.6-MariaDB) answers there"),
        (sends(&mysql_refusal), "a MySQL or MariaDB server (which refuses this host) answers there"),
        (answers(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), "a web (HTTP) server answers there"),
        (sends(b"SSH-2.0-OpenSSH_9.2\r\n"), "an SSH server answers there"),
        (answers(b"-ERR unknown command\r\n"), "a Redis server answers there"),
        (sends(b"220 mail.example.com ESMTP\r\n"), "a mail or FTP server answers there"),
        (answers(&[0x15, 3, 3, 0, 2, 2, 50]), "a service that speaks only TLS answers there"),
    ] {
        let fake = Fake::new(vec![script]).await;
        for mode in ["prefer", "disable", "require"] {
            let error = fake.error(&format!("sslmode={mode}")).await;
            // The first letter of SSH's greeting is PostgreSQL's yes to TLS.
            let what = if mode == "require" && what.contains("SSH") { "the other side does not answer in TLS" } else { what };
            assert!(error.to_string().contains(what), "{mode}: {error}");
        }
    }
    let fake = Fake::new(vec![answers(b"xyzzy, and a hollow voice says plugh")]).await;
    assert!(matches!(fake.error("sslmode=prefer").await, ConnectError::NotPostgres { .. }));
    let fake = Fake::new(vec![answers(&[b'?', 0, 0, 0, 5, 1])]).await;
    let error = fake.error("sslmode=disable").await;
    assert!(matches!(error, ConnectError::NotPostgres { .. }), "{error:?}");
}

#[tokio::test]
async fn silence() {
    let limit = Duration::from_millis(300);
    for (script, mode, phase) in [
        (vec![Step::Hang], "prefer", "TLS was being negotiated"),
        (vec![Step::Hang], "disable", "the session was being started"),
        (vec![Step::Read, Step::Send(b"S".to_vec()), Step::Hang], "require", "the session was being started"),
    ] {
        let fake = Fake::new(vec![script]).await;
        let text = fake.text(&format!("sslmode={mode}"));
        let start = std::time::Instant::now();
        let error = open_with(&text, &env(), limit).await.unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(10));
        assert!(matches!(error, ConnectError::TimedOut { .. }), "{error}");
        assert!(error.to_string().contains(&format!("no answer within 0.3 s while {phase}; something listens but")), "{error}");
    }
    // The connection string's own limit comes first.
    let fake = Fake::new(vec![vec![Step::Hang]]).await;
    let error = open_with(&fake.text("connect_timeout=1"), &env(), Duration::from_mins(10)).await.unwrap_err();
    assert!(error.to_string().contains("no answer within 1 s"), "{error}");
}

#[tokio::test]
async fn broken_off() {
    for mode in ["prefer", "disable", "require"] {
        for script in [vec![], vec![Step::Read]] {
            let fake = Fake::new(vec![script]).await;
            let error = fake.error(&format!("sslmode={mode}")).await;
            assert!(matches!(error, ConnectError::Broken { .. }), "{mode}: {error}");
        }
    }
    let fake = Fake::new(vec![vec![Step::Read, Step::Send(b"Shello, this is no TLS".to_vec()), Step::Read]]).await;
    let error = fake.error("sslmode=require").await;
    assert!(matches!(error, ConnectError::Tls { .. }), "{error}");
    assert!(error.to_string().contains("the other side does not answer in TLS"), "{error}");
}

#[tokio::test]
async fn the_startup_packet_says_no_more_than_it_must() {
    let fake = Fake::new(vec![[vec![Step::Startup], welcome()].concat()]).await;
    let options = "options='-c search_path=x' client_encoding=LATIN1 application_name=mine";
    let connection = open(&fake.text(options)).await.unwrap();
    let packet = ["client_encoding", "UTF8", "user", "you", "database", "shop", "application_name", "architrave"];
    assert_eq!(fake.packets(), [packet]);
    assert_eq!((connection.server_version(), connection.protocol_pid), ("15.18", Some(0x7F00_0001)));
    let fake = Fake::new(vec![[vec![Step::Startup], welcome()].concat()]).await;
    open(&fake.text("options=endpoint=ep-cool-1")).await.unwrap();
    assert!(fake.packets()[0].contains(&"endpoint=ep-cool-1".to_owned()));
}

#[tokio::test]
async fn a_pooler_that_refuses_startup_parameters() {
    for text in [
        "unsupported startup parameter: application_name",
        "Feature not supported: RDS Proxy currently doesn't support command-line options.",
    ] {
        let refuses = vec![Step::Startup, refusal("08P01", text)];
        let fake = Fake::new(vec![refuses, [vec![Step::Startup], welcome()].concat()]).await;
        let connection = open(&fake.text("sslmode=disable options=reference=abc")).await.unwrap();
        let packets = fake.packets();
        assert_eq!(packets.len(), 2);
        assert_eq!(packets[1], ["client_encoding", "UTF8", "user", "you", "database", "shop"]);
        assert!(connection.notes.iter().any(|note| note.contains("refuses optional start-up parameters")));
    }
    // Once only.
    let fake = Fake::new(vec![vec![Step::Startup, refusal("08P01", "unsupported startup parameter: user")]]).await;
    let error = fake.error("sslmode=disable").await;
    assert!(matches!(error, ConnectError::Server { .. }), "{error}");
    assert_eq!(fake.packets().len(), 2);
}

#[tokio::test]
async fn refusals_of_servers_and_poolers() {
    for (sqlstate, text, expected) in [
        (
            "57P03",
            "the database system is starting up",
            "the server takes no connections now (the database system is starting up); try again in a moment",
        ),
        ("57P03", "the database system is shutting down", "it is shutting down; start it again"),
        ("57P03", "the database system is not accepting connections", "a standby answers queries only with hot_standby = on"),
        (
            "53300",
            "sorry, too many clients already",
            "the server has no connection left (sorry, too many clients already); close idle sessions",
        ),
        ("08P01", "no more connections allowed (max_client_conn)", "the server has no connection left"),
        ("08P01", "no such database: shop", "no such database: shop; name an existing one"),
        ("08P01", "server login has been failing, try again later (server_login_retry)", "the pooler is there but cannot reach its server"),
        ("08P01", "SSL required", "the server accepts only TLS connections and sslmode=disable forbids them; use sslmode=require"),
        ("28000", "SSL connection is required. Please specify SSL options and retry.", "use sslmode=require"),
        ("XX000", "Tenant or user not found", "the pooler does not know this user"),
        ("XX000", "Endpoint ID is not specified. Either please upgrade the postgres client library", "options=endpoint%3DENDPOINT-ID"),
        (
            "28P01",
            "password authentication failed for user \"you\"",
            "the server does not accept the password of you (taken from the connection string)",
        ),
        ("08P01", "password authentication failed", "the server does not accept the password of you"),
        ("0A000", "unsupported frontend protocol 3.0", "the server says \"unsupported frontend protocol 3.0\" (SQLSTATE 0A000)"),
        ("XX000", "bad\u{1b}[31m\nthings\u{7}", "the server says \"bad [31m things\" (SQLSTATE XX000)"),
    ] {
        let fake = Fake::new(vec![vec![Step::Startup, refusal(sqlstate, text)]]).await;
        let error = fake.error("sslmode=disable password=secret").await.to_string();
        assert!(error.starts_with(&format!("cannot connect to postgres://you@127.0.0.1:{}/shop: ", fake.port)), "{error}");
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("secret") && !error.contains('\n'), "{error}");
    }
}

#[tokio::test]
async fn authentication_that_cannot_be() {
    let wants = |code: i32, rest: &[u8]| vec![Step::Startup, asks_for(code, rest), Step::Read, Step::Hang];
    for (script, parameters, expected) in [
        (wants(3, &[]), "", "the server asks for a password and none is given; set PGPASSWORD or add a line to ~/.pgpass"),
        (wants(5, &[1, 2, 3, 4]), "", "the server asks for a password and none is given"),
        (wants(10, b"SCRAM-SHA-256\0\0"), "", "the server asks for a password and none is given"),
        (wants(7, &[]), "password=x", "Kerberos, GSSAPI and SSPI are not spoken here"),
        (wants(10, b"OAUTHBEARER\0\0"), "password=x", "authentication failed (unsupported SASL mechanism)"),
    ] {
        let fake = Fake::new(vec![script]).await;
        let error = fake.error(&format!("sslmode=disable {parameters}")).await.to_string();
        assert!(error.contains(expected), "{error}");
    }
    // A server that does not prove that it knows the password.
    let script =
        vec![Step::Startup, asks_for(10, b"SCRAM-SHA-256\0\0"), Step::Message, asks_for(11, b"r=stolen,s=c2FsdA==,i=4096"), Step::Hang];
    let error = Fake::new(vec![script]).await.error("sslmode=disable password=secret").await;
    assert!(matches!(error, ConnectError::Authentication { .. }), "{error}");
}

#[tokio::test]
async fn several_hosts() {
    let free = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let dead = free.local_addr().unwrap().port();
    drop(free);
    let error = open(&format!("host=127.0.0.1 port={dead}")).await.unwrap_err();
    assert!(matches!(error, ConnectError::Refused { .. }) && error.to_string().contains("check host and port"), "{error}");
    let good = Fake::new(vec![[vec![Step::Startup], welcome()].concat()]).await;
    let busy = Fake::new(vec![vec![Step::Startup, refusal("53300", "sorry, too many clients already")]]).await;
    let list = |last: &Fake| format!("host=no-such-host.invalid,127.0.0.1,127.0.0.1,127.0.0.1 port=1,{dead},{},{}", busy.port, last.port);
    let connection = open(&list(&good)).await.unwrap();
    assert_eq!((connection.host.as_str(), connection.port), ("127.0.0.1", good.port));
    let error = open(&list(&busy)).await.unwrap_err();
    let ConnectError::AllHosts { errors } = &error else { panic!("{error}") };
    assert!(matches!(errors[0], ConnectError::UnknownHost { .. }), "{error}");
    assert!(matches!(
        errors[1..],
        [ConnectError::Refused { .. }, ConnectError::TooManyConnections { .. }, ConnectError::TooManyConnections { .. }]
    ));
    assert!(error.to_string().starts_with("none of the 4 hosts can be used: cannot connect to postgres://me@no-such-host.invalid:1/me"));
    // A wrong password is not tried on the next host.
    let wrong = Fake::new(vec![vec![Step::Startup, refusal("28P01", "password authentication failed")]]).await;
    let next = Fake::new(vec![[vec![Step::Startup], welcome()].concat()]).await;
    let error = open(&format!("host=127.0.0.1,127.0.0.1 port={},{}", wrong.port, next.port)).await.unwrap_err();
    assert!(matches!(error, ConnectError::WrongPassword { .. }), "{error}");
    assert!(next.packets().is_empty());
}

#[tokio::test]
async fn unknown_hosts() {
    for (host, hint) in [
        ("no-such-host.invalid", "check the spelling, the network and the VPN"),
        ("postgres-container-of-nobody", "is often that of a container"),
    ] {
        let error = open(&format!("host={host}")).await.unwrap_err();
        assert!(matches!(error, ConnectError::UnknownHost { .. }), "{error}");
        assert!(error.to_string().contains(hint), "{error}");
    }
}

#[tokio::test]
async fn sockets() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().display();
    let error = open(&format!("host={path}")).await.unwrap_err();
    assert!(matches!(error, ConnectError::NoSocket { .. }), "{error}");
    assert!(error.to_string().contains(&format!("no server listens on the socket .s.PGSQL.5432 in {path}; start the server")), "{error}");
    drop(std::os::unix::net::UnixListener::bind(directory.path().join(".s.PGSQL.5432")).unwrap());
    let error = open(&format!("host={path}")).await.unwrap_err();
    assert!(matches!(error, ConnectError::Refused { .. }), "{error}");
    assert!(error.to_string().contains("a socket was left behind"), "{error}");
}

/// A server that reports these parameters and answers the next query with one text.
async fn reporting(parameters: &[(&str, &str)], answer: Option<&str>) -> Fake {
    let mut script = vec![Step::Startup, asks_for(0, &[])];
    script.extend(parameters.iter().map(|(name, value)| Step::Send(message(b'S', format!("{name}\0{value}\0").as_bytes()))));
    script.push(Step::Send(message(b'Z', b"I")));
    script.push(Step::Message);
    if let Some(answer) = answer {
        let column = [&[0, 1][..], b"version\0", &[0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 255, 255, 255, 255, 255, 255, 0, 0]].concat();
        let length = u32::try_from(answer.len()).unwrap().to_be_bytes();
        script.push(Step::Send(message(b'T', &column)));
        script.push(Step::Send(message(b'D', &[&[0, 1], &length[..], answer.as_bytes()].concat())));
        script.push(Step::Send(message(b'C', b"SELECT 1\0")));
    } else {
        script.push(refusal("42883", "function version() does not exist"));
    }
    script.push(Step::Send(message(b'Z', b"I")));
    script.push(Step::Hang);
    Fake::new(vec![script]).await
}

#[tokio::test]
async fn servers_that_are_not_read() {
    for (parameters, answer, expected) in [
        (&[("server_version", "9.6.24")][..], Some("PostgreSQL 9.6.24 on x86_64"), Some("PostgreSQL 9.6.24 is older than 12")),
        (&[("server_version", "11.22 (Debian 11.22-0+deb10u2)")], Some("PostgreSQL 11.22"), Some("PostgreSQL 11.22 is older than 12")),
        (&[("server_version", "8.4.22")], None, Some("PostgreSQL 8.4.22 is older than 12")),
        (&[("server_version", "13.0.0"), ("crdb_version", "CockroachDB CCL v23.1.11")], None, Some("this is CockroachDB, not PostgreSQL")),
        (&[("server_version", "11.2-YB-2.18.0.0-b0")], None, Some("this is YugabyteDB, not PostgreSQL")),
        (&[("server_version", "11.3")], Some("PostgreSQL 12.3, compiled by Visual C++, 64-bit, QuestDB"), Some("this is QuestDB")),
        (&[("server_version", "12.0")], None, None),
        (&[("server_version", "19beta1")], None, None),
        (&[], None, None),
    ] {
        let fake = reporting(parameters, answer).await;
        let connection = open(&fake.text("sslmode=disable")).await.unwrap();
        let verdict = connection.check_supported().await;
        match expected {
            Some(expected) => assert!(verdict.as_ref().unwrap_err().to_string().starts_with(expected), "{verdict:?}"),
            None => assert_eq!(verdict.unwrap().is_some(), connection.version_num() == Some(190_000)),
        }
    }
}
