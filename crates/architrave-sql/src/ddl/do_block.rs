//! DO blocks, as far as they are a list of DDL statements: guards of the form `IF [NOT] EXISTS (…) THEN` and exception handlers
//! are read as "do it unless it cannot be done". Variables, loops over catalogues and built-up statements are not understood.

use super::state::State;
use super::syntax;
use super::{Effect, Stop};
use crate::lex::{Lexer, Token, TokenKind};
use squawk_syntax::ast;

/// A statement inside the block.
struct Leaf<'a> {
    text: &'a str,
    /// Under a condition.
    guard: Guard,
}

/// What a statement's execution hangs on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Guard {
    None,
    /// `IF [NOT] EXISTS (…)`: there or not there is what the statement itself shows.
    Existence,
    /// Anything else.
    Unknown,
}

/// DO.
pub(crate) fn run(state: &mut State, node: &ast::Do) -> Effect {
    let language = node.do_language().and_then(|l| l.language_name()).map_or_else(|| "plpgsql".to_owned(), |l| l.name.to_lowercase());
    let Some(body) = node.body().and_then(|b| syntax::string(&b)).filter(|_| language == "plpgsql") else {
        return Err(Stop::not_understood("a DO block in another language"));
    };
    let block = Block::read(&body);
    let before = state.positions();
    let (mut changed, mut doubt) = (false, block.doubt);
    for leaf in &block.leaves {
        let at = state.positions();
        let effect = match statement_of(leaf.text) {
            Some(text) => super::carry_out(state, &text),
            None if first_word(leaf.text) == "execute" => {
                doubt = Some("a DO block that builds a statement; what it does shows only when it runs");
                continue;
            }
            None => continue,
        };
        match effect {
            Ok(()) => {
                changed = true;
                if leaf.guard == Guard::Unknown {
                    doubt = Some("a DO block with a condition that only the server can decide");
                }
            }
            Err(Stop::NoEffect) => {}
            Err(Stop::Partly { .. }) => {
                changed = true;
                doubt = Some("a DO block that is understood in part");
            }
            Err(Stop::NotUnderstood { .. }) => {
                state.roll_back_to(&at);
                doubt = Some("a DO block that is understood in part");
            }
            Err(Stop::Fail { .. }) if leaf.guard != Guard::None => state.roll_back_to(&at),
            Err(Stop::Fail { .. }) if block.handles_errors => {
                state.roll_back_to(&before);
                return Err(Stop::NoEffect);
            }
            Err(stop) => return Err(stop),
        }
    }
    match doubt {
        Some(why) if changed => Err(Stop::partly(why)),
        Some(why) => Err(Stop::not_understood(why)),
        None if changed => Ok(()),
        None => Err(Stop::NoEffect),
    }
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphabetic()).collect::<String>().to_ascii_lowercase()
}

