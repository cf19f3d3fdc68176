//! A project's database: its scripts replayed on a private server, or read statically under `--no-execute`.

use super::{ReviewOptions, exposure, fallback};
use crate::error::AppError;
use architrave_model::coverage::Gap;
use architrave_model::name::quote_ident;
use architrave_model::origin::Origins;
use architrave_model::platform::{Platform, Server};
use architrave_model::project::{MigrationFormat, Project, ProjectDatabase};
use architrave_model::review::{FailedStatement, Incomplete, Lack, Replay, Target, TargetKind};
use architrave_model::script::{Location, Statement, Touch};
use architrave_model::snapshot::SNAPSHOT_VERSION;
use architrave_model::sqlstate::is_undefined_name;
use architrave_model::{Catalog, ObjectKind, ObjectRef, QualifiedName, Snapshot};
use architrave_postgres::platform::supabase::GrantMode;
use architrave_postgres::read::{ReadOptions, read_catalog};
use architrave_postgres::replay::{Confined, Prelude, ReplayOptions, replay, without_own_objects};
use architrave_postgres::server::{Database, PrivateServer, Progress};
use std::collections::BTreeSet;

/// The oldest major of which private servers exist.
const OLDEST_SERVER: u16 = 12;

/// A private copy of a target's schema, ready to be cloned by proofs. The database goes before the server.
pub(crate) struct Copy {
    pub(crate) database: Database,
    pub(crate) server: PrivateServer,
    /// The copy as read back.
    pub(crate) catalog: Catalog,
}

pub(super) async fn open(
    project: &Project,
    database: ProjectDatabase,
    kind: TargetKind,
    options: &ReviewOptions,
    progress: &dyn Progress,
) -> Result<(Target, Option<Copy>), AppError> {
    if options.execute {
        executed(project, database, kind, options, progress).await
    } else {
        Ok((statically(project, database, kind), None))
    }
}

async fn executed(
    project: &Project,
    database: ProjectDatabase,
    kind: TargetKind,
    options: &ReviewOptions,
    progress: &dyn Progress,
) -> Result<(Target, Option<Copy>), AppError> {
    let asked = options.server.major.or(project.twin_postgres);
    // What the files say is a wish: a dump of PostgreSQL 9 is replayed on the oldest server that can be had.
    let oldest = database.postgres_major.map(|major| major.max(OLDEST_SERVER));
    let major = asked.or(oldest);
    let server = PrivateServer::start(&options.server.clone().with_major(major), progress).await?;
    let confined = Confined::new(&server).await?;
    let how = ReplayOptions { prelude: prelude(&database), ..ReplayOptions::default() };
    let replayed = replay(&confined, &database, &how, progress).await?;
    let (from_types, filled) = Box::pin(fallback::fill(&confined, &replayed, &database, &how, progress)).await?;
    let mut client = confined.owner(&replayed.database).await?;
    let live = |error| AppError::Live { place: "the private PostgreSQL".to_owned(), source: error };
    let mut catalog = read_catalog(&mut client, &ReadOptions::default()).await.map_err(live)?;
    drop(client);
    without_own_objects(&mut catalog);
    let mut report = Replay { from_types, ..replayed.report };
    describe(&mut report, &database, project);
    mask(&mut report.failed);
    let mut gaps = gaps(&report);
    gaps.extend(filled);
    if let Some(major) = asked.or(database.postgres_major)
        && server.major() != major
    {
        let why = format!("the project names PostgreSQL {major}; {} was used instead", server.major());
        let remedy = (major >= OLDEST_SERVER).then_some("run `architrave postgres install` for that major");
        gaps.push(Gap::new(format!("behaviour of PostgreSQL {major}"), why, remedy));
    }
    let server_facts = private_server(&server);
    let snapshot = snapshot(catalog.clone(), server_facts, gaps);
    let target = target(project, database, kind, snapshot, report, replayed.origins);
    Ok((target, Some(Copy { database: replayed.database, server, catalog })))
}

