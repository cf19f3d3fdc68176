//! The boolean structure of expressions as PostgreSQL prints them, by their words: branches, terms, calls; nothing is evaluated here.

use architrave_model::Catalog;
use architrave_model::catalog::{Function, FunctionKind};
use architrave_model::name::quote_ident;
use architrave_sql::lex::{Lexer, Token, TokenKind, name_of};

/// A token with the brackets around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub(super) token: Token,
    pub(super) depth: u32,
}

/// The tokens without blanks and comments.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut depth = 0u32;
    let mut out = Vec::new();
    for token in Lexer::new(text) {
        match token.kind {
            TokenKind::Space | TokenKind::LineComment | TokenKind::BlockComment => continue,
            TokenKind::CloseParen | TokenKind::CloseBracket => depth = depth.saturating_sub(1),
            _ => {}
        }
        out.push(Word { token, depth });
        if matches!(token.kind, TokenKind::OpenParen | TokenKind::OpenBracket) {
            depth += 1;
        }
    }
    out
}

impl Word {
    pub(super) fn text<'t>(&self, source: &'t str) -> &'t str {
        source.get(self.token.start..self.token.end).unwrap_or_default()
    }

    pub(super) fn is(&self, source: &str, word: &str) -> bool {
        self.token.kind == TokenKind::Word && self.text(source).eq_ignore_ascii_case(word)
    }

    pub(super) fn is_name(&self) -> bool {
        matches!(self.token.kind, TokenKind::Word | TokenKind::QuotedName)
    }
}

/// How a boolean expression is put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    Atom,
    And(Vec<String>),
    Or(Vec<String>),
}

/// Without blanks and brackets around the whole.
pub(super) fn bare(text: &str) -> &str {
    let mut text = text.trim();
    loop {
        let words = words(text);
        let (Some(first), Some(last)) = (words.first(), words.last()) else { return text };
        let around = first.token.kind == TokenKind::OpenParen
            && last.token.kind == TokenKind::CloseParen
            && words.len() > 2
            && words.get(1..words.len() - 1).is_some_and(|inner| inner.iter().all(|w| w.depth > 0));
        let query = words.get(1).is_some_and(|w| ["select", "with", "values"].iter().any(|q| w.is(text, q)));
        if !around || query {
            return text;
        }
        text = text.get(first.token.end..last.token.start).unwrap_or_default().trim();
    }
}

/// Takes an expression apart at its outermost OR, else at its outermost AND.
pub(super) fn form(text: &str) -> Form {
    let text = bare(text);
    let words = words(text);
    let outer = || words.iter().filter(|w| w.depth == 0);
    if outer().any(|w| ["case", "between", "select", "with"].iter().any(|s| w.is(text, s))) {
        return Form::Atom;
    }
    for (word, form) in [("or", Form::Or as fn(Vec<String>) -> Form), ("and", Form::And)] {
        let cuts: Vec<&Word> = outer().filter(|w| w.is(text, word)).collect();
        if cuts.is_empty() {
            continue;
        }
        let mut parts = Vec::new();
        let mut from = 0;
        for cut in cuts {
            parts.push(bare(text.get(from..cut.token.start).unwrap_or_default()).to_owned());
            from = cut.token.end;
        }
        parts.push(bare(text.get(from..).unwrap_or_default()).to_owned());
        return form(parts);
    }
    Form::Atom
}

/// A call of a function by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    /// The whole, as written.
    pub(super) text: String,
    /// Name, its parts as the catalogue stores them.
    pub(super) name: Vec<String>,
    /// Arguments as written.
    pub(super) arguments: Vec<String>,
}

