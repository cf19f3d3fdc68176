//! `architrave diff`: the statements that turn one schema into another, and back, each way tried on the private server.

mod equal;
mod side;
mod way;
mod written;

use crate::error::AppError;
use crate::lint::assemble::linted;
use crate::lint::judge::{STATEMENT_LIMIT, ask_rules};
use crate::review::replayed::prelude;
use crate::target::TargetSpec;
use architrave_model::Finding;
use architrave_model::catalog::Catalog;
use architrave_model::lint_report::LintedStatement;
use architrave_model::migration::SafeFile;
use architrave_model::project::{Project, ProjectDatabase};
use architrave_model::review::Target;
use architrave_model::stack::Stack;
use architrave_postgres::connect::Environment;
use architrave_postgres::replay::Confined;
use architrave_postgres::server::{PrivateServer, Progress, ServerOptions};
use architrave_prove::lock_trace::{TraceOptions, clean_up, cluster_state, trace};
pub use architrave_sql::difference::Rename;
use architrave_sql::difference::suggestions;
use serde::Serialize;
use side::{Prepared, Unopened};
pub use written::write;

/// What to compare.
#[derive(Debug)]
pub struct DiffRequest {
    /// The schema that is there.
    pub from: TargetSpec,
    /// The schema that shall be.
    pub to: TargetSpec,
    /// Database folder of a project that has several.
    pub database: Option<String>,
    /// Renames that somebody has told, in order.
    pub renames: Vec<Rename>,
    /// Everything in one transaction.
    pub plain: bool,
    /// The private server.
    pub server: ServerOptions,
    /// Connection environment.
    pub environment: Environment,
}

/// A rename that could be meant; nobody but a person knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// The argument that answers it with yes: `public.t.a=b`.
    pub rename: String,
    /// What speaks for it.
    pub why: String,
}

/// What came of executing the statements of one way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Trial {
    /// Whether the catalogue read back is the other side's.
    pub proved: bool,
    /// What still differs, one line each.
    pub differs: Vec<String>,
    /// Statements that the server refused, with its words.
    pub refused: Vec<String>,
    /// Tables whose columns stand in another order than on the other side: `public.t`.
    pub column_order: Vec<String>,
}

/// Statements of one way.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Way {
    /// What is lost for good, or fails over rows that do not fit.
    pub loses: Vec<String>,
    /// Files in order.
    pub files: Vec<SafeFile>,
    /// What somebody who applies this must know; sentences.
    pub notes: Vec<String>,
    /// What executing it has shown.
    pub trial: Trial,
    /// What each statement would do to others on the real database, traced on FROM's schema; only of the way up.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<LintedStatement>,
    /// What the rules on migrations say of them; the line is the number of the file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// The difference of two schemas.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Diff {
    /// FROM, without secrets.
    pub from: String,
    /// TO, without secrets.
    pub to: String,
    /// Version of the private server that all was tried on.
    pub server_version: String,
    /// What differs, one line each; empty when nothing does.
    pub differences: Vec<String>,
    /// Renames to ask about.
    pub questions: Vec<Question>,
    /// FROM to TO.
    pub up: Way,
    /// TO to FROM.
    pub down: Way,
    /// What is not compared, and why; sentences.
    pub not_compared: Vec<String>,
    /// FROM as scripts, with the files of the way up behind them.
    #[serde(skip)]
    scripts: Option<(ProjectDatabase, usize)>,
}

impl Diff {
    /// FROM's scripts (one of generated statements where FROM is a database), the files of the way up behind them, and how many scripts come
    /// before those: what judges migrations takes the first for applied and the rest for pending.
    pub fn pending(&self) -> Option<(&ProjectDatabase, usize)> {
        self.scripts.as_ref().map(|(database, earlier)| (database, *earlier))
    }

    /// Whether the sides are equal.
    pub fn is_empty(&self) -> bool {
        self.differences.is_empty() && self.up.files.is_empty()
    }
}

/// Compares, writes the statements of both ways and executes them.
pub async fn diff(request: &DiffRequest, progress: &dyn Progress) -> Result<Diff, AppError> {
    let from = side::open(&request.from, request, progress).await?;
    let to = side::open(&request.to, request, progress).await?;
    let major = request.server.major.or_else(|| to.major()).or_else(|| from.major()).filter(|m| (12..=18).contains(m));
    let server = PrivateServer::start(&request.server.clone().with_major(major), progress).await?;
    let confined = Confined::new(&server).await?;
    let outcome = on_server(&confined, from, to, request, progress).await;
    let stopped = server.stop().await;
    let diff = outcome?;
    stopped?;
    Ok(diff)
}

