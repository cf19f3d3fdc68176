//! One printed condition taken apart: what is compared, how, and with what.

use super::printed::Printed;
use super::scans::{Mentions, Scans};
use crate::lex::{Token, TokenKind};
use architrave_model::workload::{Comparison, Condition, Operand, Term};

/// What a printed condition says of one scan.
pub(super) enum Finding {
    /// It holds for all rows.
    Holds(usize, Condition),
    /// One of these holds.
    Either(usize, Vec<Condition>),
}

impl Finding {
    /// Scan and term of a pattern with a fixed prefix.
    pub(super) fn prefix_term(&self) -> Option<(usize, &Term)> {
        match self {
            Self::Holds(at, condition) if condition.comparison == Comparison::Prefix => Some((*at, &condition.term)),
            _ => None,
        }
    }
}

/// Everything that a printed condition says.
pub(super) fn findings(printed: &Printed<'_>, own: Option<&str>, scans: &Scans<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    Reader { printed, own, scans }.read(printed.tokens(), &mut found, 0);
    found
}

/// Every comparison in a printed condition, whatever AND, OR and NOT around it say.
pub(super) fn comparisons(printed: &Printed<'_>, own: Option<&str>, scans: &Scans<'_>) -> Vec<(usize, Condition)> {
    let mut found = Vec::new();
    Reader { printed, own, scans }.comparisons(printed.tokens(), &mut found, 0);
    found
}

/// A side of a comparison that stands for a value of one scan: the term and where it belongs.
pub(super) fn term(printed: &Printed<'_>, tokens: &[Token], own: Option<&str>, scans: &Scans<'_>) -> Option<(usize, Term)> {
    let mentions = scans.mentions(printed, tokens, own);
    let at = mentions.only().filter(|_| !mentions.foreign)?;
    Some((at, Reader { printed, own, scans }.term_of(tokens, at, &mentions)))
}

struct Reader<'r, 'c> {
    printed: &'r Printed<'r>,
    own: Option<&'r str>,
    scans: &'r Scans<'c>,
}

/// Brackets nested deeper than this are not looked into.
const DEEPEST: usize = 100;

impl Reader<'_, '_> {
    fn read(&self, tokens: &[Token], found: &mut Vec<Finding>, depth: usize) {
        let tokens = self.printed.unwrapped(tokens);
        if depth > DEEPEST || tokens.is_empty() {
            return;
        }
        let arms = self.printed.split(tokens, "OR");
        if arms.len() > 1 {
            found.extend(self.either(&arms, depth));
            return;
        }
        let parts = self.printed.split(tokens, "AND");
        if parts.len() > 1 {
            for part in parts {
                self.read(part, found, depth + 1);
            }
        } else {
            self.leaf(tokens, found);
        }
    }

    fn comparisons(&self, tokens: &[Token], found: &mut Vec<(usize, Condition)>, depth: usize) {
        let mut tokens = self.printed.unwrapped(tokens);
        while let [not, inner @ ..] = tokens
            && self.printed.is_word(not, "NOT")
        {
            tokens = self.printed.unwrapped(inner);
        }
        for word in ["OR", "AND"] {
            let parts = self.printed.split(tokens, word);
            if parts.len() > 1 {
                for part in parts.into_iter().filter(|_| depth < DEEPEST) {
                    self.comparisons(part, found, depth + 1);
                }
                return;
            }
        }
        let mut leaf = Vec::new();
        if !tokens.is_empty() {
            self.leaf(tokens, &mut leaf);
        }
        found.extend(leaf.into_iter().filter_map(|f| if let Finding::Holds(at, condition) = f { Some((at, condition)) } else { None }));
    }

    /// An OR, when every arm restricts the same scan: of each arm the condition that an index answers best.
    fn either(&self, arms: &[&[Token]], depth: usize) -> Option<Finding> {
        let mut scan = None;
        let mut alternatives = Vec::new();
        for arm in arms {
            let mut inner = Vec::new();
            self.read(arm, &mut inner, depth + 1);
            let mut conditions: Vec<(usize, Condition)> = Vec::new();
            for finding in inner {
                match finding {
                    Finding::Holds(at, condition) => conditions.push((at, condition)),
                    Finding::Either(at, more) => conditions.extend(more.into_iter().map(|c| (at, c)).take(1)),
                }
            }
            let all_of_one = scan.or_else(|| conditions.first().map(|c| c.0));
            scan = all_of_one;
            let best = conditions.into_iter().filter(|c| Some(c.0) == all_of_one).map(|c| c.1).min_by_key(|c| c.comparison)?;
            alternatives.push(best);
        }
        scan.map(|at| Finding::Either(at, alternatives))
    }

