//! Sqitch: `sqitch.plan` lists the changes; each has a script in `deploy/`, `revert/` and `verify/`, which psql runs statement by statement.

#[cfg(test)]
mod tests;

use crate::draft::{Down, Draft};
use crate::history::Kind;
use crate::path;
use crate::reader::{Input, Reader, Reading};
use crate::{dialect, sql};
use architrave_model::project::MigrationFormat;
use architrave_model::script::TransactionMode;
use std::collections::BTreeSet;

/// The reader.
pub(crate) struct Sqitch;

impl Reader for Sqitch {
    fn folder(&self) -> &'static str {
        "sqitch"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::Sqitch
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        let plans: Vec<String> = input.tree.named("sqitch.plan").collect();
        for plan in plans {
            let home = path::parent(&plan).to_owned();
            if found.claims.has_folder(&home) {
                continue;
            }
            let Ok(text) = input.tree.read(&plan) else { continue };
            let changes = changes(&text.text);
            let files: Vec<String> = changes.iter().map(|c| c.file(input, &home, "deploy")).filter(|f| input.tree.has_file(f)).collect();
            let why = engine(input, &home).filter(|e| e != "pg").map(|e| format!("sqitch.conf says engine {e}, not pg"));
            if let Some(why) = why.or_else(|| dialect::why_foreign(input, &home, &files)) {
                found.leave_out(&path::join(&home, "deploy"), &why);
                continue;
            }
            for folder in ["deploy", "revert", "verify"] {
                found.claims.add_folder(&path::join(&home, folder));
            }
            found.take(read_plan(input, &home, &plan, &changes));
        }
    }
}

/// A change of the plan.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    name: String,
    line: u32,
    /// Of a change that a later one reworks: the tags that its files may be kept under, the newest first.
    tags: Vec<String>,
}

impl Change {
    fn file(&self, input: &Input<'_>, home: &str, folder: &str) -> String {
        let named = |tag: &str| path::join(&path::join(home, folder), &format!("{}{tag}.sql", self.name));
        let tagged: Vec<String> = self.tags.iter().map(|tag| named(&format!("@{tag}"))).collect();
        let there = tagged.iter().find(|f| input.tree.has_file(f)).or(tagged.first());
        there.cloned().unwrap_or_else(|| named(""))
    }
}

fn changes(plan: &str) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    // Tags with the number of changes before them.
    let mut tags: Vec<(usize, String)> = Vec::new();
    for (at, line) in plan.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let Some(word) = line.split_whitespace().next().filter(|_| !line.starts_with('%')) else { continue };
        if let Some(tag) = word.strip_prefix('@') {
            tags.push((changes.len(), tag.to_owned()));
        } else if !word.starts_with('-') {
            let name = word.trim_start_matches('+').to_owned();
            changes.push(Change { name, line: u32::try_from(at + 1).unwrap_or(u32::MAX), tags: Vec::new() });
        }
    }
    for at in 0..changes.len() {
        // Reworking keeps the old scripts under a tag between the two.
        if let Some(next) = (at + 1..changes.len()).find(|later| changes[*later].name == changes[at].name) {
            let between = tags.iter().rev().filter(|(before, _)| *before > at && *before <= next);
            changes[at].tags = between.map(|(_, tag)| tag.clone()).collect();
        }
    }
    changes
}

/// `engine` of `[core]` in the nearest `sqitch.conf`.
fn engine(input: &Input<'_>, home: &str) -> Option<String> {
    let conf = path::ancestors(home).map(|f| path::join(f, "sqitch.conf")).find(|f| input.tree.has_file(f))?;
    let text = input.tree.read(&conf).ok()?.text;
    let mut section = "";
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line;
        } else if let Some((key, value)) = line.split_once('=')
            && section == "[core]"
            && key.trim() == "engine"
        {
            return Some(value.trim().to_owned());
        }
    }
    None
}

fn read_plan(input: &Input<'_>, home: &str, plan: &str, changes: &[Change]) -> Draft {
    let deploy = path::join(home, "deploy");
    let mut draft = Draft::new(MigrationFormat::Sqitch, if home.is_empty() { "deploy" } else { home }, &deploy);
    let mut listed = BTreeSet::new();
    for change in changes {
        let file = change.file(input, home, "deploy");
        listed.insert(file.clone());
        if !input.tree.has_file(&file) {
            draft.problem(plan, change.line, Kind::MissingFile, format!("{file} does not exist: sqitch stops here"));
            continue;
        }
        let Some(text) = draft.load(input, &file) else { continue };
        let parsed = sql::whole(&text, &sql::psql());
        let revert = change.file(input, home, "revert");
        let down = if input.tree.has_file(&revert) {
            let parsed = draft.load(input, &revert).map(|text| sql::whole(&text, &sql::psql())).unwrap_or_default();
            Down { exists: true, path: Some(revert), parsed, transaction: None }
        } else {
            draft.problem(plan, change.line, Kind::MissingFile, format!("{revert} does not exist: sqitch revert stops here"));
            Down::none()
        };
        draft.push(&file, change.name.clone(), TransactionMode::PerStatement, parsed, down);
    }
    let files = input.tree.folders().filter(|(folder, _)| path::is_within(folder, &deploy));
    let files: Vec<String> = files.flat_map(|(folder, content)| content.files.iter().map(move |f| path::join(folder, f))).collect();
    for file in files.iter().filter(|f| path::has_extension(f, "sql") && !listed.contains(*f)) {
        draft.problem(file, 1, Kind::NotListed, "sqitch.plan does not list this change: it never runs");
    }
    draft
}
