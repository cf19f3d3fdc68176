//! Values: both languages are alike here but for a few words.

use super::cursor::Cursor;
use super::{Argument, Expr, Function, Key, Operator, Part, Pattern, python, script};
use crate::program::Language;
use crate::program::tokens::Kind;
use std::rc::Rc;

/// Reads a value, assignments and choices included.
pub(super) fn value(c: &Cursor<'_>) -> Expr {
    c.deeper(|| assignment(c)).unwrap_or_else(|| {
        c.step();
        Expr::Other
    })
}

fn assignment(c: &Cursor<'_>) -> Expr {
    if c.language == Language::Script
        && let Some(function) = script::arrow(c)
    {
        return Expr::Function(Rc::new(function));
    }
    if c.language == Language::Python && c.is_word("lambda") {
        return python::lambda(c);
    }
    let left = choice(c);
    match c.operator() {
        Some("=" | ":=") if !matches!(left, Expr::Call { .. }) => {
            c.skip_operator(c.operator().unwrap_or("="));
            Expr::Assign(Box::new(left), Box::new(value(c)))
        }
        Some(operator @ ("+=" | "-=" | "*=" | "/=" | "%=" | "|=" | "**=")) => {
            c.skip_operator(operator);
            value(c);
            Expr::Assign(Box::new(left), Box::new(Expr::Other))
        }
        Some(operator @ ("??=" | "||=" | "&&=")) => {
            c.skip_operator(operator);
            let right = value(c);
            let how = match operator {
                "??=" => Operator::IfNull,
                "||=" => Operator::Or,
                _ => Operator::And,
            };
            Expr::Assign(Box::new(left.clone()), Box::new(Expr::Binary(how, Box::new(left), Box::new(right))))
        }
        _ => left,
    }
}

/// `a ? b : c`, `b if a else c`.
fn choice(c: &Cursor<'_>) -> Expr {
    let first = binary(c, 0);
    if c.language == Language::Script && c.is("?") {
        c.step();
        let then = value(c);
        c.eat(":");
        return Expr::Choice(Box::new(first), Box::new(then), Box::new(value(c)));
    }
    if c.language == Language::Python && c.is_word("if") {
        c.step();
        let condition = binary(c, 0);
        if c.eat_word("else") {
            return Expr::Choice(Box::new(condition), Box::new(first), Box::new(value(c)));
        }
        return first;
    }
    first
}

/// The operator here with its rank; what binds tighter has the higher one.
fn operator(c: &Cursor<'_>) -> Option<(Operator, u8, usize)> {
    if let Some(name) = c.name() {
        let python = c.language == Language::Python;
        return Some(match name {
            "or" if python => (Operator::Or, 1, 1),
            "and" if python => (Operator::And, 2, 1),
            "in" if python => (Operator::In, 4, 1),
            "not" if python && c.name_at(c.at() + 1) == Some("in") => (Operator::NotIn, 4, 2),
            "is" if python && c.name_at(c.at() + 1) == Some("not") => (Operator::Unequal, 4, 2),
            "is" if python => (Operator::Equal, 4, 1),
            "in" | "instanceof" if !python => (Operator::Number, 4, 1),
            _ => return None,
        });
    }
    let text = c.operator()?;
    let length = text.chars().count();
    let (operator, rank) = match text {
        "||" => (Operator::Or, 1),
        "??" => (Operator::IfNull, 1),
        "&&" => (Operator::And, 2),
        "===" | "==" => (Operator::Equal, 4),
        "!==" | "!=" => (Operator::Unequal, 4),
        "<" => (Operator::Less, 5),
        "<=" => (Operator::LessOrEqual, 5),
        ">" => (Operator::Greater, 5),
        ">=" => (Operator::GreaterOrEqual, 5),
        "+" => (Operator::Plus, 6),
        "/" => (Operator::Divide, 6),
        "-" | "*" | "%" | "**" | "//" | "&" | "|" | "^" => (Operator::Number, 6),
        _ => return None,
    };
    Some((operator, rank, length))
}

