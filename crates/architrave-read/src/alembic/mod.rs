//! Alembic and Flask-Migrate: `versions/*.py`, ordered by their `down_revision`; what `op.execute("…")` says is read, other operations are not.
//!
//! A folder of which most revisions are operations stays unread; several heads and missing parents are told of it all the same.

pub(crate) mod offline;
#[cfg(test)]
mod tests;

use crate::draft::Draft;
use crate::history::Kind;
use crate::path;
use crate::program::folder::{Step, name_programs, push, why_foreign};
use crate::program::{Calls, load};
use crate::reader::{Input, Reader, Reading};
use architrave_model::Gap;
use architrave_model::project::MigrationFormat;
use architrave_model::script::TransactionMode;
use std::collections::{BTreeMap, BTreeSet};

/// The reader.
pub(crate) struct Alembic;

const CALLS: Calls = Calls {
    sql: &["execute", "exec_driver_sql"],
    database: &["op"],
    harmless: &["get_bind", "get_context", "autocommit_block", "f", "batch_alter_table"],
    wrappers: &["text"],
};

impl Reader for Alembic {
    fn folder(&self) -> &'static str {
        "alembic"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::Alembic
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        let folders: Vec<String> = input
            .tree
            .folders()
            .filter(|(folder, _)| path::file_name(folder) == "versions" && input.tree.has_file(&path::join(path::parent(folder), "env.py")))
            .map(|(folder, _)| folder.to_owned())
            .collect();
        for folder in folders {
            if !found.claims.has_folder(&folder) {
                read_folder(input, found, &folder);
            }
        }
    }
}

/// What a revision says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    /// Its name.
    pub(crate) revision: String,
    /// Those before it: `down_revision`, and `depends_on`.
    pub(crate) parents: Vec<String>,
}

/// Reads `revision`, `down_revision` and `depends_on` at the margin of a file.
pub(crate) fn header(text: &str) -> Option<Header> {
    let mut header = Header::default();
    for (at, line) in text.lines().enumerate() {
        let Some((name, value)) = line.split_once('=') else { continue };
        let name = name.split(':').next().unwrap_or_default().trim_end();
        if !matches!(name, "revision" | "down_revision" | "depends_on") {
            continue;
        }
        // A tuple may go over several lines.
        let mut value = value.to_owned();
        if value.contains('(') && !value.contains(')') {
            value.extend(text.lines().skip(at + 1).take_while(|l| !l.starts_with(')')));
        }
        let names = quoted(&value);
        match name {
            "revision" => header.revision = names.into_iter().next()?,
            _ => header.parents.extend(names),
        }
    }
    (!header.revision.is_empty()).then_some(header)
}

fn quoted(value: &str) -> Vec<String> {
    let value = value.split(" #").next().unwrap_or_default();
    value.split(['\'', '"']).skip(1).step_by(2).map(str::to_owned).collect()
}

fn read_folder(input: &Input<'_>, found: &mut Reading, folder: &str) {
    let Some(content) = input.tree.folder(folder) else { return };
    let mut steps: BTreeMap<String, (Header, Step)> = BTreeMap::new();
    for name in content.files.iter().filter(|f| path::has_extension(f, "py") && *f != "__init__.py") {
        let file = path::join(folder, name);
        let Some((text, program)) = load(input, &file, &CALLS) else { continue };
        let Some(header) = header(&text.text) else { continue };
        steps.insert(header.revision.clone(), (header, Step { file, text, program }));
    }
    let whole = steps.values().filter(|(_, s)| s.program.is_sql()).count();
    let hands_over = steps.values().any(|(_, s)| s.program.up.as_ref().is_some_and(|up| !up.sql.is_empty()));
    let order = in_order(&steps);
    let mut draft = Draft::new(MigrationFormat::Alembic, path::parent(folder), folder);
    graph(&steps, &mut draft);
    if whole * 2 <= steps.len() || !hands_over {
        for note in draft.finish().0.notes {
            found.gaps.push(Gap::new(note.location.path, note.text, None));
        }
        return;
    }
    let all: Vec<Step> = order.iter().filter_map(|revision| steps.remove(revision)).map(|(_, step)| step).collect();
    if let Some(why) = why_foreign(input, folder, &all) {
        return found.leave_out(folder, &why);
    }
    found.claims.add_folder(folder);
    let env = input.tree.read(&path::join(path::parent(folder), "env.py")).map(|f| f.text).unwrap_or_default();
    let each: String = env.chars().filter(|c| !c.is_whitespace()).collect();
    let mode = if each.contains("transaction_per_migration=True") { TransactionMode::PerFile } else { TransactionMode::AllFiles };
    for (revision, step) in order.into_iter().zip(&all) {
        // What stands beside such a block commits before it.
        let own = if step.text.text.contains("autocommit_block()") { TransactionMode::PerStatement } else { mode };
        push(&mut draft, step, revision, own);
    }
    name_programs(&mut draft, &all);
    found.take(draft);
}

/// Revisions after those that they name; of several that could follow, the first by name.
fn in_order(steps: &BTreeMap<String, (Header, Step)>) -> Vec<String> {
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let mut order = Vec::new();
    while order.len() < steps.len() {
        let ready = |(header, _): &&(Header, Step)| {
            !done.contains(header.revision.as_str()) && header.parents.iter().all(|p| done.contains(p.as_str()) || !steps.contains_key(p))
        };
        // A circle has no order; it is broken at the first name.
        let next = steps.values().find(ready).or_else(|| steps.values().find(|(h, _)| !done.contains(h.revision.as_str())));
        let Some((header, _)) = next else { break };
        done.insert(&header.revision);
        order.push(header.revision.clone());
    }
    order
}

fn graph(steps: &BTreeMap<String, (Header, Step)>, draft: &mut Draft) {
    let parents: BTreeSet<&String> = steps.values().flat_map(|(h, _)| &h.parents).collect();
    for (header, step) in steps.values() {
        for parent in header.parents.iter().filter(|p| !steps.contains_key(*p)) {
            draft.problem(
                &step.file,
                1,
                Kind::MissingParent,
                format!("Alembic stops here: revision {parent}, which it follows, does not exist"),
            );
        }
    }
    let heads: Vec<&(Header, Step)> = steps.values().filter(|(h, _)| !parents.contains(&h.revision)).collect();
    if let [(_, first), _, ..] = heads.as_slice() {
        let names: Vec<&str> = heads.iter().map(|(h, _)| h.revision.as_str()).collect();
        let what = format!("{} heads, {}: alembic upgrade head refuses; join them with alembic merge heads", names.len(), names.join(", "));
        draft.problem(&first.file, 1, Kind::SeveralHeads, what);
    }
}
