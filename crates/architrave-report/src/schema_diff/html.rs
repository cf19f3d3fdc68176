//! The difference as one offline HTML file.

use super::{Group, Line, SchemaDiff, Weight};
use crate::diagram::Mark;
use crate::format::{cut, visible};
use crate::renderers::html::STYLE;
use maud::{DOCTYPE, Markup, PreEscaped, html};

static DIFF_STYLE: &str = include_str!("diff.css");

/// The page.
pub(super) fn page(diff: &SchemaDiff) -> String {
    let subject = format!("{} → {}", visible(&diff.before), visible(&diff.after));
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
                meta name="color-scheme" content="light dark";
                title { (subject) " · Schema changes" }
                style { (PreEscaped(STYLE)) (PreEscaped(crate::diagram::svg::STYLE)) (PreEscaped(DIFF_STYLE)) }
            }
            body.schema-diff {
                main #main {
                    header.head { p.subject { (subject) } h1 { "Schema changes" } (counts(diff)) }
                    @if diff.is_empty() { p { "Nothing differs." } } @else { (breaking(diff)) (picture(diff)) }
                    @for (at, group) in diff.groups.iter().enumerate() { (self::group(at, group)) }
                    p.muted { "Owners, privileges and roles were not compared. Renames are guesses: catalogues keep no history of names." }
                }
            }
        }
    };
    markup.into_string() + "\n"
}

fn counts(diff: &SchemaDiff) -> Markup {
    html! {
        dl.tiles {
            @for mark in [Mark::Added, Mark::Removed, Mark::Changed] {
                div class={ "tile " (mark.word()) } {
                    dt { "tables " (mark.word()) @let n = diff.count(mark, false); @if n > 0 { ", other objects " (n) } }
                    dd { (mark.sign()) " " (diff.count(mark, true)) }
                }
            }
            div.tile.breaks { dt { "break code" } dd { "! " (diff.lines(Weight::Breaks).len()) } }
        }
    }
}

fn breaking(diff: &SchemaDiff) -> Markup {
    let lines = diff.lines(Weight::Breaks);
    html! {
        section {
            h2 { "What breaks code" }
            @if lines.is_empty() { p { "Nothing here breaks statements that worked." } }
            ul {
                @for (group, line) in lines {
                    li {
                        (line.kind) " " code { (visible(&group.name)) @if !line.name.is_empty() { "." (visible(&line.name)) } } " " (what(line))
                        (guess(line)) @if !line.meaning.is_empty() { ": " (prose(&line.meaning)) }
                    }
                }
            }
        }
    }
}

/// `removed`, `type changed`.
pub(super) fn what(line: &Line) -> String {
    match (line.aspect.as_str(), line.after.as_str()) {
        ("", _) => line.mark.word().to_owned(),
        ("not null", "yes") => "becomes not null".to_owned(),
        ("not null", _) => "may be null".to_owned(),
        (aspect, _) => format!("{aspect} changed"),
    }
}

fn picture(diff: &SchemaDiff) -> Markup {
    html! {
        @if !diff.picture.is_empty() || !diff.no_picture.is_empty() {
            section {
                h2 { "Picture" }
                @if diff.picture.is_empty() { p { (diff.no_picture) } } @else {
                    p.muted { "+ added, − removed, ≠ changed; tables without a sign are their neighbours." }
                    figure.erd-figure tabindex="0" { (PreEscaped(&diff.picture)) }
                }
            }
        }
    }
}

fn group(at: usize, group: &Group) -> Markup {
    html! {
        section id={ "c" (at) } {
            h2 class=(group.mark.word()) { span.sign { (group.mark.sign()) } " " (group.kind) " " code { (visible(&group.name)) } " " small { (group.mark.word()) } }
            div.scroll {
                table.changes {
                    thead { tr { th scope="col" { span.hidden { "Change" } } th scope="col" { "What" } th scope="col" { "Before" } th scope="col" { "After" } th scope="col" { "For code" } } }
                    tbody { @for line in &group.lines { (row(line)) } }
                }
            }
        }
    }
}

fn row(line: &Line) -> Markup {
    html! {
        tr class=(line.mark.word()) {
            td.sign { (line.mark.sign()) span.hidden { " " (line.mark.word()) } }
            td { (line.kind) @if !line.name.is_empty() { " " code { (visible(&line.name)) } } @if !line.aspect.is_empty() { ", " (line.aspect) } (guess(line)) }
            td { (value(&line.before)) }
            td { (value(&line.after)) }
            td { @if !line.meaning.is_empty() { span class={ "weight " (line.weight.word()) } { (line.weight.word()) } " " (prose(&line.meaning)) } }
        }
    }
}

fn guess(line: &Line) -> Markup {
    html! { @if !line.guess.is_empty() { " " em.guess { (visible(&line.guess)) " (a guess)" } } }
}

fn value(text: &str) -> Markup {
    html! { @if !text.is_empty() { code { (cut(&visible(text), 400)) } } }
}

/// A sentence with code in backticks.
fn prose(text: &str) -> Markup {
    html! { @for (at, part) in text.split('`').enumerate() { @if at % 2 == 1 { code { (visible(part)) } } @else { (visible(part)) } } }
}
