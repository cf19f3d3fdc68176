//! SQL as it stands in programs: with holes for parameters, cut into pieces, and mixed with sentences that only look like SQL.

use std::collections::BTreeSet;

/// A table that a statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mention {
    pub(super) schema: Option<String>,
    pub(super) name: String,
    /// Place in the text, in bytes.
    pub(super) at: usize,
}

/// Tables and words of a statement.
#[derive(Debug, Clone, Default)]
pub(super) struct Statement {
    pub(super) tables: Vec<Mention>,
    /// Names that may be columns, with their places.
    pub(super) words: Vec<(String, usize)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// Not quoted; lower case.
    Word(String),
    /// Quoted; as it is.
    Quoted(String),
    Sign(char),
}

/// Words that may stand first in SQL.
static VERBS: &[&str] = &[
    "select", "insert", "update", "delete", "with", "merge", "truncate", "copy", "lock", "refresh", "explain", "alter", "create", "from",
    "join", "left", "inner", "right", "full", "cross", "begin", "drop",
];

/// The statements of a text; none when it is no SQL. A whole file of SQL (`sure`) is taken at its word.
pub(super) fn read(text: &str, sure: bool) -> Vec<Statement> {
    let tokens = tokens(text);
    if !sure && !is_sql(&tokens) {
        return Vec::new();
    }
    let parts = tokens.split(|(token, _)| *token == Token::Sign(';'));
    // Describing a table and granting rights on it uses none of it.
    let about = |tokens: &&[(Token, usize)]| !matches!(tokens.first(), Some((Token::Word(verb), _)) if matches!(verb.as_str(), "comment" | "grant" | "revoke"));
    parts.filter(about).map(statement).filter(|s| !s.tables.is_empty()).collect()
}

/// Whether words are SQL rather than a sentence: a verb first, and signs that no sentence has in that place.
fn is_sql(tokens: &[(Token, usize)]) -> bool {
    let first = tokens.iter().find(|(t, _)| *t != Token::Sign('('));
    let Some((Token::Word(verb), _)) = first else { return false };
    if !VERBS.contains(&verb.as_str()) {
        return false;
    }
    let at = |word: &str| tokens.iter().position(|(t, _)| matches!(t, Token::Word(w) if w == word));
    let has = |word: &str| at(word).is_some();
    match verb.as_str() {
        "select" => match at("from") {
            Some(from) => {
                let between = &tokens[1.min(from)..from];
                between.len() <= 1 || between.iter().any(|(t, _)| matches!(t, Token::Sign(_) | Token::Quoted(_)))
            }
            None => false,
        },
        "insert" => has("into") && (has("values") || has("select") || has("default") || tokens.iter().any(|(t, _)| *t == Token::Sign('('))),
        "update" => has("set") && tokens.iter().any(|(t, _)| matches!(t, Token::Sign('=' | '$'))),
        "delete" => matches!(tokens.get(1), Some((Token::Word(w), _)) if w == "from"),
        "with" => has("as") && has("select"),
        "merge" => has("into") && has("using"),
        "from" | "join" | "left" | "inner" | "right" | "full" | "cross" => {
            has("on") || has("using") || (has("where") && tokens.iter().any(|(t, _)| matches!(t, Token::Sign('=' | '<' | '>'))))
        }
        "truncate" | "lock" | "refresh" | "copy" => tokens.len() <= 12 || has("from") || has("to"),
        "explain" | "begin" => has("select") || has("update") || has("delete") || has("insert"),
        "alter" | "create" | "drop" => has("table") || has("index") || has("view"),
        _ => false,
    }
}

fn statement(tokens: &[(Token, usize)]) -> Statement {
    let own = own_names(tokens);
    let mut statement = Statement::default();
    let mut at = 0;
    while let Some((token, place)) = tokens.get(at) {
        at += 1;
        match token {
            Token::Word(word) => {
                let verb_of_update = word == "update" && !is_lock(tokens, at - 1);
                let introduces =
                    matches!(word.as_str(), "from" | "join" | "into" | "truncate" | "table" | "references" | "using" | "view" | "copy");
                if introduces || verb_of_update {
                    at = mentions(tokens, at, &own, word == "from", &mut statement);
                } else {
                    statement.words.push((word.clone(), *place));
                }
            }
            Token::Quoted(name) => statement.words.push((name.clone(), *place)),
            Token::Sign(_) => {}
        }
    }
    statement
}

