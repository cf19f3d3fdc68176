//! Words of a statement with their places, enough to put CONCURRENTLY in, to cut a clause out or to give a column another name.

use architrave_model::name::quote_ident;

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    Quoted,
    /// A string, in quotes or dollars.
    Text,
    Sign,
}

/// One word, string or sign.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'t> {
    pub(super) kind: Kind,
    /// Byte range in the text.
    pub(super) start: usize,
    pub(super) end: usize,
    raw: &'t str,
    /// Parentheses that are open around it; the signs `(` and `)` themselves stand outside.
    pub(super) depth: u32,
}

impl Word<'_> {
    /// Whether it is this keyword, given in lower case.
    pub(super) fn is(&self, keyword: &str) -> bool {
        self.kind == Kind::Name && self.raw.eq_ignore_ascii_case(keyword)
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && self.raw == sign
    }

    /// The identifier as the catalogue has it.
    pub(super) fn name(&self) -> Option<String> {
        match self.kind {
            Kind::Name => Some(self.raw.to_lowercase()),
            Kind::Quoted => Some(self.raw.trim_matches('"').replace("\"\"", "\"")),
            Kind::Text | Kind::Sign => None,
        }
    }
}

/// All words, comments left out.
pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let mut out = Vec::new();
    let (mut at, mut depth) = (0, 0u32);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (length, kind) = piece(rest);
        if let Some(kind) = kind {
            let raw = rest.get(..length).unwrap_or_default();
            if raw == ")" {
                depth = depth.saturating_sub(1);
            }
            out.push(Word { kind, start: at, end: at + length, raw, depth });
            depth += u32::from(raw == "(");
        }
        at += length.max(1);
    }
    out
}

/// Length of the next piece; no kind for blanks and comments.
fn piece(rest: &str) -> (usize, Option<Kind>) {
    let Some(first) = rest.chars().next() else { return (0, None) };
    let word = |rest: &str| rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
    match first {
        c if c.is_whitespace() => (c.len_utf8(), None),
        '-' if rest.starts_with("--") => (rest.find('\n').unwrap_or(rest.len()), None),
        '/' if rest.starts_with("/*") => (block_comment(rest), None),
        '\'' => (quoted(rest, '\'', false), Some(Kind::Text)),
        '"' => (quoted(rest, '"', false), Some(Kind::Quoted)),
        'e' | 'E' if rest[1..].starts_with('\'') => (1 + quoted(&rest[1..], '\'', true), Some(Kind::Text)),
        '$' => match dollar(rest) {
            Some(length) => (length, Some(Kind::Text)),
            None => (1 + word(&rest[1..]), Some(Kind::Sign)),
        },
        c if c.is_alphabetic() || c == '_' => (word(rest), Some(Kind::Name)),
        c if c.is_ascii_digit() => (word(rest), Some(Kind::Sign)),
        c => (c.len_utf8(), Some(Kind::Sign)),
    }
}

