//! Migrations under judgement: what each statement is, what it did when it ran (or would do), and what came of the checks around it.

mod action;
mod effect;
mod lock_mode;
mod passage;
mod safe;

pub use action::{Action, ColumnDraft, ConstraintDraft, ConstraintForm, DefaultForm, DomainChange, Target};
pub use effect::{Blocked, Effect, Outcome, Relation, Rewritten, Scanned, TakenLock};
pub use lock_mode::LockMode;
pub use passage::{BrokenQuery, DownCheck, DownOutcome, Estimate, HalfApplied, HistoryProblem, Precondition, SizeSource, TableSize};
pub use safe::{SafeFile, SafeVersion};

use crate::catalog::Catalog;
use crate::name::QualifiedName;
use crate::project::MigrationFormat;
use crate::script::{Location, Script, TransactionMode};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The pending migrations of one database, judged: the input of every migration rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Migrations {
    /// Name of the database for people (its folder).
    pub database: String,
    /// Format.
    pub format: Option<MigrationFormat>,
    /// Whether the statements were executed on a private server; otherwise every effect is derived from the text and the catalogue.
    pub executed: bool,
    /// Version of the private server, `15.18`; the assumed major when nothing was executed.
    pub server_version: String,
    /// Major version that the verdicts hold for.
    pub major: u16,
    /// Scripts under judgement, in the order of the runner. Earlier ones were applied before and are not judged.
    pub scripts: Vec<Script>,
    /// One for each statement of [`Self::scripts`], in order.
    pub steps: Vec<Step>,
    /// Sizes of the tables as far as anything tells, by table.
    pub sizes: BTreeMap<QualifiedName, TableSize>,
    /// What up, down, up has shown, one for each script that was tried.
    pub downs: Vec<DownCheck>,
    /// What is left behind when a statement outside a transaction fails or is cancelled, and whether a retry heals it.
    pub half_applied: Vec<HalfApplied>,
    /// What is wrong with the order, the names or the content of the files themselves.
    pub history: Vec<HistoryProblem>,
    /// Queries of the project that stop working, each with the step.
    pub broken_queries: Vec<BrokenQuery>,
    /// What the rows must fulfil, and how many do not where that could be counted.
    pub preconditions: Vec<Precondition>,
    /// The catalogue when all scripts are through, where they were executed: what DO blocks and functions have done to it shows only here.
    pub after: Option<Arc<Catalog>>,
}

impl Migrations {
    /// The script of a step.
    pub fn script_of(&self, step: &Step) -> Option<&Script> {
        self.scripts.get(step.script)
    }

    /// What is known about the size of a table; none when nothing is.
    pub fn size(&self, table: &QualifiedName) -> Option<&TableSize> {
        self.sizes.get(table)
    }

    /// The steps of the same transaction as this one, itself included, in order; the step alone when it ran outside of one. It must be one of
    /// [`Self::steps`].
    pub fn together<'a>(&'a self, step: &'a Step) -> &'a [Step] {
        let place = (step.script, step.statement);
        let at = self.steps.partition_point(|s| (s.script, s.statement) < place);
        let Some(number) = step.transaction else { return std::slice::from_ref(step) };
        let same = |s: &&Step| s.transaction == Some(number);
        let (before, rest) = self.steps.split_at(at);
        let first = at - before.iter().rev().take_while(same).count();
        let end = at + rest.iter().take_while(same).count();
        self.steps.get(first..end).unwrap_or_default()
    }

    /// The steps of the same script, in order.
    pub fn of_script(&self, script: usize) -> impl Iterator<Item = &Step> {
        let first = self.steps.partition_point(|s| s.script < script);
        let end = self.steps.partition_point(|s| s.script <= script);
        self.steps.get(first..end).unwrap_or_default().iter()
    }
}

/// One statement of a migration.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Index into [`Migrations::scripts`].
    pub script: usize,
    /// Index into the statements of that script.
    pub statement: usize,
    /// Place.
    pub location: Location,
    /// Text, without the final semicolon. Holds literals: mask before printing.
    pub text: String,
    /// Number of the transaction it ran in, counted over all steps; none when it ran outside of a transaction block (then it is a transaction of
    /// its own, or none is possible).
    pub transaction: Option<u32>,
    /// How the runner wraps the script.
    pub mode: TransactionMode,
    /// What the text asks for, one for each subcommand of an ALTER TABLE; empty for what is not read (DO blocks: their effect is seen).
    pub actions: Vec<Action>,
    /// `lock_timeout` in force, in milliseconds; 0 is none.
    pub lock_timeout_ms: u64,
    /// `statement_timeout` in force, in milliseconds; 0 is none.
    pub statement_timeout_ms: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// What it did.
    pub effect: Effect,
    /// The catalogue before the *script* of this step (the same value for all steps of one script): what a deployed application works with while the
    /// script runs. A table that is not in it is new, and nobody waits for it.
    pub before: Arc<Catalog>,
    /// The relations that this statement touches as they were just before it, for what earlier statements of the same script have changed. Only
    /// tables, with columns, constraints and indexes; looked up before [`Self::before`].
    pub at_hand: Vec<Arc<crate::catalog::Table>>,
}

impl Step {
    /// The table as it was just before this statement.
    pub fn table(&self, name: &QualifiedName) -> Option<&crate::catalog::Table> {
        let same = |t: &&crate::catalog::Table| t.name == *name;
        self.at_hand.iter().map(Arc::as_ref).find(same).or_else(|| self.before.tables.iter().find(same))
    }

    /// Whether the relation was there before the script: only then somebody can wait for it.
    pub fn existed(&self, relation: &QualifiedName) -> bool {
        self.before.tables.iter().any(|t| t.name == *relation) || self.before.views.iter().any(|v| v.name == *relation)
    }
}
