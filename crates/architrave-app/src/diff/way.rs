//! One way between two schemas: write the statements, execute them, read back, and go on until nothing differs or nothing helps.

use super::side::{Prepared, graft, own_part, with_beyond};
use super::{Trial, Way, equal};
use crate::error::AppError;
use crate::review::rebuild::{script, scripts};
use architrave_model::Catalog;
use architrave_model::migration::SafeFile;
use architrave_model::script::{Script, TransactionMode};
use architrave_postgres::read::{ReadOptions, read_catalog};
use architrave_postgres::replay::{ADMIN, Confined, ReplayOptions, resume, without_own_objects};
use architrave_postgres::server::{Database, NoProgress, Progress};
use architrave_sql::difference::{
    DifferenceOptions, Form, Rename, RenameError, Step, changes, files, harmless_renames, in_order, rename_statement,
};
use std::collections::BTreeSet;

/// Rounds of writing, executing and reading back. What a server does by itself (default privileges, names it gives) shows in the second.
const ROUNDS: usize = 4;

/// The role that statements are tried as.
pub(super) const RUNNER: &str = "postgres";

/// What all ways are tried on.
pub(super) struct Stage<'a> {
    pub(super) confined: &'a Confined<'a>,
    pub(super) plain: bool,
    pub(super) progress: &'a dyn Progress,
}

impl Stage<'_> {
    /// The statements from the one to the other, tried; and the catalogue once the told renames are done.
    pub(super) async fn way(&self, from: &Prepared, to: &Prepared, renames: &[Rename]) -> Result<(Way, Catalog), AppError> {
        let work = self.confined.clone_database(&from.database).await?;
        let mut steps: Vec<Step> = Vec::new();
        let mut refused: Vec<String> = Vec::new();
        let mut now = from.catalog.clone();
        for rename in renames {
            let statement = rename_statement(&now, rename).map_err(|e: RenameError| AppError::Asked(e.to_string()))?;
            (now, steps) = self.first(&work, steps, statement, &mut refused).await?;
        }
        let renamed = now.clone();
        for statement in harmless_renames(&now, &graft(&to.catalog, &now, &from.outside)) {
            (now, steps) = self.first(&work, steps, statement, &mut refused).await?;
        }
        let before = steps.len();
        let goal = graft(&to.catalog, &now, &from.outside);
        let mut notes = Vec::new();
        let mut rounds = 0;
        let options = DifferenceOptions { runner: RUNNER.to_owned(), major: self.confined.server().major(), plain: self.plain };
        while rounds < ROUNDS && refused.is_empty() {
            let mut found = changes(&now, &goal, &options);
            if rounds == 0 {
                notes = found.notes;
            }
            found.steps.retain(|step| !(rounds > 0 && steps.contains(step)));
            if found.steps.is_empty() {
                break;
            }
            refused = self.run(&work, &files(&found.steps)).await?;
            now = read(self.confined, &work).await?;
            steps.extend(found.steps);
            rounds += 1;
            self.progress.advance(1);
        }
        let told = steps.drain(..before).collect::<Vec<_>>();
        let steps = in_order(told, steps);
        let mut files = files(&steps);
        // Several rounds were several runs: what counts is the whole from the start.
        if (rounds > 1 || before > 0) && refused.is_empty() {
            drop(work);
            let fresh = self.confined.clone_database(&from.database).await?;
            refused = self.run(&fresh, &files).await?;
            now = read(self.confined, &fresh).await?;
        }
        let (differs, column_order) = equal::differences(&own_part(&now, &from.outside), &own_part(&to.catalog, &from.outside));
        let trial = Trial { proved: refused.is_empty() && differs.is_empty(), differs, refused, column_order };
        let goal = graft(&to.catalog, &from.catalog, &from.outside);
        let (first, last) = for_superusers(from, to, &goal, &options);
        files.splice(0..0, first);
        files.extend(last);
        let mut loses: Vec<String> = steps.iter().filter_map(|s| s.loses.clone()).collect();
        loses.dedup();
        Ok((Way { loses, files, notes, trial, ..Way::default() }, renamed))
    }

    /// A rename, executed before all else.
    async fn first(
        &self,
        work: &Database,
        mut steps: Vec<Step>,
        statement: String,
        refused: &mut Vec<String>,
    ) -> Result<(Catalog, Vec<Step>), AppError> {
        let step = Step { statement, form: Form::Transaction, loses: None };
        refused.extend(self.run(work, &files(std::slice::from_ref(&step))).await?);
        steps.push(step);
        Ok((read(self.confined, work).await?, steps))
    }

    /// Executes the files as an ordinary role; what the server refused, with its words.
    async fn run(&self, database: &Database, files: &[SafeFile]) -> Result<Vec<String>, AppError> {
        let mut project = scripts("difference", None, &[]);
        project.scripts = scripts_of(files);
        let options = ReplayOptions { track: false, ..ReplayOptions::default() };
        let report = resume(self.confined, database, &project, &options, &NoProgress).await?;
        let mut refused: Vec<String> = report
            .failed
            .iter()
            .map(|f| format!("{}: {} ({})", architrave_sql::first_line(&f.statement, 160), f.message, f.sqlstate))
            .collect();
        refused.extend(report.skipped.iter().map(|(why, count)| format!("{count} statement(s): {why}")));
        Ok(refused)
    }
}

