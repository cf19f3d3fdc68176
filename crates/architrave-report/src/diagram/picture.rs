//! The picture: every table a box with its rows of columns, every community a frame, every relation a line or, where a line would cross
//! half the picture, a sign on the row. Lengths are the picture's units; what is in a frame counts from the frame's corner.

use super::communities::Grouping;
use super::entities::{Entities, Entity, Relation, RelationKind, short_type};
use super::layered::{self, Link, Size};
use super::pack::pack;
use super::{Detail, channel};
use crate::format::{self, cut, visible};
use std::collections::{BTreeMap, BTreeSet};

/// Height of a box's head.
pub(super) const HEAD: f64 = 28.0;
/// Height of a row.
pub(super) const ROW: f64 = 18.0;
/// Space below the last row.
const FOOT: f64 = 5.0;
/// Height of a frame's head, and its padding.
pub(super) const FRAME_HEAD: f64 = 46.0;
pub(super) const FRAME_PAD: f64 = 18.0;
/// Where lines meet the head of a referenced box: every row has a parent, or need not, or it is the box itself.
const PORT_MANDATORY: f64 = 8.0;
const PORT_OPTIONAL: f64 = 17.0;
pub(super) const PORT_SELF: f64 = 24.0;
/// Parts of a community flatter than this are taken apart; the second holds when the whole would be too flat with the first.
const FLATTEST: [f64; 2] = [4.5, 2.6];
/// The flattest whole.
const WHOLE: f64 = 2.4;
/// The shape that boxes without lines are given.
const SHAPE: f64 = 1.6;
/// Width of a character of the fixed-width font at its size.
const MONO: f64 = 6.65;

/// How much wider than others bold letters are.
const BOLD: f64 = 1.13;

/// A rectangle.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Rect {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) w: f64,
    pub(crate) h: f64,
}

/// A row of a box.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// `PK`, `FK` or nothing.
    pub(crate) key: &'static str,
    pub(crate) name: String,
    /// Type, or where the column refers to when no line says it.
    pub(crate) right: String,
    /// `right` is a reference.
    pub(crate) is_reference: bool,
    pub(crate) is_nullable: bool,
}

/// A box.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placed {
    pub(crate) entity: usize,
    /// In its frame.
    pub(crate) rect: Rect,
    pub(crate) title: String,
    /// At the right of the head: rows, or how many tables refer to a hub.
    pub(crate) note: String,
    pub(crate) rows: Vec<Row>,
    /// Columns that are not shown.
    pub(crate) hidden: usize,
}

/// A line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wire {
    pub(crate) relation: usize,
    /// From the referenced box to the referring one, in the frame.
    pub(crate) points: Vec<(f64, f64)>,
}

/// A community.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frame {
    /// On the picture.
    pub(crate) rect: Rect,
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) boxes: Vec<Placed>,
    pub(crate) wires: Vec<Wire>,
}

/// Everything, placed.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Picture {
    pub(crate) frames: Vec<Frame>,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Picture {
    /// Lays everything out.
    pub(crate) fn of(entities: &Entities, grouping: &Grouping, detail: Detail) -> Self {
        let picture = Self::with(entities, grouping, detail, FLATTEST[0]);
        if picture.width <= picture.height * WHOLE { picture } else { Self::with(entities, grouping, detail, FLATTEST[1]) }
    }

    fn with(entities: &Entities, grouping: &Grouping, detail: Detail, flattest: f64) -> Self {
        let mut maker = Maker::new(entities, grouping, detail, flattest);
        let mut frames: Vec<Frame> = (0..grouping.groups.len()).map(|group| maker.frame(group)).collect();
        let sizes: Vec<(f64, f64)> = frames.iter().map(|f| (f.rect.w, f.rect.h)).collect();
        let packed = pack(&sizes, 28.0);
        for (frame, at) in frames.iter_mut().zip(&packed.at) {
            (frame.rect.x, frame.rect.y) = *at;
        }
        Self { frames, width: packed.width, height: packed.height }
    }
}

struct Maker<'a> {
    entities: &'a Entities,
    grouping: &'a Grouping,
    detail: Detail,
    outgoing: Vec<Vec<usize>>,
    referenced_by: Vec<usize>,
    /// Whether each relation is drawn as a line.
    is_drawn: Vec<bool>,
    /// The column whose row each relation leaves from; none for the head.
    port_column: Vec<Option<usize>>,
    between: BTreeMap<(usize, usize), usize>,
    flattest: f64,
}

