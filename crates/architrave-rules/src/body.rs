//! Reads the bodies of functions as far as rules need: words, strings and signs without comments, and what they call, read and write.
//!
//! Not a parser: names that are built at run time stay unseen, and a rule then abstains.

use architrave_model::catalog::Function;
use architrave_model::{Catalog, QualifiedName};
use std::collections::{BTreeMap, BTreeSet};

/// One word, string or sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// Identifier or keyword in lower case; quoted identifiers as written.
    Word(String),
    /// A string literal's content, dollar-quoted ones too.
    Text(String),
    /// Anything else; operators in one piece.
    Sign(String),
}

impl Token {
    pub(crate) fn word(&self) -> Option<&str> {
        if let Self::Word(word) = self { Some(word) } else { None }
    }

    pub(crate) fn is(&self, word: &str) -> bool {
        self.word() == Some(word)
    }

    pub(crate) fn is_sign(&self, sign: &str) -> bool {
        matches!(self, Self::Sign(s) if s == sign)
    }
}

/// The words, strings and signs of a text; comments are dropped.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    placed(text).into_iter().map(|(_, token)| token).collect()
}

/// The same, each with the byte offset where it starts.
pub(crate) fn placed(text: &str) -> Vec<(usize, Token)> {
    let mut out: Vec<(usize, Token)> = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let start = text.len() - rest.len();
        if c.is_whitespace() {
            rest = rest.trim_start();
        } else if rest.starts_with("--") {
            rest = rest.find('\n').and_then(|at| rest.get(at..)).unwrap_or_default();
        } else if rest.starts_with("/*") {
            rest = rest.get(end_of_comment(rest)..).unwrap_or_default();
        } else if c == '\'' || c == '"' {
            let escapes = matches!(out.last(), Some((_, Token::Word(w))) if w == "e") && c == '\'';
            let (content, end) = quoted(rest, c, escapes);
            out.push((start, if c == '"' { Token::Word(content) } else { Token::Text(content) }));
            rest = rest.get(end..).unwrap_or_default();
        } else if let Some((content, end)) = (c == '$').then(|| dollar_quoted(rest)).flatten() {
            out.push((start, Token::Text(content)));
            rest = rest.get(end..).unwrap_or_default();
        } else {
            let end = plain(rest, c);
            let (piece, after) = rest.split_at(end);
            let word = c.is_alphanumeric() || c == '_';
            out.push((start, if word { Token::Word(piece.to_lowercase()) } else { Token::Sign(piece.to_owned()) }));
            rest = after;
        }
    }
    out
}

/// Where a word, number, parameter or operator ends.
fn plain(rest: &str, first: char) -> usize {
    let take = |keep: fn(char) -> bool| rest.find(|c| !keep(c)).unwrap_or(rest.len());
    if first.is_alphanumeric() || first == '_' {
        return take(|c| c.is_alphanumeric() || c == '_' || c == '$');
    }
    let signs = rest.find(|c: char| !"+-*/<>=~!@#%^&|`?:$".contains(c)).unwrap_or(rest.len());
    // An operator ends where a comment begins.
    let signs = ["--", "/*"].iter().filter_map(|c| rest.get(..signs)?.find(c)).filter(|at| *at > 0).min().unwrap_or(signs);
    signs.max(first.len_utf8())
}

fn end_of_comment(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") if depth == 1 => return at + 2,
            Some(b"*/") => (depth, at) = (depth.saturating_sub(1), at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

/// The content of quotes that open here, and where they end.
fn quoted(rest: &str, quote: char, escapes: bool) -> (String, usize) {
    let mut content = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && escapes {
            content.extend(chars.next().map(|(_, c)| c));
        } else if c != quote {
            content.push(c);
        } else if chars.peek().is_some_and(|(_, next)| *next == quote) {
            content.push(quote);
            chars.next();
        } else {
            return (content, at + 1);
        }
    }
    (content, rest.len())
}

/// `$tag$ … $tag$`.
fn dollar_quoted(rest: &str) -> Option<(String, usize)> {
    let close = rest.get(1..)?.find('$')? + 2;
    let tag = rest.get(..close)?;
    let inner = tag.get(1..tag.len() - 1)?;
    if inner.starts_with(|c: char| c.is_ascii_digit()) || !inner.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let body = rest.get(close..)?;
    let end = body.find(tag)?;
    Some((body.get(..end)?.to_owned(), close + end + tag.len()))
}

/// Names of relations: by unqualified name, the schemas that have one.
pub(crate) struct Relations<'a> {
    by_name: BTreeMap<&'a str, Vec<&'a QualifiedName>>,
}

impl<'a> Relations<'a> {
    pub(crate) fn of(catalog: &'a Catalog) -> Self {
        let mut by_name: BTreeMap<&str, Vec<&QualifiedName>> = BTreeMap::new();
        for name in catalog.tables.iter().map(|t| &t.name).chain(catalog.views.iter().map(|v| &v.name)) {
            by_name.entry(&name.name).or_default().push(name);
        }
        Self { by_name }
    }

