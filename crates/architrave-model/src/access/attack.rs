//! What an attack on a private server with the project's schema and rows of our own has shown.

use super::actor::{Actor, ActorKind};
use super::intent::Intent;
use super::matrix::Command;
use crate::coverage::Gap;
use crate::finding::{Proof, Severity};
use crate::name::QualifiedName;
use crate::script::Location;
use serde::{Deserialize, Serialize};

/// What is attacked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Target {
    /// Table, partitioned table or foreign table.
    Table {
        /// Name.
        name: QualifiedName,
    },
    /// View or materialized view.
    View {
        /// Name.
        name: QualifiedName,
    },
    /// Function that the actor may call.
    Function {
        /// Name.
        name: QualifiedName,
        /// Identity arguments as `pg_get_function_identity_arguments` has them.
        arguments: String,
    },
    /// Objects of a bucket of the storage.
    Bucket {
        /// Id.
        id: String,
    },
    /// Private topics of realtime.
    Topic {
        /// What the policies ask of the topic's name, as far as known.
        pattern: String,
    },
}

/// What it is called in a sentence: `public.notes`, `public.f(id uuid)`, `bucket avatars`, `topic room:%`.
impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Table { name } | Self::View { name } => write!(f, "{name}"),
            Self::Function { name, arguments } => write!(f, "{name}({arguments})"),
            Self::Bucket { id } => write!(f, "bucket {id}"),
            Self::Topic { pattern } => write!(f, "topic {pattern}"),
        }
    }
}

/// What is known about one target, command and actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellVerdict {
    /// He reached rows that are not meant for him. `Cell::evidence` holds the transcript.
    Leak,
    /// He reached rows of others, and a policy says in so many words that everybody may (`using (true)`): to be confirmed by a human being.
    Open,
    /// Could not be decided; the reason says why.
    NotDecided,
    /// He did what he is meant to be able to do.
    Allowed,
    /// He was kept out, and the control has shown that the row was there to be had by somebody who may.
    Denied,
}

/// One cell of the attack's matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// What.
    pub target: Target,
    /// Command.
    pub command: Command,
    /// Who, towards the victim's rows.
    pub actor: ActorKind,
    /// Verdict.
    pub verdict: CellVerdict,
    /// Why, in one lower-case fragment: `policy tickets_read lets 1 row of the victim through`, `no policy for DELETE`, `42501 permission denied`.
    pub reason: String,
    /// Policy, function or view at fault, with its place in the scripts where known.
    #[serde(default)]
    pub at_fault: Option<Fault>,
    /// Index of the transcript that shows it; none when nothing was executed (no privilege, not decided).
    #[serde(default)]
    pub evidence: Option<usize>,
    /// Index of the transcript of the positive control.
    #[serde(default)]
    pub control: Option<usize>,
}

/// What lets somebody through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// `policy tickets_read on public.tickets`, `function public.is_member(uuid)`, `view public.v`, `privilege TRUNCATE on public.t`.
    pub what: String,
    /// The operand at fault as PostgreSQL prints it, helpers inlined; empty when it is the whole.
    #[serde(default)]
    pub operand: String,
    /// Place in the scripts.
    #[serde(default)]
    pub location: Option<Location>,
}

/// How one statement ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum StepOutcome {
    /// It returned rows; the values shown are our own rows' keys, never the user's data.
    Rows {
        /// Number.
        count: u64,
    },
    /// It changed rows.
    Changed {
        /// Number.
        count: u64,
    },
    /// It was refused.
    Refused {
        /// SQLSTATE.
        sqlstate: String,
        /// The server's message.
        message: String,
    },
    /// It went, and has nothing to count.
    Done,
}

/// What came of it in a sentence: `1 row`, `2 rows changed`, `42501 permission denied for table notes`, `done`.
impl std::fmt::Display for StepOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rows { count: 1 } => f.write_str("1 row"),
            Self::Rows { count } => write!(f, "{count} rows"),
            Self::Changed { count: 1 } => f.write_str("1 row changed"),
            Self::Changed { count } => write!(f, "{count} rows changed"),
            Self::Refused { sqlstate, message } => write!(f, "{sqlstate} {message}"),
            Self::Done => f.write_str("done"),
        }
    }
}

/// One statement of a transcript.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Who; none is the superuser who sets the scene or looks what has become of a row.
    pub actor: Option<ActorKind>,
    /// Complete statement without the ending semicolon.
    pub sql: String,
    /// How it ended.
    pub outcome: StepOutcome,
}

