//! Judged migrations as a comment on a pull request: the findings in a line each, details folded, never longer than code hosts take.

use super::findings::safe_sql;
use super::lint::of_database;
use crate::format::{cut, plural};
use crate::renderers::comment::words;
use crate::renderers::markdown::{escape, inline, push, sql};
use architrave_model::finding::{Finding, Severity};
use architrave_model::lint_report::LintReport;

/// Bytes of a comment: GitHub takes 65,536 characters.
const MOST: usize = 65_000;
/// What is kept free for the end.
const TAIL: usize = 2_000;
/// Lines of SQL shown per safe version.
const LINES: usize = 40;

/// The comment.
pub fn lint_comment(report: &LintReport) -> String {
    let mut page = String::new();
    push(&mut page, &format!("### Migrations of {}", words(&report.subject, 100)));
    for database in &report.databases {
        push(&mut page, &inline(&of_database(database), false));
    }
    let mut left_out = 0usize;
    if report.findings.is_empty() {
        push(&mut page, "**No findings.**");
    }
    let lines: Vec<String> = report.findings.iter().filter(|f| f.severity >= Severity::Medium).take(30).map(line).collect();
    push(&mut page, &lines.join("\n"));
    for finding in &report.findings {
        let fold = fold(finding);
        if page.len() + fold.len() > MOST - TAIL {
            left_out += 1;
        } else {
            push(&mut page, &fold);
        }
    }
    if left_out > 0 {
        push(
            &mut page,
            &format!("{} left out for length; the whole is in the report.", plural(left_out, "more finding is", "more findings are")),
        );
    }
    if !report.gaps.is_empty() {
        push(&mut page, &format!("Not looked at: {}.", plural(report.gaps.len(), "thing", "things")));
    }
    page
}

fn place(f: &Finding) -> String {
    f.location.as_ref().map_or_else(String::new, |l| escape::code(&cut(&format!("{}:{}", l.path, l.line), 160), false))
}

fn line(f: &Finding) -> String {
    format!("- **{}** {} {}", f.severity.word(), place(f), words(&f.message, 300))
}

fn fold(f: &Finding) -> String {
    let summary = escape::html(&cut(&format!("{}: {}", f.severity.word(), f.rule), 160));
    let mut body =
        format!("<details><summary>{summary}</summary>\n\n{} {}\n\n{}\n", place(f), words(&f.message, 300), words(&f.why, 1_500));
    if let Some(text) = f.safe.as_ref().and_then(safe_sql) {
        let lines: Vec<&str> = text.lines().collect();
        let more = if lines.len() > LINES { "\n-- …" } else { "" };
        let shown: Vec<&str> = lines.into_iter().take(LINES).collect();
        body.push_str(&format!("\n{}\n", sql(&format!("{}{more}", shown.join("\n")))));
    }
    body.push_str("\n</details>");
    body
}
