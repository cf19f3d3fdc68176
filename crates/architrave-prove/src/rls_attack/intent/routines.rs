//! Bodies of helper functions as an expression or a query: `LANGUAGE sql`, and PL/pgSQL that is nothing but variables, guards and RETURN.

use architrave_model::QualifiedName;
use architrave_model::catalog::{Catalog, Function, FunctionKind};
use architrave_sql::lex::{Lexer, TokenKind, name_of};
use architrave_sql::predicate::{self, Expression, Query};
use std::collections::BTreeMap;

/// What a function returns.
#[derive(Debug, Clone)]
pub(super) enum Body {
    /// A value.
    Value(Expression),
    /// Rows, or the first column of the first one.
    Rows(Query),
}

/// A function that can be looked through.
#[derive(Debug, Clone)]
pub(super) struct Routine {
    pub(super) name: QualifiedName,
    /// Names of the parameters in their order; empty for one without name.
    pub(super) parameters: Vec<String>,
    /// Variables by what was put into them.
    pub(super) locals: BTreeMap<String, Expression>,
    pub(super) body: Body,
}

/// Functions and relations by name, as a condition of the catalogue names them.
pub(crate) struct Routines<'c> {
    catalog: &'c Catalog,
    read: std::cell::RefCell<BTreeMap<usize, Option<Routine>>>,
}

impl<'c> Routines<'c> {
    pub(super) fn new(catalog: &'c Catalog) -> Self {
        Self { catalog, read: std::cell::RefCell::default() }
    }

    /// The function of that name which takes so many arguments; none when it is unknown or does more than return something.
    pub(super) fn find(&self, path: &[String], arguments: usize) -> Option<Routine> {
        let (name, qualifier) = path.split_last()?;
        let fits = |f: &Function| {
            f.name.name == *name
                && qualifier.last().is_none_or(|schema| *schema == f.name.schema)
                && matches!(f.kind, FunctionKind::Function)
        };
        let count = |f: &Function| parameters(f).len();
        let all = || self.catalog.functions.iter().enumerate().filter(|(_, f)| fits(f));
        let exact = all().find(|(_, f)| count(f) == arguments);
        let (at, function) = exact.or_else(|| all().find(|(_, f)| count(f) > arguments))?;
        self.read.borrow_mut().entry(at).or_insert_with(|| read(function)).clone()
    }

    /// A relation as it is named; without schema the one of `public`, else the only one of that name.
    pub(super) fn relation(&self, path: &[String]) -> QualifiedName {
        let Some((name, qualifier)) = path.split_last() else { return QualifiedName::default() };
        if let Some(schema) = qualifier.last() {
            return QualifiedName::new(schema, name);
        }
        let named = || {
            let tables = self.catalog.tables.iter().map(|t| &t.name);
            tables.chain(self.catalog.views.iter().map(|v| &v.name)).filter(|n| n.name == *name)
        };
        let public = named().find(|n| n.schema == "public");
        public.or_else(|| named().next()).cloned().unwrap_or_else(|| QualifiedName::new("public", name))
    }
}

/// Names of the input parameters.
pub(super) fn parameters(function: &Function) -> Vec<String> {
    let mut names = Vec::new();
    let text = &function.identity_arguments;
    let mut part: Vec<String> = Vec::new();
    let mut depth = 0usize;
    let mut end = |part: &mut Vec<String>| {
        let words = std::mem::take(part);
        let mut words: Vec<String> = words.into_iter().filter(|w| !w.is_empty()).collect();
        if words.is_empty() || words.first().is_some_and(|w| w == "out") {
            return;
        }
        if words.first().is_some_and(|w| matches!(w.as_str(), "in" | "inout" | "variadic")) && words.len() > 1 {
            words.remove(0);
        }
        // `name type`; a type of one word has no name before it.
        let multi = matches!(words.first().map(String::as_str), Some("character" | "double" | "timestamp" | "time" | "bit" | "national"));
        names.push(if words.len() > 1 && !multi { words.swap_remove(0) } else { String::new() });
    };
    let mut dotted = false;
    for token in Lexer::new(text) {
        let word = text.get(token.start..token.end).unwrap_or_default();
        match token.kind {
            TokenKind::OpenParen | TokenKind::OpenBracket => depth += 1,
            TokenKind::CloseParen | TokenKind::CloseBracket => depth = depth.saturating_sub(1),
            TokenKind::Comma if depth == 0 => end(&mut part),
            TokenKind::Dot => dotted = true,
            TokenKind::Word | TokenKind::QuotedName if depth == 0 => {
                let name = name_of(word);
                match part.last_mut() {
                    Some(last) if dotted => *last = name,
                    _ => part.push(name),
                }
                dotted = false;
            }
            _ => {}
        }
    }
    end(&mut part);
    names
}

fn read(function: &Function) -> Option<Routine> {
    let parameters = parameters(function);
    let (body, locals) = match function.language.as_str() {
        "sql" => (sql(&function.body)?, BTreeMap::new()),
        "plpgsql" => plpgsql(&function.body, function.result.as_deref() == Some("boolean"))?,
        _ => return None,
    };
    Some(Routine { name: function.name.clone(), parameters, locals, body })
}

fn sql(body: &str) -> Option<Body> {
    let statements = statements(body);
    let last = statements.iter().rev().find(|s| !starts_with(s, "end"))?;
    let last = strip_word(last, "begin").and_then(|rest| strip_word(rest, "atomic")).unwrap_or(last);
    match strip_word(last, "return") {
        Some(value) => predicate::expression(value).map(Body::Value),
        None => predicate::query(last).map(Body::Rows),
    }
}

type Locals = BTreeMap<String, Expression>;

