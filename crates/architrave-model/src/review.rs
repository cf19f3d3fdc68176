//! A whole review as plain data: what sections and renderers print.

use crate::QualifiedName;
use crate::brief::{Brief, Question};
use crate::changes::{Changes, KnownFinding};
use crate::context::Exposure;
use crate::coverage::Gap;
use crate::finding::{Finding, Severity};
use crate::house::{AllowanceUse, HouseRules};
use crate::limits::{EarlierReading, Limits};
use crate::origin::Origins;
use crate::project::{Note, ProjectDatabase};
use crate::roadmap::Action;
use crate::rule::Rule;
use crate::script::{Location, Script, Statement};
use crate::snapshot::Snapshot;
use crate::stack::Stack;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What kind of input a target was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "plain words")]
pub enum TargetKind {
    Project,
    Database,
    Snapshot,
    SqlFile,
}

/// One database under review, from whichever source.
#[derive(Debug, Clone)]
pub struct Target {
    /// Short unique name: `supabase`, `shop on db.example.com`.
    pub name: String,
    /// Kind.
    pub kind: TargetKind,
    /// Where it came from, without secrets: a path, `postgres://user@host:5432/db`.
    pub source: String,
    /// Facts.
    pub snapshot: Snapshot,
    /// The project's side, when there is one.
    pub database: Option<ProjectDatabase>,
    /// How the replay went, when there was one.
    pub replay: Option<Replay>,
    /// Which statement made what.
    pub origins: Origins,
    /// Who can reach it from outside.
    pub exposure: Exposure,
    /// Statements of its workload, planned on its twin.
    pub explained: Vec<crate::explained::Explained>,
    /// What planning that workload has shown; none when there was none, or nothing was executed.
    pub on_twin: Option<crate::on_twin::OnTwin>,
    /// What an attack on a private server with its schema has shown; none when there was nothing to attack, or nothing was executed.
    pub attack: Option<crate::access::AttackReport>,
    /// Who can reach what, as privileges and policies say: role × object × command; empty until the advisors have run.
    pub access: Vec<crate::access::AccessRow>,
}

impl Target {
    /// Facts with their source; not replayed, planned or attacked yet.
    pub fn new(name: impl Into<String>, kind: TargetKind, source: impl Into<String>, snapshot: Snapshot) -> Self {
        Self {
            name: name.into(),
            kind,
            source: source.into(),
            snapshot,
            database: None,
            replay: None,
            origins: Origins::default(),
            exposure: Exposure::default(),
            explained: Vec::new(),
            on_twin: None,
            attack: None,
            access: Vec::new(),
        }
    }
}

/// How replaying a project's scripts on the private server went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Replay {
    /// Version of the private server; empty when the static path was used.
    pub server_version: String,
    /// False under `--no-execute`.
    pub executed: bool,
    /// Scripts.
    pub scripts: u32,
    /// Statements that succeeded.
    pub applied: u32,
    /// Statements that failed.
    pub failed: Vec<FailedStatement>,
    /// Statements not executed, with the reason (psql commands, COPY data, …), counted by reason.
    pub skipped: Vec<(String, u32)>,
    /// Extensions that the private server lacks and that were stood in for.
    pub stubbed_extensions: Vec<String>,
    /// What was set up before the first script: `Supabase roles and schemas`.
    pub prelude: Option<String>,
    /// Migrations that are programs: they were not run, and what they make is missing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub programs: u32,
    /// The scripts are known by their numbers alone: no tool says that they build the schema from empty.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub loose: bool,
    /// Tables known from generated types only, sorted: their keys, indexes, policies and exact types are not known, and no rule speaks of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from_types: Vec<QualifiedName>,
    /// What failed statements miss and the project makes all the same, in lower case, sorted: in another folder, or under the same name in another
    /// schema, where the connection's search path may lead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub made_elsewhere: Vec<String>,
    /// What failed statements would have made of tables, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incomplete: Vec<Incomplete>,
}

impl Replay {
    /// The failures with the statements of the project that they are about; those of files that the project does not have are left out.
    pub fn failed_statements<'a>(&'a self, database: &'a ProjectDatabase) -> impl Iterator<Item = (&'a FailedStatement, &'a Statement)> {
        let of = |script: &'a Script| script.statements.iter().map(move |s| ((script.path.as_str(), s.line, s.column), s));
        let places: HashMap<(&str, u32, u32), &Statement> = database.scripts.iter().flat_map(of).collect();
        self.failed.iter().filter_map(move |failed| {
            let Location { path, line, column } = &failed.location;
            Some((failed, *places.get(&(path.as_str(), *line, *column))?))
        })
    }
}

/// Something that a table lacks in a replay because the statement that makes it failed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Incomplete {
    /// Table.
    pub table: QualifiedName,
    /// What it lacks.
    pub lacks: Lack,
}

