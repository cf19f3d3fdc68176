//! Packing rectangles into one of a readable shape: a skyline, over several widths, the best one kept.

/// The shape that is aimed at, width to height.
const SHAPE: f64 = 1.6;

/// Where the rectangles stand.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Packed {
    /// Upper left corners, in the order of the input.
    pub(super) at: Vec<(f64, f64)>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Packs rectangles (width, height) with a gap between them.
pub(super) fn pack(sizes: &[(f64, f64)], gap: f64) -> Packed {
    if sizes.is_empty() {
        return Packed::default();
    }
    let area: f64 = sizes.iter().map(|(w, h)| (w + gap) * (h + gap)).sum();
    let widest = sizes.iter().map(|(w, _)| *w).fold(0.0, f64::max);
    let ideal = (area * SHAPE).sqrt();
    let mut best: Option<(f64, Packed)> = None;
    for order in orders(sizes) {
        for step in 0..16 {
            let packed = into_width(sizes, &order, gap, (ideal * (0.8 + 0.05 * f64::from(step))).max(widest));
            let shape = packed.width / packed.height.max(1.0);
            let bend = if shape > SHAPE { shape / SHAPE } else { SHAPE / shape };
            let waste = packed.width * packed.height / area;
            let cost = waste * (1.0 + (bend - 1.0) * 0.35);
            if best.as_ref().is_none_or(|(least, _)| cost < least - 1e-9) {
                best = Some((cost, packed));
            }
        }
    }
    best.map(|(_, packed)| packed).unwrap_or_default()
}

/// A piece of the skyline: from `x` on, `w` wide, everything above `y` (downwards) is taken.
#[derive(Clone, Copy)]
struct Step {
    x: f64,
    w: f64,
    y: f64,
}

/// What is compared first, and second, of a width and a height.
type Key = fn((f64, f64)) -> (f64, f64);

/// Orders to try: tallest first, widest first, largest first.
fn orders(sizes: &[(f64, f64)]) -> Vec<Vec<usize>> {
    let keys: [Key; 3] = [|(w, h)| (h, w), |(w, h)| (w, h), |(w, h)| (w * h, h)];
    let order = |key: Key| {
        let mut order: Vec<usize> = (0..sizes.len()).collect();
        order.sort_by(|a, b| {
            let (a_key, b_key) = (key(sizes[*a]), key(sizes[*b]));
            b_key.0.total_cmp(&a_key.0).then(b_key.1.total_cmp(&a_key.1)).then(a.cmp(b))
        });
        order
    };
    keys.into_iter().map(order).collect()
}

fn into_width(sizes: &[(f64, f64)], order: &[usize], gap: f64, limit: f64) -> Packed {
    let mut skyline = vec![Step { x: 0.0, w: limit + gap, y: 0.0 }];
    let mut at = vec![(0.0, 0.0); sizes.len()];
    let (mut width, mut height) = (0.0_f64, 0.0_f64);
    for &place in order {
        let (w, h) = (sizes[place].0 + gap, sizes[place].1 + gap);
        let mut best: Option<(f64, f64, usize)> = None;
        for first in 0..skyline.len() {
            if let Some(y) = rest(&skyline, first, w)
                && best.is_none_or(|(least, _, _)| y < least - 1e-9)
            {
                best = Some((y, skyline[first].x, first));
            }
        }
        let Some((y, x, first)) = best else { continue };
        at[place] = (x, y);
        width = width.max(x + sizes[place].0);
        height = height.max(y + sizes[place].1);
        lay(&mut skyline, first, Step { x, w, y: y + h });
    }
    Packed { at, width, height }
}

/// The height at which something so wide comes to rest when it begins at a step; none when it would stick out.
fn rest(skyline: &[Step], first: usize, w: f64) -> Option<f64> {
    let (mut left, mut y) = (w, 0.0_f64);
    for step in &skyline[first..] {
        y = y.max(step.y);
        left -= step.w;
        if left <= 1e-6 {
            return Some(y);
        }
    }
    None
}

/// Puts a new step over those that it covers.
fn lay(skyline: &mut Vec<Step>, first: usize, new: Step) {
    let end = new.x + new.w;
    let mut rest: Vec<Step> = skyline.drain(first..).filter(|step| step.x + step.w > end + 1e-6).collect();
    if let Some(cut) = rest.first_mut().filter(|step| step.x < end) {
        cut.w -= end - cut.x;
        cut.x = end;
    }
    skyline.push(new);
    skyline.extend(rest);
}
