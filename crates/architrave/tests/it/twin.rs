//! `architrave twin` as its user meets it: it plans like the source, stays until Ctrl-C, and leaves nothing behind.

use crate::cli::{architrave, run};
use crate::review::{descendants, lives};
use crate::shop::{STATEMENTS, explained, open_connection, shop};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A twin that stands.
struct Standing {
    child: Child,
    /// As printed.
    connection: String,
    /// All processes of it.
    processes: Vec<u32>,
}

impl Standing {
    #[track_caller]
    fn start(arguments: &[&str]) -> Self {
        let mut command = architrave();
        let mut child = command.arg("twin").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut connection = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut connection).unwrap();
        assert!(!connection.is_empty(), "no twin: {}", stderr(&mut child));
        let processes = descendants(child.id());
        Self { child, connection: connection.trim_end().to_owned(), processes }
    }

    /// The private server's directory.
    fn directory(&self) -> PathBuf {
        let host = self.connection.split_whitespace().find_map(|word| word.strip_prefix("host=")).expect("a host");
        PathBuf::from(host)
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// Ends it like Ctrl-C; its exit status and what it said.
    fn end(mut self) -> (Option<i32>, String) {
        self.signal("-INT");
        let said = stderr(&mut self.child);
        (self.child.wait().unwrap().code(), said)
    }
}

fn stderr(child: &mut Child) -> String {
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    text
}

/// Waits until none of them lives; whether that came about.
fn all_gone(processes: &[u32]) -> bool {
    let deadline = Instant::now() + Duration::from_secs(20);
    while processes.iter().any(|pid| lives(*pid)) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    !processes.iter().any(|pid| lives(*pid))
}

#[tokio::test(flavor = "multi_thread")]
async fn it_plans_like_the_source_and_leaves_nothing_behind() {
    let Some(shop) = shop().await else { return };
    let twin = Standing::start(&[&shop.url]);
    let (source, copy) = (open_connection(&shop.url).await, open_connection(&twin.connection).await);
    for statement in STATEMENTS {
        assert_eq!(explained(&copy, statement).await, explained(&source, statement).await, "{statement}");
    }
    let rows = copy.client.query_one("select count(*) from orders", &[]).await;
    assert!(rows.is_err() || rows.is_ok_and(|row| row.get::<_, i64>(0) == 0), "a twin holds no rows");
    drop(copy);
    let (directory, processes) = (twin.directory(), twin.processes.clone());
    assert!(directory.exists() && !processes.is_empty());
    let (status, said) = twin.end();
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("there are no rows") && said.contains("the twin is gone"), "{said}");
    assert!(all_gone(&processes), "a process of the twin outlived it");
    assert!(!directory.exists(), "{} was left behind", directory.display());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_do_not_meet_and_one_grows() {
    let Some(shop) = shop().await else { return };
    let file = shop.snapshot();
    let (small, large) = (Standing::start(&[&file]), Standing::start(&[&file, "--grow", "10,customers=1"]));
    assert_ne!(small.connection, large.connection);
    let (one, ten) = (open_connection(&small.connection).await, open_connection(&large.connection).await);
    let (before, after) = ("rows=20000 ", "rows=200000 ");
    let orders = "select * from orders";
    assert!(explained(&one, orders).await.contains(before));
    assert!(explained(&ten, orders).await.contains(after));
    assert!(explained(&ten, "select * from customers").await.contains("rows=2000 "));
    drop((one, ten));
    assert_eq!(small.end().0, Some(0));
    let (status, said) = large.end();
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("times 10"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_one_leaves_the_next_run_sweeps() {
    let Some(shop) = shop().await else { return };
    let mut twin = Standing::start(&[&shop.snapshot()]);
    let (directory, processes) = (twin.directory(), twin.processes.clone());
    twin.signal("-KILL");
    twin.child.wait().unwrap();
    assert!(all_gone(&processes), "the server outlived its command");
    run(&["explain", "select 1", "--db", &shop.snapshot()]).done();
    assert!(!directory.exists(), "{} was not swept", directory.display());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_superuser_gets_the_same_plans_and_one_without_rights_is_told() {
    let Some(shop) = shop().await else { return };
    let admin = shop.database.connect().await.unwrap();
    let roles = "create role twin_reader login; grant pg_read_all_data to twin_reader; create role twin_stranger login";
    // Roles are the server's, and pg_read_all_data came with 14.
    if admin.batch_execute(roles).await.is_err() {
        return;
    }
    let reader = Standing::start(&[&shop.as_role("twin_reader")]);
    let (source, copy) = (open_connection(&shop.url).await, open_connection(&reader.connection).await);
    for statement in STATEMENTS {
        assert_eq!(explained(&copy, statement).await, explained(&source, statement).await, "{statement}");
    }
    drop(copy);
    assert_eq!(reader.end().0, Some(0));
    let stranger = Standing::start(&[&shop.as_role("twin_stranger")]);
    let (status, said) = stranger.end();
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("not as the source: column statistics"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_view_in_the_snapshot_is_reported_and_not_fatal() {
    let Some(shop) = shop().await else { return };
    let broken = shop.changed("broken.snapshot.json", |snapshot| {
        let table = snapshot["catalog"]["tables"].as_array_mut().unwrap().iter_mut().find(|t| t["name"]["name"] == "orders").unwrap();
        let columns = table["columns"].as_array_mut().unwrap();
        columns.retain(|column| column["name"] != "total");
    });
    let twin = Standing::start(&[&broken]);
    let copy = open_connection(&twin.connection).await;
    assert!(explained(&copy, "select status from orders").await.contains("rows=20000 "));
    drop(copy);
    let (status, said) = twin.end();
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("open_orders") && said.contains("total"), "{said}");
}

#[test]
fn what_cannot_be_twinned_is_said() {
    run(&["twin", "no/such/place"]).refused(&["no/such/place does not exist"]);
    run(&["twin", "postgres://u@no-such-host.invalid/db"]).refused(&["no-such-host.invalid"]);
    let none = crate::cli::project(&[("x.snapshot.json", "{\"a\": 1}")]);
    run(&["twin", none.path().join("x.snapshot.json").to_str().unwrap()]).refused(&["x.snapshot.json"]);
    assert_eq!(run(&["twin", "x.snapshot.json", "--grow", "much"]).status, 2);
}
