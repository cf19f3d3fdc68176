//! Snapshot files: there and back, and what is no snapshot.

use super::{read_snapshot, write_snapshot};
use crate::testing::{directory, put};
use architrave_model::Snapshot;
use architrave_model::snapshot::SNAPSHOT_VERSION;
use std::path::Path;

fn example() -> Snapshot {
    let mut snapshot = Snapshot { snapshot_version: SNAPSHOT_VERSION, written_by: "0.1.0".to_owned(), ..Snapshot::default() };
    snapshot.server.version = "15.18".to_owned();
    snapshot.server.started_at = Some(1_763_765_000.123_456_7);
    snapshot.stats = Some(architrave_model::Stats::default());
    snapshot
}

#[test]
fn written_and_read_back_is_equal() {
    let directory = directory(&[]);
    let path = directory.path().join("a.snapshot.json");
    write_snapshot(&path, &example()).unwrap();
    assert_eq!(read_snapshot(&path).unwrap(), example());
    write_snapshot(&path, &example()).unwrap();
    let names: Vec<_> = std::fs::read_dir(directory.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["a.snapshot.json"], "nothing else is left behind");
}

#[cfg(unix)]
#[test]
fn only_its_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let directory = directory(&[]);
    let path = directory.path().join("a.snapshot.json");
    write_snapshot(&path, &example()).unwrap();
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_place_that_cannot_be_written_is_an_error_that_leaves_nothing() {
    let directory = directory(&[]);
    let error = write_snapshot(&directory.path().join("no/a.json"), &example()).unwrap_err().to_string();
    assert!(error.ends_with("no/a.json: no such file or directory"), "{error}");
    assert!(std::fs::read_dir(directory.path()).unwrap().next().is_none());
}

#[test]
fn what_is_no_snapshot_is_said_in_one_sentence() {
    let directory = directory(&[]);
    let why = |content: &[u8]| {
        put(directory.path(), "x.json", content);
        let error = read_snapshot(&directory.path().join("x.json")).unwrap_err().to_string();
        let (_, why) = error.split_once("x.json ").unwrap();
        why.to_owned()
    };
    let newer = why(b"{\"snapshot_version\": 99, \"other\": {}}");
    assert_eq!(newer, format!("has snapshot format 99, newer than {SNAPSHOT_VERSION}, which this Architrave reads; update Architrave"));
    let older = why(b"{\"snapshot_version\": 0}");
    assert_eq!(older, format!("has snapshot format 0, older than {SNAPSHOT_VERSION}, which this Architrave reads; take it again"));
    let other = "is JSON but no snapshot of Architrave; make one with: architrave snapshot URL -o FILE";
    assert_eq!(why(b"{\"name\": \"x\"}"), other);
    assert_eq!(why(b"[1, 2]"), other);
    assert_eq!(why(b"{\"snapshot_version\": \"one\"}"), other);
    assert_eq!(why(b"create table a (id int);"), "is not JSON (line 1, column 1)");
    assert!(why(b"").starts_with("is not JSON"));
    assert!(why(b"{\"snapshot_version\": 1,\n").starts_with("is cut off"));
    assert!(why(b"{\"snapshot_version\": 1}").starts_with("is a damaged snapshot: missing field"));
    assert!(read_snapshot(Path::new("/nowhere/x.json")).unwrap_err().to_string().ends_with("no such file or directory"));
    assert!(read_snapshot(directory.path()).unwrap_err().to_string().ends_with("is not a file"));
}
