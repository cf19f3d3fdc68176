//! The dictionary as a spreadsheet: tables, columns, constraints, indexes, enumerated types and the code that uses them, with the comments to edit.

mod sheets;
#[cfg(test)]
mod tests;

use super::entry::Dictionary;
use super::marks::{cut_mark, mark};
use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};
use std::io;

/// Characters of a cell, in UTF-16 units.
const LONGEST_CELL: usize = 32_767;
/// Rows of a sheet.
const MOST_ROWS: usize = 1_048_576;
/// What ends a text that was cut.
const CUT: &str = " […]";
/// The head of the column with comments.
pub(super) const COMMENT: &str = "comment";
/// The head of the hidden column beside it.
pub(super) const COMMENT_MARK: &str = "comment_mark";

/// A spreadsheet.
#[derive(Debug)]
pub struct Spreadsheet {
    /// The `.xlsx`; the same for the same dictionary.
    pub bytes: Vec<u8>,
    /// What did not fit into the limits of the format; the file says it, too.
    pub notes: Vec<String>,
}

/// Writes the spreadsheet.
pub fn workbook(dictionary: &Dictionary) -> io::Result<Spreadsheet> {
    build(dictionary, MOST_ROWS).map_err(io::Error::other)
}

fn build(dictionary: &Dictionary, most_rows: usize) -> Result<Spreadsheet, XlsxError> {
    let mut book = Workbook::new();
    // A fixed date: the same dictionary gives the same bytes.
    let date = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_title("Data dictionary").set_creation_datetime(&date));
    let mut notes = Vec::new();
    for sheet in sheets::all(dictionary) {
        let mut writer = Writer { page: book.add_worksheet(), looks: Looks::new(), notes: &mut notes, name: sheet.name, cut: 0 };
        writer.write(sheet, most_rows)?;
    }
    about(book.add_worksheet(), dictionary, &notes)?;
    Ok(Spreadsheet { bytes: book.save_to_buffer()?, notes })
}

/// A cell.
#[derive(Debug, Clone)]
enum Cell {
    Text(String),
    Number(f64),
    /// A share of 0–1.
    Share(f64),
    /// A comment; its mark goes into the cell after it.
    Comment(Option<String>),
    Empty,
}

impl Cell {
    fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    fn number(value: Option<f64>) -> Self {
        value.map_or(Self::Empty, Self::Number)
    }

    fn bytes(value: Option<i64>) -> Self {
        value.map_or(Self::Empty, |b| Self::Number(b as f64))
    }

    fn yes(value: bool) -> Self {
        if value { Self::text("yes") } else { Self::Empty }
    }
}

/// A sheet to be written.
struct Sheet<'a> {
    name: &'static str,
    /// Heads with the width of their column in characters.
    heads: Vec<(&'static str, f64)>,
    rows: Box<dyn Iterator<Item = Vec<Cell>> + 'a>,
}

/// Formats.
struct Looks {
    head: Format,
    head_of_comment: Format,
    comment: Format,
    number: Format,
    share: Format,
    text: Format,
}

impl Looks {
    fn new() -> Self {
        let plain = || Format::new().set_align(FormatAlign::Top);
        let head = Format::new().set_bold().set_background_color(Color::RGB(0x00DF_E3E8)).set_align(FormatAlign::Top);
        Self {
            head_of_comment: head.clone().set_background_color(Color::RGB(0x00F2_C94C)),
            head,
            comment: plain().set_text_wrap().set_background_color(Color::RGB(0x00FF_F9E0)),
            number: plain().set_num_format("#,##0"),
            share: plain().set_num_format("0.0%"),
            text: plain(),
        }
    }
}

struct Writer<'a> {
    page: &'a mut Worksheet,
    looks: Looks,
    notes: &'a mut Vec<String>,
    name: &'static str,
    cut: usize,
}

