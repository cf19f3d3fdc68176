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
    if let Some(number) = version_number(connection.server_version()) {
        connect::check_supported(number, connection.server_version())?;
    }
    let outcome = read_snapshot(&mut connection.client, &ReadOptions::default(), progress).await;
    connection.close().await;
    progress.end();
    let snapshot = outcome.map_err(|error| AppError::Live { place: source.clone(), source: error })?;
    Ok(Live { source, snapshot, round_trips: 0 })
}

/// `server_version` as `server_version_num`: `9.6.24` is 90624, `15.18 (Debian …)` is 150018.
fn version_number(text: &str) -> Option<u32> {
    let plain = text.split(|c: char| !(c.is_ascii_digit() || c == '.')).next()?;
    let mut parts = plain.split('.').map(|p| p.parse::<u32>().unwrap_or(0));
    let (first, second, third) = (parts.next()?, parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if first == 0 { None } else if first < 10 { Some(first * 10_000 + second * 100 + third) } else { Some(first * 10_000 + second) }
}
