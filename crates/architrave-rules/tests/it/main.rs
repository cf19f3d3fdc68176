//! Tests of all rules: their pages, their fixes, and the cases in which each has to speak or to hold its tongue.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::too_many_lines, reason = "tests: tables of cases")]

mod attacks;
mod bad_server;
mod cases;
mod facts;
mod fixes;
mod migration_facts;
mod migration_locks;
mod migrations;
mod page;
mod pages;
mod registry;
mod server;
mod storefront;
mod traps;
