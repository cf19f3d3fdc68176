//! The tree for a terminal (and for Markdown): a line for each node, its conditions below it.

use super::drawing::{Drawing, Node};
use super::weigh::Measure;
use super::words;
use crate::renderers::text::Style;
use crate::renderers::text::paint::{Colour, Page, clip, width};

/// Columns of the bar.
const BAR: usize = 6;
/// Columns before the tree: per cent, bar, spaces.
const GUTTER: usize = 5 + BAR + 1;

/// One plan.
pub(super) fn one(drawing: &Drawing, style: Style) -> String {
    let mut page = Page::new(style);
    head(&mut page, drawing);
    tree(&mut page, drawing, None);
    page.finish()
}

/// Two plans, before and after.
pub(super) fn two(before: &Drawing, after: &Drawing, style: Style) -> String {
    let mut page = Page::new(style);
    page.line(&[(Colour::Bold, "Before: "), (Colour::Plain, &totals(before))]);
    tree(&mut page, before, Some('-'));
    page.gap();
    page.line(&[(Colour::Bold, "After: "), (Colour::Plain, &totals(after))]);
    tree(&mut page, after, Some('+'));
    page.gap();
    page.wrapped(&[], &change(before, after), 3);
    page.finish()
}

/// What became of the whole, as a sentence.
pub(super) fn change(before: &Drawing, after: &Drawing) -> String {
    let changed = before.nodes.iter().chain(&after.nodes).any(|node| node.is_changed);
    let of = |what: &str, before: f64, after: f64, unit: &dyn Fn(f64) -> String| {
        let times = if before > 0.0 && after > 0.0 { words::off(after / before) } else { None };
        let times = times.map_or_else(String::new, |times| format!(" ({times})"));
        format!("{what} {} → {}{times}", unit(before), unit(after))
    };
    let shape = if changed { "" } else { ", the same nodes" };
    match (before.ms, after.ms) {
        (Some(before), Some(after)) => of("Time", before, after, &words::duration) + shape + ".",
        _ => of("Cost", before.cost, after.cost, &words::compact) + shape + ".",
    }
}

fn totals(drawing: &Drawing) -> String {
    let facts: String = drawing.facts.iter().map(|fact| format!(" · {fact}")).collect();
    format!("{}{facts}", drawing.total)
}

fn head(page: &mut Page, drawing: &Drawing) {
    page.line(&[(Colour::Bold, &totals(drawing))]);
    let dearest: Vec<String> =
        drawing.dearest(3).iter().map(|node| format!("{} ({})", node.label(), words::per_cent(node.share))).collect();
    if drawing.nodes.len() > 1 && !dearest.is_empty() {
        page.wrapped(&[(Colour::Plain, "Dearest: ")], &dearest.join(", "), 2);
    }
    let rows = if drawing.is_analyzed { "rows: expected → seen, per loop" } else { "rows: expected" };
    page.line(&[(Colour::Dim, &format!("Bars: {}; {rows}", measure(drawing)))]);
    page.gap();
}

/// What the shares are of.
pub(super) fn measure(drawing: &Drawing) -> &'static str {
    match drawing.measure {
        Measure::Time => "share of time in the node alone",
        Measure::Cost => "share of cost in the node alone",
    }
}

fn tree(page: &mut Page, drawing: &Drawing, mark: Option<char>) {
    for (_, node) in drawing.shown() {
        line(page, drawing, node, mark);
    }
}

/// `│ ├ `: the lines of the levels above, kept short in deep plans so that the words have room.
struct Branch {
    first: String,
    /// Of the lines below the first.
    rest: String,
}

