//! What is written is read back by the reader of the same format: the same statements, the same transactions, the same way back.

use super::{Existing, Written, files};
use crate::testing::{put, read};
use architrave_model::migration::SafeFile;
use architrave_model::project::{MigrationFormat, ProjectDatabase};
use architrave_model::script::{Script, TransactionMode};
use std::fmt::Write;
use std::path::Path;

/// 2026-11-22 07:45:32.
const NOW: i64 = 1_795_333_532_000;

fn strings(all: &[&str]) -> Vec<String> {
    all.iter().map(|s| (*s).to_owned()).collect()
}

fn drafts() -> Vec<SafeFile> {
    vec![
        SafeFile {
            title: "add t_b_fkey not valid".into(),
            statements: strings(&["alter table t add constraint t_b_fkey foreign key (b) references t not valid"]),
            down: strings(&["alter table t drop constraint t_b_fkey"]),
            transactional: true,
            lock_timeout_ms: Some(2_000),
            gate: Some("nobody\nwrites b".into()),
        },
        SafeFile {
            title: "build i concurrently".into(),
            statements: strings(&["drop index concurrently if exists i", "create index concurrently i on t (b)"]),
            down: strings(&["drop index concurrently i"]),
            ..SafeFile::default()
        },
        SafeFile {
            title: "fill b".into(),
            statements: strings(&["do $backfill$\nbegin\n  perform 1;\n  commit;\nend\n$backfill$"]),
            ..SafeFile::default()
        },
    ]
}

/// Writes the drafts into a project of these files; the database as read before and after, and what was written.
fn written(format: MigrationFormat, folder: &str, base: &[(&str, &str)]) -> (ProjectDatabase, ProjectDatabase, Vec<Written>) {
    let root = tempfile::tempdir().unwrap();
    for (path, content) in base {
        put(root.path(), path, content.as_bytes());
    }
    let database = |root: &Path| {
        let project = read(root).unwrap();
        assert_eq!(project.databases.len(), 1, "{:?}", project.gaps);
        project.databases.into_iter().next().unwrap()
    };
    let before = database(root.path());
    assert_eq!((before.format, before.path.as_str()), (format, folder));
    let paths: Vec<String> = base.iter().map(|(path, _)| (*path).to_owned()).collect();
    let journal = base.iter().find(|(path, _)| path.ends_with("_journal.json")).map(|(_, text)| *text);
    let written = files(format, &Existing { folder, paths: &paths, journal }, &drafts(), NOW).unwrap();
    for file in &written {
        assert_eq!(paths.contains(&file.path), file.replaces, "{}", file.path);
        put(root.path(), &file.path, file.text.as_bytes());
    }
    let after = database(root.path());
    (before, after, written)
}

fn line(script: &Script) -> String {
    let statements: Vec<String> = script.statements.iter().map(|s| s.text.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let down: Vec<&str> = script.down.iter().map(|s| s.text.as_str()).collect();
    let down = if script.has_down { format!(" <- {}", down.join(" | ")) } else { String::new() };
    format!("{:?} {}: {}{down}\n", script.transaction, script.path, statements.join(" | "))
}

const FK: &str = "set local lock_timeout = '2000ms' | alter table t add constraint t_b_fkey foreign key (b) references t not valid";
const DO: &str = "do $backfill$ begin perform 1; commit; end $backfill$";

/// Reads back and compares: new scripts in the order of the drafts, nothing else changed. `lines` are mode, path and statements.
fn check(format: MigrationFormat, folder: &str, base: &[(&str, &str)], expected: &[(TransactionMode, &str, &str, &str)]) -> Vec<Written> {
    let (before, after, written) = written(format, folder, base);
    assert_eq!(after.scripts[..before.scripts.len()], before.scripts[..], "the old scripts come first, unchanged");
    let new: String = after.scripts[before.scripts.len()..].iter().map(line).collect();
    let mut wanted = String::new();
    for (mode, path, statements, down) in expected {
        let down = if down.is_empty() { String::new() } else { format!(" <- {down}") };
        writeln!(wanted, "{mode:?} {path}: {statements}{down}").unwrap();
    }
    assert_eq!(new, wanted);
    written
}
