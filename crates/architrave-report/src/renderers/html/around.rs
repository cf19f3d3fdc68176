//! What stands around the eight sections: house rules, questions, scorecard, checklist, coverage, suggestions.

use super::blocks::{and_more, mark as shape, shown, words};
use super::keep::Keep;
use crate::format::{self, visible};
use crate::report::{House, Report};
use architrave_model::finding::Severity;
use architrave_model::review::{Score, State};
use maud::{Markup, html};

pub(super) fn house(house: &House, keep: &Keep) -> Markup {
    html! {
        section #house-rules {
            h2 { "House rules in force" }
            @if house.is_empty() {
                p { "The project states none (" code { ".claude/rules.md" } ", " code { "architrave.toml" } ")." }
            }
            @for s in house.sentences.iter().take(keep.items) {
                figure.rule {
                    blockquote { (words(&s.text, keep)) }
                    figcaption {
                        code { (shown(&s.path, keep)) ":" (s.line) }
                        @match &s.understood {
                            Some(meaning) => { " understood: " (shown(meaning, keep)) }
                            None => { span.muted { " quoted only: not a rule that a schema can be checked against" } }
                        }
                    }
                }
            }
            (and_more(house.sentences.len(), keep))
            @if !house.settings.is_empty() || !house.allowances.is_empty() {
                ul {
                    @for s in &house.settings {
                        li { code { (shown(&s.rule, keep)) } " is " (s.severity.map_or("off", Severity::word)) ": " (shown(&s.reason, keep)) }
                    }
                    @for a in &house.allowances {
                        li {
                            code { (shown(&a.rule, keep)) } " is allowed on " code { (shown(&a.object, keep)) }
                            @if let Some(until) = &a.until { " until " (shown(until, keep)) }
                            ": " (shown(&a.reason, keep))
                        }
                    }
                }
            }
            @if !house.overruled.is_empty() {
                p { "Where the house overrules a built-in rule:" }
                ul { @for o in &house.overruled { li { (words(o, keep)) } } }
            }
            @if !house.allowed.is_empty() {
                details {
                    summary { (format::plural(house.allowed.len(), "finding", "findings")) " allowed by the house" }
                    ul { @for f in house.allowed.iter().take(keep.items) { li { code { (shown(&f.rule, keep)) } " " (shown(&f.object, keep)) ": " (shown(&f.message, keep)) " (" (shown(&f.reason, keep)) ")" } } }
                    (and_more(house.allowed.len(), keep))
                }
            }
        }
    }
}

pub(super) fn questions(report: &Report, keep: &Keep) -> Markup {
    html! {
        section #questions {
            h2 { "Open questions" }
            @if report.questions.is_empty() { p { "None: the input and the brief answered all." } }
            @else {
                ol.questions {
                    @for q in report.questions.iter().take(keep.items) {
                        li {
                            strong { (words(&q.text, keep)) } " " code { "[brief] " (shown(&q.key, keep)) }
                            dl { dt { "An answer would change" } dd { (words(&q.changes, keep)) } dt { "Assumed here" } dd { (words(&q.assumed, keep)) } }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn scorecard(report: &Report) -> Markup {
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
            p.chips { @for (s, n) in &score.findings { span class={ "chip " (s.word()) } { (shape(*s)) (n) " " (s.word()) } " " } }
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

pub(super) fn checklist(report: &Report, keep: &Keep) -> Markup {
    html! {
        section #checklist {
            h2 { "DBA review checklist" }
            ul.checklist {
                @for line in &report.checklist {
                    li class=(line.state.word()) {
                        span.mark aria-hidden="true" { (mark(line.state)) }
                        div {
                            p { strong { (words(&line.text, keep)) } " " span.state { (line.state.word()) } }
                            p.muted { (words(&line.evidence, keep)) }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn coverage(report: &Report, keep: &Keep) -> Markup {
    let coverage = &report.coverage;
    html! {
        section #coverage {
            h2 { "Coverage" }
            @if coverage.gaps.is_empty() && coverage.rules_run.is_empty() { p { "What was left out is not recorded." } }
            @else if coverage.gaps.is_empty() { p { "Nothing that this review looks at was left out." } }
            @else {
                div.scroll tabindex="0" role="region" aria-label="What was not examined" {
                    table {
                        thead { tr { th scope="col" { "Not examined" } th scope="col" { "Why" } th scope="col" { "What would close the gap" } } }
                        tbody {
                            @for g in coverage.gaps.iter().take(keep.items) {
                                tr { td { (words(&g.named(usize::MAX), keep)) } td { (words(&g.why, keep)) } td { (words(g.remedy.as_deref().unwrap_or("–"), keep)) } }
                            }
                        }
                    }
                }
                (and_more(coverage.gaps.len(), keep))
            }
            @if !coverage.notes.is_empty() {
                h3 { "Oddities of the files" }
                ul { @for n in coverage.notes.iter().take(keep.items) { li { code { (shown(&crate::present::location(&n.location), keep)) } ": " (shown(&n.text, keep)) } } }
                (and_more(coverage.notes.len(), keep))
            }
            details {
                summary { (format::plural(coverage.rules_run.len(), "rule", "rules")) " ran" }
                p.rules { @for r in &coverage.rules_run { code { (shown(r, keep)) } " " } }
            }
            @if !coverage.rules_not_run.is_empty() {
                details {
                    summary { (format::plural(coverage.rules_not_run.len(), "rule", "rules")) " could not run" }
                    p.rules { @for r in &coverage.rules_not_run { code { (shown(r, keep)) } " " } }
                }
            }
            @if coverage.hidden_by_baseline > 0 {
                p { (format::plural(coverage.hidden_by_baseline as usize, "finding is", "findings are")) " hidden by the baseline." }
            }
        }
    }
}

pub(super) fn suggestions(report: &Report, keep: &Keep) -> Markup {
    html! {
        section #suggestions {
            h2 { "Suggestions for human evaluation" }
            @if report.suggestions.is_empty() { p { "None." } }
            @else {
                p { "Not part of the roadmap: nobody acts on these unasked." }
                ul { @for s in report.suggestions.iter().take(keep.items) { li { strong { (shown(&s.title, keep)) } ": " (words(&s.text, keep)) } } }
                (and_more(report.suggestions.len(), keep))
            }
        }
    }
}

pub(super) fn run(report: &Report) -> Markup {
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
