//! Findings in HTML: the filter, the index, and one article each.

use super::blocks::{block, mark, severity, shown, sql, text, verdict, words};
use super::keep::Keep;
use crate::charts::{EFFORTS, slug};
use crate::format::{self, visible, visible_lines};
use crate::present::{confidence_word, effort_word};
use crate::report::{FindingView, FixView, PLACES_SHOWN, PlaceView, ProofView, Report};
use crate::text::verdict_word;
use architrave_model::finding::{Severity, Verdict};
use architrave_model::rule::Area;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// The word that the filter knows a finding's proof by.
fn proof_word(view: &FindingView) -> &'static str {
    match (&view.proof, &view.fix) {
        (Some(p), _) => verdict_word(p.verdict),
        (None, Some(_)) => "untried",
        (None, None) => "nofix",
    }
}

/// The filter: hidden until the script that serves it runs.
pub(super) fn filter(report: &Report) -> Markup {
    let count = |is: &dyn Fn(&FindingView) -> bool| report.findings.iter().filter(|f| is(f)).count();
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    for view in &report.findings {
        *rules.entry(&view.finding.rule).or_default() += 1;
    }
    let proofs = [("proved", "proved"), ("refuted", "refuted"), ("unknown", "not proved"), ("untried", "not tried"), ("nofix", "no fix")];
    let (severities, areas) = (Severity::ALL, Area::ALL);
    let by_area = areas.iter().map(|a| (slug(a.title()), a.title(), count(&|f| f.area == *a)));
    let by_effort = EFFORTS.iter().map(|e| (effort_word(*e).to_owned(), effort_word(*e), count(&|f| f.finding.effort == *e)));
    let by_proof = proofs.iter().map(|(key, word)| ((*key).to_owned(), *word, count(&|f| proof_word(f) == *key)));
    html! {
        form #filter role="search" aria-label="Findings" hidden {
            div.line {
                label.search { span.hidden { "Search the findings" } input #q type="search" name="q" placeholder="Search the findings" autocomplete="off" spellcheck="false"; }
                fieldset {
                    legend.hidden { "Severity" }
                    @for s in severities {
                        @let n = report.count(s);
                        @if n > 0 { label class={ "toggle " (s.word()) } { input type="checkbox" name="severity" value=(s.word()) checked; (mark(s)) (s.word()) " " b { (n) } } }
                    }
                }
            }
            div.line {
                (select("area", "Area", by_area))
                (select("effort", "Effort", by_effort))
                (select("proof", "Proof", by_proof))
                @if !report.changes.is_empty() {
                    @let n = count(&|f| f.change.is_some());
                    (select("change", "Change", [("changed".to_owned(), "changed", n), ("same".to_owned(), "as before", report.findings.len() - n)].into_iter()))
                }
                (select("rule", "Rule", rules.into_iter().map(|(rule, n)| (rule.to_owned(), rule, n))))
                output #shown for="q" {}
                button #clear type="button" hidden { "Clear" }
                button #unfold type="button" { "Open all" }
            }
        }
    }
}

fn select<'a>(name: &str, title: &str, options: impl Iterator<Item = (String, &'a str, usize)>) -> Markup {
    html! {
        label { span.hidden { (title) } select name=(name) {
            option value="" { "Any " (title.to_lowercase()) }
            @for (value, words, n) in options { @if n > 0 { option value=(visible(&value)) { (visible(words)) " (" (n) ")" } } }
        } }
    }
}

/// All findings at a glance.
pub(super) fn index(report: &Report, keep: &Keep) -> Markup {
    html! {
        section #findings {
            h2 { "Findings at a glance" }
            @if report.findings.is_empty() { p { "No findings." } }
            @else {
                div.scroll tabindex="0" role="region" aria-label="Findings at a glance" {
                    table.index {
                        thead { tr { th scope="col" { "No." } th scope="col" { "Severity" } th scope="col" { "Finding" } th scope="col" { "Effort" } th scope="col" { "Fix" } } }
                        tbody { @for view in report.findings.iter().take(keep.findings) { (row(report, view, keep)) } }
                    }
                }
                p #nothing hidden { "No finding is like that." }
                @if report.findings.len() > keep.findings {
                    p.muted { "and " (format::count((report.findings.len() - keep.findings) as f64)) " more, which the JSON report has" }
                }
            }
        }
    }
}

