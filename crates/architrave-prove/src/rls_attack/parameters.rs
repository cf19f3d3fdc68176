//! What functions compare their parameters with, and what the project passes for them: read off their texts, calls followed. It says which values are
//! worth trying, and decides nothing.

use super::case::is_of_platform;
use super::matrix::parameters;
use architrave_model::catalog::{Catalog, Function};
use architrave_sql::lex::{Lexer, TokenKind, name_of};
use std::collections::{BTreeMap, BTreeSet};

/// Longest chain of calls that a value is followed along.
const CALLS: usize = 4;

/// What is known of one parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Use {
    /// Bare names of the columns that it is compared with, or that are passed for it.
    pub(super) columns: BTreeSet<String>,
    /// Texts that it is compared with, or that are passed for it.
    pub(super) texts: BTreeSet<String>,
}

/// The parameters of all functions of the project.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// By function (name with identity arguments) and place of the parameter.
    known: BTreeMap<(String, usize), Use>,
}

/// One operand or argument, as far as it is simple.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    /// A name, and whether it is qualified.
    Name(String, bool),
    /// A parameter by its number, from 0.
    Numbered(usize),
    /// A text.
    Text(String),
    /// A call without arguments.
    Call(String),
}

/// A token that says something.
struct Piece {
    kind: TokenKind,
    text: String,
    start: usize,
    end: usize,
}

/// A function with its text.
struct Reading<'c> {
    key: String,
    function: &'c Function,
    names: Vec<Option<String>>,
    pieces: Vec<Piece>,
    /// Variables that hold a parameter.
    aliases: BTreeMap<String, usize>,
}

/// What is passed for a parameter: by whom (none in a policy), to whom, at which place, and what.
type Passed = (Option<usize>, String, usize, Term);

impl Uses {
    /// Reads all texts of the project.
    pub(super) fn read(catalog: &Catalog) -> Self {
        let own = |f: &&Function| !is_of_platform(&f.owner) && !matches!(f.name.schema.as_str(), "auth" | "storage" | "extensions");
        let readings: Vec<Reading<'_>> = catalog.functions.iter().filter(own).map(Reading::of).collect();
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, reading) in readings.iter().enumerate() {
            by_name.entry(reading.function.name.name.as_str()).or_default().push(at);
        }
        let constants: BTreeMap<&str, String> =
            readings.iter().filter_map(|r| Some((r.function.name.name.as_str(), r.constant()?))).collect();
        let mut uses = Self::default();
        let mut passed: Vec<Passed> = Vec::new();
        for (at, reading) in readings.iter().enumerate() {
            uses.compare(reading, &constants);
            passed.extend(calls(&reading.pieces).into_iter().map(|(callee, place, term)| (Some(at), callee, place, term)));
        }
        for text in catalog.tables.iter().flat_map(|t| &t.policies).flat_map(|p| p.using.iter().chain(&p.with_check)) {
            passed.extend(calls(&pieces(text)).into_iter().map(|(callee, place, term)| (None, callee, place, term)));
        }
        passed.retain(|(_, callee, ..)| by_name.contains_key(callee.as_str()));
        for _ in 0..CALLS {
            for (caller, callee, place, term) in &passed {
                for to in by_name.get(callee.as_str()).into_iter().flatten().filter_map(|at| readings.get(*at)) {
                    uses.pass(caller.and_then(|at| readings.get(at)), to, *place, term, &constants);
                }
            }
        }
        uses
    }

    /// What is known of a parameter.
    pub(super) fn of(&self, function: &Function, place: usize) -> Option<&Use> {
        self.known.get(&(key(function), place))
    }

    /// Texts that are passed for whatever is compared with a column of that name, by functions whose text names the table.
    pub(super) fn texts_for(&self, catalog: &Catalog, table: &str, column: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for function in catalog.functions.iter().filter(|f| super::statements::mentions(&f.body, table)) {
            let own = key(function);
            let about = self.known.range((own.clone(), 0)..=(own, usize::MAX)).filter(|(_, u)| u.columns.contains(column));
            found.extend(about.flat_map(|(_, u)| u.texts.iter().cloned()));
        }
        found
    }

    /// Names of all columns that some parameter is compared with.
    pub(super) fn columns(&self) -> BTreeSet<&str> {
        self.known.values().flat_map(|u| &u.columns).map(String::as_str).collect()
    }

    fn entry(&mut self, reading: &Reading<'_>, place: usize) -> &mut Use {
        self.known.entry((reading.key.clone(), place)).or_default()
    }

    /// Comparisons in the function's own text.
    fn compare(&mut self, reading: &Reading<'_>, constants: &BTreeMap<&str, String>) {
        let pieces = &reading.pieces;
        for at in 0..pieces.len() {
            let Some(after) = comparison(pieces, at) else { continue };
            let Some((left, right)) = before(pieces, at).zip(term(pieces, after)) else { continue };
            for (one, other) in [(&left, &right), (&right, &left)] {
                let Some(place) = reading.place(one) else { continue };
                match other {
                    Term::Name(name, _) if reading.place(other).is_none() => {
                        self.entry(reading, place).columns.insert(name.clone());
                    }
                    Term::Text(text) => {
                        self.entry(reading, place).texts.insert(text.clone());
                    }
                    Term::Call(name) => {
                        self.entry(reading, place).texts.extend(constants.get(name.as_str()).cloned());
                    }
                    _ => {}
                }
            }
        }
    }

    fn pass(&mut self, from: Option<&Reading<'_>>, to: &Reading<'_>, place: usize, term: &Term, constants: &BTreeMap<&str, String>) {
        if place >= to.names.len() {
            return;
        }
        if let Some((from, own)) = from.and_then(|f| Some((f, f.place(term)?))) {
            let columns = self.entry(to, place).columns.clone();
            self.entry(from, own).columns.extend(columns);
            let texts = self.entry(from, own).texts.clone();
            self.entry(to, place).texts.extend(texts);
            return;
        }
        match term {
            Term::Name(name, qualified) if from.is_none() || *qualified => {
                self.entry(to, place).columns.insert(name.clone());
            }
            Term::Text(text) => {
                self.entry(to, place).texts.insert(text.clone());
            }
            Term::Call(name) => {
                self.entry(to, place).texts.extend(constants.get(name.as_str()).cloned());
            }
            _ => {}
        }
    }
}

