//! The picture: an inline SVG that needs nothing from elsewhere, and the details of its nodes below it.

use super::drawing::{Drawing, Node};
use super::layout::{self, Layout};
use super::{terminal, words};
use maud::{Markup, html};

/// What the figures need, beside the look of a report: an addition to a page's style sheet.
pub static STYLE: &str = include_str!("style.css");

/// One plan.
pub(super) fn figure(drawing: &Drawing, name: &str, caption: Option<&str>) -> Markup {
    let layout = layout::of(drawing);
    html! {
        figure.plan {
            figcaption {
                @if let Some(caption) = caption { strong { (caption) ": " } }
                strong { (drawing.total) }
                @for fact in &drawing.facts { span.fact { (fact) } }
            }
            @if caption.is_none() { (legend(&[drawing])) }
            div.scroll tabindex="0" role="region" aria-label="The plan as a picture" { (picture(drawing, &layout, name)) }
            (details(drawing, name))
        }
    }
}

/// Two plans.
pub(super) fn two(before: &Drawing, after: &Drawing, name: &str) -> Markup {
    html! {
        div.plan-pair {
            p { strong { (terminal::change(before, after)) } }
            (legend(&[before, after]))
            div.plans {
                (figure(before, &format!("{name}-before"), Some("Before")))
                (figure(after, &format!("{name}-after"), Some("After")))
            }
        }
    }
}

fn legend(drawings: &[&Drawing]) -> Markup {
    let any = |is: &dyn Fn(&Node) -> bool| drawings.iter().flat_map(|drawing| &drawing.nodes).any(is);
    html! {
        ul.plan-legend {
            @for drawing in drawings.iter().take(1) { li { "Colour and bar: " (terminal::measure(drawing)) } }
            @for (class, words) in [("heat-1", "below 10%"), ("heat-2", "10–30%"), ("heat-3", "30–60%"), ("heat-4", "more")] {
                li { span class={ "swatch " (class) } {} " " (words) }
            }
            li { span.swatch.stroke {} " wider line: more rows" }
            @if drawings.iter().any(|drawing| drawing.is_analyzed) { li { "rows expected → seen, per loop; " b { "×" } " " b { "÷" } " how far off" } }
            @if any(&|node| node.role.is_some()) { li { span.swatch.stroke.beside {} " CTE or subplan" } }
            @if any(&|node| !node.marks.is_empty()) { li { span.swatch.flag { "!" } " worth a look" } }
            @if any(&|node| node.is_changed) { li { span.swatch.changed {} " not in the other plan" } }
        }
    }
}

fn heat(node: &Node) -> &'static str {
    match node.share {
        _ if node.never_ran => "heat-none",
        share if share >= 0.6 => "heat-4",
        share if share >= 0.3 => "heat-3",
        share if share >= 0.1 => "heat-2",
        share if share >= 0.005 => "heat-1",
        _ => "heat-0",
    }
}

/// One decimal: the picture's coordinates.
fn at(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

fn picture(drawing: &Drawing, layout: &Layout, name: &str) -> Markup {
    let (width, height) = (at(layout.width), at(layout.height));
    let label = format!("Plan of {} nodes, {}", drawing.nodes.len(), drawing.total);
    html! {
        svg class={ "plan-picture " @if layout.is_list { "list" } @else { "tree" } } xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) role="img" aria-label=(label) {
            g.edges { @for (number, _) in drawing.shown() { (edge(drawing, layout, number)) } }
            @for (number, node) in drawing.shown() { (node_box(node, layout, number, name)) }
        }
    }
}

/// From a node to its parent, the wider the more rows flow.
fn edge(drawing: &Drawing, layout: &Layout, number: usize) -> Markup {
    let node = &drawing.nodes[number];
    let Some(parent) = node.parent else { return html! {} };
    let ((x, y), (up_x, up_y)) = (layout.at[number], layout.at[parent]);
    let (wide, high) = layout.size;
    let path = if layout.is_list {
        let (from, to) = ((up_x + 13.0, up_y + high), (x, y + high / 2.0));
        format!("M{} {} V{} H{}", at(from.0), at(from.1), at(to.1), at(to.0))
    } else {
        let (from, to) = ((x + wide / 2.0, y), (up_x + wide / 2.0, up_y + high));
        let middle = f64::midpoint(from.1, to.1);
        format!("M{} {} C{} {m} {} {m} {} {}", at(from.0), at(from.1), at(from.0), at(to.0), at(to.0), at(to.1), m = at(middle))
    };
    let thickness = 1.0 + node.flow.max(1.0).log10() * 1.1;
    let beside = node.role.is_some();
    html! { path d=(path) stroke-width=(at(thickness.min(10.0))) class=[beside.then_some("beside")] {} }
}

/// As much of a text as fits into so many units at the given width of a character.
fn fit(text: &str, room: f64, character: f64) -> String {
    let limit = (room / character).floor().max(1.0) as usize;
    if text.chars().count() <= limit { text.to_owned() } else { text.chars().take(limit.saturating_sub(1)).chain(['…']).collect() }
}

