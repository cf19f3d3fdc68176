//! The report as JSON, `schema_version` 1; its schema is `schema/report.schema.json` of this crate.

#[cfg(test)]
mod tests;

use super::Renderer;
use crate::report::{ChangesView, Coverage, House, Report, SCHEMA_VERSION, Section, TITLE, TargetSummary};
use architrave_model::brief::Question;
use architrave_model::changes::{Change, Reference, Tally};
use architrave_model::finding::{Finding, Severity};
use architrave_model::review::{AssessmentLine, ChecklistLine, Score, Suggestion};
use architrave_model::roadmap::Action;
use serde::Serialize;
use std::io;

/// The schema that every document of this renderer keeps.
pub static SCHEMA: &str = include_str!("../../../schema/report.schema.json");

/// The renderer: indented, keys in a fixed order, a final newline.
pub struct Json;

impl Renderer for Json {
    fn render(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, &Document::of(report))?;
        writeln!(out)
    }
}

/// The document, in the order of the contract.
#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    tool: Tool<'a>,
    run: Run<'a>,
    targets: &'a [TargetSummary],
    house_rules: &'a House,
    questions: &'a [Question],
    assessment: &'a [AssessmentLine],
    checklist: &'a [ChecklistLine],
    scorecard: Vec<ScoreLine<'a>>,
    sections: &'a [Section],
    findings: Vec<&'a Finding>,
    roadmap: &'a [Action],
    coverage: &'a Coverage,
    suggestions: &'a [Suggestion],
    changes: Vec<Compared<'a>>,
}

/// What has become of findings since one earlier state.
#[derive(Serialize)]
struct Compared<'a> {
    reference: &'a Reference,
    summary: &'a str,
    unchanged: u32,
    not_checked: usize,
    by_severity: Vec<BySeverity>,
    by_area: Vec<ByArea>,
    findings: &'a [Change],
}

#[derive(Serialize)]
struct BySeverity {
    severity: Severity,
    #[serde(flatten)]
    tally: Tally,
}

#[derive(Serialize)]
struct ByArea {
    area: &'static str,
    #[serde(flatten)]
    tally: Tally,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'static str,
    version: &'a str,
    report: &'static str,
    subject: &'a str,
}

#[derive(Serialize)]
struct Run<'a> {
    started_at: &'a str,
    duration_ms: u64,
    steps: Vec<Step<'a>>,
    round_trips: u32,
}

#[derive(Serialize)]
struct Step<'a> {
    name: &'a str,
    ms: u64,
}

#[derive(Serialize)]
struct ScoreLine<'a> {
    area: &'a str,
    points: Option<u32>,
    checked: u32,
    not_checked: u32,
    findings: Vec<Counted>,
}

#[derive(Serialize)]
struct Counted {
    severity: Severity,
    number: u32,
}

impl<'a> Document<'a> {
    fn of(report: &'a Report) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            tool: Tool { name: "architrave", version: &report.tool_version, report: TITLE, subject: &report.subject },
            run: Run {
                started_at: &report.run.started_at,
                duration_ms: report.run.duration_ms,
                steps: report.run.steps_ms.iter().map(|(name, ms)| Step { name, ms: *ms }).collect(),
                round_trips: report.run.round_trips,
            },
            targets: &report.targets,
            house_rules: &report.house,
            questions: &report.questions,
            assessment: &report.assessment,
            checklist: &report.checklist,
            scorecard: report.scorecard.iter().map(score).collect(),
            sections: &report.sections,
            findings: report.findings.iter().map(|f| &f.finding).collect(),
            roadmap: &report.roadmap,
            coverage: &report.coverage,
            suggestions: &report.suggestions,
            changes: report.changes.iter().map(compared).collect(),
        }
    }
}

fn compared(view: &ChangesView) -> Compared<'_> {
    let changes = &view.changes;
    Compared {
        reference: &changes.reference,
        summary: &view.summary,
        unchanged: changes.unchanged,
        not_checked: changes.not_checked.len(),
        by_severity: changes.by_severity.iter().map(|(severity, tally)| BySeverity { severity: *severity, tally: *tally }).collect(),
        by_area: changes.by_area.iter().map(|(area, tally)| ByArea { area: area.title(), tally: *tally }).collect(),
        findings: &changes.changes,
    }
}

fn score(score: &Score) -> ScoreLine<'_> {
    ScoreLine {
        area: &score.area,
        points: score.points,
        checked: score.checked,
        not_checked: score.not_checked,
        findings: score.findings.iter().map(|(severity, number)| Counted { severity: *severity, number: *number }).collect(),
    }
}
