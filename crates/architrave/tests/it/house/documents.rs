//! What the documents name exists: crates, paths, links, flags, variables; and what exists is named.

use super::{File, files, members, none, root, sources};
use std::collections::BTreeSet;
use std::path::Path;

/// The documents that name crates and paths.
static DOCUMENTS: &[&str] = &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];
/// Longest ARCHITECTURE.md, lines.
const LONGEST_ARCHITECTURE: usize = 250;
/// Top-level folders: a path in a document begins with one of them, or with the name of a crate.
static TOP: &[&str] = &["crates/", "xtask/", "docs/", "examples/", ".ci/", ".cargo/"];

fn document(path: &str) -> &'static File {
    files().iter().find(|f| f.path == path).unwrap_or_else(|| panic!("there is no {path}"))
}

/// Our own documents: not those of examples and test data.
fn documents() -> impl Iterator<Item = &'static File> {
    files().iter().filter(|f| f.is("md") && (!f.path.contains('/') || f.path.starts_with("docs/")))
}

/// What stands between single backticks, outside of code blocks.
fn code_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            words.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    words
}

/// The path in the repository that a word means; none when it is no path. Cut before the first placeholder.
fn path_of(word: &str) -> Option<String> {
    let crate_name = word.split('/').next().filter(|first| first.starts_with("architrave-") && word.contains('/'));
    let path = match crate_name {
        Some(_) => format!("crates/{word}"),
        None if TOP.iter().any(|top| word.starts_with(top)) => word.to_owned(),
        None => return None,
    };
    if path.contains(' ') {
        return None;
    }
    let real: Vec<&str> = path.split('/').take_while(|part| !part.contains(['<', '*', '…', '{'])).collect();
    Some(real.join("/"))
}

#[test]
fn paths_that_documents_name_exist() {
    let mut complaints = Vec::new();
    for name in DOCUMENTS {
        for word in code_words(&document(name).text) {
            if let Some(path) = path_of(&word).filter(|path| !root().join(path).exists()) {
                complaints.push(format!("{name}: `{word}`: there is no {path}"));
            }
        }
    }
    none(complaints, "documents name what exists");
}

#[test]
fn crates_that_documents_name_exist_and_all_are_named() {
    let existing: BTreeSet<&str> = members().iter().map(|p| p.name.as_str()).collect();
    let mut complaints = Vec::new();
    for name in DOCUMENTS {
        for word in code_words(&document(name).text) {
            let looks_like_one = word.starts_with("architrave-") && word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            if looks_like_one && !existing.contains(word.as_str()) {
                complaints.push(format!("{name}: there is no crate {word}"));
            }
        }
    }
    let named: BTreeSet<String> = code_words(&document("ARCHITECTURE.md").text).into_iter().collect();
    for name in existing.iter().filter(|name| !named.contains(**name)) {
        complaints.push(format!("ARCHITECTURE.md does not name `{name}`"));
    }
    none(complaints, "documents and crates agree");
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut complaints = Vec::new();
    for file in documents() {
        let folder = Path::new(&file.path).parent().unwrap();
        // What stands in a fence is shown, not linked.
        let prose: String = file.text.split("```").step_by(2).collect();
        for link in prose.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap();
            let outside = link.contains("://") || link.starts_with('#') || link.contains(char::is_whitespace);
            if !outside && !root().join(folder).join(path).exists() {
                complaints.push(format!("{}: {link}", file.path));
            }
        }
    }
    none(complaints, "dead links");
}

#[test]
fn the_architecture_fits_one_reading() {
    let lines = document("ARCHITECTURE.md").text.lines().count();
    assert!(lines <= LONGEST_ARCHITECTURE, "{lines} lines");
}

/// `--help` of the binary for a command.
fn help(command: &[&str]) -> String {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_architrave")).args(command).arg("--help").output().unwrap();
    assert!(output.status.success(), "{command:?} --help");
    String::from_utf8(output.stdout).unwrap()
}

/// Long flags in a text.
fn flags(text: &str) -> BTreeSet<String> {
    let mut flags = BTreeSet::new();
    for (at, _) in text.match_indices("--") {
        let before = text[..at].chars().next_back();
        let flag: String = text[at + 2..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
        if flag.len() > 1 && !flag.starts_with('-') && before.is_none_or(|c| !c.is_alphanumeric() && c != '-') {
            flags.insert(format!("--{}", flag.trim_end_matches('-')));
        }
    }
    flags
}

/// Names of subcommands in a help text.
fn subcommands(help: &str) -> Vec<String> {
    let Some((_, list)) = help.split_once("Commands:\n") else { return Vec::new() };
    list.lines()
        .take_while(|line| !line.trim().is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_readme_names_every_command_and_flag_and_no_other() {
    let readme = &document("README.md").text;
    let mut known = flags(&help(&[]));
    let mut complaints = Vec::new();
    for command in subcommands(&help(&[])) {
        let own = help(&[&command]);
        let mut names = vec![format!("architrave {command}")];
        for inner in subcommands(&own) {
            known.extend(flags(&help(&[&command, &inner])));
            names.push(format!("architrave {command} {inner}"));
        }
        known.extend(flags(&own));
        complaints.extend(names.into_iter().filter(|name| !readme.contains(name)).map(|name| format!("README.md does not name {name}")));
    }
    let named = flags(readme);
    complaints.extend(known.difference(&named).map(|flag| format!("README.md does not name {flag}")));
    let of_cargo = ["--release", "--workspace", "--path", "--locked", "--all-targets", "--bin"];
    let unknown = named.iter().filter(|flag| !known.contains(*flag) && !of_cargo.contains(&flag.as_str()));
    complaints.extend(unknown.map(|flag| format!("README.md names {flag}, which no command has")));
    none(complaints, "README and command line agree");
}

#[test]
fn the_readme_names_every_variable_of_ours() {
    let readme = &document("README.md").text;
    let mut found = BTreeSet::new();
    for file in sources().filter(|f| f.path.contains("/src/")) {
        for (at, _) in file.text.match_indices("\"ARCHITRAVE_") {
            let name: String = file.text[at + 1..].chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect();
            found.insert(name);
        }
    }
    let of_tests_of_one_module = |name: &str| name.starts_with("ARCHITRAVE_TEST_");
    let missing = found.into_iter().filter(|name| !of_tests_of_one_module(name) && !readme.contains(name.as_str())).collect();
    none(missing, "README.md does not name this variable");
}

#[test]
fn rules_that_guides_name_exist() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_architrave")).arg("rules").output().unwrap();
    let list = String::from_utf8(output.stdout).unwrap();
    let ids: BTreeSet<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).filter(|w| w.contains('/')).collect();
    let groups: BTreeSet<&str> = ids.iter().filter_map(|id| id.split('/').next()).collect();
    let mut complaints = Vec::new();
    for file in documents() {
        for word in code_words(&file.text) {
            let word = word.trim_matches('"');
            let Some((group, problem)) = word.split_once('/') else { continue };
            let like_an_id = !problem.is_empty() && problem.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            if groups.contains(group) && like_an_id && !ids.contains(word) {
                complaints.push(format!("{}: `{word}`", file.path));
            }
        }
    }
    none(complaints, "there is no such rule");
}
