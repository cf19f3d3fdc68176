//! What a statement is, from its first tokens.

use crate::lex::{TokenKind, name_of};
use architrave_model::script::StatementKind;

/// One of a statement's first tokens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lead<'a> {
    pub(super) kind: TokenKind,
    pub(super) text: &'a str,
    /// Bracket depth after the token.
    pub(super) depth: usize,
}

impl Lead<'_> {
    fn is(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word)
    }

    fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|w| self.is(w))
    }
}

/// Leading words as a pattern: each element is one word, or several joined by `|`.
fn starts(lead: &[Lead<'_>], pattern: &[&str]) -> bool {
    let is_one = |l: &Lead<'_>, words: &str| {
        l.kind == TokenKind::Word && words.as_bytes().split(|b| *b == b'|').any(|w| w.eq_ignore_ascii_case(l.text.as_bytes()))
    };
    lead.len() >= pattern.len() && lead.iter().zip(pattern).all(|(l, p)| is_one(l, p))
}

fn has(lead: &[Lead<'_>], word: &str) -> bool {
    lead.iter().any(|l| l.is(word))
}

fn has_at_top(lead: &[Lead<'_>], word: &str) -> bool {
    lead.iter().any(|l| l.depth == 0 && l.is(word))
}

/// Two words next to each other, outside parentheses.
fn has_pair(lead: &[Lead<'_>], first: &str, second: &str) -> bool {
    lead.windows(2).any(|w| w[0].depth == 0 && w[0].is(first) && w[1].is(second))
}

/// After CREATE: without OR REPLACE and adjectives.
fn created<'a, 'b>(lead: &'a [Lead<'b>]) -> Option<&'a [Lead<'b>]> {
    let rest = lead.first().filter(|l| l.is("create")).and_then(|_| lead.get(1..))?;
    let rest = if starts(rest, &["or", "replace"]) { &rest[2..] } else { rest };
    Some(rest)
}

pub(super) fn is_create_routine(lead: &[Lead<'_>]) -> bool {
    created(lead).is_some_and(|rest| starts(rest, &["function|procedure"]))
}

pub(super) fn is_create_rule(lead: &[Lead<'_>]) -> bool {
    created(lead).is_some_and(|rest| starts(rest, &["rule"]))
}

/// `SET standard_conforming_strings = …`.
pub(super) fn standard_strings(lead: &[Lead<'_>]) -> Option<bool> {
    let rest = lead.first().filter(|l| l.is("set")).and_then(|_| lead.get(1..))?;
    let rest = if starts(rest, &["session|local"]) { &rest[1..] } else { rest };
    if !starts(rest, &["standard_conforming_strings"]) {
        return None;
    }
    let value = rest.get(2)?.text.trim_matches('\'').to_ascii_lowercase();
    match value.as_str() {
        "on" | "true" | "1" | "yes" | "default" => Some(true),
        "off" | "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

pub(super) fn kind(lead: &[Lead<'_>]) -> StatementKind {
    let Some(first) = lead.first() else { return StatementKind::Data };
    if first.is_any(&["insert", "update", "delete", "select", "with", "set", "do"]) {
        return StatementKind::Data;
    }
    if let Some(kind) = transaction(lead) {
        return kind;
    }
    if refuses_transactions(lead) {
        return StatementKind::NonTransactional;
    }
    if first.is("copy") && has_pair(lead, "from", "stdin") {
        return StatementKind::CopyData { rows: 0 };
    }
    if starts(lead, &["create", "extension"]) {
        return extension(lead);
    }
    if reaches_cluster(lead) {
        return StatementKind::ClusterWide;
    }
    if first.is_any(&["create", "alter", "drop", "comment", "grant", "revoke", "security", "import", "reassign", "cluster"]) {
        return StatementKind::Definition;
    }
    StatementKind::Data
}

fn transaction(lead: &[Lead<'_>]) -> Option<StatementKind> {
    if starts(lead, &["begin"]) || starts(lead, &["start", "transaction"]) {
        Some(StatementKind::Begin)
    } else if lead.get(1).is_some_and(|l| l.is("prepared")) {
        None
    } else if starts(lead, &["commit|end"]) {
        Some(StatementKind::Commit)
    } else if starts(lead, &["rollback|abort"]) && !has(lead, "to") {
        Some(StatementKind::Rollback)
    } else {
        None
    }
}

fn refuses_transactions(lead: &[Lead<'_>]) -> bool {
    let concurrently = has_at_top(lead, "concurrently");
    starts(lead, &["vacuum"])
        || starts(lead, &["create|drop", "database|tablespace"])
        || starts(lead, &["alter", "system"])
        || starts(lead, &["commit|rollback", "prepared"])
        || starts(lead, &["discard", "all"])
        || (starts(lead, &["create", "index"]) && starts(&lead[2..], &["concurrently"]))
        || (starts(lead, &["create", "unique", "index"]) && starts(&lead[3..], &["concurrently"]))
        || starts(lead, &["drop", "index", "concurrently"])
        || starts(lead, &["reindex"]) && (has(lead, "concurrently") || reindexes_widely(lead))
        || starts(lead, &["repack"]) && has(lead, "concurrently")
        || starts(lead, &["cluster"]) && !lead.iter().skip(1).any(|l| l.depth == 0 && names_something(l))
        || starts(lead, &["alter", "table"]) && concurrently && has_pair(lead, "detach", "partition")
        || starts(lead, &["alter", "database"]) && has_pair(lead, "set", "tablespace")
        || starts(lead, &["create", "subscription"]) && !(option_off(lead, "create_slot") || option_off(lead, "connect"))
        || starts(lead, &["drop", "subscription"])
        || starts(lead, &["alter", "subscription"]) && subscription_refreshes(lead)
}

fn names_something(lead: &Lead<'_>) -> bool {
    matches!(lead.kind, TokenKind::Word | TokenKind::QuotedName) && !lead.is("verbose")
}

fn reindexes_widely(lead: &[Lead<'_>]) -> bool {
    lead.iter().skip(1).find(|l| l.depth == 0 && l.kind == TokenKind::Word).is_some_and(|l| l.is_any(&["schema", "database", "system"]))
}

/// `name = false` in a WITH list.
fn option_off(lead: &[Lead<'_>], name: &str) -> bool {
    lead.windows(3).any(|w| {
        w[0].is(name)
            && w[1].kind == TokenKind::Equals
            && matches!(w[2].text.trim_matches('\'').to_ascii_lowercase().as_str(), "false" | "off" | "0" | "no")
    })
}

/// These fetch the list of tables from the publisher unless told not to.
fn subscription_refreshes(lead: &[Lead<'_>]) -> bool {
    has_pair(lead, "refresh", "publication")
        || has_pair(lead, "refresh", "sequences")
        || (["set", "add", "drop"].iter().any(|verb| has_pair(lead, verb, "publication")) && !option_off(lead, "refresh"))
}

fn reaches_cluster(lead: &[Lead<'_>]) -> bool {
    if starts(lead, &["create|alter|drop", "user", "mapping"]) {
        return false;
    }
    starts(lead, &["create|alter|drop", "role|user|group"])
        || starts(lead, &["alter|create|drop", "database|tablespace|system"])
        || starts(lead, &["comment", "on", "role|database|tablespace"])
        || starts(lead, &["grant|revoke"]) && grants_beyond(lead)
}

/// GRANT of a role has no ON; privileges on databases, tablespaces and parameters are the cluster's.
fn grants_beyond(lead: &[Lead<'_>]) -> bool {
    match lead.iter().position(|l| l.depth == 0 && l.is("on")) {
        Some(on) => lead.get(on + 1).is_some_and(|l| l.is_any(&["database", "tablespace", "parameter"])),
        None => has_at_top(lead, "to") || has_at_top(lead, "from"),
    }
}

fn extension(lead: &[Lead<'_>]) -> StatementKind {
    let rest = &lead[2..];
    let rest = if starts(rest, &["if", "not", "exists"]) { &rest[3..] } else { rest };
    let Some(name) = rest.first() else { return StatementKind::Definition };
    let schema = rest.windows(2).find(|w| w[0].is("schema")).map(|w| name_of(w[1].text));
    StatementKind::CreateExtension { name: name_of(name.text.trim_matches('\'')), schema }
}

/// Whether a statement reaches beyond its database: [`StatementKind::ClusterWide`], and those that refuse transactions as well
/// (CREATE DATABASE, ALTER SYSTEM, CREATE TABLESPACE), whose kind is [`StatementKind::NonTransactional`].
pub fn is_cluster_wide(statement: &str) -> bool {
    let mut depth = 0usize;
    let lead: Vec<Lead<'_>> = crate::lex::Lexer::new(statement)
        .filter(|t| !matches!(t.kind, TokenKind::Space | TokenKind::LineComment | TokenKind::BlockComment))
        .take(400)
        .map(|t| {
            match t.kind {
                TokenKind::OpenParen => depth += 1,
                TokenKind::CloseParen => depth = depth.saturating_sub(1),
                _ => {}
            }
            Lead { kind: t.kind, text: statement.get(t.start..t.end).unwrap_or_default(), depth }
        })
        .collect();
    reaches_cluster(&lead)
}
