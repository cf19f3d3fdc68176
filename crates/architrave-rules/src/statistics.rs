//! How far the statistics of a server can be trusted.

use architrave_model::{Context, Stats};

/// Seconds.
pub(crate) const DAY: f64 = 86_400.0;

/// Seconds that the counters cover, at least: since their reset, else since the server's start; none when neither is known.
pub(crate) fn counting_since(stats: &Stats, context: &Context<'_>) -> Option<f64> {
    let since = stats.database.as_ref().and_then(|d| d.stats_reset).or(context.server.started_at)?;
    Some((stats.captured_at - since).max(0.0))
}
