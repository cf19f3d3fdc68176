//! Knex: `<time>_name.js` by name, what `knex.raw(…)` says; a transaction for each unless `config = { transaction: false }`.

#[cfg(test)]
mod tests;

use crate::program::Calls;
use crate::program::folder::{Tool, read_folders, starts_with_time};
use crate::reader::{Input, Reader, Reading};
use architrave_model::project::MigrationFormat;
use architrave_model::script::TransactionMode;

/// The reader.
pub(crate) struct Knex;

const TOOL: Tool = Tool {
    format: MigrationFormat::Knex,
    calls: Calls { sql: &["raw"], database: &["knex", "trx", "db"], harmless: &["ref", "fn", "client", "catch", "finally"], wrappers: &[] },
    is_ours: |text| text.to_lowercase().contains("knex"),
    is_named: starts_with_time,
    mode: |text| {
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if compact.contains("config={transaction:false") { TransactionMode::PerStatement } else { TransactionMode::PerFile }
    },
    version: |name, _| name.to_owned(),
};

impl Reader for Knex {
    fn folder(&self) -> &'static str {
        "knex"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::Knex
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        read_folders(&TOOL, input, found);
    }
}