/// What a failed statement would have made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "plain words")]
pub enum Lack {
    Index,
    /// A constraint, a column or another part of the table itself.
    Definition,
    Policy,
    RowSecurity,
    Trigger,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// A statement that the private server refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedStatement {
    /// Place.
    pub location: Location,
    /// SQLSTATE.
    pub sqlstate: String,
    /// The server's message.
    pub message: String,
    /// First line of the statement, cut at 120 characters, literals masked.
    pub statement: String,
}

/// One of the five lines that open *Current State*.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssessmentLine {
    /// `size`, `scope`, `complexity`, `context` or `stage`.
    pub key: String,
    /// The judgement: `small`, `18 tables in 1 schema` …
    pub value: String,
    /// The figures it rests on.
    pub because: String,
}

/// State of a checklist line or a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "three-valued everywhere")]
pub enum State {
    Pass,
    Fail,
    Unknown,
}

impl State {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
        }
    }
}

/// One of the seven lines of the DBA review checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecklistLine {
    /// The line.
    pub text: String,
    /// State.
    pub state: State,
    /// Evidence, one sentence.
    pub evidence: String,
}

/// One line of the scorecard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Area's heading.
    pub area: String,
    /// 0–100; none when nothing in the area could be checked, or little was and nothing found.
    pub points: Option<u32>,
    /// Rules that ran.
    pub checked: u32,
    /// Rules that could not run.
    pub not_checked: u32,
    /// Findings by severity, worst first, without zeros.
    pub findings: Vec<(Severity, u32)>,
}

/// When and how this run went: the only block that differs between equal runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// RFC 3339, UTC.
    pub started_at: String,
    /// Milliseconds in all.
    pub duration_ms: u64,
    /// Milliseconds by step, in order.
    pub steps_ms: Vec<(String, u64)>,
    /// Round trips to live targets.
    pub round_trips: u32,
    /// What estimates in seconds rest on; none where nothing is estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed: Option<Speed>,
}

/// How fast a private server worked on this machine. It is measured once and then kept, so that equal runs estimate equally.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Speed {
    /// Day of the measurement, `2026-11-22`.
    pub measured_on: String,
    /// Reading a table from end to end.
    pub scan_bytes_per_second: u64,
    /// Writing it anew, without indexes.
    pub rewrite_bytes_per_second: u64,
    /// Rows that a B-tree takes while it is built.
    pub index_rows_per_second: u64,
}

/// A suggestion that people should weigh; nobody acts on it unasked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// What.
    pub title: String,
    /// Why it is not in the roadmap.
    pub text: String,
}

/// A whole review.
#[derive(Default)]
pub struct Review {
    /// Version of Architrave.
    pub tool_version: String,
    /// Run.
    pub run: Run,
    /// Targets.
    pub targets: Vec<Target>,
    /// House rules.
    pub house: HouseRules,
    /// Where a house rule overruled a built-in one.
    pub overruled: Vec<String>,
    /// Stack of the project, when there is one.
    pub stack: Stack,
    /// Project's name, or the target's.
    pub title: String,
    /// Oddities of the project's files.
    pub notes: Vec<Note>,
    /// What the user has answered: growth, recovery targets, memory …
    pub brief: Brief,
    /// Open questions.
    pub questions: Vec<Question>,
    /// Five lines.
    pub assessment: Vec<AssessmentLine>,
    /// Seven lines.
    pub checklist: Vec<ChecklistLine>,
    /// Scorecard.
    pub scorecard: Vec<Score>,
    /// Rules that ran, in order.
    pub rules_run: Vec<&'static Rule>,
    /// Rules that ran on no target; coverage says why.
    pub rules_not_run: Vec<&'static Rule>,
    /// Findings, worst first.
    pub findings: Vec<Finding>,
    /// Findings that are known and not shown; what is said of the whole (scorecard, checklist) counts them.
    pub hidden: Vec<Finding>,
    /// Findings hidden by the baseline.
    pub baselined: u32,
    /// Findings hidden because the older reading of `--since` had them, too.
    pub hidden_as_old: u32,
    /// Findings allowed by the house, with the reason.
    pub allowed: Vec<(Finding, String)>,
    /// What came of each `[[allow]]`, in their order.
    pub allowances: Vec<AllowanceUse>,
    /// What has become of findings since earlier states.
    pub changes: Vec<Changes>,
    /// What a baseline of this run holds: all findings, hidden ones too, and what is known and could not be checked this time.
    pub baseline: Vec<KnownFinding>,
    /// Path from the repository's root to the project's, with a final `/`; empty when they are one, or there is no repository.
    pub repository_path: String,
    /// Plan.
    pub roadmap: Vec<Action>,
    /// Coverage.
    pub coverage: Vec<Gap>,
    /// Suggestions.
    pub suggestions: Vec<Suggestion>,
    /// An earlier reading of one of the targets, to tell the pace by.
    pub earlier: Option<EarlierReading>,
    /// Limits, one entry per target that has statistics.
    pub limits: Vec<Limits>,
}

impl Review {
    /// All findings, hidden ones too.
    pub fn all_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().chain(&self.hidden)
    }
}