/// Statements between BEGIN and END: assignments and `SELECT … INTO` become variables; `IF … THEN RETURN …` becomes an alternative.
fn plpgsql(body: &str, boolean: bool) -> Option<(Body, Locals)> {
    let mut locals = Locals::new();
    let (mut alternatives, mut guards) = (Vec::new(), Vec::new());
    let mut condition: Option<Expression> = None;
    let mut begun = false;
    for statement in statements(body) {
        let mut text = statement.as_str();
        if !begun {
            match begin(text) {
                None => {
                    declared(text, &mut locals);
                    continue;
                }
                Some(rest) => {
                    begun = true;
                    text = rest;
                }
            }
        }
        // `IF c THEN s`, `ELSIF c THEN s` and `ELSE s` each hold the first statement of their branch.
        if starts_with(text, "end") {
            condition = None;
            continue;
        }
        if let Some(rest) = ["if", "elsif", "elseif"].iter().find_map(|word| strip_word(text, word)) {
            let then = position_of(rest, "then")?;
            condition = predicate::expression(rest.get(..then)?);
            condition.as_ref()?;
            text = rest.get(then + 4..)?.trim();
        } else if let Some(rest) = strip_word(text, "else") {
            condition = None;
            text = rest;
        }
        if let Some(rest) = strip_word(text, "return") {
            if let Some(query) = strip_word(rest, "query") {
                return predicate::query(query).map(|query| (Body::Rows(query), locals));
            }
            if rest.is_empty() || starts_with(rest, "next") {
                return None;
            }
            let value = predicate::expression(rest)?;
            let refuses = matches!(&value, Expression::Value(word) if word == "FALSE" || word == "NULL");
            match condition.clone() {
                Some(condition) if refuses && boolean => guards.push(Expression::Not(Box::new(condition))),
                None if refuses && boolean => {}
                Some(condition) if boolean => alternatives.push(Expression::And(vec![condition, value])),
                // Who gets here has passed what refuses.
                None if boolean && !guards.is_empty() => {
                    alternatives.push(Expression::And(guards.iter().cloned().chain([value]).collect()));
                }
                // Which of several values a function returns is left open: the last one stands for all.
                _ => alternatives.push(value),
            }
        } else if !assigned(text, &mut locals)
            && !["raise", "perform", "null", "exception", "when", "set"].iter().any(|w| starts_with(text, w))
        {
            return None;
        }
    }
    let last = if boolean && alternatives.len() > 1 { Some(Expression::Or(alternatives)) } else { alternatives.pop() };
    Some((Body::Value(last?), locals))
}

/// `v type := value` before BEGIN.
fn declared(text: &str, locals: &mut Locals) {
    let text = strip_word(text, "declare").unwrap_or(text);
    let Some((left, right)) = text.split_once(":=") else { return };
    let (Some(name), Some(value)) = (left.split_whitespace().next(), predicate::expression(right)) else { return };
    locals.insert(name_of(name), value);
}

/// `v := value`, `SELECT … INTO v FROM …`.
fn assigned(text: &str, locals: &mut Locals) -> bool {
    if let Some((name, value)) = text.split_once(":=")
        && name.trim().chars().all(|c| c.is_alphanumeric() || c == '_')
    {
        let Some(value) = predicate::expression(value) else { return false };
        locals.insert(name_of(name.trim()), value);
        return true;
    }
    if !starts_with(text, "select") {
        return false;
    }
    let Some(into) = position_of(text, "into") else { return false };
    let (before, after) = (text.get(..into).unwrap_or_default(), text.get(into + 4..).unwrap_or_default().trim());
    let after = strip_word(after, "strict").unwrap_or(after);
    let end = position_of(after, "from").unwrap_or(after.len());
    let names: Vec<String> = after.get(..end).unwrap_or_default().split(',').map(|name| name_of(name.trim())).collect();
    let rest = after.get(end..).unwrap_or_default();
    let Some(Query::Select(select)) = predicate::query(&format!("{before} {rest}")) else { return false };
    for (at, name) in names.into_iter().enumerate() {
        let mut one = (*select).clone();
        one.targets = select.targets.get(at).cloned().into_iter().collect();
        locals.insert(name, Expression::Query(Box::new(Query::Select(Box::new(one)))));
    }
    true
}

/// What follows BEGIN, after the declarations.
fn begin(text: &str) -> Option<&str> {
    let at = position_of(text, "begin")?;
    (at == 0 || starts_with(text, "declare")).then(|| text.get(at + 5..).unwrap_or_default().trim())
}

/// Statements of a body by their semicolons, without comments.
fn statements(body: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    for token in Lexer::new(body) {
        match token.kind {
            TokenKind::LineComment | TokenKind::BlockComment => {}
            TokenKind::Semicolon => out.push(String::new()),
            _ => out.last_mut().into_iter().for_each(|s| s.push_str(body.get(token.start..token.end).unwrap_or_default())),
        }
    }
    out.into_iter().map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()).collect()
}

/// Where a key word stands outside of brackets.
fn position_of(text: &str, word: &str) -> Option<usize> {
    let mut depth = 0usize;
    for token in Lexer::new(text) {
        match token.kind {
            TokenKind::OpenParen => depth += 1,
            TokenKind::CloseParen => depth = depth.saturating_sub(1),
            TokenKind::Word if depth == 0 && text.get(token.start..token.end)?.eq_ignore_ascii_case(word) => return Some(token.start),
            _ => {}
        }
    }
    None
}

fn starts_with(text: &str, word: &str) -> bool {
    strip_word(text, word).is_some()
}

fn strip_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let (head, rest) = (text.get(..word.len())?, text.get(word.len()..)?);
    let ends = rest.chars().next().is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
    (ends && head.eq_ignore_ascii_case(word)).then(|| rest.trim())
}
