//! `architrave docs`: opens one target and describes it: its dictionary, and all that pictures and comparisons of it need.

pub mod comments;
pub mod migration;
pub mod tree;
mod trial;

pub use trial::Tried;

use crate::error::AppError;
use crate::review::replayed::Copy;
use crate::review::{ReviewOptions, Stopwatch, open};
use crate::target::TargetSpec;
use architrave_model::project::Project;
use architrave_model::review::Target;
use architrave_postgres::connect::Environment;
use architrave_postgres::server::{Progress, ServerOptions};
use architrave_report::dictionary::{self, Dictionary, Options};
use std::path::{Path, PathBuf};

/// What is to be described.
#[derive(Debug)]
pub struct DocsRequest {
    /// Of what.
    pub target: TargetSpec,
    /// Database folder of a project that has several.
    pub database: Option<String>,
    /// Where the application's files are, when the target is no directory that holds them.
    pub code: Option<PathBuf>,
    /// Whether the application's files are searched for names.
    pub search_code: bool,
    /// What goes into the dictionary.
    pub options: Options,
    /// The private server.
    pub server: ServerOptions,
    /// Connection environment.
    pub environment: Environment,
    /// The run's clock, unix seconds; it reaches no document.
    pub now: f64,
}

/// A target that was opened and described.
pub struct Described {
    /// Target with its facts.
    pub target: Target,
    /// Project around it; empty for databases and snapshots.
    pub project: Project,
    /// Its dictionary.
    pub dictionary: Dictionary,
    /// Directory of the project, when the target is one.
    pub root: Option<PathBuf>,
    /// The private copy of its schema, when there is one.
    copy: Option<Copy>,
}

impl Described {
    /// Tries changes of comments where there is something to try them on.
    pub async fn try_comments(&self, changes: &[comments::Change]) -> Result<Tried, AppError> {
        match &self.copy {
            Some(copy) => trial::on_clone(copy, changes).await,
            None => Ok(Tried::Untried(
                "not tried: there is no private copy of a live database or a snapshot; give the project to have one".to_owned(),
            )),
        }
    }
}

/// Opens the target and builds its dictionary.
pub async fn describe(request: &DocsRequest, progress: &dyn Progress) -> Result<Described, AppError> {
    let mut opened = open::open(&review_options(request), progress, &mut Stopwatch::start()).await?;
    if let [first, second, ..] = opened.targets.as_slice() {
        return Err(AppError::Target(format!(
            "{} defines several databases ({}, {} …); name one with --database",
            opened.project.name, first.name, second.name
        )));
    }
    let Some(target) = opened.targets.pop() else {
        return Err(AppError::Target("the target defines no database".to_owned()));
    };
    let uses = match code_root(request) {
        Some(root) => Some(search(root, &target, progress)?),
        None => None,
    };
    let mut dictionary = dictionary::build(&target, uses.as_ref(), &request.options);
    let project = &opened.project.name;
    if request.options.name.is_none() && !project.is_empty() && *project != dictionary.name && target.database.is_some() {
        dictionary.name = format!("{project} ({})", dictionary.name);
    }
    let root = match &request.target {
        TargetSpec::Directory(path) => Some(path.clone()),
        _ => None,
    };
    Ok(Described { target, project: opened.project, dictionary, root, copy: opened.copies.pop().flatten() })
}

/// Where the application's files name tables and columns.
fn search(root: &Path, target: &Target, progress: &dyn Progress) -> Result<architrave_model::code_use::CodeUses, AppError> {
    progress.begin("searching the code for tables", None);
    let defining = target.database.iter().flat_map(|d| &d.scripts).map(|s| s.path.clone()).collect();
    let found = architrave_read::code::search(root, &target.snapshot.catalog, &defining, &|_| progress.advance(1));
    progress.end();
    Ok(found?)
}

/// The directory whose files may name tables.
fn code_root(request: &DocsRequest) -> Option<&Path> {
    match (&request.code, &request.target) {
        _ if !request.search_code => None,
        (Some(path), _) | (None, TargetSpec::Directory(path)) => Some(path),
        (None, _) => None,
    }
}

fn review_options(request: &DocsRequest) -> ReviewOptions {
    ReviewOptions {
        only_databases: request.database.iter().cloned().collect(),
        ..ReviewOptions::reading(request.target.clone(), &request.server, &request.environment, request.now)
    }
}
