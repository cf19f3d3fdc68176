//! Text, tables, scripts, plans and charts in HTML.

use super::keep::Keep;
use crate::charts;
use crate::documents::access_matrix::{AccessTable, LEGEND};
use crate::format::{self, cut, visible, visible_lines};
use crate::plan::Pair;
use crate::report::{Block, Table};
use crate::text::{Span, Text, prose, verdict_word};
use architrave_model::finding::{Severity, Verdict};
use maud::{Markup, PreEscaped, html};

/// A text of the input, made harmless and cut to what a page holds.
pub(super) fn shown(text: &str, keep: &Keep) -> String {
    if text.len() <= keep.words { visible(text) } else { visible(&cut(text, keep.words)) }
}

/// A severity: its shape and its word.
pub(super) fn severity(severity: Severity) -> Markup {
    html! { span class={ "chip " (severity.word()) } { (mark(severity)) (severity.word()) } }
}

/// The shape of a severity: they are told apart without colour, too.
pub(super) fn mark(severity: Severity) -> Markup {
    html! { svg.mark viewBox="0 0 14 14" aria-hidden="true" { (charts::shape(severity, 7.0, 7.0)) } }
}

/// A verdict: its sign and its word.
pub(super) fn verdict(verdict: Verdict) -> Markup {
    let sign = match verdict {
        Verdict::Proved => "✓",
        Verdict::Refuted => "✗",
        Verdict::Unknown => "?",
    };
    html! { span class={ "verdict " (verdict_word(verdict)) } { span aria-hidden="true" { (sign) " " } (verdict_word(verdict)) } }
}

pub(super) fn text(text: &Text, keep: &Keep) -> Markup {
    html! { @for s in &text.0 { (span(s, keep)) } }
}

/// Prose that may mark code with backticks.
pub(super) fn words(words: &str, keep: &Keep) -> Markup {
    if words.len() > keep.words { text(&prose(&cut(words, keep.words)), keep) } else { text(&prose(words), keep) }
}

fn span(span: &Span, keep: &Keep) -> Markup {
    html! {
        @match span {
            Span::Plain(words) => { (shown(words, keep)) }
            Span::Code(words) => { code { (shown(words, keep)) } }
            Span::Strong(words) => { strong { (shown(words, keep)) } }
            Span::Severity(s) => { (severity(*s)) }
            Span::State(s) => { span class={ "state " (s.word()) } { (s.word()) } }
            Span::Verdict(v) => { (verdict(*v)) }
            Span::Finding(n) if *n > keep.findings => { "F" (n) }
            Span::Finding(n) => { a href={ "#f" (n) } { "F" (n) } }
            Span::Action(n) if *n as usize > keep.blocks / 8 => { "A" (n) }
            Span::Action(n) => { a href={ "#a" (n) } { "A" (n) } }
        }
    }
}

pub(super) fn block(block: &Block, keep: &Keep) -> Markup {
    html! {
        @match block {
            Block::Heading { text: words, anchor } => { h4 id=[anchor.as_ref()] { (text(words, keep)) } }
            Block::Paragraph { text: words } => { p { (text(words, keep)) } }
            Block::List { items } => {
                ul { @for i in items.iter().take(keep.items) { li { (text(i, keep)) } } }
                (and_more(items.len(), keep))
            }
            Block::Table(t) => { (table(t, None, keep)) }
            Block::Chart(c) => { (chart(c, keep)) }
            Block::Access(t) => { (access(t, keep)) }
            Block::Sql { text } => { (sql(text, keep)) }
            Block::Plan { name, plan, after, notes } => {
                @if keep.plans { (PreEscaped(match after { Some(after) => Pair { before: plan, after }.html(name), None => crate::plan::html(plan, notes, name) })) }
            }
        }
    }
}

