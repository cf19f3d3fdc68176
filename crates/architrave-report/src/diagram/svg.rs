//! The picture as SVG: stand-alone, readable by screen readers, every name escaped.

use super::communities::Grouping;
use super::entities::{Entities, Relation, RelationKind};
use super::picture::{FRAME_PAD, Frame, HEAD, Picture, Placed, ROW, Rect, Wire, sans};
use crate::format::{self, visible};
use std::fmt::Write as _;

/// The look of a picture.
pub(crate) static STYLE: &str = include_str!("picture.css");

/// Space around the picture, and the height of its caption.
const MARGIN: f64 = 26.0;
const CAPTION: f64 = 58.0;
/// Radius of bends.
const BEND: f64 = 5.0;

/// A whole document.
pub(super) fn document(title: &str, entities: &Entities, grouping: &Grouping, picture: &Picture) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(&drawing(title, entities, grouping, picture, true));
    out.push('\n');
    out
}

/// An element for a page that has the [`STYLE`].
pub(super) fn element(title: &str, entities: &Entities, grouping: &Grouping, picture: &Picture) -> String {
    drawing(title, entities, grouping, picture, false)
}

fn drawing(title: &str, entities: &Entities, grouping: &Grouping, picture: &Picture, is_alone: bool) -> String {
    let inner = picture.width.max(420.0);
    let legend = legend(entities, inner);
    let width = inner + 2.0 * MARGIN;
    let height = picture.height + CAPTION + legend.1 + 2.0 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"erd\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"img\" \
         aria-labelledby=\"erd-title erd-text\">",
        w = n(width),
        h = n(height)
    );
    let facts = facts(entities, grouping);
    let _ = write!(out, "<title id=\"erd-title\">{}</title><desc id=\"erd-text\">{}</desc>", escape(title), escape(&facts));
    if is_alone {
        let _ = write!(out, "<style>{STYLE}</style>");
    }
    let _ = write!(out, "<rect class=\"page\" width=\"{}\" height=\"{}\"/>", n(width), n(height));
    text(&mut out, "cap", (MARGIN, MARGIN + 17.0), title);
    text(&mut out, "sub", (MARGIN, MARGIN + 36.0), &facts);
    for (at, frame) in picture.frames.iter().enumerate() {
        let corner = (frame.rect.x + MARGIN, frame.rect.y + MARGIN + CAPTION);
        let _ = write!(out, "<g class=\"f k{}\" transform=\"translate({} {})\">", color(grouping, at), n(corner.0), n(corner.1));
        out.push_str(&frame_head(frame));
        out.push_str(&frame_content(frame, entities));
        out.push_str("</g>");
    }
    let _ = write!(out, "<g transform=\"translate({} {})\">{}</g></svg>", n(MARGIN), n(height - MARGIN - legend.1 + 8.0), legend.0);
    out
}

/// `14 tables, 18 foreign keys, 2 communities`.
pub(super) fn facts(entities: &Entities, grouping: &Grouping) -> String {
    let views = entities.list.iter().filter(|e| e.is_view).count();
    let count = |kind| entities.relations.iter().filter(|r| r.kind == kind).count();
    let mut facts = vec![
        format::plural(entities.list.len() - views, "table", "tables"),
        format::plural(count(RelationKind::Declared), "foreign key", "foreign keys"),
    ];
    if views > 0 {
        facts.push(format::plural(views, "view", "views"));
    }
    if count(RelationKind::Implied) > 0 {
        facts.push(format::plural(count(RelationKind::Implied), "reference by name and type only", "references by name and type only"));
    }
    if grouping.groups.len() > 1 {
        facts.push(format!("{} communities", grouping.groups.len()));
    }
    facts.join(", ")
}

