//! Bad input: one clear sentence, exit status 2, nothing left behind.

use crate::cli::{architrave, finish, project, run, write};
use crate::fake_server::{Manner, start};
use std::net::TcpListener;

fn url(port: u16) -> String {
    format!("postgres://reader:hunter2@127.0.0.1:{port}/shop?connect_timeout=2")
}

#[test]
fn no_database_listens() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let outcome = run(&["review", &url(port)]);
    outcome.refused(&[&format!("127.0.0.1:{port}"), "refused"]);
    assert!(!outcome.stderr.contains("hunter2"));
}

#[test]
fn an_unknown_host() {
    run(&["review", "postgres://u@no-such-host.invalid/db"]).refused(&["no-such-host.invalid"]);
}

#[test]
fn a_server_that_hangs() {
    let port = start(Manner::Hangs);
    run(&["review", &url(port)]).refused(&[&format!("127.0.0.1:{port}"), "2 s"]);
}

#[test]
fn a_server_that_speaks_http() {
    let port = start(Manner::Http);
    run(&["review", &url(port)]).refused(&[&format!("127.0.0.1:{port}")]);
}

#[test]
fn postgresql_9_6_and_11_are_too_old() {
    for (version, text) in [("9.6.24", "PostgreSQL 9.6.24 on x86_64-pc-linux-gnu"), ("11.22", "PostgreSQL 11.22 on x86_64-pc-linux-gnu")] {
        let port = start(Manner::Reports(vec![("server_version", version)], text));
        run(&["review", &url(port)]).refused(&[version, "12"]);
    }
}

#[test]
fn cockroachdb_is_named() {
    let parameters = vec![("server_version", "13.0.0"), ("crdb_version", "CockroachDB CCL v24.1.0")];
    let port = start(Manner::Reports(parameters, "CockroachDB CCL v24.1.0 (x86_64-pc-linux-gnu)"));
    run(&["review", &url(port)]).refused(&["CockroachDB"]);
}

#[test]
fn a_pooler_that_refuses_startup_parameters_is_asked_again_without() {
    let port = start(Manner::RefusesParameters);
    // The fake lets the second try in and says that it is too old, so the retry has happened.
    run(&["review", &url(port)]).refused(&["9.6.24"]);
}

#[test]
fn a_directory_without_schema() {
    let empty = project(&[("src/index.ts", "export {}\n"), ("package.json", "{\"name\": \"x\"}")]);
    run(&["review", empty.path().to_str().unwrap()]).refused(&["found no migrations", "Supabase", "postgres://"]);
}

#[test]
fn a_target_that_does_not_exist() {
    run(&["review", "no/such/place"]).refused(&["no/such/place does not exist"]);
}

#[test]
fn a_binary_file_named_sql() {
    let odd = project(&[]);
    write(odd.path(), "dump.sql", &[0x7f, b'E', b'L', b'F', 0, 0, 1, 2, 3, 0, 0, 255, 254]);
    run(&["review", odd.path().join("dump.sql").to_str().unwrap()]).refused(&["dump.sql"]);
}

#[test]
fn a_directory_nobody_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let closed = project(&[("migrations/1_a.sql", "create table a (id int);")]);
    let inner = closed.path().join("migrations");
    std::fs::set_permissions(&inner, std::fs::Permissions::from_mode(0o000)).unwrap();
    let mut command = architrave();
    command.args(["review", inner.to_str().unwrap()]);
    let as_root = std::fs::read_dir(&inner).is_ok();
    if as_root {
        // Root may read everything; step down to an ordinary user, who must be able to reach the binary and the directory.
        use std::os::unix::process::CommandExt;
        std::fs::set_permissions(closed.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let copy = closed.path().join("architrave");
        std::fs::copy(env!("CARGO_BIN_EXE_architrave"), &copy).unwrap();
        command = std::process::Command::new(&copy);
        command.args(["review", inner.to_str().unwrap()]).uid(65534).gid(65534).current_dir(closed.path()).env("NO_COLOR", "1");
    }
    let outcome = finish(&mut command);
    std::fs::set_permissions(&inner, std::fs::Permissions::from_mode(0o755)).unwrap();
    outcome.refused(&["migrations", "permission"]);
}

#[test]
fn a_snapshot_that_is_none() {
    let files = project(&[("x.snapshot.json", "{\"a\": 1}"), ("y.snapshot.json", "{")]);
    for name in ["x.snapshot.json", "y.snapshot.json"] {
        run(&["review", files.path().join(name).to_str().unwrap()]).refused(&[name]);
    }
}

#[test]
fn wrong_settings_name_the_nearest_key() {
    let files = project(&[("migrations/1_a.sql", "create table a (id int);"), ("architrave.toml", "[reviw]\ntargets = []\n")]);
    run(&["review", files.path().to_str().unwrap()]).refused(&["architrave.toml", "reviw", "review"]);
}

#[test]
fn an_unknown_rule_names_the_nearest() {
    run(&["rules", "index/foreign-key-unindexd"]).refused(&["index/foreign-key-unindexed"]);
    run(&["review", "--rule", "index/dupicate"]).refused(&["index/duplicate"]);
}

#[test]
fn an_output_without_a_known_ending() {
    run(&["review", "-o", "report.pdf"]).refused(&[".pdf", ".html"]);
    run(&["review", "-o", "-"]).refused(&["--format"]);
}

#[test]
fn an_output_that_cannot_be_written() {
    let files = project(&[("migrations/1_a.sql", "create table a (id int primary key);")]);
    let outcome = run(&["review", files.path().to_str().unwrap(), "--no-execute", "-o", "/no/such/directory/report.html"]);
    assert_eq!(outcome.status, 2);
    assert!(outcome.stderr.contains("/no/such/directory/report.html"), "{}", outcome.stderr);
}

#[test]
fn a_full_disk() {
    let files = project(&[("migrations/1_a.sql", "create table a (id int primary key);")]);
    // /dev/full takes a write and says that no space is left.
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = architrave();
    command.args(["review", files.path().to_str().unwrap(), "--no-execute", "--format", "json"]).stdout(full);
    let outcome = finish(&mut command);
    assert_eq!(outcome.status, 2, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("No space left"), "{}", outcome.stderr);
}

#[test]
fn other_engines_are_said() {
    run(&["review", "mongodb://localhost/shop"]).refused(&["mongodb://", "not reviewed yet"]);
}