/// All calls in a text, outer ones first.
pub(super) fn calls(text: &str) -> Vec<Call> {
    let words = words(text);
    let mut found = Vec::new();
    for (at, open) in words.iter().enumerate().filter(|(_, w)| w.token.kind == TokenKind::OpenParen) {
        let mut first = at;
        let mut name: Vec<String> = Vec::new();
        while let Some(word) = first.checked_sub(1).and_then(|i| words.get(i)).filter(|w| w.is_name()) {
            name.insert(0, name_of(word.text(text)));
            first -= 1;
            match first.checked_sub(1).and_then(|i| words.get(i)) {
                Some(dot) if dot.token.kind == TokenKind::Dot => first -= 1,
                _ => break,
            }
        }
        let keyword = |n: &String| {
            [
                "and", "or", "not", "in", "any", "all", "some", "exists", "array", "as", "on", "where", "select", "from", "then", "when",
                "else", "values", "by", "over", "filter", "using", "with", "join", "lateral",
            ]
            .contains(&n.as_str())
        };
        if name.is_empty() || (name.len() == 1 && name.iter().all(keyword)) {
            continue;
        }
        let Some(close) = words.iter().skip(at + 1).find(|w| w.token.kind == TokenKind::CloseParen && w.depth == open.depth) else {
            continue;
        };
        let Some(start) = words.get(first).map(|w| w.token.start) else { continue };
        let inside = words.iter().filter(|w| w.token.start >= open.token.end && w.token.end <= close.token.start);
        let mut arguments = Vec::new();
        let mut from = open.token.end;
        for comma in inside.filter(|w| w.token.kind == TokenKind::Comma && w.depth == open.depth + 1) {
            arguments.push(text.get(from..comma.token.start).unwrap_or_default().trim().to_owned());
            from = comma.token.end;
        }
        let last = text.get(from..close.token.start).unwrap_or_default().trim();
        if !last.is_empty() {
            arguments.push(last.to_owned());
        }
        found.push(Call { text: text.get(start..close.token.end).unwrap_or_default().to_owned(), name, arguments });
    }
    found
}

/// The call that the expression is, also as `(SELECT f(x) AS f)`.
pub(super) fn whole_call(text: &str) -> Option<Call> {
    let text = bare(text);
    let words = words(text);
    let inner = match (words.first(), words.get(1), words.last()) {
        (Some(open), Some(select), Some(close))
            if open.token.kind == TokenKind::OpenParen && select.is(text, "select") && close.depth == 0 =>
        {
            let cut = words.iter().find(|w| w.depth == 1 && w.is(text, "as")).map_or(close.token.start, |w| w.token.start);
            let clause = words.iter().any(|w| w.depth == 1 && w.is(text, "from"));
            if clause {
                return None;
            }
            text.get(select.token.end..cut).unwrap_or_default().trim()
        }
        _ => text,
    };
    let call = calls(inner).into_iter().next()?;
    (call.text == inner).then_some(call)
}

/// What a call asks: the body of its function with the arguments in their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inlined {
    /// Expression.
    pub(super) text: String,
    /// With whose rights: the owner of a SECURITY DEFINER function.
    pub(super) as_role: Option<String>,
    /// `search_path` of its definition.
    pub(super) search_path: Option<String>,
}

/// The function that a call means, when no other could be meant.
pub(super) fn function_of<'c>(call: &Call, catalog: &'c Catalog) -> Option<&'c Function> {
    let named = |f: &&Function| match call.name.as_slice() {
        [schema, name] => f.name.schema == *schema && f.name.name == *name,
        [name] => f.name.name == *name,
        _ => false,
    };
    let takes = |f: &&Function| parameters(&f.identity_arguments).len() == call.arguments.len();
    let mut fitting = catalog.functions.iter().filter(|f| f.kind == FunctionKind::Function).filter(named).filter(takes);
    let function = fitting.next()?;
    fitting.next().is_none().then_some(function)
}

/// Inlines a call of a function that only returns an expression. `columns` of the policy's own table get `alias` before them, so that no table of
/// the body captures them.
pub(super) fn inlined(call: &Call, catalog: &Catalog, columns: &[String], alias: &str) -> Option<Inlined> {
    let function = function_of(call, catalog)?;
    let body = returned(function)?;
    let parameters = parameters(&function.identity_arguments);
    let arguments: Vec<String> = call.arguments.iter().map(|a| format!("({})", qualified(a, columns, alias))).collect();
    let words = words(&body);
    let mut text = String::new();
    let mut from = 0;
    for (at, word) in words.iter().enumerate() {
        let after_dot = at.checked_sub(1).and_then(|i| words.get(i)).is_some_and(|w| w.token.kind == TokenKind::Dot);
        let before = words.get(at + 1).is_some_and(|w| matches!(w.token.kind, TokenKind::Dot | TokenKind::OpenParen));
        let number = match word.token.kind {
            TokenKind::Parameter => word.text(&body).get(1..).and_then(|n| n.parse::<usize>().ok()).and_then(|n| n.checked_sub(1)),
            _ if word.is_name() && !after_dot && !before => {
                parameters.iter().position(|p| p.as_deref() == Some(name_of(word.text(&body)).as_str()))
            }
            _ => None,
        };
        if let Some(argument) = number.and_then(|n| arguments.get(n)) {
            text.push_str(body.get(from..word.token.start).unwrap_or_default());
            text.push_str(argument);
            from = word.token.end;
        }
    }
    text.push_str(body.get(from..).unwrap_or_default());
    let search_path = function.setting("search_path").map(str::to_owned);
    let as_role = function.security_definer.then(|| function.owner.clone());
    Some(Inlined { text: bare(&text).to_owned(), as_role, search_path })
}

