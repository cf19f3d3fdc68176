//! All that a review reads from a live server, in one versioned value that can be saved and read back.

use crate::catalog::Catalog;
use crate::coverage::Gap;
use crate::platform::Server;
use crate::settings::Settings;
use crate::stats::Stats;
use serde::{Deserialize, Serialize};

/// The format written to `*.snapshot.json`.
///
/// History: 1, first.
pub const SNAPSHOT_VERSION: u32 = 1;

/// One database at one moment. A replayed project has no statistics and no settings of its own.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Format version, [`SNAPSHOT_VERSION`].
    pub snapshot_version: u32,
    /// Version of Architrave that wrote it.
    pub written_by: String,
    /// Row values (most-common values, histogram bounds) were dropped.
    #[serde(default)]
    pub masked: bool,
    /// Server.
    pub server: Server,
    /// Catalogue.
    pub catalog: Catalog,
    /// Statistics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stats: Option<Stats>,
    /// Settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Settings>,
    /// What could not be read.
    #[serde(default)]
    pub gaps: Vec<Gap>,
}

impl Snapshot {
    /// Drops every value that came out of a row.
    pub fn mask(&mut self) {
        self.masked = true;
        let Some(stats) = &mut self.stats else { return };
        for object in &mut stats.extended {
            if let Some(stored) = &mut object.stored {
                stored.most_common = None;
                stored.labels.clear();
            }
        }
        let of_expressions = stats.extended.iter_mut().flat_map(|object| &mut object.expressions);
        for column in stats.columns.iter_mut().chain(of_expressions) {
            column.most_common_values = None;
            column.histogram_bounds = None;
            column.most_common_elements = None;
            column.range_length_histogram = None;
            column.range_bounds_histogram = None;
        }
    }
}
