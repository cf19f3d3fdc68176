//! MikroORM: `Migration<time>.ts` by name, what `this.addSql(…)` says; all pending ones in one transaction.

#[cfg(test)]
mod tests;

use crate::program::Calls;
use crate::program::folder::{Tool, read_folders, starts_with_time};
use crate::reader::{Input, Reader, Reading};
use architrave_model::project::MigrationFormat;
use architrave_model::script::TransactionMode;

/// The reader.
pub(crate) struct MikroOrm;

const TOOL: Tool = Tool {
    format: MigrationFormat::MikroOrm,
    calls: Calls {
        sql: &["addSql", "execute"],
        database: &["this"],
        harmless: &["getKnex", "getEntityManager", "catch", "finally"],
        wrappers: &["sql", "raw"],
    },
    is_ours: |text| text.contains("@mikro-orm/"),
    is_named: |name| name.strip_prefix("Migration").is_some_and(starts_with_time),
    mode: |text| {
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let alone = compact.contains("isTransactional():boolean{returnfalse") || compact.contains("isTransactional(){returnfalse");
        if alone { TransactionMode::PerStatement } else { TransactionMode::AllFiles }
    },
    version: |name, _| name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned(),
};

impl Reader for MikroOrm {
    fn folder(&self) -> &'static str {
        "mikro_orm"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::MikroOrm
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        read_folders(&TOOL, input, found);
    }
}
