//! Twins for the commands: of which target, on which server, how much larger, and how many at once.

mod assumed;

use crate::error::AppError;
use crate::review::{ReviewOptions, Stopwatch, open};
use crate::target::TargetSpec;
use architrave_model::coverage::Gap;
use architrave_model::project::Project;
use architrave_model::review::Target;
use architrave_postgres::connect::Environment;
use architrave_postgres::server::{PrivateServer, Progress, ServerOptions, installations};
use architrave_sql::generate::{GenerateOptions, create_statements};

pub use architrave_postgres::twin::{Growth, Twin, TwinError, TwinOptions};

/// What the commands over a twin have in common.
#[derive(Debug)]
pub struct TwinRequest {
    /// Of what.
    pub target: TargetSpec,
    /// Database folder of a project that has several.
    pub database: Option<String>,
    /// How much larger.
    pub growth: Growth,
    /// The private server.
    pub server: ServerOptions,
    /// Connection environment.
    pub environment: Environment,
    /// The run's clock, unix seconds.
    pub now: f64,
}

/// A target that was read, ready to have twins built of it.
#[derive(Debug)]
pub struct Source {
    /// Target with its facts. Statistics are there when a server had them, or the brief names rows.
    pub target: Target,
    /// Project around it; empty for databases and snapshots.
    pub project: Project,
    /// Major version to plan with.
    pub major: Option<u16>,
}

/// Twins on a server of their own. The twins go before the server.
#[derive(Debug)]
pub struct Standing {
    /// At least one; all alike.
    pub twins: Vec<Twin>,
    /// The server they stand on.
    pub server: PrivateServer,
    /// What the twins are not, compared with the source.
    pub gaps: Vec<Gap>,
}

/// Reads the target: connects, opens the snapshot, or replays the project.
pub async fn source(request: &TwinRequest, progress: &dyn Progress) -> Result<Source, AppError> {
    let options = ReviewOptions {
        only_databases: request.database.iter().cloned().collect(),
        ..ReviewOptions::reading(request.target.clone(), &request.server, &request.environment, request.now)
    };
    let mut opened = open::open(&options, progress, &mut Stopwatch::start()).await?;
    if let [first, second, ..] = opened.targets.as_slice() {
        return Err(AppError::Target(format!(
            "{} defines several databases ({}, {} …); name one with --database",
            display(&request.target),
            first.name,
            second.name
        )));
    }
    let Some(target) = opened.targets.pop() else {
        return Err(AppError::Target(format!("{} defines no database", display(&request.target))));
    };
    drop(opened.copies);
    Ok(of_target(&target, &opened.project, request.server.major, request.now, true))
}

/// A target as the source of twins: rows that only the brief knows become statistics; with `assume` rows that nobody knows, too.
pub(crate) fn of_target(target: &Target, project: &Project, major: Option<u16>, now: f64, assume: bool) -> Source {
    let mut target = Target { explained: Vec::new(), on_twin: None, ..target.clone() };
    let live = target.replay.is_none();
    if target.snapshot.stats.is_none() {
        let named = assumed::stats(&target.snapshot.catalog, &project.brief, now, None).is_some();
        let assume = (assume && !named).then_some(assumed::ROWS);
        target.snapshot.stats = assumed::stats(&target.snapshot.catalog, &project.brief, now, assume);
        let widths = "widths are guessed from types, values are unknown";
        let why = match (named, assume) {
            (true, _) => format!("no server told them; rows are those of [brief] in architrave.toml, {widths}"),
            (false, Some(rows)) => format!(
                "neither a server nor [brief] in architrave.toml tells how many rows there are: {rows} were assumed in every table; {widths}"
            ),
            (false, None) => "neither a server nor [brief] in architrave.toml tells how many rows there are".to_owned(),
        };
        let remedy =
            if live { "take the snapshot from a live server" } else { "write [brief] rows = { orders = 5000000 } or give postgres://…" };
        target.snapshot.gaps.push(Gap::new("planner statistics", why, Some(remedy)));
    }
    let major = major.or(project.twin_postgres).or_else(|| Some(target.snapshot.server.major()));
    Source { target, project: project.clone(), major: major.filter(|m| (12..=18).contains(m)) }
}

/// The statements that make the source's schema.
pub fn schema(source: &Source) -> Vec<String> {
    let generate = GenerateOptions { owners: false, grants: true, comments: false, only_tables: None };
    create_statements(&source.target.snapshot.catalog, &generate).statements
}

impl Standing {
    /// The first twin.
    pub fn first(&self) -> Result<&Twin, AppError> {
        self.twins.first().ok_or_else(|| AppError::Target("no twin was built".to_owned()))
    }
}

/// Builds `copies` twins of the source on a server of its major, or the nearest that can be had.
pub async fn build(
    source: &Source,
    growth: &Growth,
    copies: usize,
    options: &ServerOptions,
    progress: &dyn Progress,
) -> Result<Standing, AppError> {
    let (server, mut gaps) = start(source.major, options, progress).await?;
    let statements = schema(source);
    let mut twins = Vec::new();
    progress.begin("building the twin", u64::try_from(copies).ok());
    let options = TwinOptions { growth: growth.clone() };
    for _ in 0..copies.max(1) {
        twins.push(Twin::build(&server, &statements, &source.target.snapshot, &options).await?);
        progress.advance(1);
    }
    progress.end();
    gaps.extend(twins.iter().take(1).flat_map(|t| t.gaps().iter().cloned()));
    Ok(Standing { twins, server, gaps })
}

/// A server of that major; the nearest one that is installed where it cannot be had.
pub(crate) async fn start(
    major: Option<u16>,
    options: &ServerOptions,
    progress: &dyn Progress,
) -> Result<(PrivateServer, Vec<Gap>), AppError> {
    let strict = options.clone().with_major(major);
    let (wanted, error) = match (PrivateServer::start(&strict, progress).await, major) {
        (Ok(server), _) => return Ok((server, Vec::new())),
        (Err(error), Some(major)) if error.is_absent() => (major, error),
        (Err(error), _) => return Err(error.into()),
    };
    progress.end();
    let mut there: Vec<u16> = installations(options).iter().map(|i| i.major).filter(|m| (12..=18).contains(m)).collect();
    // Of two that are equally near the newer one: it knows what the older one knew.
    there.sort_by_key(|m| (m.abs_diff(wanted), std::cmp::Reverse(*m)));
    let Some(nearest) = there.first() else { return Err(error.into()) };
    let server = PrivateServer::start(&options.clone().with_major(Some(*nearest)), progress).await?;
    let why = format!("PostgreSQL {wanted} could not be had ({error}); {nearest} plans in its place and may choose otherwise");
    let remedy = format!("run `architrave postgres install {wanted}`");
    Ok((server, vec![Gap::new(format!("plans of PostgreSQL {wanted}"), why, Some(&remedy))]))
}

fn display(target: &TargetSpec) -> String {
    match target {
        TargetSpec::Directory(path) | TargetSpec::Snapshot(path) | TargetSpec::SqlFile(path) => path.display().to_string(),
        TargetSpec::Database(_) => "the database".to_owned(),
    }
}
