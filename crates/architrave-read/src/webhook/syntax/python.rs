//! Statements and functions of Python: blocks by indentation.

use super::cursor::Cursor;
use super::expression::{nameless, value};
use super::{Catch, Expr, Function, Kind, Pattern, Stmt};
use std::ops::Range;
use std::rc::Rc;

/// A logical line: how far it is indented, and its tokens.
#[derive(Debug, Clone)]
struct Row {
    indent: usize,
    tokens: Range<usize>,
}

/// Parses a file.
pub(super) fn parse(c: &Cursor<'_>) -> Vec<Stmt> {
    let rows = rows(c);
    let mut at = 0;
    block(c, &rows, &mut at, 0)
}

/// Lines, those in brackets and behind a backslash joined.
fn rows(c: &Cursor<'_>) -> Vec<Row> {
    let mut out: Vec<Row> = Vec::new();
    let mut depth = 0_usize;
    let mut at = 0;
    while c.token(at).is_some() {
        let joined = depth > 0 || c.mark_at(at.wrapping_sub(1)) == Some('\\');
        let starts = at == 0 || c.line_at(at) > end_line(c, at - 1);
        if starts && !joined {
            out.push(Row { indent: c.column_at(at), tokens: at..at });
        }
        match c.mark_at(at) {
            Some('(' | '[' | '{') => depth += 1,
            Some(')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
        if let Some(row) = out.last_mut() {
            row.tokens.end = at;
        }
    }
    out
}

/// The line on which a token ends: texts may span several.
fn end_line(c: &Cursor<'_>, at: usize) -> u32 {
    let start = c.line_at(at);
    let lines = c.token(at).map_or(0, |t| c.source[t.start..t.end].matches('\n').count());
    start + u32::try_from(lines).unwrap_or(0)
}

/// The statements that are indented at least so far.
fn block(c: &Cursor<'_>, rows: &[Row], at: &mut usize, indent: usize) -> Vec<Stmt> {
    let mut out = Vec::new();
    let mut decorators = Vec::new();
    while let Some(row) = rows.get(*at).filter(|r| r.indent >= indent) {
        let before = *at;
        c.go(row.tokens.start);
        let done = c.deeper(|| statement(c, rows, at, row, &mut decorators, &mut out));
        if done.is_none() || *at == before {
            *at = before + 1;
        }
    }
    out
}

/// The block behind the colon: on the same line, or indented below it.
fn body(c: &Cursor<'_>, rows: &[Row], at: &mut usize, row: &Row) -> Vec<Stmt> {
    // The annotation of a result stands before the colon.
    let mut depth = 0_i32;
    while c.at() < row.tokens.end && !(depth == 0 && c.is(":")) {
        match c.mark_at(c.at()) {
            Some('(' | '[' | '{') => depth += 1,
            Some(')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        c.step();
    }
    c.step();
    *at += 1;
    if c.at() < row.tokens.end {
        let mut out = Vec::new();
        simple(c, row.tokens.end, &mut out);
        return out;
    }
    match rows.get(*at) {
        Some(next) if next.indent > row.indent => block(c, rows, at, next.indent),
        _ => Vec::new(),
    }
}

fn statement(c: &Cursor<'_>, rows: &[Row], at: &mut usize, row: &Row, decorators: &mut Vec<Expr>, out: &mut Vec<Stmt>) {
    let line = c.line();
    if c.is("@") {
        c.step();
        decorators.push(c.within(row.tokens.end, || value(c)));
        *at += 1;
        return;
    }
    if c.is_word("async") {
        c.step();
    }
    let kind = match c.name() {
        Some("def") => {
            c.step();
            let name = c.take_name().unwrap_or_default().to_owned();
            let parameters = parameters(c);
            let body = body(c, rows, at, row);
            let decorators = std::mem::take(decorators);
            Kind::Function(Rc::new(Function { name, decorators, ..nameless(line, parameters, body) }))
        }
        Some("class") => {
            c.step();
            let name = c.take_name().unwrap_or_default().to_owned();
            decorators.clear();
            Kind::Class(name, body(c, rows, at, row))
        }
        Some("if" | "elif") => {
            c.step();
            let condition = headed(c, row);
            let then = body(c, rows, at, row);
            Kind::If(condition, then, or(c, rows, at, row.indent))
        }
        Some("try") => {
            c.step();
            let tried = body(c, rows, at, row);
            let (catches, last) = handlers(c, rows, at, row.indent);
            Kind::Try(tried, catches, last)
        }
        Some("for") => {
            c.step();
            let name = pattern(c);
            c.eat_word("in");
            let list = headed(c, row);
            Kind::Loop(name, list, body(c, rows, at, row))
        }
        Some("while") => {
            c.step();
            let condition = headed(c, row);
            Kind::Loop(Pattern::Nothing, condition, body(c, rows, at, row))
        }
        Some("with") => {
            c.step();
            opened(c, row, line, out);
            Kind::Block(body(c, rows, at, row))
        }
        Some("match") if c.mark_at(row.tokens.end - 1) == Some(':') => {
            c.step();
            let of = headed(c, row);
            *at += 1;
            Kind::Switch(of, cases(c, rows, at, row.indent))
        }
        _ => {
            simple(c, row.tokens.end, out);
            *at += 1;
            return;
        }
    };
    out.push(Stmt { line, kind });
}

/// A value that ends before the colon of its line.
fn headed(c: &Cursor<'_>, row: &Row) -> Expr {
    let start = c.at();
    let out = value(c);
    if c.at() > row.tokens.end {
        c.go(start);
        return Expr::Other;
    }
    out
}

fn or(c: &Cursor<'_>, rows: &[Row], at: &mut usize, indent: usize) -> Vec<Stmt> {
    let Some(row) = rows.get(*at).filter(|r| r.indent == indent) else { return Vec::new() };
    c.go(row.tokens.start);
    if c.is_word("elif") {
        let mut out = Vec::new();
        statement(c, rows, at, row, &mut Vec::new(), &mut out);
        return out;
    }
    if c.is_word("else") { body(c, rows, at, row) } else { Vec::new() }
}

fn handlers(c: &Cursor<'_>, rows: &[Row], at: &mut usize, indent: usize) -> (Vec<Catch>, Vec<Stmt>) {
    let (mut catches, mut last) = (Vec::new(), Vec::new());
    while let Some(row) = rows.get(*at).filter(|r| r.indent == indent) {
        c.go(row.tokens.start);
        match c.name() {
            Some("except") => {
                c.step();
                c.eat("*");
                let mut types = Vec::new();
                while c.at() < row.tokens.end && !c.is(":") && !c.is_word("as") {
                    types.extend(c.name().map(str::to_owned));
                    c.step();
                }
                let name = if c.eat_word("as") { c.take_name().map(str::to_owned) } else { None };
                catches.push(Catch { types, name, body: body(c, rows, at, row) });
            }
            Some("else" | "finally") => last.extend(body(c, rows, at, row)),
            _ => break,
        }
    }
    (catches, last)
}

/// `with a as b, c:`; what they are called is bound.
fn opened(c: &Cursor<'_>, row: &Row, line: u32, out: &mut Vec<Stmt>) {
    while c.at() < row.tokens.end && !c.is(":") {
        let before = c.at();
        let value = value(c);
        let name = if c.eat_word("as") { pattern(c) } else { Pattern::Nothing };
        out.push(Stmt { line, kind: Kind::Let(name, value) });
        if !c.eat(",") && c.at() == before {
            c.step();
        }
    }
}

fn cases(c: &Cursor<'_>, rows: &[Row], at: &mut usize, indent: usize) -> Vec<(Option<Expr>, Vec<Stmt>)> {
    let mut out = Vec::new();
    while let Some(row) = rows.get(*at).filter(|r| r.indent > indent) {
        c.go(row.tokens.start);
        if !c.eat_word("case") {
            *at += 1;
            continue;
        }
        if c.is_word("_") {
            out.push((None, body(c, rows, at, row)));
            continue;
        }
        let mut values = vec![headed(c, row)];
        // `case "a" | "b"` is read as a sum.
        while let Some(Expr::Binary(_, left, right)) = values.first() {
            let (left, right) = ((**left).clone(), (**right).clone());
            values[0] = left;
            values.push(right);
        }
        let last = values.pop();
        out.extend(values.into_iter().map(|v| (Some(v), Vec::new())));
        let body = body(c, rows, at, row);
        // A case ends where the next one begins.
        let line = body.last().map_or(0, |s| s.line);
        out.push((last, body.into_iter().chain([Stmt { line, kind: Kind::Break }]).collect()));
    }
    out
}

/// Statements on one line.
fn simple(c: &Cursor<'_>, end: usize, out: &mut Vec<Stmt>) {
    while c.at() < end {
        let (line, before) = (c.line(), c.at());
        c.within(end, || one_line(c, line, out));
        // `within` has gone to the end.
        if c.at() == before {
            c.step();
        }
    }
}

fn one_line(c: &Cursor<'_>, line: u32, out: &mut Vec<Stmt>) {
    let mut push = |kind| out.push(Stmt { line, kind });
    match c.name() {
        Some("return") => {
            c.step();
            push(Kind::Return((!c.is_end()).then(|| list(c))));
        }
        Some("raise") => {
            c.step();
            push(Kind::Throw((!c.is_end()).then(|| value(c))));
        }
        Some("break") => push(Kind::Break),
        Some("continue") => push(Kind::Continue),
        Some("pass" | "global" | "nonlocal" | "del" | "assert") => {}
        Some("import" | "from") => import(c, line, out),
        _ => assignment(c, line, out),
    }
}

/// `a, b`.
fn list(c: &Cursor<'_>) -> Expr {
    let mut all = vec![value(c)];
    while c.eat(",") && !c.is_end() {
        all.push(value(c));
    }
    if all.len() == 1 { all.pop().unwrap_or(Expr::Other) } else { Expr::List(all) }
}

fn assignment(c: &Cursor<'_>, line: u32, out: &mut Vec<Stmt>) {
    let start = c.at();
    let name = pattern(c);
    // `a: T = 1`.
    if c.is(":") {
        while !c.is_end() && !c.is("=") {
            c.step();
        }
    }
    if !matches!(name, Pattern::Nothing) && c.is("=") {
        c.step();
        out.push(Stmt { line, kind: Kind::Let(name, list(c)) });
        return;
    }
    c.go(start);
    out.push(Stmt { line, kind: Kind::Expr(value(c)) });
}

fn import(c: &Cursor<'_>, line: u32, out: &mut Vec<Stmt>) {
    let dotted = |c: &Cursor<'_>| {
        let mut path = String::new();
        while !c.is_end() {
            if c.is("...") {
                path.push_str("...");
                c.skip_operator("...");
            } else if c.eat(".") {
                path.push('.');
            } else if let Some(name) = c.name().filter(|n| !matches!(*n, "import" | "as")) {
                path.push_str(name);
                c.step();
            } else {
                break;
            }
        }
        path
    };
    if c.eat_word("from") {
        let module = dotted(c);
        c.eat_word("import");
        c.eat("(");
        let mut names = Vec::new();
        while let Some(theirs) = c.take_name() {
            let ours = if c.eat_word("as") { c.take_name().unwrap_or(theirs) } else { theirs };
            names.push((theirs.to_owned(), ours.to_owned()));
            c.eat(",");
        }
        out.push(Stmt { line, kind: Kind::Import { module, names } });
        return;
    }
    c.step();
    while !c.is_end() {
        let module = dotted(c);
        let ours = if c.eat_word("as") {
            c.take_name().unwrap_or_default().to_owned()
        } else {
            module.split('.').next().unwrap_or_default().to_owned()
        };
        out.push(Stmt { line, kind: Kind::Import { module, names: vec![("*".to_owned(), ours)] } });
        if !c.eat(",") {
            break;
        }
    }
}

pub(super) fn pattern(c: &Cursor<'_>) -> Pattern {
    let mut all = Vec::new();
    loop {
        let nested = c.is("(") || c.is("[");
        if nested {
            c.step();
        }
        c.eat("*");
        let Some(name) = c.name().filter(|_| !matches!(c.mark_at(c.at() + 1), Some('.' | '(' | '['))) else {
            return Pattern::Nothing;
        };
        c.step();
        all.push(Pattern::Name(name.to_owned()));
        if !c.eat(",") {
            break;
        }
    }
    if all.len() == 1 { all.pop().unwrap_or(Pattern::Nothing) } else { Pattern::List(all) }
}

fn parameters(c: &Cursor<'_>) -> Vec<Pattern> {
    if !c.is("(") {
        return Vec::new();
    }
    let end = c.close(c.at());
    let mut out = Vec::new();
    c.step();
    c.within(end.saturating_sub(1), || {
        while !c.is_end() {
            let before = c.at();
            while c.eat("*") || c.eat("**") {}
            out.extend(c.take_name().map(|n| Pattern::Name(n.to_owned())));
            while !c.is_end() && !c.is(",") {
                match c.operator() {
                    Some("(" | "[" | "{") => c.skip_brackets(),
                    _ => c.step(),
                }
            }
            c.eat(",");
            if c.at() == before {
                c.step();
            }
        }
    });
    c.go(end);
    out
}

/// `lambda a: b`.
pub(super) fn lambda(c: &Cursor<'_>) -> Expr {
    let line = c.line();
    c.step();
    let mut parameters = Vec::new();
    while !c.is_end() && !c.is(":") {
        parameters.extend(c.name().map(|n| Pattern::Name(n.to_owned())));
        c.step();
    }
    c.eat(":");
    let body = vec![Stmt { line, kind: Kind::Return(Some(value(c))) }];
    Expr::Function(Rc::new(nameless(line, parameters, body)))
}
