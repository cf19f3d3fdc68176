//! Offline readers: migration formats, house rules, stack facts, snapshots. Nothing here executes, connects or opens an environment file.

#![cfg_attr(test, expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them"))]

mod claims;
pub mod code;
mod config;
mod dbmate;
mod dialect;
mod diesel;
mod draft;
mod drizzle;
mod error;
mod flyway;
mod golang_migrate;
mod goose;
mod house;
mod markers;
mod node_pg_migrate;
mod numbered;
mod path;
mod pg_dump;
pub mod plan;
mod prisma;
mod project;
pub mod reader;
pub mod readers;
mod schema_file;
pub mod sheet;
mod snapshot;
mod sniff;
mod sql;
mod sqlx;
mod stack;
mod supabase;
#[cfg(test)]
mod testing;
mod text;
mod tree;
mod unread;
pub mod workload;
pub mod write;

pub use error::ReadError;
pub use project::{ReadOptions, read_project, read_sql_file};
pub use snapshot::{read_snapshot, write_snapshot};
