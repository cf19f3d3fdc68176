//! Logs as lines with a prefix: what `log_line_prefix` says does not matter, the severity after it does.

use super::{Entry, LONGEST, next_line};
use std::io::BufRead;

/// Words that begin an entry or a part of one, after the prefix.
static SEVERITIES: &[&str] = &[
    "LOG",
    "DETAIL",
    "STATEMENT",
    "ERROR",
    "WARNING",
    "NOTICE",
    "INFO",
    "HINT",
    "CONTEXT",
    "QUERY",
    "LOCATION",
    "FATAL",
    "PANIC",
    "DEBUG1",
    "DEBUG2",
    "DEBUG3",
    "DEBUG4",
    "DEBUG5",
];

pub(super) fn read(reader: &mut impl BufRead, take: &mut dyn FnMut(Entry)) -> std::io::Result<()> {
    let mut current: Option<Entry> = None;
    let mut number = 0_u32;
    // What a line without a severity goes on with.
    let mut in_detail = false;
    let mut ignoring = false;
    while let Some(raw) = next_line(reader, LONGEST)? {
        number = number.saturating_add(1);
        let (line, continues) = without_syslog(&raw);
        let begun = if continues || line.starts_with('\t') { None } else { severity(&line) };
        match begun {
            Some(("LOG", text)) => {
                current.replace(Entry { line: number, message: text.to_owned(), detail: None }).into_iter().for_each(&mut *take);
                (in_detail, ignoring) = (false, false);
            }
            Some(("DETAIL", text)) => {
                if let Some(entry) = current.as_mut() {
                    entry.detail = Some(text.to_owned());
                }
                (in_detail, ignoring) = (true, false);
            }
            Some(("ERROR" | "WARNING" | "NOTICE" | "INFO" | "FATAL" | "PANIC", _)) => {
                current.take().into_iter().for_each(&mut *take);
                ignoring = true;
            }
            Some(_) => ignoring = true,
            None if ignoring => {}
            None => {
                let Some(entry) = current.as_mut() else { continue };
                let part = if in_detail { entry.detail.get_or_insert_default() } else { &mut entry.message };
                if part.len() < LONGEST {
                    part.push('\n');
                    part.push_str(line.strip_prefix('\t').unwrap_or(&line));
                }
            }
        }
    }
    current.into_iter().for_each(take);
    Ok(())
}

/// The severity of a line and the text after it.
fn severity(line: &str) -> Option<(&'static str, &str)> {
    let mut from = 0;
    loop {
        let at = from + line.get(from..)?.find(":  ")?;
        let before = line.get(..at)?;
        let word = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
        from = at + 3;
        if let Some(known) = SEVERITIES.iter().find(|s| **s == word) {
            return Some((known, line.get(from..)?));
        }
    }
}

/// A line of syslog (`… postgres[123]: [4-2] #011FROM t`) without what syslog put before it, and whether it continues an entry.
fn without_syslog(line: &str) -> (String, bool) {
    let part = line.split_once("]: [").and_then(|(_, rest)| rest.split_once("] ")).and_then(|(numbers, rest)| {
        let (entry, part) = numbers.split_once('-')?;
        entry.parse::<u64>().ok()?;
        Some((part.parse::<u64>().ok()?, rest))
    });
    match part {
        Some((part, rest)) => (rest.replace("#011", "\t").replace("#012", "\n"), part > 1),
        None => (line.to_owned(), false),
    }
}
