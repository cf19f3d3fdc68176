//! What both languages share: tree-sitter's nodes, their texts, their lines, and how deep one goes.

use super::{Expr, Function, Part, Pattern, Stmt};
use std::cell::Cell;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use tree_sitter::{Language, Node, ParseOptions, Parser, Tree};

/// Values and statements inside one another, links of a chain apart; more is not gone into: threads have little stack.
const DEEPEST: u16 = 60;
/// Links of a chain.
const LONGEST_CHAIN: usize = 60;
/// Longest work on one file: a text that is no program may lead a parser astray.
const LONGEST: Duration = Duration::from_secs(2);

/// Stack of the parser, which goes one level down for each bracket that is never closed; taken only as far as it is used.
const STACK: usize = 128 << 20;

/// Parses a text; none when that takes too long.
pub(super) fn parse(text: &str, language: &Language) -> Option<Tree> {
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().name("architrave-parse".to_owned()).stack_size(STACK);
        worker.spawn_scoped(scope, || parse_here(text, language)).ok()?.join().ok().flatten()
    })
}

fn parse_here(text: &str, language: &Language) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(language).ok()?;
    let begun = Instant::now();
    let mut too_long =
        |_: &tree_sitter::ParseState| if begun.elapsed() > LONGEST { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let options = ParseOptions::new().progress_callback(&mut too_long);
    let bytes = text.as_bytes();
    parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options))
}

/// The text that nodes are of.
pub(super) struct Source<'t> {
    text: &'t str,
    depth: Cell<u16>,
}

impl<'t> Source<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, depth: Cell::new(0) }
    }

    pub(super) fn text(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    pub(super) fn name(&self, node: Option<Node<'_>>) -> String {
        node.map(|n| self.text(n).to_owned()).unwrap_or_default()
    }

    pub(super) fn number(&self, node: Node<'_>) -> Expr {
        self.text(node).replace('_', "").parse().map_or(Expr::Other, Expr::Number)
    }

    /// One level deeper; none when that is too deep.
    pub(super) fn deeper<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        let depth = self.depth.get();
        if depth >= DEEPEST {
            return None;
        }
        self.depth.set(depth + 1);
        let out = work();
        self.depth.set(depth);
        Some(out)
    }
}

/// 1-based.
pub(super) fn line(node: Node<'_>) -> u32 {
    u32::try_from(node.start_position().row).unwrap_or(u32::MAX).saturating_add(1)
}

/// The children that carry meaning: no punctuation, no comments.
pub(super) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|n| n.kind() != "comment").collect()
}

/// The children of one field.
pub(super) fn fields<'t>(node: Node<'t>, field: &str) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.children_by_field_name(field, &mut cursor).filter(|n| n.kind() != "comment").collect()
}

/// Whether a word or mark stands right inside the node.
pub(super) fn has(node: Node<'_>, word: &str) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|n| n.kind() == word)
}

/// A function without a name.
pub(super) fn nameless(line: u32, parameters: Vec<Pattern>, body: Vec<Stmt>) -> Function {
    Function { name: String::new(), line, parameters, body, decorators: Vec::new() }
}

/// A text with or without values in it.
pub(super) fn template(parts: Vec<Part>) -> Expr {
    let mut plain = String::new();
    for part in &parts {
        match part {
            Part::Text(text) => plain.push_str(text),
            Part::Value(_) => return Expr::Template(parts),
        }
    }
    Expr::Text(plain)
}

/// What an escape stands for in both languages: `\n`, `\u00e9`, `\u{e9}`, `\x41`; a line break behind the backslash is none.
pub(super) fn unescape(escape: &str) -> String {
    let behind = escape.strip_prefix('\\').unwrap_or(escape);
    let code = |digits: &str| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).map(String::from).unwrap_or_default();
    match behind.chars().next() {
        Some('n') => "\n".to_owned(),
        Some('t') => "\t".to_owned(),
        Some('r') => "\r".to_owned(),
        Some('0') if behind.len() == 1 => "\0".to_owned(),
        Some('u' | 'x' | 'U') => code(behind[1..].trim_matches(['{', '}'])),
        Some('\n' | '\r') | None => String::new(),
        Some(_) => behind.to_owned(),
    }
}

/// Adds to the text that the parts end with.
pub(super) fn push_text(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        Some(Part::Text(before)) => before.push_str(text),
        _ if text.is_empty() => {}
        _ => parts.push(Part::Text(text.to_owned())),
    }
}

/// A value, and the links of a chain behind it: `a.b(c)[d]` is `a` with three, the first first. `inner` tells what a link hangs on.
pub(super) fn chain<'t>(node: Node<'t>, inner: impl Fn(Node<'t>) -> Option<Node<'t>>) -> (Node<'t>, Vec<Node<'t>>) {
    let (mut root, mut links) = (node, Vec::new());
    while let Some(next) = inner(root).filter(|_| links.len() < LONGEST_CHAIN) {
        links.push(root);
        root = next;
    }
    links.reverse();
    (root, links)
}
