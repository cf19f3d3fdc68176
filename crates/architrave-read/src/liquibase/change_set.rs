//! One file of formatted SQL to its change sets.

use crate::markers::lines;
use std::collections::BTreeMap;
use std::ops::Range;

/// A file's change sets and properties.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) sets: Vec<ChangeSet>,
    /// `--property name:x value:y`.
    pub(super) properties: BTreeMap<String, String>,
}

/// A change set.
#[derive(Debug, Default)]
pub(super) struct ChangeSet {
    /// `author:id`.
    pub(super) version: String,
    pub(super) line: u32,
    /// From its mark up to the next one.
    pub(super) range: Range<usize>,
    /// Byte ranges of its statements.
    pub(super) parts: Vec<Range<usize>>,
    /// Byte ranges of its way back, ascending.
    pub(super) rollback: Vec<Range<usize>>,
    /// It says that nothing is to be taken back.
    pub(super) no_rollback_needed: bool,
    pub(super) in_transaction: bool,
    /// Sent statement by statement.
    pub(super) split: bool,
    /// Runs again when it has changed.
    pub(super) repeats: bool,
    /// Why it never runs on PostgreSQL.
    pub(super) left_out: Option<String>,
    /// When it runs only under a condition: line and what.
    pub(super) notes: Vec<(u32, String)>,
}

/// A change set's text for comparing two versions of a file.
#[derive(Debug, Default)]
pub(crate) struct Body {
    /// Text with single blanks.
    pub(crate) text: String,
    pub(crate) line: u32,
    /// Runs again when it has changed.
    pub(crate) repeats: bool,
}

/// The change sets of a text by version.
pub(crate) fn bodies(text: &str) -> BTreeMap<String, Body> {
    let words = |ranges: &[Range<usize>]| {
        let texts = ranges.iter().filter_map(|r| text.get(r.clone())).flat_map(str::split_whitespace);
        texts.collect::<Vec<_>>().join(" ")
    };
    let body = |set: ChangeSet| (set.version.clone(), Body { text: words(&set.parts), line: set.line, repeats: set.repeats });
    change_sets(text).sets.into_iter().map(body).collect()
}

/// What a comment line says to Liquibase: the word after `--` in lower case, and the rest.
fn directive(line: &str) -> Option<(String, &str)> {
    let rest = line.trim_start().strip_prefix("--")?.trim_start();
    let rest = rest.strip_prefix("liquibase ").map_or(rest, str::trim_start);
    let end = rest.find(|c: char| !c.is_alphabetic() && c != '-').unwrap_or(rest.len());
    let (word, rest) = rest.split_at(end);
    Some((word.to_lowercase(), rest.strip_prefix(':').unwrap_or(rest).trim()))
}

