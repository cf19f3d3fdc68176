//! Statements, functions and types of JavaScript and TypeScript. Types are gone over.

use super::cursor::Cursor;
use super::expression::{nameless, value};
use super::{Catch, Expr, Function, Kind, Pattern, Stmt};
use std::rc::Rc;

/// Parses a file.
pub(super) fn parse(c: &Cursor<'_>) -> Vec<Stmt> {
    let mut out = Vec::new();
    while !c.is_end() {
        one(c, &mut out);
    }
    out
}

/// The statements of a block in braces, or the one that stands alone.
fn body(c: &Cursor<'_>) -> Vec<Stmt> {
    let mut out = Vec::new();
    if c.is("{") {
        let end = c.close(c.at());
        c.step();
        c.within(end.saturating_sub(1), || {
            while !c.is_end() {
                one(c, &mut out);
            }
        });
        c.go(end);
    } else {
        one(c, &mut out);
    }
    out
}

fn one(c: &Cursor<'_>, out: &mut Vec<Stmt>) {
    let before = c.at();
    let line = c.line();
    if c.deeper(|| statement(c, line, out)).is_none() || c.at() == before {
        c.step();
    }
}

fn statement(c: &Cursor<'_>, line: u32, out: &mut Vec<Stmt>) {
    let mut push = |kind| out.push(Stmt { line, kind });
    match c.name() {
        Some("const" | "let" | "var" | "using") => {
            c.step();
            declarations(c, line, out);
        }
        Some("if") => {
            c.step();
            let condition = parenthesised(c);
            let then = body(c);
            c.eat(";");
            let or = if c.eat_word("else") { body(c) } else { Vec::new() };
            push(Kind::If(condition, then, or));
        }
        Some("switch") => {
            c.step();
            let of = parenthesised(c);
            push(Kind::Switch(of, cases(c)));
        }
        Some("try") => {
            c.step();
            push(tried(c));
        }
        Some("return") => {
            c.step();
            push(Kind::Return(operand(c, line)));
        }
        Some("throw") => {
            c.step();
            push(Kind::Throw(operand(c, line)));
        }
        Some("break") => {
            c.step();
            push(Kind::Break);
        }
        Some("continue") => {
            c.step();
            push(Kind::Continue);
        }
        Some("for") => {
            c.step();
            c.eat_word("await");
            push(looped(c));
        }
        Some("while") => {
            c.step();
            let condition = parenthesised(c);
            push(Kind::Loop(Pattern::Nothing, condition, body(c)));
        }
        Some("do") if c.mark_at(c.at() + 1) == Some('{') => {
            c.step();
            push(Kind::Block(body(c)));
        }
        Some("import") => import(c, line, out),
        Some("export") => export(c, line, out),
        Some("class") | Some("abstract") if c.name_at(c.at() + 1).is_some() => {
            c.eat_word("abstract");
            c.step();
            let name = c.take_name().unwrap_or_default().to_owned();
            push(Kind::Class(name, members(c)));
        }
        Some("interface" | "type" | "enum" | "declare" | "namespace") if c.name_at(c.at() + 1).is_some() => declaration_of_type(c),
        Some("async" | "function") => match function(c) {
            Some(function) if !function.name.is_empty() => push(Kind::Function(Rc::new(function))),
            Some(function) => push(Kind::Expr(Expr::Function(Rc::new(function)))),
            None => push(Kind::Expr(value(c))),
        },
        _ if c.is("{") => push(Kind::Block(body(c))),
        _ if c.is(";") => c.step(),
        _ => push(Kind::Expr(value(c))),
    }
}

fn parenthesised(c: &Cursor<'_>) -> Expr {
    if !c.is("(") {
        return Expr::Other;
    }
    let end = c.close(c.at());
    c.step();
    let out = c.within(end.saturating_sub(1), || value(c));
    c.go(end);
    out
}

