//! Statement text to the plain actions that migration rules judge: one for each subcommand, names resolved to schemas. What the actions do to
//! relations is not known here: see `effects`.
#![allow(clippy::enum_glob_use, reason = "the parser's kinds of nodes are a vocabulary of hundreds")]

mod data;
mod draft;
mod names;
mod objects;
mod session;
mod setting;
mod statement;
mod table;
#[cfg(test)]
mod tests;

pub use names::{Names, Resolver};
pub use session::{Session, milliseconds};

use crate::ddl::syntax;
use architrave_model::migration::{Action, Target};
use architrave_model::name::QualifiedName;
use squawk_syntax::SyntaxKind::*;
use squawk_syntax::ast::AstNode;
use squawk_syntax::{SourceFile, SyntaxNode};

/// Rows longer than this are not parsed to their end.
const LONGEST_ROWS: usize = 16 * 1024;
/// What is parsed of them.
const HEAD_OF_ROWS: usize = 2048;

/// What a statement asks for, in the order of its text: one action for each subcommand of an ALTER TABLE, one for each object of a DROP, one for each
/// data-modifying part of a query. Never fails: what is not read is [`Action::Other`], what nests too deeply too; an empty text gives none.
pub fn actions(text: &str, names: &dyn Names) -> Vec<Action> {
    let text = head_of_rows(text);
    if syntax::nests_too_deeply(text) {
        return vec![Action::Other { what: first_words(text) }];
    }
    let tree = SourceFile::parse(text).tree();
    let statement = tree.syntax().children().find(|c| c.kind() != EMPTY_STMT);
    statement.map(|s| of_node(&s, names)).unwrap_or_default()
}

/// The same of a statement that is parsed already.
pub(crate) fn of_node(statement: &SyntaxNode, names: &dyn Names) -> Vec<Action> {
    let mut reader = Reader { names, found: Vec::new() };
    statement::read(&mut reader, statement);
    if reader.found.is_empty() {
        reader.found.push(Action::Other { what: syntax::words(statement).into_iter().take(3).collect::<Vec<_>>().join(" ") });
    }
    reader.found
}

/// An INSERT of many rows is cut behind its first ones: they say nothing new.
pub(crate) fn head_of_rows(text: &str) -> &str {
    let start = text.trim_start();
    let is_insert = start.get(..6).is_some_and(|w| w.eq_ignore_ascii_case("insert"));
    if text.len() <= LONGEST_ROWS || !is_insert {
        return text;
    }
    let mut end = HEAD_OF_ROWS;
    while !start.is_char_boundary(end) {
        end -= 1;
    }
    &start[..end]
}

fn first_words(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().take(2).map(str::to_lowercase).collect();
    words.join(" ")
}

/// Collects the actions of one statement.
pub(crate) struct Reader<'n> {
    names: &'n dyn Names,
    found: Vec<Action>,
}

impl Reader<'_> {
    fn push(&mut self, action: Action) {
        self.found.push(action);
    }

    /// What a name means, or the name that a new object would get.
    fn known_or_new(&self, path: &[String], known: Option<QualifiedName>) -> QualifiedName {
        known.unwrap_or_else(|| match path {
            [] => QualifiedName::default(),
            [name] => QualifiedName::new(self.names.creation_schema(), name),
            [.., schema, name] => QualifiedName::new(schema, name),
        })
    }

    /// The relation that a node names; indexes and sequences are relations too.
    fn relation(&self, node: &SyntaxNode) -> QualifiedName {
        let path = path(node);
        match (self.names.relation(&path), path.as_slice()) {
            // Unqualified names find system catalogues first.
            (None, [name]) if name.starts_with("pg_") => QualifiedName::new("pg_catalog", name),
            (known, _) => self.known_or_new(&path, known),
        }
    }

    /// The type that a node names.
    fn type_name(&self, node: &SyntaxNode) -> QualifiedName {
        let path = path(node);
        self.known_or_new(&path, self.names.type_name(&path))
    }

    /// The function that a node names.
    fn function(&self, node: &SyntaxNode) -> QualifiedName {
        let path = path(node);
        self.known_or_new(&path, self.names.function(&path))
    }

    /// The name of something to be created.
    fn new_name(&self, node: &SyntaxNode) -> QualifiedName {
        self.known_or_new(&path(node), None)
    }

    /// A relation with its ONLY.
    fn target(&self, node: &SyntaxNode, if_exists: bool) -> Target {
        Target { name: self.relation(node), if_exists, only: syntax::has(node, ONLY_KW) }
    }
}

/// The parts of the (qualified) name below a node.
fn path(node: &SyntaxNode) -> Vec<String> {
    let parts = syntax::path_of(node);
    if parts.is_empty() { vec![syntax::name_of(node)] } else { parts }
}

/// The last part of a name.
fn last(node: &SyntaxNode) -> String {
    path(node).pop().unwrap_or_default()
}

/// The last part of the name in the first child of that kind.
fn last_in(node: &SyntaxNode, kind: squawk_syntax::SyntaxKind) -> Option<String> {
    child(node, kind).map(|n| last(&n))
}

fn child(node: &SyntaxNode, kind: squawk_syntax::SyntaxKind) -> Option<SyntaxNode> {
    node.children().find(|c| c.kind() == kind)
}

fn has_child(node: &SyntaxNode, kind: squawk_syntax::SyntaxKind) -> bool {
    child(node, kind).is_some()
}

fn cascades(node: &SyntaxNode) -> bool {
    has_child(node, CASCADE)
}

fn if_exists(node: &SyntaxNode) -> bool {
    has_child(node, IF_EXISTS)
}

fn if_not_exists(node: &SyntaxNode) -> bool {
    has_child(node, IF_NOT_EXISTS)
}
