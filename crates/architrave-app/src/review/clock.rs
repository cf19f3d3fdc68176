//! Durations of the steps of a run; they live in the `run` block and nowhere else.

use architrave_model::calendar;
use architrave_model::review::Run;
use std::time::Instant;

/// Measures steps.
#[derive(Debug)]
pub struct Stopwatch {
    start: Instant,
    last: Instant,
    steps: Vec<(String, u64)>,
}

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        let now = Instant::now();
        Self { start: now, last: now, steps: Vec::new() }
    }

    /// The time since the last call belongs to this step.
    pub fn step(&mut self, name: &str) {
        let now = Instant::now();
        self.steps.push((name.to_owned(), milliseconds(now - self.last)));
        self.last = now;
    }

    /// Writes everything into the run block.
    pub fn finish(self, run: &mut Run, started: f64) {
        run.duration_ms = milliseconds(self.start.elapsed());
        run.started_at = rfc3339(started);
        run.steps_ms = self.steps;
    }
}

fn milliseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Unix seconds as RFC 3339, UTC, whole seconds.
pub(super) fn rfc3339(seconds: f64) -> String {
    let total = seconds.max(0.0) as i64;
    let (days, rest) = (total.div_euclid(86_400), total.rem_euclid(86_400));
    let (year, month, day) = calendar::date(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

/// The day of unix seconds, UTC: `2026-11-22`.
pub(crate) fn day(seconds: f64) -> String {
    rfc3339(seconds).chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_instants() {
        assert_eq!(rfc3339(0.0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(1_709_210_096.5), "2024-02-29T12:34:56Z");
        assert_eq!(rfc3339(1_795_478_399.0), "2026-11-23T23:59:59Z");
    }
}
