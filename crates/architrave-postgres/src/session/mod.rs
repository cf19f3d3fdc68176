//! One transaction on a server, in simple queries only: limits, savepoints, pipelining, and the count of round trips.

/// How often a read waited for the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RoundTrips {
    /// Flights of messages that were sent together and waited for.
    pub trips: u32,
    /// Messages in them.
    pub messages: u32,
}
