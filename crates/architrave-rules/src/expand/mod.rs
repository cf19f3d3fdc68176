//! Safe versions of migrations: the same end in steps that let the application go on, as statements for files of their own.
//!
//! [`safe_version`] takes one step and gives what may stand in its place; what is special about a hazard (a back-fill with a known value, a
//! column that is renamed) has a function of its own. Nothing here is proved: whoever offers a safe version has it executed first.

pub mod backfill;
mod column;
mod constraint;
mod index;
mod names;
mod partition;
mod plain;
mod relation;
mod shadow;
#[cfg(test)]
mod tests;
mod together;
mod transaction;
mod update;
mod words;

pub use shadow::{rename_column, set_type};
pub use together::together;
pub use transaction::{apart, with_lock_timeout};
pub use update::batched_update;

use architrave_model::QualifiedName;
use architrave_model::catalog::{Table, TableKind};
use architrave_model::migration::{Action, ConstraintDraft, Migrations, SafeFile, SafeVersion, Step, Target};

/// `lock_timeout` of files that need a strong lock for a moment.
pub const LOCK_TIMEOUT_MS: u64 = 2_000;

/// Where a safe version is asked for: a step and what surrounds it.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// All steps.
    pub migrations: &'a Migrations,
    /// Index of the step.
    pub at: usize,
    /// The step.
    pub step: &'a Step,
}

impl<'a> Ground<'a> {
    /// At this step; none when there is no such step.
    pub fn new(migrations: &'a Migrations, at: usize) -> Option<Self> {
        Some(Self { migrations, at, step: migrations.steps.get(at)? })
    }

    /// The table as it is just before the step.
    pub fn table(&self, name: &QualifiedName) -> Option<&'a Table> {
        self.step.table(name)
    }

    fn major(&self) -> u16 {
        self.migrations.major
    }

    fn is_partitioned(&self, name: &QualifiedName) -> bool {
        self.table(name).is_some_and(|t| t.kind == TableKind::Partitioned)
    }

    /// A safe version that stands for this step alone and ends in the same schema.
    fn instead(&self, files: Vec<SafeFile>) -> Option<SafeVersion> {
        (!files.is_empty()).then(|| SafeVersion { replaces: vec![self.at], files, same_end: true, ..SafeVersion::default() })
    }
}

/// The safe version of one step, all its subcommands together: heavy ones in their harmless sequence, the others as they are with a lock
/// timeout. None where there is no safe form, or none that is known.
pub fn safe_version(migrations: &Migrations, at: usize) -> Option<SafeVersion> {
    let ground = Ground::new(migrations, at)?;
    match ground.step.actions.as_slice() {
        [] => None,
        [Action::RenameColumn { .. }] => rename_column(migrations, at),
        [Action::SetType { .. }] => set_type(migrations, at),
        [Action::Update { .. }] => batched_update(migrations, at),
        [single] => ground.instead(of_action(&ground, single).or_else(|| as_it_is(&ground))?),
        several => {
            let mut files: Vec<SafeFile> = Vec::new();
            for action in several {
                let more = of_action(&ground, action).or_else(|| plain::subcommand(action).map(|f| vec![f]))?;
                // SET NOT NULL and a primary key on the column check it once.
                let new: Vec<SafeFile> = more.into_iter().filter(|f| files.iter().all(|known| known.statements != f.statements)).collect();
                files.extend(new);
            }
            ground.instead(joined(files))
        }
    }
}

/// The name of a constraint that a step adds: as written, else the one that PostgreSQL chooses. `column` is that of an ADD COLUMN which it is
/// written with.
pub(crate) fn constraint_name(
    migrations: &Migrations,
    at: usize,
    table: &QualifiedName,
    constraint: &ConstraintDraft,
    column: Option<&str>,
) -> Option<String> {
    let target = Target { name: table.clone(), ..Target::default() };
    let of_table = column.map_or_else(|| constraint.clone(), |column| constraint::of_table(column, constraint));
    Some(constraint::name_of(&Ground::new(migrations, at)?, &target, &of_table))
}

