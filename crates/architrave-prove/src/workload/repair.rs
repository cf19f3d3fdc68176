//! What PostgreSQL refuses at first and accepts after a change that a person would make, too.

use architrave_model::catalog::Catalog;
use architrave_model::name::quote_ident;
use architrave_postgres::plan_session::Refusal;
use architrave_sql::lex::{Lexer, Token, TokenKind};
use architrave_sql::parameters::{Mended, Place, renumber, separate, type_parameter, unite};
use std::collections::{BTreeMap, BTreeSet};

/// Changes to one text before it is given up.
const MOST: usize = 24;

/// A text on its way to being accepted.
pub(super) struct Repairs<'c> {
    pub(super) text: String,
    pub(super) path: String,
    catalog: &'c Catalog,
    first_path: String,
    first: Option<Refusal>,
    tried: BTreeSet<String>,
    /// What the places of parameters say, under the numbers that they have now.
    pub(super) places: BTreeMap<u32, Place>,
}

impl<'c> Repairs<'c> {
    pub(super) fn new(mended: Mended, path: String, catalog: &'c Catalog) -> Self {
        let first_path = path.clone();
        let mut new = Self { text: mended.text, first_path, path, catalog, first: None, tried: BTreeSet::new(), places: mended.places };
        new.close_gaps();
        new
    }

    /// Numbers parameters anew when some are missing.
    fn close_gaps(&mut self) {
        let (text, became) = renumber(&self.text);
        self.text = text;
        let number = |n: u32| became.get(&n).copied();
        let place = |place: Place| match place {
            Place::Member(first) => number(first).map(Place::Member),
            other => Some(other),
        };
        self.places = std::mem::take(&mut self.places).into_iter().filter_map(|(n, p)| Some((number(n)?, place(p)?))).collect();
    }

    /// The search path, when it had to be another one.
    pub(super) fn changed_path(&self) -> Option<String> {
        (self.path != self.first_path).then(|| self.path.clone())
    }

    /// What PostgreSQL said to the text as it was, which its author understands best.
    pub(super) fn first_refusal(&mut self, last: Refusal) -> Refusal {
        self.first.take().unwrap_or(last)
    }

    /// Changes text or path so that the refusal may not come again; false when nothing is left to try.
    pub(super) fn try_after(&mut self, refusal: &Refusal) -> bool {
        let more = self.tried.len() < MOST;
        let attempt = format!("{}{}", self.path, self.text);
        let new = self.tried.insert(attempt);
        let changed = more && new && self.change(refusal);
        self.first.get_or_insert_with(|| refusal.clone());
        changed
    }

    fn change(&mut self, refusal: &Refusal) -> bool {
        let parameter = number_in(&refusal.message);
        let before = self.text.clone();
        match (refusal.sqlstate.as_str(), parameter) {
            ("42P18", Some(n)) => self.text = type_parameter(&self.text, n, "text"),
            ("42P08", Some(n)) => {
                let (text, given) = separate(&self.text, n);
                self.text = text;
                if let Some(place) = self.places.get(&n).cloned() {
                    self.places.extend(given.into_iter().map(|new| (new, place.clone())));
                }
            }
            ("42803" | "42P10", _) => {
                if let Some(text) = unite(&self.text) {
                    self.text = text;
                    self.close_gaps();
                }
            }
            ("42804", _) => {
                let target = refusal.message.split(" is of type ").nth(1).and_then(|m| m.split(" but ").next());
                if let Some(target) = target
                    && !self.type_branches(refusal, target)
                    && let Some(n) = self.untyped_in_values()
                {
                    self.text = type_parameter(&self.text, n, target);
                }
            }
            ("42883", _) if refusal.message.contains("(text)") && self.type_branches(refusal, "integer") => {}
            ("42725", _) => self.type_near(refusal),
            ("42883", _) if refusal.message.contains("operator does not exist") => self.type_operand(refusal),
            ("42P01" | "42883" | "42704" | "3F000", _) => return self.widen_path(&refusal.message),
            _ => {}
        }
        self.text != before
    }

    /// `column "x" is of type integer but expression is of type text`, `function sum(text) does not exist`: a CASE whose results were
    /// constants. Whether there was one.
    fn type_branches(&mut self, refusal: &Refusal, target: &str) -> bool {
        let tokens = significant(&self.text);
        let from = refusal.position.unwrap_or(0);
        let word = |at: usize| tokens.get(at).map(|t| self.text[t.start..t.end].to_ascii_lowercase()).unwrap_or_default();
        let end = (0..tokens.len()).find(|at| tokens[*at].start >= from && word(*at) == "end").unwrap_or(0);
        let branch = |at: usize| at > 0 && matches!(word(at - 1).as_str(), "then" | "else") && !is_cast(&tokens, at);
        let numbers: Vec<u32> =
            (0..end).filter(|at| tokens[*at].start >= from && branch(*at)).filter_map(|at| number(&self.text, &tokens[at])).collect();
        for n in &numbers {
            self.text = type_parameter(&self.text, *n, target);
        }
        !numbers.is_empty()
    }

    /// `operator is not unique: unknown + unknown`, `function unnest(unknown) is not unique`: a type for the parameter nearby.
    fn type_near(&mut self, refusal: &Refusal) {
        let guess = match refusal.message.as_str() {
            m if m.contains("unnest") || m.contains("array") || m.contains("cardinality") => "text[]",
            m if m.contains("operator") => "integer",
            m if m.contains("json") => "jsonb",
            m if m.contains("sum") || m.contains("avg") || m.contains("abs") || m.contains("round") || m.contains("generate_series") => {
                "integer"
            }
            _ => "text",
        };
        if let Some(n) = self.untyped_near(refusal.position.unwrap_or(0)) {
            self.text = type_parameter(&self.text, n, guess);
        }
    }