/// Names of a function's parameters, where they have one.
fn parameters(identity_arguments: &str) -> Vec<Option<String>> {
    let all = words(identity_arguments);
    if all.is_empty() {
        return Vec::new();
    }
    let mut each: Vec<Vec<&Word>> = vec![Vec::new()];
    for word in &all {
        if word.token.kind == TokenKind::Comma && word.depth == 0 {
            each.push(Vec::new());
        } else if let Some(last) = each.last_mut() {
            last.push(word);
        }
    }
    let name = |words: &Vec<&Word>| {
        let words: Vec<&&Word> =
            words.iter().filter(|w| !["in", "inout", "variadic"].iter().any(|mode| w.is(identity_arguments, mode))).collect();
        let [first, second, ..] = words.as_slice() else { return None };
        (first.is_name() && second.is_name()).then(|| name_of(first.text(identity_arguments)))
    };
    each.iter().map(name).collect()
}

/// Columns with the table's alias before them.
fn qualified(argument: &str, columns: &[String], alias: &str) -> String {
    let words = words(argument);
    let (mut text, mut from) = (String::new(), 0);
    for (at, word) in words.iter().enumerate().filter(|(_, w)| w.is_name()) {
        let after_dot =
            at.checked_sub(1).and_then(|i| words.get(i)).is_some_and(|w| matches!(w.token.kind, TokenKind::Dot | TokenKind::DoubleColon));
        let before = words.get(at + 1).is_some_and(|w| matches!(w.token.kind, TokenKind::Dot | TokenKind::OpenParen));
        if after_dot || before || !columns.contains(&name_of(word.text(argument))) {
            continue;
        }
        text.push_str(argument.get(from..word.token.start).unwrap_or_default());
        text.push_str(&quote_ident(alias));
        text.push('.');
        from = word.token.start;
    }
    text.push_str(argument.get(from..).unwrap_or_default());
    text
}

/// The expression that a function returns, when its body is nothing else.
fn returned(function: &Function) -> Option<String> {
    let body = function.body.trim().trim_end_matches(';').trim_end();
    let words = words(body);
    let outer = |word: &str| words.iter().any(|w| w.depth == 0 && w.is(body, word));
    if words.iter().any(|w| w.token.kind == TokenKind::Semicolon) && function.language != "plpgsql" {
        return None;
    }
    match function.language.as_str() {
        "sql" => {
            let first = words.first()?;
            let rest = body.get(first.token.end..)?.trim();
            if first.is(body, "return") {
                return Some(rest.to_owned());
            }
            if !first.is(body, "select") {
                return None;
            }
            let clauses = ["from", "where", "union", "limit", "order", "group", "as"].iter().any(|w| outer(w));
            Some(if clauses { format!("({body})") } else { rest.to_owned() })
        }
        "plpgsql" => {
            let [begin, ret, rest @ ..] = words.as_slice() else { return None };
            let semicolon = rest.iter().position(|w| w.token.kind == TokenKind::Semicolon)?;
            let ends = rest.get(semicolon + 1).is_some_and(|w| w.is(body, "end")) && rest.len() == semicolon + 2;
            if !(begin.is(body, "begin") && ret.is(body, "return") && ends) || rest.first().is_some_and(|w| w.is(body, "query")) {
                return None;
            }
            let end = rest.get(semicolon)?.token.start;
            Some(body.get(ret.token.end..end)?.trim().to_owned())
        }
        _ => None,
    }
}

