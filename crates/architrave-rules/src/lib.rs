//! All rules, each with its page: the catalogue, statistics and settings of a database go in, findings come out.
//!
//! A rule is `rules/<group>/<rule>.rs` beside `<rule>.md`, registered in its group's `mod.rs`. What several rules need stands in
//! the private modules here. Nothing in this crate parses SQL statements, connects or reads files.

mod body;
mod columns;
mod condition;
mod coverage;
pub mod expand;
mod figures;
mod held;
mod layout;
mod leans;
mod migrations;
mod new_index;
mod outside;
mod policies;
pub mod registry;
mod relations;
mod retype;
mod rules;
mod run;
mod samples;
mod statements;
mod statistics;
pub mod trap;

pub use architrave_model::platform::{is_history_table, is_platform_schema};
pub use run::{Outcome, run, run_migrations};
