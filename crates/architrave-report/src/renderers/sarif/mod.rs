//! Findings as SARIF 2.1.0, for code scanning: one run, the rules that found something, every finding with a place in the repository.
//!
//! Findings of a live database stand in no file, and code scanning shows nothing without one: they get the path `database/<schema>/<table>`
//! (see `places.rs`). Findings that the house allows are left out, because GitHub opens an alert for a suppressed result like for any other;
//! [`Sarif::allowed`] brings them in as suppressed, for consumers that keep to the standard.

mod log;
mod places;
#[cfg(test)]
mod tests;

use super::Renderer;
use crate::format::{exact, plural, visible, visible_lines};
use crate::report::{FindingView, Report, RuleSummary};
use architrave_model::finding::{Confidence, Finding, Severity};
use architrave_model::rule::Area;
use log::{
    AutomationDetails, Configuration, Driver, Help, Invocation, Level, Log, Message, Notification, ResultEntry, ResultProperties,
    RuleDescriptor, RuleProperties, Run, Suppression, Tool,
};
use std::collections::BTreeMap;
use std::io;

/// The schema's final address.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Results of one run that GitHub keeps.
const MOST_RESULTS: usize = 5_000;

/// Gaps that are told one by one.
const MOST_GAPS: usize = 200;

/// The renderer.
pub struct Sarif {
    /// Bring in the findings that the house allows, as suppressed results.
    pub allowed: bool,
}

impl Renderer for Sarif {
    fn render(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, &Log { schema: SCHEMA, version: "2.1.0", runs: [self.run(report)] })?;
        writeln!(out)
    }
}

impl Sarif {
    fn run<'a>(&self, report: &'a Report) -> Run<'a> {
        let mut results = Results { report, rules: BTreeMap::new(), seen: BTreeMap::new() };
        let allowed = if self.allowed { report.house.allowed.as_slice() } else { &[] };
        let findings = report.findings.iter().map(|v| (&v.finding, Some(v), None));
        let suppressed = allowed.iter().map(|a| (&a.finding, None, Some(a.reason.as_str())));
        let shown: Vec<_> = findings.chain(suppressed).take(MOST_RESULTS).collect();
        // Numbers of rules are their places among those named, by id.
        for (finding, _, _) in &shown {
            results.note(finding);
        }
        let rules = results.descriptors();
        let left_out = (report.findings.len() + allowed.len()).saturating_sub(MOST_RESULTS);
        let invocations = [invocation(report, left_out, self.allowed)];
        let results = shown.into_iter().map(|(finding, view, reason)| results.entry(finding, view, reason)).collect();
        Run {
            tool: Tool { driver: Driver { name: "Architrave", version: &report.tool_version, rules } },
            automation_details: AutomationDetails { id: "architrave/" },
            invocations,
            original_uri_base_ids: places::base(),
            column_kind: "unicodeCodePoints",
            results,
        }
    }
}

/// Results in the making.
struct Results<'a> {
    report: &'a Report,
    /// Rules that found something, with the worst severity that they found.
    rules: BTreeMap<&'a str, Severity>,
    /// How often a fingerprint was given out: once per target.
    seen: BTreeMap<&'a str, u32>,
}

impl<'a> Results<'a> {
    fn note(&mut self, finding: &'a Finding) {
        let worst = self.rules.entry(&finding.rule).or_insert(finding.severity);
        *worst = (*worst).max(finding.severity);
    }

    fn descriptors(&self) -> Vec<RuleDescriptor<'a>> {
        let summary = |id: &str| self.report.rules.iter().find(|r| r.id == id);
        self.rules.iter().map(|(id, worst)| descriptor(id, summary(id), *worst)).collect()
    }

    fn entry(&mut self, finding: &'a Finding, view: Option<&'a FindingView>, allowed: Option<&str>) -> ResultEntry<'a> {
        let seen = self.seen.entry(&finding.fingerprint).or_default();
        *seen += 1;
        let identity = format!("{}:{seen}", finding.fingerprint);
        let (locations, related_locations) =
            places::of(finding, view.and_then(|v| v.points_to.as_ref()).or(finding.location.as_ref()), &self.report.repository_path);
        ResultEntry {
            rule_id: &finding.rule,
            rule_index: self.rules.range(..finding.rule.as_str()).count(),
            kind: "fail",
            level: level(finding.severity),
            message: Message::new(message(finding, view, self.report.several_targets())),
            locations: [locations],
            related_locations,
            // GitHub tells alerts apart by the first; the second says whose it is.
            partial_fingerprints: BTreeMap::from([("primaryLocationLineHash", identity.clone()), ("architrave/v1", identity)]),
            suppressions: allowed.map(|reason| [Suppression { kind: "external", status: "accepted", justification: visible(reason) }]),
            properties: ResultProperties {
                severity: finding.severity,
                confidence: finding.confidence,
                effort: finding.effort,
                target: visible(&finding.target),
                change: view.and_then(|v| v.change.as_deref()).map(visible),
                places: finding.places.len(),
                fix: view
                    .filter(|v| !v.is_withdrawn())
                    .and_then(|v| v.fix.as_ref())
                    .map(|f| visible_lines(&f.up))
                    .filter(|up| !up.is_empty()),
                proof: finding.proof.as_ref().map(|p| p.verdict),
            },
        }
    }
}

