//! Findings in HTML: the index with its filter, and one article each.

use super::{sql, text, words};
use crate::format::{self, visible, visible_lines};
use crate::present::{confidence_word, effort_word};
use crate::report::{FindingView, FixView, PLACES_SHOWN, PlaceView, ProofView, Report};
use crate::text::verdict_word;
use architrave_model::finding::Severity;
use maud::{Markup, html};

/// All findings at a glance. The filter shows up only where the script that serves it runs.
pub(super) fn index(report: &Report) -> Markup {
    html! {
        section #findings {
            h2 { "Findings at a glance" }
            @if report.findings.is_empty() { p { "No findings." } }
            @else {
                fieldset #filter hidden {
                    legend { "Show" }
                    @for s in Severity::ALL {
                        @if report.count(s) > 0 {
                            label class=(s.word()) { input type="checkbox" value=(s.word()) checked; " " (s.word()) " " span.muted { (report.count(s)) } }
                        }
                    }
                }
                div.scroll tabindex="0" {
                    table.index {
                        thead { tr { th scope="col" { "" } th scope="col" { "Severity" } th scope="col" { "Finding" } th scope="col" { "Fix" } } }
                        tbody { @for view in &report.findings { (row(report, view)) } }
                    }
                }
            }
        }
    }
}

fn row(report: &Report, view: &FindingView) -> Markup {
    let f = &view.finding;
    html! {
        tr data-severity=(f.severity.word()) {
            td { a href={ "#f" (view.number) } { "F" (view.number) } }
            td { span class={ "chip " (f.severity.word()) } { (f.severity.word()) } }
            td {
                (words(&f.message))
                @if let Some(at) = &view.location { br; code.place { (visible(at)) } }
                @if report.several_targets() && !f.target.is_empty() { " " span.muted { (visible(&f.target)) } }
            }
            td { (verdict(view)) }
        }
    }
}

fn verdict(view: &FindingView) -> Markup {
    html! {
        @match (&view.proof, &view.fix) {
            (Some(p), _) => { span class={ "verdict " (verdict_word(p.verdict)) } { (verdict_word(p.verdict)) } }
            (None, Some(_)) => { span.muted { "not tried" } }
            (None, None) => { span.muted { "none" } }
        }
    }
}

/// One finding.
pub(super) fn finding(report: &Report, view: &FindingView) -> Markup {
    let f = &view.finding;
    html! {
        article.finding.(f.severity.word()) id={ "f" (view.number) } data-severity=(f.severity.word()) {
            header {
                h4 {
                    a.number href={ "#f" (view.number) } { "F" (view.number) } " "
                    span class={ "chip " (f.severity.word()) } { (f.severity.word()) } " "
                    (words(&f.message))
                }
                p.where {
                    (text(&view.object))
                    @if let Some(at) = &view.location { " in " code.place { (visible(at)) } }
                    @if report.several_targets() && !f.target.is_empty() { " · " (visible(&f.target)) }
                }
            }
            p { (words(&f.why)) }
            (places(view))
            (evidence(view))
            @if let Some(fix) = &view.fix { (self::fix(view, fix)) }
            @if let Some(proof) = &view.proof { (self::proof(proof)) }
            (small_print(view))
        }
    }
}

fn places(view: &FindingView) -> Markup {
    let (shown, rest) = view.places.split_at(view.places.len().min(PLACES_SHOWN));
    html! {
        @if !shown.is_empty() {
            p.label { (format::plural(view.places.len(), "place", "places")) }
            ul.places { @for p in shown { (place(p)) } }
            @if !rest.is_empty() {
                details {
                    summary { "and " (format::count(rest.len() as f64)) " more" }
                    ul.places { @for p in rest { (place(p)) } }
                }
            }
        }
    }
}

fn place(place: &PlaceView) -> Markup {
    html! {
        li {
            code { (visible(&place.object)) }
            @if let Some(detail) = &place.detail { ": " (visible(detail)) }
            @if let Some(at) = &place.location { " " code.place { (visible(at)) } }
        }
    }
}

fn evidence(view: &FindingView) -> Markup {
    html! {
        @if !view.evidence.is_empty() {
            p.label { "Evidence" }
            dl.evidence {
                @for e in &view.evidence {
                    div { dt { (words(&e.fact)) } dd { (visible(&e.value)) " " span.muted { (visible(&e.source)) } } }
                }
            }
        }
    }
}

fn fix(view: &FindingView, fix: &FixView) -> Markup {
    html! {
        @if view.is_withdrawn() { p.withdrawn { strong { "Withdrawn fix: " } (words(&fix.title)) } }
        @else {
            p.label { "Fix" }
            p { (words(&fix.title)) }
            @if let Some(caution) = &fix.caution { p.caution { strong { "To decide first: " } (words(caution)) } }
            @if !fix.up.is_empty() { (sql(&fix.up)) }
            @if !fix.effect.is_empty() { ul.effect { @for e in &fix.effect { li { (text(e)) } } } }
            @if !fix.down.is_empty() { details { summary { "Undo it" } (sql(&fix.down)) } }
            @else if !fix.up.is_empty() { p.muted { "There is no way back by SQL." } }
        }
    }
}

fn proof(proof: &ProofView) -> Markup {
    html! {
        div class={ "proof " (verdict_word(proof.verdict)) } {
            p { (text(&proof.summary)) }
            @if !proof.figures.is_empty() {
                table.figures {
                    thead { tr { th scope="col" { "Figure" } th.numeric scope="col" { "Before" } th.numeric scope="col" { "After" } } }
                    tbody { @for (name, before, after) in &proof.figures { tr { td { (visible(name)) } td.numeric { (visible(before)) } td.numeric { (visible(after)) } } } }
                }
            }
            @if !proof.transcript.is_empty() {
                details { summary { "Transcript" } pre tabindex="0" { (visible_lines(&proof.transcript.join("\n"))) } }
            }
        }
    }
}

fn small_print(view: &FindingView) -> Markup {
    let f = &view.finding;
    html! {
        p.small {
            code { (visible(&f.rule)) } " · " (confidence_word(f.confidence)) " · effort " (effort_word(f.effort)) " · fingerprint " code { (visible(&f.fingerprint)) }
            @if !view.actions.is_empty() { " · settled by" @for a in &view.actions { " " a href={ "#a" (a) } { "A" (a) } } }
            @for link in &view.references { " · " a href=(link.url) rel="noreferrer" { (visible(&link.title)) } }
        }
    }
}
