//! Tests of the whole: the binary as a user meets it, the guides as written, and the house itself.

#![cfg(test)]

mod bad_input;
mod cli;
mod cut_off;
mod diff;
mod docs;
mod explain;
mod fake_server;
mod formats;
mod guides;
mod house;
mod index_plan;
mod limits;
mod lint;
mod live;
mod on_twin;
mod ratchet;
mod review;
mod rls;
mod selftest;
mod shop;
mod twin;
