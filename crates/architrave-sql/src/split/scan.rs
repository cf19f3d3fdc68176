//! One pass over the text: where statements begin and end, with psql's commands, variables and COPY data taken out.

use super::classify::{self, Lead};
use super::psql;
use super::{SplitNote, SplitOptions};
use crate::lex::{Lexer, Token, TokenKind};
use architrave_model::script::{Statement, StatementKind};
use std::collections::BTreeMap;

/// How many leading tokens classification may look at.
const LEAD: usize = 400;

/// More notes than anybody reads are dropped.
const NOTES: usize = 200;

/// A statement and what only this crate needs to know of it.
#[derive(Debug)]
pub(crate) struct Piece {
    /// The statement, still without touches.
    pub(crate) statement: Statement,
    /// Places where the statement's text differs from the source, in order.
    pub(crate) edits: Vec<Edit>,
}

/// A range of the source that the statement's text replaces.
#[derive(Debug, Clone)]
pub(crate) struct Edit {
    /// First byte in the source.
    pub(crate) start: usize,
    /// Byte after the last in the source.
    pub(crate) end: usize,
    /// What stands there instead.
    pub(crate) text: String,
}

/// What [`scan`] found.
#[derive(Debug, Default)]
pub(crate) struct Scanned {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) notes: Vec<SplitNote>,
}

/// Line and column of increasing offsets.
#[derive(Debug, Clone)]
pub(crate) struct Place<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    column: u32,
}

impl<'a> Place<'a> {
    /// At the start of the text.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1, column: 1 }
    }

    /// At a place that is known already.
    pub(crate) fn at(text: &'a str, at: usize, line: u32, column: u32) -> Self {
        Self { text, at, line, column }
    }

    /// Line and column of an offset that is not before the last one asked for.
    pub(crate) fn advance(&mut self, to: usize) -> (u32, u32) {
        let Some(passed) = self.text.get(self.at..to) else { return (self.line, self.column) };
        let lines = passed.bytes().filter(|b| *b == b'\n').count();
        let since = match passed.rfind('\n') {
            Some(at) => {
                self.column = 1;
                &passed[at + 1..]
            }
            None => passed,
        };
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.column = self.column.saturating_add(u32::try_from(since.chars().count()).unwrap_or(u32::MAX));
        self.at = to;
        (self.line, self.column)
    }
}

struct Scanner<'a> {
    text: &'a str,
    options: &'a SplitOptions,
    lexer: Lexer<'a>,
    variables: BTreeMap<String, String>,
    place: Place<'a>,
    /// Last place looked up inside a statement; these too only move forward.
    inner: Place<'a>,
    out: Scanned,
    /// Index of the COPY statement whose data begins at the next line.
    awaits_data: Option<usize>,
    pending: Pending<'a>,
}

/// The statement being read.
#[derive(Default)]
struct Pending<'a> {
    begun: Option<(usize, u32, u32)>,
    end: usize,
    lead: Vec<Lead<'a>>,
    depth: usize,
    /// Open BEGIN ATOMIC and CASE.
    atomic: usize,
    previous: (Option<TokenKind>, &'a str),
    edits: Vec<Edit>,
    open: Option<String>,
}

/// Statements of a text without NUL.
pub(crate) fn scan(text: &str, options: &SplitOptions) -> Scanned {
    let mut lexer = Lexer::new(text);
    lexer.standard_strings = options.standard_conforming_strings;
    let mut place = Place::new(text);
    if text.starts_with('\u{feff}') {
        lexer.seek('\u{feff}'.len_utf8());
        place = Place::at(text, '\u{feff}'.len_utf8(), 1, 1);
    }
    let variables = options.variables.clone();
    let inner = place.clone();
    let mut scanner =
        Scanner { text, options, lexer, variables, place, inner, out: Scanned::default(), awaits_data: None, pending: Pending::default() };
    while let Some(token) = scanner.lexer.next() {
        scanner.step(token);
    }
    scanner.finish();
    scanner.out.notes.sort_by_key(|n| (n.line, n.column));
    scanner.out
}

