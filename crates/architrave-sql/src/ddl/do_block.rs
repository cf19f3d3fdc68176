//! DO blocks, as far as they are a list of DDL statements: guards of the form `IF [NOT] EXISTS (…) THEN` and exception handlers
//! are read as "do it unless it cannot be done". Variables, loops over catalogues and built-up statements are not understood.

use super::state::{Positions, State};
use super::syntax;
use super::{Effect, Stop};
use crate::lex::{Lexer, Token, TokenKind};
use squawk_syntax::ast::{self, AstNode};

/// A statement inside the block.
struct Leaf<'a> {
    text: &'a str,
    /// Under a condition.
    guard: Guard,
    /// Leaves of the innermost block around it that handles errors, from and to.
    handled: Option<(usize, usize)>,
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
    let (mut changed, mut doubt) = (false, block.doubt);
    let mut before: Vec<Positions> = Vec::new();
    let mut at = 0;
    while let Some(leaf) = block.leaves.get(at) {
        before.truncate(at);
        before.resize(at + 1, state.positions());
        at += 1;
        let effect = match statement_of(leaf) {
            Ok(Some(text)) => super::carry_out(state, &text),
            Ok(None) => continue,
            Err(why) => {
                doubt = Some(why);
                continue;
            }
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
                state.roll_back_to(&before[at - 1]);
                doubt = Some("a DO block that is understood in part");
            }
            Err(Stop::Fail { .. }) if leaf.guard != Guard::None => state.roll_back_to(&before[at - 1]),
            Err(stop) => match leaf.handled {
                // The handler's block is undone, and what comes after it goes on.
                Some((from, to)) => {
                    state.roll_back_to(&before[from.min(at - 1)]);
                    at = to.max(at);
                }
                None => return Err(stop),
            },
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
    text.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase()
}

/// The DDL statement that a leaf is, or that it executes as a constant; none for data and control statements. What takes
/// something away under a condition that cannot be told is not carried out.
fn statement_of(leaf: &Leaf<'_>) -> Result<Option<String>, &'static str> {
    let text = match first_word(leaf.text).as_str() {
        "create" | "alter" | "drop" | "comment" | "grant" | "revoke" | "refresh" | "set" => leaf.text.to_owned(),
        "execute" => {
            let rest = leaf.text.get("execute".len()..).unwrap_or_default().trim();
            let tokens: Vec<Token> = tokens(rest).collect();
            let literal = match tokens.as_slice() {
                [only] if matches!(only.kind, TokenKind::String | TokenKind::DollarString) => constant(rest),
                _ => None,
            };
            literal.ok_or("a DO block that builds a statement; what it does shows only when it runs")?
        }
        _ => return Ok(None),
    };
    if leaf.guard == Guard::Unknown && first_word(&text) != "create" {
        return Err("a DO block with a condition that only the server can decide");
    }
    Ok(Some(text))
}

/// The value of a string constant.
fn constant(text: &str) -> Option<String> {
    let parse = squawk_syntax::SourceFile::parse(&format!("select {text}"));
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
    doubt: Option<&'static str>,
}

/// What is open while reading.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// With the number of leaves before it.
    Begin(usize),
    If(Guard),
    Loop,
}

struct Reader<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    open: Vec<Open>,
    /// A RETURN under a condition came before.
    returned: bool,
}

impl<'a> Block<'a> {
    fn read(text: &'a str) -> Self {
        let mut reader = Reader { text, tokens: tokens(text).collect(), at: 0, open: Vec::new(), returned: false };
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
        if self.returned {
            return Guard::Unknown;
        }
        self.open.iter().fold(Guard::None, |worst, open| match (worst, open) {
            (Guard::Unknown, _) | (_, Open::Loop | Open::If(Guard::Unknown)) => Guard::Unknown,
            (_, Open::If(_)) => Guard::Existence,
            (worst, Open::Begin(_)) => worst,
        })
    }

    fn step(&mut self, block: &mut Block<'a>) {
        match self.word(self.at).as_str() {
            "declare" => self.at = self.next_word(self.at + 1, "begin"),
            "begin" => {
                self.open.push(Open::Begin(block.leaves.len()));
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
                self.at += 1;
                self.handlers(block);
            }
            "when" => self.skip_past(&["then"]),
            "return" => {
                self.returned |= self.open.iter().any(|o| !matches!(o, Open::Begin(_)));
                self.skip_past(&[";"]);
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

    /// Handlers run only when something failed: what they do is not read, only where they end.
    fn handlers(&mut self, block: &mut Block<'a>) {
        let depth = self.open.len();
        if let Some(Open::Begin(from)) = self.open.last() {
            let to = block.leaves.len();
            for leaf in block.leaves.iter_mut().skip(*from).filter(|l| l.handled.is_none()) {
                leaf.handled = Some((*from, to));
            }
        }
        let mut unread = Block::default();
        while self.at < self.tokens.len() && self.open.len() >= depth.max(1) {
            self.step(&mut unread);
        }
        if unread.leaves.iter().any(|l| statement_of(l) != Ok(None)) && block.doubt.is_none() {
            block.doubt = Some("a DO block whose error handler changes the schema");
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
            block.leaves.push(Leaf { text: &self.text[first.start..last.end], guard: self.guard(), handled: None });
        }
    }
}
