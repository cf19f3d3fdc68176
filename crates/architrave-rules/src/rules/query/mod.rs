//! Rules on the workload.

mod sequential_scans_on_large_table;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&sequential_scans_on_large_table::RULE];
