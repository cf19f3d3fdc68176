//! A moment at which work ends, and what is said of what was not reached by then.

use std::time::{Duration, Instant};

/// The end of a piece of work.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    ends: Instant,
    limit: Duration,
}

impl Deadline {
    /// That long from now.
    pub fn after(limit: Duration) -> Self {
        let now = Instant::now();
        // A limit beyond what the clock can express is none.
        Self { ends: now.checked_add(limit).unwrap_or(now + Duration::from_secs(u64::from(u32::MAX))), limit }
    }

    /// What is left; zero when it is over.
    pub fn left(&self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }

    /// Why no more is done; none while there is time.
    pub fn reached(&self) -> Option<String> {
        self.left().is_zero().then(|| format!("time limit of {} reached", words(self.limit)))
    }

    /// A nearer one that leaves half of what is left to those who come afterwards; it tells of the whole limit.
    #[must_use]
    pub fn half(&self) -> Self {
        Self { ends: Instant::now() + self.left() / 2, limit: self.limit }
    }
}

/// `60 s`, `0.5 s`.
fn words(limit: Duration) -> String {
    if limit.subsec_millis() == 0 { format!("{} s", limit.as_secs()) } else { format!("{:.1} s", limit.as_secs_f64()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_says_which_limit_it_was() {
        let now = Deadline::after(Duration::ZERO);
        assert_eq!(now.reached().as_deref(), Some("time limit of 0 s reached"));
        assert_eq!(now.left(), Duration::ZERO);
        let later = Deadline::after(Duration::from_secs(3600));
        assert_eq!(later.reached(), None);
        assert!(later.half().left() <= Duration::from_secs(1800));
        assert_eq!(Deadline::after(Duration::MAX).reached(), None);
        assert_eq!(words(Duration::from_millis(1500)), "1.5 s");
    }
}
