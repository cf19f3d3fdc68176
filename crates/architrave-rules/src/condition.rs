//! Reads the boolean expressions that PostgreSQL prints (policies, predicates, checks) as far as rules need: words, AND, OR, NOT.
//!
//! Not a parser of SQL: what it does not understand stays an opaque atom, and a rule then abstains.

/// One word or sign of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    /// Identifiers unquoted (folded to lower case unless quoted), literals with their quotes, signs as written.
    pub(crate) text: String,
    /// Open parentheses and brackets around it.
    pub(crate) depth: u32,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// Identifier or keyword.
    Word,
    /// Identifier in double quotes.
    Quoted,
    /// Literal in quotes.
    Text,
    /// Number.
    Number,
    /// Anything else; operators in one piece.
    Sign,
}

impl Token {
    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text == word
    }

    pub(crate) fn is_sign(&self, sign: &str) -> bool {
        self.kind == TokenKind::Sign && self.text == sign
    }

    pub(crate) fn is_name(&self) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::Quoted)
    }

    fn is_literal(&self) -> bool {
        matches!(self.kind, TokenKind::Text | TokenKind::Number) || self.is_word("true") || self.is_word("false")
    }
}

/// The words and signs of an expression.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied();
    let (mut out, mut i, mut depth) = (Vec::new(), 0, 0u32);
    while let Some(c) = at(i) {
        let start = i;
        if c.is_whitespace() {
            i += 1;
            continue;
        }
        let (kind, text) = if c == '"' || c == '\'' {
            i = end_of_quotes(&chars, i);
            let raw: String = chars.get(start..i).unwrap_or_default().iter().collect();
            if c == '"' { (TokenKind::Quoted, raw.trim_matches('"').replace("\"\"", "\"")) } else { (TokenKind::Text, raw) }
        } else if c.is_alphabetic() || c == '_' {
            i = end_while(&chars, i, |c| c.is_alphanumeric() || c == '_' || c == '$');
            (TokenKind::Word, chars.get(start..i).unwrap_or_default().iter().collect::<String>().to_lowercase())
        } else if c.is_ascii_digit() {
            i = end_while(&chars, i, |c| c.is_ascii_alphanumeric() || c == '.');
            (TokenKind::Number, chars.get(start..i).unwrap_or_default().iter().collect())
        } else if "()[],.;".contains(c) {
            i += 1;
            (TokenKind::Sign, c.to_string())
        } else {
            i = end_while(&chars, i, |c| "+-*/<>=~!@#%^&|`?:".contains(c)).max(i + 1);
            (TokenKind::Sign, chars.get(start..i).unwrap_or_default().iter().collect())
        };
        if kind == TokenKind::Sign && (text == ")" || text == "]") {
            depth = depth.saturating_sub(1);
        }
        let opens = kind == TokenKind::Sign && (text == "(" || text == "[");
        out.push(Token { kind, text, depth });
        depth += u32::from(opens);
    }
    out
}

fn end_of_quotes(chars: &[char], start: usize) -> usize {
    let quote = chars.get(start).copied();
    let mut i = start + 1;
    while i < chars.len() {
        if chars.get(i).copied() == quote {
            if chars.get(i + 1).copied() != quote {
                return i + 1;
            }
            i += 1;
        }
        i += 1;
    }
    chars.len()
}

fn end_while(chars: &[char], start: usize, keep: impl Fn(char) -> bool) -> usize {
    chars.iter().skip(start).position(|c| !keep(*c)).map_or(chars.len(), |n| start + n)
}

/// Whether the expression (or a definition, or a body) names that identifier other than as a function.
pub(crate) fn mentions(text: &str, name: &str) -> bool {
    if !text.to_lowercase().contains(&name.to_lowercase()) {
        return false;
    }
    let tokens = tokens(text);
    tokens.iter().enumerate().any(|(i, t)| t.is_name() && t.text == name && !tokens.get(i + 1).is_some_and(|n| n.is_sign("(")))
}