    fn leaf(&self, tokens: &[Token], found: &mut Vec<Finding>) {
        let text = self.printed.slice(tokens);
        if let [not, inner @ ..] = tokens
            && self.printed.is_word(not, "NOT")
        {
            found.extend(self.negated(inner, text));
        } else if let Some(test) = self.test(tokens, text) {
            found.push(test);
        } else if let Some(operator) = self.printed.operator(tokens) {
            let (left, right) = (&tokens[..operator.start], &tokens[operator.end..]);
            self.compare(left, &operator.name, right, text, found);
        } else {
            found.extend(self.alone(tokens, "", text));
        }
    }

    fn negated(&self, inner: &[Token], text: &str) -> Option<Finding> {
        let inner = self.printed.unwrapped(inner);
        if self.printed.operator(inner).is_none()
            && self.printed.split(inner, "OR").len() == 1
            && self.printed.split(inner, "AND").len() == 1
        {
            return self.alone(inner, "NOT", text);
        }
        let (at, term) = self.side(inner)?;
        let condition =
            Condition { term, comparison: Comparison::Other, operator: "NOT".into(), with: Operand::None, text: text.to_owned() };
        Some(Finding::Holds(at, condition))
    }

    /// `x IS NULL` and its kin.
    fn test(&self, tokens: &[Token], text: &str) -> Option<Finding> {
        let is = tokens.iter().rposition(|t| self.printed.is_word(t, "IS"))?;
        let words: Vec<&str> = tokens[is..].iter().map(|t| self.printed.text_of(t)).collect();
        let (last, not) = match words.as_slice() {
            ["IS", last] => (*last, false),
            ["IS", "NOT", last] => (*last, true),
            _ => return None,
        };
        let comparison = match (last, not) {
            ("NULL", false) => Comparison::IsNull,
            ("NULL", true) => Comparison::IsNotNull,
            ("TRUE" | "FALSE", false) => Comparison::Boolean,
            ("TRUE" | "FALSE" | "UNKNOWN", _) => Comparison::Other,
            _ => return None,
        };
        let (at, term) = self.side(&tokens[..is])?;
        Some(Finding::Holds(at, Condition { term, comparison, operator: words.join(" "), with: Operand::None, text: text.to_owned() }))
    }

    /// A condition without operator: a boolean column or a function that answers one.
    fn alone(&self, tokens: &[Token], operator: &str, text: &str) -> Option<Finding> {
        if let [name, rest @ ..] = tokens
            && self.printed.text_of(name) == "starts_with"
        {
            let inner = self.printed.unwrapped(rest);
            let first = self.printed.first_of_list(inner);
            let (at, term) = self.side(first)?;
            let with = self.operand(inner.get(first.len() + 1..)?);
            return Some(Finding::Holds(
                at,
                Condition { term, comparison: Comparison::Prefix, operator: "starts_with".into(), with, text: text.to_owned() },
            ));
        }
        let (at, term) = self.side(tokens)?;
        let comparison = Comparison::Boolean;
        Some(Finding::Holds(at, Condition { term, comparison, operator: operator.into(), with: Operand::None, text: text.to_owned() }))
    }

    fn compare(&self, left: &[Token], operator: &str, right: &[Token], text: &str, found: &mut Vec<Finding>) {
        let (a, b) = (self.mentions(left), self.mentions(right));
        let condition = |at: usize, side: &[Token], mentions: &Mentions, operator: &str, other: &[Token], turned: bool| {
            let column_type = self.type_of(side, at, mentions);
            let (quantifier, value) = self.quantified(other);
            let comparison =
                self.comparison(operator, quantifier, column_type.as_deref(), value, turned && self.quantified(side).0.is_some());
            let quantifier = quantifier.or(self.quantified(side).0);
            let operator = quantifier.map_or_else(|| operator.to_owned(), |q| format!("{operator} {q}"));
            let term = self.row_head(side).unwrap_or_else(|| self.term_of(self.quantified(side).1, at, mentions));
            Finding::Holds(at, Condition { term, comparison, operator, with: self.operand(value), text: text.to_owned() })
        };
        match (a.only().filter(|_| !a.foreign), b.only().filter(|_| !b.foreign)) {
            (Some(at), Some(other)) if at == other => {
                let term = Term::Expression(self.printed.text_without(self.printed.unwrapped(left), &a.qualifiers));
                let term = self.plain_column(left, at).map_or(term, Term::Column);
                let operator = operator.to_owned();
                let condition = Condition { term, comparison: Comparison::Other, operator, with: Operand::Computed, text: text.to_owned() };
                found.push(Finding::Holds(at, condition));
            }
            (first, second) => {
                if let Some(at) = first {
                    found.push(condition(at, left, &a, operator, right, false));
                }
                if let Some(at) = second {
                    found.push(condition(at, right, &b, commuted(operator), left, true));
                }
            }
        }
    }