/// What stands behind `return` and `throw`.
fn operand(c: &Cursor<'_>, line: u32) -> Option<Expr> {
    let none = c.is_end() || c.is(";") || c.is("}") || c.line() > line;
    (!none).then(|| value(c))
}

fn declarations(c: &Cursor<'_>, line: u32, out: &mut Vec<Stmt>) {
    loop {
        let name = pattern(c);
        c.eat("!");
        if c.eat(":") {
            skip_type(c);
        }
        let value = if c.eat("=") { value(c) } else { Expr::Null };
        out.push(Stmt { line, kind: Kind::Let(name, value) });
        if !c.eat(",") {
            return;
        }
    }
}

fn cases(c: &Cursor<'_>) -> Vec<(Option<Expr>, Vec<Stmt>)> {
    let mut out: Vec<(Option<Expr>, Vec<Stmt>)> = Vec::new();
    if !c.is("{") {
        return out;
    }
    let end = c.close(c.at());
    c.step();
    c.within(end.saturating_sub(1), || {
        while !c.is_end() {
            if c.eat_word("case") {
                let value = value(c);
                c.eat(":");
                out.push((Some(value), Vec::new()));
            } else if c.is_word("default") && c.mark_at(c.at() + 1) == Some(':') {
                c.go(c.at() + 2);
                out.push((None, Vec::new()));
            } else if let Some((_, body)) = out.last_mut() {
                one(c, body);
            } else {
                c.step();
            }
        }
    });
    c.go(end);
    out
}

fn tried(c: &Cursor<'_>) -> Kind {
    let tried = body(c);
    let mut catches = Vec::new();
    if c.eat_word("catch") {
        let mut name = None;
        if c.is("(") {
            name = c.name_at(c.at() + 1).map(str::to_owned);
            c.skip_brackets();
        }
        catches.push(Catch { types: Vec::new(), name, body: body(c) });
    }
    let last = if c.eat_word("finally") { body(c) } else { Vec::new() };
    Kind::Try(tried, catches, last)
}

fn looped(c: &Cursor<'_>) -> Kind {
    let end = c.close(c.at());
    c.step();
    let (name, list) = c.within(end.saturating_sub(1), || {
        if matches!(c.name(), Some("const" | "let" | "var")) {
            c.step();
        }
        let name = pattern(c);
        if c.eat_word("of") || c.eat_word("in") { (name, value(c)) } else { (Pattern::Nothing, Expr::Other) }
    });
    c.go(end);
    Kind::Loop(name, list, body(c))
}

fn text(c: &Cursor<'_>) -> Option<String> {
    match &c.token(c.at())?.kind {
        crate::program::tokens::Kind::Text(literal) => {
            c.step();
            Some(literal.text.clone())
        }
        _ => None,
    }
}

/// `{ a as b, type c }`.
fn named(c: &Cursor<'_>) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let end = c.close(c.at());
    c.step();
    c.within(end.saturating_sub(1), || {
        while !c.is_end() {
            if c.is_word("type") && c.name_at(c.at() + 1).is_some() {
                c.step();
            }
            let Some(theirs) = c.take_name() else {
                c.step();
                continue;
            };
            let ours = if c.eat_word("as") { c.take_name().unwrap_or(theirs) } else { theirs };
            out.push((theirs.to_owned(), ours.to_owned()));
        }
    });
    c.go(end);
    out
}

fn import(c: &Cursor<'_>, line: u32, out: &mut Vec<Stmt>) {
    if matches!(c.mark_at(c.at() + 1), Some('(' | '.')) {
        out.push(Stmt { line, kind: Kind::Expr(value(c)) });
        return;
    }
    c.step();
    let mut names = Vec::new();
    while !c.is_end() && !c.is_word("from") && !c.is(";") {
        if c.is("{") {
            names.extend(named(c));
        } else if c.eat("*") {
            c.eat_word("as");
            names.extend(c.take_name().map(|n| ("*".to_owned(), n.to_owned())));
        } else if c.is(",") {
            c.step();
        } else if let Some(name) = c.take_name() {
            if name != "type" || c.is_word("from") {
                names.push(("default".to_owned(), name.to_owned()));
            }
        } else {
            break;
        }
    }
    c.eat_word("from");
    if let Some(module) = text(c) {
        out.push(Stmt { line, kind: Kind::Import { module, names } });
    }
}

