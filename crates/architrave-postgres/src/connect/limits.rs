//! How long a connection may take to come about.

use std::time::Duration;

/// Limits of one connection attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest time for name resolution, TCP, TLS and authentication together, per host of the target. A
    /// `connect_timeout` in the connection string, the service file or `PGCONNECT_TIMEOUT` comes first.
    pub connect_timeout: Duration,
}

impl Default for Limits {
    /// 10 seconds.
    fn default() -> Self {
        Self { connect_timeout: Duration::from_secs(10) }
    }
}
