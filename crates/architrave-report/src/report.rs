//! The report as plain data: everything that a renderer prints, in the order in which it is printed.

use crate::charts::Chart;
use crate::documents::access_matrix::AccessTable;
use crate::plan::Note as PlanNote;
use crate::text::Text;
use architrave_model::brief::Question;
use architrave_model::changes::Changes;
use architrave_model::coverage::Gap;
use architrave_model::finding::{Confidence, Finding, Link, Severity, Verdict};
use architrave_model::limits::Limits;
use architrave_model::plan::Plan;
use architrave_model::project::Note;
use architrave_model::review::{AssessmentLine, ChecklistLine, Replay, Run, Score, Suggestion};
use architrave_model::roadmap::Action;
use architrave_model::rule::Area;
use architrave_model::script::Location;
use serde::Serialize;

/// Title of every report.
pub const TITLE: &str = "Database Architecture Analysis Report";

/// Version of the JSON form.
///
/// History: 1, first.
pub const SCHEMA_VERSION: u32 = 1;

/// How many places of a finding are shown before the rest is folded away.
pub const PLACES_SHOWN: usize = 20;

/// A whole report.
#[derive(Debug, Clone)]
pub struct Report {
    /// Project or target under review.
    pub subject: String,
    /// Version of Architrave.
    pub tool_version: String,
    /// The only block that differs between equal runs.
    pub run: Run,
    /// Databases under review.
    pub targets: Vec<TargetSummary>,
    /// House rules in force.
    pub house: House,
    /// Open questions.
    pub questions: Vec<Question>,
    /// Five lines: size, scope, complexity, context, stage.
    pub assessment: Vec<AssessmentLine>,
    /// Seven lines.
    pub checklist: Vec<ChecklistLine>,
    /// Scorecard.
    pub scorecard: Vec<Score>,
    /// Charts of the first page. Formats without pictures leave them out: the scorecard and the roadmap say the same in words.
    pub overview: Vec<Chart>,
    /// The eight sections.
    pub sections: Vec<Section>,
    /// Findings, worst first; finding number n stands at n - 1.
    pub findings: Vec<FindingView>,
    /// The plan.
    pub roadmap: Vec<Action>,
    /// What was not examined.
    pub coverage: Coverage,
    /// Suggestions for human evaluation.
    pub suggestions: Vec<Suggestion>,
    /// What has become of findings since earlier states: a baseline, an older snapshot or report.
    pub changes: Vec<ChangesView>,
    /// The rules that ran or could not, by id.
    pub rules: Vec<RuleSummary>,
    /// Path from the repository's root to the project's, with a final `/`, or empty: what code hosts know files by.
    pub repository_path: String,
}

impl Report {
    /// Findings of that severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|f| f.finding.severity == severity).count()
    }

    /// The finding of that number, from 1.
    pub fn finding(&self, number: usize) -> Option<&FindingView> {
        self.findings.get(number.checked_sub(1)?)
    }

    /// Whether there is more than one database, so that findings and texts name theirs.
    pub fn several_targets(&self) -> bool {
        self.targets.len() > 1
    }
}

/// What has become of findings since one earlier state.
#[derive(Debug, Clone)]
pub struct ChangesView {
    /// The comparison itself.
    pub changes: Changes,
    /// Heading: `Since 2026-10-21`.
    pub title: String,
    /// One sentence: `+3, −9 since 2026-10-21 (old.snapshot.json).`
    pub summary: String,
    /// The same at length, with names.
    pub blocks: Vec<Block>,
}

/// A rule, as formats name it that list rules beside findings.
#[derive(Debug, Clone)]
pub struct RuleSummary {
    /// Id.
    pub id: &'static str,
    /// One line without full stop.
    pub summary: &'static str,
    /// Severity when nothing is known about exposure.
    pub severity: Severity,
    /// Confidence unless a finding says otherwise.
    pub confidence: Confidence,
    /// Area.
    pub area: Area,
    /// Its page, Markdown.
    pub docs: &'static str,
    /// Why it came to no verdict; none when it ran.
    pub not_run: Option<String>,
    /// Findings of it that are known and hidden.
    pub hidden: usize,
}

/// One database under review, without its catalogue.
#[derive(Debug, Clone, Serialize)]
pub struct TargetSummary {
    /// Name.
    pub name: String,
    /// `project`, `database`, `snapshot` or `sql-file`.
    pub kind: &'static str,
    /// Where it came from, without secrets.
    pub source: String,
    /// Server that held it: the live one, or the private one of the replay. None on the static path.
    pub server: Option<ServerSummary>,
    /// What it defines, without objects of extensions and of the platform.
    pub counts: Counts,
    /// Size of the database, bytes.
    pub bytes: Option<i64>,
    /// Statistics were read.
    pub statistics: bool,
    /// Settings were read.
    pub settings: bool,
    /// Format of its migrations.
    pub format: Option<&'static str>,
    /// How its replay went.
    pub replay: Option<Replay>,
    /// What runs out, and when; only with statistics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
}

