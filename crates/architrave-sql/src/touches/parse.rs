//! The parser behind a guard: texts that would exhaust its stack are left alone, and a panic inside it stays inside.

use crate::lex::{Lexer, TokenKind};
use squawk_syntax::ast::AstNode;
use squawk_syntax::{SourceFile, SyntaxNode};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Stack of the thread that parses. The limits below need about half of it in a debug build.
pub(crate) const STACK: usize = 128 * 1024 * 1024;
/// Deepest nesting of brackets.
const DEEPEST: usize = 400;
/// Most tokens without a comma or semicolon between them: chains of operators nest as deeply as they are long.
const LONGEST_RUN: usize = 5_000;
/// Longest statement.
const LONGEST: usize = 4 * 1024 * 1024;

/// What came out of a statement.
pub(crate) struct Outcome<T> {
    pub(crate) found: T,
    /// First complaint: byte in the text, and message.
    pub(crate) error: Option<(usize, String)>,
}

/// Parses and looks at the tree. None when the text is beyond the parser.
pub(crate) fn guarded<T>(text: &str, look: impl FnOnce(&SyntaxNode) -> T) -> Option<Outcome<T>> {
    if text.len() > LONGEST || !bearable(text, 0) {
        return None;
    }
    catch_unwind(AssertUnwindSafe(|| {
        let parse = SourceFile::parse(text);
        let error = parse.errors().into_iter().next().map(|e| (usize::from(e.range().start()), e.message().to_owned()));
        Outcome { found: look(parse.tree().syntax()), error }
    }))
    .ok()
}

/// Does the work on a thread with stack enough for the parser; none when no thread could be had or it panicked.
pub(crate) fn on_own_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().name("architrave-parse".to_owned()).stack_size(STACK);
        worker.spawn_scoped(scope, work).ok().and_then(|handle| handle.join().ok())
    })
}

/// Bodies of functions are strings, which the parser looks into.
fn bearable(text: &str, level: u32) -> bool {
    let (mut depth, mut run) = (0usize, 0usize);
    for token in Lexer::new(text) {
        let inside = text.get(token.start..token.end).unwrap_or_default();
        run += 1;
        match token.kind {
            TokenKind::Space | TokenKind::LineComment | TokenKind::BlockComment => run -= 1,
            TokenKind::Comma | TokenKind::Semicolon => run = 0,
            TokenKind::OpenParen | TokenKind::OpenBracket => depth += 1,
            TokenKind::CloseParen | TokenKind::CloseBracket => depth = depth.saturating_sub(1),
            TokenKind::String | TokenKind::DollarString if level < 2 => {
                let body = if token.kind == TokenKind::String { inside.trim_matches('\'') } else { dollar_body(inside) };
                if !bearable(body, level + 1) {
                    return false;
                }
            }
            _ => {}
        }
        if depth > DEEPEST || run > LONGEST_RUN {
            return false;
        }
    }
    true
}

fn dollar_body(text: &str) -> &str {
    let tag = text.get(1..).and_then(|t| t.find('$')).map_or(0, |at| at + 2);
    text.get(tag..text.len().saturating_sub(tag)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monsters_are_left_alone() {
        assert!(bearable("select 1, (2), $$ begin x(1); end $$", 0));
        assert!(!bearable(&"(".repeat(10_000), 0));
        assert!(!bearable(&format!("do $$ {} $$", "(".repeat(10_000)), 0));
        assert!(!bearable(&format!("select {}", "1+".repeat(10_000)), 0));
    }

    #[test]
    fn what_is_just_bearable_does_not_overflow() {
        let deep = format!("select {}1{}", "(".repeat(DEEPEST), ")".repeat(DEEPEST));
        let chain = format!("select {}1", "1+".repeat(LONGEST_RUN / 2 - 4));
        let prefix = format!("select {}true", "not ".repeat(LONGEST_RUN - 4));
        let cases = format!("select {}1", "case when ".repeat(LONGEST_RUN / 2 - 4));
        std::thread::scope(|scope| {
            let run = || {
                for text in [&deep, &chain, &prefix, &cases] {
                    assert!(guarded(text, |_| ()).is_some());
                }
            };
            std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run).unwrap().join().unwrap();
        });
    }
}