/// Whether a query (or, with `own`, an expression over the table itself) reads that column of that table, as far as names tell.
///
/// PostgreSQL prints columns with the alias of their table where a query has several; a bare name therefore counts.
pub(crate) fn reads_column(text: &str, table: &str, column: &str, own: bool) -> bool {
    let tokens = tokens(text);
    let at = |i: usize| tokens.get(i);
    let sign = |i: Option<usize>, sign: &str| i.and_then(at).is_some_and(|t| t.is_sign(sign));
    let mut aliases = aliases(&tokens, table);
    if own {
        aliases.push(table);
    }
    let whole_row = |i: usize| tokens.get(i).is_some_and(|t| t.is_sign("*")) && !sign(i.checked_sub(1), "(");
    let named = |i: usize| {
        let called = sign(Some(i + 1), "(");
        let qualifier = if sign(i.checked_sub(1), ".") { i.checked_sub(2).and_then(at) } else { None };
        let renamed = i.checked_sub(1).and_then(at).is_some_and(|t| t.is_word("as"));
        !called && !renamed && qualifier.is_none_or(|q| aliases.contains(&q.text.as_str()))
    };
    !aliases.is_empty() && tokens.iter().enumerate().any(|(i, t)| whole_row(i) || (t.is_name() && t.text == column && named(i)))
}

/// Whether a query says that column with the table's name or alias before it, or all columns of the table in that way: of a query over several
/// tables nothing else is sure.
pub(crate) fn reads_qualified_column(text: &str, table: &str, column: &str) -> bool {
    let tokens = tokens(text);
    let aliases = aliases(&tokens, table);
    tokens.windows(3).any(|three| match three {
        [alias, dot, what] => {
            let meant = what.is_sign("*") || what.is_name() && what.text == column;
            dot.is_sign(".") && meant && alias.is_name() && aliases.contains(&alias.text.as_str())
        }
        _ => false,
    })
}

/// What a table is called in a query: its alias in each place, else its name.
fn aliases<'t>(tokens: &'t [Token], table: &str) -> Vec<&'t str> {
    const NO_ALIAS: &[&str] = &[
        "as",
        "cross",
        "except",
        "fetch",
        "for",
        "full",
        "group",
        "having",
        "inner",
        "intersect",
        "join",
        "left",
        "limit",
        "natural",
        "offset",
        "on",
        "order",
        "right",
        "tablesample",
        "union",
        "using",
        "where",
        "window",
        "with",
    ];
    let at = |i: usize| tokens.get(i);
    let mut aliases = Vec::new();
    for (i, token) in tokens.iter().enumerate().filter(|(_, t)| t.is_name() && t.text == table) {
        if at(i + 1).is_some_and(|t| t.is_sign(".")) {
            continue;
        }
        let next = if at(i + 1).is_some_and(|t| t.is_word("as")) { i + 2 } else { i + 1 };
        let alias = at(next).filter(|t| t.is_name() && !NO_ALIAS.contains(&t.text.as_str()));
        aliases.push(alias.map_or(token.text.as_str(), |t| t.text.as_str()));
    }
    aliases
}

/// A boolean expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    Or(Vec<Condition>),
    And(Vec<Condition>),
    Not(Box<Condition>),
    Atom(Vec<Token>),
}

/// Reads an expression.
pub(crate) fn parse(text: &str) -> Condition {
    parse_tokens(&tokens(text))
}

/// Reads an expression that is part of another.
pub(crate) fn parse_tokens(all: &[Token]) -> Condition {
    let all = without_parentheses(all);
    let level = all.iter().map(|t| t.depth).min().unwrap_or(0);
    let opaque = all.iter().any(|t| t.depth == level && (t.is_word("case") || t.is_word("between") || t.is_word("select")));
    if !opaque {
        for word in ["or", "and"] {
            let parts: Vec<&[Token]> = all.split(|t| t.depth == level && t.is_word(word)).collect();
            if parts.len() > 1 {
                let parts = parts.into_iter().map(parse_tokens).collect();
                return if word == "or" { Condition::Or(parts) } else { Condition::And(parts) };
            }
        }
        if let [not, rest @ ..] = all
            && not.is_word("not")
            && !rest.is_empty()
        {
            return Condition::Not(Box::new(parse_tokens(rest)));
        }
    }
    Condition::Atom(all.to_vec())
}