/// Sub-expressions that may ask the session rather than the row: calls, and what stands in brackets, innermost last.
pub(super) fn session_candidates(text: &str) -> Vec<String> {
    let words = words(text);
    let mut found: Vec<String> = Vec::new();
    for (at, open) in words.iter().enumerate().filter(|(_, w)| w.token.kind == TokenKind::OpenParen) {
        let previous = at.checked_sub(1).and_then(|i| words.get(i));
        let called = previous.is_some_and(Word::is_name);
        if called {
            continue;
        }
        let close = words.iter().skip(at + 1).find(|w| w.token.kind == TokenKind::CloseParen && w.depth == open.depth);
        if let Some(inner) = close.and_then(|close| text.get(open.token.start..close.token.end)) {
            found.push(inner.to_owned());
        }
    }
    found.extend(calls(text).into_iter().map(|c| c.text));
    found.sort();
    found.dedup();
    found
}

/// Keys of the claims that a text asks for by `->` and `->>`.
pub(super) fn claim_keys(text: &str) -> Vec<String> {
    let words = words(text);
    let mut keys = Vec::new();
    for (at, word) in words.iter().enumerate().filter(|(_, w)| w.token.kind == TokenKind::String) {
        let before: String = words.get(at.saturating_sub(3)..at).unwrap_or_default().iter().map(|w| w.text(text)).collect();
        if before.ends_with("->") || before.ends_with("->>") {
            keys.push(word.text(text).trim_matches('\'').to_owned());
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::QualifiedName;

    fn and(parts: &[&str]) -> Form {
        Form::And(parts.iter().map(|p| (*p).to_owned()).collect())
    }

    #[test]
    fn terms_and_branches_are_found_where_postgresql_prints_them() {
        assert_eq!(form("((a = 1) AND (b = 'x or y'::text))"), and(&["a = 1", "b = 'x or y'::text"]));
        assert_eq!(form("((a = 1) OR ((b = 2) AND c))"), Form::Or(vec!["a = 1".into(), "(b = 2) AND c".into()]));
        assert_eq!(form("(a BETWEEN 1 AND 2)"), Form::Atom);
        assert_eq!(form("(EXISTS ( SELECT 1 FROM m WHERE ((m.a = t.a) AND (m.b = 1))))"), Form::Atom);
        assert_eq!(bare("((x))"), "x");
        assert_eq!(bare("(a) and (b)"), "(a) and (b)");
    }

    #[test]
    fn calls_have_names_and_arguments() {
        let call = whole_call("( SELECT public.is_member(team_id, (auth.uid())) AS is_member)").unwrap();
        assert_eq!((call.name, call.arguments), (vec!["public".into(), "is_member".into()], vec!["team_id".into(), "(auth.uid())".into()]));
        assert!(whole_call("(user_id = auth.uid())").is_none());
        assert_eq!(claim_keys("((auth.jwt() -> 'o'::text) ->> 'id'::text)"), ["o", "id"]);
    }

    #[test]
    fn a_helper_is_inlined_with_its_arguments_in_place() {
        let mut function = Function {
            name: QualifiedName::new("public", "is_member"),
            identity_arguments: "team uuid, who uuid".into(),
            language: "sql".into(),
            body: "\n select exists (select 1 from members m where m.team_id = team and m.user_id = $2);\n".into(),
            security_definer: true,
            owner: "postgres".into(),
            ..Function::default()
        };
        let catalog = |f: &Function| Catalog { functions: vec![f.clone()], ..Catalog::default() };
        let call = whole_call("is_member(team_id, auth.uid())").unwrap();
        let columns = ["team_id".to_owned()];
        let found = inlined(&call, &catalog(&function), &columns, "t").unwrap();
        assert_eq!(found.text, "exists (select 1 from members m where m.team_id = (t.team_id) and m.user_id = (auth.uid()))");
        assert_eq!(found.as_role.as_deref(), Some("postgres"));
        function.language = "plpgsql".into();
        function.body = "begin return exists (select 1 from members where user_id = who); end".into();
        let found = inlined(&call, &catalog(&function), &columns, "t").unwrap();
        assert_eq!(found.text, "exists (select 1 from members where user_id = (auth.uid()))");
        function.body = "declare x int; begin return x > 1; end".into();
        assert!(inlined(&call, &catalog(&function), &columns, "t").is_none());
    }
}
