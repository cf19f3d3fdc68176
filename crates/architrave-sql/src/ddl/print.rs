//! Expressions as text: close to PostgreSQL's own printer, and in a canonical form for comparison.

use super::expression::{Call, Expression, FromItem, Query, Select};
use super::syntax::Path;
use super::type_name::TypeName;
use architrave_model::name::{quote_ident, quote_literal};
use std::fmt::Write as _;

/// As PostgreSQL's printer writes it, as far as that is possible without knowing the types of columns.
pub(crate) fn print(expression: &Expression) -> String {
    Printer { canonical: false }.expression(expression)
}

/// Two texts that mean the same give the same canonical form (as far as that can be told without types): no casts, no
/// qualified columns, no aliases, no difference between spellings.
pub(crate) fn canonical(expression: &Expression) -> String {
    Printer { canonical: true }.expression(expression)
}

/// A query as PostgreSQL's printer writes it, on one line.
pub(crate) fn print_query(query: &Query) -> String {
    Printer { canonical: false }.query(query)
}

/// A column default as PostgreSQL prints it: bare literals get the column's type.
pub(crate) fn print_default(expression: &Expression, column_type: &str) -> String {
    let plain = super::type_name::without_modifier(column_type);
    match expression {
        Expression::Text(text) => typed_literal(text, &plain),
        Expression::Number(digits) if digits.starts_with('-') => match plain.as_str() {
            "smallint" | "integer" | "bigint" => format!("'{digits}'::{}", number_type(digits)),
            _ => format!("'{digits}'::{}", if digits.contains('.') { "numeric" } else { "integer" }),
        },
        Expression::Number(_) | Expression::Value(_) => print(expression),
        // A literal cast to the column's own type prints no second cast; other shapes print as they are.
        other => strip_outer_cast(other, column_type, &plain),
    }
}

fn number_type(digits: &str) -> &'static str {
    match digits.parse::<i64>() {
        Ok(n) if i32::try_from(n).is_ok() => "integer",
        Ok(_) => "bigint",
        Err(_) => "numeric",
    }
}

fn strip_outer_cast(expression: &Expression, _column_type: &str, plain: &str) -> String {
    match expression {
        Expression::Cast(inner, ty) => match inner.as_ref() {
            Expression::Text(text) if ty.without_modifier() == plain => typed_literal(text, plain),
            _ => print(expression),
        },
        _ => print(expression),
    }
}

fn typed_literal(text: &str, ty: &str) -> String {
    let trimmed = text.trim();
    match ty {
        "boolean" => match truth(trimmed) {
            Some(true) => "true".to_owned(),
            Some(false) => "false".to_owned(),
            None => format!("{}::boolean", quote_literal(text)),
        },
        "integer" if trimmed.parse::<i32>().is_ok_and(|n| n >= 0) => trimmed.to_owned(),
        _ => format!("{}::{ty}", quote_literal(text)),
    }
}

/// What a boolean literal says.
pub(crate) fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "t" | "true" | "on" | "yes" | "y" | "1" => Some(true),
        "f" | "false" | "off" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

/// Functions that PostgreSQL's grammar spells in capitals.
static CAPITALS: &[&str] = &["coalesce", "greatest", "least", "nullif"];

/// Functions whose first literal is a relation's name.
static SEQUENCE_FUNCTIONS: &[&str] = &["nextval", "currval", "setval"];

struct Printer {
    canonical: bool,
}

impl Printer {
    fn expression(&self, expression: &Expression) -> String {
        match expression {
            Expression::Name(path) => self.column(path),
            Expression::Value(word) => match word.as_str() {
                "TRUE" | "FALSE" if !self.canonical => word.to_ascii_lowercase(),
                "NULL" if !self.canonical => "NULL".to_owned(),
                other => other.to_owned(),
            },
            Expression::Number(digits) => digits.clone(),
            Expression::Text(text) if self.canonical => quote_literal(text),
            Expression::Text(text) => format!("{}::text", quote_literal(text)),
            Expression::Call(call) => self.call(call),
            Expression::Prefix(operator, inner) => format!("({operator} {})", self.operand(inner)),
            Expression::Infix(left, operator, right) if self.canonical && operator == "AT TIME ZONE" => {
                format!("timezone({}, {})", self.expression(right), self.expression(left))
            }
            Expression::Infix(left, operator, right) if operator == "=>" => {
                format!("{} => {}", self.expression(left), self.expression(right))
            }
            Expression::Infix(left, operator, right) => format!("({} {operator} {})", self.operand(left), self.operand(right)),
            Expression::Test(inner, test) => format!("({} {test})", self.operand(inner)),
            Expression::Not(inner) => format!("(NOT {})", self.expression(inner)),
            Expression::And(operands) => self.connected(operands, " AND "),
            Expression::Or(operands) => self.connected(operands, " OR "),
            Expression::Cast(inner, ty) => self.cast(inner, ty),
            Expression::Collate(inner, path) => {
                let path = if self.canonical { path.last().cloned().into_iter().collect() } else { path.clone() };
                format!("({} COLLATE {})", self.operand(inner), sql_path(&path))
            }
            Expression::Case { operand, branches, otherwise } => self.case(operand.as_deref(), branches, otherwise.as_deref()),
            Expression::Array(items) => format!("ARRAY[{}]", self.list(items)),
            Expression::ArrayQuery(query) => format!("ARRAY( {})", self.query(query)),
            Expression::Row(items) if self.canonical => format!("ROW({})", self.list(items)),
            Expression::Row(items) => format!("ROW({})", self.list(items)),
            Expression::Subscript(base, indexes) => {
                let indexes: Vec<String> = indexes.iter().map(|i| self.expression(i)).collect();
                format!("{}[{}]", self.operand(base), indexes.join(":"))
            }
            Expression::Field(base, field) => format!("({}).{}", self.expression(base), field_name(field)),
            Expression::Quantified { left, operator, all, right } => {
                let word = if *all { "ALL" } else { "ANY" };
                format!("({} {operator} {word} ({}))", self.operand(left), self.expression(right))
            }
            Expression::InQuery(left, query) => format!("({} IN ( {}))", self.operand(left), self.query(query)),
            Expression::Exists(query) => format!("(EXISTS ( {}))", self.query(query)),
            Expression::Query(query) => format!("( {})", self.query(query)),
            Expression::Raw(words) => self.words(words),
        }
    }