fn export(c: &Cursor<'_>, line: u32, out: &mut Vec<Stmt>) {
    c.step();
    let mut push = |kind| out.push(Stmt { line, kind });
    if c.eat("*") {
        let name = if c.eat_word("as") { c.take_name().unwrap_or("*") } else { "*" };
        c.eat_word("from");
        let module = text(c);
        push(Kind::Export { module, names: vec![("*".to_owned(), name.to_owned())] });
    } else if c.is("{") || (c.is_word("type") && c.mark_at(c.at() + 1) == Some('{')) {
        c.eat_word("type");
        let names = named(c);
        let module = if c.eat_word("from") { text(c) } else { None };
        push(Kind::Export { module, names });
    } else if c.eat_word("default") {
        let value = value(c);
        if let Expr::Function(function) = &value
            && !function.name.is_empty()
        {
            push(Kind::Function(function.clone()));
        }
        push(Kind::Let(Pattern::Name("default".to_owned()), value));
        push(Kind::Export { module: None, names: vec![("default".to_owned(), "default".to_owned())] });
    } else {
        let before = out.len();
        statement(c, line, out);
        let names: Vec<_> = out[before..].iter().flat_map(names_of).map(|n| (n.clone(), n)).collect();
        out.push(Stmt { line, kind: Kind::Export { module: None, names } });
    }
}

/// What a statement gives names to.
fn names_of(statement: &Stmt) -> Vec<String> {
    match &statement.kind {
        Kind::Let(Pattern::Name(name), _) | Kind::Class(name, _) => vec![name.clone()],
        Kind::Let(Pattern::Object(entries), _) => {
            entries.iter().filter_map(|(_, p, _)| if let Pattern::Name(name) = p { Some(name.clone()) } else { None }).collect()
        }
        Kind::Function(function) => vec![function.name.clone()],
        _ => Vec::new(),
    }
}

/// Methods of a class as functions.
fn members(c: &Cursor<'_>) -> Vec<Stmt> {
    while !c.is_end() && !c.is("{") {
        c.step();
    }
    let end = c.close(c.at());
    let mut out = Vec::new();
    c.step();
    c.within(end.saturating_sub(1), || {
        while !c.is_end() {
            let (line, before) = (c.line(), c.at());
            while matches!(c.name(), Some("public" | "private" | "protected" | "static" | "readonly" | "override"))
                && c.name_at(c.at() + 1).is_some()
            {
                c.step();
            }
            if let Some((name, function)) = method(c) {
                out.push(Stmt { line, kind: Kind::Function(Rc::new(Function { name, ..function })) });
            } else if let Some(name) = c.take_name() {
                c.eat("!");
                if c.eat(":") {
                    skip_type(c);
                }
                if c.eat("=") {
                    out.push(Stmt { line, kind: Kind::Let(Pattern::Name(name.to_owned()), value(c)) });
                }
            }
            if c.at() == before {
                c.step();
            }
        }
    });
    c.go(end);
    out
}

/// `async name(a, b): T { … }`; nothing is taken when it is none.
pub(super) fn method(c: &Cursor<'_>) -> Option<(String, Function)> {
    let start = c.at();
    let found = try_method(c);
    if found.is_none() {
        c.go(start);
    }
    found
}

fn try_method(c: &Cursor<'_>) -> Option<(String, Function)> {
    let line = c.line();
    while matches!(c.name(), Some("async" | "get" | "set")) && (c.name_at(c.at() + 1).is_some() || c.mark_at(c.at() + 1) == Some('*')) {
        c.step();
    }
    c.eat("*");
    let name = c.take_name()?.to_owned();
    skip_type_parameters(c);
    if !c.is("(") || matches!(name.as_str(), "function" | "if" | "for" | "while" | "switch") {
        return None;
    }
    let parameters = parameters(c);
    return_type(c);
    c.is("{").then(|| (name, nameless(line, parameters, body(c))))
}

