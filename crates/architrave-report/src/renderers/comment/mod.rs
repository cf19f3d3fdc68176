//! The review as a comment on a pull request: short, folded by severity, never longer than code hosts take, and safe to post.
//!
//! The whole report is another format's: this one shows the most severe findings at length, then the others in a line each, then says what is
//! left out and where it stands. Names out of a database are made harmless: none mentions a person, links an issue or leaves its fold.

#[cfg(test)]
mod tests;

use super::Renderer;
use super::markdown::{escape, inline, push, sql};
use crate::format::{cut, plural};
use crate::report::{FindingView, FixView, Report};
use crate::text::{Span, Text, prose};
use architrave_model::finding::Severity;
use architrave_model::review::State;
use std::io;

/// Bytes (and so characters) of a comment: GitHub takes 65,536 characters; the rest is for whoever wraps it.
const MOST: usize = 65_000;

/// Up to here findings are shown at length.
const AT_LENGTH: usize = 44_000;

/// What is kept free for the end: the fold that is closed, the sentence on what was left out, the coverage.
const TAIL: usize = 4_000;

/// Findings named before the folds.
const TOP: usize = 5;

/// Places named per finding.
const PLACES: usize = 6;

/// Lines of SQL shown per fix.
const LINES: usize = 20;

/// The renderer.
pub struct Comment {
    /// Files that the whole report was written to.
    pub written: Vec<String>,
}

/// With no report written elsewhere.
pub static PLAIN: Comment = Comment { written: Vec::new() };

impl Renderer for Comment {
    fn render(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = head(report);
        let left_out = folds(&mut page, report);
        push(&mut page, &tail(report, &left_out, &self.written));
        out.write_all(page.as_bytes())
    }
}

/// Words out of a database or a project, as they may stand in a comment.
pub(crate) fn words(text: &str, most: usize) -> String {
    shown(&prose(&cut(text, most)))
}

fn shown(text: &Text) -> String {
    let spans = text.0.iter().map(|span| match span {
        Span::Plain(words) => Span::Plain(harmless(words)),
        Span::Strong(words) => Span::Strong(harmless(words)),
        Span::Code(code) => Span::Code(cut(code, 200)),
        other => other.clone(),
    });
    inline(&Text(spans.collect()), false)
}

/// Without what a code host makes a mention, a reference to an issue or a link: a space without width keeps the parts asunder.
fn harmless(text: &str) -> String {
    const APART: char = '\u{200b}';
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        out.push(c);
        let next = chars.peek().copied().unwrap_or(' ');
        let splits = match c {
            '@' => !next.is_whitespace(),
            '#' => next.is_ascii_digit(),
            ':' => next == '/',
            '-' => next.is_ascii_digit() && before.eq_ignore_ascii_case(&'h'),
            'w' | 'W' => next == '.' && before.eq_ignore_ascii_case(&'w'),
            _ => false,
        };
        if splits {
            out.push(APART);
        }
        before = c;
    }
    out
}

fn head(report: &Report) -> String {
    let mut page = String::new();
    push(&mut page, &format!("### Database review of {}", words(&report.subject, 100)));
    let counted = crate::present::severity_counts(report);
    push(&mut page, &if counted.is_empty() { "**No findings.**".to_owned() } else { format!("**{counted}**") });
    for view in &report.changes {
        push(&mut page, &words(&view.summary, 400));
    }
    push(&mut page, &allowances(report));
    let top: Vec<String> = report.findings.iter().filter(|v| v.finding.severity >= Severity::Medium).take(TOP).map(short).collect();
    push(&mut page, &top.join("\n"));
    let failing: Vec<String> =
        report.checklist.iter().filter(|l| l.state == State::Fail).map(|l| format!("“{}”", words(&l.text, 120))).collect();
    if !failing.is_empty() {
        push(&mut page, &format!("Fails on the DBA review checklist: {}.", failing.join(", ")));
    }
    page
}

/// Allowances that have had their day.
fn allowances(report: &Report) -> String {
    let (expired, idle) = crate::changes::idle_allowances(report);
    let line = |a: &&crate::report::HouseAllowance| {
        let [rule, object] = [&a.rule, &a.object].map(|t| escape::code(&cut(t, 120), false));
        let until = a.until.as_ref().map_or_else(String::new, |u| format!(" (until {})", words(u, 10)));
        format!("- The allowance of {rule} on {object}{until} {}.", words(&a.state, 200))
    };
    let mut lines: Vec<String> = expired.iter().chain(&idle).take(TOP).map(line).collect();
    if let Some(more) = (expired.len() + idle.len()).checked_sub(TOP + 1) {
        lines.push(format!("- and {} more such allowances", more + 1));
    }
    lines.join("\n")
}

/// A finding in a line.
fn short(view: &FindingView) -> String {
    let f = &view.finding;
    let at = view.location.as_ref().map(|at| escape::code(&cut(at, 160), false));
    let beside: Vec<String> = at.into_iter().chain(view.change.as_ref().map(|c| words(c, 120))).collect();
    let beside = if beside.is_empty() { String::new() } else { format!(" ({})", beside.join(", ")) };
    format!("- **{}** F{}: {}{beside}", f.severity.word(), view.number, words(&f.message, 300))
}

/// What a comment has no room for.
#[derive(Default)]
struct LeftOut {
    /// Findings, by severity.
    findings: Vec<(Severity, usize)>,
    /// Findings of which there is a line only.
    details: usize,
}

