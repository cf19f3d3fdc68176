//! Workbooks: XLSX, ODS and the older binary kinds, whatever program saved them.

use super::{Heads, SheetRow};
use calamine::{Data, Reader, open_workbook_auto_from_rs};
use std::io::Cursor;

pub(super) fn read(bytes: Vec<u8>) -> Result<Vec<SheetRow>, String> {
    let mut book = open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|error| format!("it does not open: {error}"))?;
    let mut rows = Vec::new();
    let mut understood = false;
    for name in book.sheet_names() {
        let range = book.worksheet_range(&name).map_err(|error| format!("sheet {name} does not open: {error}"))?;
        let (first, left) = range.start().map_or((0, 0), |(row, column)| (row as usize, column));
        let mut lines = range.rows();
        let Some(heads) = lines.next().and_then(|cells| Heads::of(&cells.iter().map(text).collect::<Vec<_>>())) else { continue };
        understood = true;
        // A formula without a stored result reads as an empty cell: somebody's text that begins with `=`.
        let formulas = book.worksheet_formula(&name).ok();
        for (at, cells) in lines.enumerate() {
            let place = format!("sheet {name}, row {}", first + at + 2);
            if let Some(Data::DateTime(_) | Data::Error(_)) = cells.get(heads.comment) {
                return Err(format!("the comment in {place} is a date or an error, not a text; format the cell as text"));
            }
            let here = (u32::try_from(first + at + 1).unwrap_or(u32::MAX), left + u32::try_from(heads.comment).unwrap_or(u32::MAX));
            if formulas.as_ref().and_then(|f| f.get_value(here)).is_some_and(|formula| !formula.is_empty()) {
                return Err(format!("the comment in {place} is a formula, not a text; put an apostrophe before it"));
            }
            rows.extend(heads.row(&cells.iter().map(text).collect::<Vec<_>>(), place));
        }
    }
    if understood { Ok(rows) } else { Err("none of its sheets has columns schema, table and comment".to_owned()) }
}

fn text(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) => text.clone(),
        Data::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        // What somebody typed as 2024 comes as 2024.0.
        Data::Float(n) => n.to_string(),
        Data::Int(n) => n.to_string(),
        other => other.to_string(),
    }
}
