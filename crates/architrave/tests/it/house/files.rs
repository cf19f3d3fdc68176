//! How files are written: their first line, their length, that all of them are used, and words that must not appear.

use super::{files, none, root, sources};
use std::path::Path;

/// Longest source file, lines.
const LONGEST_FILE: usize = 800;
/// Longest `lib.rs`, lines: a crate's documentation and its modules.
const LONGEST_LIB: usize = 60;

/// Files that may be longer, each with its reason.
static LONG: &[(&str, &str)] = &[];

/// What must not appear in any file; written in two halves so that this list may.
static NEVER_ANYWHERE: &[(&str, &str, &str)] = &[
    ("/roo", "t/", "a path of somebody's machine"),
    ("/wo", "rk/", "a path of somebody's machine"),
    ("/tmp/he", "lpers", "a path of somebody's machine"),
    ("/home/", "dev", "a path of somebody's machine"),
];

/// What must not appear in sources.
static NEVER_IN_SOURCES: &[(&str, &str, &str)] = &[
    ("#[ign", "ore", "a test that nobody runs proves nothing"),
    ("tod", "o!(", "unfinished"),
    ("unimple", "mented!(", "unfinished"),
    ("db", "g!(", "left over from a debugging session"),
    ("FIX", "ME", "do it, or write down why not"),
    ("#[al", "low(", "use #[expect(…, reason = \"…\")]"),
    ("extern cr", "ate", "edition 2024"),
];

fn complaints_about(words: &[(&str, &str, &str)], texts: impl Iterator<Item = &'static super::File>) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in texts {
        for (first, second, reason) in words {
            let word = format!("{first}{second}");
            for (number, line) in file.text.lines().enumerate().filter(|(_, line)| line.contains(&word)) {
                complaints.push(format!("{}:{}: {reason}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    complaints
}

#[test]
fn every_source_file_says_first_what_lives_in_it() {
    let silent = sources().filter(|f| !f.text.starts_with("//! ")).map(|f| f.path.clone()).collect();
    none(silent, "line 1 is a sentence after `//!`");
}

#[test]
fn files_stay_readable_in_one_sitting() {
    let mut complaints = Vec::new();
    for file in sources() {
        let lines = file.text.lines().count();
        let excused = LONG.iter().any(|(path, _)| *path == file.path);
        if lines >= LONGEST_FILE && !excused {
            complaints.push(format!("{}: {lines} lines", file.path));
        }
        if lines < LONGEST_FILE && excused {
            complaints.push(format!("{}: not long any more; take it off the list", file.path));
        }
        if file.path.ends_with("/src/lib.rs") && lines > LONGEST_LIB {
            complaints.push(format!("{}: {lines} lines; it is a list of modules", file.path));
        }
    }
    none(complaints, "a file holds one thing");
}

#[test]
fn words_that_must_not_appear() {
    let mut complaints = complaints_about(NEVER_ANYWHERE, files().iter());
    complaints.extend(complaints_about(NEVER_IN_SOURCES, sources()));
    none(complaints, "not in this repository");
}

#[test]
fn every_source_file_belongs_to_a_module() {
    let mut complaints = Vec::new();
    for file in sources() {
        let path = Path::new(&file.path);
        let name = path.file_stem().unwrap().to_string_lossy();
        let folder = path.parent().unwrap();
        let (module, parents) = match name.as_ref() {
            "lib" | "main" => continue,
            "mod" => (folder.file_name().unwrap().to_string_lossy(), candidates(folder.parent().unwrap())),
            _ => (name, candidates(folder)),
        };
        let declared = parents.iter().any(|parent| declares(parent, &module, path));
        if !declared {
            complaints.push(file.path.clone());
        }
    }
    none(complaints, "no module declares this file, so nothing compiles it");
}

/// The files that may declare the modules of a folder.
fn candidates(folder: &Path) -> Vec<String> {
    let own = folder.with_extension("rs");
    let mut all: Vec<String> = ["mod.rs", "lib.rs", "main.rs"].iter().map(|name| slashes(&folder.join(name))).collect();
    all.push(slashes(&own));
    // `#[path = "…"]` names a file beside the one that declares it.
    all.extend(sources().filter(|f| Path::new(&f.path).parent() == Some(folder)).map(|f| f.path.clone()));
    all
}

fn declares(parent: &str, module: &str, path: &Path) -> bool {
    let Some(parent) = sources().find(|f| f.path == parent) else { return false };
    let file_name = path.file_name().unwrap().to_string_lossy();
    parent.text.lines().map(str::trim).any(|line| {
        let by_name = line.strip_suffix(&format!(" {module};")).or_else(|| line.strip_suffix(&format!(" r#{module};")));
        by_name.is_some_and(|start| start == "mod" || start.ends_with(" mod")) || line == format!("#[path = \"{file_name}\"]")
    })
}

fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

#[test]
fn every_sql_file_and_page_beside_the_sources_is_included() {
    let mut complaints = Vec::new();
    let texts: Vec<&super::File> = sources().collect();
    for file in files().iter().filter(|f| f.path.starts_with("crates/") && f.path.contains("/src/") && (f.is("sql") || f.is("md"))) {
        let (folder, name) = file.path.rsplit_once('/').unwrap();
        let krate = folder.split("/src").next().unwrap();
        let last_folder = folder.rsplit('/').next().unwrap();
        let used = texts
            .iter()
            .filter(|t| t.path.starts_with(krate))
            .any(|t| t.text.contains(name) || t.text.contains(&format!("{last_folder}\"")));
        if !used {
            complaints.push(file.path.clone());
        }
    }
    none(complaints, "no source names this file");
}

#[test]
fn shell_scripts_stop_at_the_first_error() {
    let script = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    assert!(script.starts_with("#!/usr/bin/env bash\n") && script.contains("\nset -euo pipefail\n"));
}