fn binary(c: &Cursor<'_>, least: u8) -> Expr {
    let mut left = unary(c);
    while let Some((operator, rank, length)) = operator(c) {
        if rank <= least {
            break;
        }
        c.go(c.at() + length);
        let right = c.deeper(|| binary(c, rank)).unwrap_or(Expr::Other);
        left = Expr::Binary(operator, Box::new(left), Box::new(right));
    }
    left
}

fn unary(c: &Cursor<'_>) -> Expr {
    let nested = |c: &Cursor<'_>| c.deeper(|| unary(c)).unwrap_or(Expr::Other);
    match c.name() {
        Some("await") => {
            c.step();
            return Expr::Await(Box::new(nested(c)));
        }
        Some("not") if c.language == Language::Python => {
            c.step();
            return Expr::Not(Box::new(c.deeper(|| binary(c, 3)).unwrap_or(Expr::Other)));
        }
        Some("typeof" | "void" | "delete" | "yield") if c.language == Language::Script => {
            c.step();
            nested(c);
            return Expr::Other;
        }
        Some("new") if c.language == Language::Script => {
            c.step();
            return nested(c);
        }
        _ => {}
    }
    match c.operator() {
        Some("!") => {
            c.step();
            Expr::Not(Box::new(nested(c)))
        }
        Some("-") => {
            c.step();
            match nested(c) {
                Expr::Number(n) => Expr::Number(-n),
                _ => Expr::Other,
            }
        }
        Some("+" | "~") => {
            c.step();
            nested(c)
        }
        Some(operator @ ("++" | "--" | "**" | "*")) => {
            c.skip_operator(operator);
            nested(c);
            Expr::Other
        }
        Some("...") => {
            c.skip_operator("...");
            Expr::Spread(Box::new(value(c)))
        }
        _ => {
            let first = primary(c);
            postfix(c, first)
        }
    }
}

fn postfix(c: &Cursor<'_>, mut left: Expr) -> Expr {
    loop {
        let line = c.line();
        match c.operator() {
            Some("." | "?.") => {
                c.skip_operator(if c.is("?.") { "?." } else { "." });
                match c.operator() {
                    Some("(") => left = call(c, left, line),
                    Some("[") => left = index(c, left),
                    _ => {
                        c.eat("#");
                        left = Expr::Member(Box::new(left), c.take_name().unwrap_or_default().to_owned());
                    }
                }
            }
            Some("(") => left = call(c, left, line),
            Some("[") => left = index(c, left),
            Some("!") if c.language == Language::Script && !c.begins_line() => c.step(),
            Some("++" | "--") if c.language == Language::Script && !c.begins_line() => c.go(c.at() + 2),
            Some("<") if c.language == Language::Script => match script::behind_type_arguments(c) {
                Some(at) => c.go(at),
                None => return left,
            },
            _ => {
                if c.language == Language::Script && matches!(c.name(), Some("as" | "satisfies")) && !c.begins_line() {
                    c.step();
                    script::skip_type(c);
                } else if let Some(parts) = template(c) {
                    left = Expr::Tagged { tag: Box::new(left), parts, line };
                } else {
                    return left;
                }
            }
        }
    }
}

/// A template of JavaScript behind its function's name.
fn template(c: &Cursor<'_>) -> Option<Vec<Part>> {
    let token = c.token(c.at())?;
    let tagged = c.language == Language::Script && c.source[token.start..].starts_with('`');
    let Kind::Text(literal) = &token.kind else { return None };
    tagged.then(|| {
        let parts = parts(&literal.text, c.language, c.line());
        c.step();
        parts
    })
}

fn index(c: &Cursor<'_>, left: Expr) -> Expr {
    let (line, end) = (c.line(), c.close(c.at()));
    c.step();
    let key = c.within(end.saturating_sub(1), || value(c));
    c.go(end);
    Expr::Index(Box::new(left), Box::new(key), line)
}

fn call(c: &Cursor<'_>, callee: Expr, line: u32) -> Expr {
    Expr::Call { callee: Box::new(callee), arguments: arguments(c), line }
}

