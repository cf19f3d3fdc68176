//! Whether a Supabase project's migrations rebuild its database on the emulation, and what was put in the place of what a private server lacks.

use super::super::{Row, seconds};
use super::{databases, replay_options, server};
use crate::say;
use architrave_postgres::replay::{Confined, replay};
use architrave_postgres::server::NoProgress;
use std::path::Path;
use std::time::Instant;

/// One line for each database of the project.
pub(super) async fn measure(folder: &Path, major: Option<u16>) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for database in databases(folder)? {
        let server = server(major.or(database.postgres_major)).await?;
        let confined = Confined::new(&server).await?;
        let started = Instant::now();
        let report = replay(&confined, &database, &replay_options(&database), &NoProgress).await?.report;
        let took = started.elapsed();
        for failed in &report.failed {
            say(&format!("  {}:{} {} {}", failed.location.path, failed.location.line, failed.sqlstate, failed.message));
        }
        for (what, times) in &report.skipped {
            say(&format!("  {times} × {what}"));
        }
        if !report.stubbed_extensions.is_empty() {
            say(&format!("  stood in for: {}", report.stubbed_extensions.join(", ")));
        }
        let what = format!("{} of {}, PostgreSQL {}", database.name, folder.display(), report.server_version);
        let measured = format!("{} scripts, {} statements, {} failed", report.scripts, report.applied, report.failed.len());
        rows.push(Row::new(what, measured).bar("0 failed", report.failed.is_empty()).ratio(seconds(took)));
    }
    Ok(rows)
}
