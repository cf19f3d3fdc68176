//! Servers that die and disks that fill up in the middle: one sentence, status 2, nothing left behind.

use crate::cli::{Outcome, run};
use crate::shop::{STATEMENTS, shop};
use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// A socket in a directory of its own that leads to a server and closes after so many bytes of answers.
struct Cut {
    directory: tempfile::TempDir,
}

impl Cut {
    fn after(bytes: usize, server: PathBuf) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(directory.path().join(".s.PGSQL.5432")).unwrap();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(upstream) = UnixStream::connect(&server) else { return };
                std::thread::spawn(move || lead(client, upstream, bytes));
            }
        });
        Self { directory }
    }
}

fn lead(mut client: UnixStream, mut upstream: UnixStream, bytes: usize) {
    let (mut from_client, mut to_server) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
    std::thread::spawn(move || std::io::copy(&mut from_client, &mut to_server));
    let (mut left, mut buffer) = (bytes, [0; 4096]);
    while left > 0 {
        let most = left.min(buffer.len());
        let Ok(read @ 1..) = upstream.read(&mut buffer[..most]) else { break };
        if client.write_all(&buffer[..read]).is_err() {
            break;
        }
        left -= read;
    }
    let _gone = client.shutdown(std::net::Shutdown::Both);
    let _gone = upstream.shutdown(std::net::Shutdown::Both);
}

/// The directory of a connection string's socket.
fn host(text: &str) -> &str {
    text.split_whitespace().find_map(|part| part.strip_prefix("host=")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_midway() {
    let Some(shop) = shop().await else { return };
    let real = host(&shop.url);
    let file = shop.file("never.snapshot.json", "");
    std::fs::remove_file(&file).unwrap();
    let pages = format!("{file}.csv");
    for bytes in [40, 700, 6_000] {
        let cut = Cut::after(bytes, Path::new(real).join(".s.PGSQL.5432"));
        let url = shop.url.replace(real, cut.directory.path().to_str().unwrap());
        for arguments in [
            vec!["review", &url],
            vec!["twin", &url],
            vec!["explain", STATEMENTS[0], "--db", &url],
            vec!["index", &url],
            vec!["snapshot", &url, "-o", &file],
            vec!["docs", &url, "-o", &pages],
        ] {
            let outcome = run(&arguments);
            outcome.refused(&[]);
            assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
        }
        assert!(!Path::new(&file).exists() && !Path::new(&pages).exists(), "half a file is none");
    }
}

/// The binary with nothing but a small disk to work on, in a mount name space of its own; none where the machine allows no such thing.
fn on_a_small_disk(size: &str, arguments: &[&str]) -> Option<(Outcome, String)> {
    let disk = tempfile::tempdir().unwrap();
    let disk = disk.path().display();
    let script = format!(
        "mount -t tmpfs -o size=1m tmpfs /dev/shm && mount -t tmpfs -o size={size},mode=0755 tmpfs {disk} || exit 77
         \"$@\"; status=$?; echo \"left: $(ls -A {disk}/run 2>/dev/null)\"; exit $status"
    );
    let mut command = std::process::Command::new("unshare");
    let command = command.args(["-m", "sh", "-c", &script, "sh", env!("CARGO_BIN_EXE_architrave")]).args(arguments);
    let output = command.env("ARCHITRAVE_CACHE_DIR", disk.to_string()).output().ok()?;
    let words = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (status, stdout, stderr) = (output.status.code().unwrap_or(-1), words(output.stdout), words(output.stderr));
    let (stdout, left) = stdout.rsplit_once("left: ")?;
    Some((Outcome { status, stdout: stdout.to_owned(), stderr }, left.trim().to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_under_the_private_server() {
    let Some(shop) = shop().await else { return };
    // Without a server of the system, its programs would have to be fetched to the small disk.
    if !Path::new("/usr/lib/postgresql").exists() {
        eprintln!("skipped: no installed PostgreSQL");
        return;
    }
    for (size, arguments) in [
        ("24m", ["twin", &shop.snapshot(), "-q", "--offline"]),
        ("70m", ["index", &shop.snapshot(), "-q", "--offline"]),
        ("70m", ["review", &shop.snapshot(), "-q", "--offline"]),
    ] {
        let Some((outcome, left)) = on_a_small_disk(size, &arguments) else {
            eprintln!("skipped: no small disk can be mounted here");
            return;
        };
        assert_eq!(left, "", "{arguments:?}");
        if arguments[0] == "review" {
            // What can be said without a server is said; the rest is under coverage.
            assert_eq!(outcome.status, 0, "{}", outcome.stderr);
        } else {
            outcome.refused(&["no space is left on the disk"]);
        }
    }
}