/// `(a, name=b, ...c)`.
pub(super) fn arguments(c: &Cursor<'_>) -> Vec<Argument> {
    let end = c.close(c.at());
    let mut out = Vec::new();
    c.step();
    c.within(end.saturating_sub(1), || {
        while !c.is_end() {
            let before = c.at();
            let named = c.language == Language::Python && c.mark_at(c.at() + 1) == Some('=') && c.mark_at(c.at() + 2) != Some('=');
            let name = c.name().filter(|_| named).map(str::to_owned);
            if named {
                c.go(c.at() + 2);
            }
            let spread = c.language == Language::Python && name.is_none() && (c.eat("**") || c.eat("*"));
            let value = element(c);
            out.push(Argument { name, value: if spread { Expr::Spread(Box::new(value)) } else { value } });
            to_comma(c, before);
        }
    });
    c.go(end);
    out
}

/// A value that may be `x for x in y`.
fn element(c: &Cursor<'_>) -> Expr {
    let first = value(c);
    c.eat_word("async");
    if c.language == Language::Python && c.eat_word("for") {
        let pattern = python::pattern(c);
        c.eat_word("in");
        let list = Box::new(binary(c, 4));
        let condition = c.eat_word("if").then(|| Box::new(binary(c, 0)));
        return Expr::Comprehension { element: Box::new(first), pattern, list, condition };
    }
    first
}

