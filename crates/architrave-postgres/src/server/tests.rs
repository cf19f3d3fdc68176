//! Tests of whole servers: start, clone, and every way to die. They run a real PostgreSQL.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use super::*;

/// Polls until `is_so`, failing after a minute.
fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !is_so() {
        assert!(Instant::now() < deadline, "still not so: {what}");
        keeper::pause();
    }
}

async fn scalar(client: &tokio_postgres::Client, query: &str) -> String {
    client.query_one(query, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_server_starts_answers_and_leaves_nothing_behind() {
    let Some(_) = test_server::shared().await else { return };
    let server = PrivateServer::start(&ServerOptions::from_env(), &NoProgress).await.unwrap();
    let client = server.connect("postgres").await.unwrap();
    assert_eq!(scalar(&client, "show server_version_num").await, server.version_num().to_string());
    assert_eq!(scalar(&client, "select current_user::text").await, "postgres");
    assert_eq!(scalar(&client, "show listen_addresses").await, "");
    for (setting, value) in [("fsync", "off"), ("wal_level", "logical"), ("jit", "off"), ("data_checksums", "off")] {
        assert_eq!(scalar(&client, &format!("show {setting}")).await, value, "{setting}");
    }
    for value in ["server_encoding", "TimeZone"].map(|setting| format!("show \"{setting}\"")) {
        assert!(["UTF8", "UTC"].contains(&scalar(&client, &value).await.as_str()));
    }
    let instance = server.data_dir().parent().unwrap().to_owned();
    assert!(instance.is_dir());
    server.stop().await.unwrap();
    assert!(!instance.exists());
    assert!(client.query_one("select 1", &[]).await.is_err());
}

#[tokio::test]
async fn databases_are_cloned_and_dropped() {
    let Some(server) = test_server::shared().await else { return };
    let original = server.create_database("My Template!").await.unwrap();
    assert!(original.name().starts_with("my_template__"), "{}", original.name());
    let client = original.connect().await.unwrap();
    client.batch_execute("create table t as select generate_series(1, 100) as n").await.unwrap();
    drop(client);
    let (one, two) = tokio::join!(server.clone_database(original.name()), server.clone_database(original.name()));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_ne!(one.name(), two.name());
    one.connect().await.unwrap().batch_execute("drop table t").await.unwrap();
    assert_eq!(scalar(&two.connect().await.unwrap(), "select count(*)::text from t").await, "100");
    let parsed: tokio_postgres::Config = two.connection_string().parse().unwrap();
    assert_eq!(parsed, two.config());

    let gone = one.name().to_owned();
    drop(one);
    let admin = server.connect("postgres").await.unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    while scalar(&admin, &format!("select count(*)::text from pg_database where datname = '{gone}'")).await != "0" {
        assert!(Instant::now() < deadline);
    }
}

#[tokio::test]
async fn one_server_is_shared_per_major() {
    let Some(server) = test_server::shared().await else { return };
    let one = test_server::shared_major(server.major()).await.unwrap();
    let two = test_server::shared_major(server.major()).await.unwrap();
    assert_eq!((one.data_dir(), one.major()), (two.data_dir(), server.major()));
}

#[tokio::test]
async fn cloning_what_is_not_there_says_so() {
    let Some(server) = test_server::shared().await else { return };
    let message = server.clone_database("absent").await.unwrap_err().to_string();
    assert!(message.starts_with("the private PostgreSQL refused to clone the database absent: "), "{message}");
    assert!(message.contains("does not exist"), "{message}");
}

#[tokio::test]
async fn statistics_of_statements_are_collected_where_the_module_is_there() {
    let Some(server) = test_server::shared().await else { return };
    if !server.origin().has_module("pg_stat_statements") {
        return;
    }
    let database = server.create_database("statements").await.unwrap();
    let client = database.connect().await.unwrap();
    client.batch_execute("create extension pg_stat_statements").await.unwrap();
    assert_ne!(scalar(&client, "select count(*)::text from pg_stat_statements").await, "0");
}

#[tokio::test]
async fn extra_settings_and_logical_publications_work() {
    let Some(_) = test_server::shared().await else { return };
    let extra_settings = vec![("work_mem".to_owned(), "7MB".to_owned())];
    let options = ServerOptions { extra_settings, ..ServerOptions::from_env() };
    let server = PrivateServer::start(&options, &NoProgress).await.unwrap();
    let client = server.connect("postgres").await.unwrap();
    assert_eq!(scalar(&client, "show work_mem").await, "7MB");
    let publish = "create publication everything for all tables; \
        create subscription s connection 'host=nowhere' publication everything with (connect = false)";
    client.batch_execute(publish).await.unwrap();
}

#[tokio::test]
async fn a_wrong_setting_is_reported_in_the_servers_words() {
    let Some(_) = test_server::shared().await else { return };
    let extra_settings = vec![("no_such_setting".to_owned(), "1".to_owned())];
    let options = ServerOptions { extra_settings, ..ServerOptions::from_env() };
    let message = PrivateServer::start(&options, &NoProgress).await.unwrap_err().to_string();
    assert!(message.contains("did not start: "), "{message}");
    assert!(message.contains("unrecognized configuration parameter \"no_such_setting\""), "{message}");
}

#[tokio::test]
async fn loopback_asks_for_the_password() {
    let Some(_) = test_server::shared().await else { return };
    let server = PrivateServer::start_as(&ServerOptions::from_env(), How::Loopback, &NoProgress).await.unwrap();
    let client = server.connect("postgres").await.unwrap();
    assert_eq!(scalar(&client, "select inet_server_addr()::text").await, "127.0.0.1/32");
    let mut config = server.config("postgres");
    config.password("guess");
    let refused = config.connect(tokio_postgres::NoTls).await.err().unwrap();
    assert_eq!(refused.code(), Some(&tokio_postgres::error::SqlState::INVALID_PASSWORD));
}

#[tokio::test]
async fn several_at_once_share_nothing() {
    let Some(_) = test_server::shared().await else { return };
    let options = ServerOptions::from_env();
    let start = || PrivateServer::start(&options, &NoProgress);
    let (one, two, three) = tokio::join!(start(), start(), start());
    let servers = [one.unwrap(), two.unwrap(), three.unwrap()];
    let directories: Vec<PathBuf> = servers.iter().map(|server| server.data_dir().to_owned()).collect();
    for server in &servers {
        let client = server.connect("postgres").await.unwrap();
        client.batch_execute("create table only_here ()").await.unwrap();
    }
    drop(servers);
    assert!(directories.iter().all(|directory| !directory.exists()));
}

/// Best of five, so that it holds on a busy machine too.
#[tokio::test]
async fn a_warm_start_runs_no_initdb() {
    let Some(_) = test_server::shared().await else { return };
    // Its own cache: another run may clear the templates of the machine's.
    let cache = OwnCache::new();
    let options = cache.options();
    // initdb gives each cluster an identifier of its own; a copy of the template has the template's.
    let mut identifiers = BTreeSet::new();
    for _ in 0..2 {
        let server = PrivateServer::start(&options, &NoProgress).await.unwrap();
        let client = server.connect("postgres").await.unwrap();
        identifiers.insert(scalar(&client, "select system_identifier::text from pg_control_system()").await);
    }
    assert_eq!(identifiers.len(), 1, "{identifiers:?}");
}

/// A cache of its own, emptied at the end. (As root its work directory is elsewhere.)
struct OwnCache(tempfile::TempDir);

impl OwnCache {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn options(&self) -> ServerOptions {
        ServerOptions { cache_dir: self.0.path().to_owned(), ..ServerOptions::from_env() }
    }
}

impl Drop for OwnCache {
    fn drop(&mut self) {
        let _ = clean(&self.options());
    }
}

#[tokio::test]
async fn two_cold_starts_at_once_make_one_template() {
    let Some(_) = test_server::shared().await else { return };
    let cache = OwnCache::new();
    let options = cache.options();
    let start = || PrivateServer::start(&options, &NoProgress);
    let (one, two) = tokio::join!(start(), start());
    let (one, two) = (one.unwrap(), two.unwrap());
    let places = Places::existing(&options);
    assert_eq!(find::subdirectories(&places.templates()).len(), 1);
    assert_eq!(find::subdirectories(&places.run()).len(), if options.memory_dir.is_some() { 0 } else { 2 });
    assert_eq!(clean(&options).unwrap().templates, 1);
    one.connect("postgres").await.unwrap();
    drop((one, two));
}

#[tokio::test]
async fn a_broken_template_is_made_again() {
    let Some(_) = test_server::shared().await else { return };
    let cache = OwnCache::new();
    let options = cache.options();
    PrivateServer::start(&options, &NoProgress).await.unwrap().stop().await.unwrap();
    let template = find::subdirectories(&Places::existing(&options).templates()).remove(0);
    // Seen before it is copied: a file that must be there is empty. Seen only by the server: a damaged control file.
    for (file, text) in [("data/PG_VERSION", ""), ("data/global/pg_control", "damaged")] {
        std::fs::write(template.join(file), text).unwrap();
        let server = PrivateServer::start(&options, &NoProgress).await.unwrap();
        assert_eq!(scalar(&server.connect("postgres").await.unwrap(), "select '1'::text").await, "1");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_long_cache_path_gets_a_short_socket() {
    let Some(_) = test_server::shared().await else { return };
    let cache = OwnCache::new();
    let long = cache.0.path().join("x".repeat(100));
    // As root the account that runs the server must be able to enter it.
    places::set_mode(cache.0.path(), 0o755).unwrap();
    let options = ServerOptions { cache_dir: long, memory_dir: None, ..ServerOptions::from_env() };
    let server = PrivateServer::start(&options, &NoProgress).await.unwrap();
    server.connect("postgres").await.unwrap();
    let socket = server.socket_dir().to_owned();
    assert_ne!(Some(socket.as_path()), server.data_dir().parent());
    drop(server);
    assert!(!socket.exists());
}

/// The variable that turns the test below from nothing into a process that holds a server.
const HOLD: &str = "ARCHITRAVE_TEST_HOLD";

/// Not a test of its own: the process that the tests below start and kill.
#[tokio::test]
async fn held_by_another_process() {
    let Ok(how) = std::env::var(HOLD) else { return };
    let server = PrivateServer::start(&ServerOptions::from_env(), &NoProgress).await.unwrap();
    let process = std::fs::read_to_string(server.data_dir().join("postmaster.pid")).unwrap();
    println!("\nserver {} {}", process.lines().next().unwrap(), server.data_dir().parent().unwrap().display());
    match how.as_str() {
        "panic" => panic!("as told"),
        "exit" => std::process::exit(3),
        "signal" => {
            let mut signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).unwrap();
            println!("ready");
            signal.recv().await;
            kill_all();
            std::process::exit(4);
        }
        _ => std::future::pending().await,
    }
}

/// A process that holds a server, started from this very test binary.
struct Holder {
    child: std::process::Child,
    output: std::io::Lines<std::io::BufReader<std::process::ChildStdout>>,
    server: i32,
    instance: PathBuf,
}

impl Holder {
    fn start(how: &str) -> Self {
        use std::io::BufRead as _;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "server::tests::held_by_another_process", "--nocapture", "--test-threads=1"])
            .env(HOLD, how)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
        let line = output.by_ref().map(Result::unwrap).find(|line| line.starts_with("server ")).unwrap();
        let words: Vec<&str> = line.splitn(3, ' ').collect();
        Self { child, output, server: words[1].parse().unwrap(), instance: PathBuf::from(words[2]) }
    }

    fn wait_for(&mut self, wanted: &str) {
        assert!(self.output.by_ref().map(Result::unwrap).any(|line| line == wanted));
    }

    /// Server and directory go, without anybody's further help.
    fn assert_all_gone(mut self) {
        self.child.wait().unwrap();
        eventually("the directory is gone", || !self.instance.exists());
        eventually("the server is gone", || is_gone(self.server));
    }
}

#[cfg(target_os = "linux")]
fn is_gone(process: i32) -> bool {
    // A process that nobody has waited for yet is gone as well.
    std::fs::read_to_string(format!("/proc/{process}/stat")).map_or(true, |stat| stat.contains(") Z "))
}

#[cfg(all(unix, not(target_os = "linux")))]
fn is_gone(process: i32) -> bool {
    rustix::process::test_kill_process(rustix::process::Pid::from_raw(process).unwrap()).is_err()
}

#[cfg(unix)]
#[tokio::test]
async fn a_killed_process_leaves_nothing_behind() {
    let Some(_) = test_server::shared().await else { return };
    let mut holder = Holder::start("wait");
    assert!(holder.instance.is_dir());
    holder.child.kill().unwrap();
    holder.assert_all_gone();
}

#[cfg(unix)]
#[tokio::test]
async fn a_panic_or_an_exit_leaves_nothing_behind() {
    let Some(_) = test_server::shared().await else { return };
    for how in ["panic", "exit"] {
        Holder::start(how).assert_all_gone();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_handled_signal_leaves_nothing_behind() {
    let Some(_) = test_server::shared().await else { return };
    let mut holder = Holder::start("signal");
    holder.wait_for("ready");
    let process = rustix::process::Pid::from_child(&holder.child);
    rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
    assert_eq!(holder.child.wait().unwrap().code(), Some(4));
    // All of it was gone before the process ended.
    assert!(!holder.instance.exists());
    assert!(is_gone(holder.server));
}

#[cfg(unix)]
#[tokio::test]
async fn the_next_run_ends_what_even_the_keeper_did_not() {
    let Some(_) = test_server::shared().await else { return };
    let mut holder = Holder::start("wait");
    // The keeper shells are the server's process group without the server and its children: killed before the owner.
    let group = rustix::process::getpgid(rustix::process::Pid::from_raw(holder.server)).unwrap();
    for shell in shells_of(group) {
        let _ = rustix::process::kill_process(shell, rustix::process::Signal::KILL);
    }
    holder.child.kill().unwrap();
    holder.child.wait().unwrap();
    assert!(holder.instance.exists());
    PrivateServer::start(&ServerOptions::from_env(), &NoProgress).await.unwrap();
    holder.assert_all_gone();
}

/// The shells of a process group.
#[cfg(unix)]
fn shells_of(group: rustix::process::Pid) -> Vec<rustix::process::Pid> {
    let output = Command::new("ps").args(["-A", "-o", "pid=,pgid=,comm="]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|words| words[1] == group.as_raw_nonzero().to_string() && words[2].ends_with("sh"))
        .filter_map(|words| rustix::process::Pid::from_raw(words[0].parse().unwrap()))
        .collect()
}

#[test]
fn names_need_no_quotes_and_fit() {
    assert_eq!(unique_name("Größe", 7), "gr__e_7");
    assert_eq!(unique_name("1st", 1), "db_1st_1");
    assert!(unique_name(&"x".repeat(200), u64::MAX).len() <= 63);
}
