//! Servers that die in the middle: one sentence, status 2, nothing left behind.

use crate::cli::run;
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
