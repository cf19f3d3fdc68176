//! The only crate that connects to PostgreSQL: private servers, live catalogue and statistics, replay.

pub mod replay;
pub mod read;
pub mod server;
pub mod session;
