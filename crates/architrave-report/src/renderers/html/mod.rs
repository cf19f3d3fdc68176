//! The report as one offline HTML file: no network, light and dark, printable, readable without its script, below three megabytes
//! however large the input.

mod around;
mod blocks;
#[cfg(test)]
mod browser;
mod changes;
mod findings;
mod keep;
#[cfg(test)]
mod tests;

use super::Renderer;
use crate::format::{self, visible};
use crate::present::effort_word;
use crate::report::{Block, Report, Section, TITLE};
use architrave_model::finding::Severity;
use architrave_model::roadmap::Action;
use blocks::{severity, shown, verdict, words};
use keep::Keep;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::io;

/// The look of every page of ours.
pub(crate) static STYLE: &str = include_str!("style.css");
static SCRIPT: &str = include_str!("script.js");
/// The script's `sha256-…`, so that the page allows this script and no other.
static SCRIPT_HASH: &str = include_str!("script.sha256");

/// Actions named on the first page.
const FIRST_ACTIONS: usize = 5;

/// The renderer.
pub struct Html;

impl Renderer for Html {
    fn render(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(fitting(report, keep::MOST_BYTES).as_bytes())?;
        writeln!(out)
    }
}

/// A block of a document that is not a report.
pub(crate) fn block(block: &Block) -> Markup {
    blocks::block(block, &Keep::ALL)
}

/// The page, with as much as stays below that many bytes.
fn fitting(report: &Report, most: usize) -> String {
    let last = keep::LEVELS.len() - 1;
    for (level, keep) in keep::LEVELS.iter().enumerate().take(last).filter(|(_, keep)| keep.least_bytes(report) <= most) {
        let text = page(report, level, keep).into_string();
        if text.len() <= most {
            return text;
        }
    }
    page(report, last, &keep::LEVELS[last]).into_string()
}

fn page(report: &Report, level: usize, keep: &Keep) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content={ "default-src 'none'; style-src 'unsafe-inline'; script-src '" (SCRIPT_HASH.trim()) "'; base-uri 'none'; form-action 'none'" };
                meta name="color-scheme" content="light dark";
                title { (shown(&report.subject, keep)) " · " (TITLE) }
                style { (PreEscaped(STYLE)) (PreEscaped(crate::plan::STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the report" }
                (contents(report))
                main #main tabindex="-1" {
                    (head(report, keep))
                    @if level > 0 { p.cut { strong { "Not everything is in this file. " } "To stay below 3 MB it leaves out: " (keep::left_out(level)) ". The JSON report (" code { "-o report.json" } ") has all of it." } }
                    @if !report.findings.is_empty() { (findings::filter(report)) }
                    (findings::index(report, keep))
                    (around::house(&report.house, keep))
                    (around::questions(report, keep))
                    (around::scorecard(report))
                    (around::checklist(report, keep))
                    (changes::changes(report, keep))
                    @for s in &report.sections { (section(report, s, keep)) }
                    (around::coverage(report, keep))
                    (around::suggestions(report, keep))
                    (around::run(report))
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

fn contents(report: &Report) -> Markup {
    html! {
        nav.contents aria-label="Contents" {
            details open {
                summary.brand { "Architrave" }
                ol.plain {
                    li { a href="#main" { "Summary" } }
                    @if !report.roadmap.is_empty() { li { a href="#first" { "What to do first" } } }
                    li { a href="#findings" { "Findings" } }
                    li { a href="#house-rules" { "House rules" } }
                    li { a href="#questions" { "Open questions" } }
                    li { a href="#scorecard" { "Scorecard" } }
                    li { a href="#checklist" { "Checklist" } }
                    @for (at, view) in report.changes.iter().enumerate() { li { a href={ "#changes-" (at + 1) } { (visible(&view.title)) } } }
                }
                ol.sections {
                    @for s in &report.sections {
                        @let n = s.parts.iter().map(|p| p.findings.len()).sum::<usize>();
                        li {
                            a href={ "#" (s.key) } { span.number { (s.number) } " " (s.title) }
                            @if n > 0 { " " span.count { (n) span.hidden { " findings" } } }
                            ol.parts {
                                @for p in &s.parts { li { a href={ "#" (p.key) } { (p.title) } } }
                            }
                        }
                    }
                }
                ol.plain {
                    li { a href="#coverage" { "Coverage" } }
                    li { a href="#suggestions" { "Suggestions for human evaluation" } }
                }
            }
        }
    }
}

fn head(report: &Report, keep: &Keep) -> Markup {
    html! {
        header.head {
            p.subject { (shown(&report.subject, keep)) }
            h1 { (TITLE) }
            ul.targets {
                @for t in report.targets.iter().take(keep.items) {
                    li {
                        strong { (shown(&t.name, keep)) } " "
                        span.muted { (t.kind) }
                        " " code { (shown(&t.source, keep)) }
                        @if let Some(s) = &t.server { span.fact { "PostgreSQL " (visible(&s.version)) ", " (s.platform) } }
                        span.fact { (format::plural(t.counts.tables, "table", "tables")) }
                        @if let Some(b) = t.bytes { span.fact { (format::bytes(b)) } }
                    }
                }
            }
            (tiles(report))
            @for (at, view) in report.changes.iter().enumerate() { p.since { a href={ "#changes-" (at + 1) } { (shown(&view.summary, keep)) } } }
            @if !report.roadmap.is_empty() || !report.overview.is_empty() {
                div.first-page {
                    @if !report.roadmap.is_empty() { (first_actions(&report.roadmap, keep)) }
                    @if !report.overview.is_empty() {
                        div.overview { @for chart in &report.overview { (blocks::chart(chart, keep)) } }
                    }
                }
            }
        }
    }
}

fn tiles(report: &Report) -> Markup {
    html! {
        ul.tiles {
            @for s in Severity::ALL {
                @let n = report.count(s);
                li {
                    @if n == 0 { div class={ "tile none " (s.word()) } { b { "0" } span.name { (blocks::mark(s)) (s.word()) } } }
                    @else { a class={ "tile " (s.word()) } href="#findings" data-filter={ "severity=" (s.word()) } { b { (n) } span.name { (blocks::mark(s)) (s.word()) } } }
                }
            }
        }
    }
}

/// The head of the plan: what to do first, and what it takes.
fn first_actions(roadmap: &[Action], keep: &Keep) -> Markup {
    let rest = roadmap.len().saturating_sub(FIRST_ACTIONS);
    html! {
        section #first {
            h2 { "What to do first" }
            ol.first {
                @for a in roadmap.iter().take(FIRST_ACTIONS) {
                    li {
                        p.what { a href={ "#a" (a.order) } { (words(&a.title, keep)) } }
                        p.facts { (severity(a.severity)) span.fact { (effort_word(a.effort)) " effort" } span.fact { "fix " (verdict(a.verdict)) } }
                    }
                }
            }
            @if rest > 0 { p { a href="#prioritized-actions" { "and " (format::plural(rest, "more action", "more actions")) " in the roadmap" } } }
        }
    }
}

fn section(report: &Report, section: &Section, keep: &Keep) -> Markup {
    html! {
        section id=(section.key) {
            h2 { span.number { (section.number) } " " (section.title) }
            (blocks::blocks(&section.intro, keep))
            @for p in &section.parts {
                section.part id=(p.key) {
                    h3 { (p.title) }
                    (blocks::blocks(&p.blocks, keep))
                    (findings::of_part(report, &p.findings, keep))
                }
            }
        }
    }
}
