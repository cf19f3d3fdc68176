//! The parser behind a guard: texts that would exhaust its stack are left alone, and a panic inside it stays inside.

use super::source::Source;
use crate::lex::{Lexer, TokenKind};
use squawk_syntax::ast::AstNode;
use squawk_syntax::syntax_error::SyntaxError;
use squawk_syntax::{SourceFile, SyntaxNode};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{LazyLock, Mutex, PoisonError};

/// Stack of the thread that parses. The limits below need about half of it in a debug build.
pub(crate) const STACK: usize = 128 * 1024 * 1024;
/// Deepest nesting of brackets.
const DEEPEST: usize = 400;
/// Most tokens without a comma or semicolon between them: chains of operators nest as deeply as they are long.
const LONGEST_RUN: usize = 5_000;
/// What nests no deeper than this is parsed on the caller's stack, of which it needs less than a megabyte in a debug build.
const SHALLOW: Measure = Measure { depth: 8, run: 60 };
/// Longest statement.
const LONGEST: usize = 4 * 1024 * 1024;

/// What came out of a statement.
pub(crate) struct Outcome<T> {
    pub(crate) found: T,
    /// First complaint: byte in the text, and message.
    pub(crate) error: Option<(usize, String)>,
}

/// Parses and looks at the tree, on a thread of its own where the text nests deeply. None when the text is beyond the parser.
pub(crate) fn guarded<T: Send>(text: &str, look: impl FnOnce(&SyntaxNode) -> T + Send) -> Option<Outcome<T>> {
    if text.len() > LONGEST {
        return None;
    }
    let measure = Measure::of(text);
    if measure.is_within(SHALLOW) {
        return look_at(text, true, look);
    }
    if measure.is_within(Measure { depth: DEEPEST, run: LONGEST_RUN }) {
        on_own_stack(|| look_at(text, false, look)).flatten()
    } else {
        None
    }
}

fn look_at<T>(text: &str, is_shallow: bool, look: impl FnOnce(&SyntaxNode) -> T) -> Option<Outcome<T>> {
    catch_unwind(AssertUnwindSafe(|| {
        let source = Source::parse(text);
        let errors = source.errors();
        let error = errors.first().map(|e| (usize::from(e.range().start()), e.message().to_owned()));
        let found = look(source.tree().syntax());
        remember(text, Parsed { source, errors: Some(errors), is_shallow });
        Outcome { found, error }
    }))
    .ok()
}

/// Text that is remembered together, bytes; a tree takes some thirty times as much.
const MOST_REMEMBERED: usize = 1024 * 1024;

/// A parsed text with the parser's complaints, which take a walk over the whole tree.
pub(crate) struct Parsed {
    source: Source,
    /// None when nobody has looked yet.
    errors: Option<Vec<SyntaxError>>,
    /// Whether the tree is known to nest no deeper than any stack can bear.
    is_shallow: bool,
}

impl Parsed {
    /// Whether the tree is known to nest no deeper than any stack can bear.
    pub(crate) fn is_shallow(&self) -> bool {
        self.is_shallow
    }

    /// The tree.
    pub(crate) fn tree(&self) -> SourceFile {
        self.source.tree()
    }

    /// The complaints, in order.
    pub(crate) fn errors(&self) -> Vec<SyntaxError> {
        self.errors.clone().unwrap_or_else(|| self.source.errors())
    }
}

/// Trees by text. Who reads a project parses its statements, and who judges them does so again a moment later.
#[derive(Default)]
struct Remembered {
    trees: HashMap<String, Parsed>,
    bytes: usize,
}

static REMEMBERED: LazyLock<Mutex<Remembered>> = LazyLock::new(Mutex::default);

fn remember(text: &str, parsed: Parsed) {
    let mut remembered = REMEMBERED.lock().unwrap_or_else(PoisonError::into_inner);
    if remembered.bytes + text.len() <= MOST_REMEMBERED && remembered.trees.insert(text.to_owned(), parsed).is_none() {
        remembered.bytes += text.len();
    }
}

/// The tree of a text, which must not nest too deeply for the caller's stack; one that was parsed a moment ago is handed out once.
pub(crate) fn tree_of(text: &str) -> Parsed {
    recalled(text).unwrap_or_else(|| Parsed { source: Source::parse(text), errors: None, is_shallow: false })
}