/// A server.
#[derive(Debug, Clone, Serialize)]
pub struct ServerSummary {
    /// `server_version`.
    pub version: String,
    /// Product name of the platform.
    pub platform: &'static str,
    /// What stands between, if anything.
    pub pooler: Option<String>,
    /// A standby.
    pub in_recovery: bool,
    /// Our session was encrypted.
    pub tls: bool,
    /// Role of our session; empty on a private server.
    pub role: String,
}

/// Objects by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "named after the kinds")]
pub struct Counts {
    pub schemas: usize,
    pub tables: usize,
    pub partitions: usize,
    pub columns: usize,
    pub constraints: usize,
    pub foreign_keys: usize,
    pub indexes: usize,
    pub views: usize,
    pub functions: usize,
    pub triggers: usize,
    pub policies: usize,
    pub types: usize,
    pub sequences: usize,
    pub extensions: usize,
}

/// House rules in force.
#[derive(Debug, Clone, Default, Serialize)]
pub struct House {
    /// Sentences as written, with what was understood.
    pub sentences: Vec<HouseLine>,
    /// Rules switched off or regraded.
    pub settings: Vec<HouseSetting>,
    /// Exceptions.
    pub allowances: Vec<HouseAllowance>,
    /// Where a house rule overruled a built-in one.
    pub overruled: Vec<String>,
    /// Findings that the house allows.
    pub allowed: Vec<AllowedFinding>,
}

impl House {
    /// Whether the house has said nothing.
    pub fn is_empty(&self) -> bool {
        self.sentences.is_empty()
            && self.settings.is_empty()
            && self.allowances.is_empty()
            && self.overruled.is_empty()
            && self.allowed.is_empty()
    }
}

/// A sentence of the house rules.
#[derive(Debug, Clone, Serialize)]
pub struct HouseLine {
    /// The sentence as written.
    pub text: String,
    /// File.
    pub path: String,
    /// Line.
    pub line: u32,
    /// What was understood; none when it is only quoted.
    pub understood: Option<String>,
}

/// `[rules]` of `architrave.toml`.
#[derive(Debug, Clone, Serialize)]
pub struct HouseSetting {
    /// Rule id.
    pub rule: String,
    /// New severity; none for off.
    pub severity: Option<Severity>,
    /// Why.
    pub reason: String,
}

/// `[[allow]]` of `architrave.toml`.
#[derive(Debug, Clone, Serialize)]
pub struct HouseAllowance {
    /// Rule id.
    pub rule: String,
    /// Object pattern.
    pub object: String,
    /// Why.
    pub reason: String,
    /// Last day, `YYYY-MM-DD`.
    pub until: Option<String>,
    /// What came of it, in words.
    pub state: String,
    /// Its last day has passed.
    pub expired: bool,
    /// Findings that it allows; of an expired one, those that are back.
    pub findings: u32,
    /// Its rule ran, so that no finding means that there is none.
    #[serde(skip)]
    pub checked: bool,
}

impl HouseAllowance {
    /// Whether it is in force and matches nothing, although its rule ran.
    pub fn is_idle(&self) -> bool {
        !self.expired && self.findings == 0 && self.checked
    }
}

/// A finding that the house allows.
#[derive(Debug, Clone, Serialize)]
pub struct AllowedFinding {
    /// Rule id.
    pub rule: String,
    /// Object.
    pub object: String,
    /// Message.
    pub message: String,
    /// Why it is allowed.
    pub reason: String,
    /// The finding itself.
    #[serde(skip)]
    pub finding: Finding,
}

/// What was not examined, and what was.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Coverage {
    /// Gaps.
    pub gaps: Vec<Gap>,
    /// Oddities of the project's files.
    pub notes: Vec<Note>,
    /// Ids of the rules that ran, in order.
    pub rules_run: Vec<String>,
    /// Ids of the rules that ran on no target.
    pub rules_not_run: Vec<String>,
    /// Findings hidden by the baseline.
    pub hidden_by_baseline: u32,
    /// Findings hidden because the older reading had them, too.
    pub hidden_as_old: u32,
}

/// One of the eight sections.
#[derive(Debug, Clone, Serialize)]
pub struct Section {
    /// 1–8.
    pub number: u8,
    /// `current-state` …, stable.
    pub key: &'static str,
    /// Heading.
    pub title: &'static str,
    /// What stands before the first part.
    pub intro: Vec<Block>,
    /// Its parts.
    pub parts: Vec<Part>,
}

