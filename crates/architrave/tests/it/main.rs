//! Tests of the whole: the binary as a user meets it, the guides as written, and the house itself.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on shall say so and end")]

mod bad_input;
mod cli;
mod fake_server;
mod guides;
mod house;
mod live;
mod review;