fn branch(drawing: &Drawing, node: &Node, room: usize) -> Branch {
    let mut levels = Vec::new();
    let mut at = node;
    while let Some(parent) = at.parent.map(|parent| &drawing.nodes[parent]) {
        let is_last = parent.children.last().is_some_and(|last| std::ptr::eq(&raw const drawing.nodes[*last], &raw const *at));
        levels.push(is_last);
        at = parent;
    }
    let kept = levels.len().min(room.saturating_sub(28) / 2);
    let mut above: String = levels[..kept].iter().skip(1).rev().map(|is_last| if *is_last { "  " } else { "│ " }).collect();
    if kept < levels.len() {
        above.insert_str(0, "⋯ ");
    }
    let below = if node.children.is_empty() { "  " } else { "│ " };
    match levels.first() {
        None => Branch { first: String::new(), rest: below.to_owned() },
        Some(true) => Branch { first: format!("{above}└ "), rest: format!("{above}  {below}") },
        Some(false) => Branch { first: format!("{above}├ "), rest: format!("{above}│ {below}") },
    }
}

fn bar(share: f64) -> String {
    let parts = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
    let eighths = (share.clamp(0.0, 1.0) * (BAR * 8) as f64).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        bar.push(parts[eighths % 8 - 1]);
    }
    format!("{bar}{}", " ".repeat(BAR - bar.chars().count()))
}

fn colour(node: &Node) -> Colour {
    match node.share {
        _ if node.never_ran => Colour::Dim,
        share if node.is_dearest || share >= 0.3 => Colour::Red,
        share if share >= 0.1 => Colour::Yellow,
        _ => Colour::Plain,
    }
}

fn line(page: &mut Page, drawing: &Drawing, node: &Node, mark: Option<char>) {
    let room = page.width() - GUTTER;
    let branch = branch(drawing, node, room);
    let gutter = format!("{:>4} {} ", words::per_cent(node.share), bar(node.share));
    let sign = match (mark, node.is_changed) {
        (Some(mark), true) => format!("{mark} "),
        _ => String::new(),
    };
    let role = node.role.as_ref().map_or_else(String::new, |role| format!("{role}: "));
    let loops = node.loops.as_ref().map_or_else(String::new, |loops| format!(" · {loops}"));
    let off = node.off.as_ref().map_or_else(String::new, |off| format!(" {off}"));
    let label = node.label();
    let used = width(&branch.first) + width(&sign) + width(&role) + width(&label) + width(&loops);
    let rows = width(&node.rows) + width(&off);
    let fits = used + 2 + rows <= room;
    let gap = if fits { " ".repeat(room - used - rows) } else { String::new() };
    let words = if node.is_dearest && !node.never_ran { Colour::Bold } else { colour(node) };
    let words = if words == Colour::Red || words == Colour::Yellow { Colour::Plain } else { words };
    let far = if node.is_far_off { Colour::Red } else { Colour::Yellow };
    let change = if mark == Some('-') { Colour::Red } else { Colour::Green };
    let label = if fits { label } else { clip(&label, room.saturating_sub(used - width(&label)).max(12)) };
    let mut pieces = vec![
        (colour(node), gutter.as_str()),
        (Colour::Dim, &branch.first),
        (change, &sign),
        (Colour::Dim, &role),
        (words, &label),
        (Colour::Dim, &loops),
    ];
    let rows_words = if node.never_ran { Colour::Dim } else { Colour::Plain };
    if fits {
        pieces.extend([(Colour::Plain, gap.as_str()), (rows_words, node.rows.as_str()), (far, off.as_str())]);
    }
    page.line(&pieces);
    let indent = " ".repeat(GUTTER);
    let below =
        |page: &mut Page, colour: Colour, words: &str| page.line(&[(Colour::Plain, &indent), (Colour::Dim, &branch.rest), (colour, words)]);
    if !fits {
        below(page, if node.off.is_some() { far } else { rows_words }, &format!("rows {}{off}", node.rows));
    }
    for (name, condition) in &node.details {
        below(page, Colour::Dim, &format!("{name}: {condition}"));
    }
    for mark in &node.marks {
        below(page, Colour::Yellow, &format!("! {mark}"));
    }
    if let Some((count, share)) = node.more {
        let share = if share >= 0.005 { format!(", {} together", words::per_cent(share)) } else { String::new() };
        below(page, Colour::Plain, &format!("⋮ and {} more like it{share}", words::compact(count as f64)));
    }
}
