//! Plain output of `pg_dump`, recognised by its header wherever it lies; the version of the server it came from.

#[cfg(test)]
mod tests;

use crate::path;
use crate::reader::{Input, Reader, Reading};
use crate::schema_file;
use architrave_model::Gap;
use architrave_model::project::MigrationFormat;

/// The reader.
pub(crate) struct PgDump;

impl Reader for PgDump {
    fn folder(&self) -> &'static str {
        "pg_dump"
    }

    fn format(&self) -> MigrationFormat {
        MigrationFormat::PgDump
    }

    fn read(&self, input: &Input<'_>, found: &mut Reading) {
        let dumps: Vec<String> = input
            .sql_folders()
            .flat_map(|(_, files)| files)
            .filter(|f| !found.claims.has(f) && input.tree.sniff(f).dump && input.tree.sniff(f).creates)
            .collect();
        // Beside a schema that the project keeps by itself, a dump is a copy of some moment.
        let copies = found.databases.iter().any(|d| !path::is_sample(&d.path));
        for dump in dumps {
            if copies && !path::is_sample(&dump) {
                let why = "a dump beside the project's own schema; that was read instead";
                found.gaps.push(Gap::new(&dump, why, Some("give the file itself as the target")));
                found.claims.add_file(&dump);
                continue;
            }
            let draft = schema_file::read_file(self.format(), input, path::parent(&dump), &dump, &mut found.claims);
            found.take(draft);
        }
    }
}
