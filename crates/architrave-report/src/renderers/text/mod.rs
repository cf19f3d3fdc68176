//! The report as a summary for a person at a terminal: about one screen, with or without colours.

pub(crate) mod paint;
#[cfg(test)]
mod tests;

use super::Renderer;
use crate::format::{self, visible};
use crate::report::{FindingView, Report, TITLE};
use crate::text::verdict_word;
use architrave_model::finding::{Severity, Verdict};
use architrave_model::review::{Score, State};
use architrave_model::roadmap::Phase;
use paint::{Colour, Page, clip};
use std::io;

/// How many findings are shown.
const TOP: usize = 6;

/// How it looks.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Colours allowed: a terminal, and no `NO_COLOR`.
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
}

/// The renderer.
pub struct Terminal {
    /// How it looks.
    pub style: Style,
    /// Files that the whole report was written to.
    pub written: Vec<String>,
}

/// Without colours, 100 columns wide, nothing written.
pub static PLAIN: Terminal = Terminal { style: Style { color: false, width: 100 }, written: Vec::new() };

impl Renderer for Terminal {
    fn render(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = Page::new(self.style);
        head(&mut page, report);
        assessment(&mut page, report);
        scorecard(&mut page, report);
        checklist(&mut page, report);
        findings(&mut page, report);
        changes(&mut page, report);
        roadmap(&mut page, report);
        foot(&mut page, report, &self.written);
        out.write_all(page.finish().as_bytes())
    }
}

/// Prints the summary; see [`Terminal`] for one that says where the whole report is.
pub fn render(report: &Report, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    Terminal { style, written: Vec::new() }.render(report, out)
}

fn head(page: &mut Page, report: &Report) {
    page.line(&[(Colour::Bold, TITLE), (Colour::Plain, ": "), (Colour::Bold, &visible(&report.subject))]);
    for t in &report.targets {
        let server = t.server.as_ref().map_or_else(String::new, |s| format!(", PostgreSQL {}", visible(&s.version)));
        let size = t.bytes.map_or_else(String::new, |b| format!(", {}", format::bytes(b)));
        let tables = format::plural(t.counts.tables, "table", "tables");
        page.line(&[(Colour::Dim, &format!("  {} ({}){server}, {tables}{size}: {}", visible(&t.name), t.kind, visible(&t.source)))]);
    }
    if !report.house.sentences.is_empty() {
        let quoted = report.house.sentences.iter().filter(|s| s.understood.is_none()).count();
        let n = format::plural(report.house.sentences.len(), "house rule", "house rules");
        let overruled = format::plural(report.house.overruled.len(), "built-in rule", "built-in rules");
        page.line(&[(Colour::Dim, &format!("  {n} in force ({quoted} quoted only), {overruled} overruled"))]);
    }
}

fn assessment(page: &mut Page, report: &Report) {
    if report.assessment.is_empty() {
        return;
    }
    page.gap();
    for line in &report.assessment {
        let key = format!("  {:<11}", visible(&line.key));
        page.line(&[
            (Colour::Dim, &key),
            (Colour::Bold, &visible(&line.value)),
            (Colour::Plain, &format!(" ({})", visible(&line.because))),
        ]);
    }
}

fn scorecard(page: &mut Page, report: &Report) {
    if report.scorecard.is_empty() {
        return;
    }
    page.heading("Scorecard");
    for score in &report.scorecard {
        let (colour, bar) = bar(score);
        let points = score.points.map_or_else(|| "  ?".to_owned(), |p| format!("{p:>3}"));
        let findings: Vec<String> = score.findings.iter().map(|(s, n)| format!("{n} {}", s.word())).collect();
        let not = if score.not_checked > 0 { format!(" ({} not checked)", score.not_checked) } else { String::new() };
        let area = format!("  {:<20} ", clip(&visible(&score.area), 20));
        page.line(&[
            (Colour::Plain, &area),
            (colour, &bar),
            (Colour::Plain, &format!(" {points}  ")),
            (Colour::Dim, &format!("{}{not}", findings.join(", "))),
        ]);
    }
}

fn bar(score: &Score) -> (Colour, String) {
    let Some(points) = score.points else { return (Colour::Dim, "··········".to_owned()) };
    let full = (points.min(100) as usize + 5) / 10;
    let colour = match points {
        0..50 => Colour::Red,
        50..80 => Colour::Yellow,
        _ => Colour::Green,
    };
    (colour, format!("{}{}", "█".repeat(full), "░".repeat(10 - full)))
}

fn checklist(page: &mut Page, report: &Report) {
    if report.checklist.is_empty() {
        return;
    }
    page.heading("Checklist");
    for line in &report.checklist {
        let (colour, mark) = match line.state {
            State::Pass => (Colour::Green, "✓"),
            State::Fail => (Colour::Red, "✗"),
            State::Unknown => (Colour::Dim, "?"),
        };
        page.line(&[
            (Colour::Plain, "  "),
            (colour, mark),
            (Colour::Plain, &format!(" {}", visible(&line.text))),
            (Colour::Dim, &format!(": {}", visible(&line.evidence))),
        ]);
    }
}

fn severity_colour(severity: Severity) -> Colour {
    match severity {
        Severity::Critical | Severity::High => Colour::Red,
        Severity::Medium => Colour::Yellow,
        Severity::Low => Colour::Blue,
        Severity::Info => Colour::Dim,
    }
}

