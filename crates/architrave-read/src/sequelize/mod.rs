//! Sequelize: `<time>-name.js` by name, what `queryInterface.sequelize.query(…)` says; no transaction but those that a migration opens.

#[cfg(test)]
mod tests;

use crate::program::Calls;
use crate::program::folder::{Tool, read_folders, starts_with_time};
use crate::reader::{Input, Reader, Reading};
use architrave_model::project::MigrationFormat;
use architrave_model::script::TransactionMode;

/// The reader.
pub(crate) struct Sequelize;

const TOOL: Tool = Tool {
    format: MigrationFormat::Sequelize,
    calls: Calls {
        sql: &["query"],
        database: &["queryInterface"],
        harmless: &["commit", "rollback", "describeTable", "catch", "finally"],
        wrappers: &[],
    },
    is_ours: |text| text.contains("queryInterface"),
    is_named: starts_with_time,
    mode: |text| if text.contains(".transaction(") { TransactionMode::PerFile } else { TransactionMode::PerStatement },
    version: |name, _| name.to_owned(),
};

impl Reader for Sequelize {
    fn folder(&self) -> &'static str {
        "sequelize"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::Sequelize
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        read_folders(&TOOL, input, found);
    }
}