fn statically(project: &Project, database: ProjectDatabase, kind: TargetKind) -> Target {
    let prelude = prelude(&database);
    let (mut reader, before) = after_prelude(prelude, static_options(&database));
    let mut report =
        Replay { prelude: prelude.title(), scripts: u32::try_from(database.scripts.len()).unwrap_or(u32::MAX), ..Replay::default() };
    let (own, not_understood) = read_scripts(&mut reader, &database, before, &mut report);
    describe(&mut report, &database, project);
    mask(&mut report.failed);
    let mut gaps = vec![Gap::new(
        "execution",
        "--no-execute: the schema was read from the text of the scripts, nothing was run",
        Some("run without --no-execute"),
    )];
    if not_understood > 0 {
        let why = format!("{not_understood} statements were not understood by reading alone");
        gaps.push(Gap::new("statements", why, Some("run without --no-execute")));
        report.skipped.push(("not understood without execution".to_owned(), not_understood));
    }
    let origins = origins(&reader, &database, &own);
    let server = Server { version_num: 150_000, version: "15".to_owned(), platform: Platform::Private, ..Server::default() };
    let snapshot = snapshot(reader.into_catalog(), server, gaps);
    target(project, database, kind, snapshot, report, origins)
}

/// What the files tell of a replay's failures: programs that were not run, files without a tool, tables that miss something.
fn describe(report: &mut Replay, database: &ProjectDatabase, project: &Project) {
    report.made_elsewhere = made_elsewhere(report, database, project);
    let programs = database.notes.iter().filter(|n| n.kind.as_deref() == Some("unread")).count();
    report.programs = u32::try_from(programs).unwrap_or(u32::MAX);
    report.loose = database.format == MigrationFormat::NumberedSql;
    let lost: BTreeSet<Incomplete> = report.failed_statements(database).flat_map(|(_, statement)| lost_with(statement)).collect();
    report.incomplete = lost.into_iter().collect();
}

/// Of what failed statements miss: what other folders of the project make, and what these scripts make without the schema that the statement names.
fn made_elsewhere(report: &Replay, database: &ProjectDatabase, project: &Project) -> Vec<String> {
    let missing: Vec<(Option<String>, String)> =
        report.failed.iter().filter(|f| is_undefined_name(&f.sqlstate)).filter_map(|f| missing_name(&f.message)).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let own = created(database);
    let others: BTreeSet<String> =
        project.databases.iter().filter(|d| d.path != database.path).flat_map(created).map(|(_, name)| name).collect();
    let is_elsewhere = |(schema, name): &(Option<String>, String)| {
        let mut mine = own.iter().filter(|(_, made)| made == name).peekable();
        match mine.peek() {
            Some(_) => schema.is_some() && mine.all(|(made_in, _)| made_in != schema),
            None => others.contains(name),
        }
    };
    let found: BTreeSet<String> = missing.into_iter().filter(is_elsewhere).map(|(_, name)| name).collect();
    found.into_iter().collect()
}

/// Relations and types that the scripts create: schema, where the text has one, and name, in lower case.
fn created(database: &ProjectDatabase) -> BTreeSet<(Option<String>, String)> {
    let kinds = [ObjectKind::Table, ObjectKind::View, ObjectKind::Type];
    let touches = database.scripts.iter().flat_map(|s| &s.statements).flat_map(|s| &s.touches);
    let made = touches.filter(|t| t.created && kinds.contains(&t.object.kind));
    made.map(|t| (t.object.schema.as_ref().map(|s| s.to_lowercase()), t.object.name.to_lowercase())).collect()
}

/// Schema and name in `relation "a.b" does not exist`, in lower case.
fn missing_name(message: &str) -> Option<(Option<String>, String)> {
    let quoted = message.split('"').nth(1)?.to_lowercase();
    Some(match quoted.rsplit_once('.') {
        Some((schema, name)) => (Some(schema.to_owned()), name.to_owned()),
        None => (None, quoted),
    })
}

/// What tables lack when this statement fails.
fn lost_with(statement: &Statement) -> Vec<Incomplete> {
    let text = statement.text.to_lowercase();
    let words: Vec<&str> = text.split_whitespace().take(4).collect();
    let lacks = match words.as_slice() {
        ["create" | "alter", "policy", ..] => Lack::Policy,
        ["create", "trigger", ..] | ["create", "constraint", "trigger", ..] | ["create", "or", "replace", "trigger"] => Lack::Trigger,
        ["create", "index" | "unique", ..] => Lack::Index,
        ["alter", "table", ..] if text.contains("row level security") => Lack::RowSecurity,
        ["alter" | "create", "table", ..] => Lack::Definition,
        _ => return Vec::new(),
    };
    let table = |touch: &Touch| {
        let name = touch.object.table.clone().or_else(|| (touch.object.kind == ObjectKind::Table).then(|| touch.object.name.clone()))?;
        let schema = touch.object.schema.clone().unwrap_or_else(|| "public".to_owned());
        Some(Incomplete { table: QualifiedName::new(schema, name), lacks })
    };
    statement.touches.iter().filter_map(table).collect()
}