fn level(severity: Severity) -> Level {
    match severity {
        Severity::Critical | Severity::High => Level::Error,
        Severity::Medium => Level::Warning,
        Severity::Low | Severity::Info => Level::Note,
    }
}

/// What the alert says: finding, reason, and the way out.
fn message(finding: &Finding, view: Option<&FindingView>, several: bool) -> String {
    let mut text = sentence(&finding.message);
    if several && !finding.target.is_empty() {
        text = format!("{}: {text}", visible(&finding.target));
    }
    text.push(' ');
    text.push_str(&sentence(&finding.why));
    if let Some(change) = view.and_then(|v| v.change.as_deref()) {
        text.push_str(&format!(" ({})", visible(change)));
    }
    if let Some(fix) = finding.fix.as_ref().filter(|_| view.is_some_and(|v| !v.is_withdrawn())) {
        text.push_str(&format!("\nFix: {}", sentence(&fix.title)));
    }
    plain(&text)
}

/// Words that end in a full stop.
fn sentence(text: &str) -> String {
    let text = visible(text);
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// `[words](address)` would be a link in a plain text message.
fn plain(text: &str) -> String {
    text.replace("](", "] (")
}

fn descriptor<'a>(id: &'a str, rule: Option<&'a RuleSummary>, worst: Severity) -> RuleDescriptor<'a> {
    let docs = rule.map_or("", |r| r.docs);
    let summary = rule.map_or(id, |r| r.summary);
    let page = if docs.is_empty() { summary } else { docs };
    let group = id.split('/').next().unwrap_or(id);
    let is_security = rule.is_some_and(|r| r.area == Area::Security);
    let mut tags = vec!["database", group];
    if is_security {
        tags.push("security");
    }
    RuleDescriptor {
        id,
        short_description: Message::new(plain(&sentence(title(docs).unwrap_or(summary)))),
        full_description: Message::new(plain(&sentence(summary))),
        help: Help { text: visible_lines(page), markdown: visible_lines(page) },
        default_configuration: Configuration { level: level(rule.map_or(worst, |r| r.severity)) },
        properties: RuleProperties {
            tags,
            precision: match rule.map(|r| r.confidence) {
                Some(Confidence::Certain) => "very-high",
                Some(Confidence::Likely) | None => "high",
                Some(Confidence::Possible) => "medium",
            },
            problem_severity: match level(worst) {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Note => "recommendation",
            },
            security_severity: is_security.then(|| security_severity(worst)),
        },
    }
}

/// Heading of a page.
fn title(docs: &str) -> Option<&str> {
    docs.lines().next()?.strip_prefix("# ")
}

/// In the middle of the ranges that GitHub gives the words: above 9 is critical, from 7 high, from 4 medium, below low.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
        Severity::Info => "0.5",
    }
}

/// What was not examined, allowed, hidden or cut: nothing of it is a result, all of it is said.
fn invocation(report: &Report, left_out: usize, with_allowed: bool) -> Invocation<'_> {
    let note = |level, text: String| Notification { level, message: Message::new(plain(&text)) };
    let mut notifications = Vec::new();
    if left_out > 0 {
        let n = exact(i64::try_from(left_out).unwrap_or(i64::MAX));
        notifications.push(note(
            Level::Warning,
            format!("{n} findings, the least severe, are left out: code scanning keeps {MOST_RESULTS} of a run. The report has all."),
        ));
    }
    for gap in report.coverage.gaps.iter().take(MOST_GAPS) {
        notifications.push(note(Level::Note, format!("Not examined: {} ({})", visible(&gap.what), visible(&gap.why))));
    }
    if let Some(more) = report.coverage.gaps.len().checked_sub(MOST_GAPS + 1) {
        notifications.push(note(Level::Note, format!("Not examined: {} more things", more + 1)));
    }
    if !with_allowed {
        for a in &report.house.allowed {
            notifications
                .push(note(Level::Note, format!("Allowed by the house: {} on {} ({})", a.rule, visible(&a.object), visible(&a.reason))));
        }
    }
    for (n, by) in [(report.coverage.hidden_by_baseline, "by the baseline"), (report.coverage.hidden_as_old, "by --new-only")] {
        if n > 0 {
            notifications.push(note(Level::Note, format!("{} hidden {by}", plural(n as usize, "finding is", "findings are"))));
        }
    }
    Invocation {
        execution_successful: true,
        start_time_utc: (!report.run.started_at.is_empty()).then_some(report.run.started_at.as_str()),
        tool_execution_notifications: notifications,
    }
}