    /// The relation of that name; without schema the one of the function's own schema, else the only one there is.
    pub(crate) fn find(&self, schema: Option<&str>, name: &str, home: &str) -> Option<&'a QualifiedName> {
        let all = self.by_name.get(name)?;
        let in_schema = |wanted: &str| all.iter().find(|n| n.schema == wanted).copied();
        match schema {
            Some(schema) => in_schema(schema),
            None => in_schema(home).or_else(|| in_schema("public")).or(if let [only] = all.as_slice() { Some(*only) } else { None }),
        }
    }
}

/// What a body does to relations, as far as it names them.
#[derive(Default)]
pub(crate) struct Touched<'a> {
    pub(crate) reads: BTreeSet<&'a QualifiedName>,
    pub(crate) inserts: BTreeSet<&'a QualifiedName>,
    pub(crate) updates: BTreeSet<&'a QualifiedName>,
    pub(crate) deletes: BTreeSet<&'a QualifiedName>,
}

impl<'a> Touched<'a> {
    pub(crate) fn writes(&self) -> BTreeSet<&'a QualifiedName> {
        self.inserts.iter().chain(&self.updates).chain(&self.deletes).copied().collect()
    }
}

/// The relations that a body names.
pub(crate) fn touched<'a>(tokens: &[Token], relations: &Relations<'a>, home: &str) -> Touched<'a> {
    let mut found = Touched::default();
    for at in 0..tokens.len() {
        let is = |offset: usize, word: &str| tokens.get(at + offset).is_some_and(|t| t.is(word));
        let named = |from: usize| {
            let from = from + usize::from(tokens.get(at + from).is_some_and(|t| t.is("only")));
            relation_at(tokens, at + from, relations, home)
        };
        // Here a parenthesis holds the columns.
        let filled = |from: usize| {
            let part = |n: usize| tokens.get(at + from + n);
            let (first, dot) = (part(0)?.word()?, part(1).is_some_and(|t| t.is_sign(".")));
            if dot { relations.find(Some(first), part(2)?.word()?, home) } else { relations.find(None, first, home) }
        };
        if is(0, "insert") && is(1, "into") {
            found.inserts.extend(filled(2));
        } else if is(0, "update") && !at.checked_sub(1).and_then(|b| tokens.get(b)).is_some_and(|t| t.is("for") || t.is("do") || t.is("on"))
        {
            found.updates.extend(named(1));
        } else if is(0, "delete") && is(1, "from") {
            found.deletes.extend(named(2));
        } else if is(0, "truncate") {
            found.deletes.extend(named(if is(1, "table") { 2 } else { 1 }));
        } else if (is(0, "from") && !is_expression_from(tokens, at)) || is(0, "join") {
            found.reads.extend(named(1));
        }
    }
    found
}

/// `from` of `extract(… from …)`, `is distinct from` and `delete from`.
fn is_expression_from(tokens: &[Token], at: usize) -> bool {
    let before = |n: usize| at.checked_sub(n).and_then(|b| tokens.get(b));
    if before(1).is_some_and(|t| t.is("distinct") || t.is("delete")) {
        return true;
    }
    let mut depth = 0;
    for back in (0..at).rev() {
        match tokens.get(back) {
            Some(t) if t.is_sign(")") => depth += 1,
            Some(t) if t.is_sign("(") && depth > 0 => depth -= 1,
            Some(t) if t.is_sign("(") => {
                let called = back.checked_sub(1).and_then(|b| tokens.get(b)).and_then(Token::word);
                return called.is_some_and(|w| matches!(w, "extract" | "substring" | "trim" | "overlay" | "position"));
            }
            Some(t) if depth == 0 && (t.is("select") || t.is_sign(";")) => return false,
            _ => {}
        }
    }
    false
}

fn relation_at<'a>(tokens: &[Token], at: usize, relations: &Relations<'a>, home: &str) -> Option<&'a QualifiedName> {
    let first = tokens.get(at)?.word()?;
    let sign = |n: usize, s: &str| tokens.get(at + n).is_some_and(|t| t.is_sign(s));
    if sign(1, ".") {
        let second = tokens.get(at + 2)?.word()?;
        return if sign(3, "(") { None } else { relations.find(Some(first), second, home) };
    }
    relations.find(None, first, home)
}

/// Names that are called, with their schema where it is written.
pub(crate) fn calls(tokens: &[Token]) -> impl Iterator<Item = (Option<&str>, &str)> {
    tokens.windows(2).enumerate().filter_map(|(at, pair)| {
        let [name, open] = pair else { return None };
        let name = name.word().filter(|_| open.is_sign("("))?;
        let dot = at.checked_sub(1).and_then(|b| tokens.get(b)).is_some_and(|t| t.is_sign("."));
        let schema = if dot { at.checked_sub(2).and_then(|b| tokens.get(b)).and_then(Token::word) } else { None };
        Some((schema, name))
    })
}

