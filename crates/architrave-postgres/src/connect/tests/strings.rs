//! Connection strings as plain data: what is read, what is refused, and that no secret ever shows.

use std::time::Duration;

use super::{ConnectError, env, parse};
use crate::connect::{ConnectTarget, Place, SessionAttributes, SslMode};

fn target(text: &str) -> ConnectTarget {
    parse(text, &env()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> String {
    match parse(text, &env()) {
        Ok(target) => panic!("{text}: {target:?}"),
        Err(error) => error.to_string(),
    }
}

fn password(text: &str) -> Option<String> {
    target(text).hosts.first().unwrap().password.as_ref().map(|password| password.secret.clone())
}

#[test]
fn shown_without_secrets() {
    for (text, shown) in [
        ("", "postgres://me@localhost:5432/me"),
        ("postgres://", "postgres://me@localhost:5432/me"),
        ("postgresql://db.example.com", "postgres://me@db.example.com:5432/me"),
        ("postgres://you:secret@db.example.com:6543/shop?sslmode=require", "postgres://you@db.example.com:6543/shop"),
        ("postgres:///shop?host=/tmp", "postgres://me@[/tmp]:5432/shop"),
        ("postgres://%2Fvar%2Frun:5433/shop", "postgres://me@[/var/run]:5433/shop"),
        ("postgres://you@[::1]:5433,b,c:7/shop", "postgres://you@[::1]:5433,b:5432,c:7/shop"),
        ("postgres://a%40b:x@h/c%23d", "postgres://a%40b@h:5432/c%23d"),
        ("postgres://h?user=you&password=secret&dbname=x&port=1", "postgres://you@h:1/x"),
        ("jdbc:postgresql://h:1/x?user=you&password=secret&ssl=true", "postgres://you@h:1/x"),
        ("postgresql+asyncpg://you:secret@h/x", "postgres://you@h:5432/x"),
        ("host=h user=you password=secret dbname = x port= 7", "postgres://you@h:7/x"),
        (r"host=h user='you and \'me\' \\' password=a\ b dbname=''", r"postgres://you%20and%20'me'%20\@h:5432/you%20and%20'me'%20\"),
        ("hostaddr=127.0.0.1", "postgres://me@127.0.0.1:5432/me"),
        ("host=a,b port=1,2", "postgres://me@a:1,b:2/me"),
        ("host=a,b port=1", "postgres://me@a:1,b:1/me"),
        ("postgres://you@h/x\u{7}y", "postgres://you@h:5432/x%07y"),
    ] {
        let target = target(text);
        assert_eq!(target.display(), shown, "{text}");
        let debug = format!("{target:?} {target:#?} {target}");
        assert!(!debug.contains("secret"), "{debug}");
    }
}

#[test]
fn passwords() {
    assert_eq!(password("postgres://you:s%40f%3Ae%25t@h/x").unwrap(), "s@f:e%t");
    assert_eq!(password("postgres://you:a:b@h/x").unwrap(), "a:b");
    assert_eq!(password("postgres://you:p@ss@h/x").unwrap(), "p@ss");
    assert_eq!(password("postgres://you:p#ss+w@h/x").unwrap(), "p#ss+w");
    assert_eq!(password("postgres://you:@h/x"), None);
    assert_eq!(password("postgres://h/x?password=a%20b").unwrap(), "a b");
    assert_eq!(password(r"password='a \'b\' \\' host=h").unwrap(), r"a 'b' \");
    assert_eq!(password("password = abc host=h").unwrap(), "abc");
    assert_eq!(password("host=h password=''"), None);
}

#[test]
fn options() {
    let text = "postgres://h/x?connect_timeout=7&target_session_attrs=prefer-standby&sslmode=verify-ca&sslrootcert=/dev/null\
                &application_name=mine&keepalives=1&sslnegotiation=direct&channel_binding=disable&pgbouncer=true&connection_limit=1";
    let target = target(text);
    assert_eq!(target.connect_timeout, Some(Duration::from_secs(7)));
    assert_eq!(target.session_attributes, SessionAttributes::PreferStandby);
    assert_eq!(target.tls.mode, SslMode::VerifyCa);
    assert!(target.tls.direct && target.says_pooler);
    assert_eq!(
        target.notes,
        [
            "application_name is always `architrave`, so that an administrator can see who is there",
            "pgbouncer (in the connection string) is a parameter of Prisma without effect here",
            "connection_limit (in the connection string) is a parameter of Prisma without effect here",
        ]
    );
    assert_eq!(self::target("host=h connect_timeout=0").connect_timeout, None);
    assert_eq!(self::target("host=h sslmode=disable").tls.mode, SslMode::Disable);
    assert_eq!(self::target("host=h ssl=true").tls.mode, SslMode::Require);
    assert_eq!(self::target("host=h").tls.mode, SslMode::Prefer);
    assert_eq!(self::target("host=h sslrootcert=system").tls.mode, SslMode::VerifyFull);
}

#[test]
fn settings_in_options_are_never_sent() {
    let target = target("postgres://h/x?options=-c%20search_path%3Dshop%20endpoint%3Dep-cool-1");
    assert_eq!(target.routing_options.as_deref(), Some("endpoint=ep-cool-1"));
    assert_eq!(
        target.notes,
        ["the settings in options (the connection string) are not sent: they would change the session, which a transaction pooler \
          hands on to others"]
    );
    let env = env().with_variable("PGOPTIONS", "-c default_transaction_read_only=off");
    let target = parse("host=h", &env).unwrap();
    assert_eq!(target.routing_options, None);
    assert!(target.notes.iter().any(|note| note.contains("(PGOPTIONS) are not sent")));
}

#[test]
fn refused() {
    for (text, message) in [
        ("postgres://h/x?sslmoed=require", "unknown parameter `sslmoed` in the connection string; did you mean `sslmode`?"),
        ("host=h databse=x", "unknown parameter `databse` in the connection string"),
        ("host=h dbnmae=x", "did you mean `dbname`?"),
        ("host=h time_out=1", "unknown parameter `time_out` in the connection string"),
        ("host=h sslmode=on", "sslmode (in the connection string) must be one of disable, allow, prefer, require, verify-ca, verify-full"),
        ("host=h port=99999", "port (in the connection string) must be a number between 1 and 65535"),
        ("host=h port=1,2", "port (in the connection string) must be one port, or one for each of the 1 hosts"),
        ("host=a,b hostaddr=127.0.0.1", "as many addresses as there are hosts (2)"),
        ("hostaddr=localhost", "hostaddr (in the connection string) must be numeric addresses"),
        ("host=h connect_timeout=soon", "connect_timeout (in the connection string) must be a whole number of seconds"),
        ("host=h require_auth=md5,!password", "require_auth (in the connection string) must be a list of"),
        ("host=h sslrootcert=system sslmode=require", "must be a file unless sslmode is verify-full"),
        ("host=h sslnegotiation=direct", "must be postgres unless sslmode is at least require"),
        ("host=h sslmode=require sslrootcert=/no/such/file", "cannot use the root certificate /no/such/file: it does not exist"),
        ("host=h sslmode=verify-full", "cannot use the root certificate ~/.postgresql/root.crt: it does not exist, so"),
        ("host=h sslcert=/no/such/file", "cannot use the client certificate /no/such/file"),
        ("host=h ssl_max_protocol_version=TLSv1.1", "must be at least TLSv1.2"),
        ("host=h gssencmode=require", "gssencmode (in the connection string) cannot be honoured: GSSAPI encryption is not spoken here"),
        ("host=h replication=database", "replication (in the connection string) cannot be honoured"),
        ("host=@abstract", "abstract unix sockets are not supported"),
        ("host=h service=none", "connection service: there is no section [none] in any file"),
        ("mysql://root@h/x", "`mysql` is not the scheme of a PostgreSQL connection; it must begin with postgres://"),
        ("prisma+postgres://h/?api_key=abc", "a prisma:// URL leads to Prisma's own proxy"),
        ("shop", "it is neither a URI nor a list of key=value pairs; write it as host=HOST"),
        ("./migrations", "it is neither a URI nor a list of key=value pairs"),
        ("host=h 'x", "a word without `=` follows the value of host"),
        ("host='h", "a quoted value has no closing quote"),
        ("=h", "a `=` has no name before it"),
        ("postgres://h:abc/x", "the port is not a number; write it as postgres://USER@HOST:5432/DATABASE"),
        ("postgres://[::1/x", "an IPv6 address has no closing `]`"),
        ("postgres://[::1]x/x", "something other than a port follows the `]`"),
        ("postgres://h/%zz", "the database name contains a `%` that two hexadecimal digits (not 00) do not follow"),
        ("postgres://h/%00", "two hexadecimal digits (not 00)"),
        ("postgres://h/%ff", "the database name is not UTF-8"),
        ("postgres://h/x?sslmode", "parameter 1 after the `?` has no value"),
        ("postgres://h/x\0", "it contains a zero byte"),
    ] {
        let error = error(text);
        assert!(error.contains(message), "{text}:\n{error}");
    }
}

/// Passwords that are written wrongly, in every place where a message could repeat a piece of them.
#[test]
fn no_message_repeats_a_piece_of_a_password() {
    for text in [
        "postgres://you:hun/ter2@h/x",
        "postgres://you:hun?ter2@h/x",
        "postgres://you:1?hunter2=1@h/x",
        "postgres://you:1/hunter2@h:5432/x",
        "postgres://you:hun%ter2@h/x",
        "postgres://you:hunter2%@h/x",
        "postgres://you:hunter2%00@h/x",
        "postgres://you:hunter2@h:port/x",
        "postgres://you:hunter2@h:99999/x",
        "postgres://you:hunter2@h/x?sslmode=hunter2",
        "postgres://you:hunter2@h/x?connect_timeout=hunter2",
        "postgres://you:hunter2@h/x?sslmoed=hunter2",
        "postgres://you:x:hunter2:y",
        "host=h password=hun ter2",
        "host=h password=a hunter2=b",
        "host=h password=a hunter2",
        "host=h password=hunter2 port=x",
        "host=h password='hunter2",
        "password=hunter2://x@y",
        "host=h sslpassword=hunter2",
        "you:hunter2://h",
        "hunter2",
        "mysql://root:hunter2@h/x",
        "host=h password=hunter2 service=none",
        "host=h password=hunter2 sslmode=verify-full",
        "host=h hostaddr=hunter2",
    ] {
        match parse(text, &env()) {
            Ok(target) => assert!(!format!("{target:?} {target}").contains("ter2"), "{text}: {target:?}"),
            Err(error) => {
                assert!(!error.to_string().contains("ter2"), "{text}: {error}");
                assert!(!format!("{error:?}").contains("ter2"), "{text}: {error:?}");
            }
        }
    }
    let env = env().with_variable("PGPASSWORD", "hunter2").with_variable("PGSSLMODE", "hunter2");
    assert!(!format!("{env:?}").contains("hunter2"));
    assert!(!format!("{:?}", parse("host=h", &env)).contains("hunter2"));
}

#[test]
fn sockets() {
    let directory = tempfile::tempdir().unwrap();
    let (first, second) = (directory.path().join("a"), directory.path().join("b"));
    std::fs::create_dir_all(&second).unwrap();
    let env = env().with_socket_directories(&[&first, &second]);
    assert_eq!(parse("", &env).unwrap().hosts[0].place, Place::Unix(first.clone()));
    std::fs::write(second.join(".s.PGSQL.5433"), "").unwrap();
    assert_eq!(parse("port=5433", &env).unwrap().hosts[0].place, Place::Unix(second.clone()));
    assert_eq!(parse("postgres:///shop", &env).unwrap().hosts[0].place, Place::Unix(first));
    // No certificate is needed where there is no TLS.
    assert!(parse("sslmode=verify-full", &env).is_ok());
}

#[test]
fn nobody() {
    let error = parse("host=h", &crate::connect::Environment::empty()).unwrap_err();
    assert_eq!(error, ConnectError::NoUser);
    assert!(parse("host=h user=x", &crate::connect::Environment::empty()).is_ok());
}

#[test]
fn the_process_can_be_asked() {
    let env = crate::connect::Environment::from_process();
    assert!(parse("host=h", &env.with_variable("PGSERVICE", "")).is_ok());
}
