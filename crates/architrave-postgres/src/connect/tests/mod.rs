//! Tests of connections: strings and files as plain data; everything else against real servers or small listeners on
//! loopback.
#![cfg(unix)]

mod authority;
mod files;
mod pooler;
mod refusals;
mod server;
mod strangers;
mod strings;
mod tls;
mod versions;

use std::time::Duration;

use super::{ConnectError, Connection, Environment, Limits, connect, parse};

/// An environment with a user and nothing else.
fn env() -> Environment {
    Environment::empty().with_user("me")
}

/// Connects with a limit that a busy machine keeps.
async fn open(text: &str) -> Result<Connection, ConnectError> {
    open_with(text, &env(), Duration::from_secs(20)).await
}

async fn open_with(text: &str, env: &Environment, limit: Duration) -> Result<Connection, ConnectError> {
    connect(&parse(text, env)?, &Limits { connect_timeout: limit }).await
}

/// The first column of the first row.
async fn ask(connection: &Connection, query: &str) -> String {
    for message in connection.client.simple_query(query).await.unwrap() {
        if let tokio_postgres::SimpleQueryMessage::Row(row) = message {
            return row.get(0).unwrap_or_default().to_owned();
        }
    }
    String::new()
}
