//! Where the boxes of a picture stand: a tree from top to bottom, or an indented list where the tree would be too wide.

use super::drawing::Drawing;

/// Size of a box in a tree.
const BOX: (f64, f64) = (206.0, 82.0);
/// Size of a box in a list: there is room beside it.
const LINE: (f64, f64) = (430.0, 56.0);
/// Space between boxes, across and down.
const GAP: (f64, f64) = (18.0, 40.0);
/// Space around everything.
const MARGIN: f64 = 10.0;
/// A tree wider than this becomes a list.
const WIDEST: f64 = 1250.0;
/// Indentation and height of a line of the list.
const STEP: (f64, f64) = (26.0, 68.0);

/// Where everything stands, in the picture's units.
pub(super) struct Layout {
    /// Upper left corners, in the order of the nodes.
    pub(super) at: Vec<(f64, f64)>,
    pub(super) width: f64,
    pub(super) height: f64,
    /// Of each box.
    pub(super) size: (f64, f64),
    /// Indented list instead of a tree.
    pub(super) is_list: bool,
}

/// Lays a drawing out.
pub(super) fn of(drawing: &Drawing) -> Layout {
    let tree = tree(drawing);
    if tree.width <= WIDEST { tree } else { list(drawing) }
}

/// Every node in the middle above its children; subtrees as close as their outlines allow.
fn tree(drawing: &Drawing) -> Layout {
    let nodes = &drawing.nodes;
    // Offset of each node from its parent, and the outline (leftmost, rightmost by level, relative to the node) of its subtree.
    let mut offset = vec![0.0; nodes.len()];
    let mut outline: Vec<Vec<(f64, f64)>> = vec![Vec::new(); nodes.len()];
    for at in (0..nodes.len()).rev() {
        let mut placed: Vec<(f64, f64)> = Vec::new();
        let mut places = Vec::new();
        for child in &nodes[at].children {
            let own = std::mem::take(&mut outline[*child]);
            let push = placed.iter().zip(&own).map(|((_, right), (left, _))| right - left + GAP.0).fold(f64::MIN, f64::max);
            let x = if places.is_empty() { 0.0 } else { push };
            for (level, (left, right)) in own.iter().enumerate() {
                match placed.get_mut(level) {
                    Some(whole) => *whole = (whole.0.min(left + x), whole.1.max(right + x)),
                    None => placed.push((left + x, right + x)),
                }
            }
            places.push(x);
        }
        let middle = f64::midpoint(places.first().copied().unwrap_or(0.0), places.last().copied().unwrap_or(0.0));
        for (child, x) in nodes[at].children.iter().zip(&places) {
            offset[*child] = x - middle;
        }
        let half = BOX.0 / 2.0;
        outline[at] =
            std::iter::once((-half, half)).chain(placed.into_iter().map(|(left, right)| (left - middle, right - middle))).collect();
    }
    let mut middle = vec![0.0; nodes.len()];
    for (at, node) in nodes.iter().enumerate() {
        middle[at] = node.parent.map_or(0.0, |parent| middle[parent]) + offset[at];
    }
    let left = drawing.shown().map(|(at, _)| middle[at]).fold(f64::MAX, f64::min);
    let right = drawing.shown().map(|(at, _)| middle[at]).fold(f64::MIN, f64::max);
    let levels = drawing.shown().map(|(_, node)| node.depth).max().unwrap_or(0) + 1;
    let at = nodes.iter().zip(&middle).map(|(node, x)| (x - left + MARGIN, MARGIN + node.depth as f64 * (BOX.1 + GAP.1))).collect();
    Layout {
        at,
        width: right - left + BOX.0 + 2.0 * MARGIN,
        height: levels as f64 * (BOX.1 + GAP.1) - GAP.1 + 2.0 * MARGIN,
        size: BOX,
        is_list: false,
    }
}

fn list(drawing: &Drawing) -> Layout {
    let mut at = vec![(0.0, 0.0); drawing.nodes.len()];
    let mut lines = 0_usize;
    for (number, node) in drawing.shown() {
        at[number] = (MARGIN + node.depth as f64 * STEP.0, MARGIN + lines as f64 * STEP.1);
        lines += 1;
    }
    let deepest = drawing.shown().map(|(_, node)| node.depth).max().unwrap_or(0) as f64;
    Layout {
        width: deepest * STEP.0 + LINE.0 + 2.0 * MARGIN,
        height: lines as f64 * STEP.1 - (STEP.1 - LINE.1) + 2.0 * MARGIN,
        at,
        size: LINE,
        is_list: true,
    }
}
