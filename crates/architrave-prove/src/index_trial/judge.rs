//! Verdicts out of measurements; pure, so that they can be tested without a clock.

use super::measure::Measured;
use serde::Serialize;

/// Differences below this many milliseconds are the clock's.
const LEAST_MS: f64 = 0.25;
/// Buffers below this many are not worth a word.
const LEAST_BLOCKS: i64 = 16;

/// What the indexes did to a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Faster beyond noise, or as fast with less than half the buffers, or within the time limit at last.
    Helped,
    /// No difference that can be told from noise.
    Same,
    /// Slower than the limit, beyond noise.
    Slower,
    /// It ran into the time limit, where it did not before.
    TimedOut,
    /// It could not be run both times.
    Unknown,
}

impl Change {
    /// Whether it speaks against the indexes.
    pub fn is_harm(self) -> bool {
        matches!(self, Self::Slower | Self::TimedOut)
    }
}

/// Compares a query before and after; `slower_by` is the share of time that it may lose.
pub fn judge(before: &Measured, after: &Measured, slower_by: f64) -> Change {
    let (before, after) = match (before, after) {
        (Measured::Done(before), Measured::Done(after)) => (before, after),
        (Measured::TimedOut, Measured::Done(_)) => return Change::Helped,
        (Measured::Done(_), Measured::TimedOut) => return Change::TimedOut,
        (Measured::TimedOut, Measured::TimedOut) => return Change::Same,
        _ => return Change::Unknown,
    };
    let (was, is) = (before.best_ms(), after.best_ms());
    let noise = LEAST_MS.max(before.noise().max(after.noise()) * was.min(is));
    // The same work cannot have become slower or faster.
    let same_work = before.shape == after.shape && (before.blocks - after.blocks).abs() <= before.blocks / 50;
    if same_work {
        return Change::Same;
    }
    if is > was * (1.0 + slower_by) && is - was > noise {
        return Change::Slower;
    }
    let fewer_blocks = after.blocks * 2 < before.blocks && before.blocks - after.blocks >= LEAST_BLOCKS;
    if (is * (1.0 + slower_by) < was && was - is > noise) || (fewer_blocks && is <= was + noise) {
        return Change::Helped;
    }
    Change::Same
}

/// A query with and without one index, the others in place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contrast {
    /// `TrialQuery::id`.
    pub query: String,
    /// Its weight.
    pub weight: f64,
    /// Fastest run with it, milliseconds; the time limit when it was exceeded.
    pub with_ms: f64,
    /// Fastest run without it.
    pub without_ms: f64,
}

/// Whether queries, weighed, are no faster with an index than without.
pub(super) fn no_better(contrasts: &[Contrast]) -> bool {
    let sum = |ms: fn(&Contrast) -> f64| contrasts.iter().map(|c| c.weight * ms(c)).sum::<f64>();
    sum(|c| c.with_ms) >= sum(|c| c.without_ms)
}

/// What a query that becomes slower counts for, beside one that gains the same time: nobody thanks for a gain as they resent a loss, and
/// who reads the report must be able to rely on "no query becomes slower".
const LOSS_COUNTS: f64 = 10.0;

/// Whether queries lose more by an index than they gain: losses of more than the share `slower_by` count [`LOSS_COUNTS`] times.
pub fn harms(contrasts: &[Contrast], slower_by: f64) -> bool {
    let (mut gains, mut losses) = (0.0, 0.0);
    for contrast in contrasts {
        let gain = contrast.weight * (contrast.without_ms - contrast.with_ms);
        if contrast.with_ms > contrast.without_ms * (1.0 + slower_by) {
            losses -= gain * LOSS_COUNTS;
        } else {
            gains += gain;
        }
    }
    losses > 0.0 && losses >= gains
}

/// The time to reckon with: the fastest run, or the limit.
pub(super) fn reckoned(measured: &Measured, limit_ms: u32) -> Option<f64> {
    match measured {
        Measured::Done(measurement) => Some(measurement.best_ms()),
        Measured::TimedOut => Some(f64::from(limit_ms)),
        Measured::Refused(_) => None,
    }
}
