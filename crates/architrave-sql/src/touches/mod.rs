//! What a statement's text names as created or changed, and the parser's complaint, if any.
#![allow(clippy::enum_glob_use, reason = "the parser's kinds of nodes are a vocabulary of hundreds")]

pub(crate) mod below;
mod constraint;
pub(crate) mod parse;
mod routine;
pub(crate) mod source;
mod statement;
mod table;
#[cfg(test)]
mod tests;
pub(crate) mod tree;

use crate::split::scan::{Edit, Piece, Place, Scanned};
use architrave_model::name::{ObjectKind, ObjectRef};
use architrave_model::script::{StatementKind, Touch};
use squawk_syntax::SyntaxNode;
use std::collections::BTreeMap;

/// Statements other than DDL longer than this are not parsed: they are rows.
const LONGEST_DATA: usize = 16 * 1024;
/// Nor is more of them than this per file.
const MOST_DATA: usize = 256 * 1024;

/// An object that a statement names, at a byte of the statement's text.
#[derive(Debug, Clone)]
struct Named {
    object: ObjectRef,
    at: usize,
    created: bool,
}

/// Collects what one statement touches.
#[derive(Debug, Default)]
struct Collector {
    found: Vec<Named>,
    /// Schema of unqualified names, inside CREATE SCHEMA.
    schema: Option<String>,
    /// Names given to unnamed constraints so far: PostgreSQL numbers the second one.
    given: BTreeMap<String, u32>,
}

impl Collector {
    fn push(&mut self, object: ObjectRef, at: usize, created: bool) {
        if !self.found.iter().any(|n| n.object == object && n.created == created) {
            self.found.push(Named { object, at, created });
        }
    }

    /// An object whose (qualified) name is that node.
    fn object(&mut self, kind: ObjectKind, name: &SyntaxNode, created: bool) -> Option<ObjectRef> {
        let object = tree::qualified(name, self.schema.as_deref()).map(|q| q.object(kind))?;
        self.push(object.clone(), tree::start(name), created);
        Some(object)
    }

    /// An object of the cluster or database, whose name is that node.
    fn global(&mut self, kind: ObjectKind, name: &SyntaxNode, created: bool) {
        if let Some(parts) = tree::qualified(name, None) {
            self.push(ObjectRef::global(kind, parts.name), tree::start(name), created);
        }
    }
}

/// Fills `touches` and `syntax_error` of the statements found in `source`; both stay empty where a text is beyond the parser.
pub(crate) fn fill(source: &str, found: &mut Scanned) {
    let mut data = 0usize;
    for piece in &mut found.pieces {
        match piece.statement.kind {
            StatementKind::PsqlCommand | StatementKind::CopyData { .. } => continue,
            StatementKind::Data => {
                data += piece.statement.text.len();
                if piece.statement.text.len() > LONGEST_DATA || data > MOST_DATA {
                    continue;
                }
            }
            _ => {}
        }
        fill_one(source, piece);
    }
}

fn fill_one(source: &str, piece: &mut Piece) {
    let Some(outcome) = parse::guarded(&piece.statement.text, |root| {
        let mut collector = Collector::default();
        statement::collect(root, &mut collector);
        collector.found
    }) else {
        return;
    };
    let mut named = outcome.found;
    named.sort_by_key(|n| n.at);
    let statement = &mut piece.statement;
    let mut place = Place::at(source, statement.offset, statement.line, statement.column);
    let offset = statement.offset;
    statement.touches = named
        .into_iter()
        .map(|n| {
            let (line, column) = place.advance(to_source(offset, &piece.edits, n.at));
            Touch { object: n.object, line, column, created: n.created }
        })
        .collect();
    if let (None, Some((at, message))) = (&statement.syntax_error, outcome.error) {
        let mut place = Place::at(source, statement.offset, statement.line, statement.column);
        let (line, column) = place.advance(to_source(offset, &piece.edits, at));
        statement.syntax_error = Some(format!("{} at line {line}, column {column}", fragment(&message)));
    }
}

/// Where a byte of the statement's text stands in the source.
fn to_source(offset: usize, edits: &[Edit], at: usize) -> usize {
    let mut source = offset;
    let mut left = at;
    for edit in edits {
        let gap = edit.start.saturating_sub(source);
        if left < gap {
            break;
        }
        left -= gap;
        if left < edit.text.len() {
            return edit.start;
        }
        left -= edit.text.len();
        source = edit.end;
    }
    source + left
}

/// The parser's messages are sentences of several styles; ours are lower-case fragments.
fn fragment(message: &str) -> String {
    let message = message.trim_end_matches('.');
    let mut chars = message.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            first.to_lowercase().chain(std::iter::once(second)).chain(chars).collect()
        }
        _ => message.to_owned(),
    }
}
