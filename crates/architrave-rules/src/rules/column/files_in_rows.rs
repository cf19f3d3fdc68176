//! `column/files-in-rows`: see `files_in_rows.md` for the rule's page.

use crate::figures::{bytes, list};
use architrave_model::catalog::Column;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink, Stats};

pub(crate) static RULE: Rule = Rule {
    id: "column/files-in-rows",
    summary: "files kept in table rows",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Large,
    area: Area::Scaling,
    docs: include_str!("files_in_rows.md"),
    check: Check::Stats(check),
};

/// Bytes of TOAST from which on it matters: 1 GiB.
const SMALLEST: i64 = 1 << 30;

fn check(catalog: &Catalog, stats: &Stats, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in Scope::of(catalog, context).tables() {
        let files: Vec<&Column> = table.columns.iter().filter(|c| c.data_type == "bytea" && !c.inherited).collect();
        let Some(measured) = stats.table(&table.name).filter(|_| !files.is_empty()) else { continue };
        let (Some(toast), Some(main)) = (measured.toast_bytes, measured.table_bytes) else { continue };
        // Long texts live in TOAST as well: only where nothing else does are they the files.
        let others = table.columns.iter().any(|c| c.data_type == "jsonb" || c.data_type == "json" || c.data_type == "xml");
        if toast < SMALLEST || toast < main.saturating_mul(10) || others {
            continue;
        }
        let names: Vec<&str> = files.iter().map(|c| c.name.as_str()).collect();
        let message =
            format!("{} keeps {} out of line beside {} of rows, for bytea {}", table.name, bytes(toast), bytes(main), list(&names));
        let why = format!(
            "Files in rows pass through shared buffers and the WAL, and every dump, base backup and standby carries them: {} of a database that could be a fraction of it. In exchange they are consistent with \
             their rows. An object store with the key in the row is the usual way out once they make most of the size.",
            bytes(toast)
        );
        let mut draft = Draft::new(ObjectRef::table(&table.name), message, why)
            .severity(if toast >= 100 << 30 { Severity::Medium } else { RULE.severity })
            .evidence(format!("bytes of TOAST of {}", table.name), toast, "pg_class.reltoastrelid")
            .evidence(format!("bytes of {}", table.name), main, "pg_table_size");
        for column in files {
            draft = draft.place(ObjectRef::column(&table.name, &column.name), None);
        }
        sink.report(draft);
    }
}