pub(crate) fn prelude(database: &ProjectDatabase) -> Prelude {
    match database.format {
        MigrationFormat::Supabase => Prelude::Supabase { grants: GrantMode::of(database) },
        MigrationFormat::Diesel => Prelude::Diesel,
        MigrationFormat::Sqlx if mentions(database, "_sqlx_migrations") => Prelude::Sqlx,
        // What is open to the API's roles is not known of such a project: only what its own scripts grant.
        _ if leans_on_supabase(database) => Prelude::Supabase { grants: GrantMode::Explicit },
        _ => Prelude::None,
    }
}

/// Whether scripts that no Supabase project holds use what Supabase brings along, and make none of it.
fn leans_on_supabase(database: &ProjectDatabase) -> bool {
    ["auth.uid()", "auth.users", "storage.buckets"].iter().any(|name| mentions(database, name)) && !makes_schema(database, "auth")
}

/// Whether a statement names it.
fn mentions(database: &ProjectDatabase, name: &str) -> bool {
    database.scripts.iter().flat_map(|s| &s.statements).any(|s| s.text.contains(name))
}

/// A reader that has read what the platform has before the first script, and how many statements that were.
pub(crate) fn after_prelude(prelude: Prelude, options: architrave_sql::ddl::DdlOptions) -> (architrave_sql::ddl::DdlReader, usize) {
    let mut reader = architrave_sql::ddl::DdlReader::new(options);
    let statements = architrave_sql::split(&prelude.sql());
    for statement in &statements {
        // What the reader does not understand of our own prelude (DO blocks about owners) does not matter to any rule.
        let _applied = reader.apply(statement);
    }
    (reader, statements.len())
}

fn static_options(database: &ProjectDatabase) -> architrave_sql::ddl::DdlOptions {
    architrave_sql::ddl::DdlOptions { server_major: database.postgres_major.unwrap_or(15), ..architrave_sql::ddl::DdlOptions::default() }
}

/// Applies all scripts; gives the reader's number of each of their statements, and how many it did not understand.
fn read_scripts(
    reader: &mut architrave_sql::ddl::DdlReader,
    database: &ProjectDatabase,
    first: usize,
    report: &mut Replay,
) -> (Vec<usize>, u32) {
    let (mut not_understood, mut schemas) = (0u32, 0u32);
    // The reader counts what it applies; origins need the number of each script's own statements.
    let mut own = Vec::new();
    let mut seen = first;
    let platform = prelude(database);
    let mut turned = false;
    for script in &database.scripts {
        if let Some(sql) = platform.sql_at(&script.version).filter(|_| !turned) {
            turned = true;
            for statement in &architrave_sql::split(sql) {
                let _applied = reader.apply(statement);
                seen += 1;
            }
        }
        for statement in &script.statements {
            let mut applied = reader.apply(statement);
            own.push(seen);
            seen += 1;
            if let Some(schema) = missing_schema(&applied).filter(|name| !makes_schema(database, name)) {
                // As when executed: a schema that no script makes is expected to be there.
                for again in architrave_sql::split(&format!("create schema {}", quote_ident(&schema))).iter().chain([statement]) {
                    applied = reader.apply(again);
                    seen += 1;
                }
                schemas += 1;
                if let Some(last) = own.last_mut() {
                    *last = seen - 1;
                }
            }
            match applied {
                architrave_sql::ddl::Applied::NotUnderstood { .. } => not_understood += 1,
                architrave_sql::ddl::Applied::WouldFail { sqlstate, message } => report.failed.push(FailedStatement {
                    location: Location { path: script.path.clone(), line: statement.line, column: statement.column },
                    sqlstate,
                    message,
                    statement: statement.text.clone(),
                }),
                architrave_sql::ddl::Applied::Changed | architrave_sql::ddl::Applied::NoEffect => report.applied += 1,
            }
        }
    }
    if schemas > 0 {
        report.skipped.push(("a schema is expected to exist and no script makes it; an empty one was made".to_owned(), schemas));
    }
    (own, not_understood)
}

/// Whether a script makes that schema, be it later.
fn makes_schema(database: &ProjectDatabase, name: &str) -> bool {
    let made = |t: &architrave_model::script::Touch| t.object.kind == ObjectKind::Schema && t.object.name == name;
    database.scripts.iter().flat_map(|s| &s.statements).flat_map(|s| &s.touches).any(made)
}

/// The schema that a statement names and nothing made.
fn missing_schema(applied: &architrave_sql::ddl::Applied) -> Option<String> {
    match applied {
        architrave_sql::ddl::Applied::WouldFail { sqlstate, message } if sqlstate == "3F000" && message.starts_with("schema ") => {
            message.split('"').nth(1).map(str::to_owned)
        }
        _ => None,
    }
}