impl Writer<'_> {
    fn write(&mut self, sheet: Sheet<'_>, most_rows: usize) -> Result<(), XlsxError> {
        self.page.set_name(sheet.name)?;
        let mut commented = None;
        for (at, (head, width)) in sheet.heads.iter().enumerate() {
            let column = u16::try_from(at).unwrap_or(u16::MAX);
            let look = if *head == COMMENT { &self.looks.head_of_comment } else { &self.looks.head };
            self.page.write_string_with_format(0, column, *head, look)?;
            self.page.set_column_width(column, *width)?;
            if *head == COMMENT_MARK {
                self.page.set_column_hidden(column)?;
                commented = column.checked_sub(1);
            }
        }
        let mut last = 0usize;
        let mut left_out = 0usize;
        for cells in sheet.rows {
            if last + 1 >= most_rows {
                left_out += 1;
                continue;
            }
            last += 1;
            self.row(u32::try_from(last).unwrap_or(u32::MAX), cells)?;
        }
        if let Some(column) = commented {
            let text = "Edit comments here. `architrave docs --comments-from` makes a migration of what you change; leave the hidden column as it is.";
            self.page.insert_note(0, column, &rust_xlsxwriter::Note::new(text).set_author("architrave"))?;
        }
        let last = u32::try_from(last).unwrap_or(u32::MAX);
        self.page.autofilter(0, 0, last, u16::try_from(sheet.heads.len().saturating_sub(1)).unwrap_or(u16::MAX))?;
        self.page.set_freeze_panes(1, 0)?;
        if left_out > 0 {
            self.notes.push(format!("sheet {}: {left_out} rows are left out, a sheet holds {most_rows}; the CSV has them all", self.name));
        }
        if self.cut > 0 {
            self.notes.push(format!(
                "sheet {}: {} cells are cut, a cell holds {LONGEST_CELL} characters; the CSV has them whole",
                self.name, self.cut
            ));
        }
        Ok(())
    }

    fn row(&mut self, row: u32, cells: Vec<Cell>) -> Result<(), XlsxError> {
        let mut column = 0;
        for cell in cells {
            match cell {
                Cell::Empty => {}
                Cell::Number(n) => {
                    self.page.write_number_with_format(row, column, n, &self.looks.number)?;
                }
                Cell::Share(n) => {
                    self.page.write_number_with_format(row, column, n, &self.looks.share)?;
                }
                Cell::Text(text) => {
                    let (text, cut) = fitted(&text);
                    self.cut += usize::from(cut);
                    self.page.write_string_with_format(row, column, text, &self.looks.text)?;
                }
                Cell::Comment(comment) => {
                    let (shown, cut) = fitted(comment.as_deref().unwrap_or_default());
                    self.cut += usize::from(cut);
                    let own = if cut { cut_mark(&shown) } else { mark(comment.as_deref()) };
                    self.page.write_string_with_format(row, column, shown, &self.looks.comment)?;
                    column += 1;
                    self.page.write_string(row, column, own)?;
                }
            }
            column += 1;
        }
        Ok(())
    }
}

/// As much of a text as a cell holds, and whether some was cut.
fn fitted(text: &str) -> (String, bool) {
    if text.len() <= LONGEST_CELL || text.encode_utf16().count() <= LONGEST_CELL {
        return (text.to_owned(), false);
    }
    let mut units = LONGEST_CELL - CUT.encode_utf16().count();
    let mut shown = String::new();
    for c in text.chars() {
        match units.checked_sub(c.len_utf16()) {
            Some(left) => units = left,
            None => break,
        }
        shown.push(c);
    }
    shown.push_str(CUT);
    (shown, true)
}

fn about(page: &mut Worksheet, dictionary: &Dictionary, notes: &[String]) -> Result<(), XlsxError> {
    page.set_name("about")?;
    page.set_column_width(0, 110.0)?;
    let mut lines = vec![
        format!("Data dictionary of {}", crate::format::visible(&dictionary.name)),
        dictionary.server.clone(),
        super::markdown::coverage(dictionary.coverage()),
        "Edit the yellow column `comment` of the sheets tables and columns, then: architrave docs TARGET --comments-from THIS-FILE.xlsx"
            .to_owned(),
        "Rows that are removed change nothing. An emptied comment is removed from the database.".to_owned(),
    ];
    if !dictionary.statistics {
        lines.push("Rows, sizes and shares of NULLs are unknown: no statistics were read.".to_owned());
    }
    if let Some(code) = &dictionary.code {
        lines.push(format!("{} files of the project were searched for names: {}.", code.files, code.limits));
    }
    lines.extend(dictionary.gaps.iter().map(|g| format!("Not known: {g}")));
    lines.extend(notes.iter().cloned());
    let wrapped = Format::new().set_text_wrap();
    for (row, line) in (0u32..).zip(lines.into_iter().filter(|line| !line.is_empty())) {
        page.write_string_with_format(row, 0, fitted(&line).0, &wrapped)?;
    }
    Ok(())
}
