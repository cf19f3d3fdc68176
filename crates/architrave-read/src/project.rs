//! A directory to a project: walk, stack, house rules, configuration, then every reader in turn.

mod related;
#[cfg(test)]
mod tests;
mod unread;

pub use related::foundations;

use crate::config::{self, Config};
use crate::draft::{Down, Draft};
use crate::error::ReadError;
use crate::path;
use crate::reader::{Input, Reading};
use crate::schema_file::push_whole;
use crate::tree::Tree;
use crate::tree::sniff::Sniff;
use crate::{house, numbered, readers, sql, stack, text};
use architrave_model::Gap;
use architrave_model::project::{MigrationFormat, Project, ProjectDatabase};
use architrave_model::stack::{Stack, StackKind};
use std::collections::BTreeSet;
use std::path::Path;

/// How to read a project.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// Only databases in these folders, relative to the root; all of them when empty. `[review] targets` is used when this is empty.
    pub targets: Vec<String>,
    /// Files looked at, at most; more become a gap.
    pub max_files: usize,
    /// Bytes of SQL read, at most, all files together; more become gaps.
    pub max_sql_bytes: u64,
    /// Find the handlers of webhooks in the code and run them with events of ours: reads every program of the project, and only a review asks.
    pub webhooks: bool,
    /// Folders whose scripts continue another's are read as one database, and a dump beside its history is left out. A history that is judged script
    /// by script stays as its runner sees it.
    pub join: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { targets: Vec::new(), max_files: 250_000, max_sql_bytes: 512 * 1024 * 1024, webhooks: true, join: false }
    }
}

/// Reads a project directory. Nothing is executed, nothing is connected to, and no environment file is opened.
///
/// `progress` hears short lower-case phrases, often; calling it is all that happens besides reading.
pub fn read_project(root: &Path, options: &ReadOptions, progress: &dyn Fn(&str)) -> Result<Project, ReadError> {
    let mut tree = Tree::walk(root, options, progress)?;
    let mut gaps = std::mem::take(&mut tree.gaps);
    let Config { brief, rules, allowed, house: house_lines, targets, twin_postgres, access } = config::read(&tree, &mut gaps)?;
    progress("reading the stack");
    let (mut stack, mut stack_gaps) = stack::read(&tree, options.webhooks);
    gaps.append(&mut stack_gaps);
    let mut house = house::read(&tree, &house_lines, &mut gaps);
    house.rules = rules;
    house.allowed = allowed;
    let mut found = Reading::default();
    let input = Input { tree: &tree, stack: &stack, progress };
    for reader in readers::ALL {
        reader.read(&input, &mut found);
    }
    gaps.append(&mut found.gaps);
    gaps.append(&mut unread::gaps(&input, &found.databases));
    let mut databases = found.databases;
    databases.sort_by(|a, b| a.path.cmp(&b.path));
    let asked = if options.targets.is_empty() { &targets } else { &options.targets };
    databases = restrict(root, databases, asked, &mut gaps)?;
    if options.join {
        databases = related::joined(databases, &mut gaps);
    }
    for database in &mut databases {
        if database.postgres_major.is_none() {
            database.postgres_major = major_of_images(&stack, &database.path);
        }
    }
    name_apart(&mut databases);
    stack::condense(&mut stack);
    gaps.sort();
    gaps.dedup();
    Ok(Project {
        name: tree.root_name(),
        databases,
        stack,
        house,
        brief,
        gaps,
        files: tree.file_count,
        unmarked: tree.unmarked(),
        targets,
        twin_postgres,
        access,
    })
}

/// Reads a single SQL file: plain SQL or plain output of `pg_dump`. Places carry the file's name.
pub fn read_sql_file(path: &Path) -> Result<ProjectDatabase, ReadError> {
    let metadata = std::fs::metadata(path).map_err(|e| ReadError::io(path, e))?;
    if metadata.is_dir() {
        return Err(ReadError::NotAFile { path: path.to_path_buf() });
    }
    let not_sql = |why: String| ReadError::NotSql { path: path.to_path_buf(), why };
    let file = match text::read(path) {
        Ok(file) => file,
        Err(text::Unreadable::Io(error)) => return Err(ReadError::io(path, error)),
        Err(other) => {
            let remedy = other.remedy().map(|r| format!("; {r}")).unwrap_or_default();
            return Err(not_sql(format!("{}{remedy}", other.why())));
        }
    };
    let sniff = Sniff::of(&file.text);
    if let Some(foreign) = sniff.foreign.as_ref().filter(|_| !sniff.postgres) {
        return Err(not_sql(format!("is written for {}, not PostgreSQL ({} in line {})", foreign.dialect, foreign.evidence, foreign.line)));
    }
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let format = if sniff.dump { MigrationFormat::PgDump } else { MigrationFormat::SchemaFile };
    let mut draft = Draft::new(format, &name, &name);
    draft.database.postgres_major = sniff.dump_major;
    for (line, note) in &file.notes {
        draft.note(&name, *line, note.clone());
    }
    let (parsed, down) =
        if sniff.dump { (sql::whole(&file, &sql::psql()), Down::none()) } else { numbered::up_part(&file, &name, &mut draft) };
    push_whole(&mut draft, &name, &file.text, parsed, down);
    Ok(draft.finish().0)
}

