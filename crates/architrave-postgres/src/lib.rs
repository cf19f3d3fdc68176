//! The only crate that connects to PostgreSQL: private servers, live catalogue and statistics, replay.

pub mod connect;
pub mod platform;
mod catalog;
pub mod read;
pub mod replay;
pub mod server;
pub mod session;
mod settings;
mod stats;
