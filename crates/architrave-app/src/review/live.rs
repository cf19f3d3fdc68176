//! A live database: connect, read, recognise.

use crate::error::AppError;
use architrave_model::Snapshot;
use architrave_postgres::connect::{self, Environment, Limits};
use architrave_postgres::read::{ReadOptions, read_snapshot};
use architrave_postgres::server::Progress;

/// What came from a live database.
pub(crate) struct Live {
    /// `postgres://user@host:5432/database`.
    pub(crate) source: String,
    /// Facts.
    pub(crate) snapshot: Snapshot,
    /// Round trips it took.
    pub(crate) round_trips: u32,
}

pub(crate) async fn read(url: &str, environment: &Environment, progress: &dyn Progress) -> Result<Live, AppError> {
    let target = connect::parse(url, environment)?;
    let source = target.display();
    progress.begin(&format!("reading {source}"), None);
    let mut connection = connect::connect(&target, &Limits::default()).await?;
    let outcome = read_snapshot(&mut connection.client, &ReadOptions::default(), progress).await;
    connection.close().await;
    progress.end();
    let snapshot = outcome.map_err(|error| AppError::Live { place: source.clone(), source: error })?;
    Ok(Live { source, snapshot, round_trips: 0 })
}