/// The tokens as text again.
pub(crate) fn text_of(tokens: &[Token]) -> String {
    let written = |t: &Token| if t.kind == TokenKind::Quoted { format!("\"{}\"", t.text.replace('"', "\"\"")) } else { t.text.clone() };
    tokens.iter().map(written).collect::<Vec<_>>().join(" ")
}

/// Takes off parentheses that enclose everything.
pub(crate) fn without_parentheses(mut all: &[Token]) -> &[Token] {
    while let [open, inner @ .., close] = all
        && open.is_sign("(")
        && close.is_sign(")")
        && open.depth == close.depth
        && inner.iter().all(|t| t.depth > open.depth)
    {
        all = inner;
    }
    all
}

impl Condition {
    /// Whether it holds for every row: constants, `x = x`, `x is not null` of a column that `not_null` says never is. With
    /// `signed_in`, a test that somebody is signed in counts as true too.
    pub(crate) fn always_true(&self, not_null: &dyn Fn(&str) -> bool, signed_in: bool) -> bool {
        match self {
            Self::Or(parts) => parts.iter().any(|p| p.always_true(not_null, signed_in)) || excluded_middle(parts),
            Self::And(parts) => parts.iter().all(|p| p.always_true(not_null, signed_in)),
            Self::Not(part) => part.never_true(not_null),
            Self::Atom(tokens) => {
                let tokens = unwrapped(tokens);
                atom_is_true(tokens, not_null) || (signed_in && tests_sign_in(tokens))
            }
        }
    }

    /// Whether it holds for no row, as far as constants and columns that are never null tell.
    pub(crate) fn never_true(&self, not_null: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Self::Or(parts) => parts.iter().all(|p| p.never_true(not_null)),
            Self::And(parts) => parts.iter().any(|p| p.never_true(not_null)),
            Self::Not(_) => false,
            Self::Atom(tokens) => atom_is_false(tokens, not_null),
        }
    }

    /// Whether it says no more than that some of these columns are not null: implied by any equality on them.
    pub(crate) fn only_excludes_nulls_of(&self, columns: &[String]) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|p| p.only_excludes_nulls_of(columns)),
            Self::Atom(tokens) => not_null_test(tokens).is_some_and(|c| columns.iter().any(|column| column == c)),
            Self::Or(_) | Self::Not(_) => false,
        }
    }

    /// Calls `f` with every atom that must hold for the whole to hold, and with the atoms of each OR whose branches `f` all accepts.
    pub(crate) fn required_atoms<'a, T>(&'a self, f: &dyn Fn(&'a [Token]) -> Option<T>) -> Vec<T> {
        match self {
            Self::And(parts) => parts.iter().flat_map(|p| p.required_atoms(f)).collect(),
            Self::Or(parts) => {
                let branches: Vec<Vec<T>> = parts.iter().map(|p| p.required_atoms(f)).collect();
                if branches.iter().all(|b| !b.is_empty()) { branches.into_iter().flatten().collect() } else { Vec::new() }
            }
            Self::Atom(tokens) => f(tokens).into_iter().collect(),
            Self::Not(_) => Vec::new(),
        }
    }
}

/// `c` of `c IS NOT NULL`, perhaps qualified.
fn not_null_test(tokens: &[Token]) -> Option<&str> {
    let [subject @ .., is, not, null] = tokens else { return None };
    if !(is.is_word("is") && not.is_word("not") && null.is_word("null")) {
        return None;
    }
    plain_column(subject)
}

