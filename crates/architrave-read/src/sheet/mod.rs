//! Edited spreadsheets: the rows of a CSV, XLSX or ODS file that say which comment an object is to have.
//!
//! What an edit means is decided elsewhere; here a file becomes rows with their places, whichever program has saved it.

mod csv;
#[cfg(test)]
mod tests;
mod workbook;

use crate::error::ReadError;
use std::path::Path;

/// One row about one object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SheetRow {
    /// For people: `row 12`, `sheet columns, row 12`.
    pub place: String,
    /// Schema.
    pub schema: String,
    /// Table or view.
    pub table: String,
    /// Column; none for the table itself.
    pub column: Option<String>,
    /// The comment as it is in the file; none when the cell is empty.
    pub comment: Option<String>,
    /// The mark beside it, empty when there is none.
    pub mark: String,
    /// The layout is that of our CSV, in which cells that look like formulas carry an apostrophe.
    pub defused: bool,
}

/// Larger files are not read.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// Reads a `.csv`, `.tsv`, `.xlsx`, `.xlsm`, `.xlsb`, `.xls` or `.ods` file. It must have columns `schema`, `table` and `comment`; one of its sheets must.
pub fn read_sheet(path: &Path) -> Result<Vec<SheetRow>, ReadError> {
    let metadata = std::fs::metadata(path).map_err(|e| ReadError::io(path, e))?;
    if metadata.is_dir() {
        return Err(ReadError::NotAFile { path: path.to_owned() });
    }
    let wrong = |why: String| ReadError::NotASheet { path: path.to_owned(), why };
    if metadata.len() > MOST_BYTES {
        return Err(wrong(format!("it is larger than {} MB", MOST_BYTES / 1_048_576)));
    }
    let bytes = std::fs::read(path).map_err(|e| ReadError::io(path, e))?;
    // What a file is its first bytes say: people rename files, and programs save under any name. XLSX and ODS are archives.
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        workbook::read(bytes).map_err(wrong)
    } else {
        csv::read(&bytes).map_err(wrong)
    }
}

/// Which column of a sheet holds what.
#[derive(Debug, Clone, Copy)]
struct Heads {
    schema: usize,
    table: usize,
    column: Option<usize>,
    comment: usize,
    mark: Option<usize>,
    kind: Option<usize>,
}

impl Heads {
    /// Understands a head row; none when it is that of another sheet.
    fn of(cells: &[String]) -> Option<Self> {
        let at = |name: &str| cells.iter().position(|c| c.trim().trim_start_matches('\u{feff}').eq_ignore_ascii_case(name));
        Some(Self {
            schema: at("schema")?,
            table: at("table")?,
            column: at("column"),
            comment: at("comment")?,
            mark: at("comment_mark"),
            kind: at("kind"),
        })
    }

    /// One row; none when it is empty.
    fn row(&self, cells: &[String], place: String) -> Option<SheetRow> {
        let cell = |at: usize| cells.get(at).cloned().unwrap_or_default();
        let filled = |text: String| (!text.trim().is_empty()).then_some(text);
        let (schema, table) = (cell(self.schema), cell(self.table));
        if schema.is_empty() && table.is_empty() {
            return None;
        }
        Some(SheetRow {
            place,
            schema,
            table,
            column: self.column.map(cell).filter(|c| !c.is_empty()),
            comment: filled(cell(self.comment)),
            mark: self.mark.map(cell).unwrap_or_default(),
            defused: self.kind.is_some() && self.column.is_some(),
        })
    }
}