/// `async function name(…) {…}`; nothing is taken when it is none.
pub(super) fn function(c: &Cursor<'_>) -> Option<Function> {
    let (start, line) = (c.at(), c.line());
    c.eat_word("async");
    if !c.eat_word("function") {
        c.go(start);
        return None;
    }
    c.eat("*");
    let name = c.take_name().unwrap_or_default().to_owned();
    skip_type_parameters(c);
    let parameters = parameters(c);
    return_type(c);
    // The declaration of an overload has no body.
    let body = if c.is("{") { body(c) } else { Vec::new() };
    Some(Function { name, ..nameless(line, parameters, body) })
}

/// `async (a, b): T => …`, `a => …`; nothing is taken when it is none.
pub(super) fn arrow(c: &Cursor<'_>) -> Option<Function> {
    let start = c.at();
    let found = try_arrow(c);
    if found.is_none() {
        c.go(start);
    }
    found
}

fn try_arrow(c: &Cursor<'_>) -> Option<Function> {
    let line = c.line();
    if c.is_word("async") && (c.name_at(c.at() + 1).is_some() || matches!(c.mark_at(c.at() + 1), Some('(' | '<'))) {
        c.step();
    }
    skip_type_parameters(c);
    let parameters = if c.is("(") {
        // A look ahead first: most brackets hold no parameters.
        let behind = c.close(c.at());
        if !matches!(c.mark_at(behind), Some('=' | ':')) {
            return None;
        }
        let (at, is_arrow) = (c.at(), {
            c.go(behind);
            if c.is(":") {
                return_type(c);
            }
            c.is("=>")
        });
        if !is_arrow {
            return None;
        }
        c.go(at);
        parameters(c)
    } else {
        let name = c.take_name()?;
        if !c.is("=>") {
            return None;
        }
        vec![Pattern::Name(name.to_owned())]
    };
    return_type(c);
    if !c.eat("=>") {
        return None;
    }
    let body = if c.is("{") {
        body(c)
    } else {
        let at = c.line();
        vec![Stmt { line: at, kind: Kind::Return(Some(value(c))) }]
    };
    Some(nameless(line, parameters, body))
}

fn parameters(c: &Cursor<'_>) -> Vec<Pattern> {
    let mut out = Vec::new();
    if !c.is("(") {
        return out;
    }
    let end = c.close(c.at());
    c.step();
    c.within(end.saturating_sub(1), || {
        while !c.is_end() {
            let before = c.at();
            c.eat("...");
            out.push(pattern(c));
            c.eat("?");
            if c.eat(":") {
                skip_type(c);
            }
            if c.eat("=") {
                value(c);
            }
            if !c.eat(",") && c.at() == before {
                c.step();
            }
        }
    });
    c.go(end);
    out
}

pub(super) fn pattern(c: &Cursor<'_>) -> Pattern {
    if c.is("{") {
        let end = c.close(c.at());
        let mut entries = Vec::new();
        c.step();
        c.within(end.saturating_sub(1), || {
            while !c.is_end() {
                let before = c.at();
                if c.eat("...") {
                    entries.extend(c.take_name().map(|n| ("...".to_owned(), Pattern::Name(n.to_owned()), None)));
                } else if let Some(key) = c.take_name().map(str::to_owned).or_else(|| text(c)) {
                    let name = if c.eat(":") { pattern(c) } else { Pattern::Name(key.clone()) };
                    let default = c.eat("=").then(|| value(c));
                    entries.push((key, name, default));
                }
                if !c.eat(",") && c.at() == before {
                    c.step();
                }
            }
        });
        c.go(end);
        return Pattern::Object(entries);
    }
    if c.is("[") {
        let end = c.close(c.at());
        let mut entries = Vec::new();
        c.step();
        c.within(end.saturating_sub(1), || {
            while !c.is_end() {
                let before = c.at();
                if c.is(",") {
                    entries.push(Pattern::Nothing);
                } else {
                    c.eat("...");
                    entries.push(pattern(c));
                }
                if c.eat("=") {
                    value(c);
                }
                if !c.eat(",") && c.at() == before {
                    c.step();
                }
            }
        });
        c.go(end);
        return Pattern::List(entries);
    }
    c.take_name().map_or(Pattern::Nothing, |n| Pattern::Name(n.to_owned()))
}