/// `FOR UPDATE`, `ON CONFLICT DO UPDATE`, `ON UPDATE`: no table follows.
fn is_lock(tokens: &[(Token, usize)], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|n| tokens.get(n));
    matches!(before, Some((Token::Word(w), _)) if matches!(w.as_str(), "for" | "do" | "on" | "key" | "before" | "after" | "or"))
}

/// Names that the statement makes for itself: `WITH orders AS (…)`.
fn own_names(tokens: &[(Token, usize)]) -> BTreeSet<String> {
    let named = |t: &Token| match t {
        Token::Word(w) | Token::Quoted(w) => Some(w.clone()),
        Token::Sign(_) => None,
    };
    if !tokens.iter().any(|(t, _)| matches!(t, Token::Word(w) if w == "with")) {
        return BTreeSet::new();
    }
    let windows = tokens.windows(3).filter(|w| matches!(&w[1].0, Token::Word(word) if word == "as") && matches!(&w[2].0, Token::Sign('(')));
    windows.filter_map(|w| named(&w[0].0)).collect()
}

/// Reads the tables after FROM and its kind; gives where to go on.
fn mentions(tokens: &[(Token, usize)], mut at: usize, own: &BTreeSet<String>, list: bool, statement: &mut Statement) -> usize {
    loop {
        while let Some((Token::Word(word), _)) = tokens.get(at) {
            if !matches!(word.as_str(), "only" | "if" | "exists" | "not" | "lateral" | "table" | "concurrently" | "materialized") {
                break;
            }
            at += 1;
        }
        let Some((name, place)) = name(tokens, at) else { return at };
        at += 1;
        let qualified = match (tokens.get(at), self::name(tokens, at + 1)) {
            (Some((Token::Sign('.'), _)), Some((second, _))) => {
                at += 2;
                Some(second)
            }
            _ => None,
        };
        let (schema, name) = match qualified {
            Some(second) => (Some(name), second),
            None => (None, name),
        };
        // A function in FROM is no table.
        let called = list && matches!(tokens.get(at), Some((Token::Sign('('), _)));
        if !called && (schema.is_some() || !own.contains(&name)) {
            statement.tables.push(Mention { schema, name, at: place });
        }
        // FROM a, b x, c AS y
        if matches!(tokens.get(at), Some((Token::Word(w), _)) if w == "as") {
            at += 1;
        }
        let aliased = matches!(tokens.get(at), Some((Token::Word(_) | Token::Quoted(_), _)))
            && matches!(tokens.get(at + 1), Some((Token::Sign(','), _)));
        if aliased {
            at += 1;
        }
        if !list || !matches!(tokens.get(at), Some((Token::Sign(','), _))) {
            return at;
        }
        at += 1;
    }
}

fn name(tokens: &[(Token, usize)], at: usize) -> Option<(String, usize)> {
    match tokens.get(at)? {
        (Token::Word(w) | Token::Quoted(w), place) => Some((w.clone(), *place)),
        (Token::Sign(_), _) => None,
    }
}

/// Words, quoted names and signs; comments and constants are left out.
fn tokens(text: &str) -> Vec<(Token, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let start = at;
        if rest.starts_with("--") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            at += rest.find("*/").map_or(rest.len(), |end| end + 2);
        } else if c == '\\' {
            // Escapes of the program's own language: `\n` is a blank, `\"` a quote.
            at += 1;
            if !text[at..].starts_with('"') {
                at += text[at..].chars().next().map_or(0, char::len_utf8);
            }
        } else if c == '\'' {
            at += 1 + rest[1..].find('\'').map_or(rest.len() - 1, |end| end + 1);
            found.push((Token::Sign('\''), start));
        } else if c == '"' {
            let content = &rest[1..];
            let end = content.find('"').unwrap_or(content.len());
            found.push((Token::Quoted(content[..end].trim_end_matches('\\').to_owned()), start + 1));
            at += 1 + (end + 1).min(content.len());
        } else if c.is_alphabetic() || c == '_' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
            found.push((Token::Word(rest[..end].to_lowercase()), start));
            at += end;
        } else {
            if !c.is_whitespace() {
                found.push((Token::Sign(c), start));
            }
            at += c.len_utf8();
        }
    }
    found
}