fn of_action(ground: &Ground<'_>, action: &Action) -> Option<Vec<SafeFile>> {
    match action {
        Action::AddColumn { table, column, if_not_exists: false } => column::add(ground, table, column),
        Action::DropColumn { table, column, if_exists: false, cascade: false } => column::drop(ground, table, column),
        Action::SetNotNull { table, column } => Some(constraint::set_not_null(ground, table, column)),
        Action::AddConstraint { table, constraint } => constraint::add(ground, table, constraint),
        Action::ValidateConstraint { table, name } => Some(vec![constraint::validate(table, name)]),
        Action::CreateIndex { .. } => index::create(ground, action),
        Action::DropIndex { .. } => index::drop(ground, action),
        Action::Reindex { concurrently: false, .. } => index::reindex(ground),
        Action::RenameTable { table, to } => relation::rename(ground, table, to),
        Action::RefreshMaterializedView { view, concurrently: false, with_no_data: false } => relation::refresh(ground, view),
        Action::SetType { .. } => shadow::type_files(ground, action),
        Action::DropTable { table, cascade: false, .. } => relation::drop(ground, table),
        Action::CreateTable { table, partition_of: Some(parent), .. } => partition::create(ground, table, parent),
        Action::AttachPartition { table, partition, default: false } => partition::attach(ground, table, partition),
        Action::DetachPartition { table, partition, concurrently: false, finalize: false } => partition::detach(ground, table, partition),
        _ => None,
    }
}

/// The statement unchanged with a lock timeout, where its work does not grow with the data.
fn as_it_is(ground: &Ground<'_>) -> Option<Vec<SafeFile>> {
    let brief_one = !ground.step.effect.is_heavy() && !ground.step.effect.waits_for_older;
    brief_one.then(|| vec![brief(transaction::title_of(ground.step), vec![ground.step.text.clone()], Vec::new())])
}

/// Neighbours that are brief, wait for nothing and are about the same table go together.
fn joined(files: Vec<SafeFile>) -> Vec<SafeFile> {
    let mut out: Vec<SafeFile> = Vec::new();
    for file in files {
        match out.last_mut() {
            Some(last) if is_catalogue_only(last) && is_catalogue_only(&file) && file.gate.is_none() && last.gate.is_none() => {
                last.statements.extend(file.statements);
                let down = std::mem::take(&mut last.down);
                last.down = if down.is_empty() || file.down.is_empty() { Vec::new() } else { file.down.into_iter().chain(down).collect() };
                last.title = format!("{} and more", last.title.trim_end_matches(" and more"));
            }
            _ => out.push(file),
        }
    }
    out
}

fn is_catalogue_only(file: &SafeFile) -> bool {
    file.transactional && !file.statements.iter().any(|s| words::has(s, &["validate", "constraint"]) || words::has(s, &["not", "valid"]))
}

/// A file in one transaction that takes strong locks for a moment only.
fn brief(title: impl Into<String>, statements: Vec<String>, down: Vec<String>) -> SafeFile {
    SafeFile { title: title.into(), statements, down, transactional: true, lock_timeout_ms: Some(LOCK_TIMEOUT_MS), gate: None }
}

/// A file whose statements must not run in a transaction, and which a lock timeout would harm.
fn outside(title: impl Into<String>, statements: Vec<String>, down: Vec<String>) -> SafeFile {
    SafeFile { title: title.into(), statements, down, transactional: false, lock_timeout_ms: None, gate: None }
}

fn gated(file: SafeFile, gate: impl Into<String>) -> SafeFile {
    SafeFile { gate: Some(gate.into()), ..file }
}

/// `alter table [if exists] [only] t`.
fn alter(target: &Target) -> String {
    let if_exists = if target.if_exists { "if exists " } else { "" };
    let only = if target.only { "only " } else { "" };
    format!("alter table {if_exists}{only}{}", target.name.sql())
}