fn return_type(c: &Cursor<'_>) {
    if c.eat(":") {
        // An arrow behind it is that of the function itself.
        type_without_arrow(c);
    }
}

/// Goes behind a type, which may be that of a function.
pub(super) fn skip_type(c: &Cursor<'_>) {
    type_without_arrow(c);
    while c.is("=>") && c.mark_at(c.at().wrapping_sub(1)) == Some(')') {
        c.skip_operator("=>");
        type_without_arrow(c);
    }
}

fn skip_type_parameters(c: &Cursor<'_>) {
    if c.is("<")
        && let Some(at) = behind_angles(c)
    {
        c.go(at);
    }
}

/// `<T>` before a call or a template; where it ends.
pub(super) fn behind_type_arguments(c: &Cursor<'_>) -> Option<usize> {
    let at = behind_angles(c)?;
    let text = matches!(c.token(at)?.kind, crate::program::tokens::Kind::Text(_));
    (c.mark_at(at) == Some('(') || text).then_some(at)
}

/// Index behind the `>` that closes the `<` here; none where something stands between them that is in no type.
fn behind_angles(c: &Cursor<'_>) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = c.at();
    while at < c.at() + 300 {
        match c.mark_at(at) {
            Some('<') => depth += 1,
            Some('>') if c.mark_at(at.wrapping_sub(1)) == Some('=') => {}
            Some('>') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            Some('(' | '[' | '{') => {
                at = c.close(at);
                continue;
            }
            Some(',' | '.' | '|' | '&' | '?' | ':' | '=' | ']') => {}
            Some(_) => return None,
            None => {
                c.token(at)?;
            }
        }
        at += 1;
    }
    None
}

/// Goes behind a type, as far as an arrow.
fn type_without_arrow(c: &Cursor<'_>) {
    // Whether a type is due: at the start and behind `|`, `&`, `=>`.
    let mut due = true;
    while !c.is_end() {
        match c.operator() {
            Some("{" | "(") if due => {
                c.skip_brackets();
                due = false;
            }
            Some("[") if due || !c.begins_line() => {
                c.skip_brackets();
                due = false;
            }
            Some("<") => match behind_angles(c) {
                Some(at) => c.go(at),
                None => return,
            },
            Some(".") => {
                c.step();
                due = true;
            }
            Some("|" | "&" | "?" | "!") if !due || c.is("|") || c.is("&") => {
                c.step();
                due = true;
            }
            Some(_) => return,
            None => {
                let word = c.name();
                if !due && !matches!(word, Some("extends" | "is" | "keyof")) {
                    return;
                }
                due = matches!(word, Some("keyof" | "typeof" | "readonly" | "extends" | "is" | "infer" | "unique" | "asserts"));
                c.step();
            }
        }
    }
}

fn declaration_of_type(c: &Cursor<'_>) {
    let is_type = c.is_word("type");
    if c.eat_word("declare") {
        while !c.is_end() && !c.is(";") && !c.is("{") && !c.begins_line() {
            c.step();
        }
        if c.is("{") {
            c.skip_brackets();
        }
        return;
    }
    c.step();
    c.step();
    skip_type_parameters(c);
    if is_type {
        c.eat("=");
        skip_type(c);
        return;
    }
    while !c.is_end() && !c.is("{") {
        c.step();
    }
    c.skip_brackets();
}