    fn mentions(&self, tokens: &[Token]) -> Mentions {
        self.scans.mentions(self.printed, tokens, self.own)
    }

    fn side(&self, tokens: &[Token]) -> Option<(usize, Term)> {
        term(self.printed, tokens, self.own, self.scans)
    }

    /// ANY or ALL, and what it quantifies over.
    fn quantified<'t>(&self, tokens: &'t [Token]) -> (Option<&'static str>, &'t [Token]) {
        let tokens = self.printed.unwrapped(tokens);
        for word in ["ANY", "ALL"] {
            if let [first, rest @ ..] = tokens
                && self.printed.is_word(first, word)
            {
                return (Some(word), self.printed.unwrapped(rest));
            }
        }
        (None, tokens)
    }

    /// The first column of `ROW(a, b)`, whose comparison bounds it.
    fn row_head(&self, tokens: &[Token]) -> Option<Term> {
        let tokens = self.printed.unwrapped(tokens);
        let [row, rest @ ..] = tokens else { return None };
        if !self.printed.is_word(row, "ROW") {
            return None;
        }
        let inner = self.printed.unwrapped(rest);
        let first = self.printed.first_of_list(inner);
        self.side(first).map(|(_, term)| term)
    }

    /// The column that a side is, through a cast that changes nothing (`varchar` to `text`, a domain to its base).
    fn plain_column(&self, tokens: &[Token], at: usize) -> Option<String> {
        let tokens = self.printed.unwrapped(tokens);
        if let Some((inner, target)) = self.printed.cast(tokens) {
            let column = self.plain_column(inner, at)?;
            let same = self.scans.column_type(at, &column).is_none_or(|source| is_relabelled(&source, target));
            return same.then_some(column);
        }
        let name = match tokens {
            [_, dot, column] if dot.kind == TokenKind::Dot => column,
            [column] => column,
            _ => return None,
        };
        self.printed.name(name)
    }

    fn term_of(&self, tokens: &[Token], at: usize, mentions: &Mentions) -> Term {
        self.plain_column(tokens, at)
            .map_or_else(|| Term::Expression(self.printed.text_without(tokens, &mentions.qualifiers)), Term::Column)
    }

    /// The type of a plain column, else of the cast around an expression.
    fn type_of(&self, tokens: &[Token], at: usize, mentions: &Mentions) -> Option<String> {
        let tokens = self.quantified(tokens).1;
        match self.term_of(tokens, at, mentions) {
            Term::Column(column) => self.scans.column_type(at, &column),
            Term::Expression(text) if text.starts_with("to_tsvector(") || text.starts_with("setweight(") => Some("tsvector".into()),
            Term::Expression(_) => self.printed.cast(tokens).map(|(_, target)| target.to_owned()),
        }
    }

    fn operand(&self, tokens: &[Token]) -> Operand {
        let mentions = self.mentions(tokens);
        if let Some(at) = mentions.only().filter(|_| !mentions.foreign) {
            let alias = self.scans.list.get(at).map(|s| s.alias.clone()).unwrap_or_default();
            return Operand::Join { alias, term: self.term_of(tokens, at, &mentions) };
        }
        if mentions.foreign || !mentions.columns.is_empty() {
            return Operand::Computed;
        }
        let mut value = self.printed.unwrapped(tokens);
        while let Some((inner, _)) = self.printed.cast(value) {
            value = self.printed.unwrapped(inner);
        }
        if let [token] = value
            && token.kind == TokenKind::Parameter
        {
            let number = self.printed.text_of(token).trim_start_matches('$').parse().unwrap_or(0);
            return if self.scans.is_internal(number) { Operand::Computed } else { Operand::Parameter(number) };
        }
        if self.is_constant(value) {
            Operand::Constant(self.printed.slice(self.printed.unwrapped(tokens)).to_owned())
        } else {
            Operand::Computed
        }
    }

    /// Literals, and arrays and rows of literals.
    fn is_constant(&self, tokens: &[Token]) -> bool {
        let mut in_type = false;
        !tokens.is_empty()
            && tokens.iter().all(|t| {
                in_type = t.kind == TokenKind::DoubleColon
                    || (in_type && matches!(t.kind, TokenKind::Word | TokenKind::QuotedName | TokenKind::Dot));
                let word = t.kind == TokenKind::Word && ["true", "false", "NULL", "ARRAY", "ROW"].contains(&self.printed.text_of(t));
                let literal = matches!(t.kind, TokenKind::String | TokenKind::Number | TokenKind::Comma);
                let bracket =
                    matches!(t.kind, TokenKind::OpenBracket | TokenKind::CloseBracket | TokenKind::OpenParen | TokenKind::CloseParen);
                in_type || word || literal || bracket || self.printed.text_of(t) == "-"
            })
    }

    fn comparison(&self, operator: &str, quantifier: Option<&str>, of: Option<&str>, value: &[Token], element: bool) -> Comparison {
        if element {
            return Comparison::Other;
        }
        match (operator, quantifier) {
            ("=", None) => Comparison::Equal,
            ("=", Some("ANY")) => Comparison::AnyOf,
            ("<" | "<=" | ">" | ">=" | "~<~" | "~<=~" | "~>~" | "~>=~", None) => Comparison::Range,
            ("~~", None) if self.literal(value).is_some_and(|p| !p.starts_with(['%', '_']) && !p.is_empty()) => Comparison::Prefix,
            ("~", None) if self.literal(value).is_some_and(|p| has_anchored_literal(&p)) => Comparison::Prefix,
            ("^@", None) => Comparison::Prefix,
            ("~~" | "~~*" | "~" | "~*" | "%" | "<%" | "%>" | "<<%" | "%>>", _) => Comparison::Pattern,
            ("@@", None) if of.is_some_and(|t| t.contains("tsvector")) || self.value_type(value).contains("tsquery") => {
                Comparison::TextSearch
            }
            ("?" | "?|" | "?&" | "@?" | "@@" | "@@@", _) => Comparison::Contains,
            ("@>" | "<@" | "&&", None) if self.is_set_like(of, value) => Comparison::Contains,
            ("@>" | "<@" | "&&" | "<<" | ">>" | "-|-" | "<<=" | ">>=" | "&<" | "&>" | "~=" | "<->", None) => Comparison::Overlaps,
            _ => Comparison::Other,
        }
    }

    fn literal(&self, tokens: &[Token]) -> Option<String> {
        let inner = self.printed.cast(tokens).map_or(tokens, |(inner, _)| inner);
        self.printed.string(self.printed.unwrapped(inner))
    }

    fn value_type<'t>(&'t self, tokens: &'t [Token]) -> &'t str {
        let call = self.printed.slice(tokens);
        match self.printed.cast(tokens) {
            Some((_, target)) => target,
            None if call.contains("tsquery(") => "tsquery",
            None => "",
        }
    }

    /// Arrays and jsonb, in contrast to ranges and shapes.
    fn is_set_like(&self, of: Option<&str>, value: &[Token]) -> bool {
        let set = |t: &str| t.ends_with("[]") || t.contains("jsonb") || t.contains("hstore") || t.contains("ltree");
        match of {
            Some(known) => set(known),
            None => set(self.value_type(value)) || self.printed.slice(value).starts_with("ARRAY["),
        }
    }
}

/// Whether a cast only gives another name to the same bytes, so that an index on the column still serves.
fn is_relabelled(source: &str, target: &str) -> bool {
    let base = |t: &str| t.split('(').next().unwrap_or(t).trim().to_owned();
    let (source, target) = (base(source), base(target));
    source == target || matches!((source.as_str(), target.as_str()), ("character varying" | "name", "text") | ("cidr", "inet"))
}

/// A regular expression that begins with fixed text.
fn has_anchored_literal(pattern: &str) -> bool {
    pattern.strip_prefix('^').and_then(|p| p.chars().next()).is_some_and(|c| c.is_alphanumeric() || c == ' ' || c == '_' || c == '-')
}

/// The operator with its sides exchanged.
fn commuted(operator: &str) -> &str {
    match operator {
        "<" => ">",
        ">" => "<",
        "<=" => ">=",
        ">=" => "<=",
        "@>" => "<@",
        "<@" => "@>",
        "<<" => ">>",
        ">>" => "<<",
        other => other,
    }
}