impl<'a> Maker<'a> {
    fn new(entities: &'a Entities, grouping: &'a Grouping, detail: Detail, flattest: f64) -> Self {
        let outgoing = entities.outgoing();
        let is_drawn = entities.relations.iter().map(|r| r.child == r.parent || grouping.draws(r.child, r.parent)).collect();
        let port_column = entities.relations.iter().map(|r| port_column(entities, &outgoing[r.child], r)).collect();
        let (referenced_by, between) = (entities.referenced_by(), grouping.between(entities));
        Self { entities, grouping, detail, outgoing, referenced_by, is_drawn, port_column, between, flattest }
    }

    fn frame(&mut self, group: usize) -> Frame {
        let members = &self.grouping.groups[group].members;
        let mut parts: Vec<Part> = Vec::new();
        let mut alone: Vec<usize> = Vec::new();
        let mut work = self.connected(members);
        work.reverse();
        while let Some(part) = work.pop() {
            if let [one] = part.as_slice()
                && !self.size(*one).has_loop
            {
                alone.push(*one);
                continue;
            }
            let laid = self.lay(&part);
            let depth = laid.at.iter().map(|(x, _, _)| *x as i64).collect::<BTreeSet<i64>>().len();
            if depth > 3 && laid.width > laid.height * self.flattest && laid.width > 900.0 {
                self.take_apart(&part, &laid);
                work.extend(self.connected(&part).into_iter().rev());
            } else {
                parts.push(Part { members: part, laid });
            }
        }
        if !alone.is_empty() {
            alone.sort_unstable();
            let boxes: Vec<Size> = alone.iter().map(|member| self.size(*member)).collect();
            let widest = parts.iter().map(|p| p.laid.width).fold(0.0, f64::max);
            parts.push(Part { members: alone, laid: grid(&boxes, widest) });
        }
        let sizes: Vec<(f64, f64)> = parts.iter().map(|p| (p.laid.width, p.laid.height)).collect();
        let packed = pack(&sizes, 34.0);
        let (mut boxes, mut wires) = (Vec::new(), Vec::new());
        for (part, at) in parts.iter().zip(&packed.at) {
            let corner = (at.0 + FRAME_PAD, at.1 + FRAME_HEAD);
            self.place(part, corner, &mut boxes, &mut wires);
        }
        boxes.sort_by_key(|b| b.entity);
        wires.sort_by_key(|w| w.relation);
        let title = self.grouping.groups[group].title.clone();
        let width = (packed.width + 2.0 * FRAME_PAD).max(sans(&title, 15.0) * BOLD + 2.0 * FRAME_PAD).max(220.0);
        let subtitle = cut(&self.subtitle(group), ((width - 2.0 * FRAME_PAD) / 5.9) as usize);
        let rect = Rect { w: width, h: packed.height + FRAME_HEAD + FRAME_PAD, ..Rect::default() };
        Frame { rect, title, subtitle, boxes, wires }
    }

    /// `23 tables · refers to sales 12, auth 3`.
    fn subtitle(&self, group: usize) -> String {
        let mut text = format::plural(self.grouping.groups[group].members.len(), "table", "tables");
        let mut to: Vec<(usize, usize)> =
            self.between.iter().filter(|((from, _), _)| *from == group).map(|((_, to), n)| (*to, *n)).collect();
        to.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        if !to.is_empty() {
            let names: Vec<String> = to.iter().map(|(to, n)| format!("{} {n}", self.grouping.groups[*to].title)).collect();
            text.push_str(&format!(" · refers to {}", names.join(", ")));
        }
        text
    }

    /// The parts that drawn lines hold together.
    fn connected(&self, members: &[usize]) -> Vec<Vec<usize>> {
        let mut near: BTreeMap<usize, Vec<usize>> = members.iter().map(|m| (*m, Vec::new())).collect();
        for &member in members {
            for relation in self.outgoing[member].iter().filter(|at| self.is_drawn[**at]).map(|at| &self.entities.relations[*at]) {
                if near.contains_key(&relation.parent) {
                    near.entry(member).or_default().push(relation.parent);
                    near.entry(relation.parent).or_default().push(member);
                }
            }
        }
        let mut parts = Vec::new();
        let mut seen = BTreeSet::new();
        for &start in members {
            let mut part = Vec::new();
            let mut open = vec![start];
            while let Some(at) = open.pop() {
                if seen.insert(at) {
                    part.push(at);
                    open.extend(near.get(&at).into_iter().flatten());
                }
            }
            if !part.is_empty() {
                part.sort_unstable();
                parts.push(part);
            }
        }
        parts
    }

    /// Turns the lines over the middle of a part that is much too flat into signs.
    fn take_apart(&mut self, part: &[usize], laid: &layered::Laid) {
        let x: BTreeMap<usize, f64> = part.iter().zip(&laid.at).map(|(member, at)| (*member, at.0)).collect();
        let middle = laid.width / 2.0;
        for (at, relation) in self.entities.relations.iter().enumerate() {
            if let (Some(a), Some(b)) = (x.get(&relation.child), x.get(&relation.parent))
                && (*a < middle) != (*b < middle)
            {
                self.is_drawn[at] = false;
            }
        }
    }

