//! Which texts the functions `up` and `down` (or `upgrade` and `downgrade`) hand to the database, and what else they call.

use super::tokens::{Kind, Token, tokens};
use super::{Language, Literal, Program, Way};
use crate::sql::line_of;
use std::collections::BTreeMap;
use std::ops::Range;

/// What counts as handing SQL over, and as doing something else to the schema.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calls {
    /// Last names of calls whose first argument is SQL: `query`, `raw`, `execute`.
    pub(crate) sql: &'static [&'static str],
    /// Names that a chain of calls on the database starts with: `queryRunner`, `knex`, `op`. Other calls on them are no SQL.
    pub(crate) database: &'static [&'static str],
    /// Calls on the database that do nothing to it.
    pub(crate) harmless: &'static [&'static str],
    /// Functions around a text that leave it as it is: `text`, `sql`.
    pub(crate) wrappers: &'static [&'static str],
}

/// Calls that only run what stands in their arguments.
const AROUND: &[&str] = &["all", "then", "transaction", "each", "begin_nested"];

/// Reads both ways.
pub(crate) fn read(source: &str, language: Language, calls: &Calls) -> Program {
    let all = tokens(source, language);
    let reading = Reading { source, tokens: &all, language, calls, constants: BTreeMap::new() };
    let reading = Reading { constants: reading.constants(), ..reading };
    let names = if language == Language::Python { ["upgrade", "downgrade"] } else { ["up", "down"] };
    let way = |name| reading.body(name).map(|range| reading.way(range));
    Program { up: way(names[0]), down: way(names[1]) }
}

struct Reading<'a> {
    source: &'a str,
    tokens: &'a [Token],
    language: Language,
    calls: &'a Calls,
    /// Names that are given a text once.
    constants: BTreeMap<&'a str, Literal>,
}