/// The colour of a group: by schema where there are several, else by group.
pub(super) fn color(grouping: &Grouping, group: usize) -> usize {
    let mut schemas: Vec<&str> = grouping.groups.iter().map(|g| g.schema.as_str()).collect();
    schemas.dedup();
    if schemas.len() > 1 { schemas.iter().position(|s| *s == grouping.groups[group].schema).unwrap_or(0) % 8 } else { group % 8 }
}

/// A frame and its title.
pub(super) fn frame_head(frame: &Frame) -> String {
    let mut out = String::new();
    let Rect { w, h, .. } = frame.rect;
    let _ = write!(out, "<rect width=\"{}\" height=\"{}\" rx=\"10\"/>", n(w), n(h));
    text(&mut out, "ft", (FRAME_PAD, 22.0), &frame.title);
    text(&mut out, "fs", (FRAME_PAD, 37.0), &frame.subtitle);
    out
}

/// What is in a frame, from the frame's corner.
pub(super) fn frame_content(frame: &Frame, entities: &Entities) -> String {
    let mut out = String::new();
    for wire in &frame.wires {
        draw_wire(&mut out, wire, entities);
    }
    for placed in &frame.boxes {
        draw_box(&mut out, placed, entities);
    }
    out
}

fn draw_box(out: &mut String, placed: &Placed, entities: &Entities) {
    let entity = &entities.list[placed.entity];
    let Rect { x, y, w, h } = placed.rect;
    let mark = entity.mark.map(|m| format!(" m-{}", m.word())).unwrap_or_default();
    let view = if entity.is_view { " view" } else { "" };
    let _ = write!(out, "<g class=\"t{view}{mark}\" data-t=\"{}\" transform=\"translate({} {})\">", placed.entity, n(x), n(y));
    let mut title = visible(&entity.name.to_string());
    if let Some(mark) = entity.mark {
        title.push_str(&format!(" ({})", mark.word()));
    }
    if let Some(bytes) = entity.bytes {
        title.push_str(&format!(", {}", format::bytes(bytes)));
    }
    if let Some(comment) = &entity.comment {
        title.push_str(&format!(": {}", format::cut(&visible(comment), 300)));
    }
    let _ = write!(out, "<title>{}</title>", escape(&title));
    let _ = write!(out, "<rect class=\"b\" width=\"{}\" height=\"{}\" rx=\"5\"/>", n(w), n(h));
    if h > HEAD {
        let _ = write!(out, "<path class=\"h\" d=\"M.5 {0}V5.5a5 5 0 0 1 5-5H{1}a5 5 0 0 1 5 5V{0}z\"/>", n(HEAD), n(w - 5.5));
    } else {
        let _ = write!(out, "<rect class=\"h\" x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"4.5\"/>", n(w - 1.0), n(h - 1.0));
    }
    let sign = entity.mark.map(|m| format!("{} ", m.sign())).unwrap_or_default();
    text(out, "n", (10.0, 18.5), &format!("{sign}{}", placed.title));
    if !placed.note.is_empty() {
        text(out, "no", (w - 9.0, 18.0), &placed.note);
    }
    for (at, row) in placed.rows.iter().enumerate() {
        let y = HEAD + at as f64 * ROW + 13.5;
        if !row.key.is_empty() {
            text(out, "k", (9.0, y - 0.5), row.key);
        }
        text(out, if row.is_nullable { "c null" } else { "c" }, (28.0, y), &row.name);
        text(out, if row.is_reference { "r" } else { "y" }, (w - 9.0, y), &row.right);
    }
    if placed.hidden > 0 && h > HEAD {
        let y = HEAD + placed.rows.len() as f64 * ROW + 13.0;
        let more = if placed.rows.is_empty() { ["column", "columns"] } else { ["more column", "more columns"] };
        text(out, "more", (28.0, y), &format::plural(placed.hidden, more[0], more[1]));
    }
    out.push_str("</g>");
}