fn findings(page: &mut Page, report: &Report) {
    let counts = crate::present::severity_counts(report);
    page.heading(&if counts.is_empty() { "No findings".to_owned() } else { format!("Findings: {counts}") });
    for view in report.findings.iter().take(TOP) {
        finding(page, report, view);
    }
    let rest = report.findings.len().saturating_sub(TOP);
    if rest > 0 {
        page.line(&[(Colour::Dim, &format!("  and {rest} more in the whole report"))]);
    }
}

/// What became of findings since earlier states, and of allowances that have had their day: one line each.
fn changes(page: &mut Page, report: &Report) {
    for view in &report.changes {
        page.wrapped(&[(Colour::Plain, "  ")], &visible(&view.summary), 2);
    }
    let (expired, idle) = crate::changes::idle_allowances(report);
    let mut parts = Vec::new();
    if !expired.is_empty() {
        let back: usize = expired.iter().map(|a| a.findings as usize).sum();
        let back = if back > 0 { format!(" ({} back)", format::plural(back, "finding is", "findings are")) } else { String::new() };
        parts.push(format!("{} expired{back}", expired.len()));
    }
    if !idle.is_empty() {
        parts.push(format!("{} without a finding", idle.len()));
    }
    if !parts.is_empty() {
        page.line(&[(Colour::Yellow, &format!("  Allowances: {}.", parts.join(", ")))]);
    }
}

fn finding(page: &mut Page, report: &Report, view: &FindingView) {
    let f = &view.finding;
    let number = format!("  {:<4}", format!("F{}", view.number));
    let severity = format!("{:<9}", f.severity.word());
    page.wrapped(&[(Colour::Dim, &number), (severity_colour(f.severity), &severity)], &visible(&f.message), 2);
    let mut place = match (&view.location, view.places.len()) {
        (Some(at), _) => visible(at),
        (None, 0) => visible(&f.object.to_string()),
        (None, n) => format::plural(n, "place", "places"),
    };
    if report.several_targets() && !f.target.is_empty() {
        place = format!("{place} in {}", visible(&f.target));
    }
    if let Some(change) = &view.change {
        let short = change.split(" since").next().unwrap_or_default();
        place = format!("{place} ({})", visible(short));
    }
    let (colour, fix) = match (&view.fix, &view.proof) {
        (_, Some(p)) if p.verdict == Verdict::Refuted => (Colour::Red, "fix refuted and withdrawn".to_owned()),
        (Some(_), Some(p)) => (
            if p.verdict == Verdict::Proved { Colour::Green } else { Colour::Dim },
            format!(
                "fix {}",
                match p.verdict {
                    Verdict::Unknown => "not proved",
                    v => verdict_word(v),
                }
            ),
        ),
        (Some(_), None) => (Colour::Dim, "fix not tried".to_owned()),
        (None, _) => (Colour::Dim, "no fix by SQL".to_owned()),
    };
    let room = page.width().saturating_sub(15 + 2 + fix.chars().count());
    page.line(&[(Colour::Plain, "               "), (Colour::Dim, &clip(&place, room)), (Colour::Plain, "  "), (colour, &fix)]);
}

fn roadmap(page: &mut Page, report: &Report) {
    if report.roadmap.is_empty() {
        return;
    }
    page.heading("Roadmap");
    for phase in [Phase::Now, Phase::Next, Phase::Later] {
        let actions: Vec<String> =
            report.roadmap.iter().filter(|a| a.phase == phase).map(|a| format!("A{} {}", a.order, visible(&a.title))).collect();
        if actions.is_empty() {
            continue;
        }
        let shown = actions.iter().take(3).cloned().collect::<Vec<_>>().join("; ");
        let more = if actions.len() > 3 { format!("; and {} more", actions.len() - 3) } else { String::new() };
        let title = format!("  {:<6}", phase.title());
        page.wrapped(&[(Colour::Bold, &title)], &format!("{shown}{more}"), 3);
    }
}

fn foot(page: &mut Page, report: &Report, written: &[String]) {
    page.gap();
    let gaps = report.coverage.gaps.len();
    let ran = format::plural(report.coverage.rules_run.len(), "rule", "rules");
    let not = report.coverage.rules_not_run.len();
    let plans = report.coverage.rules_not_run.iter().filter(|id| id.starts_with("plan/")).count();
    let which = if plans > 1 { format!(" ({plans} about plans)") } else { String::new() };
    let not = if not > 0 { format!(", {not} could not{which}") } else { String::new() };
    let gaps = match gaps {
        0 if report.coverage.rules_run.is_empty() => "what was left out is not recorded".to_owned(),
        0 => "nothing was left out".to_owned(),
        n => format!("{} not examined (see Coverage)", format::plural(n, "thing was", "things were")),
    };
    page.line(&[(Colour::Plain, &format!("{ran} ran{not}; {gaps}."))]);
    if !report.questions.is_empty() {
        let n = format::plural(report.questions.len(), "open question", "open questions");
        page.line(&[(Colour::Plain, &format!("{n}; answers go into [brief] of architrave.toml."))]);
    }
    let (known, old) = (report.coverage.hidden_by_baseline as usize, report.coverage.hidden_as_old as usize);
    let hidden = |n: usize, by: &str| (n > 0).then(|| format!("{} hidden {by}", format::plural(n, "finding is", "findings are")));
    let hidden: Vec<String> = [hidden(known, "by the baseline"), hidden(old, "by --new-only")].into_iter().flatten().collect();
    if !hidden.is_empty() {
        page.line(&[(Colour::Plain, &format!("{}.", hidden.join(", ")))]);
    }
    page.line(&[(
        Colour::Bold,
        &if written.is_empty() {
            "The whole report: add -o report.html (or .md, .json).".to_owned()
        } else {
            format!("The whole report: {}", written.join(", "))
        },
    )]);
}
