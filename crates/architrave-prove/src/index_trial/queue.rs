//! How long a session has waited for a processor. On a machine with other work that is most of what its clock shows, and none of what an index
//! is to blame for.

use architrave_postgres::Client;
use std::path::PathBuf;

/// The account that the kernel keeps of one session's process; empty where there is none (only Linux keeps it).
#[derive(Debug, Clone, Default)]
pub(super) struct Queue {
    account: Option<PathBuf>,
}

impl Queue {
    /// Of a session on a server of this machine.
    pub(super) async fn of(client: &Client) -> Self {
        let process = crate::generated_rows::one_text(client, "select pg_catalog.pg_backend_pid()").await.ok().flatten();
        Self { account: process.map(|id| PathBuf::from(format!("/proc/{id}/schedstat"))) }
    }

    /// Milliseconds spent waiting for a processor so far.
    pub(super) fn waited_ms(&self) -> Option<f64> {
        waited(&std::fs::read_to_string(self.account.as_ref()?).ok()?)
    }
}

/// Nanoseconds on a processor, nanoseconds waiting for one, and slices.
fn waited(text: &str) -> Option<f64> {
    text.split_whitespace().nth(1)?.parse::<f64>().ok().map(|ns| ns / 1e6)
}

/// What a run took but for the waiting; never less than a tenth, because the account covers planning as well.
pub(super) fn without_waiting(ms: f64, before: Option<f64>, after: Option<f64>) -> f64 {
    let waited = before.zip(after).map_or(0.0, |(before, after)| (after - before).max(0.0));
    (ms - waited).max(ms / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_taken_off() {
        assert_eq!(waited("1000000 2500000 7\n"), Some(2.5));
        assert_eq!(waited(""), None);
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} is not {b}");
        near(without_waiting(100.0, Some(10.0), Some(40.0)), 70.0);
        near(without_waiting(100.0, None, Some(40.0)), 100.0);
        near(without_waiting(100.0, Some(0.0), Some(99.9)), 10.0);
    }
}