/// Files for what the private server gives nobody: written, marked, and not tried.
fn for_superusers(from: &Prepared, to: &Prepared, goal: &Catalog, options: &DifferenceOptions) -> (Option<SafeFile>, Option<SafeFile>) {
    if from.beyond == to.beyond {
        return (None, None);
    }
    let without = changes(&from.catalog, goal, options).steps;
    let with = changes(&with_beyond(&from.catalog, &from.beyond), &with_beyond(goal, &to.beyond), options).steps;
    let (first, last): (Vec<Step>, Vec<Step>) =
        with.into_iter().filter(|step| !without.contains(step)).partition(|step| step.statement.starts_with("drop "));
    let file = |steps: Vec<Step>, title: &str| {
        let statements: Vec<String> = steps.into_iter().map(|s| s.statement).collect();
        let gate = Some("A superuser runs this file; it was not tried, because nobody is one on the private server.".to_owned());
        (!statements.is_empty()).then(|| SafeFile { title: title.to_owned(), statements, transactional: true, gate, ..SafeFile::default() })
    };
    (file(first, "drop what a superuser made"), file(last, "what a superuser makes"))
}

/// The files as a project's scripts.
pub(super) fn scripts_of(files: &[SafeFile]) -> Vec<Script> {
    let one = |(number, file): (usize, &SafeFile)| {
        let mode = if file.transactional { TransactionMode::PerFile } else { TransactionMode::PerStatement };
        script(&format!("{:04}_{}.sql", number + 1, file.title.replace(' ', "_")), &file.statements, mode)
    };
    files.iter().enumerate().map(one).collect()
}

/// Takes out what stand-ins of extensions have made when they were called: queues, jobs. It belongs to our own superuser.
fn without_stand_ins(catalog: &mut Catalog) {
    let tables = catalog.tables.iter().filter(|t| t.owner == ADMIN).map(|t| t.name.schema.clone());
    let schemas = catalog.schemas.iter().filter(|s| s.owner == ADMIN).map(|s| s.name.clone());
    let theirs: BTreeSet<String> = tables.chain(schemas).collect();
    let own = |schema: &str, owner: &str| owner != ADMIN && !theirs.contains(schema);
    catalog.schemas.retain(|s| own(&s.name, &s.owner));
    catalog.tables.retain(|t| own(&t.name.schema, &t.owner));
    catalog.views.retain(|v| own(&v.name.schema, &v.owner));
    catalog.sequences.retain(|s| own(&s.name.schema, &s.owner));
    catalog.types.retain(|t| own(&t.name.schema, &t.owner));
    catalog.functions.retain(|f| own(&f.name.schema, &f.owner));
}

/// Reads a database of the private server.
pub(super) async fn read(confined: &Confined<'_>, database: &Database) -> Result<Catalog, AppError> {
    let mut client = confined.owner(database).await?;
    let live = |error| AppError::Live { place: "the private PostgreSQL".to_owned(), source: error };
    let mut catalog = read_catalog(&mut client, &ReadOptions::default()).await.map_err(live)?;
    drop(client);
    without_own_objects(&mut catalog);
    without_stand_ins(&mut catalog);
    Ok(catalog)
}
