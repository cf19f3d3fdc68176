//! A private copy of a live database's schema, so that fixes can be tried: generated from its catalogue, replayed like a script.

use super::ReviewOptions;
use super::replayed::Copy;
use crate::error::AppError;
use architrave_model::project::{MigrationFormat, ProjectDatabase};
use architrave_model::review::Target;
use architrave_model::script::{Script, TransactionMode};
use architrave_model::{Finding, QualifiedName};
use architrave_postgres::read::{ReadOptions, read_catalog};
use architrave_postgres::replay::{Confined, ReplayOptions, replay, without_own_objects};
use architrave_postgres::server::{PrivateServer, Progress};
use architrave_sql::SplitOptions;
use architrave_sql::generate::{GenerateOptions, create_statements};
use std::collections::BTreeSet;

/// Schemas with more tables than this are copied in part: the tables of the findings and what they need.
pub(super) const WHOLE: usize = 300;

pub(super) async fn copy(
    target: &Target,
    findings: &[&Finding],
    options: &ReviewOptions,
    progress: &dyn Progress,
) -> Result<Copy, AppError> {
    let only_tables = (target.snapshot.catalog.tables.len() > WHOLE).then(|| tables_of(findings));
    copy_of(target, only_tables, options, progress).await
}

/// A copy of these tables and what they need; of all when none are named.
pub(crate) async fn copy_of(
    target: &Target,
    only_tables: Option<BTreeSet<QualifiedName>>,
    options: &ReviewOptions,
    progress: &dyn Progress,
) -> Result<Copy, AppError> {
    let catalog = &target.snapshot.catalog;
    let generate = GenerateOptions { owners: false, grants: true, comments: true, only_tables };
    let generated = create_statements(catalog, &generate);
    let database = scripts(&target.name, Some(target.snapshot.server.major()), &generated.statements);
    let major = options.server.major.or(database.postgres_major).filter(|major| (12..=18).contains(major));
    let server = PrivateServer::start(&options.server.clone().with_major(major), progress).await?;
    let confined = Confined::new(&server).await?;
    let replayed = replay(&confined, &database, &ReplayOptions { track: false, ..ReplayOptions::default() }, progress).await?;
    let mut client = confined.owner(&replayed.database).await?;
    let live = |error| AppError::Live { place: "the private PostgreSQL".to_owned(), source: error };
    let mut read = read_catalog(&mut client, &ReadOptions::default()).await.map_err(live)?;
    drop(client);
    without_own_objects(&mut read);
    Ok(Copy { database: replayed.database, server, catalog: read })
}

/// Statements of our own as a project with one script, each statement for itself.
pub(crate) fn scripts(name: &str, major: Option<u16>, statements: &[String]) -> ProjectDatabase {
    ProjectDatabase {
        postgres_major: major,
        ..ProjectDatabase::new(
            name.to_owned(),
            MigrationFormat::SchemaFile,
            String::new(),
            vec![script("catalogue", statements, TransactionMode::PerStatement)],
        )
    }
}

/// Statements of our own as a script.
pub(crate) fn script(path: &str, statements: &[String], transaction: TransactionMode) -> Script {
    // Our own text: no psql in it, and nobody asks which line names what.
    let plain = SplitOptions { psql: false, parse: false, ..SplitOptions::default() };
    let statements = architrave_sql::split_with(&statements.join("\n;\n"), &plain).statements;
    Script {
        path: path.to_owned(),
        version: "1".to_owned(),
        transaction,
        statements,
        has_down: false,
        down: Vec::new(),
        down_path: None,
        down_transaction: None,
    }
}

pub(super) fn tables_of(findings: &[&Finding]) -> BTreeSet<QualifiedName> {
    let objects = findings.iter().flat_map(|f| std::iter::once(&f.object).chain(f.places.iter().map(|p| &p.object)));
    objects.filter_map(architrave_model::ObjectRef::table_name).collect()
}