/// A parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// Empty when it has no name.
    pub(crate) name: String,
    pub(crate) data_type: String,
    pub(crate) has_default: bool,
}

/// Input parameters, as the definition prints them.
pub(crate) fn parameters(function: &Function) -> Vec<Parameter> {
    let listed = function.definition.as_deref().and_then(argument_list).unwrap_or(&function.identity_arguments);
    split_list(listed).into_iter().filter_map(|text| parameter(text.trim())).collect()
}

/// Types whose names are several words.
const TWO_WORDS: &[&str] =
    &["character varying", "double precision", "timestamp with", "timestamp without", "time with", "time without", "bit varying"];

fn parameter(text: &str) -> Option<Parameter> {
    let (declared, default) = match text.find(" DEFAULT ") {
        Some(at) => (text.get(..at)?, true),
        None => (text, false),
    };
    let declared = ["INOUT ", "IN ", "VARIADIC "].iter().find_map(|mode| declared.strip_prefix(mode)).unwrap_or(declared);
    if declared.is_empty() || declared.starts_with("OUT ") || declared.starts_with("TABLE") {
        return None;
    }
    let lower = declared.to_lowercase();
    let (name, data_type) = match declared.split_once(' ') {
        Some((name, rest)) if !TWO_WORDS.iter().any(|t| lower.starts_with(t)) => (name.trim_matches('"').to_lowercase(), rest.to_owned()),
        _ => (String::new(), declared.to_owned()),
    };
    Some(Parameter { name, data_type, has_default: default })
}

/// What stands in the first parentheses of a definition.
fn argument_list(definition: &str) -> Option<&str> {
    let open = definition.find('(')?;
    let mut depth = 0_usize;
    for (at, c) in definition.get(open..)?.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return definition.get(open + 1..open + at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Splits at commas outside of parentheses and quotes.
fn split_list(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut quoted, mut start) = (Vec::new(), 0_usize, false, 0);
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '(' | '[' if !quoted => depth += 1,
            ')' | ']' if !quoted => depth = depth.saturating_sub(1),
            ',' if !quoted && depth == 0 => {
                parts.extend(text.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..).filter(|t| !t.trim().is_empty()));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::catalog::Table;

    fn words(text: &str) -> Vec<String> {
        tokens(text)
            .into_iter()
            .map(|t| match t {
                Token::Word(w) => w,
                Token::Text(t) => format!("'{t}'"),
                Token::Sign(s) => s,
            })
            .collect()
    }

    #[test]
    fn comments_go_and_strings_stay_whole() {
        assert_eq!(words("a -- b\n/* c /* d */ */ 'it''s' $x$ y; $x$ \"Q\"||e'\\'z'"), ["a", "'it's'", "' y; '", "Q", "||", "e", "''z'"]);
        assert_eq!(words("x:=1+--c\n2"), ["x", ":=", "1", "+", "2"]);
        assert_eq!(words("$1 $ 'open"), ["$", "1", "$", "'open'"]);
    }

    #[test]
    fn relations_are_told_from_what_looks_like_them() {
        let mut catalog = Catalog::default();
        for name in ["orders", "lines"] {
            catalog.tables.push(Table { name: QualifiedName::new("public", name), ..Table::default() });
        }
        let relations = Relations::of(&catalog);
        let of = |text: &str| touched(&tokens(text), &relations, "public");
        assert_eq!(of("select extract(year from orders), a is distinct from lines").reads.len(), 0);
        assert_eq!(of("select 1 from orders o join public.lines l on true where x in (select y from other)").reads.len(), 2);
        assert_eq!(of("insert into public.orders (id, note) select 1, 'x' from public.lines").inserts.len(), 1);
        let done = of("insert into orders values (1) on conflict do update set a = 1; delete from only lines");
        assert_eq!((done.inserts.len(), done.updates.len(), done.deletes.len(), done.reads.len()), (1, 0, 1, 0));
    }

    #[test]
    fn parameters_come_with_types_and_defaults() {
        let function = Function {
            definition: Some(
                "CREATE FUNCTION public.f(a integer, \"B\" character varying DEFAULT 'x,y'::text, numeric(10,2), OUT z text)".into(),
            ),
            ..Function::default()
        };
        let found: Vec<_> = parameters(&function).into_iter().map(|p| (p.name, p.data_type, p.has_default)).collect();
        let expected = [("a", "integer", false), ("b", "character varying", true), ("", "numeric(10,2)", false)];
        assert_eq!(found, expected.map(|(n, t, d)| (n.to_owned(), t.to_owned(), d)));
    }
}
