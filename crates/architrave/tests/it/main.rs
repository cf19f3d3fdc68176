//! Tests of the whole: the binary as a user meets it, the guides as written, and the house itself.

#![cfg(test)]

mod bad_input;
mod cli;
mod fake_server;
mod guides;
mod house;
mod live;
mod review;