/// Statements that can be replayed with `psql` on a database with the project's schema after [`AttackReport::setup`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcript {
    /// One line: `outsider reads public.tickets of the victim`.
    pub title: String,
    /// Statements in their order; all in one transaction that is rolled back.
    pub steps: Vec<Step>,
    /// Name of the topic of realtime that it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
}

/// What a way in does, where a repair needs to know more than its cell says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum AttackKind {
    /// What the cell says.
    #[default]
    Plain,
    /// It goes by a foreign key: a row of the attacker's own hangs on one of the victim's, or the victim's on his.
    Hangs {
        /// Table that the foreign key points to.
        on: QualifiedName,
    },
}

/// A way in: the shortest that was found for a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attack {
    /// Index of the cell.
    pub cell: usize,
    /// One sentence without full stop.
    pub title: String,
    /// Statements of the attacker: 1 is a plain read or write, 2 and more prepare the ground first.
    pub length: usize,
    /// How bad.
    pub severity: Severity,
    /// Index of the transcript.
    pub transcript: usize,
    /// What it does.
    #[serde(default)]
    pub kind: AttackKind,
}

/// An answer that tells something about rows that stay unseen: unique keys, foreign keys, errors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oracle {
    /// Table.
    pub table: QualifiedName,
    /// Constraint or operator that answers.
    pub through: String,
    /// One sentence without full stop.
    pub tells: String,
    /// Who learns it.
    pub actor: ActorKind,
    /// Index of the transcript.
    pub transcript: usize,
}

/// A policy that was taken away or replaced by `true`: whether the attack notices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mutation {
    /// Table.
    pub table: QualifiedName,
    /// Policy.
    pub policy: String,
    /// `dropped`, `replaced by true`.
    pub change: String,
    /// Cells whose verdict changed; none that did means that the attack is blind there.
    pub noticed: u32,
    /// Why it makes no difference, where it does not.
    #[serde(default)]
    pub reason: Option<String>,
}

/// A change that closes holes, and what it was shown to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Repair {
    /// Imperative, one line.
    pub title: String,
    /// Indices of the attacks it closes; none when it says what somebody has stated, or takes a danger away that was not attacked.
    pub closes: Vec<usize>,
    /// Statements forward.
    pub up: Vec<String>,
    /// Statements back.
    pub down: Vec<String>,
    /// What was shown: the attack before and after, and the plan at production size.
    pub proof: Proof,
}

impl Repair {
    /// The statements forward in the order of their transactions: an index that is built concurrently stands alone outside of any, and so does the
    /// validation of a constraint, which may take long, apart from what locks.
    pub fn phases(&self) -> Vec<&[String]> {
        let alone = |s: &String| Self::is_concurrent(s) || s.contains(" validate constraint ");
        self.up.chunk_by(|a, b| !alone(a) && !alone(b)).collect()
    }

    /// Whether a statement of a repair cannot run in a transaction.
    pub fn is_concurrent(statement: &str) -> bool {
        statement.contains(" index concurrently ")
    }
}

/// Everything that an attack has shown. Its JSON form is part of `architrave rls prove --format json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AttackReport {
    /// Version of PostgreSQL.
    pub server_version: String,
    /// What was taken as meant.
    pub intent: Intent,
    /// Who tried.
    pub actors: Vec<Actor>,
    /// Statements that make the rows of both tenants, run as superuser before any transcript.
    pub setup: Vec<String>,
    /// Cells, sorted by target, command, actor.
    pub cells: Vec<Cell>,
    /// Ways in, worst first.
    pub attacks: Vec<Attack>,
    /// Side channels.
    pub oracles: Vec<Oracle>,
    /// Transcripts.
    pub transcripts: Vec<Transcript>,
    /// Mutation check.
    pub mutations: Vec<Mutation>,
    /// Repairs.
    pub repairs: Vec<Repair>,
    /// What could not be tried, each with the reason.
    pub gaps: Vec<Gap>,
    /// Why the attack ended before everything was tried, when it did: `time limit of 60 s reached`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_short: Option<String>,
}

impl AttackReport {
    /// Cells that were decided, and all.
    pub fn decided(&self) -> (usize, usize) {
        (self.cells.iter().filter(|c| c.verdict != CellVerdict::NotDecided).count(), self.cells.len())
    }
}
