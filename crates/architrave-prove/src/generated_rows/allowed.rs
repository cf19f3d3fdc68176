//! What a check constraint allows for one column, where it is a list of values or a range; nothing is guessed from others.

use architrave_sql::lex::{Lexer, TokenKind, name_of};

/// Values that checks allow for a column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Allowed {
    /// A list.
    pub(super) values: Option<Vec<String>>,
    /// Lowest value.
    pub(super) least: Option<String>,
    /// Highest value.
    pub(super) most: Option<String>,
}

#[derive(Debug, PartialEq)]
enum Piece {
    Name(String),
    Literal(String),
    Sign(String),
}

impl Allowed {
    /// Adds what the bounds of partitions say about the first column of their key: `FOR VALUES IN ('a', 'b')`,
    /// `FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')`. The highest value is the one that belongs to no partition any more.
    pub(super) fn learn_bounds<'b>(&mut self, bounds: impl Iterator<Item = &'b str>, order: impl Fn(&str) -> Option<i128>) {
        let mut points: Vec<(i128, String)> = Vec::new();
        for bound in bounds {
            let pieces = pieces(bound);
            let literals = |from: &str| -> Vec<String> {
                let start = pieces.iter().position(|p| matches!(p, Piece::Name(name) if name == from)).map_or(pieces.len(), |at| at + 1);
                let literal = |p: &Piece| if let Piece::Literal(text) = p { Some(text.clone()) } else { None };
                pieces[start..].iter().map_while(literal).collect()
            };
            self.values.get_or_insert_default().extend(literals("in"));
            let ends = literals("from").into_iter().take(1).chain(literals("to").into_iter().take(1));
            points.extend(ends.filter_map(|text| Some((order(&text)?, text))));
        }
        self.values = self.values.take().filter(|values| !values.is_empty());
        points.sort();
        if let (Some(low), Some(high)) = (points.first(), points.last()) {
            (self.least, self.most) = (Some(low.1.clone()), Some(high.1.clone()));
        }
    }

    /// Adds what an expression says about a column; a domain's checks call it `value`.
    pub(super) fn learn(&mut self, expression: &str, column: &str) {
        let pieces = pieces(expression);
        let is = |piece: Option<&Piece>, word: &str| matches!(piece, Some(Piece::Name(name)) if name == word);
        for at in 0..pieces.len() {
            if !is(pieces.get(at), column) {
                continue;
            }
            let Some(Piece::Sign(sign)) = pieces.get(at + 1) else { continue };
            if sign == "=" && is(pieces.get(at + 2), "any") && is(pieces.get(at + 3), "array") {
                let list = pieces[at + 4..].iter().map_while(|piece| match piece {
                    Piece::Literal(text) => Some(text.clone()),
                    _ => None,
                });
                self.values = Some(list.collect()).filter(|l: &Vec<String>| !l.is_empty());
            }
            let alternatives = pieces.iter().any(|piece| is(Some(piece), "or") || is(Some(piece), "not") || is(Some(piece), "case"));
            if let (Some(Piece::Literal(text)), false) = (pieces.get(at + 2), alternatives) {
                match sign.as_str() {
                    ">=" => self.least = Some(text.clone()),
                    ">" => self.least = Some(next(text, 1)),
                    "<=" => self.most = Some(text.clone()),
                    "<" => self.most = Some(next(text, -1)),
                    "=" => self.values = Some(vec![text.clone()]),
                    _ => {}
                }
            }
        }
    }
}

/// Pairs of columns of which an expression says that the first is not above the second; true when they may not be equal either.
pub(super) fn ordered_pairs(expression: &str) -> Vec<(String, String, bool)> {
    let pieces = pieces(expression);
    let conditional = |piece: &Piece| matches!(piece, Piece::Name(name) if ["or", "not", "case"].contains(&name.as_str()));
    if pieces.iter().any(conditional) {
        return Vec::new();
    }
    let pair = |three: &[Piece]| match three {
        [Piece::Name(a), Piece::Sign(sign), Piece::Name(b)] => match sign.as_str() {
            "<" | "<=" => Some((a.clone(), b.clone(), sign == "<")),
            ">" | ">=" => Some((b.clone(), a.clone(), sign == ">")),
            _ => None,
        },
        _ => None,
    };
    pieces.windows(3).filter_map(pair).collect()
}

