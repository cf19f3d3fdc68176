//! Tests of finding and choosing installations, on made-up programs that only know `-V`.

use super::*;

fn options(cache: &Path) -> ServerOptions {
    ServerOptions {
        cache_dir: cache.to_owned(),
        bin_dirs: Vec::new(),
        search_path: Vec::new(),
        usual_places: false,
        ..ServerOptions::from_env()
    }
}

fn installation(version_num: u32, source: Source) -> Installation {
    Installation {
        major: (version_num / 10_000) as u16,
        version_num,
        version: format!("{}.{}", version_num / 10_000, version_num % 10_000),
        bin_dir: PathBuf::from(format!("/{version_num}")),
        library_dir: None,
        source,
    }
}

#[cfg(unix)]
fn fake(directory: &Path, program: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::create_dir_all(directory).unwrap();
    let path = directory.join(program);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(unix)]
fn fake_server(directory: &Path, version: &str) {
    fake(directory, "postgres", &format!("echo 'postgres (PostgreSQL) {version}'"));
    fake(directory, "initdb", &format!("echo 'initdb (PostgreSQL) {version}'"));
}

#[test]
fn versions_are_read_in_every_form() {
    assert_eq!(numbers("15.18 (Debian 15.18-0+deb12u1)"), Some((15, 150_018)));
    assert_eq!(numbers("18beta1"), Some((18, 180_000)));
    assert_eq!(numbers("19devel"), Some((19, 190_000)));
    assert_eq!(numbers("9.6.24"), Some((9, 90_006)));
    assert_eq!(numbers("EnterpriseDB"), None);
}

#[cfg(unix)]
#[test]
fn broken_and_partial_installations_are_skipped() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    fake_server(&at("whole/bin"), "16.4");
    fake(&at("client-only"), "psql", "echo 16");
    fake(&at("no-initdb"), "postgres", "echo 'postgres (PostgreSQL) 17.1'");
    fake_server(&at("mixed"), "17.1");
    fake(&at("mixed"), "initdb", "echo 'initdb (PostgreSQL) 16.4'");
    fake_server(&at("crashes"), "17.1");
    fake(&at("crashes"), "postgres", "echo 'postgres (PostgreSQL) 17.1'; exit 1");
    fake_server(&at("nonsense"), "what?");
    let options = ServerOptions {
        bin_dirs: ["client-only", "no-initdb", "mixed", "crashes", "nonsense", "absent", "whole"].map(at).to_vec(),
        ..options(root.path())
    };
    let found = installations(&options);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].major, found[0].version_num, found[0].source), (16, 160_004, Source::Env));
    assert_eq!(found[0].bin_dir, at("whole/bin").canonicalize().unwrap());
}

#[cfg(unix)]
#[test]
fn a_link_in_path_leads_to_the_real_directory_and_counts_once() {
    let root = tempfile::tempdir().unwrap();
    let real = root.path().join("lib/bin");
    fake_server(&real, "14.9");
    let links = root.path().join("links");
    fs::create_dir(&links).unwrap();
    std::os::unix::fs::symlink(real.join("postgres"), links.join("postgres")).unwrap();
    let options = ServerOptions { search_path: vec![links, real.clone()], ..options(root.path()) };
    let found = installations(&options);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].bin_dir.clone(), found[0].source), (real.canonicalize().unwrap(), Source::Path));
}

#[cfg(unix)]
#[test]
fn a_fetched_server_counts_only_with_its_mark() {
    let root = tempfile::tempdir().unwrap();
    let whole = root.path().join("servers/17.1.0");
    fake_server(&whole.join("bin"), "17.1");
    fake_server(&root.path().join("servers/half/bin"), "18.1");
    fs::write(whole.join(FETCHED), "{}").unwrap();
    let found = installations(&options(root.path()));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].major, found[0].source), (17, Source::Cache));
    assert_eq!(found[0].library_dir.as_deref(), Some(whole.canonicalize().unwrap().join("lib").as_path()));
}

#[cfg(unix)]
#[test]
fn patterns_match_one_component() {
    let root = tempfile::tempdir().unwrap();
    for name in ["postgresql15", "postgresql@16", "other"] {
        fs::create_dir_all(root.path().join(name).join("bin")).unwrap();
    }
    let base = root.path().to_str().unwrap();
    assert_eq!(matching(&format!("{base}/postgresql*/bin")).len(), 2);
    assert_eq!(matching(&format!("{base}/postgresql*")).len(), 2);
    assert_eq!(matching(&format!("{base}/*/bin")).len(), 3);
}

#[test]
fn the_major_asked_for_is_taken_exactly() {
    let found = [installation(150_018, Source::System), installation(140_002, Source::Path)];
    assert_eq!(choose(&found, Some(14)).unwrap().installation.version_num, 140_002);
    assert_eq!(choose(&found, Some(16)), None);
}

#[test]
fn otherwise_the_newest_supported_and_the_better_place() {
    let found = [
        installation(150_018, Source::System),
        installation(170_001, Source::Path),
        installation(170_005, Source::Cache),
        installation(190_000, Source::Cache),
    ];
    let choice = choose(&found, None).unwrap();
    assert_eq!((choice.installation.version_num, choice.note), (170_001, None));
}

#[test]
fn a_named_directory_beats_a_newer_one_elsewhere() {
    let found = [installation(130_001, Source::Env), installation(180_001, Source::System)];
    assert_eq!(choose(&found, None).unwrap().installation.major, 13);
}

#[test]
fn only_newer_ones_are_used_and_said() {
    let found = [installation(210_000, Source::System), installation(190_001, Source::System), installation(110_001, Source::System)];
    let choice = choose(&found, None).unwrap();
    assert_eq!(choice.installation.major, 19);
    assert!(choice.note.unwrap().starts_with("PostgreSQL 19.1 is newer than the newest supported major (18)"));
    assert_eq!(choose(&found[2..], None), None);
}