    /// `timestamp with time zone > interval`: what is subtracted from a time is an interval, not a time. For other pairs the
    /// parameters of a list of values get the type that is wanted.
    fn type_operand(&mut self, refusal: &Refusal) {
        let from = refusal.position.unwrap_or(0);
        let message = refusal.message.trim_start_matches("operator does not exist: ");
        if message.ends_with(" interval") || message.starts_with("interval ") {
            let tokens = significant(&self.text);
            let subtracted =
                |at: usize| at.checked_sub(1).and_then(|b| tokens.get(b)).is_some_and(|t| matches!(&self.text[t.start..t.end], "-" | "+"));
            let found =
                (0..tokens.len()).find(|at| subtracted(*at) && number(&self.text, &tokens[*at]).is_some() && !is_cast(&tokens, *at));
            if let Some(n) = found.and_then(|at| number(&self.text, &tokens[at])) {
                self.text = type_parameter(&self.text, n, "interval");
            }
            return;
        }
        let sides = [" = ", " <> ", " < ", " > ", " <= ", " >= ", " + ", " - ", " * ", " / "].iter().find_map(|o| message.split_once(o));
        let wanted = match sides {
            // A number that was selected, and is counted on further outside.
            Some(("text", "unknown" | "integer") | ("unknown" | "integer", "text")) => Some(("integer", self.untyped_target())),
            Some((other, "text") | ("text", other)) => Some((other, None)),
            _ => None,
        };
        let Some((wanted, parameter)) = wanted else { return };
        if let Some(n) = parameter.or_else(|| self.untyped_in_values()).or_else(|| self.untyped_near(from)) {
            self.text = type_parameter(&self.text, n, wanted);
        }
    }

    /// The first parameter without a cast that is selected.
    fn untyped_target(&self) -> Option<u32> {
        let tokens = significant(&self.text);
        let selected = |at: usize| {
            at.checked_sub(1).is_some_and(|b| {
                tokens[b].kind == TokenKind::Comma || self.text[tokens[b].start..tokens[b].end].eq_ignore_ascii_case("select")
            })
        };
        (0..tokens.len()).filter(|at| selected(*at) && !is_cast(&tokens, *at)).find_map(|at| number(&self.text, &tokens[at]))
    }

    /// The first parameter without a cast in a list of values that is read like a table.
    fn untyped_in_values(&self) -> Option<u32> {
        let tokens = significant(&self.text);
        let values = tokens.iter().position(|t| self.text[t.start..t.end].eq_ignore_ascii_case("values"))?;
        (values..tokens.len()).filter(|at| !is_cast(&tokens, *at)).find_map(|at| number(&self.text, &tokens[at]))
    }

    /// The parameter without a cast that stands closest after a position, else before it.
    fn untyped_near(&self, position: usize) -> Option<u32> {
        let tokens = significant(&self.text);
        let free: Vec<&Token> = (0..tokens.len())
            .filter(|at| number(&self.text, &tokens[*at]).is_some() && !is_cast(&tokens, *at))
            .map(|at| &tokens[at])
            .collect();
        let after = free.iter().find(|t| t.start >= position).or_else(|| free.iter().rev().find(|t| t.end <= position))?;
        number(&self.text, after)
    }

    /// Puts the schemas that hold what was not found before the path. `relation "x" does not exist`, `function f(integer) does not …`.
    fn widen_path(&mut self, message: &str) -> bool {
        let Some(name) = missing_name(message) else { return false };
        let tables = self.catalog.tables.iter().map(|t| &t.name).chain(self.catalog.views.iter().map(|v| &v.name));
        let sequences = self.catalog.sequences.iter().map(|s| &s.name);
        let others = self.catalog.functions.iter().map(|f| &f.name).chain(self.catalog.types.iter().map(|t| &t.name));
        let holding: BTreeSet<&str> = tables.chain(sequences).chain(others).filter(|n| n.name == name).map(|n| n.schema.as_str()).collect();
        let extensions = || self.catalog.extensions.iter().map(|e| e.schema.as_str());
        let held: BTreeSet<&str> = if holding.is_empty() && !message.starts_with("relation") { extensions().collect() } else { holding };
        let present: Vec<String> = self.path.split(',').map(|p| p.trim().to_owned()).collect();
        let added: Vec<String> = held.into_iter().map(quote_ident).filter(|s| !present.contains(s)).collect();
        if added.is_empty() {
            return false;
        }
        // Behind what is there: only what the path does not find is looked for elsewhere.
        self.path = if self.path.trim().is_empty() { added.join(", ") } else { format!("{}, {}", self.path, added.join(", ")) };
        true
    }
}

fn significant(text: &str) -> Vec<Token> {
    let blank = [TokenKind::Space, TokenKind::LineComment, TokenKind::BlockComment];
    Lexer::new(text).filter(|t| !blank.contains(&t.kind)).collect()
}

fn number(text: &str, token: &Token) -> Option<u32> {
    (token.kind == TokenKind::Parameter).then(|| text.get(token.start + 1..token.end)?.parse().ok()).flatten()
}

fn is_cast(tokens: &[Token], at: usize) -> bool {
    tokens.get(at + 1).is_some_and(|t| t.kind == TokenKind::DoubleColon)
}

/// `… parameter $3`.
fn number_in(message: &str) -> Option<u32> {
    let rest = message.split('$').nth(1)?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The unqualified name in a message about something that does not exist.
fn missing_name(message: &str) -> Option<String> {
    let quoted = message.split('"').nth(1);
    let called = || message.strip_prefix("function ").and_then(|m| m.split('(').next());
    let name = quoted.or_else(called)?.trim_end_matches("[]");
    (!name.contains('.')).then(|| name.to_owned())
}