/// One sub-heading of a section.
#[derive(Debug, Clone, Serialize)]
pub struct Part {
    /// `technology-stack` …, stable and unique in the report.
    pub key: &'static str,
    /// Heading.
    pub title: &'static str,
    /// Text.
    pub blocks: Vec<Block>,
    /// Numbers of the findings that belong here.
    #[serde(skip)]
    pub findings: Vec<usize>,
    /// Their fingerprints, in the same order.
    #[serde(rename = "findings")]
    pub fingerprints: Vec<String>,
}

/// A block of a part.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Block {
    /// A heading inside a part: a target, an action.
    Heading {
        /// Words.
        text: Text,
        /// Name to link to.
        #[serde(skip)]
        anchor: Option<String>,
    },
    /// A paragraph.
    Paragraph {
        /// Words.
        text: Text,
    },
    /// A list.
    List {
        /// Items.
        items: Vec<Text>,
    },
    /// A table.
    Table(Table),
    /// A chart with its table.
    Chart(Box<Chart>),
    /// Who can reach what.
    Access(Box<AccessTable>),
    /// SQL to copy.
    Sql {
        /// The statements.
        text: String,
    },
    /// A plan as a picture; with `after`, the two side by side.
    Plan {
        /// Unique in its document: what its parts are named by.
        name: String,
        /// Words beside single nodes.
        #[serde(skip)]
        notes: Vec<PlanNote>,
        /// Plan, its conditions masked.
        plan: Box<Plan>,
        /// The plan after a change.
        #[serde(skip_serializing_if = "Option::is_none")]
        after: Option<Box<Plan>>,
    },
}

/// A table.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Table {
    /// Column headings.
    pub columns: Vec<Column>,
    /// Rows, as many cells each as there are columns.
    pub rows: Vec<Vec<Text>>,
    /// What was left off, when rows were.
    pub more: Option<String>,
}

/// A column of a table.
#[derive(Debug, Clone, Serialize)]
pub struct Column {
    /// Heading.
    pub title: &'static str,
    /// Aligned to the right.
    pub numeric: bool,
}

/// A finding, ready to print.
#[derive(Debug, Clone)]
pub struct FindingView {
    /// Number, from 1.
    pub number: usize,
    /// The finding itself, as JSON gives it.
    pub finding: Finding,
    /// Line of the scorecard that it belongs to.
    pub area: Area,
    /// Object: kind and name.
    pub object: Text,
    /// `path:line`, when it stands in a file.
    pub location: Option<String>,
    /// The place that a code host points to: the first new one of a finding that has grown, else the finding's own.
    pub points_to: Option<Location>,
    /// All its objects, when there are several; the first [`PLACES_SHOWN`] are shown.
    pub places: Vec<PlaceView>,
    /// Facts.
    pub evidence: Vec<EvidenceView>,
    /// Fix.
    pub fix: Option<FixView>,
    /// Proof.
    pub proof: Option<ProofView>,
    /// Further reading with `https://` or `http://` addresses only.
    pub references: Vec<Link>,
    /// Orders of the actions that settle it.
    pub actions: Vec<u32>,
    /// What has become of it since an earlier state, in words; none when it is what it was, or there is none to compare with.
    pub change: Option<String>,
    /// The plan that it speaks of, when there is one.
    pub plan: Option<PlanView>,
}

impl FindingView {
    /// Whether its fix was tried and failed, and so is no advice any more.
    pub fn is_withdrawn(&self) -> bool {
        self.proof.as_ref().is_some_and(|p| p.verdict == Verdict::Refuted)
    }
}

/// The plan that a finding speaks of.
#[derive(Debug, Clone)]
pub struct PlanView {
    /// Which plan it is.
    pub title: Text,
    /// The picture.
    pub block: Block,
}

/// One object of a finding.
#[derive(Debug, Clone)]
pub struct PlaceView {
    /// Name.
    pub object: String,
    /// `path:line`.
    pub location: Option<String>,
    /// What is special about it.
    pub detail: Option<String>,
    /// Not there at the earlier state.
    pub is_new: bool,
}

/// One fact.
#[derive(Debug, Clone)]
pub struct EvidenceView {
    /// What.
    pub fact: String,
    /// Value, exact.
    pub value: String,
    /// Where it was read.
    pub source: String,
}

/// A fix.
#[derive(Debug, Clone)]
pub struct FixView {
    /// One line.
    pub title: String,
    /// Script, statements ended by semicolons; empty when there is no SQL.
    pub up: String,
    /// Script that undoes it; empty when there is no way back.
    pub down: String,
    /// What it does to the running system, one sentence each.
    pub effect: Vec<Text>,
    /// What people must decide first.
    pub caution: Option<String>,
}

/// A proof.
#[derive(Debug, Clone)]
pub struct ProofView {
    /// Verdict.
    pub verdict: Verdict,
    /// One sentence: what was tried and what came out.
    pub summary: Text,
    /// Figures: name, before, after.
    pub figures: Vec<(String, String, String)>,
    /// Lines of the transcript.
    pub transcript: Vec<String>,
}
