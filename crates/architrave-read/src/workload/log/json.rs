//! `log_destination = jsonlog` (15 and later): one object per line.

use super::{Entry, LONGEST, next_line};
use serde::Deserialize;
use std::io::BufRead;

#[derive(Deserialize)]
struct Record {
    error_severity: Option<String>,
    message: Option<String>,
    detail: Option<String>,
}

pub(super) fn read(reader: &mut impl BufRead, take: &mut dyn FnMut(Entry)) -> std::io::Result<()> {
    let mut number = 0_u32;
    while let Some(line) = next_line(reader, LONGEST)? {
        number = number.saturating_add(1);
        let Ok(record) = serde_json::from_str::<Record>(&line) else { continue };
        let Some(severity) = record.error_severity else { continue };
        let message = record.message.filter(|_| severity == "LOG").unwrap_or_default();
        take(Entry { line: number, message, detail: record.detail });
    }
    Ok(())
}