/// The column of `c`, `t.c` or either in parentheses.
pub(crate) fn plain_column(tokens: &[Token]) -> Option<&str> {
    match without_parentheses(tokens) {
        [column] if column.is_name() => Some(&column.text),
        [table, dot, column] if table.is_name() && dot.is_sign(".") && column.is_name() => Some(&column.text),
        _ => None,
    }
}

/// Both sides of a top-level equality.
pub(crate) fn equality(tokens: &[Token]) -> Option<(&[Token], &[Token])> {
    let level = tokens.iter().map(|t| t.depth).min()?;
    let mut parts = tokens.splitn(2, |t| t.depth == level && t.is_sign("="));
    let (left, right) = (parts.next()?, parts.next()?);
    (!left.is_empty() && !right.is_empty() && !right.iter().any(|t| t.depth == level && t.is_sign("="))).then_some((left, right))
}

fn same(left: &[Token], right: &[Token]) -> bool {
    let (left, right) = (without_parentheses(left), without_parentheses(right));
    left.len() == right.len() && left.iter().zip(right).all(|(a, b)| a.kind == b.kind && a.text == b.text)
}

/// The expression of `SELECT expression AS name` that reads nothing.
fn unwrapped(tokens: &[Token]) -> &[Token] {
    let [select, inner @ ..] = tokens else { return tokens };
    if !select.is_word("select")
        || inner.iter().any(|t| t.depth == select.depth && (t.is_word("from") || t.is_word("where") || t.is_sign(",")))
    {
        return tokens;
    }
    let inner = match inner {
        [inner @ .., named, _] if named.is_word("as") => inner,
        _ => inner,
    };
    without_parentheses(inner)
}

fn atom_is_true(tokens: &[Token], not_null: &dyn Fn(&str) -> bool) -> bool {
    let tokens = without_casts(tokens);
    if let [only] = tokens.as_slice() {
        return only.is_word("true");
    }
    if let Some(column) = not_null_test(&tokens) {
        return not_null(column) || is_session_value(column);
    }
    if let [exists, open, select, rest @ ..] = tokens.as_slice()
        && exists.is_word("exists")
        && open.is_sign("(")
        && select.is_word("select")
    {
        return !rest.iter().any(|t| t.depth == select.depth && ["from", "where", "limit", "having"].iter().any(|w| t.is_word(w)));
    }
    if everybody_has_the_role(&tokens) {
        return true;
    }
    let Some((left, right)) = equality(&tokens) else { return false };
    let literal = |side: &[Token]| matches!(without_parentheses(side), [one] if one.is_literal());
    same(left, right) && (literal(left) || plain_column(left).is_some_and(not_null))
}

/// What stands for the session's role: never null.
fn is_session_value(word: &str) -> bool {
    ["current_user", "session_user", "current_role", "user"].contains(&word)
}

/// `false`, two literals that differ, `c IS NULL` or `c <> c` of a column that is never null.
fn atom_is_false(tokens: &[Token], not_null: &dyn Fn(&str) -> bool) -> bool {
    let tokens = without_casts(tokens);
    match tokens.as_slice() {
        [only] => only.is_word("false"),
        [a, sign, b] if a.is_literal() && b.is_literal() && a.kind == b.kind => {
            (sign.is_sign("=") && a.text != b.text) || (sign.is_sign("<>") && a.text == b.text)
        }
        [subject @ .., is, null] if is.is_word("is") && null.is_word("null") => {
            plain_column(subject).is_some_and(|c| not_null(c) || is_session_value(c))
        }
        _ => false,
    }
}

/// `auth.role() = ANY (ARRAY['anon', 'authenticated'])`: what everybody is who comes through the API.
fn everybody_has_the_role(tokens: &[Token]) -> bool {
    let says = |role: &str| tokens.iter().any(|t| t.kind == TokenKind::Text && t.text == role);
    let list = tokens.iter().any(|t| t.is_word("any")) && equality(tokens).is_some() && !tokens.iter().any(|t| t.is_word("from"));
    list && asks_the_token_for(tokens, "role") && says("'anon'") && says("'authenticated'")
}