/// Reads a file.
pub(super) fn change_sets(text: &str) -> File {
    let mut file = File::default();
    let mut open: Option<Open> = None;
    let mut number = 0_u32;
    for (range, line) in lines(text) {
        number += 1;
        let trimmed = line.trim();
        if let Some(current) = open.as_mut().filter(|o| o.in_rollback_comment) {
            if trimmed.contains("*/") {
                let end = range.start + line.find("*/").unwrap_or(line.len());
                current.set.rollback.push(range.start..end);
                current.in_rollback_comment = false;
                current.from = Some(range.end);
            } else {
                current.set.rollback.push(range.clone());
            }
            continue;
        }
        if let Some(current) = open.as_mut()
            && let Some(rest) = trimmed.strip_prefix("/*").map(|r| r.trim_start().to_lowercase())
            && (rest.starts_with("liquibase rollback") || rest == "rollback")
        {
            current.stop(range.start);
            current.in_rollback_comment = true;
            continue;
        }
        let Some((word, rest)) = directive(line) else {
            if let Some(current) = open.as_mut() {
                current.line(&range, line, trimmed);
            }
            continue;
        };
        match word.as_str() {
            "changeset" => {
                file.sets.extend(open.take().map(|o| o.close(range.start)));
                open = Some(Open::new(rest, number, &range));
            }
            "property" => {
                let words = words(rest);
                if let (Some(name), Some(value)) = (words.get("name"), words.get("value")) {
                    file.properties.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
            "rollback" => {
                if let Some(current) = open.as_mut() {
                    current.rollback(&range, line, rest);
                }
            }
            "preconditions" => {
                if let Some(current) = open.as_mut() {
                    let note = (number, "has preconditions: it may not run everywhere".to_owned());
                    current.set.notes.push(note);
                }
            }
            _ => {}
        }
    }
    file.sets.extend(open.map(|o| o.close(text.len())));
    file
}

/// A change set that is being read.
struct Open {
    set: ChangeSet,
    delimiter: Option<String>,
    /// Where the statements that are being gathered start.
    from: Option<usize>,
    in_rollback_comment: bool,
}

impl Open {
    fn new(head: &str, line: u32, mark: &Range<usize>) -> Self {
        let (version, rest) = version_of(head);
        let words = words(rest);
        let says = |name: &str, value: &str| words.get(name).is_some_and(|v| v.eq_ignore_ascii_case(value));
        let mut set = ChangeSet {
            version,
            line,
            range: mark.clone(),
            in_transaction: !says("runintransaction", "false"),
            split: !says("splitstatements", "false"),
            repeats: says("runonchange", "true") || says("runalways", "true"),
            ..ChangeSet::default()
        };
        if let Some(dbms) = words.get("dbms") {
            let names: Vec<String> = dbms.split(',').map(|d| d.trim().to_lowercase()).collect();
            let ours = |n: &String| n == "postgresql" || n == "all";
            let (no, yes): (Vec<&String>, Vec<&String>) = names.iter().partition(|n| n.starts_with('!'));
            if !yes.is_empty() && !yes.into_iter().any(ours) || no.iter().any(|n| *n == "!postgresql") {
                set.left_out = Some(format!("change set {} is for dbms {dbms}, not postgresql", set.version));
            }
        }
        if says("ignore", "true") {
            set.left_out = Some(format!("change set {} says ignore:true", set.version));
        }
        for (attribute, called) in [("context", "context"), ("contextfilter", "context"), ("labels", "labels")] {
            if let Some(value) = words.get(attribute) {
                set.notes.push((line, format!("runs only where {called} {value} is asked for, or none is")));
            }
        }
        let delimiter = words.get("enddelimiter").map(|d| d.replace("\\n", "").replace("\\r", "").trim().to_owned());
        Self { set, delimiter: delimiter.filter(|d| !d.is_empty() && d != ";"), from: Some(mark.end), in_rollback_comment: false }
    }

    /// A line that is no directive: only another delimiter than the semicolon matters.
    fn line(&mut self, range: &Range<usize>, line: &str, trimmed: &str) {
        let Some(delimiter) = &self.delimiter else { return };
        let at = match line.rfind(delimiter.as_str()) {
            _ if trimmed.eq_ignore_ascii_case(delimiter) => line.find(|c: char| !c.is_whitespace()).unwrap_or(0),
            // `GO` within a word is none; marks may end any line.
            Some(at) if !delimiter.starts_with(char::is_alphanumeric) && line[at + delimiter.len()..].trim().is_empty() => at,
            _ => return,
        };
        self.stop(range.start + at);
        self.from = Some(range.end);
    }

    fn rollback(&mut self, range: &Range<usize>, line: &str, rest: &str) {
        let said = rest.trim_end_matches(';').trim();
        if said.eq_ignore_ascii_case("not required") || said.eq_ignore_ascii_case("empty") {
            self.set.no_rollback_needed = true;
            return;
        }
        let start = range.start + line.trim_end().len() - rest.len();
        if !rest.is_empty() {
            self.set.rollback.push(start..range.end);
        }
    }

    fn stop(&mut self, at: usize) {
        if let Some(from) = self.from.take().filter(|from| *from < at) {
            self.set.parts.push(from..at);
        }
    }

    fn close(mut self, at: usize) -> ChangeSet {
        self.stop(at);
        self.set.range.end = at;
        self.set
    }
}

/// `author:id`, each of which may be quoted, and what follows.
fn version_of(head: &str) -> (String, &str) {
    let quoted = |text: &str| -> Option<(usize, usize)> {
        let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let end = text[1..].find(quote)? + 1;
        Some((end, end + 1))
    };
    let part = |text: &'_ str, stop: char| -> (String, usize) {
        if let Some((end, after)) = quoted(text) {
            return (text[1..end].to_owned(), after);
        }
        let end = text.find(|c: char| c == stop || c.is_whitespace()).unwrap_or(text.len());
        (text[..end].to_owned(), end)
    };
    let (author, at) = part(head, ':');
    let Some(rest) = head[at..].strip_prefix(':') else { return (author, head[at..].trim_start()) };
    let (id, at) = part(rest, ' ');
    (format!("{author}:{id}"), rest[at..].trim_start())
}

/// `name:value` pairs, names in lower case; values may be quoted.
fn words(text: &str) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let mut rest = text.trim_start();
    while let Some((name, after)) = rest.split_once(':') {
        let name = name.trim().rsplit(char::is_whitespace).next().unwrap_or_default().to_lowercase();
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, left) = match quote.and_then(|q| after[1..].split_once(q)) {
            Some((value, left)) => (value, left),
            None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        out.insert(name, value.to_owned());
        rest = left.trim_start();
    }
    out
}
