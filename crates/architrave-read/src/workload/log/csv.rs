//! `log_destination = csvlog`: records may span lines.

use super::{Entry, LONGEST, next_line};
use std::io::BufRead;

/// Fields of a record, from 0.
const SEVERITY: usize = 11;
const MESSAGE: usize = 13;
const DETAIL: usize = 14;

pub(super) fn read(reader: &mut impl BufRead, take: &mut dyn FnMut(Entry)) -> std::io::Result<()> {
    let mut number = 0_u32;
    let mut record = String::new();
    let mut begun = 1;
    while let Some(line) = next_line(reader, LONGEST)? {
        number = number.saturating_add(1);
        if record.is_empty() {
            begun = number;
        } else {
            record.push('\n');
        }
        record.push_str(&line);
        // Inside a quoted field the count of quotes is odd. A record that never closes its quotes is given up.
        let open = record.bytes().filter(|b| *b == b'"').count() % 2 == 1;
        if open && record.len() < LONGEST {
            continue;
        }
        let mut fields = fields(&record);
        record.clear();
        if fields.get(SEVERITY).map(String::as_str) == Some("LOG") && fields.len() > DETAIL {
            let detail = std::mem::take(&mut fields[DETAIL]);
            let message = std::mem::take(&mut fields[MESSAGE]);
            take(Entry { line: begun, message, detail: (!detail.is_empty()).then_some(detail) });
        } else if fields.len() > MESSAGE {
            take(Entry { line: begun, ..Entry::default() });
        }
    }
    Ok(())
}

/// The fields of a record, as far as they are needed.
fn fields(record: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut chars = record.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                field.push('"');
                chars.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => {
                fields.push(std::mem::take(&mut field));
                if fields.len() > DETAIL {
                    return fields;
                }
            }
            c => field.push(c),
        }
    }
    fields.push(field);
    fields
}
