//! What statements would do, without running them: the catalogue as the earlier statements leave it, and PostgreSQL's rules (12–18) for locks, rewrites
//! and scans. Nothing is executed; what only a run can tell (DO blocks, rows that do not fit) is not here.
//!
//! The rules were measured by execution on every major; where a server was not asked, the comment beside the code says so.

mod add_column;
mod alter_table;
mod before;
mod bounds;
mod constraint;
mod drop;
mod ledger;
mod near;
mod predict;
mod retype;
#[cfg(test)]
mod tests;
mod volatile;
mod walk;
mod world;

use crate::ddl::{DdlOptions, DdlReader};
use architrave_model::Catalog;
use architrave_model::migration::Migrations;
use architrave_model::script::Script;
use std::collections::BTreeMap;

/// What the verdicts of the static path assume.
#[derive(Debug, Clone)]
pub struct JudgeOptions {
    /// Major version of the server, 12–18.
    pub major: u16,
    /// `TimeZone` of the session that migrates: decides whether `timestamp` to `timestamptz` rewrites.
    pub time_zone: String,
    /// Schema of unqualified names.
    pub default_schema: String,
    /// Settings that server, database or role make: `lock_timeout`, `statement_timeout`. Names in lower case, values as `SHOW` prints them.
    pub settings: BTreeMap<String, String>,
}

impl Default for JudgeOptions {
    fn default() -> Self {
        Self { major: 15, time_zone: "UTC".to_owned(), default_schema: "public".to_owned(), settings: BTreeMap::new() }
    }
}

/// Judges the pending scripts: `before` (or a fresh database) with the `earlier` scripts applied is the state before the first of them. Earlier scripts are
/// read, not judged. Tables that no statement has made but that one alters are taken to have been there.
///
/// The result holds one step for each statement of `pending`, with effects and catalogues; sizes, downs, history and the rest are left to others.
pub fn judge(before: Option<&Catalog>, earlier: &[Script], pending: &[Script], options: &JudgeOptions) -> Migrations {
    let work = || {
        let ddl = DdlOptions {
            server_major: options.major,
            default_schema: options.default_schema.clone(),
            prelude: before.cloned(),
            ..DdlOptions::default()
        };
        let mut reader = DdlReader::new(ddl);
        for statement in earlier.iter().flat_map(|s| &s.statements) {
            reader.apply(statement);
        }
        walk::Walk::new(reader.without_origins(), options).judge(pending)
    };
    // The parser recurses; a caller's thread may be too small for it.
    let steps = crate::touches::parse::on_own_stack(work).unwrap_or_default();
    Migrations {
        executed: false,
        server_version: options.major.to_string(),
        major: options.major,
        scripts: pending.to_vec(),
        steps,
        ..Migrations::default()
    }
}