/// A fold per severity; what was left out.
fn folds(page: &mut String, report: &Report) -> LeftOut {
    let mut left_out = LeftOut::default();
    for severity in Severity::ALL {
        let findings: Vec<&FindingView> = report.findings.iter().filter(|v| v.finding.severity == severity).collect();
        if findings.is_empty() {
            continue;
        }
        let title = format!("{}: {}", capital(severity.word()), plural(findings.len(), "finding", "findings"));
        let mut body = String::new();
        let mut cut_here = 0;
        for view in findings {
            let used = page.len() + body.len();
            let fits = |text: &String, most: usize| used + text.len() < most;
            if let Some(long) = (used < AT_LENGTH).then(|| long(report, view)).filter(|t| fits(t, AT_LENGTH)) {
                push(&mut body, &long);
            } else if let Some(line) = (cut_here == 0).then(|| short(view)).filter(|t| fits(t, MOST - TAIL)) {
                left_out.details += 1;
                push(&mut body, &line);
            } else {
                cut_here += 1;
            }
        }
        if cut_here > 0 {
            left_out.findings.push((severity, cut_here));
        }
        if !body.is_empty() {
            push(page, &format!("<details>\n<summary><b>{title}</b></summary>\n\n{body}\n</details>"));
        }
    }
    left_out
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// A finding with what is needed to act on it.
fn long(report: &Report, view: &FindingView) -> String {
    let f = &view.finding;
    let mut block = String::new();
    push(&mut block, &format!("**F{} · {}**", view.number, words(&f.message, 500)));
    let mut facts = vec![escape::code(&f.rule, false), shown(&view.object)];
    facts.extend(view.location.as_ref().map(|at| escape::code(&cut(at, 200), false)));
    if report.several_targets() && !f.target.is_empty() {
        facts.push(words(&f.target, 100));
    }
    facts.extend(view.change.as_ref().map(|c| words(c, 200)));
    push(&mut block, &facts.join(" · "));
    push(&mut block, &words(&f.why, 1_000));
    push(&mut block, &places(view));
    if let (Some(fix), false) = (&view.fix, view.is_withdrawn()) {
        push(&mut block, &format!("Fix: {}", words(&fix.title, 300)));
        push(&mut block, &statements(fix));
        push(&mut block, &fix.caution.as_ref().map_or_else(String::new, |c| format!("To decide first: {}", words(c, 500))));
    }
    if let Some(proof) = &view.proof {
        push(&mut block, &cut_line(&shown(&proof.summary)));
    }
    block
}

/// A line that is only too long when a name in it is: such a line says nothing that the finding does not.
fn cut_line(line: &str) -> String {
    if line.chars().count() > 800 { String::new() } else { line.to_owned() }
}

fn places(view: &FindingView) -> String {
    let mut lines: Vec<String> = view
        .places
        .iter()
        .take(PLACES)
        .map(|p| {
            let at = p.location.as_ref().map_or_else(String::new, |l| format!(" at {}", escape::code(&cut(l, 160), false)));
            let new = if p.is_new { " (new)" } else { "" };
            format!("- {}{at}{new}", escape::code(&cut(&p.object, 160), false))
        })
        .collect();
    if let Some(rest) = view.places.len().checked_sub(PLACES + 1) {
        lines.push(format!("- and {} more", rest + 1));
    }
    lines.join("\n")
}

/// The statements of a fix, or where they are when they are long.
fn statements(fix: &FixView) -> String {
    if fix.up.is_empty() {
        return String::new();
    }
    if fix.up.lines().count() > LINES || fix.up.len() > 3_000 {
        return format!("Its {} are in the whole report.", plural(fix.up.lines().count(), "line", "lines"));
    }
    sql(&fix.up)
}

fn tail(report: &Report, left_out: &LeftOut, written: &[String]) -> String {
    let mut lines = Vec::new();
    let findings: usize = left_out.findings.iter().map(|(_, n)| n).sum();
    let mut parts = Vec::new();
    if findings > 0 {
        let by: Vec<String> = left_out.findings.iter().map(|(s, n)| format!("{n} {}", s.word())).collect();
        parts.push(format!("{} ({})", plural(findings, "finding", "findings"), by.join(", ")));
    }
    if left_out.details > 0 {
        parts.push(format!("the details of {}", plural(left_out.details, "finding", "findings")));
    }
    if !parts.is_empty() {
        lines.push(format!("Left out here for length: {}.", parts.join(" and ")));
    }
    let coverage = &report.coverage;
    let not = coverage.rules_not_run.len();
    let not = if not > 0 { format!(", {not} could not") } else { String::new() };
    let gaps = coverage.gaps.len();
    let gaps = if gaps > 0 { format!("; {} not examined", plural(gaps, "thing was", "things were")) } else { String::new() };
    lines.push(format!("{} ran{not}{gaps}.", plural(coverage.rules_run.len(), "rule", "rules")));
    for (n, by) in [(coverage.hidden_by_baseline, "by the baseline"), (coverage.hidden_as_old, "by `--new-only`")] {
        if n > 0 {
            lines.push(format!("{} hidden {by}.", plural(n as usize, "finding is", "findings are")));
        }
    }
    let files: Vec<String> = written.iter().take(6).map(|f| escape::code(&cut(f, 200), false)).collect();
    lines.push(if files.is_empty() {
        "The whole report: the same review with `-o report.html`.".to_owned()
    } else {
        format!("The whole report: {}.", files.join(", "))
    });
    format!("<sub>\n\n{}\n\n</sub>", lines.join(" "))
}
