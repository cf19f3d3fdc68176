//! Rules on backups and WAL archiving, as far as settings and statistics tell.

mod archive_behind;
mod archiving_off;
mod wal_level_minimal;

use architrave_model::Rule;

/// All of them, by id.
pub(crate) static RULES: &[&Rule] = &[&archive_behind::RULE, &archiving_off::RULE, &wal_level_minimal::RULE];
