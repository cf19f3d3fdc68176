//! How much of a statement a bottleneck is: its share of the time, or of the planner's cost where nothing was timed.

use super::wording::ms;
use crate::figures::{count, percent};
use architrave_model::finding::{Confidence, Severity};

/// A part against the statement's whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Weight {
    part: f64,
    whole: f64,
    calls: f64,
    timed: bool,
}

/// Below a tenth of the statement a node is not worth a word; from 40 % on it is what the statement is about (the steps of pev2:
/// 10, 40 and 90 %).
pub(crate) const WORTH_A_WORD: f64 = 0.1;
const DOMINANT: f64 = 0.4;

/// Milliseconds per unit of planner cost, roughly: a sequential page read is 1, and TPC-H's queries on data in memory take 3 to 10
/// microseconds per unit. Good for an order of magnitude, which is all that the steps below need.
const MS_PER_COST: f64 = 0.005;

/// Milliseconds per call. A person notices a tenth of a second and loses the thread after some seconds (Nielsen, *Response Times: The 3
/// Important Limits*).
const PER_CALL: [(f64, Severity); 3] = [(5000.0, Severity::High), (100.0, Severity::Medium), (10.0, Severity::Low)];
/// Milliseconds of all calls in the period that was seen: an hour, a minute, five seconds of a processor.
const IN_ALL: [(f64, Severity); 3] = [(3_600_000.0, Severity::High), (60_000.0, Severity::Medium), (5000.0, Severity::Low)];

impl Weight {
    pub(crate) fn time(part: f64, whole: f64, calls: f64) -> Self {
        Self { part, whole, calls, timed: true }
    }

    pub(crate) fn cost(part: f64, whole: f64, calls: f64) -> Self {
        Self { part, whole, calls, timed: false }
    }

    /// 0–1.
    pub(crate) fn share(&self) -> f64 {
        if self.whole > 0.0 { (self.part / self.whole).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Whether it was measured, not estimated.
    pub(crate) fn is_timed(&self) -> bool {
        self.timed
    }

    /// Milliseconds per call: measured, or guessed from the cost.
    pub(crate) fn ms(&self) -> f64 {
        if self.timed { self.part } else { self.part * MS_PER_COST }
    }

    /// Whether it is at least a tenth of the statement.
    pub(crate) fn matters(&self) -> bool {
        self.share() >= WORTH_A_WORD
    }

    /// By what it costs per call and in all calls; one step less where it does not dominate the statement.
    pub(crate) fn severity(&self) -> Severity {
        let step =
            |figure: f64, steps: &[(f64, Severity)]| steps.iter().find(|(floor, _)| figure >= *floor).map_or(Severity::Info, |s| s.1);
        // A single call is what `calls` says when nothing is known.
        let in_all = if self.calls > 1.0 { step(self.ms() * self.calls, &IN_ALL) } else { Severity::Info };
        let severity = step(self.ms(), &PER_CALL).max(in_all);
        if self.share() >= DOMINANT { severity } else { severity.lowered() }
    }

    /// Certain of what was measured, likely of what the planner expects.
    pub(crate) fn confidence(&self) -> Confidence {
        if self.timed { Confidence::Certain } else { Confidence::Likely }
    }

    /// `310 ms of 420 ms (74 %)`, `74 % of the planner's cost (9,210 of 12,400)`.
    pub(crate) fn words(&self) -> String {
        if self.timed {
            format!("{} of {} ({})", ms(self.part), ms(self.whole), percent(self.share()))
        } else {
            format!("{} of the planner's cost ({} of {})", percent(self.share()), count(self.part), count(self.whole))
        }
    }

    /// The same as evidence: the fact, the value and its source.
    pub(crate) fn source(&self) -> &'static str {
        if self.timed { "EXPLAIN ANALYZE" } else { "EXPLAIN" }
    }
}