/// The DDL statement that a leaf is, or that it executes as a constant; none for data and control statements.
fn statement_of(text: &str) -> Option<String> {
    match first_word(text).as_str() {
        "create" | "alter" | "drop" | "comment" | "grant" | "revoke" | "refresh" | "set" => Some(text.to_owned()),
        "execute" => {
            let rest = text.get("execute".len()..)?.trim();
            let tokens: Vec<Token> = tokens(rest).collect();
            match tokens.as_slice() {
                [only] if matches!(only.kind, TokenKind::String | TokenKind::DollarString) => constant(rest),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The value of a string constant.
fn constant(text: &str) -> Option<String> {
    let parse = squawk_syntax::SourceFile::parse(&format!("select {text}"));
    use squawk_syntax::ast::AstNode;
    let tree = parse.tree();
    let literal = tree.syntax().descendants().find_map(ast::Literal::cast)?;
    syntax::string(&literal)
}

fn tokens(text: &str) -> impl Iterator<Item = Token> {
    Lexer::new(text).filter(|t| !matches!(t.kind, TokenKind::Space | TokenKind::LineComment | TokenKind::BlockComment))
}

/// A block taken apart.
#[derive(Default)]
struct Block<'a> {
    leaves: Vec<Leaf<'a>>,
    /// Has an exception handler.
    handles_errors: bool,
    doubt: Option<&'static str>,
}

/// What is open while reading.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Begin,
    If(Guard),
    Loop,
}

struct Reader<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    open: Vec<Open>,
}

impl<'a> Block<'a> {
    fn read(text: &'a str) -> Self {
        let mut reader = Reader { text, tokens: tokens(text).collect(), at: 0, open: Vec::new() };
        let mut block = Self::default();
        while reader.at < reader.tokens.len() {
            reader.step(&mut block);
        }
        block
    }
}

impl<'a> Reader<'a> {
    fn word(&self, at: usize) -> String {
        match self.tokens.get(at) {
            Some(token) if token.kind == TokenKind::Word => self.text[token.start..token.end].to_ascii_lowercase(),
            _ => String::new(),
        }
    }

    /// Goes past the next of these words (or past a semicolon) that stands outside parentheses.
    fn skip_past(&mut self, words: &[&str]) {
        let mut depth = 0_i32;
        while let Some(token) = self.tokens.get(self.at) {
            match token.kind {
                TokenKind::OpenParen => depth += 1,
                TokenKind::CloseParen => depth -= 1,
                TokenKind::Semicolon if depth <= 0 && words.contains(&";") => break,
                TokenKind::Word if depth <= 0 && words.contains(&self.word(self.at).as_str()) => break,
                _ => {}
            }
            self.at += 1;
        }
        self.at += 1;
    }

    fn guard(&self) -> Guard {
        self.open.iter().fold(Guard::None, |worst, open| match (worst, open) {
            (Guard::Unknown, _) | (_, Open::Loop | Open::If(Guard::Unknown)) => Guard::Unknown,
            (_, Open::If(_)) => Guard::Existence,
            (worst, Open::Begin) => worst,
        })
    }

    fn step(&mut self, block: &mut Block<'a>) {
        match self.word(self.at).as_str() {
            "declare" => self.at = self.next_word(self.at + 1, "begin"),
            "begin" => {
                self.open.push(Open::Begin);
                self.at += 1;
            }
            "if" => {
                let not = usize::from(self.word(self.at + 1) == "not");
                let existence = self.word(self.at + 1 + not) == "exists";
                self.open.push(Open::If(if existence { Guard::Existence } else { Guard::Unknown }));
                self.skip_past(&["then"]);
            }
            "elsif" | "elseif" => {
                self.weaken();
                self.skip_past(&["then"]);
            }
            "else" => {
                self.weaken();
                self.at += 1;
            }
            "for" | "while" | "foreach" => {
                self.open.push(Open::Loop);
                self.skip_past(&["loop"]);
            }
            "loop" => {
                self.open.push(Open::Loop);
                self.at += 1;
            }
            "case" => {
                block.doubt = Some("a DO block with a CASE");
                self.at = self.tokens.len();
            }
            "exception" => {
                block.handles_errors = true;
                self.skip_handlers();
            }
            "end" => {
                self.open.pop();
                self.skip_past(&[";"]);
            }
            _ => self.leaf(block),
        }
    }

    /// ELSE holds when the condition does not: what is under it is not what EXISTS asked for.
    fn weaken(&mut self) {
        if let Some(open) = self.open.last_mut() {
            *open = Open::If(Guard::Unknown);
        }
    }

    fn next_word(&self, from: usize, wanted: &str) -> usize {
        (from..self.tokens.len()).find(|at| self.word(*at) == wanted).unwrap_or(self.tokens.len())
    }

    /// Handlers run only when something failed: past them, up to the END of this block.
    fn skip_handlers(&mut self) {
        let mut depth = 0_i32;
        while self.at < self.tokens.len() {
            match self.word(self.at).as_str() {
                "begin" | "if" | "case" | "loop" => depth += 1,
                "end" if depth == 0 => return,
                "end" => {
                    depth -= 1;
                    self.skip_past(&[";"]);
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    fn leaf(&mut self, block: &mut Block<'a>) {
        let start = self.at;
        self.skip_past(&[";"]);
        let last = self.at.saturating_sub(2).min(self.tokens.len().saturating_sub(1));
        if let (Some(first), Some(last)) = (self.tokens.get(start), self.tokens.get(last))
            && first.start < last.end
            && first.kind == TokenKind::Word
        {
            block.leaves.push(Leaf { text: &self.text[first.start..last.end], guard: self.guard() });
        }
    }
}
