//! Tests of a whole fetch: against a made-up package, and for real.

use std::{io::Write as _, path::PathBuf, sync::Mutex};

use sha2::Digest as _;

use super::{
    super::{PrivateServer, account, clean, download::tests::*, install as install_async, installations},
    *,
};

/// A package whose programs only know `-V`.
fn made_up_tarball() -> Vec<u8> {
    let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for program in ["postgres", "initdb"] {
        let script = format!("#!/bin/sh\necho '{program} (PostgreSQL) 15.3'\n");
        let mut header = tar::Header::new_gnu();
        header.set_size(script.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, format!("package/native/bin/{program}"), script.as_bytes()).unwrap();
    }
    let mut encoder = builder.into_inner().unwrap();
    encoder.flush().unwrap();
    encoder.finish().unwrap()
}

fn made_up_package(tarball: &[u8]) -> Package {
    let sha512 = download::base64(&sha2::Sha512::digest(tarball));
    Package { major: 15, version: "15.3.0-test.1", sha512: Box::leak(sha512.into_boxed_str()) }
}

struct Cache {
    directory: tempfile::TempDir,
}

impl Cache {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn options(&self) -> ServerOptions {
        ServerOptions {
            cache_dir: self.directory.path().to_owned(),
            bin_dirs: Vec::new(),
            search_path: Vec::new(),
            usual_places: false,
            ..ServerOptions::from_env()
        }
    }

    fn places(&self) -> Places {
        Places::open(&self.options(), account::service_account().unwrap().as_ref()).unwrap()
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        let _ = clean(&self.options());
    }
}

/// Progress as text.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Progress for Told {
    fn begin(&self, what: &str, total: Option<u64>) {
        self.0.lock().unwrap().push(format!("{what} {total:?}"));
    }
    fn advance(&self, _n: u64) {}
    fn end(&self) {
        self.0.lock().unwrap().push("end".to_owned());
    }
}

#[cfg(unix)]
#[test]
fn two_at_once_fetch_once_and_offline_is_fine_afterwards() {
    let tarball = made_up_tarball();
    let package = made_up_package(&tarball);
    let body = tarball.clone();
    let server = FakeRegistry::start(move |_, _| answer("200 OK", "", body.len(), &body));
    let registry = Registry::at(&server.url);
    let cache = Cache::new();
    let places = cache.places();
    let wanted = Wanted { platform: "test-x64", package: &package, registry: &registry };
    let told = Told::default();
    std::thread::scope(|scope| {
        let other = scope.spawn(|| fetch(&wanted, false, &places, &told).unwrap());
        let one = fetch(&wanted, false, &places, &told).unwrap();
        assert_eq!(one, other.join().unwrap());
        assert_eq!((one.major, one.version.as_str(), one.source), (15, "15.3", Source::Cache));
    });
    assert_eq!(server.requests().len(), 1);
    let length = tarball.len();
    let expected = [format!("Fetching PostgreSQL 15.3 Some({length})"), "end".to_owned()];
    assert_eq!(told.0.into_inner().unwrap()[..2], expected);
    assert_eq!(installations(&cache.options()).len(), 1);
    fetch(&wanted, true, &places, &super::super::NoProgress).unwrap();
    let cleaned = clean(&cache.options()).unwrap();
    assert_eq!((cleaned.servers, cleaned.in_use.len()), (1, 0));
    assert!(cleaned.bytes > 0);
    assert!(installations(&cache.options()).is_empty());
}

#[cfg(unix)]
#[test]
fn programs_that_do_not_run_here_are_said() {
    let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(0);
    builder.append_data(&mut header, "package/native/bin/postgres", &b""[..]).unwrap();
    let tarball = builder.into_inner().unwrap().finish().unwrap();
    let package = made_up_package(&tarball);
    let server = FakeRegistry::start(move |_, _| answer("200 OK", "", tarball.len(), &tarball));
    let registry = Registry::at(&server.url);
    let cache = Cache::new();
    let wanted = Wanted { platform: "test-x64", package: &package, registry: &registry };
    let message = fetch(&wanted, false, &cache.places(), &super::super::NoProgress).unwrap_err().to_string();
    assert_eq!(message, "the server package test-x64-15.3.0-test.1.tgz cannot be unpacked: its programs do not run on this machine");
}

#[tokio::test]
async fn offline_names_the_way_out() {
    let cache = Cache::new();
    let options = ServerOptions { major: Some(17), offline: true, ..cache.options() };
    let message = PrivateServer::start(&options, &super::super::NoProgress).await.unwrap_err().to_string();
    assert!(message.starts_with("no PostgreSQL 17 was found and --offline forbids fetching it: "), "{message}");
    assert!(message.contains("`architrave postgres install 17`"), "{message}");
}

#[tokio::test]
async fn a_major_that_nobody_packs_names_those_that_are() {
    let cache = Cache::new();
    let options = ServerOptions { major: Some(11), ..cache.options() };
    let message = PrivateServer::start(&options, &super::super::NoProgress).await.unwrap_err().to_string();
    assert!(message.starts_with("no PostgreSQL 11 was found and none can be fetched for "), "{message}");
}

/// The real thing: 23 MB from the configured registry, unpacked, linked, started.
#[tokio::test]
async fn postgresql_18_is_fetched_and_runs() {
    let cache = Cache::new();
    let told = Told::default();
    let installation = match install_async(&cache.options(), 18, &told).await {
        Ok(installation) => installation,
        Err(error) if error.is_absent() && std::env::var_os("ARCHITRAVE_REQUIRE_PG").is_none_or(|value| value != "1") => {
            eprintln!("skipped: {error}");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    assert_eq!((installation.major, installation.source), (18, Source::Cache));
    assert!(told.0.lock().unwrap()[0].starts_with("Fetching PostgreSQL 18."), "{:?}", told.0);
    let options = ServerOptions { major: Some(18), offline: true, ..cache.options() };
    let server = PrivateServer::start(&options, &super::super::NoProgress).await.unwrap();
    assert_eq!((server.major(), server.origin()), (18, &installation));
    let database = server.create_database("contrib").await.unwrap();
    let client = database.connect().await.unwrap();
    let version: String = client.query_one("select version()", &[]).await.unwrap().get(0);
    assert!(version.starts_with("PostgreSQL 18."), "{version}");
    // These need libraries of the package that only its links name.
    for extension in ["pgcrypto", "uuid-ossp", "xml2", "pg_trgm", "postgres_fdw", "pg_stat_statements"] {
        client.batch_execute(&format!("create extension \"{extension}\"")).await.unwrap();
    }
    // What runs is not removed under its feet.
    let cleaned = clean(&options).unwrap();
    let server_directory: PathBuf = installation.bin_dir.parent().unwrap().to_owned();
    assert_eq!((cleaned.servers, cleaned.in_use), (0, vec![server_directory]));
}
