//! `architrave docs`: opens one target and describes it: its dictionary, and all that pictures and comparisons of it need.

use crate::error::AppError;
use crate::review::{ProofExtent, ReviewOptions, Stopwatch, open};
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
    let dictionary = dictionary::build(&target, None, &request.options);
    Ok(Described { target, project: opened.project, dictionary })
}

/// The directory whose files may name tables.
pub(crate) fn code_root(request: &DocsRequest) -> Option<&Path> {
    match (&request.code, &request.target) {
        _ if !request.search_code => None,
        (Some(path), _) | (None, TargetSpec::Directory(path)) => Some(path),
        (None, _) => None,
    }
}

fn review_options(request: &DocsRequest) -> ReviewOptions {
    ReviewOptions {
        targets: vec![request.target.clone()],
        execute: true,
        proofs: ProofExtent::None,
        baseline: None,
        only_rules: Vec::new(),
        only_databases: request.database.iter().cloned().collect(),
        server: request.server.clone(),
        environment: request.environment.clone(),
        now: request.now,
        twin: false,
        workload: None,
        grow: Vec::new(),
        grow_tables: std::collections::BTreeMap::new(),
        since: None,
    }
}
