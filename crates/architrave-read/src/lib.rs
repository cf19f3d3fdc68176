//! Offline readers: formats, house rules, stack facts, snapshots. Nothing connects or opens an environment file; [`history::since`] runs `git`.

#![cfg_attr(test, expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them"))]

mod alembic;
mod atlas;
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
mod graphile_migrate;
mod hasura;
pub mod history;
mod house;
mod knex;
mod liquibase;
mod markers;
mod mikro_orm;
mod node_pg_migrate;
mod numbered;
mod path;
mod pg_dump;
pub mod plan;
mod prisma;
mod program;
mod project;
mod rails;
pub mod reader;
pub mod readers;
mod refinery;
mod schema_file;
mod sequelize;
pub mod sheet;
mod snapshot;
mod sqitch;
mod sql;
mod sql_migrate;
mod sqlx;
mod stack;
mod supabase;
mod tern;
#[cfg(test)]
mod testing;
mod text;
mod tree;
mod typeorm;
pub mod webhook;
pub mod workload;
pub mod write;

pub use error::ReadError;
pub use project::{ReadOptions, foundations, read_project, read_sql_file};
pub use snapshot::{read_snapshot, write_snapshot};
