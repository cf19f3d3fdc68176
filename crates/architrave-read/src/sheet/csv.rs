//! CSV as spreadsheets save it: commas, semicolons or tabs, quoted cells of several lines, any encoding.

use super::{Heads, SheetRow};

pub(super) fn read(bytes: &[u8]) -> Result<Vec<SheetRow>, String> {
    let decoded = architrave_sql::decode(bytes).map_err(|why| format!("it is {why}"))?;
    let text = decoded.text.trim_start_matches('\u{feff}');
    let (text, first) = match text.split_once('\n') {
        // Excel's own line about the separator.
        Some((line, rest)) if line.trim_end().strip_prefix("sep=").is_some_and(|s| s.len() == 1) => (rest, 2),
        _ => (text, 1),
    };
    let found = [',', ';', '\t'].into_iter().find_map(|separator| {
        let mut records = Records::new(text, separator, first);
        let (_, cells) = records.next()?.ok()?;
        Heads::of(&cells).map(|heads| (heads, records))
    });
    let Some((heads, records)) = found else {
        return Err("its first line names no columns schema, table and comment".to_owned());
    };
    let mut rows = Vec::new();
    for record in records {
        let (line, cells) = record?;
        rows.extend(heads.row(&cells, format!("line {line}")));
    }
    Ok(rows)
}

/// Records of a CSV text with the line that each starts on.
struct Records<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    separator: char,
    line: usize,
}

impl<'a> Records<'a> {
    fn new(text: &'a str, separator: char, line: usize) -> Self {
        Self { rest: text.chars().peekable(), separator, line }
    }

    /// The rest of a quoted cell, after its opening quote.
    fn quoted(&mut self, cell: &mut String) -> Result<(), String> {
        let opened = self.line;
        loop {
            match self.rest.next() {
                None => return Err(format!("a quoted cell that starts in line {opened} never ends")),
                Some('"') if self.rest.peek() == Some(&'"') => {
                    self.rest.next();
                    cell.push('"');
                }
                Some('"') => return Ok(()),
                Some(c) => {
                    self.line += usize::from(c == '\n');
                    cell.push(c);
                }
            }
        }
    }
}

impl Iterator for Records<'_> {
    type Item = Result<(usize, Vec<String>), String>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rest.peek()?;
        let started = self.line;
        let mut cells = vec![String::new()];
        while let Some(c) = self.rest.next() {
            let cell = cells.last_mut()?;
            match c {
                '"' if cell.is_empty() => {
                    if let Err(why) = self.quoted(cell) {
                        return Some(Err(why));
                    }
                }
                '\r' if self.rest.peek() == Some(&'\n') => {}
                '\n' | '\r' => {
                    self.line += 1;
                    break;
                }
                c if c == self.separator => cells.push(String::new()),
                c => cell.push(c),
            }
        }
        Some(Ok((started, cells)))
    }
}