async fn on_server(
    confined: &Confined<'_>,
    from: Unopened,
    to: Unopened,
    request: &DiffRequest,
    progress: &dyn Progress,
) -> Result<Diff, AppError> {
    let mut diff = compare(confined, from, to, request.plain, &request.renames, progress).await?;
    judge(&mut diff, confined, progress).await?;
    Ok(diff)
}

/// The statements that bring a live database to what a project's scripts make, and back: for a review of both. Nothing is traced.
pub(crate) async fn of_drift(
    live: &Target,
    project: &Target,
    stack: &Stack,
    server: &ServerOptions,
    progress: &dyn Progress,
) -> Result<Option<Diff>, AppError> {
    let Some(to) = side::of_project(project, stack) else { return Ok(None) };
    let from = side::of_live(live);
    let major = server.major.or_else(|| from.major()).filter(|m| (12..=18).contains(m));
    let server = PrivateServer::start(&server.clone().with_major(major), progress).await?;
    let confined = Confined::new(&server).await?;
    let outcome = compare(&confined, from, to, false, &[], progress).await;
    let stopped = server.stop().await;
    let diff = outcome?;
    stopped?;
    Ok(Some(diff))
}

async fn compare(
    confined: &Confined<'_>,
    from: Unopened,
    to: Unopened,
    plain: bool,
    renames: &[Rename],
    progress: &dyn Progress,
) -> Result<Diff, AppError> {
    let (from, to) = side::prepare(confined, from, to, progress).await?;
    let mut diff = Diff {
        from: from.name.clone(),
        to: to.name.clone(),
        server_version: version(confined.server()),
        not_compared: not_compared(&from, &to),
        differences: equal::differences(&whole(&from), &whole(&to)).0,
        ..Diff::default()
    };
    progress.begin("trying the statements", None);
    let up = way::Stage { confined, plain, progress }.way(&from, &to, renames).await;
    let back: Vec<Rename> = renames.iter().rev().map(Rename::back).collect();
    let down = match &up {
        // Who goes back is in a hurry, and a migration tool has one place for it: one transaction.
        Ok(_) => Some(way::Stage { confined, plain: true, progress }.way(&to, &from, &back).await),
        Err(_) => None,
    };
    progress.end();
    let (up, renamed) = up?;
    if let Some(down) = down {
        diff.down = down?.0;
    }
    let before = side::with_numbers(side::own_part(&renamed, &from.outside), from.original.as_ref());
    let after = side::with_numbers(side::own_part(&to.catalog, &to.outside), to.original.as_ref());
    diff.questions = questions(&before, &after);
    let mut database = from.scripts;
    let earlier = database.scripts.len();
    database.scripts.extend(way::scripts_of(&up.files));
    diff.scripts = Some((database, earlier));
    diff.up = up;
    Ok(diff)
}

/// Traces the way up as `lint` would, and asks the rules about migrations.
async fn judge(diff: &mut Diff, confined: &Confined<'_>, progress: &dyn Progress) -> Result<(), AppError> {
    let Some((database, earlier)) = diff.pending() else { return Ok(()) };
    let (before, pending) = database.scripts.split_at(earlier.min(database.scripts.len()));
    if pending.is_empty() {
        return Ok(());
    }
    let state = cluster_state(confined).await?;
    let options = TraceOptions { prelude: prelude(database), statement_limit: STATEMENT_LIMIT, ..TraceOptions::default() };
    let (traced, after) = trace(confined, before, pending, &options, progress).await?;
    clean_up(confined, &state, Some(after)).await?;
    let mut migrations = traced.migrations;
    migrations.database.clone_from(&database.name);
    migrations.format = Some(database.format);
    let mut findings = ask_rules(&migrations, database, &Project::default(), None, 0.0).findings;
    for finding in &mut findings {
        // The statements are safe versions already, as far as there is one.
        finding.safe = None;
    }
    diff.up.statements = migrations.steps.iter().map(linted).collect();
    diff.up.findings = findings;
    Ok(())
}

/// All that is compared of a side.
fn whole(side: &Prepared) -> Catalog {
    side::with_beyond(&side::own_part(&side.catalog, &side.outside), &side.beyond)
}

/// What could be a rename once the told ones are done.
fn questions(from: &Catalog, to: &Catalog) -> Vec<Question> {
    suggestions(from, to).into_iter().map(|s| Question { rename: s.rename.to_string(), why: s.why }).collect()
}

fn not_compared(from: &Prepared, to: &Prepared) -> Vec<String> {
    let mut all: Vec<String> = from.gaps.iter().chain(&to.gaps).cloned().collect();
    all.sort();
    all.dedup();
    all
}

fn version(server: &PrivateServer) -> String {
    let number = server.version_num();
    format!("{}.{}", number / 10_000, number % 10_000)
}
