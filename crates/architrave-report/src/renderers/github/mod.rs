//! Findings as workflow commands of GitHub Actions: annotations beside the lines of a pull request, and the whole list in the log.
//!
//! GitHub shows ten annotations per level and step. The most severe findings get them; the tenth of a level that has more says how many.

#[cfg(test)]
mod tests;

use super::Renderer;
use crate::format::{cut, plural, visible};
use crate::report::{FindingView, Report};
use architrave_model::finding::Severity;
use std::io;

/// Annotations per level that a step may show.
const SHOWN: usize = 10;

/// Characters of one annotation's words.
const LONGEST: usize = 2_000;

/// The renderer.
pub struct Github;

impl Renderer for Github {
    fn render(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        for level in [Level::Error, Level::Warning, Level::Notice] {
            annotate(report, level, out)?;
        }
        let counted = crate::present::severity_counts(report);
        let counted = if counted.is_empty() { "none".to_owned() } else { counted };
        writeln!(out, "::group::{}", data(&format!("Findings of {}: {counted}", report.subject)))?;
        for view in &report.findings {
            writeln!(out, "{}", harmless(&line(report, view)))?;
        }
        writeln!(out, "::endgroup::")?;
        for view in &report.changes {
            writeln!(out, "{}", harmless(&view.summary))?;
        }
        let gaps = report.coverage.gaps.len();
        if gaps > 0 {
            writeln!(out, "{} not examined; the report says why.", plural(gaps, "thing was", "things were"))?;
        }
        Ok(())
    }
}

/// A level of annotations.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
    Notice,
}

impl Level {
    fn of(severity: Severity) -> Self {
        match severity {
            Severity::Critical | Severity::High => Self::Error,
            Severity::Medium => Self::Warning,
            Severity::Low | Severity::Info => Self::Notice,
        }
    }

    fn command(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

fn annotate(report: &Report, level: Level, out: &mut dyn io::Write) -> io::Result<()> {
    let of_level: Vec<&FindingView> = report.findings.iter().filter(|v| Level::of(v.finding.severity) == level).collect();
    let shown = if of_level.len() > SHOWN { SHOWN - 1 } else { of_level.len() };
    for view in of_level.iter().take(shown) {
        writeln!(out, "{}", annotation(report, view, level))?;
    }
    let rest = of_level.get(shown..).unwrap_or_default();
    if let Some(first) = rest.first() {
        let words = format!("from {} on {} on; the log of this step lists them all", first.finding.rule, first.finding.object);
        let title = format!("and {}", plural(rest.len(), "more finding", "more findings"));
        writeln!(out, "::{} title={}::{}", level.command(), property(&title), data(&words))?;
    }
    Ok(())
}

fn annotation(report: &Report, view: &FindingView, level: Level) -> String {
    let f = &view.finding;
    let mut properties = Vec::new();
    if let Some(at) = &view.points_to {
        properties.push(format!("file={}", property(&format!("{}{}", report.repository_path, at.path))));
        if at.line > 0 {
            properties.push(format!("line={}", at.line));
        }
        if at.line > 0 && at.column > 0 {
            properties.push(format!("col={}", at.column));
        }
    }
    properties.push(format!("title={}", property(&cut(&visible(&format!("{} ({})", f.rule, f.severity.word())), 200))));
    let target = if report.several_targets() && !f.target.is_empty() { format!(" [{}]", f.target) } else { String::new() };
    let mut words = vec![format!("{}{target}", visible(&f.message)), visible(&f.why)];
    words.extend(view.change.as_deref().map(visible));
    if let (Some(fix), false) = (&view.fix, view.is_withdrawn()) {
        words.push(format!("Fix: {}", visible(&fix.title)));
        words.extend(fix.up.lines().map(visible));
    }
    let words = cut(&words.join("\n"), LONGEST);
    format!("::{} {}::{}", level.command(), properties.join(","), data(&words))
}

/// A finding in the log.
fn line(report: &Report, view: &FindingView) -> String {
    let f = &view.finding;
    let at = view.location.as_ref().map_or_else(|| f.object.to_string(), |at| format!("{}{at}", report.repository_path));
    let change = view.change.as_ref().map_or_else(String::new, |c| format!(", {c}"));
    format!("F{} {} {}: {} ({at}{change})", view.number, f.severity.word(), f.rule, f.message)
}

/// Text of a command: what would end the line, and the sign of escapes itself.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Value of a command's property: what would end the property, too.
fn property(text: &str) -> String {
    data(&visible(text)).replace(':', "%3A").replace(',', "%2C")
}

/// A line of the log that the runner takes for nothing else: commands begin the line with `::`, or stand anywhere as `##[…]`.
fn harmless(text: &str) -> String {
    let text = visible(text).replace("##[", "## [");
    if text.trim_start().starts_with("::") { format!("· {text}") } else { text }
}