fn key(function: &Function) -> String {
    format!("{}({})", function.name, function.identity_arguments)
}

impl<'c> Reading<'c> {
    fn of(function: &'c Function) -> Self {
        let names = parameters(&function.identity_arguments).into_iter().map(|(name, _)| name).collect();
        let mut reading = Self { key: key(function), function, names, pieces: pieces(&function.body), aliases: BTreeMap::new() };
        let mut aliases = BTreeMap::new();
        for (at, pair) in reading.pieces.windows(2).enumerate() {
            let [colon, equals] = pair else { continue };
            if colon.kind != TokenKind::Colon || equals.kind != TokenKind::Equals {
                continue;
            }
            let ends =
                |p: &Piece| p.kind == TokenKind::Semicolon || ["begin", "declare", "then", "else", "loop"].contains(&p.text.as_str());
            let start = reading.pieces.get(..at).and_then(|before| before.iter().rposition(ends)).map_or(0, |p| p + 1);
            let whole = reading.pieces.get(at + 3).is_none_or(|p| p.kind == TokenKind::Semicolon);
            let value = term(&reading.pieces, at + 2).and_then(|t| reading.place(&t)).filter(|_| whole);
            if let Some((name, place)) = reading.pieces.get(start).zip(value) {
                aliases.insert(name.text.clone(), place);
            }
        }
        reading.aliases = aliases;
        reading
    }

    /// The parameter that a term is.
    fn place(&self, term: &Term) -> Option<usize> {
        match term {
            Term::Name(name, _) => {
                let own = self.names.iter().position(|n| n.as_ref() == Some(name));
                own.or_else(|| self.aliases.get(name).copied())
            }
            Term::Numbered(number) => Some(*number).filter(|n| *n < self.names.len()),
            Term::Text(_) | Term::Call(_) => None,
        }
    }

