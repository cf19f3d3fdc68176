//! Tests of architrave-sql against a real server.
#![expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod conformance;
mod difference;
mod difference_pairs;
mod round_trip;
