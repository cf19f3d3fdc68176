//! A layered picture of one connected part: referenced tables to the left of those that refer to them, lines in the channels between
//! the layers. Lines that leave one port run together until they must part; a line that passes a layer has a place of its own in it, so
//! that none runs over a box.

use super::channel::{self, Net};
use std::collections::{BTreeMap, BTreeSet};

/// Space between two boxes of a layer.
const GAP: f64 = 22.0;
/// Space between a line that passes a layer and its neighbours.
const LINE_GAP: f64 = 12.0;
/// Height to width that is aimed at.
const SHAPE: f64 = 1.7;

/// A box to place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Size {
    pub(super) w: f64,
    pub(super) h: f64,
    /// A loop to itself needs room on the right.
    pub(super) has_loop: bool,
}

/// A line to draw, from the referenced box to the referring one. Ports are distances from the upper edges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Link {
    pub(super) parent: usize,
    pub(super) child: usize,
    pub(super) parent_port: f64,
    pub(super) child_port: f64,
}

/// Where everything stands, from (0, 0).
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Laid {
    /// Upper left corner and width of each box (boxes of one layer are made equally wide).
    pub(super) at: Vec<(f64, f64, f64)>,
    /// The way of each link from the parent's edge to the child's.
    pub(super) routes: Vec<Vec<(f64, f64)>>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Something with a place in a layer.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Item {
    Box(usize),
    /// A net on its way to a later layer.
    Line(usize),
}

/// Links that leave the same port of the same box.
struct Bundle {
    from: usize,
    port: f64,
    /// Links with the box they go to and its port.
    to: Vec<(usize, usize, f64)>,
}

/// Between two neighbouring layers: the piece of a net from an item to an item.
#[derive(Debug, Clone, Copy)]
struct Piece {
    net: usize,
    from: usize,
    from_pin: f64,
    to: usize,
    to_pin: f64,
}

/// Lays out boxes that hang together.
pub(super) fn lay(sizes: &[Size], links: &[Link]) -> Laid {
    if sizes.is_empty() {
        return Laid::default();
    }
    let order = order(sizes.len(), links);
    let layer = layers(sizes, links, &order);
    let mut drawing = Drawing::new(sizes, links, &order, &layer);
    drawing.uncross();
    drawing.settle();
    drawing.finish()
}

/// Parents before children; where they refer to each other in a circle, whoever has most children goes first.
fn order(n: usize, links: &[Link]) -> Vec<usize> {
    let mut parents = vec![BTreeSet::new(); n];
    let mut children = vec![BTreeSet::new(); n];
    for link in links.iter().filter(|l| l.parent != l.child) {
        parents[link.child].insert(link.parent);
        children[link.parent].insert(link.child);
    }
    let mut left: BTreeSet<usize> = (0..n).collect();
    let mut order = Vec::with_capacity(n);
    while let Some(&first) = left.iter().next() {
        let waits = |at: usize| parents[at].iter().filter(|p| left.contains(p)).count();
        let open = |at: usize| children[at].iter().filter(|c| left.contains(c)).count();
        let mut best = first;
        for &at in &left {
            let key = |at: usize| (waits(at) > 0, waits(at) + n - open(at));
            if key(at) < key(best) {
                best = at;
            }
        }
        left.remove(&best);
        order.push(best);
    }
    order
}

/// The layer of each box: right of what it follows, no layer much higher than the whole should be.
fn layers(sizes: &[Size], links: &[Link], order: &[usize]) -> Vec<usize> {
    let mut rank = vec![0; sizes.len()];
    for (at, node) in order.iter().enumerate() {
        rank[*node] = at;
    }
    let mut before = vec![BTreeSet::new(); sizes.len()];
    let mut after = vec![BTreeSet::new(); sizes.len()];
    for link in links.iter().filter(|l| l.parent != l.child) {
        let (a, b) = if rank[link.parent] < rank[link.child] { (link.parent, link.child) } else { (link.child, link.parent) };
        before[b].insert(a);
        after[a].insert(b);
    }
    let tallest = sizes.iter().map(|s| s.h).fold(0.0, f64::max);
    let width = sizes.iter().map(|s| s.w).sum::<f64>() / sizes.len() as f64 + 80.0;
    let limit = (sizes.iter().map(|s| s.h + GAP).sum::<f64>() * width / SHAPE).sqrt().max(tallest);
    let mut used: Vec<f64> = Vec::new();
    let mut layer = vec![0; sizes.len()];
    let fits = |used: &[f64], at: usize, h: f64| used.get(at).is_none_or(|u| *u <= 0.0 || u + h <= limit);
    for &node in order {
        let mut at = before[node].iter().map(|b| layer[*b] + 1).max().unwrap_or(0);
        while !fits(&used, at, sizes[node].h) {
            at += 1;
        }
        used.resize(used.len().max(at + 1), 0.0);
        used[at] += sizes[node].h + GAP;
        layer[node] = at;
    }
    // Whoever could stand nearer to what follows it does.
    for &node in order.iter().rev() {
        let Some(next) = after[node].iter().map(|a| layer[*a]).min() else { continue };
        let better = (layer[node] + 1..next).rev().find(|at| fits(&used, *at, sizes[node].h));
        if let Some(at) = better {
            used[layer[node]] -= sizes[node].h + GAP;
            used[at] += sizes[node].h + GAP;
            layer[node] = at;
        }
    }
    let taken: BTreeMap<usize, usize> =
        layer.iter().copied().collect::<BTreeSet<_>>().into_iter().enumerate().map(|(new, old)| (old, new)).collect();
    layer.iter().map(|old| taken[old]).collect()
}

struct Drawing<'a> {
    sizes: &'a [Size],
    links: &'a [Link],
    layer: &'a [usize],
    bundles: Vec<Bundle>,
    /// Items of each layer, top to bottom.
    columns: Vec<Vec<Item>>,
    /// Upper edges, as `columns`.
    tops: Vec<Vec<f64>>,
}