/// The reader numbers what it applies; `own` has the numbers of the scripts' statements in order.
fn origins(reader: &architrave_sql::ddl::DdlReader, database: &ProjectDatabase, own: &[usize]) -> Origins {
    let statements: Vec<_> = database.scripts.iter().flat_map(|s| s.statements.iter().map(move |t| (s, t))).collect();
    let place = |number: usize, object: &ObjectRef| {
        let (script, statement) = statements.get(own.binary_search(&number).ok()?)?;
        Some(script.place_of(statement, object))
    };
    let mut origins = Origins::default();
    for (object, origin) in reader.origins() {
        if let Some(location) = place(origin.created, object) {
            origins.created(object.clone(), location);
        }
        if let (true, Some(location)) = (origin.changed != origin.created, place(origin.changed, object)) {
            origins.changed(object.clone(), location);
        }
    }
    origins
}

fn target(project: &Project, database: ProjectDatabase, kind: TargetKind, snapshot: Snapshot, replay: Replay, origins: Origins) -> Target {
    let exposure = exposure::of_project(&database, &snapshot.catalog);
    let name = match (database.name.as_str(), project.name.as_str()) {
        (".", "") => database.path.clone(),
        (".", project) => project.to_owned(),
        (name, _) => name.to_owned(),
    };
    let fresh = Target::new(name, kind, database.path.clone(), snapshot);
    Target { database: Some(database), replay: Some(replay), origins, exposure, ..fresh }
}

fn snapshot(catalog: Catalog, server: Server, gaps: Vec<Gap>) -> Snapshot {
    Snapshot {
        snapshot_version: SNAPSHOT_VERSION,
        written_by: crate::VERSION.to_owned(),
        masked: true,
        server,
        catalog,
        stats: None,
        settings: None,
        gaps,
    }
}

fn private_server(server: &PrivateServer) -> Server {
    let number = server.version_num();
    let version = format!("{}.{}", number / 10_000, number % 10_000);
    Server { version_num: number, version, platform: Platform::Private, ..Server::default() }
}

/// No literal of a script reaches the report: a seed may hold real data.
fn mask(failed: &mut [FailedStatement]) {
    for failure in failed {
        failure.statement = architrave_sql::first_line(&architrave_sql::mask_literals(&failure.statement), 120);
    }
}

fn gaps(report: &Replay) -> Vec<Gap> {
    let mut gaps = stand_ins(&report.stubbed_extensions);
    for (reason, count) in &report.skipped {
        gaps.push(Gap::new(format!("{count} statement(s) of the scripts"), reason.clone(), None));
    }
    gaps
}

/// What extensions that were only stood in for leave open.
pub(crate) fn stand_ins(extensions: &[String]) -> Vec<Gap> {
    let why = "the private server has no such extension; a stand-in with its types and usual functions was used";
    let remedy = Some("what only that extension can tell was not checked");
    extensions.iter().map(|name| Gap::new(format!("extension {name}"), why, remedy)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::script::{Script, TransactionMode};
    use architrave_sql::ddl::{DdlOptions, DdlReader};

    #[test]
    fn a_schema_that_no_script_makes_is_stood_in_for_and_places_stay_right() {
        let text =
            "create table outside.a (id int);\ncreate table later.b (id int);\ncreate schema later;\ncreate table outside.c (id int)";
        let script = Script {
            path: "1.sql".into(),
            version: "1".into(),
            transaction: TransactionMode::PerFile,
            statements: architrave_sql::split(text),
            ..Script::default()
        };
        let database = ProjectDatabase::new(".", MigrationFormat::NumberedSql, ".", vec![script]);
        let mut reader = DdlReader::new(DdlOptions::default());
        let mut report = Replay::default();
        let (own, not_understood) = read_scripts(&mut reader, &database, 0, &mut report);
        assert_eq!((own.as_slice(), not_understood, report.applied), ([2, 3, 4, 5].as_slice(), 0, 3));
        let failed: Vec<_> = report.failed.iter().map(|f| (f.location.line, f.sqlstate.as_str())).collect();
        assert_eq!(failed, [(2, "3F000")]);
        let origins = origins(&reader, &database, &own);
        let line =
            |table: &str| origins.of(&ObjectRef::table(&architrave_model::QualifiedName::new("outside", table))).map(|o| o.created.line);
        assert_eq!((line("a"), line("c")), (Some(1), Some(4)));
    }
}