/// The tree of a text that was parsed a moment ago; it is handed out once.
pub(crate) fn recalled(text: &str) -> Option<Parsed> {
    let mut remembered = REMEMBERED.lock().unwrap_or_else(PoisonError::into_inner);
    let parsed = remembered.trees.remove(text)?;
    remembered.bytes -= text.len();
    Some(parsed)
}

/// Does the work on a thread with stack enough for the parser; none when no thread could be had or it panicked.
pub(crate) fn on_own_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().name("architrave-parse".to_owned()).stack_size(STACK);
        worker.spawn_scoped(scope, work).ok().and_then(|handle| handle.join().ok())
    })
}

/// How deeply the tree of a text may nest.
#[derive(Debug, Clone, Copy, Default)]
struct Measure {
    /// Brackets inside of brackets.
    depth: usize,
    /// Tokens without a comma or semicolon between them.
    run: usize,
}

impl Measure {
    /// Counts tokens. Bodies of functions are strings, which the parser looks into.
    fn of(text: &str) -> Self {
        let mut most = Self::default();
        most.add(text, 0);
        most
    }

    fn add(&mut self, text: &str, level: u32) {
        let (mut depth, mut run) = (0usize, 0usize);
        for token in Lexer::new(text) {
            run += 1;
            match token.kind {
                TokenKind::Space | TokenKind::LineComment | TokenKind::BlockComment => run -= 1,
                TokenKind::Comma | TokenKind::Semicolon => run = 0,
                TokenKind::OpenParen | TokenKind::OpenBracket => depth += 1,
                TokenKind::CloseParen | TokenKind::CloseBracket => depth = depth.saturating_sub(1),
                TokenKind::String | TokenKind::DollarString if level < 2 => {
                    let inside = text.get(token.start..token.end).unwrap_or_default();
                    self.add(if token.kind == TokenKind::String { inside.trim_matches('\'') } else { dollar_body(inside) }, level + 1);
                }
                _ => {}
            }
            self.depth = self.depth.max(depth);
            self.run = self.run.max(run);
        }
    }

    fn is_within(self, limit: Self) -> bool {
        self.depth <= limit.depth && self.run <= limit.run
    }
}

fn dollar_body(text: &str) -> &str {
    let tag = text.get(1..).and_then(|t| t.find('$')).map_or(0, |at| at + 2);
    text.get(tag..text.len().saturating_sub(tag)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearable(text: &str) -> bool {
        Measure::of(text).is_within(Measure { depth: DEEPEST, run: LONGEST_RUN })
    }

    #[test]
    fn monsters_are_left_alone() {
        assert!(bearable("select 1, (2), $$ begin x(1); end $$"));
        assert!(!bearable(&"(".repeat(10_000)));
        assert!(!bearable(&format!("do $$ {} $$", "(".repeat(10_000))));
        assert!(!bearable(&format!("select {}", "1+".repeat(10_000))));
    }

    /// The deepest trees within a limit.
    fn extremes(limit: Measure) -> [String; 4] {
        [
            format!("select {}1{}", "(".repeat(limit.depth), ")".repeat(limit.depth)),
            format!("select {}1", "1+".repeat(limit.run / 2 - 4)),
            format!("select {}true", "not ".repeat(limit.run - 4)),
            format!("select {}1", "case when ".repeat(limit.run / 2 - 4)),
        ]
    }

    fn parses_with_stack(stack: usize, limit: Measure) {
        std::thread::scope(|scope| {
            let run = || {
                for text in extremes(limit) {
                    assert!(look_at(&text, false, |_| ()).is_some());
                }
            };
            std::thread::Builder::new().stack_size(stack).spawn_scoped(scope, run).unwrap().join().unwrap();
        });
    }

    #[test]
    fn what_is_just_bearable_does_not_overflow() {
        parses_with_stack(STACK, Measure { depth: DEEPEST, run: LONGEST_RUN });
        parses_with_stack(1024 * 1024, SHALLOW);
    }

    #[test]
    fn a_tree_of_a_moment_ago_is_the_one_that_a_new_look_gives() {
        let text = "create table remembered (id int, b text not null check (b <> ''))";
        assert!(guarded(text, |_| ()).is_some());
        let known = tree_of(text);
        assert_eq!(format!("{:#?}", known.tree().syntax()), format!("{:#?}", tree_of(text).tree().syntax()));
    }

    #[test]
    fn what_nests_deeply_is_parsed_on_a_stack_of_its_own() {
        for text in extremes(Measure { depth: 100, run: 600 }) {
            assert!(guarded(&text, |_| ()).is_some());
        }
    }
}