impl<'a> Drawing<'a> {
    fn new(sizes: &'a [Size], links: &'a [Link], order: &[usize], layer: &'a [usize]) -> Self {
        let mut bundles: Vec<Bundle> = Vec::new();
        let mut known: BTreeMap<(usize, i64), usize> = BTreeMap::new();
        for (at, link) in links.iter().enumerate().filter(|(_, l)| l.parent != l.child) {
            let parent = (link.parent, link.parent_port);
            let child = (link.child, link.child_port);
            let (from, to) = if layer[link.parent] < layer[link.child] { (parent, child) } else { (child, parent) };
            let bundle = *known.entry((from.0, (from.1 * 16.0) as i64)).or_insert_with(|| {
                bundles.push(Bundle { from: from.0, port: from.1, to: Vec::new() });
                bundles.len() - 1
            });
            bundles[bundle].to.push((at, to.0, to.1));
        }
        let mut columns: Vec<Vec<Item>> = vec![Vec::new(); layer.iter().max().map_or(0, |l| l + 1)];
        for &node in order {
            columns[layer[node]].push(Item::Box(node));
        }
        for (at, bundle) in bundles.iter().enumerate() {
            let last = bundle.to.iter().map(|(_, to, _)| layer[*to]).max().unwrap_or(0);
            for column in columns.iter_mut().take(last).skip(layer[bundle.from] + 1) {
                column.push(Item::Line(at));
            }
        }
        let tops = columns.iter().map(|column| vec![0.0; column.len()]).collect();
        Self { sizes, links, layer, bundles, columns, tops }
    }

    fn place(&self, column: usize, item: Item) -> usize {
        self.columns[column].iter().position(|other| *other == item).unwrap_or(0)
    }

