//! Tests of the whole binary, and of the house.

mod bad_input;
mod cli;
mod fake_server;
mod house;
mod live;
mod review;