    fn lay(&self, part: &[usize]) -> layered::Laid {
        let place: BTreeMap<usize, usize> = part.iter().enumerate().map(|(at, member)| (*member, at)).collect();
        let sizes: Vec<Size> = part.iter().map(|member| self.size(*member)).collect();
        let mut links = Vec::new();
        for at in self.drawn(part) {
            let relation = &self.entities.relations[at];
            if let (Some(&child), Some(&parent)) = (place.get(&relation.child), place.get(&relation.parent)) {
                let parent_port = if relation.is_optional { PORT_OPTIONAL } else { PORT_MANDATORY };
                links.push(Link { parent, child, parent_port, child_port: self.child_port(at) });
            }
        }
        layered::lay(&sizes, &links)
    }

    /// The drawn relations of a part, in the order of its links.
    fn drawn(&self, part: &[usize]) -> Vec<usize> {
        part.iter().flat_map(|member| &self.outgoing[*member]).copied().filter(|at| self.is_drawn[*at]).collect()
    }

    fn size(&self, entity: usize) -> Size {
        let rows = self.rows(entity);
        let hidden = usize::from(self.hidden(entity) > 0 && self.detail != Detail::Names);
        let head =
            sans(&self.title(entity), 13.0) * BOLD + if self.note(entity).is_empty() { 0.0 } else { sans(&self.note(entity), 10.5) + 12.0 };
        let row = |row: &Row| 32.0 + (row.name.chars().map(wide).sum::<f64>() + row.right.chars().map(wide).sum::<f64>()) * MONO + 18.0;
        let w = rows.iter().map(row).fold(head + 24.0, f64::max).max(130.0).ceil();
        let h = HEAD + (rows.len() + hidden) as f64 * ROW + if rows.len() + hidden > 0 { FOOT } else { 0.0 };
        let has_loop = self.outgoing[entity].iter().any(|at| self.entities.relations[*at].parent == entity);
        Size { w, h, has_loop }
    }

    fn title(&self, entity: usize) -> String {
        cut(&visible(&self.entities.list[entity].name.name), 40)
    }

    fn note(&self, entity: usize) -> String {
        let Entity { rows, sort, .. } = &self.entities.list[entity];
        let mut notes = Vec::new();
        if self.grouping.hub[entity] {
            notes.push(format!("◂ {}", self.referenced_by[entity]));
        }
        if let Some(rows) = rows {
            notes.push(format::count(*rows));
        }
        if !sort.is_empty() {
            notes.push((*sort).to_owned());
        }
        notes.join(" · ")
    }

    /// Positions of the columns that have a row.
    fn shown(&self, entity: usize) -> Vec<usize> {
        let fields = self.entities.list[entity].fields.iter().enumerate();
        match self.detail {
            Detail::Names => Vec::new(),
            Detail::Keys => fields.filter(|(_, f)| f.is_primary || f.is_foreign).map(|(at, _)| at).collect(),
            Detail::All => fields.map(|(at, _)| at).collect(),
        }
    }

    fn hidden(&self, entity: usize) -> usize {
        self.entities.list[entity].fields.len() - self.shown(entity).len()
    }

    fn rows(&self, entity: usize) -> Vec<Row> {
        let own = &self.entities.list[entity];
        let row = |at: usize| {
            let field = &own.fields[at];
            let targets: BTreeSet<usize> = self.outgoing[entity]
                .iter()
                .filter(|relation| self.port_column[**relation] == Some(at) && !self.is_drawn[**relation])
                .map(|relation| self.entities.relations[*relation].parent)
                .collect();
            let target = |to: &usize| {
                let to = &self.entities.list[*to].name;
                if to.schema == own.name.schema { visible(&to.name) } else { visible(&to.to_string()) }
            };
            let references: Vec<String> = targets.iter().map(target).collect();
            let right = if references.is_empty() {
                cut(&short_type(&field.data_type), 18)
            } else {
                format!("→ {}", cut(&references.join(", "), 30))
            };
            Row {
                key: if field.is_primary {
                    "PK"
                } else if field.is_foreign {
                    "FK"
                } else {
                    ""
                },
                name: cut(&visible(&field.name), 32),
                right,
                is_reference: !references.is_empty(),
                is_nullable: !field.not_null,
            }
        };
        self.shown(entity).into_iter().map(row).collect()
    }

