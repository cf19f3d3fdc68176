//! Which scripts are judged: all, those since a git reference, those that a live database has not applied, or the files that were named.

use super::LintOptions;
use crate::error::AppError;
use crate::target::TargetSpec;
use architrave_model::coverage::Gap;
use architrave_model::migration::HistoryProblem;
use architrave_model::project::{Project, ProjectDatabase};
use architrave_model::script::Script;
use architrave_postgres::server::Progress;
use std::path::{Path, PathBuf};

/// Which scripts are pending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Pending {
    /// All of them, each as if those before it had been deployed.
    #[default]
    All,
    /// Those that are new since this git reference.
    Since(String),
    /// Those that the live database has not applied.
    Unapplied,
}

/// A database of the project with its scripts parted.
pub(super) struct Chosen {
    pub(super) database: ProjectDatabase,
    /// Of another folder, whose scripts make what these work on.
    below: Vec<Script>,
    /// Were there before, those included.
    pub(super) earlier: Vec<Script>,
    /// Are judged.
    pub(super) pending: Vec<Script>,
    /// What is wrong with the files as a history.
    pub(super) problems: Vec<HistoryProblem>,
    pub(super) gaps: Vec<Gap>,
}

/// What was read.
pub(super) struct Read {
    pub(super) project: Project,
    /// Where the paths of scripts start.
    pub(super) root: PathBuf,
    pub(super) chosen: Vec<Chosen>,
}

/// Reads the paths. A file inside of a project's migrations is judged on top of the files before it.
pub(super) fn read(options: &LintOptions, progress: &dyn Progress) -> Result<Read, AppError> {
    let mut all: Option<Read> = None;
    for path in &options.paths {
        let read = match path {
            TargetSpec::Directory(path) => directory(path, options, progress)?,
            TargetSpec::SqlFile(path) => file(path, options, progress)?,
            TargetSpec::Database(_) | TargetSpec::Snapshot(_) => {
                return Err(AppError::Target(
                    "lint judges migrations; give their directory or files, and the database with --db".to_owned(),
                ));
            }
        };
        match &mut all {
            None => all = Some(read),
            Some(all) if all.root == read.root => merge(all, read),
            Some(all) => {
                let (one, other) = (all.root.display(), read.root.display());
                return Err(AppError::Target(format!("{one} and {other} are two projects; lint them one by one")));
            }
        }
    }
    let Some(mut read) = all else { return Err(AppError::Target("name a directory or a .sql file".to_owned())) };
    if let Pending::Since(reference) = &options.pending {
        for chosen in &mut read.chosen {
            let new = architrave_read::history::since(&read.root, &chosen.database, reference)?;
            chosen.choose(new);
        }
    }
    Ok(read)
}

fn merge(all: &mut Read, more: Read) {
    for chosen in more.chosen {
        match all.chosen.iter_mut().find(|c| c.database.path == chosen.database.path) {
            Some(known) => {
                let named: Vec<String> = known.pending.iter().chain(&chosen.pending).map(|s| s.path.clone()).collect();
                known.part(|_, script| named.contains(&script.path));
            }
            None => all.chosen.push(chosen),
        }
    }
}

impl Chosen {
    /// All scripts are pending.
    fn whole(database: ProjectDatabase) -> Self {
        let (below, earlier) = (Vec::new(), Vec::new());
        Self { below, earlier, pending: database.scripts.clone(), problems: Vec::new(), gaps: Vec::new(), database }
    }

    /// Puts the scripts of the database below that they continue.
    fn on_top_of(&mut self, base: &ProjectDatabase) {
        self.below.clone_from(&base.scripts);
        self.earlier.splice(0..0, base.scripts.iter().cloned());
        let why = format!("its scripts work on what those of {} make, and were judged on top of them", base.path);
        self.gaps.push(Gap::new(format!("database in {} by itself", self.database.path), why, None));
    }

    /// Parts the scripts: those that are not pending were there before, wherever they stand in the order.
    fn part(&mut self, is_pending: impl Fn(usize, &Script) -> bool) {
        let scripts = self.database.scripts.iter().cloned().enumerate();
        let (pending, earlier): (Vec<_>, Vec<_>) = scripts.partition(|(at, script)| is_pending(*at, script));
        let bare = |scripts: Vec<(usize, Script)>| scripts.into_iter().map(|(_, script)| script).collect();
        self.pending = bare(pending);
        self.earlier = self.below.iter().cloned().chain(bare(earlier)).collect();
    }

    /// Parts the scripts as the history says.
    pub(super) fn choose(&mut self, pending: architrave_read::history::Pending) {
        self.part(|at, _| pending.scripts.contains(&at));
        self.problems = pending.problems;
    }
}

fn project(path: &Path, options: &LintOptions, progress: &dyn Progress) -> Result<Project, AppError> {
    progress.begin(&format!("reading {}", path.display()), None);
    let read_options = architrave_read::ReadOptions {
        targets: options.only_databases.clone(),
        webhooks: false,
        ..architrave_read::ReadOptions::default()
    };
    let project = architrave_read::read_project(path, &read_options, &|_| progress.advance(1));
    progress.end();
    Ok(project?)
}

