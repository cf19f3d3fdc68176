//! A live database: connect, read, recognise.

use crate::error::AppError;
use architrave_model::Snapshot;
use architrave_model::coverage::Gap;
use architrave_postgres::connect::{self, ConnectTarget, Environment, Limits};
use architrave_postgres::platform::recognise;
use architrave_postgres::read::{ReadOptions, Reading, read_live};
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
    let outcome = read_target(&target, progress).await;
    progress.end();
    let (mut reading, notes) = outcome?;
    for note in notes {
        reading.snapshot.gaps.push(Gap::new("connection", note, None));
    }
    Ok(Live { source, snapshot: reading.snapshot, round_trips: reading.round_trips.trips })
}

/// A connection for questions beside the reading.
pub(crate) async fn connection(url: &str, environment: &Environment) -> Result<(connect::Connection, String), AppError> {
    let target = connect::parse(url, environment)?;
    let source = target.display();
    Ok((connect::connect(&target, &Limits::default()).await?, source))
}

async fn read_target(target: &ConnectTarget, progress: &dyn Progress) -> Result<(Reading, Vec<String>), AppError> {
    let mut connection = connect::connect(target, &Limits::default()).await?;
    let mut notes = connection.notes.clone();
    notes.extend(connection.check_supported().await?);
    let outcome = read_live(&mut connection.client, &ReadOptions::default(), progress).await;
    let mut reading = outcome.map_err(|error| AppError::Live { place: target.display(), source: error })?;
    recognise(target, &connection, &mut reading);
    connection.close().await;
    Ok((reading, notes))
}