/// The next whole number; other values as they are.
fn next(text: &str, by: i64) -> String {
    text.parse::<i64>().map_or_else(|_| text.to_owned(), |number| (number + by).to_string())
}

/// Names, constants and signs; parentheses, brackets, commas and casts left out.
fn pieces(expression: &str) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    let mut in_cast = false;
    let mut sign_end = 0;
    for token in Lexer::new(expression) {
        let text = &expression[token.start..token.end];
        match token.kind {
            TokenKind::DoubleColon => in_cast = true,
            TokenKind::Space => {}
            TokenKind::Word | TokenKind::QuotedName | TokenKind::Dot if in_cast => {}
            TokenKind::Word | TokenKind::QuotedName => out.push(Piece::Name(name_of(text))),
            TokenKind::String => out.push(Piece::Literal(text.trim_matches('\'').replace("''", "'"))),
            TokenKind::Number => {
                let negative = matches!(out.last(), Some(Piece::Sign(sign)) if sign == "-");
                if negative {
                    out.pop();
                }
                out.push(Piece::Literal(format!("{}{text}", if negative { "-" } else { "" })));
            }
            TokenKind::Equals | TokenKind::Other => {
                in_cast = false;
                match out.last_mut() {
                    Some(Piece::Sign(sign)) if sign_end == token.start => sign.push_str(text),
                    _ => out.push(Piece::Sign(text.to_owned())),
                }
                sign_end = token.end;
            }
            _ => in_cast = in_cast && matches!(token.kind, TokenKind::OpenBracket),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learned(expression: &str, column: &str) -> Allowed {
        let mut allowed = Allowed::default();
        allowed.learn(expression, column);
        allowed
    }

    #[test]
    fn lists_and_ranges_as_the_server_prints_them() {
        let list = "((status)::text = ANY ((ARRAY['new'::character varying, 'it''s'::character varying])::text[]))";
        assert_eq!(learned(list, "status").values, Some(vec!["new".to_owned(), "it's".to_owned()]));
        assert_eq!(learned("(size = ANY (ARRAY[1, 2, 3]))", "size").values.unwrap(), ["1", "2", "3"]);
        let range = learned("((rating >= '-1'::integer) AND (rating < 6))", "rating");
        assert_eq!((range.least.as_deref(), range.most.as_deref()), (Some("-1"), Some("5")));
        assert_eq!(learned("(VALUE > (0)::numeric)", "value").least.as_deref(), Some("1"));
        assert_eq!(learned("(\"Price\" >= 0)", "Price").least.as_deref(), Some("0"));
        assert_eq!(learned("((a >= 0) OR (b IS NULL))", "a"), Allowed::default());
        assert_eq!(learned("(starts_at < ends_at)", "starts_at"), Allowed::default());
    }

    #[test]
    fn bounds_of_partitions() {
        let mut allowed = Allowed::default();
        allowed.learn_bounds(["FOR VALUES IN ('eu', 'us')", "FOR VALUES IN ('asia')", "DEFAULT"].into_iter(), |_| None);
        assert_eq!(allowed.values.unwrap(), ["eu", "us", "asia"]);
        let mut allowed = Allowed::default();
        let bounds = ["FOR VALUES FROM (10, 'a') TO (20, 'b')", "FOR VALUES FROM (5) TO (10)", "FOR VALUES FROM (20) TO (MAXVALUE)"];
        allowed.learn_bounds(bounds.into_iter(), |text| text.parse().ok());
        assert_eq!((allowed.least.as_deref(), allowed.most.as_deref(), allowed.values), (Some("5"), Some("20"), None));
    }

    #[test]
    fn pairs_in_order() {
        assert_eq!(ordered_pairs("(ends_at >= starts_at)"), [("starts_at".to_owned(), "ends_at".to_owned(), false)]);
        assert_eq!(ordered_pairs("((a < b) AND (c > 0))"), [("a".to_owned(), "b".to_owned(), true)]);
        assert_eq!(ordered_pairs("((a < b) OR (b IS NULL))"), []);
    }
}