/// All blocks of a part. What follows a heading that others link to is folded under it: the steps of an action; the first few are open.
pub(super) fn blocks(all: &[Block], keep: &Keep) -> Markup {
    const OPEN: usize = 3;
    let kept = &all[..all.len().min(keep.blocks)];
    let starts: Vec<usize> = (0..kept.len()).filter(|n| matches!(kept[*n], Block::Heading { anchor: Some(_), .. })).collect();
    let before = starts.first().copied().unwrap_or(kept.len());
    let ends = starts.iter().skip(1).copied().chain(std::iter::once(kept.len()));
    html! {
        @for b in &kept[..before] { (block(b, keep)) }
        @for (n, (start, end)) in starts.iter().copied().zip(ends).enumerate() {
            @if let Block::Heading { text: heading, anchor } = &kept[start] {
                details.action id=[anchor.as_ref()] open[n < OPEN] {
                    summary { h4 { (text(heading, keep)) } }
                    @for b in &kept[start + 1..end] { (block(b, keep)) }
                }
            }
        }
        @if kept.len() < all.len() { p.muted { "The rest of this part stands in the JSON report." } }
    }
}

/// How many of a long list are not here.
pub(super) fn and_more(all: usize, keep: &Keep) -> Markup {
    html! { @if all > keep.items { p.muted { "and " (format::count((all - keep.items) as f64)) " more, which the JSON report has" } } }
}

/// A chart: its picture, and the same as a table.
pub(super) fn chart(chart: &charts::Chart, keep: &Keep) -> Markup {
    html! {
        figure.chart {
            figcaption { strong { (visible(&chart.title)) } " " span { (text(&chart.reading, keep)) } }
            div.scroll tabindex="0" role="region" aria-label={ (visible(&chart.title)) ", a picture" } { (charts::picture(chart)) }
            details.figures { summary { "The figures" } (table(&chart.table, Some(&format!("{}, the figures", chart.title)), keep)) }
        }
    }
}

/// SQL to copy. A script that is too long loses whole lines only, and only where a statement ends.
pub(super) fn sql(text: &str, keep: &Keep) -> Markup {
    let whole = text.len() <= keep.sql;
    let part = if whole { text } else { statements_within(text, keep.sql) };
    html! {
        @if !part.is_empty() { div.sql { pre tabindex="0" role="region" aria-label="SQL" { code { (visible_lines(part)) } } } }
        @if !whole {
            p.cut { strong { "Not the whole script: " } "it has " (format::count(text.len() as f64)) " bytes, " (format::count((text.len() - part.len()) as f64)) " of them only in the JSON report." }
        }
    }
}

/// The statements from the start that fit.
fn statements_within(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text[..end].rfind(";\n").map_or("", |at| &text[..=at])
}

pub(super) fn table(table: &Table, name: Option<&str>, keep: &Keep) -> Markup {
    let label = name.map_or_else(|| table.columns.iter().map(|c| c.title).collect::<Vec<_>>().join(", "), str::to_owned);
    html! {
        div.scroll tabindex="0" role="region" aria-label=(visible(&label)) {
            table {
                thead { tr { @for c in &table.columns { th scope="col" .numeric[c.numeric] { (c.title) } } } }
                tbody {
                    @for row in table.rows.iter().take(keep.items) {
                        tr { @for (cell, c) in row.iter().zip(&table.columns) { td .numeric[c.numeric] { (text(cell, keep)) } } }
                    }
                }
            }
        }
        (and_more(table.rows.len(), keep))
        @if let Some(more) = &table.more { p.muted { (more) } }
    }
}

/// Who can reach what: signs with their words as titles, and all names and reasons under a fold that a key opens.
fn access(table: &AccessTable, keep: &Keep) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Who can reach what" {
            table.access {
                thead { tr { th scope="col" { "Object" } @for c in &table.columns { th scope="col" { (visible(&c.title())) } } } }
                tbody {
                    @for line in table.lines.iter().take(keep.items) {
                        tr {
                            td {
                                details {
                                    summary { (shown(&line.title(3), keep)) }
                                    @if line.objects.len() > 3 { p { (shown(&line.objects.join(", "), keep)) } }
                                    ul { @for (cell, c) in line.cells.iter().zip(&table.columns) { li { strong { (visible(&c.title())) } ": " (shown(&cell.why, keep)) } } }
                                }
                            }
                            @for cell in &line.cells { td title=(shown(&cell.why, keep)) { code { (cell.signs) } } }
                        }
                    }
                }
            }
        }
        (and_more(table.lines.len(), keep))
        p.muted { (LEGEND) }
        @if let Some(more) = &table.more { p.muted { (visible(more)) } }
    }
}