/// Keeps the databases that were asked for; without a wish, those of the product itself when there are any.
fn restrict(
    root: &Path,
    databases: Vec<ProjectDatabase>,
    asked: &[String],
    gaps: &mut Vec<Gap>,
) -> Result<Vec<ProjectDatabase>, ReadError> {
    let databases = without_copies(databases, gaps);
    let asked: Vec<String> = asked.iter().filter(|t| !t.contains("://")).map(|t| normal(t)).collect();
    if asked.is_empty() {
        return Ok(without_samples(databases, gaps));
    }
    let wanted = |d: &ProjectDatabase, target: &str| d.name == path::display(target) || path::is_within(&d.path, target);
    for target in asked.iter().filter(|t| !databases.iter().any(|d| wanted(d, t))) {
        gaps.push(Gap::new(format!("target {}", path::display(target)), "no database was found in it", None));
    }
    let paths: Vec<String> = databases.iter().map(|d| d.path.clone()).collect();
    let kept: Vec<ProjectDatabase> = databases.into_iter().filter(|d| asked.iter().any(|t| wanted(d, t))).collect();
    if kept.is_empty() {
        let found = if paths.is_empty() { "none was found in it at all".to_owned() } else { format!("it has {}", paths.join(", ")) };
        return Err(ReadError::NoSuchTarget { root: root.to_path_buf(), asked: asked.join(", "), found });
    }
    Ok(kept)
}

fn normal(target: &str) -> String {
    let target = target.replace('\\', "/");
    let parts: Vec<&str> = target.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    parts.join("/")
}

/// Leaves out what has the scripts of another database, by their names, and nothing of its own: drafts, fixtures, a folder for each version.
fn without_copies(databases: Vec<ProjectDatabase>, gaps: &mut Vec<Gap>) -> Vec<ProjectDatabase> {
    let names: Vec<BTreeSet<String>> =
        databases.iter().map(|d| d.scripts.iter().map(|s| path::file_name(&s.path).to_owned()).collect()).collect();
    let numbered = |names: &BTreeSet<String>| names.iter().all(|n| n.bytes().take_while(u8::is_ascii_digit).count() >= 8);
    let larger = |at: usize| {
        let mine = &names[at];
        let holds = |other: &BTreeSet<String>| other.len() > mine.len() && mine.is_subset(other);
        names.iter().position(holds).filter(|_| numbered(mine) && !mine.is_empty())
    };
    let of: Vec<Option<String>> = (0..databases.len()).map(|at| larger(at).map(|other| databases[other].path.clone())).collect();
    let mut kept = Vec::new();
    for (database, whole) in databases.into_iter().zip(of) {
        match whole {
            Some(whole) => {
                let why = format!("its scripts have the names of scripts of {whole}, and none of its own");
                gaps.push(Gap::new(format!("database in {}", database.path), why, Some("give its folder as the target")));
            }
            None => kept.push(database),
        }
    }
    kept
}

fn without_samples(databases: Vec<ProjectDatabase>, gaps: &mut Vec<Gap>) -> Vec<ProjectDatabase> {
    let (samples, real): (Vec<_>, Vec<_>) = databases.into_iter().partition(|d| path::is_sample(&d.path));
    if real.is_empty() {
        return samples;
    }
    if let Some(first) = samples.first() {
        let more = if samples.len() > 1 { format!(" and {} more", samples.len() - 1) } else { String::new() };
        let why = "in a folder of tests, samples or documentation, beside the project's own databases";
        gaps.push(Gap::new(format!("database in {}{more}", first.path), why, Some("give its folder as the target")));
    }
    real
}

/// The major version of the project's container images: of the nearest folder above, else the only one there is.
fn major_of_images(stack: &Stack, database: &str) -> Option<u16> {
    let images: Vec<(&str, u16)> = stack
        .of(StackKind::Database)
        .filter(|f| f.name == "PostgreSQL")
        .filter_map(|f| Some((path::parent(&f.path), stack::postgres_major(f.version.as_deref()?)?)))
        .collect();
    let only = |majors: Vec<u16>| majors.first().copied().filter(|first| majors.iter().all(|m| m == first));
    let nearest = path::ancestors(path::parent(database)).find(|above| images.iter().any(|(folder, _)| folder == above));
    nearest
        .and_then(|above| only(images.iter().filter(|(folder, _)| *folder == above).map(|(_, m)| *m).collect()))
        .or_else(|| only(images.iter().map(|(_, m)| *m).collect()))
}

/// Databases of one name are called by their paths.
fn name_apart(databases: &mut [ProjectDatabase]) {
    let names: Vec<String> = databases.iter().map(|d| d.name.clone()).collect();
    for database in databases.iter_mut() {
        if names.iter().filter(|n| **n == database.name).count() > 1 {
            database.name.clone_from(&database.path);
        }
    }
}