/// `auth.role()`, or `auth.jwt() ->> 'role'`.
fn asks_the_token_for(tokens: &[Token], claim: &str) -> bool {
    let literal = format!("'{claim}'");
    let of_token = || tokens.windows(2).any(|w| matches!(w, [arrow, name] if arrow.is_sign("->>") && name.text == literal));
    calls_auth(tokens, claim) || (calls_auth(tokens, "jwt") && of_token())
}

fn calls_auth(tokens: &[Token], name: &str) -> bool {
    tokens.windows(4).any(|w| {
        matches!(w, [schema, dot, function, open]
        if schema.is_word("auth") && dot.is_sign(".") && function.is_word(name) && open.is_sign("("))
    })
}

/// Drops `::type` after literals: `'a'::text`.
fn without_casts(tokens: &[Token]) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut skip = false;
    for token in tokens {
        if token.is_sign("::") {
            skip = true;
        } else if skip && token.is_name() {
            skip = false;
        } else {
            skip = false;
            out.push(token.clone());
        }
    }
    out
}

/// `c IS NULL OR c IS NOT NULL`.
fn excluded_middle(parts: &[Condition]) -> bool {
    let null_test = |c: &Condition| match c {
        Condition::Atom(tokens) => match tokens.as_slice() {
            [subject @ .., is, null] if is.is_word("is") && null.is_word("null") => plain_column(subject).map(str::to_owned),
            _ => None,
        },
        _ => None,
    };
    let itself = |tokens: &[Token], column: &str| equality(tokens).is_some_and(|(a, b)| same(a, b) && plain_column(a) == Some(column));
    let not_null = |c: &Condition, column: &str| matches!(c, Condition::Atom(tokens) if not_null_test(tokens) == Some(column) || itself(tokens, column));
    parts.iter().filter_map(null_test).any(|column| parts.iter().any(|p| not_null(p, &column)))
}

