//! In which order changelogs include files of formatted SQL, and which files belong together.

use crate::path;
use crate::reader::Input;
use std::collections::{BTreeMap, BTreeSet};

/// Where a history lives.
#[derive(Debug, Default)]
pub(super) struct Home {
    /// Folder of its first changelog, or of its files.
    pub(super) folder: String,
    /// Files below it that no changelog includes.
    pub(super) unlisted: Vec<String>,
    /// Changelog, and what it includes that does not exist.
    pub(super) missing: Vec<(String, String)>,
    /// Changelogs with change sets that are not SQL.
    pub(super) programs: Vec<String>,
}

/// Deeper includes are not followed.
const MAX_DEPTH: usize = 16;

/// The histories of a project: each with its files in order.
pub(super) fn histories(input: &Input<'_>, files: &[String]) -> Vec<(Home, Vec<String>)> {
    let mut left: BTreeSet<&String> = files.iter().collect();
    let mut out = Vec::new();
    for master in masters(input) {
        let mut walk = Walk { input, files, order: Vec::new(), home: Home::default(), open: Vec::new() };
        walk.changelog(&master);
        let order: Vec<String> = walk.order.into_iter().filter(|f| left.remove(f)).collect();
        // Without formatted SQL it is told what was not read.
        if !order.is_empty() || !walk.home.programs.is_empty() {
            out.push((Home { folder: path::parent(&master).to_owned(), ..walk.home }, order));
        }
    }
    // Beside a changelog, what it leaves out never runs.
    left.retain(|file| {
        let owner = out.iter_mut().find(|(home, _)| !home.folder.is_empty() && path::is_within(file, &home.folder));
        match owner {
            Some((home, _)) => {
                home.unlisted.push((*file).clone());
                false
            }
            None => true,
        }
    });
    let mut folders: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for file in left {
        folders.entry(path::parent(file)).or_default().push(file.clone());
    }
    out.extend(folders.into_iter().map(|(folder, files)| (Home { folder: folder.to_owned(), ..Home::default() }, files)));
    out
}

/// By its name, or by where it lies: anything may be called a changelog.
fn is_changelog(file: &str) -> bool {
    let (name, whole) = (path::file_name(file).to_lowercase(), file.to_lowercase());
    let places = ["change", "liquibase", "migration"];
    match name.rsplit_once('.') {
        Some((_, "xml" | "yaml" | "yml")) => places.iter().any(|p| whole.contains(p)),
        Some((_, "json")) => name.contains("change"),
        _ => false,
    }
}

/// Changelogs that no other includes, those in outer folders first.
fn masters(input: &Input<'_>) -> Vec<String> {
    let all: Vec<String> = input.tree.files().filter(|f| is_changelog(f)).collect();
    let mut included: BTreeSet<String> = BTreeSet::new();
    let mut heads = Vec::new();
    for file in all {
        let Ok(text) = input.tree.read(&file) else { continue };
        if !text.text.contains("databaseChangeLog") {
            continue;
        }
        for include in includes(&text.text) {
            if let Some(target) = resolve(input, &file, &include.path) {
                included.insert(target);
            }
        }
        heads.push(file);
    }
    heads.retain(|file| !included.contains(file));
    heads.sort_by_key(|file| (file.matches('/').count(), file.clone()));
    heads
}

/// One include of a changelog.
struct Include {
    path: String,
    /// A folder with all that lies in it.
    all: bool,
}

/// `file: x`, `file="x"`, `"file": "x"`, and the same with `path` of `includeAll`, in the order of the text.
fn includes(text: &str) -> Vec<Include> {
    let mut out = Vec::new();
    let mut all = false;
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\'' | ',' | '{' | '}' | '[' | ']' | '=')) {
        let word = word.trim_end_matches([':', '/']);
        match word {
            "" => {}
            "includeAll" => all = true,
            "include" => all = false,
            _ if all && (word.contains('/') || out.last().is_none_or(|_: &Include| true)) && !is_attribute(word) => {
                out.push(Include { path: word.to_owned(), all: true });
                all = false;
            }
            _ if ["sql", "xml", "yaml", "yml", "json"].iter().any(|e| path::has_extension(word, e)) && !word.contains("://") => {
                out.push(Include { path: word.to_owned(), all: false });
            }
            _ => {}
        }
    }
    out
}

fn is_attribute(word: &str) -> bool {
    matches!(
        word,
        "path"
            | "file"
            | "relativeToChangelogFile"
            | "true"
            | "false"
            | "errorIfMissingOrEmpty"
            | "filter"
            | "context"
            | "labels"
            | "-"
            | "databaseChangeLog"
    )
}

/// A path as a changelog has it: beside the changelog, from the root, or on some class path.
fn resolve(input: &Input<'_>, changelog: &str, included: &str) -> Option<String> {
    let included = included.trim_start_matches("classpath:").trim_start_matches("./").trim_start_matches('/');
    let beside = path::join(path::parent(changelog), included);
    if input.tree.has_file(&beside) || input.tree.folder(&beside).is_some() {
        return Some(beside);
    }
    if input.tree.has_file(included) || input.tree.folder(included).is_some() {
        return Some(included.to_owned());
    }
    path::ancestors(path::parent(changelog))
        .map(|above| path::join(above, included))
        .find(|p| input.tree.has_file(p) || input.tree.folder(p).is_some())
}

struct Walk<'a, 'b> {
    input: &'a Input<'b>,
    files: &'a [String],
    order: Vec<String>,
    home: Home,
    open: Vec<String>,
}

impl Walk<'_, '_> {
    fn changelog(&mut self, file: &str) {
        let Ok(text) = self.input.tree.read(file) else { return };
        if self.open.len() >= MAX_DEPTH || self.open.iter().any(|o| o == file) {
            return;
        }
        if text.text.contains("changeSet") {
            self.home.programs.push(file.to_owned());
        }
        self.open.push(file.to_owned());
        for include in includes(&text.text) {
            let Some(target) = resolve(self.input, file, &include.path) else {
                if path::has_extension(&include.path, "sql") && !text.text.contains("sqlFile") {
                    self.home.missing.push((file.to_owned(), include.path));
                }
                continue;
            };
            if include.all {
                let below: Vec<String> = self.input.tree.files().filter(|f| path::is_within(f, &target)).collect();
                for file in below {
                    self.one(&file);
                }
            } else {
                self.one(&target);
            }
        }
        self.open.pop();
    }

    fn one(&mut self, file: &str) {
        if self.files.iter().any(|f| f == file) {
            if !self.order.iter().any(|f| f == file) {
                self.order.push(file.to_owned());
            }
        } else if is_changelog(file) || self.input.tree.has_file(file) && !path::has_extension(file, "sql") {
            self.changelog(file);
        }
    }
}
