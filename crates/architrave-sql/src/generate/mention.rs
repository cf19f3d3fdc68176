//! Which objects of a catalogue a piece of SQL names. The server prints names with their schema when the search path is empty, so
//! pairs of names with a dot between them are enough.

use super::order::Node;
use crate::lex::{Lexer, Token, TokenKind, name_of};
use architrave_model::catalog::Catalog;
use std::collections::{BTreeMap, BTreeSet};

/// Names to objects.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    known: BTreeMap<(String, String), Vec<Node>>,
}

impl Mentions {
    /// Over everything that can be created; what extensions own is there already, and identity columns bring their sequences.
    pub(super) fn new(catalog: &Catalog) -> Self {
        let mut mentions = Self::default();
        let mut add = |name: &architrave_model::name::QualifiedName, node| {
            mentions.known.entry((name.schema.clone(), name.name.clone())).or_insert_with(Vec::new).push(node);
        };
        for (i, t) in catalog.types.iter().enumerate().filter(|(_, t)| t.extension.is_none()) {
            add(&t.name, Node::Type(i));
        }
        for (i, s) in catalog.sequences.iter().enumerate().filter(|(_, s)| s.extension.is_none() && !s.identity) {
            add(&s.name, Node::Sequence(i));
        }
        for (i, f) in catalog.functions.iter().enumerate() {
            add(&f.name, Node::Function(i));
        }
        for (i, t) in catalog.tables.iter().enumerate().filter(|(_, t)| t.extension.is_none()) {
            add(&t.name, Node::Table(i));
        }
        for (i, v) in catalog.views.iter().enumerate().filter(|(_, v)| v.extension.is_none()) {
            add(&v.name, Node::View(i));
        }
        mentions
    }

    /// The objects of that name.
    pub(super) fn named(&self, schema: &str, name: &str) -> &[Node] {
        self.known.get(&(schema.to_owned(), name.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// Adds what the SQL names.
    pub(super) fn collect(&self, sql: &str, into: &mut BTreeSet<Node>) {
        for (schema, name) in names_in(sql) {
            into.extend(self.named(&schema, &name));
        }
    }
}

/// Pairs of names with a dot between them, and those inside of constants that name objects (`'s.q'::regclass`).
pub(crate) fn names_in(sql: &str) -> Vec<(String, String)> {
    let tokens: Vec<Token> = Lexer::new(sql).filter(|t| t.kind != TokenKind::Space).collect();
    let text = |t: &Token| sql.get(t.start..t.end).unwrap_or_default();
    let mut found = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        let following = |n: usize| tokens.get(i + n);
        let dotted = following(1).is_some_and(|t| t.kind == TokenKind::Dot);
        if is_name(token) && dotted {
            if let Some(own) = following(2).filter(|t| is_name(t)) {
                found.push((name_of(text(token)), name_of(text(own))));
            }
        } else if token.kind == TokenKind::String
            && following(1).is_some_and(|t| t.kind == TokenKind::DoubleColon)
            && following(2).is_some_and(|t| text(t).starts_with("reg"))
        {
            found.extend(names_in(&text(token).trim_matches('\'').replace("''", "'")));
        }
    }
    found
}

/// All names and key words, unquoted.
pub(crate) fn words_in(sql: &str) -> BTreeSet<String> {
    let text = |t: &Token| sql.get(t.start..t.end).unwrap_or_default();
    Lexer::new(sql).filter(is_name).map(|t| name_of(text(&t))).collect()
}

fn is_name(token: &Token) -> bool {
    matches!(token.kind, TokenKind::Word | TokenKind::QuotedName)
}