/// `auth.uid() IS NOT NULL`, `auth.role() = 'authenticated'` and their like: no more than that somebody is signed in.
fn tests_sign_in(tokens: &[Token]) -> bool {
    let equals = tokens.iter().filter(|t| t.is_sign("=")).count();
    if tokens.iter().any(|t| t.is_word("from")) || equals > 1 {
        return false;
    }
    let whole_token = calls_auth(tokens, "jwt") && !tokens.iter().any(|t| t.is_sign("->>") || t.is_sign("->"));
    let who = calls_auth(tokens, "uid") || calls_auth(tokens, "email") || asks_the_token_for(tokens, "sub") || whole_token;
    if let [.., is, not, null] = tokens
        && is.is_word("is")
        && not.is_word("not")
        && null.is_word("null")
    {
        return equals == 0 && (who || asks_the_token_for(tokens, "role"));
    }
    let Some((left, right)) = equality(tokens) else { return false };
    let says_authenticated = tokens.iter().any(|t| t.kind == TokenKind::Text && t.text == "'authenticated'");
    (says_authenticated && asks_the_token_for(tokens, "role")) || (who && same(left, right))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_true(text: &str) -> bool {
        parse(text).always_true(&|c| c == "id", false)
    }

    #[test]
    fn constants_and_tautologies_are_always_true() {
        for text in [
            "true",
            "(true)",
            "((1 = 1))",
            "('a'::text = 'a'::text)",
            "((owner = auth.uid()) OR true)",
            "(id = id)",
            "(id IS NOT NULL)",
            "((note IS NULL) OR (note IS NOT NULL))",
            "(true AND (1 = 1))",
            "(NOT false)",
            "TRUE",
            "(NOT (1 = 2))",
            "(NOT (id IS NULL))",
            "(CURRENT_USER IS NOT NULL)",
            "((note = note) OR (note IS NULL))",
            "( SELECT true AS bool)",
            "(EXISTS ( SELECT 1))",
            "(auth.role() = ANY (ARRAY['anon'::text, 'authenticated'::text]))",
        ] {
            assert!(is_true(text), "{text}");
        }
    }

    #[test]
    fn what_may_be_false_or_null_is_not_always_true() {
        for text in [
            "false",
            "(note = note)",
            "(note IS NOT NULL)",
            "(owner = auth.uid())",
            "((owner = auth.uid()) AND true)",
            "(1 = 2)",
            "CASE WHEN a OR true THEN false ELSE b END",
            "(active = true)",
            "(EXISTS ( SELECT 1 FROM t WHERE true OR x))",
            "is_staff()",
            "(a = 'x OR true')",
            "(NOT (note = 'a'::text))",
            "(EXISTS ( SELECT 1 FROM t))",
            "(auth.role() = ANY (ARRAY['admin'::text, 'authenticated'::text]))",
            "( SELECT (id = 1))",
            "",
        ] {
            assert!(!is_true(text), "{text}");
        }
    }

    #[test]
    fn a_sign_in_test_is_true_only_for_who_is_signed_in() {
        let signed_in = |t: &str| parse(t).always_true(&|_| false, true);
        assert!(signed_in("(auth.uid() IS NOT NULL)"));
        assert!(signed_in("(( SELECT auth.role() AS role) = 'authenticated'::text)"));
        assert!(signed_in("((auth.jwt() ->> 'role'::text) = 'authenticated'::text)"));
        assert!(signed_in("((auth.jwt() ->> 'sub'::text) IS NOT NULL)"));
        assert!(signed_in("(auth.uid() = auth.uid())"));
        assert!(signed_in("(( SELECT auth.uid() AS uid) IS NOT NULL)"));
        assert!(!signed_in("(auth.uid() = user_id)"));
        assert!(!signed_in("((auth.jwt() ->> 'org_id'::text) IS NOT NULL)"));
        assert!(!signed_in("(auth.role() = 'service_role'::text)"));
        assert!(!is_true("(auth.uid() IS NOT NULL)"));
    }

    #[test]
    fn a_predicate_that_only_excludes_nulls_is_recognised() {
        let columns = ["a".to_owned(), "Weird b".to_owned()];
        let only = |t: &str| parse(t).only_excludes_nulls_of(&columns);
        assert!(only("(a IS NOT NULL)"));
        assert!(only("((a IS NOT NULL) AND (\"Weird b\" IS NOT NULL))"));
        assert!(!only("((a IS NOT NULL) AND (deleted_at IS NULL))"));
        assert!(!only("((a IS NOT NULL) OR (\"Weird b\" IS NOT NULL))"));
        assert!(!only("(c IS NOT NULL)"));
    }

    #[test]
    fn a_column_is_told_from_its_namesakes_by_the_alias() {
        let reads = |text: &str, own: bool| reads_column(text, "items", "id", own);
        assert!(reads("SELECT i.id FROM public.items i JOIN orders o ON o.id = i.order_id", false));
        assert!(!reads("SELECT o.id, sum(i.quantity) FROM orders o LEFT JOIN public.items i ON i.order_id = o.id", false));
        assert!(reads("SELECT id FROM items WHERE quantity > 1", false));
        assert!(reads("SELECT items.id FROM items", false));
        assert!(!reads("SELECT quantity AS id FROM items", false));
        assert!(!reads("SELECT count(*) FROM items", false));
        assert!(reads("SELECT * FROM items", false));
        assert!(!reads("SELECT id FROM orders", false));
        assert!(reads("(id = 1)", true));
        assert!(!reads("(order_id IN ( SELECT orders.id FROM public.orders))", true));
    }

    #[test]
    fn mentions_are_whole_names_and_no_functions() {
        assert!(mentions("lower(email) = 'x'", "email"));
        assert!(!mentions("lower(email_hash)", "email"));
        assert!(!mentions("lower(x)", "lower"));
        assert!(!mentions("'email'", "email"));
        assert!(mentions("new.\"updatedAt\" := now()", "updatedAt"));
    }
}