/// Goes behind the next comma; never stays where it was.
fn to_comma(c: &Cursor<'_>, before: usize) {
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

fn primary(c: &Cursor<'_>) -> Expr {
    let line = c.line();
    let Some(token) = c.token(c.at()) else { return Expr::Other };
    match &token.kind {
        Kind::Text(literal) => {
            let templated = literal.has_holes();
            let mut text = literal.text.clone();
            c.step();
            // Python joins neighbours.
            let mut all = vec![(text.clone(), templated)];
            while c.language == Language::Python
                && let Some(Kind::Text(more)) = c.token(c.at()).map(|t| &t.kind)
            {
                all.push((more.text.clone(), more.has_holes()));
                text.push_str(&more.text);
                c.step();
            }
            if all.iter().all(|(_, holes)| !holes) {
                return Expr::Text(text);
            }
            let piece = |(text, holes): (String, bool)| if holes { parts(&text, c.language, line) } else { vec![Part::Text(text)] };
            Expr::Template(all.into_iter().flat_map(piece).collect())
        }
        Kind::Number => {
            let number = c.source[token.start..token.end].replace('_', "").parse().map_or(Expr::Other, Expr::Number);
            c.step();
            number
        }
        Kind::Name => word(c, line),
        Kind::Mark(_) => bracketed(c),
    }
}

fn word(c: &Cursor<'_>, line: u32) -> Expr {
    let Some(name) = c.name() else { return Expr::Other };
    let script = c.language == Language::Script;
    match name {
        "async" | "function" if script => {
            if let Some(function) = script::function(c) {
                return Expr::Function(Rc::new(function));
            }
        }
        "class" if script => {
            while !c.is_end() && !c.is("{") {
                c.step();
            }
            c.skip_brackets();
            return Expr::Other;
        }
        _ => {}
    }
    c.step();
    match name {
        "true" | "True" => Expr::Bool(true),
        "false" | "False" => Expr::Bool(false),
        "null" | "undefined" | "None" => Expr::Null,
        _ => Expr::Name(name.to_owned(), line),
    }
}

fn bracketed(c: &Cursor<'_>) -> Expr {
    let end = c.close(c.at());
    match c.operator() {
        Some("(") => {
            c.step();
            let mut all = Vec::new();
            c.within(end.saturating_sub(1), || {
                while !c.is_end() {
                    let before = c.at();
                    all.push(element(c));
                    to_comma(c, before);
                }
            });
            c.go(end);
            let several = c.language == Language::Python && all.len() > 1;
            if several { Expr::List(all) } else { all.pop().unwrap_or(Expr::List(Vec::new())) }
        }
        Some("[") => {
            c.step();
            let mut all = Vec::new();
            c.within(end.saturating_sub(1), || {
                while !c.is_end() {
                    let before = c.at();
                    all.push(element(c));
                    to_comma(c, before);
                }
            });
            c.go(end);
            match all.as_slice() {
                [Expr::Comprehension { .. }] => all.pop().unwrap_or(Expr::Other),
                _ => Expr::List(all),
            }
        }
        Some("{") => object(c, end),
        _ => {
            c.step();
            Expr::Other
        }
    }
}

/// `{ a, b: 1, [c]: 2, ...d, e() {} }`, `{"a": 1, **d}`.
fn object(c: &Cursor<'_>, end: usize) -> Expr {
    let mut entries = Vec::new();
    c.step();
    c.within(end.saturating_sub(1), || {
        while !c.is_end() {
            let before = c.at();
            entries.push(entry(c));
            to_comma(c, before);
        }
    });
    c.go(end);
    Expr::Object(entries)
}

fn entry(c: &Cursor<'_>) -> (Key, Expr) {
    if let Some(operator @ ("..." | "**")) = c.operator() {
        c.skip_operator(operator);
        return (Key::Spread, value(c));
    }
    let line = c.line();
    if c.language == Language::Script {
        if let Some(name) = c.name() {
            let next = c.mark_at(c.at() + 1);
            if matches!(next, Some(',')) || c.token(c.at() + 1).is_none() {
                c.step();
                return (Key::Name(name.to_owned()), Expr::Name(name.to_owned(), line));
            }
            if let Some((name, function)) = script::method(c) {
                return (Key::Name(name), Expr::Function(Rc::new(function)));
            }
        }
        if c.is("[") {
            let end = c.close(c.at());
            c.step();
            let key = c.within(end.saturating_sub(1), || value(c));
            c.go(end);
            c.eat(":");
            return (Key::Computed(key), value(c));
        }
        if let Some(name) = c.take_name() {
            c.eat(":");
            return (Key::Name(name.to_owned()), value(c));
        }
    }
    let key = match binary(c, 0) {
        Expr::Text(text) => Key::Name(text),
        Expr::Number(n) => Key::Name(n.to_string()),
        other => Key::Computed(other),
    };
    c.eat(":");
    (key, value(c))
}

/// A text with values in it: `${…}` of JavaScript, `{…}` of Python.
pub(super) fn parts(text: &str, language: Language, line: u32) -> Vec<Part> {
    let open = if language == Language::Script { "${" } else { "{" };
    let (mut out, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find(open) {
        if language == Language::Python && rest[at..].starts_with("{{") {
            out.push(Part::Text(rest[..=at].to_owned()));
            rest = &rest[at + 2..];
            continue;
        }
        out.push(Part::Text(rest[..at].to_owned()));
        let inner = &rest[at + open.len()..];
        let length = closing(inner);
        out.push(Part::Value(one(&inner[..length], language, line)));
        rest = inner.get(length + 1..).unwrap_or_default();
    }
    out.push(Part::Text(rest.to_owned()));
    out.retain(|p| !matches!(p, Part::Text(t) if t.is_empty()));
    out
}

/// Length of what stands before the brace that closes.
fn closing(text: &str) -> usize {
    let (mut depth, mut quote): (u32, Option<char>) = (0, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') if depth == 0 => return at,
            (None, '}') => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// A value that is the whole text.
fn one(text: &str, language: Language, line: u32) -> Expr {
    let inner = Cursor::new(text, language);
    at_line(value(&inner), line)
}

/// Names inside a template are told by the line on which it begins.
fn at_line(value: Expr, line: u32) -> Expr {
    match value {
        Expr::Name(name, _) => Expr::Name(name, line),
        Expr::Member(of, name) => Expr::Member(Box::new(at_line(*of, line)), name),
        Expr::Index(of, key, _) => Expr::Index(Box::new(at_line(*of, line)), key, line),
        Expr::Call { callee, arguments, .. } => Expr::Call { callee: Box::new(at_line(*callee, line)), arguments, line },
        Expr::Binary(operator, a, b) => Expr::Binary(operator, Box::new(at_line(*a, line)), Box::new(at_line(*b, line))),
        other => other,
    }
}

/// A function without a name.
pub(super) fn nameless(line: u32, parameters: Vec<Pattern>, body: Vec<super::Stmt>) -> Function {
    Function { name: String::new(), line, parameters, body, decorators: Vec::new() }
}