    /// The text that it always returns.
    fn constant(&self) -> Option<String> {
        let mut texts = self.pieces.iter().filter(|p| p.kind == TokenKind::String);
        let only = texts.next().filter(|_| texts.next().is_none())?;
        let reads = self.pieces.iter().any(|p| p.text == "from" || p.kind == TokenKind::OpenParen);
        (self.names.is_empty() && !reads && self.pieces.len() < 12).then(|| unquoted(&only.text))
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let says = |kind: &TokenKind| !matches!(kind, TokenKind::Space | TokenKind::LineComment | TokenKind::BlockComment);
    let piece = |t: architrave_sql::lex::Token| {
        let raw = text.get(t.start..t.end)?;
        let text = if matches!(t.kind, TokenKind::Word | TokenKind::QuotedName) { name_of(raw) } else { raw.to_owned() };
        Some(Piece { kind: t.kind, text, start: t.start, end: t.end })
    };
    Lexer::new(text).filter(|t| says(&t.kind)).filter_map(piece).collect()
}

fn unquoted(text: &str) -> String {
    text.trim_start_matches(['E', 'e']).trim_matches('\'').replace("''", "'")
}

fn is_name(piece: &Piece) -> bool {
    matches!(piece.kind, TokenKind::Word | TokenKind::QuotedName)
}

/// Where the right side begins, when the piece there compares for equality.
fn comparison(pieces: &[Piece], at: usize) -> Option<usize> {
    let here = pieces.get(at)?;
    if here.kind == TokenKind::Equals {
        let glued = |a: &Piece, b: &Piece| a.end == b.start && matches!(a.kind, TokenKind::Other | TokenKind::Colon | TokenKind::Equals);
        let alone = at.checked_sub(1).and_then(|b| pieces.get(b)).is_none_or(|b| !glued(b, here));
        let arrow = pieces.get(at + 1).is_some_and(|n| n.text == ">" && here.end == n.start);
        return (alone && !arrow).then_some(at + 1);
    }
    let next = pieces.get(at + 1)?;
    (here.text == "distinct" && next.text == "from" && at > 0).then_some(at + 2)
}

/// The term that ends before that piece.
fn before(pieces: &[Piece], at: usize) -> Option<Term> {
    let mut end = at.checked_sub(1)?;
    // `a is not distinct from b`
    while pieces.get(end).is_some_and(|p| p.kind == TokenKind::Word && ["is", "not"].contains(&p.text.as_str())) {
        end = end.checked_sub(1)?;
    }
    // `a::text = b`
    while end >= 2 && pieces.get(end - 1).is_some_and(|p| p.kind == TokenKind::DoubleColon) {
        end -= 2;
    }
    let mut start = end;
    while start >= 2 && pieces.get(start - 1).is_some_and(|p| p.kind == TokenKind::Dot) {
        start -= 2;
    }
    term(pieces.get(..=end)?, start)
}

/// The term that begins at that piece.
fn term(pieces: &[Piece], at: usize) -> Option<Term> {
    let first = pieces.get(at)?;
    match first.kind {
        TokenKind::String => Some(Term::Text(unquoted(&first.text))),
        TokenKind::Parameter => Some(Term::Numbered(first.text.trim_start_matches('$').parse::<usize>().ok()?.checked_sub(1)?)),
        _ if is_name(first) => {
            let mut last = at;
            while pieces.get(last + 1).is_some_and(|p| p.kind == TokenKind::Dot) && pieces.get(last + 2).is_some_and(is_name) {
                last += 2;
            }
            let name = pieces.get(last)?.text.clone();
            let opens = pieces.get(last + 1).is_some_and(|p| p.kind == TokenKind::OpenParen);
            let closes = pieces.get(last + 2).is_some_and(|p| p.kind == TokenKind::CloseParen);
            match (opens, closes) {
                (true, true) => Some(Term::Call(name)),
                (true, false) => None,
                _ => Some(Term::Name(name, last > at)),
            }
        }
        _ => None,
    }
}

/// What is passed to functions: to which, at which place, and what.
fn calls(pieces: &[Piece]) -> Vec<(String, usize, Term)> {
    let mut found = Vec::new();
    for (at, open) in pieces.iter().enumerate() {
        let Some(callee) = at.checked_sub(1).and_then(|b| pieces.get(b)).filter(|p| is_name(p)) else { continue };
        if open.kind != TokenKind::OpenParen {
            continue;
        }
        let mut depth = 0_usize;
        let mut place = 0;
        let mut begins = true;
        for (inside, piece) in pieces.iter().enumerate().skip(at + 1) {
            if begins && let Some(term) = term(pieces, inside).filter(|_| depth == 0) {
                found.push((callee.text.clone(), place, term));
            }
            begins = false;
            match piece.kind {
                TokenKind::OpenParen => depth += 1,
                TokenKind::CloseParen if depth == 0 => break,
                TokenKind::CloseParen => depth -= 1,
                TokenKind::Comma if depth == 0 => {
                    place += 1;
                    begins = true;
                }
                _ => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::QualifiedName;

    fn function(name: &str, arguments: &str, body: &str) -> Function {
        Function {
            name: QualifiedName::new("public", name),
            identity_arguments: arguments.into(),
            body: body.into(),
            ..Function::default()
        }
    }

    #[test]
    fn a_parameter_is_what_it_is_compared_with() {
        let functions = vec![
            function("reads", "", "select 'app.read'::text"),
            function(
                "has",
                "p_key text, p_app text",
                "begin return exists (select from grants g where g.key = p_key and p_app::text = g.app_id); end",
            ),
            function("may", "app text", "declare v_app text := app; begin return has(reads(), v_app) or has('app.write', may.app); end"),
            function("kind", "mode text", "select case when mode is not distinct from 'all' then 1 end"),
        ];
        let catalog = Catalog { functions, ..Catalog::default() };
        let uses = Uses::read(&catalog);
        let of = |at: usize, place: usize| catalog.functions.get(at).and_then(|f| uses.of(f, place)).cloned().unwrap_or_default();
        assert_eq!(of(1, 0).columns, BTreeSet::from(["key".to_owned()]));
        assert_eq!(of(2, 0).columns, BTreeSet::from(["app_id".to_owned()]));
        assert_eq!(of(3, 0).texts, BTreeSet::from(["all".to_owned()]));
        assert_eq!(uses.texts_for(&catalog, "grants", "key"), BTreeSet::from(["app.read".to_owned(), "app.write".to_owned()]));
    }
}
