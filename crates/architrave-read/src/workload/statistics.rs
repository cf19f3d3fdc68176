//! The statements that a snapshot's statistics hold.

use super::gather::{Gathering, Occurrence};
use architrave_model::Stats;
use architrave_model::workload::{QuerySource, Workload};

/// The workload of `pg_stat_statements`. The same text run by several roles, or inside functions too, is one statement.
pub fn from_statistics(stats: &Stats) -> Workload {
    let mut gathering = Gathering::default();
    for statement in &stats.statements {
        let occurrence = Occurrence {
            text: statement.query.clone(),
            calls: statement.calls as f64,
            total_ms: Some(statement.total_ms),
            rows: Some(statement.rows as f64),
            ..Occurrence::default()
        };
        gathering.add(occurrence, || QuerySource::Statistics { query_id: statement.query_id });
    }
    gathering.finish()
}
