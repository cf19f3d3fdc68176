//! The only crate that connects to PostgreSQL: private servers, live catalogue and statistics, replay.

mod catalog;
pub mod connect;
pub mod plan_session;
pub mod platform;
pub mod probe;
pub mod read;
pub mod replay;
pub mod server;
pub mod session;
mod settings;
mod stats;
pub mod twin;

pub use tokio_postgres::{Client, Error as DriverError, SimpleQueryMessage};