impl<'a> Scanner<'a> {
    fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn step(&mut self, token: Token) {
        match token.kind {
            TokenKind::Space => {
                if let (Some(copy), Some(at)) = (self.awaits_data, self.slice(token.start, token.end).find('\n')) {
                    self.awaits_data = None;
                    self.skip_data(copy, token.start + at + 1);
                }
            }
            TokenKind::LineComment => {
                let comment = self.slice(token.start, token.end);
                if self.options.breakpoint.as_deref().is_some_and(|b| comment.starts_with(b)) {
                    self.finish();
                }
            }
            TokenKind::BlockComment => {
                if !token.terminated {
                    self.note(token.start, "a comment that never ends");
                    if self.pending.begun.is_some() {
                        self.pending.open = Some("unterminated /* comment".to_owned());
                    }
                }
            }
            TokenKind::Semicolon if !self.pending.holds_semicolons() => self.finish(),
            TokenKind::Backslash if self.options.psql => self.meta_command(token.start),
            TokenKind::Colon if self.options.psql && self.variable(token) => {}
            _ => self.take(token),
        }
    }

    fn note(&mut self, at: usize, message: impl Into<String>) {
        let message = message.into();
        if self.out.notes.len() >= NOTES || self.out.notes.last().is_some_and(|n| n.message == message) {
            return;
        }
        let (line, column) = self.inner.advance(at);
        self.out.notes.push(SplitNote { line, column, message });
    }

    fn take(&mut self, token: Token) {
        let text = self.slice(token.start, token.end);
        if self.pending.begun.is_none() {
            let (line, column) = self.place.advance(token.start);
            self.pending.begun = Some((token.start, line, column));
        }
        if !token.terminated {
            let what = if token.kind == TokenKind::QuotedName { "quoted identifier" } else { "quoted string" };
            let (line, column) = self.inner.advance(token.start);
            self.pending.open = Some(format!("unterminated {what} at line {line}, column {column}"));
        }
        self.pending.take(token, text);
    }

    /// Replaces a psql variable that is set. False leaves the colon to the statement.
    fn variable(&mut self, colon: Token) -> bool {
        let Some(next) = self.lexer.clone().next() else { return false };
        let reference = self.slice(next.start, next.end);
        let quoted = reference.starts_with(['\'', '"']);
        if !(next.kind == TokenKind::Word || (quoted && next.terminated)) {
            return false;
        }
        let Some(text) = psql::value_of(reference, &self.variables) else {
            if quoted {
                self.note(colon.start, format!("the psql variable {} is not set here", reference.trim_matches(['\'', '"'])));
            }
            return false;
        };
        self.lexer.seek(next.end);
        self.take(Token { kind: TokenKind::Other, start: colon.start, end: next.end, terminated: true });
        self.pending.edits.push(Edit { start: colon.start, end: next.end, text });
        true
    }

    fn meta_command(&mut self, start: usize) {
        match self.text.as_bytes().get(start + 1) {
            Some(b';') => {
                self.finish();
                return self.lexer.seek(start + 2);
            }
            Some(b':') => {
                self.pending.edits.push(Edit { start, end: start + 1, text: String::new() });
                return;
            }
            _ => {}
        }
        let end = psql::command_end(self.text, start);
        let command = self.slice(start, end).trim_end();
        let (name, arguments) = psql::parts(command);
        if psql::sends(name) {
            self.finish();
        } else if self.pending.begun.is_some() {
            self.pending.edits.push(Edit { start, end, text: " ".to_owned() });
        }
        match name {
            "gexec" => self.note(start, "\\gexec: the statements that the query makes are not known here"),
            "if" => self.note(start, "\\if: every branch is read"),
            "." => self.note(start, "\\. outside COPY data"),
            _ => psql::remember(name, arguments, &mut self.variables),
        }
        let copies = psql::copies_from_script(name, arguments);
        let (line, column) = self.inner.advance(start);
        let kind = if copies { StatementKind::CopyData { rows: 0 } } else { StatementKind::PsqlCommand };
        let statement = Statement { text: command.to_owned(), line, column, offset: start, kind, touches: Vec::new(), syntax_error: None };
        if name != "." {
            self.out.pieces.push(Piece { statement, edits: Vec::new() });
            self.awaits_data = copies.then(|| self.out.pieces.len() - 1);
        }
        self.lexer.seek(if self.slice(end, end + 2) == "\\\\" { end + 2 } else { end });
    }