fn draw_wire(out: &mut String, wire: &Wire, entities: &Entities) {
    let relation = &entities.relations[wire.relation];
    let path = path(&wire.points, relation);
    let title = describe(entities, relation);
    let dashed = if relation.kind == RelationKind::Declared { "" } else { " class=\"d\"" };
    let _ = write!(
        out,
        "<g class=\"w\" data-c=\"{}\" data-p=\"{}\"><title>{}</title><path{dashed} d=\"{path}\"/></g>",
        relation.child,
        relation.parent,
        escape(&title)
    );
}

/// A relation in words: `orders.customer_id → customers.id, on delete cascade`.
pub(super) fn describe(entities: &Entities, relation: &Relation) -> String {
    let (child, parent) = (entities.label(relation.child), entities.label(relation.parent));
    let columns: Vec<String> = relation.columns.iter().map(|at| visible(&entities.list[relation.child].fields[*at].name)).collect();
    let to: Vec<String> = relation.parent_columns.iter().map(|c| visible(c)).collect();
    let list = |names: Vec<String>| if names.len() == 1 { names.join("") } else { format!("({})", names.join(", ")) };
    match relation.kind {
        RelationKind::Reads => format!("{child} reads {parent}"),
        RelationKind::Implied => format!("{child}.{} → {parent}.{}, by name and type; no foreign key", list(columns), list(to)),
        RelationKind::Declared => {
            let actions = if relation.actions.is_empty() { String::new() } else { format!(", {}", relation.actions) };
            format!("{child}.{} → {parent}.{}{actions}", list(columns), list(to))
        }
    }
}

/// A line with the signs at its ends: two bars (exactly one), circle and bar (one or none), circle and foot (any number).
fn path(points: &[(f64, f64)], relation: &Relation) -> String {
    let [first, second, ..] = points else { return String::new() };
    let [.., before, last] = points else { return String::new() };
    if relation.kind == RelationKind::Reads {
        return line(points);
    }
    let mut out = String::new();
    let right = if second.0 < first.0 { -1.0 } else { 1.0 };
    let start = parent_end(&mut out, *first, right, relation.is_optional);
    let right = if before.0 < last.0 { -1.0 } else { 1.0 };
    let end = child_end(&mut out, *last, right, relation.is_single);
    let mut points = points.to_vec();
    points[0].0 = start;
    if let Some(last) = points.last_mut() {
        last.0 = end;
    }
    out.push_str(&line(&points));
    out
}

fn circle(out: &mut String, x: f64, y: f64) {
    let _ = write!(out, "M{} {}a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0", n(x - 3.5), n(y));
}

fn bar(out: &mut String, x: f64, y: f64, half: f64) {
    let _ = write!(out, "M{} {}v{}", n(x), n(y - half), n(2.0 * half));
}

/// Draws the sign at the referenced end; returns where the line goes on.
fn parent_end(out: &mut String, (x, y): (f64, f64), right: f64, is_optional: bool) -> f64 {
    bar(out, x + 5.0 * right, y, 4.0);
    if !is_optional {
        bar(out, x + 8.5 * right, y, 4.0);
        return x;
    }
    circle(out, x + 11.0 * right, y);
    let _ = write!(out, "M{} {}H{}", n(x), n(y), n(x + 7.5 * right));
    x + 14.5 * right
}

/// Draws the sign at the referring end; returns where the line begins.
fn child_end(out: &mut String, (x, y): (f64, f64), right: f64, is_single: bool) -> f64 {
    if is_single {
        bar(out, x + 5.0 * right, y, 4.5);
        circle(out, x + 11.0 * right, y);
        let _ = write!(out, "M{} {}H{}", n(x), n(y), n(x + 7.5 * right));
        return x + 14.5 * right;
    }
    let tip = x + 9.0 * right;
    let _ = write!(out, "M{0} {1}L{2} {3}L{0} {4}M{0} {3}H{2}", n(x), n(y - 5.0), n(tip), n(y), n(y + 5.0));
    circle(out, x + 12.5 * right, y);
    x + 16.0 * right
}