fn row(report: &Report, view: &FindingView, keep: &Keep) -> Markup {
    let f = &view.finding;
    html! {
        tr data-finding={ "f" (view.number) } data-severity=(f.severity.word()) data-area=(slug(view.area.title())) data-effort=(effort_word(f.effort)) data-proof=(proof_word(view)) data-rule=(shown(&f.rule, keep)) data-change=(if view.change.is_some() { "changed" } else { "same" }) {
            td { a href={ "#f" (view.number) } { "F" (view.number) } }
            td { (severity(f.severity)) }
            td {
                (words(&f.message, keep))
                @if let Some(at) = &view.location { br; code.place { (shown(at, keep)) } }
                @if report.several_targets() && !f.target.is_empty() { " " span.muted { (shown(&f.target, keep)) } }
                (changed(view, keep))
            }
            td { (effort_word(f.effort)) }
            td { (outcome(view)) }
        }
    }
}

/// What has become of it since an earlier state.
fn changed(view: &FindingView, keep: &Keep) -> Markup {
    html! { @if let Some(change) = &view.change { " " span.changed { (shown(change, keep)) } } }
}

fn outcome(view: &FindingView) -> Markup {
    html! {
        @match (&view.proof, &view.fix) {
            (Some(p), _) => { (verdict(p.verdict)) }
            (None, Some(_)) => { span.muted { "not tried" } }
            (None, None) => { span.muted { "none" } }
        }
    }
}

/// The findings of a part. Of a long run by one rule the first few stand open, the rest behind one line.
pub(super) fn of_part(report: &Report, numbers: &[usize], keep: &Keep) -> Markup {
    const RUN: usize = 8;
    const SHOWN: usize = 5;
    let views: Vec<&FindingView> = numbers.iter().filter_map(|n| report.finding(*n)).collect();
    let runs: Vec<&[&FindingView]> = views.chunk_by(|a, b| a.finding.rule == b.finding.rule).collect();
    html! {
        @for run in runs {
            @let (first, rest) = run.split_at(if run.len() > RUN { SHOWN } else { run.len() });
            @for view in first { (finding(report, view, keep)) }
            @if let Some(view) = rest.first() {
                details.run-of-rule {
                    summary { (format::plural(rest.len(), "more finding", "more findings")) " of " code { (shown(&view.finding.rule, keep)) } }
                    @for view in rest { (finding(report, view, keep)) }
                }
            }
        }
    }
}

/// One finding: its headline, and the rest folded away unless it is bad.
fn finding(report: &Report, view: &FindingView, keep: &Keep) -> Markup {
    let f = &view.finding;
    if view.number > keep.findings {
        return html! {};
    }
    let told = view.number <= keep.told && f.severity >= keep.told_from;
    let open = f.severity >= Severity::High;
    html! {
        article.finding.(f.severity.word()) id={ "f" (view.number) } {
            details open[open] {
                summary { (headline(report, view, keep)) }
                @if told { div.body { (body(view, keep)) } } @else { div.body { p { (words(&f.why, keep)) } p.muted { "Evidence, fix and proof stand in the JSON report." } (small_print(view, keep)) } }
            }
        }
    }
}

fn headline(report: &Report, view: &FindingView, keep: &Keep) -> Markup {
    let f = &view.finding;
    html! {
        h4 { span.number { "F" (view.number) } " " (severity(f.severity)) " " (words(&f.message, keep)) }
        p.where {
            (text(&view.object, keep))
            @if let Some(at) = &view.location { span.fact { code.place { (shown(at, keep)) } } }
            @if report.several_targets() && !f.target.is_empty() { span.fact { (shown(&f.target, keep)) } }
            (changed(view, keep))
            span.fact { "effort " (effort_word(f.effort)) }
            span.fact { @if view.fix.is_some() || view.proof.is_some() { "fix " (outcome(view)) } @else { "no fix by SQL" } }
        }
    }
}

fn body(view: &FindingView, keep: &Keep) -> Markup {
    html! {
        p { (words(&view.finding.why, keep)) }
        (places(view, keep))
        (evidence(view, keep))
        @if let Some(plan) = &view.plan { @if keep.plans { h5 { (text(&plan.title, keep)) } (block(&plan.block, keep)) } }
        @if let Some(fix) = &view.fix { (self::fix(view, fix, keep)) }
        @if let Some(proof) = &view.proof { (self::proof(proof, keep)) }
        (small_print(view, keep))
    }
}

