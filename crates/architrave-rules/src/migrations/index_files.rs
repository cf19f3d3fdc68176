//! The files that build an index without keeping writers out.

use super::{At, IndexText, in_transaction, outside_transaction};
use crate::statements::Names;
use architrave_model::QualifiedName;
use architrave_model::catalog::TableKind;
use architrave_model::migration::SafeFile;

/// On an ordinary table CONCURRENTLY; on a partitioned one for the parent alone, then on each partition CONCURRENTLY, then attached. None where a
/// partition is partitioned itself, or nothing is known of the table.
///
/// What an earlier attempt left behind is dropped first, so that each file can simply be tried again.
pub(crate) fn index_files(at: At<'_>, text: &IndexText, name: &str, table: &QualifiedName, columns: &[String]) -> Option<Vec<SafeFile>> {
    let index = QualifiedName::new(&table.schema, name);
    let drop = |index: &QualifiedName| format!("drop index concurrently if exists {}", index.sql());
    if at.step.table(table)?.kind != TableKind::Partitioned {
        return Some(vec![outside_transaction(format!("build {name}"), vec![drop(&index), text.concurrently(name, table)])]);
    }
    let before = &at.step.before;
    let mut names = Names::of(before);
    let mut files = vec![in_transaction(format!("{name} for the parent only"), vec![text.on_only(name, table)])];
    for partition in before.tables.iter().filter(|t| t.is_partition && t.parents.contains(table)) {
        if partition.kind != TableKind::Ordinary {
            return None;
        }
        let partition = &partition.name;
        let own = QualifiedName::new(&partition.schema, names.free(&partition.schema, &partition.name, columns, "idx"));
        let build = vec![drop(&own), text.concurrently(&own.name, partition)];
        files.push(outside_transaction(format!("build {name} on {}", partition.name), build));
        let attach = format!("alter index {} attach partition {}", index.sql(), own.sql());
        files.push(in_transaction(format!("attach {} to {name}", own.name), vec![attach]));
    }
    Some(files)
}