/// A line through points with rounded bends.
fn line(points: &[(f64, f64)]) -> String {
    let mut out = String::new();
    let is = |a: f64, b: f64| (a - b).abs() < 0.01;
    let mut turned: Vec<(f64, f64)> = Vec::with_capacity(points.len());
    for point in points {
        // Points on the way between their neighbours are no bends.
        if let [.., a, b] = turned.as_slice()
            && ((is(a.0, b.0) && is(b.0, point.0)) || (is(a.1, b.1) && is(b.1, point.1)))
        {
            turned.pop();
        }
        turned.push(*point);
    }
    for (at, &(x, y)) in turned.iter().enumerate() {
        let (Some(&before), Some(&after)) = (at.checked_sub(1).and_then(|b| turned.get(b)), turned.get(at + 1)) else {
            let _ = write!(out, "{}{} {}", if at == 0 { "M" } else { "L" }, n(x), n(y));
            continue;
        };
        let toward = |to: (f64, f64)| {
            let length = (to.0 - x).abs() + (to.1 - y).abs();
            let r = BEND.min(length / 2.0);
            if length > 0.0 { (x + (to.0 - x) / length * r, y + (to.1 - y) / length * r) } else { (x, y) }
        };
        let (a, b) = (toward(before), toward(after));
        let _ = write!(out, "L{} {}Q{} {} {} {}", n(a.0), n(a.1), n(x), n(y), n(b.0), n(b.1));
    }
    out
}

/// What the signs mean; the mark-up and its height.
fn legend(entities: &Entities, width: f64) -> (String, f64) {
    let sample = |is_optional, is_single, kind| Relation {
        child: 0,
        parent: 0,
        columns: Vec::new(),
        parent_columns: Vec::new(),
        is_optional,
        is_single,
        kind,
        name: String::new(),
        actions: String::new(),
    };
    let has = |test: &dyn Fn(&Relation) -> bool| entities.relations.iter().any(test);
    let declared = RelationKind::Declared;
    let mut items = Vec::new();
    for (words, relation) in [
        ("each has one parent, a parent any number", sample(false, false, declared)),
        ("parent optional", sample(true, false, declared)),
        ("a parent has one at most", sample(false, true, declared)),
        ("by name and type only, no foreign key", sample(false, false, RelationKind::Implied)),
        ("view reads table", sample(true, false, RelationKind::Reads)),
    ] {
        if has(&|r| (r.is_optional, r.is_single, r.kind) == (relation.is_optional, relation.is_single, relation.kind)) {
            items.push((words, Some(relation)));
        }
    }
    items.push(("→ name  refers to a table elsewhere", None));
    items.push(("italic: may be null", None));
    let (mut x, mut y) = (0.0, 10.0);
    let mut out = String::new();
    for (words, relation) in items {
        let sign = if relation.is_some() { 66.0 } else { 0.0 };
        let length = sign + sans(words, 11.0) + 26.0;
        if x > 0.0 && x + length > width {
            (x, y) = (0.0, y + 20.0);
        }
        if let Some(relation) = &relation {
            let dashed = if relation.kind == declared { "" } else { " class=\"d\"" };
            let path = path(&[(x, y - 4.0), (x + 58.0, y - 4.0)], relation);
            let _ = write!(out, "<g class=\"w\"><path{dashed} d=\"{path}\"/></g>");
        }
        text(&mut out, "sub", (x + sign, y), words);
        x += length;
    }
    (out, y + 6.0)
}

fn text(out: &mut String, class: &str, (x, y): (f64, f64), words: &str) {
    let _ = write!(out, "<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>", n(x), n(y), escape(words));
}

/// A length with at most one decimal.
fn n(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    if rounded.fract() == 0.0 { format!("{rounded:.0}") } else { format!("{rounded:.1}") }
}

/// Text for an element or attribute; controls are spelled out first.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Neither is allowed in XML, however written.
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