fn places(view: &FindingView, keep: &Keep) -> Markup {
    let all = view.places.len();
    let (first, rest) = view.places.split_at(all.min(PLACES_SHOWN).min(keep.places));
    let rest = &rest[..rest.len().min(keep.places.saturating_sub(first.len()))];
    let absent = all - first.len() - rest.len();
    html! {
        @if !first.is_empty() {
            h5 { (format::plural(all, "place", "places")) }
            ul.places { @for p in first { (place(p, keep)) } }
            @if !rest.is_empty() {
                details {
                    summary { "and " (format::count((all - first.len()) as f64)) " more" }
                    ul.places { @for p in rest { (place(p, keep)) } }
                    @if absent > 0 { (elsewhere(absent)) }
                }
            } @else if absent > 0 { (elsewhere(absent)) }
        }
    }
}

fn elsewhere(places: usize) -> Markup {
    html! { p.muted { "and " (format::plural(places, "more place", "more places")) ", listed in the JSON report" } }
}

fn place(place: &PlaceView, keep: &Keep) -> Markup {
    html! {
        li {
            code { (shown(&place.object, keep)) }
            @if place.is_new { " " span.changed { "new" } }
            @if let Some(detail) = &place.detail { ": " (shown(detail, keep)) }
            @if let Some(at) = &place.location { " " code.place { (shown(at, keep)) } }
        }
    }
}

fn evidence(view: &FindingView, keep: &Keep) -> Markup {
    html! {
        @if !view.evidence.is_empty() {
            h5 { "Evidence" }
            dl.evidence {
                @for e in view.evidence.iter().take(keep.items) {
                    div { dt { (words(&e.fact, keep)) } dd { (shown(&e.value, keep)) " " span.muted { (shown(&e.source, keep)) } } }
                }
            }
        }
    }
}

fn fix(view: &FindingView, fix: &FixView, keep: &Keep) -> Markup {
    html! {
        @if view.is_withdrawn() { p.withdrawn { strong { "Withdrawn fix: " } (words(&fix.title, keep)) } }
        @else {
            h5 { "Fix" }
            p { (words(&fix.title, keep)) }
            @if let Some(caution) = &fix.caution { p.caution { strong { "To decide first: " } (words(caution, keep)) } }
            @if !fix.up.is_empty() { (sql(&fix.up, keep)) }
            @if !fix.effect.is_empty() { ul.effect { @for e in &fix.effect { li { (text(e, keep)) } } } }
            @if !fix.down.is_empty() { details { summary { "Undo it" } (sql(&fix.down, keep)) } }
            @else if !fix.up.is_empty() { p.muted { "There is no way back by SQL." } }
        }
    }
}

fn proof(proof: &ProofView, keep: &Keep) -> Markup {
    let absent = proof.transcript.len().saturating_sub(keep.transcript);
    let lines = proof.transcript.iter().take(keep.transcript).map(|line| shown(line, keep)).collect::<Vec<_>>().join("\n");
    let sign = match proof.verdict {
        Verdict::Proved => "✓ ",
        Verdict::Refuted => "✗ ",
        Verdict::Unknown => "? ",
    };
    html! {
        div class={ "proof " (verdict_word(proof.verdict)) } {
            p { span aria-hidden="true" { (sign) } (text(&proof.summary, keep)) }
            @if !proof.figures.is_empty() {
                table.figures {
                    thead { tr { th scope="col" { "Figure" } th.numeric scope="col" { "Before" } th.numeric scope="col" { "After" } } }
                    tbody { @for (name, before, after) in &proof.figures { tr { td { (shown(name, keep)) } td.numeric { (shown(before, keep)) } td.numeric { (shown(after, keep)) } } } }
                }
            }
            @if !lines.is_empty() {
                details { summary { "Transcript" } pre tabindex="0" role="region" aria-label="Transcript" { (visible_lines(&lines)) } }
            }
            @if absent > 0 { p.muted { (format::plural(absent, "line", "lines")) " of the transcript only in the JSON report" } }
        }
    }
}

fn small_print(view: &FindingView, keep: &Keep) -> Markup {
    let f = &view.finding;
    html! {
        p.small {
            a href={ "#f" (view.number) } { "F" (view.number) } " · " (view.area.title()) " · " code { (shown(&f.rule, keep)) } " · " (confidence_word(f.confidence)) " · fingerprint " code { (shown(&f.fingerprint, keep)) }
            @if !view.actions.is_empty() { " · settled by" @for a in &view.actions { " " (text(&crate::text::Span::Action(*a).into(), keep)) } }
            @for link in &view.references { " · " a href=(link.url) rel="noreferrer" { (shown(&link.title, keep)) } }
        }
    }
}