fn node_box(node: &Node, layout: &Layout, number: usize, name: &str) -> Markup {
    let (x, y) = layout.at[number];
    let (wide, high) = layout.size;
    let room = wide - 24.0;
    let classes =
        format!("node {}{}{}", heat(node), if node.is_changed { " changed" } else { "" }, if node.is_dearest { " dearest" } else { "" });
    let kind = fit(&node.kind, room - if node.marks.is_empty() { 0.0 } else { 20.0 }, 7.3);
    let target = second_line(node);
    let target = if layout.is_list { fit(&target, room - 30.0 - 7.3 * kind.chars().count() as f64, 6.4) } else { fit(&target, room, 6.4) };
    let off = node.off.as_ref().map_or(0.0, |off| 6.0 + 7.5 * off.chars().count() as f64);
    let rows_room = room - off - if layout.is_list { 150.0 } else { 0.0 };
    let (rows_y, bar) = if layout.is_list { (44.0, (wide - 172.0, 37.0, 100.0)) } else { (55.0, (12.0, 67.0, room - 42.0)) };
    html! {
        a href={ "#" (name) "-" (number) } {
            g class=(classes) transform={ "translate(" (at(x)) " " (at(y)) ")" } {
                title { (tooltip(node)) }
                rect width=(at(wide)) height=(at(high)) rx="7" {}
                @if layout.is_list {
                    text.words x="12" y="22" { tspan.kind { (kind) } tspan.target dx="8" { (target) } }
                } @else {
                    text.kind x="12" y="20" { (kind) }
                    text.target x="12" y="37" { (target) }
                }
                text.rows x="12" y=(at(rows_y)) {
                    (fit(&rows(node), rows_room, 6.2))
                    @if let Some(off) = &node.off { tspan class={ "off" @if node.is_far_off { " far" } } dx="6" { (off) } }
                }
                rect.track x=(at(bar.0)) y=(at(bar.1)) width=(at(bar.2)) height="6" rx="3" {}
                @if node.share >= 0.005 { rect.bar x=(at(bar.0)) y=(at(bar.1)) width=(at((bar.2 * node.share).max(3.0))) height="6" rx="3" {} }
                text.share x=(at(wide - 12.0)) y=(at(bar.1 + 7.0)) text-anchor="end" { (words::per_cent(node.share)) }
                @if !node.marks.is_empty() {
                    circle.flag cx=(at(wide - 17.0)) cy="16" r="8" {}
                    text.flag x=(at(wide - 17.0)) y="20" text-anchor="middle" { "!" }
                }
            }
        }
    }
}

/// What stands below the kind: how it hangs on its parent, what it works on, else its first condition or key.
fn second_line(node: &Node) -> String {
    let role = node.role.as_ref().map(|role| if node.target.is_empty() { role.clone() } else { format!("{role}:") });
    let mut parts: Vec<String> = role.into_iter().chain(Some(node.target.clone()).filter(|target| !target.is_empty())).collect();
    if let Some((count, share)) = node.more {
        let share = if share >= 0.005 { format!(" ({})", words::per_cent(share)) } else { String::new() };
        parts.push(format!("and {} more{share}", words::compact(count as f64)));
    }
    match node.details.first() {
        Some((_, condition)) if parts.is_empty() => condition.clone(),
        _ => parts.join(" "),
    }
}

fn rows(node: &Node) -> String {
    match &node.loops {
        _ if node.never_ran => node.rows.clone(),
        Some(loops) => format!("{} · {loops}", node.rows),
        None if node.rows == "1" => "1 row".to_owned(),
        None => format!("{} rows", node.rows),
    }
}

fn tooltip(node: &Node) -> String {
    let mut lines = vec![node.label()];
    lines.extend(node.role.clone());
    lines.push(format!("{} alone ({})", node.own, if node.share > 0.0 { words::per_cent(node.share) } else { "0%".to_owned() }));
    lines.push(rows(node));
    lines.extend(node.details.iter().map(|(name, condition)| format!("{name}: {condition}")));
    lines.extend(node.marks.iter().map(|mark| format!("! {mark}")));
    lines.join("\n")
}

fn details(drawing: &Drawing, name: &str) -> Markup {
    html! {
        details.plan-nodes {
            summary { "All " (drawing.nodes.len()) " nodes with their conditions and figures" }
            ol {
                @for (number, node) in drawing.nodes.iter().enumerate() {
                    li id={ (name) "-" (number) } style={ "--depth:" (node.depth.min(12)) } {
                        p.title {
                            strong { (node.kind) } " " (node.target)
                            @if let Some(role) = &node.role { " " span.muted { "(" (role) ")" } }
                            span.fact { (node.own) @if node.share > 0.0 { ", " (words::per_cent(node.share)) } }
                            span.fact { (rows(node)) @if let Some(off) = &node.off { " " b { (off) } } }
                        }
                        @for mark in &node.marks { p.plan-mark { (mark) } }
                        dl {
                            @for (key, value) in &node.details { div { dt { (key) } dd { code { (value) } } } }
                            @for (key, value) in &node.figures { div { dt { (key) } dd { (value) } } }
                        }
                    }
                }
            }
        }
    }
}