    /// Where the line of a relation leaves the referring box. Lines that would leave from one row spread a little.
    fn child_port(&self, relation: usize) -> f64 {
        let own = &self.entities.relations[relation];
        let rows = self.shown(own.child);
        let row_of = |column: Option<usize>| column.and_then(|column| rows.iter().position(|at| *at == column));
        let row = row_of(self.port_column[relation]);
        let same: Vec<usize> =
            self.outgoing[own.child].iter().copied().filter(|at| self.is_drawn[*at] && row_of(self.port_column[*at]) == row).collect();
        let place = same.iter().position(|at| *at == relation).unwrap_or(0) as f64;
        let step = 6.0_f64.min(14.0 / same.len().max(1) as f64);
        let spread = (place - (same.len().max(1) - 1) as f64 / 2.0) * step;
        row.map_or(HEAD / 2.0, |row| HEAD + (row as f64 + 0.5) * ROW) + spread
    }

    fn place(&self, part: &Part, corner: (f64, f64), boxes: &mut Vec<Placed>, wires: &mut Vec<Wire>) {
        let mut rects: BTreeMap<usize, Rect> = BTreeMap::new();
        for (member, (x, y, w)) in part.members.iter().zip(&part.laid.at) {
            let rect = Rect { x: x + corner.0, y: y + corner.1, w: *w, h: self.size(*member).h };
            rects.insert(*member, rect);
            boxes.push(Placed {
                entity: *member,
                rect,
                title: self.title(*member),
                note: self.note(*member),
                rows: self.rows(*member),
                hidden: self.hidden(*member),
            });
        }
        let mut loops: BTreeMap<usize, usize> = BTreeMap::new();
        for (relation, route) in self.drawn(&part.members).into_iter().zip(&part.laid.routes) {
            let own = &self.entities.relations[relation];
            let points = match rects.get(&own.child) {
                Some(rect) if own.child == own.parent => {
                    let n = loops.entry(own.child).or_default();
                    *n += 1;
                    let out = rect.x + rect.w + (channel::LOOP - 6.0 + 3.0 * (*n as f64 - 1.0)).min(channel::LOOP);
                    let (from, to) = (rect.y + PORT_SELF, rect.y + self.child_port(relation));
                    vec![(rect.x + rect.w, from), (out, from), (out, to), (rect.x + rect.w, to)]
                }
                _ => route.iter().map(|(x, y)| (x + corner.0, y + corner.1)).collect(),
            };
            wires.push(Wire { relation, points });
        }
    }
}

/// Boxes without lines: in columns of one width, each below the shortest so far. As wide as what stands beside them, if anything does.
fn grid(sizes: &[Size], beside: f64) -> layered::Laid {
    const GAP: f64 = 22.0;
    let wide = sizes.iter().map(|s| s.w).fold(0.0, f64::max);
    let all: f64 = sizes.iter().map(|s| s.h + GAP).sum();
    let ideal = (all * SHAPE / (wide + GAP)).sqrt().round();
    let columns = if beside > 0.0 { ideal.max(((beside + GAP) / (wide + GAP)).floor()) } else { ideal };
    let columns = (columns as usize).clamp(1, sizes.len().max(1));
    let mut heights = vec![0.0_f64; columns];
    let mut at = Vec::with_capacity(sizes.len());
    for size in sizes {
        let column = (0..columns).min_by(|a, b| heights[*a].total_cmp(&heights[*b])).unwrap_or(0);
        at.push((column as f64 * (wide + GAP), heights[column], wide));
        heights[column] += size.h + GAP;
    }
    let height = heights.iter().copied().fold(0.0, f64::max) - GAP;
    layered::Laid { at, routes: Vec::new(), width: columns as f64 * (wide + GAP) - GAP, height }
}

struct Part {
    members: Vec<usize>,
    laid: layered::Laid,
}

/// The column whose row a relation leaves from: of a composite key the one that fewest other relations use.
fn port_column(entities: &Entities, siblings: &[usize], relation: &Relation) -> Option<usize> {
    if relation.kind == RelationKind::Reads {
        return None;
    }
    let used = |column: usize| siblings.iter().filter(|at| entities.relations[**at].columns.contains(&column)).count();
    relation.columns.iter().rev().copied().min_by_key(|column| used(*column))
}

/// Width of a text in the proportional font, generously.
pub(super) fn sans(text: &str, size: f64) -> f64 {
    let of = |c: char| match c {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | '.' | ',' | ' ' | '\'' | ':' | '|' => 0.4,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.98,
        c if c.is_uppercase() => 0.76,
        c => wide(c) * 0.63,
    };
    text.chars().map(of).sum::<f64>() * size
}

/// How many cells a character takes.
fn wide(c: char) -> f64 {
    if matches!(u32::from(c), 0x1100..=0x11ff | 0x2e80..=0xa4cf | 0xac00..=0xd7ff | 0xf900..=0xfaff | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0x1f000..)
    {
        2.0
    } else {
        1.0
    }
}