fn directory(path: &Path, options: &LintOptions, progress: &dyn Progress) -> Result<Read, AppError> {
    let project = project(path, options, progress)?;
    if project.databases.is_empty() {
        return Err(AppError::Target(crate::review::open::nothing_found(path, &project)));
    }
    Ok(whole(project, path.to_owned()))
}

fn whole(mut project: Project, root: PathBuf) -> Read {
    let databases = std::mem::take(&mut project.databases);
    project.databases = databases.iter().map(without_texts).collect();
    let bases = architrave_read::foundations(&databases);
    let bases: Vec<Option<ProjectDatabase>> = bases.into_iter().map(|base| base.map(|at| databases[at].clone())).collect();
    let mut chosen: Vec<Chosen> = databases.into_iter().map(Chosen::whole).collect();
    for (chosen, base) in chosen.iter_mut().zip(&bases) {
        if let Some(base) = base {
            chosen.on_top_of(base);
        }
    }
    Read { project, root, chosen }
}

/// The database with the names of its scripts only: the statements are judged elsewhere, and there are many.
fn without_texts(database: &ProjectDatabase) -> ProjectDatabase {
    let named = |script: &Script| Script { path: script.path.clone(), version: script.version.clone(), ..Script::default() };
    ProjectDatabase {
        postgres_major: database.postgres_major,
        api_schemas: database.api_schemas.clone(),
        auto_expose_new_tables: database.auto_expose_new_tables,
        notes: database.notes.clone(),
        ..ProjectDatabase::new(database.name.clone(), database.format, database.path.clone(), database.scripts.iter().map(named).collect())
    }
}

/// The project that a file belongs to: the nearest directory above it that is one by its marks and whose migrations hold the file; without such a
/// one, the nearest whose migrations do.
fn file(path: &Path, options: &LintOptions, progress: &dyn Progress) -> Result<Read, AppError> {
    let full = path.canonicalize().map_err(|source| AppError::File { doing: "cannot read", path: path.to_owned(), source })?;
    let mut found: Option<Read> = None;
    for root in full.ancestors().skip(1).take(MOST_LEVELS) {
        let marked = MARKS.iter().any(|mark| root.join(mark).exists());
        if (marked || (found.is_none() && is_small(root)))
            && let Some(read) = holding(root, &full, options, progress)
        {
            found = Some(read);
            if marked {
                break;
            }
        }
        // Above the repository is no project of this file.
        if root.join(".git").exists() {
            break;
        }
    }
    if let Some(read) = found {
        return Ok(read);
    }
    let database = architrave_read::read_sql_file(path)?;
    let root = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new(".")).to_owned();
    Ok(whole(Project { databases: vec![database], ..Project::default() }, root))
}

/// The project at `root`, when its migrations hold the file; what comes after the file is not there yet.
fn holding(root: &Path, file: &Path, options: &LintOptions, progress: &dyn Progress) -> Option<Read> {
    let project = project(root, options, progress).ok()?;
    let holds = |script: &Script| root.join(&script.path) == file;
    let at = project.databases.iter().position(|d| d.scripts.iter().any(holds))?;
    let mut database = project.databases[at].clone();
    let end = database.scripts.iter().rposition(holds).map_or(database.scripts.len(), |at| at + 1);
    database.scripts.truncate(end);
    let mut chosen = Chosen::whole(database);
    if let Some(base) = architrave_read::foundations(&project.databases)[at] {
        chosen.on_top_of(&project.databases[base]);
    }
    chosen.part(|_, script| holds(script));
    Some(Read { root: root.to_owned(), chosen: vec![chosen], project })
}

/// What stands at the root of a project.
const MARKS: &[&str] = &["architrave.toml", ".git", "package.json", "Cargo.toml", "go.mod", "pyproject.toml", "Gemfile", "supabase"];

/// Directories above a file that are looked at for its project.
const MOST_LEVELS: usize = 6;

/// Files and directories under one without a project's mark that is looked through: a home directory is no project.
const MOST_ENTRIES: usize = 2_000;

fn is_small(root: &Path) -> bool {
    let mut left = vec![root.to_owned()];
    let mut seen = 0;
    while let Some(directory) = left.pop() {
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        for entry in entries.flatten() {
            seen += 1;
            if seen > MOST_ENTRIES {
                return false;
            }
            if entry.file_type().is_ok_and(|t| t.is_dir()) {
                left.push(entry.path());
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_with_thousands_of_files_is_not_looked_through_without_a_mark() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("a/b");
        std::fs::create_dir_all(&inner).unwrap();
        assert!(is_small(root.path()));
        for number in 0..=MOST_ENTRIES {
            std::fs::write(inner.join(number.to_string()), "").unwrap();
        }
        assert!(!is_small(root.path()));
        assert!(is_small(Path::new("/no/such/place")));
    }
}