    fn skip_data(&mut self, copy: usize, from: usize) {
        let mut rows = 0u64;
        let mut at = from;
        let mut ended = false;
        while at < self.text.len() && !ended {
            let rest = &self.text[at..];
            let (line, next) = match rest.find('\n') {
                Some(end) => (&rest[..end], at + end + 1),
                None => (rest, self.text.len()),
            };
            ended = line.strip_suffix('\r').unwrap_or(line) == "\\.";
            rows += u64::from(!ended);
            at = next;
        }
        if !ended {
            self.note(from.min(self.text.len()), "COPY data that does not end with \\.");
        }
        if let Some(StatementKind::CopyData { rows: counted }) = self.out.pieces.get_mut(copy).map(|p| &mut p.statement.kind) {
            *counted = rows;
        }
        if self.pending.begun.is_some() {
            self.pending.edits.push(Edit { start: from, end: at, text: String::new() });
        }
        self.lexer.seek(at);
    }

    fn finish(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let Some((start, line, column)) = pending.begun else { return };
        let mut kind = classify::kind(&pending.lead);
        if kind == (StatementKind::CopyData { rows: 0 }) {
            // Data ends with a line of its own that no SQL has: runners that load it (pop, psql behind a wrapper) are known by it.
            let has_data = || self.text.get(pending.end..).is_some_and(|rest| rest.contains("\n\\."));
            if self.options.psql || has_data() {
                self.awaits_data = Some(self.out.pieces.len());
            } else {
                kind = StatementKind::Data;
            }
        }
        if let Some(on) = classify::standard_strings(&pending.lead) {
            self.lexer.standard_strings = on;
        }
        let edits: Vec<Edit> = pending.edits.into_iter().filter(|e| e.start >= start && e.end <= pending.end).collect();
        let text = edited(self.text, start, pending.end, &edits);
        let statement = Statement { text, line, column, offset: start, kind, touches: Vec::new(), syntax_error: pending.open };
        self.out.pieces.push(Piece { statement, edits });
    }
}

fn edited(source: &str, start: usize, end: usize, edits: &[Edit]) -> String {
    let mut text = String::with_capacity(end - start);
    let mut at = start;
    for edit in edits {
        text.push_str(source.get(at..edit.start).unwrap_or_default());
        text.push_str(&edit.text);
        at = edit.end;
    }
    text.push_str(source.get(at..end).unwrap_or_default());
    text
}

impl<'a> Pending<'a> {
    fn take(&mut self, token: Token, text: &'a str) {
        match token.kind {
            TokenKind::OpenParen | TokenKind::OpenBracket => self.depth += 1,
            TokenKind::CloseParen | TokenKind::CloseBracket => self.depth = self.depth.saturating_sub(1),
            TokenKind::Word => self.word(text),
            _ => {}
        }
        if self.lead.len() < LEAD {
            self.lead.push(Lead { kind: token.kind, text, depth: self.depth });
        }
        self.end = token.end;
        self.previous = (Some(token.kind), text);
    }

    /// `BEGIN ATOMIC … END` of an SQL function; CASE inside it ends with END too.
    fn word(&mut self, text: &str) {
        let (kind, before) = self.previous;
        let a_label = kind == Some(TokenKind::Dot) || (kind == Some(TokenKind::Word) && before.eq_ignore_ascii_case("as"));
        if self.atomic == 0 {
            if text.eq_ignore_ascii_case("atomic") && before.eq_ignore_ascii_case("begin") && classify::is_create_routine(&self.lead) {
                self.atomic = 1;
            }
        } else if a_label {
        } else if text.eq_ignore_ascii_case("case") {
            self.atomic += 1;
        } else if text.eq_ignore_ascii_case("end") {
            self.atomic -= 1;
        }
    }

    /// Inside a function's body or a rule's list of commands a semicolon belongs to the statement. Anywhere else it ends it, even
    /// inside parentheses: that confines a forgotten one to its statement.
    fn holds_semicolons(&self) -> bool {
        self.atomic > 0 || (self.depth > 0 && classify::is_create_rule(&self.lead))
    }
}
