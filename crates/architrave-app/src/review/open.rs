//! Opens all targets: reads projects, replays them, reads live databases and snapshots.

use super::{ReviewOptions, Stopwatch, exposure, live, replayed};
use crate::error::AppError;
use crate::target::TargetSpec;
use architrave_model::coverage::Gap;
use architrave_model::project::Project;
use architrave_model::review::{Target, TargetKind};
use architrave_postgres::server::Progress;
use std::fmt::Write as _;
use std::path::Path;

/// Everything opened, with the private databases that proofs will clone.
pub(crate) struct Opened {
    pub(crate) project: Project,
    pub(crate) targets: Vec<Target>,
    /// One per target; none where there is no private copy (yet).
    pub(crate) copies: Vec<Option<replayed::Copy>>,
    pub(crate) round_trips: u32,
}

pub(crate) async fn open(options: &ReviewOptions, progress: &dyn Progress, watch: &mut Stopwatch) -> Result<Opened, AppError> {
    let mut opened = Opened { project: Project::default(), targets: Vec::new(), copies: Vec::new(), round_trips: 0 };
    for spec in &options.targets {
        match spec {
            TargetSpec::Directory(path) => directory(&mut opened, path, options, progress).await?,
            TargetSpec::SqlFile(path) => {
                let database = architrave_read::read_sql_file(path)?;
                let project = opened.project.clone();
                let made = replayed::open(&project, database, TargetKind::SqlFile, options, progress).await?;
                push(&mut opened, made);
            }
            TargetSpec::Snapshot(path) => opened.push_facts(from_snapshot(path)?),
            TargetSpec::Database(url) => database(&mut opened, url, options, progress).await?,
        }
        watch.step(match spec {
            TargetSpec::Directory(_) => "project",
            TargetSpec::SqlFile(_) => "sql file",
            TargetSpec::Snapshot(_) => "snapshot",
            TargetSpec::Database(_) => "live database",
        });
    }
    unique_names(&mut opened.targets);
    Ok(opened)
}

impl Opened {
    fn push_facts(&mut self, target: Target) {
        self.targets.push(target);
        self.copies.push(None);
    }
}

async fn database(opened: &mut Opened, url: &str, options: &ReviewOptions, progress: &dyn Progress) -> Result<(), AppError> {
    let read = live::read(url, &options.environment, progress).await?;
    opened.round_trips += read.round_trips;
    let name = read.source.rsplit('@').next().unwrap_or(&read.source).to_owned();
    opened.push_facts(facts(name, TargetKind::Database, read.source, read.snapshot));
    Ok(())
}

fn push(opened: &mut Opened, (target, copy): (Target, Option<replayed::Copy>)) {
    opened.targets.push(target);
    opened.copies.push(copy);
}

async fn directory(opened: &mut Opened, path: &Path, options: &ReviewOptions, progress: &dyn Progress) -> Result<(), AppError> {
    progress.begin(&format!("reading {}", path.display()), None);
    let read_options =
        architrave_read::ReadOptions { targets: options.only_databases.clone(), join: true, ..architrave_read::ReadOptions::default() };
    let project = architrave_read::read_project(path, &read_options, &|_| progress.advance(1));
    progress.end();
    let project = project?;
    let alone = options.targets.len() == 1;
    if project.databases.is_empty() && alone {
        return Err(AppError::Target(nothing_found(path, &project)));
    }
    // A project may be a stranger's: its file must not make us connect, perhaps with a password from .pgpass. Only the command line does.
    let named = project.targets.iter().filter(|t| t.contains("://")).count();
    for database in &project.databases {
        let made = replayed::open(&project, database.clone(), TargetKind::Project, options, progress).await?;
        push(opened, made);
    }
    let mut project = project;
    if named > 0 {
        let why = "architrave.toml names it; a project's file makes no connection by itself";
        project.gaps.push(Gap::new(
            format!("{named} live database(s) of [review] targets"),
            why,
            Some("name the database on the command line"),
        ));
    }
    if opened.project.name.is_empty() {
        opened.project = project;
    } else {
        opened.project.databases.extend(project.databases);
        opened.project.gaps.extend(project.gaps);
        opened.project.stack.facts.extend(project.stack.facts);
    }
    Ok(())
}

pub(crate) fn nothing_found(path: &Path, project: &Project) -> String {
    let mut sentence = format!(
        "found no migrations and no schema for PostgreSQL in {}; looked for Supabase, Prisma, Drizzle, Hasura, sqlx, Diesel, dbmate, goose, \
         golang-migrate, sql-migrate, tern, graphile-migrate, Sqitch, Liquibase, Flyway, refinery, Atlas, node-pg-migrate, numbered .sql files, \
         schema.sql, structure.sql and pg_dump output among {} files",
        path.display(),
        project.files
    );
    // What is there and cannot be read comes first, with the way out.
    let mut gaps: Vec<&architrave_model::Gap> = project.gaps.iter().collect();
    gaps.sort_by_key(|gap| !(gap.what.contains("migrations") || gap.what.contains("changelog")));
    for gap in gaps.into_iter().take(2) {
        let remedy = gap.remedy.as_deref().map(|r| format!("; {r}")).unwrap_or_default();
        let _infallible = write!(sentence, " ({}: {}{remedy})", gap.what, gap.why);
    }
    sentence.push_str("; give another directory, a .sql file or postgres://…");
    sentence
}

fn from_snapshot(path: &Path) -> Result<Target, AppError> {
    let snapshot = architrave_read::read_snapshot(path)?;
    let name = path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
    Ok(facts(name, TargetKind::Snapshot, path.display().to_string(), snapshot))
}

pub(super) fn facts(name: String, kind: TargetKind, source: String, snapshot: architrave_model::Snapshot) -> Target {
    let exposure = exposure::of_catalog(&snapshot.catalog);
    Target { exposure, ..Target::new(name, kind, source, snapshot) }
}

/// Two targets of one name get a number, in order.
fn unique_names(targets: &mut [Target]) {
    for at in 1..targets.len() {
        let (before, rest) = targets.split_at_mut(at);
        let same = before.iter().filter(|t| t.name == rest[0].name).count();
        if same > 0 {
            rest[0].name = format!("{} ({})", rest[0].name, same + 1);
        }
    }
}
