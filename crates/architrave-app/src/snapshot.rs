//! `architrave snapshot`: all that a review reads from a live server, in one file.

use crate::error::AppError;
use crate::review::live;
use architrave_model::Snapshot;
use architrave_postgres::connect::Environment;
use architrave_postgres::server::Progress;
use std::path::Path;

/// Reads the live database.
pub async fn take(url: &str, mask: bool, environment: &Environment, progress: &dyn Progress) -> Result<Snapshot, AppError> {
    let mut read = live::read(url, environment, progress).await?;
    if mask {
        read.snapshot.mask();
    }
    Ok(read.snapshot)
}

/// Writes it; the file is readable by its owner only, since it tells how a database is built.
pub fn write(snapshot: &Snapshot, path: &Path) -> Result<(), AppError> {
    Ok(architrave_read::write_snapshot(path, snapshot)?)
}
