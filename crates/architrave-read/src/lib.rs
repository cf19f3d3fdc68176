//! Offline readers: migration formats, house rules, stack facts, snapshots. Nothing here executes, connects or opens an environment file.

mod claims;
mod config;
mod diesel;
mod dbmate;
mod dialect;
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
mod prisma;
mod project;
pub mod reader;
pub mod readers;
mod schema_file;
mod sniff;
mod snapshot;
mod sql;
mod sqlx;
mod stack;
mod supabase;
mod text;
mod tree;

pub use error::ReadError;
pub use project::{ReadOptions, read_project, read_sql_file};
pub use snapshot::{read_snapshot, write_snapshot};