impl<'a> Reading<'a> {
    fn name(&self, at: usize) -> Option<&'a str> {
        self.tokens.get(at).filter(|t| t.kind == Kind::Name).map(|t| &self.source[t.start..t.end])
    }

    fn mark(&self, at: usize) -> Option<char> {
        match self.tokens.get(at)?.kind {
            Kind::Mark(c) => Some(c),
            _ => None,
        }
    }

    /// Index after the mark that closes the one at `open`.
    fn close(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for at in open..self.tokens.len() {
            match self.mark(at) {
                Some('(' | '[' | '{') => depth += 1,
                Some(')' | ']' | '}') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return at + 1;
                    }
                }
                _ => {}
            }
        }
        self.tokens.len()
    }

    /// `NAME = "…"`, with a type or without.
    fn constants(&self) -> BTreeMap<&'a str, Literal> {
        let mut found: BTreeMap<&str, Option<Literal>> = BTreeMap::new();
        for at in 1..self.tokens.len() {
            if self.mark(at) != Some('=') || self.mark(at + 1) == Some('=') {
                continue;
            }
            let Some(name) = self.name(at - 1) else { continue };
            let literal = self.text(at + 1).map(|(literal, _)| literal);
            found.entry(name).and_modify(|known| *known = None).or_insert(literal);
        }
        found.into_iter().filter_map(|(name, literal)| Some((name, literal?))).collect()
    }

    /// The tokens of a function's body.
    fn body(&self, wanted: &str) -> Option<Range<usize>> {
        (0..self.tokens.len()).filter(|at| self.name(*at) == Some(wanted)).find_map(|at| match self.language {
            Language::Python => self.python_body(at),
            Language::Script => self.script_body(at),
        })
    }

    fn python_body(&self, at: usize) -> Option<Range<usize>> {
        if self.name(at.checked_sub(1)?) != Some("def") || self.mark(at + 1) != Some('(') {
            return None;
        }
        let from = self.close(at + 1);
        let at_margin = |t: &Token| t.start == 0 || self.source.as_bytes().get(t.start - 1) == Some(&b'\n');
        let to = (from..self.tokens.len()).find(|at| at_margin(&self.tokens[*at])).unwrap_or(self.tokens.len());
        Some(from..to)
    }

    fn script_body(&self, at: usize) -> Option<Range<usize>> {
        let member = at > 0 && self.mark(at - 1) == Some('.');
        if member && self.name(at.wrapping_sub(2)) != Some("exports") {
            return None;
        }
        let mut from = at + 1;
        match self.mark(from)? {
            // A method, or a function with a name.
            '(' => {
                from = self.close(from);
                // Its type may follow.
                while from < self.tokens.len() && !matches!(self.mark(from), Some('{' | ';' | '}' | ',' | ')')) {
                    from += 1;
                }
                (self.mark(from) == Some('{')).then(|| from..self.close(from))
            }
            '=' | ':' => self.script_value(from + 1),
            _ => None,
        }
    }

    /// The body of a function given as a value: `async function (x) {…}`, `(x) => {…}`, `x => …`.
    fn script_value(&self, mut from: usize) -> Option<Range<usize>> {
        while from < self.tokens.len() {
            match self.mark(from) {
                Some('(') => from = self.close(from),
                Some('{') => return Some(from..self.close(from)),
                Some('=') if self.mark(from + 1) == Some('>') => {
                    let start = from + 2;
                    if self.mark(start) == Some('{') {
                        return Some(start..self.close(start));
                    }
                    let mut end = start;
                    while end < self.tokens.len() && !matches!(self.mark(end), Some(';' | ',' | ')' | '}')) {
                        end = if matches!(self.mark(end), Some('(' | '[' | '{')) { self.close(end) } else { end + 1 };
                    }
                    return Some(start..end);
                }
                Some(';' | ',' | ')' | '}') => return None,
                _ => from += 1,
            }
        }
        None
    }

    /// A text at a token, with all that is joined to it, and the index after it.
    fn text(&self, at: usize) -> Option<(Literal, usize)> {
        // `sa.text("…")`, sql`…`.
        let wrapper = if self.wrapped_by_member(at) { at + 2 } else { at };
        if self.name(wrapper).is_some_and(|name| self.calls.wrappers.contains(&name)) {
            match self.tokens.get(wrapper + 1).map(|t| &t.kind) {
                Some(Kind::Mark('(')) => return Some((self.text(wrapper + 2)?.0, self.close(wrapper + 1))),
                Some(Kind::Text(_)) => return self.text(wrapper + 1),
                _ => {}
            }
        }
        if self.mark(at) == Some('(') {
            let (literal, _) = self.text(at + 1)?;
            return Some((literal, self.close(at)));
        }
        let mut literal = match &self.tokens.get(at)?.kind {
            Kind::Text(literal) => literal.clone(),
            Kind::Name => self.constants.get(self.name(at)?)?.clone(),
            _ => return None,
        };
        let mut next = at + 1;
        loop {
            let joined = if self.mark(next) == Some('+') { next + 1 } else { next };
            match self.tokens.get(joined).map(|t| &t.kind) {
                Some(Kind::Text(more)) if joined > next || self.language == Language::Python => {
                    literal.join(more.clone());
                    next = joined + 1;
                }
                _ if joined > next => {
                    // Something that is no text is joined to it.
                    literal.holes.push("");
                    return Some((literal, joined));
                }
                _ => break,
            }
        }
        if matches!(self.mark(next), Some('%')) || self.mark(next) == Some('.') && self.name(next + 1).is_some_and(|n| n != "trim") {
            literal.holes.push("");
        }
        Some((literal, next))
    }

    fn wrapped_by_member(&self, at: usize) -> bool {
        self.name(at).is_some() && self.mark(at + 1) == Some('.') && self.name(at + 2).is_some_and(|n| self.calls.wrappers.contains(&n))
    }

    /// What a body hands over and what else it calls.
    fn way(&self, body: Range<usize>) -> Way {
        let mut way = Way::default();
        // Names of the calls whose arguments we are in; empty for braces and brackets.
        let mut within: Vec<&str> = Vec::new();
        let mut at = body.start;
        while at < body.end {
            match self.mark(at) {
                Some('(') => within.push(if at > body.start { self.name(at - 1).unwrap_or("") } else { "" }),
                Some('[' | '{') => within.push(""),
                Some(')' | ']' | '}') => {
                    within.pop();
                }
                _ => {}
            }
            let free = within.iter().all(|name| name.is_empty() || AROUND.contains(name));
            if let Some(name) = self.name(at).filter(|_| free)
                && self.mark(at + 1) == Some('(')
            {
                self.call(at, name, &mut way);
            }
            at += 1;
        }
        way
    }

    fn call(&self, at: usize, name: &str, way: &mut Way) {
        let root = self.root(at);
        let ours = root.is_some_and(|root| self.calls.database.contains(&root));
        if self.calls.sql.contains(&name) && (ours || self.mark(at.wrapping_sub(1)) == Some('.')) {
            match self.text(at + 2) {
                Some((literal, _)) => way.sql.push(literal),
                None if ours => way.others.push((line_of(self.source, self.tokens[at].start), format!("{name}(…)"))),
                None => {}
            }
        } else if ours && !self.calls.harmless.contains(&name) && !AROUND.contains(&name) {
            way.others.push((line_of(self.source, self.tokens[at].start), name.to_owned()));
        }
    }

    /// The first name of the chain that a call ends: `knex` of `knex.schema.createTable(…).raw(…)`.
    fn root(&self, call: usize) -> Option<&'a str> {
        let mut at = call;
        while at > 0 && self.mark(at - 1) == Some('.') {
            at = at.checked_sub(2)?;
            // A call in the chain: back over its arguments.
            if self.mark(at) == Some(')') {
                let mut depth = 0_usize;
                loop {
                    match self.mark(at) {
                        Some(')' | ']' | '}') => depth += 1,
                        Some('(' | '[' | '{') => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                    at = at.checked_sub(1)?;
                }
                at = at.checked_sub(1)?;
            }
        }
        self.name(at)
    }
}
