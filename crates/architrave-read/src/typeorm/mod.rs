//! TypeORM: `<time>-Name.ts` by time, what `queryRunner.query(…)` says; all pending ones in one transaction unless a class says `transaction = false`.

#[cfg(test)]
mod tests;

use crate::program::Calls;
use crate::program::folder::{Tool, read_folders, starts_with_time};
use crate::reader::{Input, Reader, Reading};
use architrave_model::project::MigrationFormat;
use architrave_model::script::TransactionMode;

/// The reader.
pub(crate) struct TypeOrm;

const TOOL: Tool = Tool {
    format: MigrationFormat::TypeOrm,
    calls: Calls {
        sql: &["query"],
        database: &["queryRunner"],
        harmless: &["hasTable", "hasColumn", "getTable", "connect", "release", "catch", "finally"],
        wrappers: &[],
    },
    is_ours: |text| text.contains("MigrationInterface"),
    is_named: starts_with_time,
    mode: |text| {
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if compact.contains("transaction=false") { TransactionMode::PerStatement } else { TransactionMode::AllFiles }
    },
    version: |name, text| class_of(text).unwrap_or(name).to_owned(),
};

impl Reader for TypeOrm {
    fn folder(&self) -> &'static str {
        "typeorm"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::TypeOrm
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        read_folders(&TOOL, input, found);
    }
}

/// The name that the history table has: that of the class, which ends with its time.
fn class_of(text: &str) -> Option<&str> {
    let at = text.find("class ")? + "class ".len();
    text[at..].split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').find(|w| !w.is_empty())
}
