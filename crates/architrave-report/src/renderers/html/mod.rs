//! The report as one offline HTML file: no network, light and dark, printable, readable without its script.

mod changes;
mod findings;
#[cfg(test)]
mod tests;

use super::Renderer;
use crate::format::{self, visible, visible_lines};
use crate::plan::Pair;
use crate::report::{Block, House, Report, Section, TITLE, Table};
use crate::text::{Span, Text, prose};
use architrave_model::finding::Severity;
use architrave_model::review::{Score, State};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::io;

/// The look of every page of ours.
pub(crate) static STYLE: &str = include_str!("style.css");
static SCRIPT: &str = include_str!("script.js");

/// The renderer.
pub struct Html;

impl Renderer for Html {
    fn render(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(page(report).into_string().as_bytes())?;
        writeln!(out)
    }
}

fn page(report: &Report) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
                meta name="color-scheme" content="light dark";
                title { (visible(&report.subject)) " · " (TITLE) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the report" }
                (contents(report))
                main #main tabindex="-1" {
                    (head(report))
                    (findings::index(report))
                    (house(&report.house))
                    (questions(report))
                    (scorecard(report))
                    (checklist(report))
                    (changes::changes(report))
                    @for s in &report.sections { (section(report, s)) }
                    (coverage(report))
                    (suggestions(report))
                    (run(report))
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

fn contents(report: &Report) -> Markup {
    html! {
        nav.contents aria-label="Contents" {
            p.brand { "Architrave" }
            ol.plain {
                li { a href="#main" { "Summary" } }
                li { a href="#house-rules" { "House rules" } }
                li { a href="#questions" { "Open questions" } }
                li { a href="#scorecard" { "Scorecard" } }
                li { a href="#checklist" { "Checklist" } }
            }
            ol.sections {
                @for s in &report.sections {
                    @let n = s.parts.iter().map(|p| p.findings.len()).sum::<usize>();
                    li {
                        a href={ "#" (s.key) } { span.number { (s.number) } " " (s.title) }
                        @if n > 0 { " " span.count title=(format::plural(n, "finding", "findings")) { (n) } }
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

fn head(report: &Report) -> Markup {
    html! {
        header.head {
            p.subject { (visible(&report.subject)) }
            h1 { (TITLE) }
            ul.targets {
                @for t in &report.targets {
                    li {
                        strong { (visible(&t.name)) } " "
                        span.muted { (t.kind) }
                        " " code { (visible(&t.source)) }
                        @if let Some(s) = &t.server { span.fact { "PostgreSQL " (visible(&s.version)) ", " (s.platform) } }
                        span.fact { (format::plural(t.counts.tables, "table", "tables")) }
                        @if let Some(b) = t.bytes { span.fact { (format::bytes(b)) } }
                    }
                }
            }
            dl.tiles {
                @for s in Severity::ALL {
                    @let n = report.count(s);
                    div class={ "tile " (s.word()) @if n == 0 { " none" } } { dt { (s.word()) } dd { (n) } }
                }
            }
        }
    }
}

fn house(house: &House) -> Markup {
    html! {
        section #house-rules {
            h2 { "House rules in force" }
            @if house.is_empty() {
                p { "The project states none (" code { ".claude/rules.md" } ", " code { "architrave.toml" } ")." }
            }
            @for s in &house.sentences {
                figure.rule {
                    blockquote { (words(&s.text)) }
                    figcaption {
                        code { (visible(&s.path)) ":" (s.line) }
                        @match &s.understood {
                            Some(meaning) => { " understood: " (visible(meaning)) }
                            None => { span.muted { " quoted only: not a rule that a schema can be checked against" } }
                        }
                    }
                }
            }
            @if !house.settings.is_empty() || !house.allowances.is_empty() {
                ul {
                    @for s in &house.settings {
                        li { code { (visible(&s.rule)) } " is " (s.severity.map_or("off", Severity::word)) ": " (visible(&s.reason)) }
                    }
                    @for a in &house.allowances {
                        li {
                            code { (visible(&a.rule)) } " is allowed on " code { (visible(&a.object)) }
                            @if let Some(until) = &a.until { " until " (visible(until)) }
                            ": " (visible(&a.reason))
                        }
                    }
                }
            }
            @if !house.overruled.is_empty() {
                p { "Where the house overrules a built-in rule:" }
                ul { @for o in &house.overruled { li { (words(o)) } } }
            }
            @if !house.allowed.is_empty() {
                details {
                    summary { (format::plural(house.allowed.len(), "finding", "findings")) " allowed by the house" }
                    ul { @for f in &house.allowed { li { code { (visible(&f.rule)) } " " (visible(&f.object)) ": " (visible(&f.message)) " (" (visible(&f.reason)) ")" } } }
                }
            }
        }
    }
}

fn questions(report: &Report) -> Markup {
    html! {
        section #questions {
            h2 { "Open questions" }
            @if report.questions.is_empty() { p { "None: the input and the brief answered all." } }
            @else {
                ol.questions {
                    @for q in &report.questions {
                        li {
                            strong { (words(&q.text)) } " " code { "[brief] " (visible(&q.key)) }
                            dl { dt { "An answer would change" } dd { (words(&q.changes)) } dt { "Assumed here" } dd { (words(&q.assumed)) } }
                        }
                    }
                }
            }
        }
    }
}

fn scorecard(report: &Report) -> Markup {
    html! {
        section #scorecard {
            h2 { "Scorecard" }
            div.scores { @for s in &report.scorecard { (score(s)) } }
        }
    }
}

fn score(score: &Score) -> Markup {
    let grade = match score.points {
        None => "unknown",
        Some(0..50) => "bad",
        Some(50..80) => "fair",
        Some(_) => "good",
    };
    html! {
        div class={ "score " (grade) } {
            p.area { (visible(&score.area)) }
            p.points {
                @match score.points {
                    Some(p) => { (p) span.muted { " / 100" } }
                    None => { "unknown" }
                }
            }
            meter min="0" max="100" value=(score.points.unwrap_or(0)) aria-label=(visible(&score.area)) { }
            p.muted {
                (format::plural(score.checked as usize, "rule", "rules")) " checked"
                @if score.not_checked > 0 { ", " (score.not_checked) " not" }
            }
            p.chips { @for (s, n) in &score.findings { span class={ "chip " (s.word()) } { (n) " " (s.word()) } " " } }
        }
    }
}

fn mark(state: State) -> &'static str {
    match state {
        State::Pass => "✓",
        State::Fail => "✗",
        State::Unknown => "?",
    }
}

fn checklist(report: &Report) -> Markup {
    html! {
        section #checklist {
            h2 { "DBA review checklist" }
            ul.checklist {
                @for line in &report.checklist {
                    li class=(line.state.word()) {
                        span.mark aria-hidden="true" { (mark(line.state)) }
                        div {
                            p { strong { (words(&line.text)) } " " span.state { (line.state.word()) } }
                            p.muted { (words(&line.evidence)) }
                        }
                    }
                }
            }
        }
    }
}

fn section(report: &Report, section: &Section) -> Markup {
    html! {
        section id=(section.key) {
            h2 { span.number { (section.number) } " " (section.title) }
            @for b in &section.intro { (block(b)) }
            @for p in &section.parts {
                section.part id=(p.key) {
                    h3 { (p.title) }
                    @for b in &p.blocks { (block(b)) }
                    @for view in p.findings.iter().filter_map(|n| report.finding(*n)) { (findings::finding(report, view)) }
                }
            }
        }
    }
}

fn text(text: &Text) -> Markup {
    html! { @for s in &text.0 { (span(s)) } }
}

/// Prose that may mark code with backticks.
fn words(words: &str) -> Markup {
    text(&prose(words))
}

fn span(span: &Span) -> Markup {
    html! {
        @match span {
            Span::Plain(words) => { (visible(words)) }
            Span::Code(words) => { code { (visible(words)) } }
            Span::Strong(words) => { strong { (visible(words)) } }
            Span::Severity(s) => { span class={ "chip " (s.word()) } { (s.word()) } }
            Span::State(s) => { span class={ "state " (s.word()) } { (s.word()) } }
            Span::Verdict(v) => { span class={ "verdict " (crate::text::verdict_word(*v)) } { (crate::text::verdict_word(*v)) } }
            Span::Finding(n) => { a href={ "#f" (n) } { "F" (n) } }
            Span::Action(n) => { a href={ "#a" (n) } { "A" (n) } }
        }
    }
}

pub(crate) fn block(block: &Block) -> Markup {
    html! {
        @match block {
            Block::Heading { text: words, anchor } => { h4 id=[anchor.as_ref()] { (text(words)) } }
            Block::Paragraph { text: words } => { p { (text(words)) } }
            Block::List { items } => { ul { @for i in items { li { (text(i)) } } } }
            Block::Table(t) => { (table(t)) }
            Block::Sql { text } => { (sql(text)) }
            Block::Plan { name, plan, after, notes } => { (PreEscaped(match after { Some(after) => Pair { before: plan, after }.html(name), None => crate::plan::html(plan, notes, name) })) }
        }
    }
}

fn sql(text: &str) -> Markup {
    html! { div.sql { pre tabindex="0" { code { (visible_lines(text)) } } } }
}

fn table(table: &Table) -> Markup {
    html! {
        div.scroll tabindex="0" {
            table {
                thead { tr { @for c in &table.columns { th scope="col" .numeric[c.numeric] { (c.title) } } } }
                tbody {
                    @for row in &table.rows {
                        tr { @for (cell, c) in row.iter().zip(&table.columns) { td .numeric[c.numeric] { (text(cell)) } } }
                    }
                }
            }
        }
        @if let Some(more) = &table.more { p.muted { (more) } }
    }
}

fn coverage(report: &Report) -> Markup {
    let coverage = &report.coverage;
    html! {
        section #coverage {
            h2 { "Coverage" }
            @if coverage.gaps.is_empty() && coverage.rules_run.is_empty() { p { "What was left out is not recorded." } }
            @else if coverage.gaps.is_empty() { p { "Nothing that this review looks at was left out." } }
            @else {
                div.scroll tabindex="0" {
                    table {
                        thead { tr { th scope="col" { "Not examined" } th scope="col" { "Why" } th scope="col" { "What would close the gap" } } }
                        tbody {
                            @for g in &coverage.gaps {
                                tr { td { (words(&g.what)) } td { (words(&g.why)) } td { (words(g.remedy.as_deref().unwrap_or("–"))) } }
                            }
                        }
                    }
                }
            }
            @if !coverage.notes.is_empty() {
                h3 { "Oddities of the files" }
                ul { @for n in &coverage.notes { li { code { (visible(&crate::present::location(&n.location))) } ": " (visible(&n.text)) } } }
            }
            details {
                summary { (format::plural(coverage.rules_run.len(), "rule", "rules")) " ran" }
                p.rules { @for r in &coverage.rules_run { code { (visible(r)) } " " } }
            }
            @if !coverage.rules_not_run.is_empty() {
                details {
                    summary { (format::plural(coverage.rules_not_run.len(), "rule", "rules")) " could not run" }
                    p.rules { @for r in &coverage.rules_not_run { code { (visible(r)) } " " } }
                }
            }
            @if coverage.hidden_by_baseline > 0 {
                p { (format::plural(coverage.hidden_by_baseline as usize, "finding is", "findings are")) " hidden by the baseline." }
            }
        }
    }
}

fn suggestions(report: &Report) -> Markup {
    html! {
        section #suggestions {
            h2 { "Suggestions for human evaluation" }
            @if report.suggestions.is_empty() { p { "None." } }
            @else {
                p { "Not part of the roadmap: nobody acts on these unasked." }
                ul { @for s in &report.suggestions { li { strong { (visible(&s.title)) } ": " (words(&s.text)) } } }
            }
        }
    }
}

fn run(report: &Report) -> Markup {
    let run = &report.run;
    html! {
        footer.run {
            p {
                "Architrave " (visible(&report.tool_version)) " · " time datetime=(run.started_at) { (visible(&run.started_at)) }
                " · " (format::milliseconds(run.duration_ms as f64)) " · " (format::plural(run.round_trips as usize, "round trip", "round trips")) " to live targets"
            }
        }
    }
}
