//! Texts of `pg_stat_statements` made acceptable again: a parameter stands where only a constant may.

use super::{edited, is_word, number, significant, text_of};
use crate::lex::{Lexer, Token, TokenKind, name_of};
use std::collections::BTreeMap;
use std::ops::Range;

/// A statement that PostgreSQL may be asked to plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mended {
    /// One statement without its semicolon.
    pub text: String,
    /// Parameters whose place says what they are.
    pub places: BTreeMap<u32, Place>,
}

/// What a parameter's place in the text says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// After LIMIT or FETCH FIRST.
    Limit,
    /// After OFFSET.
    Offset,
    /// A field of a date: `date_trunc($1, …)`, `extract($1 from …)`.
    DateField,
    /// An interval that is counted in this unit: `interval $1 day`.
    IntervalOf(String),
    /// A key of a JSON document, with the column's name when it stands before the operator.
    JsonKey(Option<String>),
    /// One more member of the list that begins with this parameter.
    Member(u32),
    /// A time zone.
    TimeZone,
    /// After ESCAPE.
    Escape,
}

/// Words that begin a statement which the planner plans.
static PLANNED: &[&str] = &["select", "insert", "update", "delete", "merge", "with", "values", "table"];

/// Types that may stand before a string constant.
static TYPES: &[&str] = &[
    "bigint",
    "bool",
    "boolean",
    "box",
    "bytea",
    "cidr",
    "circle",
    "date",
    "decimal",
    "float4",
    "float8",
    "inet",
    "int",
    "int2",
    "int4",
    "int8",
    "integer",
    "interval",
    "json",
    "jsonb",
    "line",
    "lseg",
    "macaddr",
    "money",
    "numeric",
    "path",
    "point",
    "polygon",
    "real",
    "regclass",
    "smallint",
    "text",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "tsquery",
    "tsvector",
    "uuid",
    "varchar",
    "xml",
];

/// Makes a statement out of a text with `$n` where constants were. The error says why it is none that can be planned, as a
/// fragment.
pub fn mend(text: &str) -> Result<Mended, String> {
    let statement = statement_of(text)?;
    let tokens = significant(statement);
    let mut mending = Mending { text: statement, tokens: &tokens, edits: Vec::new(), places: BTreeMap::new() };
    for at in 0..tokens.len() {
        mending.look_at(at);
    }
    mending.lengthen_lists();
    let places = mending.places;
    Ok(Mended { text: edited(statement, mending.edits), places })
}

/// The one statement of a text that is planned: of DECLARE and PREPARE the query inside.
fn statement_of(text: &str) -> Result<&str, String> {
    let cut = || "it ends inside a bracket or a quote: the text is cut off or broken".to_owned();
    let whole = text.trim().trim_end_matches(|c: char| c == ';' || c.is_whitespace());
    if whole.ends_with("...") || whole.ends_with('…') {
        return Err("the text is cut off; raise track_activity_query_size".to_owned());
    }
    if Lexer::new(whole).any(|t| !t.terminated) {
        return Err(cut());
    }
    let tokens = significant(whole);
    let Some(first) = tokens.iter().find(|t| t.kind != TokenKind::OpenParen) else { return Err("the text is empty".to_owned()) };
    let (open, close) = tokens.iter().fold((0, 0), |(open, close), t| match t.kind {
        TokenKind::OpenParen => (open + 1, close),
        TokenKind::CloseParen => (open, close + 1),
        _ => (open, close),
    });
    if open > close {
        return Err(cut());
    }
    if tokens.iter().any(|t| t.kind == TokenKind::Semicolon) {
        return Err("more than one statement".to_owned());
    }
    let word = text_of(whole, first).to_ascii_lowercase();
    if PLANNED.contains(&word.as_str()) {
        return Ok(whole);
    }
    let inside = match word.as_str() {
        "declare" => tokens.iter().position(|t| is_word(whole, Some(t), "for")),
        "prepare" => tokens.iter().position(|t| is_word(whole, Some(t), "as")),
        _ => None,
    };
    if let Some(inner) = inside.and_then(|at| tokens.get(at + 1)).and_then(|t| whole.get(t.start..)) {
        return statement_of(inner);
    }
    Err(match word.as_str() {
        "fetch" | "move" | "close" => "it reads a cursor, whose statement is another one".to_owned(),
        "execute" => "it executes a prepared statement, whose text is another one".to_owned(),
        _ if first.kind != TokenKind::Word => "it is no SQL statement".to_owned(),
        word => format!("{} is no statement that is planned", word.to_ascii_uppercase()),
    })
}

