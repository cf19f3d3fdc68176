//! Findings as JUnit XML, for the test tabs of GitLab, Jenkins and others.
//!
//! A suite per area, a case per rule and object: a finding is a failed case, a rule that ran and found nothing a passed one, a rule that came
//! to no verdict and a finding that the house allows a skipped one. What is only worth knowing (`info`) passes, with its words as output.

#[cfg(test)]
mod tests;

use super::Renderer;
use crate::format::{plural, visible, visible_lines};
use crate::report::{AllowedFinding, FindingView, Report, RuleSummary};
use architrave_model::finding::Severity;
use architrave_model::rule::Area;
use std::io;

/// The renderer.
pub struct Junit;

impl Renderer for Junit {
    fn render(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let suites: Vec<Suite<'_>> = Area::ALL.into_iter().map(|area| suite(report, area)).filter(|s| !s.cases.is_empty()).collect();
        let seconds = report.run.duration_ms as f64 / 1000.0;
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        let failures: usize = suites.iter().map(Suite::failures).sum();
        let skipped: usize = suites.iter().map(Suite::skipped).sum();
        writeln!(
            out,
            "<testsuites name=\"{}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"{seconds:.3}\">",
            attribute(&format!("Architrave: {}", report.subject)),
            suites.iter().map(|s| s.cases.len()).sum::<usize>(),
        )?;
        for suite in &suites {
            suite.write(report, out)?;
        }
        writeln!(out, "</testsuites>")
    }
}

/// The cases of one area.
struct Suite<'a> {
    area: Area,
    cases: Vec<Case<'a>>,
}

/// A case.
enum Case<'a> {
    /// A finding.
    Found(&'a FindingView),
    /// A finding that the house allows.
    Allowed(&'a AllowedFinding),
    /// A rule that ran and found nothing.
    Clean(&'a RuleSummary),
    /// A rule that came to no verdict.
    NotRun(&'a RuleSummary, &'a str),
}

fn suite(report: &Report, area: Area) -> Suite<'_> {
    let mut cases = Vec::new();
    for rule in report.rules.iter().filter(|r| r.area == area) {
        let before = cases.len();
        cases.extend(report.findings.iter().filter(|v| v.finding.rule == rule.id).map(Case::Found));
        cases.extend(report.house.allowed.iter().filter(|a| a.rule == rule.id).map(Case::Allowed));
        match &rule.not_run {
            Some(why) => cases.push(Case::NotRun(rule, why)),
            None if cases.len() == before => cases.push(Case::Clean(rule)),
            None => {}
        }
    }
    if area == Area::Modeling {
        // Rules that the report does not list have no area; their findings must not get lost.
        let known = |id: &str| report.rules.iter().any(|r| r.id == id);
        cases.extend(report.findings.iter().filter(|v| !known(&v.finding.rule)).map(Case::Found));
    }
    Suite { area, cases }
}

impl Suite<'_> {
    fn failures(&self) -> usize {
        self.cases.iter().filter(|c| matches!(c, Case::Found(v) if fails(v))).count()
    }

    fn skipped(&self) -> usize {
        self.cases.iter().filter(|c| matches!(c, Case::Allowed(_) | Case::NotRun(..))).count()
    }

    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let stamp = report.run.started_at.trim_end_matches('Z');
        let stamp = if stamp.is_empty() { String::new() } else { format!(" timestamp=\"{}\"", attribute(stamp)) };
        writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"0\"{stamp}>",
            attribute(self.area.title()),
            self.cases.len(),
            self.failures(),
            self.skipped(),
        )?;
        for case in &self.cases {
            write(case, report, out)?;
        }
        writeln!(out, "  </testsuite>")
    }
}

fn fails(view: &FindingView) -> bool {
    view.finding.severity > Severity::Info
}

fn write(case: &Case<'_>, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let open = |rule: &str, name: &str| format!("    <testcase classname=\"{}\" name=\"{}\" time=\"0\"", attribute(rule), attribute(name));
    match case {
        Case::Found(view) => found(view, report, out),
        Case::Clean(rule) if rule.hidden > 0 => {
            let known = format!("nothing new ({} hidden)", plural(rule.hidden, "known finding", "known findings"));
            writeln!(out, "{}/>", open(rule.id, &known))
        }
        Case::Clean(rule) => writeln!(out, "{}/>", open(rule.id, "nothing found")),
        Case::Allowed(allowed) => {
            let words = attribute(&format!("allowed: {}", allowed.reason));
            writeln!(out, "{}><skipped message=\"{words}\"/></testcase>", open(&allowed.rule, &allowed.object))
        }
        Case::NotRun(rule, why) => {
            let words = attribute(&format!("not checked: {why}"));
            writeln!(out, "{}><skipped message=\"{words}\"/></testcase>", open(rule.id, "not checked"))
        }
    }
}

fn found(view: &FindingView, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let f = &view.finding;
    let target = if report.several_targets() && !f.target.is_empty() { format!(" in {}", f.target) } else { String::new() };
    let file = view.points_to.as_ref().map_or_else(String::new, |at| {
        let path = attribute(&format!("{}{}", report.repository_path, at.path));
        if at.line > 0 { format!(" file=\"{path}\" line=\"{}\"", at.line) } else { format!(" file=\"{path}\"") }
    });
    let name = attribute(&format!("{}{target}", crate::present::object_name(&f.object)));
    writeln!(out, "    <testcase classname=\"{}\" name=\"{name}\" time=\"0\"{file}>", attribute(&f.rule))?;
    let body = content(&body(view));
    if fails(view) {
        let message = attribute(&f.message);
        writeln!(out, "      <failure type=\"{}\" message=\"{message}\">{body}</failure>", f.severity.word())?;
    } else {
        writeln!(out, "      <system-out>{body}</system-out>")?;
    }
    writeln!(out, "    </testcase>")
}

/// What stands in the failed case: everything that is needed to act.
fn body(view: &FindingView) -> String {
    let f = &view.finding;
    let mut lines = vec![format!("{}: {}", f.severity.word(), f.message), f.why.clone()];
    lines.extend(view.change.clone());
    lines.extend(view.location.clone().map(|at| format!("at {at}")));
    lines.extend(view.places.iter().take(crate::report::PLACES_SHOWN).map(|p| {
        let at = p.location.as_ref().map_or_else(String::new, |l| format!(" at {l}"));
        format!("- {}{at}{}", p.object, if p.is_new { " (new)" } else { "" })
    }));
    if let Some(rest) = view.places.len().checked_sub(crate::report::PLACES_SHOWN + 1) {
        lines.push(format!("- and {} more", rest + 1));
    }
    lines.extend(view.evidence.iter().map(|e| format!("{}: {} ({})", e.fact, e.value, e.source)));
    if let (Some(fix), false) = (&view.fix, view.is_withdrawn()) {
        lines.push(format!("Fix: {}", fix.title));
        if !fix.up.is_empty() {
            lines.push(fix.up.clone());
        }
    }
    lines.push(format!("Fingerprint {}", f.fingerprint));
    lines.join("\n")
}

/// Text inside an attribute, on one line.
fn attribute(text: &str) -> String {
    escaped(&visible(text))
}

/// Text inside an element; line breaks stay.
fn content(text: &str) -> String {
    escaped(&visible_lines(text))
}

/// XML has no way to write most control characters and some others; [`visible`] has spelled the former out, the latter go here.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