    /// All pieces between a layer and the next.
    fn pieces(&self, column: usize) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (net, bundle) in self.bundles.iter().enumerate() {
            let start = self.layer[bundle.from];
            let last = bundle.to.iter().map(|(_, to, _)| self.layer[*to]).max().unwrap_or(0);
            if column < start || column >= last {
                continue;
            }
            let (from, from_pin) = if column == start { (Item::Box(bundle.from), bundle.port) } else { (Item::Line(net), 0.0) };
            let from = self.place(column, from);
            let mut to: Vec<(Item, f64)> =
                bundle.to.iter().filter(|t| self.layer[t.1] == column + 1).map(|t| (Item::Box(t.1), t.2)).collect();
            if last > column + 1 {
                to.push((Item::Line(net), 0.0));
            }
            pieces.extend(to.into_iter().map(|(item, pin)| Piece { net, from, from_pin, to: self.place(column + 1, item), to_pin: pin }));
        }
        pieces
    }

    fn height(&self, item: Item) -> f64 {
        if let Item::Box(at) = item { self.sizes[at].h } else { 0.0 }
    }

    /// Orders the items of each layer so that few lines cross.
    fn uncross(&mut self) {
        let mut best = (self.crossings(), self.columns.clone());
        for round in 0..14 {
            if best.0 == 0 {
                break;
            }
            let last = self.columns.len();
            if round % 2 == 0 {
                (1..last).for_each(|column| self.sort_by_neighbours(column, true));
            } else {
                (0..last.saturating_sub(1)).rev().for_each(|column| self.sort_by_neighbours(column, false));
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.columns.clone());
            }
        }
        self.columns = best.1;
        self.swap_neighbours();
    }

    fn sort_by_neighbours(&mut self, column: usize, is_left: bool) {
        let pieces = if is_left { self.pieces(column - 1) } else { self.pieces(column) };
        let other = if is_left { column - 1 } else { column + 1 };
        let mut sums = vec![(0.0, 0.0); self.columns[column].len()];
        for piece in &pieces {
            let (own, near, pin) = if is_left { (piece.to, piece.from, piece.from_pin) } else { (piece.from, piece.to, piece.to_pin) };
            let height = self.height(self.columns[other][near]).max(1.0);
            sums[own].0 += near as f64 + pin / height * 0.9;
            sums[own].1 += 1.0;
        }
        let mut keyed: Vec<(f64, Item)> = self.columns[column]
            .iter()
            .enumerate()
            .map(|(at, item)| (if sums[at].1 > 0.0 { sums[at].0 / sums[at].1 } else { at as f64 }, *item))
            .collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.columns[column] = keyed.into_iter().map(|(_, item)| item).collect();
    }

    /// Swaps neighbours while that saves crossings.
    fn swap_neighbours(&mut self) {
        for _ in 0..3 {
            let mut has_gained = false;
            for column in 0..self.columns.len() {
                for at in 1..self.columns[column].len() {
                    let before = self.crossings_around(column);
                    self.columns[column].swap(at - 1, at);
                    if self.crossings_around(column) < before {
                        has_gained = true;
                    } else {
                        self.columns[column].swap(at - 1, at);
                    }
                }
            }
            if !has_gained {
                break;
            }
        }
    }

    fn crossings(&self) -> usize {
        (0..self.columns.len().saturating_sub(1)).map(|column| crossings(&self.pieces(column))).sum()
    }

    fn crossings_around(&self, column: usize) -> usize {
        let before = if column > 0 { crossings(&self.pieces(column - 1)) } else { 0 };
        let after = if column + 1 < self.columns.len() { crossings(&self.pieces(column)) } else { 0 };
        before + after
    }

    /// Finds the upper edges: every item as near to the height of its neighbours as the order allows.
    fn settle(&mut self) {
        let last = self.columns.len();
        for column in 0..last {
            let wishes = vec![(0.0, 1.0); self.columns[column].len()];
            self.tops[column] = self.spread(column, &wishes);
        }
        for round in 0..12 {
            let is_down = round % 2 == 0;
            let columns: Vec<usize> = if is_down { (0..last).collect() } else { (0..last).rev().collect() };
            for column in columns {
                let wishes = self.wishes(column, round >= 8, is_down);
                self.tops[column] = self.spread(column, &wishes);
            }
        }
        self.straighten_lines();
        self.straighten_boxes();
        self.straighten_lines();
        let top = self.tops.iter().flatten().copied().fold(f64::INFINITY, f64::min);
        for at in self.tops.iter_mut().flatten() {
            *at -= top;
        }
    }

    /// How far up and down an item may go between its neighbours.
    fn room(&self, column: usize, at: usize) -> (f64, f64) {
        let items = &self.columns[column];
        let gap = |a: usize, b: usize| if matches!((items[a], items[b]), (Item::Box(_), Item::Box(_))) { GAP } else { LINE_GAP };
        let low = if at > 0 { self.tops[column][at - 1] + self.height(items[at - 1]) + gap(at - 1, at) } else { f64::NEG_INFINITY };
        let high = self.tops[column].get(at + 1).map_or(f64::INFINITY, |next| next - self.height(items[at]) - gap(at, at + 1));
        (low, high)
    }

    /// Lets a line that passes several layers pass as many as it can at one height.
    fn straighten_lines(&mut self) {
        for net in 0..self.bundles.len() {
            let places: Vec<(usize, usize)> = (0..self.columns.len())
                .filter_map(|column| Some((column, self.columns[column].iter().position(|item| *item == Item::Line(net))?)))
                .collect();
            let mut start = 0;
            while start < places.len() {
                let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
                let mut end = start;
                while let Some(&(column, at)) = places.get(end) {
                    let room = self.room(column, at);
                    if room.0.max(low) > room.1.min(high) {
                        break;
                    }
                    (low, high) = (room.0.max(low), room.1.min(high));
                    end += 1;
                }
                let run = &places[start..end.max(start + 1)];
                let wish = run.iter().map(|(column, at)| self.tops[*column][*at]).sum::<f64>() / run.len() as f64;
                if low <= high {
                    for &(column, at) in run {
                        self.tops[column][at] = wish.round().clamp(low, high);
                    }
                }
                start += run.len();
            }
        }
    }

    /// Moves a box a little where that makes the line to one that it refers to straight.
    fn straighten_boxes(&mut self) {
        const LITTLE: f64 = 26.0;
        for column in 1..self.columns.len() {
            let pieces = self.pieces(column - 1);
            for at in 0..self.columns[column].len() {
                let off = |p: &Piece| self.tops[column - 1][p.from] + p.from_pin - self.tops[column][at] - p.to_pin;
                let nearest = pieces.iter().filter(|p| p.to == at).map(off).min_by(|a, b| a.abs().total_cmp(&b.abs()));
                let (low, high) = self.room(column, at);
                let Some(better) = nearest.filter(|off| off.abs() <= LITTLE).map(|off| self.tops[column][at] + off) else { continue };
                if (low..=high).contains(&better) {
                    self.tops[column][at] = better;
                }
            }
        }
    }

    /// Where each item would like its upper edge, and how much.
    fn wishes(&self, column: usize, from_both: bool, from_left: bool) -> Vec<(f64, f64)> {
        let mut sums = vec![(0.0, 0.0); self.columns[column].len()];
        if column > 0 && (from_both || from_left) {
            for piece in self.pieces(column - 1) {
                sums[piece.to].0 += self.tops[column - 1][piece.from] + piece.from_pin - piece.to_pin;
                sums[piece.to].1 += 1.0;
            }
        }
        if column + 1 < self.columns.len() && (from_both || !from_left) {
            for piece in self.pieces(column) {
                sums[piece.from].0 += self.tops[column + 1][piece.to] + piece.to_pin - piece.from_pin;
                sums[piece.from].1 += 1.0;
            }
        }
        let wish = |(at, (sum, n)): (usize, &(f64, f64))| {
            let weight = if matches!(self.columns[column][at], Item::Line(_)) { 3.0 } else { 1.0 };
            if *n > 0.0 { (sum / n, weight) } else { (self.tops[column][at], 0.05) }
        };
        sums.iter().enumerate().map(wish).collect()
    }

    /// The upper edges nearest to the wishes (least squares) that keep order and distance: pool adjacent violators.
    fn spread(&self, column: usize, wishes: &[(f64, f64)]) -> Vec<f64> {
        let items = &self.columns[column];
        let mut offset = 0.0;
        let mut offsets = Vec::with_capacity(items.len());
        // Sum of weighted wishes, sum of weights, number of items.
        let mut pools: Vec<(f64, f64, usize)> = Vec::new();
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                let both = [items[at - 1], *item].iter().all(|i| matches!(i, Item::Box(_)));
                offset += self.height(items[at - 1]) + if both { GAP } else { LINE_GAP };
            }
            offsets.push(offset);
            let (wish, weight) = wishes[at];
            let mut pool = ((wish - offset) * weight, weight, 1);
            while let Some(last) = pools.last() {
                if last.0 / last.1 < pool.0 / pool.1 {
                    break;
                }
                pool = (pool.0 + last.0, pool.1 + last.1, pool.2 + last.2);
                pools.pop();
            }
            pools.push(pool);
        }
        let base = pools.iter().flat_map(|(sum, weight, n)| std::iter::repeat_n((sum / weight).round(), *n));
        base.zip(offsets).map(|(base, offset)| base + offset).collect()
    }

    /// Puts layers and channels side by side and draws the lines.
    fn finish(mut self) -> Laid {
        let mut at = vec![(0.0, 0.0, 0.0); self.sizes.len()];
        let mut ways: Vec<Vec<(f64, f64)>> = vec![Vec::new(); self.bundles.len()];
        let mut routes: Vec<Vec<(f64, f64)>> = vec![Vec::new(); self.links.len()];
        let (mut x, mut width) = (0.0, 0.0);
        for column in 0..self.columns.len() {
            let boxes: Vec<usize> =
                self.columns[column].iter().filter_map(|item| if let Item::Box(at) = item { Some(*at) } else { None }).collect();
            let wide = boxes.iter().map(|b| self.sizes[*b].w).fold(0.0, f64::max);
            for (item, top) in self.columns[column].iter().zip(&self.tops[column]) {
                if let Item::Box(b) = item {
                    at[*b] = (x, *top, wide);
                }
            }
            let has_loop = boxes.iter().any(|b| self.sizes[*b].has_loop);
            width = x + wide + if has_loop { channel::LOOP } else { 0.0 };
            if column + 1 < self.columns.len() {
                x = self.channel(column, (x + wide, has_loop), &mut ways, &mut routes);
            }
        }
        for (link, route) in self.links.iter().zip(&mut routes) {
            if link.parent != link.child && self.layer[link.parent] > self.layer[link.child] {
                route.reverse();
            }
        }
        let bottom = |(item, top): (&Item, &f64)| top + self.height(*item);
        let height = (0..self.columns.len()).flat_map(|c| self.columns[c].iter().zip(&self.tops[c]).map(bottom)).fold(0.0, f64::max);
        Laid { at, routes, width, height }
    }

    /// Draws what lies between a layer that ends at `start.0` and the next; returns where that begins.
    fn channel(&mut self, column: usize, start: (f64, bool), ways: &mut [Vec<(f64, f64)>], routes: &mut [Vec<(f64, f64)>]) -> f64 {
        let pieces = self.pieces(column);
        let mut nets: BTreeMap<usize, Net> = BTreeMap::new();
        for piece in &pieces {
            let left = self.tops[column][piece.from] + piece.from_pin;
            let net = nets.entry(piece.net).or_insert_with(|| Net { left, right: Vec::new() });
            net.right.push(self.tops[column + 1][piece.to] + piece.to_pin);
        }
        let numbers: Vec<usize> = nets.keys().copied().collect();
        let mut nets: Vec<Net> = nets.into_values().collect();
        // A jog of a pixel or two looks like a mistake: the pin slides instead.
        for net in &mut nets {
            for right in &mut net.right {
                if (*right - net.left).abs() <= 3.0 {
                    *right = net.left;
                }
            }
        }
        let tracks = channel::assign(&nets);
        let first = start.0 + channel::MARGIN + if start.1 { channel::LOOP } else { 0.0 };
        let count = tracks.iter().flatten().max().map_or(0, |t| t + 1);
        let end = first + count as f64 * channel::TRACK + channel::MARGIN;
        for ((number, net), track) in numbers.iter().zip(&nets).zip(&tracks) {
            let x = track.map(|t| first + t as f64 * channel::TRACK);
            let begun = if ways[*number].is_empty() { vec![(start.0, net.left)] } else { ways[*number].clone() };
            let mut pins = net.right.iter();
            let bundle = &self.bundles[*number];
            let piece_to = |right: f64| {
                let mut way = begun.clone();
                if let Some(x) = x.filter(|_| (right - net.left).abs() > f64::EPSILON) {
                    way.extend([(x, net.left), (x, right)]);
                }
                way.push((end, right));
                way
            };
            for (link, _, _) in bundle.to.iter().filter(|t| self.layer[t.1] == column + 1) {
                if let Some(right) = pins.next() {
                    routes[*link] = piece_to(*right);
                }
            }
            if let Some(right) = pins.next() {
                ways[*number] = piece_to(*right);
            }
        }
        // A passing line may have slid with its pin.
        for (number, net) in numbers.iter().zip(&nets) {
            if let (Some(at), Some(right)) = (self.columns[column + 1].iter().position(|i| *i == Item::Line(*number)), net.right.last()) {
                self.tops[column + 1][at] = *right;
            }
        }
        end
    }
}

/// Pairs of pieces that cross; pieces of one net never do.
fn crossings(pieces: &[Piece]) -> usize {
    let key = |item: usize, pin: f64| item as f64 * 1000.0 + pin.min(999.0);
    let mut count = 0;
    for (at, a) in pieces.iter().enumerate() {
        let (a_from, a_to) = (key(a.from, a.from_pin), key(a.to, a.to_pin));
        for b in pieces[..at].iter().filter(|b| b.net != a.net) {
            let (b_from, b_to) = (key(b.from, b.from_pin), key(b.to, b.to_pin));
            count += usize::from((a_from < b_from && a_to > b_to) || (a_from > b_from && a_to < b_to));
        }
    }
    count
}