struct Mending<'t> {
    text: &'t str,
    tokens: &'t [Token],
    edits: Vec<(Range<usize>, String)>,
    places: BTreeMap<u32, Place>,
}

impl Mending<'_> {
    fn token(&self, at: usize, back: usize) -> Option<&Token> {
        at.checked_sub(back).and_then(|i| self.tokens.get(i))
    }

    fn word(&self, at: usize, back: usize, word: &str) -> bool {
        is_word(self.text, self.token(at, back), word)
    }

    fn look_at(&mut self, at: usize) {
        let token = self.tokens[at];
        let Some(number) = number(self.text, &token) else { return };
        if self.in_extract(at, number) || self.literal(at, number) {
            return;
        }
        if let Some(place) = self.place(at) {
            self.places.entry(number).or_insert(place);
        }
    }

    /// `extract($1 from x)`, which has no constant for its field any more.
    fn in_extract(&mut self, at: usize, number: u32) -> bool {
        let from = self.tokens.get(at + 1).copied();
        if !(self.word(at, 2, "extract") && is_word(self.text, from.as_ref(), "from")) {
            return false;
        }
        let (Some(name), Some(from)) = (self.token(at, 2).copied(), from) else { return false };
        if let Some(field) = self.field_of_the_same(at) {
            self.edits.push((self.tokens[at].start..self.tokens[at].end, field));
            return true;
        }
        self.edits.push((name.start..name.end, "date_part".to_owned()));
        self.edits.push((self.tokens[at].end..self.tokens[at].end, "::text".to_owned()));
        let comma = if self.text[..from.start].ends_with(' ') { self.tokens[at].end..from.end } else { from.start..from.end };
        // The cast is inserted at the end of the parameter, the comma takes the blank and FROM.
        self.edits.push((comma, ",".to_owned()));
        self.places.insert(number, Place::DateField);
        true
    }

    /// The field of another `extract(… from x)` over the same, where PostgreSQL left the constant in.
    fn field_of_the_same(&self, at: usize) -> Option<String> {
        let rest = |at: usize| {
            let mut depth = 1;
            let ends = self.tokens[at + 1..].iter().position(|t| {
                depth += i32::from(t.kind == TokenKind::OpenParen) - i32::from(t.kind == TokenKind::CloseParen);
                depth == 0
            });
            let inside = self.tokens.get(at + 1..at + 1 + ends?)?;
            Some(inside.iter().map(|t| text_of(self.text, t).to_ascii_lowercase()).collect::<Vec<_>>())
        };
        let own = rest(at)?;
        let other = (2..self.tokens.len()).find(|i| {
            self.tokens[*i].kind == TokenKind::Word && self.word(*i, 2, "extract") && rest(*i).is_some_and(|other| other == own)
        })?;
        Some(text_of(self.text, &self.tokens[other]).to_owned())
    }

    /// `interval $1`, `timestamp with time zone $1`: a type in front of what was a string.
    fn literal(&mut self, at: usize, number: u32) -> bool {
        let Some(start) = self.type_before(at) else { return false };
        let name = self.text.get(self.tokens[start].start..self.tokens[at - 1].end).unwrap_or("").to_owned();
        let mut end = self.tokens[at].end;
        if name.to_ascii_lowercase().starts_with("interval") {
            let units = ["year", "month", "day", "hour", "minute", "second"];
            let unit = |i: usize| units.iter().find(|u| is_word(self.text, self.tokens.get(i), u));
            if let Some(first) = unit(at + 1) {
                let last = if is_word(self.text, self.tokens.get(at + 2), "to") && unit(at + 3).is_some() { at + 3 } else { at + 1 };
                end = self.tokens[last].end;
                self.places.insert(number, Place::IntervalOf((*first).to_owned()));
            }
        }
        self.edits.push((self.tokens[start].start..end, format!("${number}::{name}")));
        true
    }

    /// First token of the type that ends just before a token.
    fn type_before(&self, at: usize) -> Option<usize> {
        let mut end = at.checked_sub(1)?;
        if self.word(at, 1, "zone") && self.word(at, 2, "time") && (self.word(at, 3, "with") || self.word(at, 3, "without")) {
            end = at.checked_sub(4)?;
        } else if self.word(at, 1, "precision") && self.word(at, 2, "double") {
            return Some(at - 2);
        } else if self.tokens[end].kind == TokenKind::CloseParen
            && self.token(at, 2).is_some_and(|t| t.kind == TokenKind::Number)
            && self.token(at, 3).is_some_and(|t| t.kind == TokenKind::OpenParen)
        {
            end = at.checked_sub(4)?;
        }
        let token = self.tokens.get(end)?;
        let word = text_of(self.text, token).to_ascii_lowercase();
        let qualified = self.token(end, 1).is_some_and(|t| matches!(t.kind, TokenKind::Dot | TokenKind::DoubleColon));
        (token.kind == TokenKind::Word && TYPES.contains(&word.as_str()) && !qualified).then_some(end)
    }

    fn place(&self, at: usize) -> Option<Place> {
        let mut before = at.checked_sub(1)?;
        while before > 0 && self.tokens[before].kind == TokenKind::OpenParen && !self.is_call(before) {
            before -= 1;
        }
        let token = self.tokens[before];
        let word = text_of(self.text, &token).to_ascii_lowercase();
        match (token.kind, word.as_str()) {
            (TokenKind::Word, "limit") => Some(Place::Limit),
            (TokenKind::Word, "first" | "next") if self.word(before, 1, "fetch") => Some(Place::Limit),
            (TokenKind::Word, "offset") => Some(Place::Offset),
            (TokenKind::Word, "escape") => Some(Place::Escape),
            (TokenKind::Word, "zone") if self.word(before, 1, "time") => Some(Place::TimeZone),
            (TokenKind::OpenParen, _) if self.word(before, 1, "date_trunc") || self.word(before, 1, "date_part") => Some(Place::DateField),
            (TokenKind::Other, ">") => self.json_key(before),
            _ => None,
        }
    }

    fn is_call(&self, open: usize) -> bool {
        self.token(open, 1).is_some_and(|t| t.kind == TokenKind::Word)
    }

    /// After `->` or `->>`.
    fn json_key(&self, last: usize) -> Option<Place> {
        let mut start = last;
        while start > 0 && self.tokens[start - 1].kind == TokenKind::Other && self.tokens[start - 1].end == self.tokens[start].start {
            start -= 1;
        }
        let operator = self.text.get(self.tokens[start].start..self.tokens[last].end)?;
        if !matches!(operator, "->" | "->>") {
            return None;
        }
        let column = self.token(start, 1).filter(|t| matches!(t.kind, TokenKind::Word | TokenKind::QuotedName));
        Some(Place::JsonKey(column.map(|t| name_of(text_of(self.text, t)))))
    }

    /// `IN ($1 /*, ... */)` stands for a list of any length: it gets three members.
    fn lengthen_lists(&mut self) {
        let mut next = super::parameters(self.text).last().map_or(1, |n| n + 1);
        let squashed: Vec<Token> =
            Lexer::new(self.text).filter(|t| t.kind == TokenKind::BlockComment && is_squashed(text_of(self.text, t))).collect();
        for comment in squashed {
            let before: Vec<&Token> = self.tokens.iter().take_while(|t| t.end <= comment.start).collect();
            let opening = before.iter().rposition(|t| matches!(t.kind, TokenKind::OpenParen | TokenKind::OpenBracket | TokenKind::Comma));
            let Some(member) = opening.and_then(|at| before.get(at + 1)) else { continue };
            let Some(element) = self.text.get(member.start..comment.start).map(str::trim_end) else { continue };
            let Some(first) = super::parameters(element).first().copied() else { continue };
            let mut more = String::new();
            for _ in 0..2 {
                let renamed = BTreeMap::from([(first, format!("${next}"))]);
                more.push_str(", ");
                more.push_str(&super::bind(element, &renamed));
                self.places.insert(next, Place::Member(first));
                next += 1;
            }
            self.edits.push((comment.start..comment.end, more));
        }
    }
}

fn is_squashed(comment: &str) -> bool {
    comment.trim_start_matches("/*").trim_end_matches("*/").trim().trim_start_matches(',').trim() == "..."
}