fn block_comment(rest: &str) -> usize {
    let (mut at, mut open) = (0, 0u32);
    while at < rest.len() {
        let here = rest.get(at..).unwrap_or_default();
        if here.starts_with("/*") {
            open += 1;
            at += 2;
        } else if here.starts_with("*/") {
            open -= 1;
            at += 2;
            if open == 0 {
                return at;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn quoted(rest: &str, quote: char, escapes: bool) -> usize {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if escapes && c == '\\' {
            chars.next();
        } else if c == quote {
            if chars.peek().is_some_and(|(_, next)| *next == quote) {
                chars.next();
            } else {
                return at + 1;
            }
        }
    }
    rest.len()
}

fn dollar(rest: &str) -> Option<usize> {
    let close = 1 + rest.get(1..)?.find('$')?;
    let tag = rest.get(..=close)?;
    let inner = tag.trim_matches('$');
    let plain = inner.chars().all(|c| c.is_alphanumeric() || c == '_') && !inner.starts_with(|c: char| c.is_ascii_digit());
    let end = rest.get(close + 1..)?.find(tag)?;
    plain.then_some(close + 1 + end + tag.len())
}

/// The text with ` more` behind its first word of that name (in lower case, outside of parentheses).
pub(super) fn insert_after(text: &str, word: &str, more: &str) -> Option<String> {
    let at = words(text).into_iter().find(|w| w.depth == 0 && w.is(word))?.end;
    Some(format!("{} {more}{}", text.get(..at)?, text.get(at..)?))
}

/// The text without the first run of these keywords, outside of parentheses; unchanged where there is none.
pub(super) fn without(text: &str, keywords: &[&str]) -> String {
    let all = words(text);
    let run = all.windows(keywords.len()).find(|w| w[0].depth == 0 && w.iter().zip(keywords).all(|(word, keyword)| word.is(keyword)));
    let Some(run) = run else { return text.to_owned() };
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return text.to_owned() };
    let before = text.get(..first.start).unwrap_or_default();
    let after = text.get(last.end..).unwrap_or_default();
    if after.trim().is_empty() { before.trim_end().to_owned() } else { format!("{before}{}", after.trim_start()) }
}

/// Whether the text has these keywords in a row, outside of parentheses.
pub(super) fn has(text: &str, keywords: &[&str]) -> bool {
    words(text).windows(keywords.len()).any(|w| w[0].depth == 0 && w.iter().zip(keywords).all(|(word, keyword)| word.is(keyword)))
}

/// What stands between the first parenthesis behind byte `from` and its partner, and where that ends.
pub(super) fn parenthesised(text: &str, from: usize) -> Option<(&str, usize)> {
    let all = words(text);
    let open = all.iter().find(|w| w.start >= from && w.is_sign("("))?;
    let close = all.iter().find(|w| w.start > open.start && w.is_sign(")") && w.depth == open.depth)?;
    Some((text.get(open.end..close.start)?, close.end))
}

/// Parts of a list, split at commas outside of parentheses.
pub(super) fn parts(list: &str) -> Vec<&str> {
    let commas = words(list).into_iter().filter(|w| w.depth == 0 && w.is_sign(",")).map(|w| w.start);
    let mut out = Vec::new();
    let mut from = 0;
    for at in commas.chain([list.len()]) {
        out.push(list.get(from..at).unwrap_or_default().trim());
        from = at + 1;
    }
    out
}

/// The expression with each name of a column replaced by what `replace` gives for it. `table` is the name by which the expression may qualify
/// its columns. Functions, types behind `::` and fields of other things keep their names.
pub(super) fn replace_columns(text: &str, table: &str, replace: &dyn Fn(&str) -> Option<String>) -> String {
    let all = words(text);
    let sign = |i: Option<usize>, sign: &str| i.and_then(|i| all.get(i)).is_some_and(|w| w.is_sign(sign));
    let mut out = String::with_capacity(text.len() + 16);
    let mut from = 0;
    for (i, word) in all.iter().enumerate() {
        let Some(new) = word.name().and_then(|n| replace(&n)) else { continue };
        let is_cast = sign(i.checked_sub(1), ":") && sign(i.checked_sub(2), ":");
        if sign(Some(i + 1), "(") || sign(Some(i + 1), ".") || is_cast {
            continue;
        }
        let mut start = word.start;
        if sign(i.checked_sub(1), ".") {
            let Some(qualifier) = i.checked_sub(2).and_then(|q| all.get(q)) else { continue };
            if qualifier.name().as_deref() != Some(table) {
                continue;
            }
            start = qualifier.start;
        }
        out.push_str(text.get(from..start).unwrap_or_default());
        out.push_str(&new);
        from = word.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

/// Whether the expression names that column.
pub(super) fn names_column(text: &str, table: &str, column: &str) -> bool {
    replace_columns(text, table, &|name| (name == column).then(|| format!("{}\u{1}", quote_ident(name)))).contains('\u{1}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_are_put_in_and_cut_out() {
        let text = "create /* index */ unique INDEX if not exists \"index\" on t (a)";
        let without_guard = without(text, &["if", "not", "exists"]);
        assert_eq!(without_guard, "create /* index */ unique INDEX \"index\" on t (a)");
        assert_eq!(
            insert_after(&without_guard, "index", "concurrently").as_deref(),
            Some("create /* index */ unique INDEX concurrently \"index\" on t (a)")
        );
        assert_eq!(without("check (a > 0) NOT valid", &["not", "valid"]), "check (a > 0)");
        assert!(has("check (not valid) not valid", &["not", "valid"]) && !has("check (not valid)", &["not", "valid"]));
    }

    #[test]
    fn columns_get_other_names_and_nothing_else_does() {
        let rename = |name: &str| (name == "a").then(|| "new.a".to_owned());
        let text = "a + t.a + o.a + a(a) + x::a + 'a' + \"a\" + $$a$$ -- a";
        assert_eq!(replace_columns(text, "t", &rename), "new.a + new.a + o.a + a(new.a) + x::a + 'a' + new.a + $$a$$ -- a");
        assert!(names_column("lower(t.b)", "t", "b") && !names_column("b(c)", "t", "b"));
    }

    #[test]
    fn lists_split_outside_of_parentheses() {
        assert_eq!(parts("a, lower(b, c) desc, E'\\',', d"), ["a", "lower(b, c) desc", "E'\\','", "d"]);
        let text = "unique (a, (b)) include (c)";
        let (inside, end) = parenthesised(text, 0).unwrap();
        assert_eq!((inside, &text[end..]), ("a, (b)", " include (c)"));
    }
}