    /// An operand: PostgreSQL knows the type of a literal there; without types it stays as it is.
    fn operand(&self, expression: &Expression) -> String {
        self.expression(expression)
    }

    fn column(&self, path: &[String]) -> String {
        if self.canonical {
            return path.last().map(|p| field_name(p)).unwrap_or_default();
        }
        path.iter().map(|p| field_name(p)).collect::<Vec<_>>().join(".")
    }

    fn list(&self, items: &[Expression]) -> String {
        items.iter().map(|i| self.expression(i)).collect::<Vec<_>>().join(", ")
    }

    fn connected(&self, operands: &[Expression], word: &str) -> String {
        let operands: Vec<String> = operands.iter().map(|o| self.expression(o)).collect();
        format!("({})", operands.join(word))
    }

    fn cast(&self, inner: &Expression, ty: &TypeName) -> String {
        if !self.canonical {
            return match inner {
                Expression::Text(text) => typed_literal(text, &ty.text),
                Expression::Number(digits) if digits.starts_with('-') => format!("('{digits}'::integer)::{}", ty.text),
                Expression::Value(word) if word == "NULL" => format!("NULL::{}", ty.text),
                other => format!("({})::{}", self.expression(other), ty.text),
            };
        }
        // A cast of a cast is a literal's: `('a'::character varying)::text`.
        if let Expression::Text(text) = inner {
            let trimmed = text.trim();
            match ty.without_modifier().as_str() {
                "boolean" => {
                    if let Some(truth) = truth(trimmed) {
                        return if truth { "TRUE" } else { "FALSE" }.to_owned();
                    }
                }
                "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" if trimmed.parse::<f64>().is_ok() => {
                    return trimmed.to_owned();
                }
                "interval" => return quote_literal(&super::interval::canonical(text)),
                "json" | "jsonb" => {
                    // `jsonb` prints its keys in an order of its own.
                    let value = serde_json::from_str::<serde_json::Value>(text);
                    return quote_literal(&value.map_or_else(|_| text.clone(), |v| v.to_string()));
                }
                _ => {}
            }
        }
        self.expression(inner)
    }

    fn call(&self, call: &Call) -> String {
        let last = call.name.last().map_or("", String::as_str);
        let built_in = call.name.len() == 1 || call.name.first().is_some_and(|s| s == "pg_catalog");
        let name = match (self.canonical, built_in) {
            (false, true) if CAPITALS.contains(&last) => last.to_ascii_uppercase(),
            (_, true) => quote_function(last),
            (_, false) => sql_path(&call.name),
        };
        if !self.canonical
            && built_in
            && last == "extract"
            && let [Expression::Text(field), from] = call.arguments.as_slice()
        {
            return format!("EXTRACT({field} FROM {})", self.expression(from));
        }
        let arguments = if call.star {
            "*".to_owned()
        } else if self.canonical && built_in && SEQUENCE_FUNCTIONS.contains(&last) {
            canonical_sequence(&call.arguments)
        } else if !self.canonical && built_in && SEQUENCE_FUNCTIONS.contains(&last) {
            self.sequence_arguments(&call.arguments)
        } else {
            self.list(&call.arguments)
        };
        let distinct = if call.distinct { "DISTINCT " } else { "" };
        let canonical_name = if self.canonical && last == "date_part" && built_in { "extract".to_owned() } else { name };
        let mut text = format!("{canonical_name}({distinct}{arguments})");
        if !call.tail.is_empty() {
            let _ = write!(text, " {}", self.words(&call.tail));
        }
        text
    }

    fn sequence_arguments(&self, arguments: &[Expression]) -> String {
        match arguments.split_first() {
            Some((Expression::Text(sequence), rest)) => {
                let mut parts = vec![format!("{}::regclass", quote_literal(sequence))];
                parts.extend(rest.iter().map(|e| self.expression(e)));
                parts.join(", ")
            }
            _ => self.list(arguments),
        }
    }

