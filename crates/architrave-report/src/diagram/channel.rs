//! The channel between two layers: which vertical track each net takes, so that no two run over each other and few cross.

/// Space between a box and the first track: room for the signs at a line's end.
pub(super) const MARGIN: f64 = 26.0;
/// Space between tracks.
pub(super) const TRACK: f64 = 9.0;
/// Room for a table's loop to itself.
pub(super) const LOOP: f64 = 22.0;
/// Lines nearer than this look like one.
const NEAR: f64 = 5.0;
/// What running over each other costs, in crossings.
const OVERLAP: usize = 1_000;

/// A net in a channel: one pin on the left, some on the right, by height.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Net {
    pub(super) left: f64,
    pub(super) right: Vec<f64>,
}

impl Net {
    fn span(&self) -> (f64, f64) {
        self.right.iter().fold((self.left, self.left), |(low, high), y| (low.min(*y), high.max(*y)))
    }

    fn is_straight(&self) -> bool {
        self.right.iter().all(|y| (*y - self.left).abs() < f64::EPSILON)
    }
}

/// The track of each net from the left; none for a straight one.
pub(super) fn assign(nets: &[Net]) -> Vec<Option<usize>> {
    let mut order: Vec<usize> = (0..nets.len()).filter(|at| !nets[*at].is_straight()).collect();
    order.sort_by(|a, b| nets[*a].span().0.total_cmp(&nets[*b].span().0).then(a.cmp(b)));
    // Neighbours change places while that makes it better; each swap lowers the cost, so this ends.
    for _ in 0..order.len() {
        let mut has_gained = false;
        for at in 1..order.len() {
            let (a, b) = (&nets[order[at - 1]], &nets[order[at]]);
            if cost(b, a) < cost(a, b) {
                order.swap(at - 1, at);
                has_gained = true;
            }
        }
        if !has_gained {
            break;
        }
    }
    let mut tracks: Vec<Option<usize>> = vec![None; nets.len()];
    for (place, &at) in order.iter().enumerate() {
        let blocked = order[..place].iter().filter(|other| touch(&nets[**other], &nets[at]) || matters(&nets[**other], &nets[at]));
        let after = |other: &usize| {
            let track = tracks[*other].unwrap_or(0);
            if touch(&nets[*other], &nets[at]) { track + 1 } else { track }
        };
        tracks[at] = Some(blocked.map(after).max().unwrap_or(0));
    }
    tracks
}

/// Whether two nets would share a piece of one track.
fn touch(a: &Net, b: &Net) -> bool {
    let (a, b) = (a.span(), b.span());
    a.0 <= b.1 + NEAR && b.0 <= a.1 + NEAR
}

/// Whether the order of two nets makes a difference.
fn matters(a: &Net, b: &Net) -> bool {
    cost(a, b) != cost(b, a)
}

/// What it costs to have `a` on a track left of `b`'s.
fn cost(a: &Net, b: &Net) -> usize {
    let (a_span, b_span) = (a.span(), b.span());
    let inside = |y: f64, span: (f64, f64)| y > span.0 && y < span.1;
    // a's ways to the right pass b's track; b's way from the left passes a's.
    let mut cost = a.right.iter().filter(|y| inside(**y, b_span)).count() + usize::from(inside(b.left, a_span));
    cost += a.right.iter().filter(|y| (**y - b.left).abs() < NEAR).count() * OVERLAP;
    cost
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(left: f64, right: &[f64]) -> Net {
        Net { left, right: right.to_vec() }
    }

    #[test]
    fn parallel_nets_that_go_down_do_not_cross() {
        assert_eq!(assign(&[net(0.0, &[100.0]), net(50.0, &[150.0])]), [Some(1), Some(0)]);
    }

    #[test]
    fn nets_far_apart_share_a_track_and_straight_ones_need_none() {
        assert_eq!(assign(&[net(0.0, &[20.0]), net(100.0, &[120.0]), net(60.0, &[60.0])]), [Some(0), Some(0), None]);
    }

    #[test]
    fn a_net_never_runs_on_in_anothers_line() {
        // The first ends on the right at the height where the second begins on the left: the second must turn before.
        assert_eq!(assign(&[net(0.0, &[80.0]), net(80.0, &[160.0])]), [Some(1), Some(0)]);
    }
}