    fn case(&self, operand: Option<&Expression>, branches: &[(Expression, Expression)], otherwise: Option<&Expression>) -> String {
        let mut text = "CASE".to_owned();
        if let Some(operand) = operand {
            let _ = write!(text, " {}", self.expression(operand));
        }
        for (when, then) in branches {
            let _ = write!(text, " WHEN {} THEN {}", self.expression(when), self.expression(then));
        }
        match otherwise {
            Some(otherwise) => {
                let _ = write!(text, " ELSE {}", self.expression(otherwise));
            }
            None if self.canonical => text.push_str(" ELSE NULL"),
            None => text.push_str(" ELSE NULL::text"),
        }
        text.push_str(" END");
        text
    }

    fn query(&self, query: &Query) -> String {
        match query {
            Query::Select(select) => self.select(select),
            Query::Raw(words) => self.words(words),
        }
    }

    fn select(&self, select: &Select) -> String {
        let targets: Vec<String> = select
            .targets
            .iter()
            .map(|t| match &t.alias {
                Some(alias) if !self.canonical => format!("{} AS {}", self.expression(&t.expression), quote_ident(alias)),
                _ => self.expression(&t.expression),
            })
            .collect();
        let distinct = if select.distinct { "DISTINCT " } else { "" };
        let mut text = format!("SELECT {distinct}{}", targets.join(", "));
        if !select.from.is_empty() {
            let items: Vec<String> = select.from.iter().map(|f| self.item(f)).collect();
            let _ = write!(text, " FROM {}", items.join(", "));
        }
        if let Some(condition) = &select.condition {
            let _ = write!(text, " WHERE {}", self.expression(condition));
        }
        if !select.tail.is_empty() {
            let _ = write!(text, " {}", self.words(&select.tail));
        }
        text
    }

    fn item(&self, item: &FromItem) -> String {
        match item {
            FromItem::Relation { name, alias } => match alias {
                Some(alias) if !self.canonical => format!("{} {}", sql_path(name), quote_ident(alias)),
                _ => sql_path(name),
            },
            FromItem::Join { left, kind, right, on } => {
                let kind = if self.canonical { kind.clone() } else { kind.to_ascii_uppercase() };
                let mut text = format!("({} {kind} {}", self.item(left), self.item(right));
                if let Some(on) = on {
                    let _ = write!(text, " ON {}", self.expression(on));
                }
                text.push(')');
                text
            }
            FromItem::Query { query, alias } => match alias {
                Some(alias) if !self.canonical => format!("( {}) {}", self.query(query), quote_ident(alias)),
                _ => format!("( {})", self.query(query)),
            },
            FromItem::Raw(words) => self.words(words),
        }
    }

    /// Words with the blanks a reader expects; in canonical form without parentheses and casts.
    fn words(&self, words: &[String]) -> String {
        if self.canonical {
            let mut kept = Vec::new();
            let mut skip = 0;
            for word in words {
                match word.as_str() {
                    "(" | ")" | "as" => {}
                    ":" => skip = 1,
                    _ if skip > 0 => skip -= 1,
                    _ => kept.push(word.as_str()),
                }
            }
            return kept.join(" ");
        }
        join_words(words)
    }
}

/// Words with blanks between them, except where punctuation makes them odd.
pub(crate) fn join_words(words: &[String]) -> String {
    let mut text = String::new();
    let mut glue = true;
    for (at, word) in words.iter().enumerate() {
        let tight_before =
            matches!(word.as_str(), ")" | "," | "." | ";" | ":" | "]" | "[") || (word == "(" && at > 0 && is_name(&words[at - 1]));
        if !glue && !tight_before {
            text.push(' ');
        }
        text.push_str(word);
        glue = matches!(word.as_str(), "(" | "." | ":" | "[");
    }
    text
}

fn is_name(word: &str) -> bool {
    let keyword = matches!(
        word,
        "in" | "and" | "or" | "not" | "from" | "where" | "on" | "as" | "select" | "by" | "using" | "values" | "when" | "then" | "else"
    );
    !keyword && word.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '"')
}

fn canonical_sequence(arguments: &[Expression]) -> String {
    fn text_of(expression: &Expression) -> Option<&str> {
        match expression {
            Expression::Text(text) => Some(text),
            Expression::Cast(inner, _) => text_of(inner),
            _ => None,
        }
    }
    let printer = Printer { canonical: true };
    let parts: Vec<String> = arguments.iter().map(|a| text_of(a).map_or_else(|| printer.expression(a), quote_literal)).collect();
    parts.join(", ")
}

fn field_name(name: &str) -> String {
    if name == "*" { name.to_owned() } else { quote_ident(name) }
}

fn quote_function(name: &str) -> String {
    // Function names that are keywords print quoted; a plain reader expects them bare.
    if name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') { name.to_owned() } else { quote_ident(name) }
}

/// A path as SQL.
pub(crate) fn sql_path(path: &Path) -> String {
    path.iter().map(|p| quote_ident(p)).collect::<Vec<_>>().join(".")
}
