//! Values that a change of type refuses: too long, too large, or no text of the new type.

use super::plain::is_plain;
use super::{Case, Condition, relation};
use architrave_model::catalog::TypeKind;
use architrave_model::migration::Target;
use architrave_model::name::{QualifiedName, quote_ident, quote_literal};
use architrave_sql::lex::{Lexer, Token, TokenKind, name_of};

/// A type in PostgreSQL's own spelling, with its modifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    base: String,
    modifiers: Vec<i32>,
}

/// What the value is that is cast, and how.
struct Source {
    expression: String,
    /// The text says `::`: strings are cut where an assignment would refuse.
    explicit: bool,
    is_plain: bool,
}

/// The condition of ALTER COLUMN … TYPE; none where every value passes or nothing can be said.
pub(super) fn of(case: &Case<'_>, table: &Target, column: &str, type_text: &str, using: Option<&str>) -> Option<Condition> {
    let old = case.step.table(&table.name)?.column(column)?;
    let (from, to) = (named(&old.data_type)?, named(type_text)?);
    let source = source(column, using, &to)?;
    let value = source.expression.as_str();
    let refused = if let Some(labels) = enum_labels(case, &from.base) {
        if is_text(&to) {
            too_long(&format!("{value}::text"), &to).map(Refused::Rows)?
        } else {
            not_among(value, &enum_labels(case, &to.base)?, Some(&labels))?
        }
    } else if is_text(&from) || value != quote_ident(column) {
        from_text(case, value, &to, type_text)?
    } else {
        Refused::Rows(from_number(value, &from, &to)?)
    };
    let what = match (source.explicit, is_text(&to)) {
        (true, true) => format!("nothing in {column} is cut by becoming {type_text}"),
        _ => format!("every {column} fits {type_text}"),
    };
    let probe = match &refused {
        Refused::Rows(condition) => format!("select count(*) from {} where {condition}", relation(table)),
        Refused::Cast(cast) => format!("select count({cast}) - count({cast}) from {}", relation(table)),
    };
    Some(Condition { what, probe, is_plain: source.is_plain })
}

/// How the rows are told that do not pass.
enum Refused {
    /// By a condition.
    Rows(String),
    /// By nothing but the cast itself, which fails over the first of them.
    Cast(String),
}

/// The value that is cast: the column, or what stands before the last cast of USING when that goes to the new type.
fn source(column: &str, using: Option<&str>, to: &Named) -> Option<Source> {
    let own = quote_ident(column);
    let Some(using) = using else { return Some(Source { expression: own, explicit: false, is_plain: true }) };
    let Some((inner, type_text)) = last_cast(using) else {
        return (name_of(using.trim()) == column).then_some(Source { expression: own, explicit: false, is_plain: true });
    };
    if named(type_text)? != *to {
        return None;
    }
    let bare = inner.trim_start_matches('(').trim_end_matches(')').trim();
    if name_of(bare) == column {
        return Some(Source { expression: own, explicit: true, is_plain: true });
    }
    // `a::text::integer`: the first cast changes nothing that matters here.
    let of_text = bare.rsplit_once("::").filter(|(_, first)| first.trim().eq_ignore_ascii_case("text"));
    if of_text.is_some_and(|(name, _)| name_of(name.trim()) == column) {
        return Some(Source { expression: format!("{own}::text"), explicit: true, is_plain: true });
    }
    Some(Source { expression: format!("({inner})"), explicit: true, is_plain: is_plain(inner) })
}

/// `inner::type` or `cast(inner as type)`, when the whole expression is that.
fn last_cast(using: &str) -> Option<(&str, &str)> {
    let using = using.trim();
    let tokens: Vec<Token> = Lexer::new(using).filter(|t| t.kind != TokenKind::Space).collect();
    let word = |at: usize| tokens.get(at).and_then(|t| using.get(t.start..t.end)).unwrap_or_default();
    let mut depth = 0;
    let (mut colons, mut as_word, mut operators) = (None, None, false);
    let called = word(0).eq_ignore_ascii_case("cast");
    let mut closed_at = None;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::OpenParen => depth += 1,
            TokenKind::CloseParen => {
                depth -= 1;
                closed_at = closed_at.or((depth == 0).then_some(at));
            }
            TokenKind::DoubleColon if depth == 0 => colons = Some(*token),
            TokenKind::Other | TokenKind::Equals if depth == 0 => operators = true,
            TokenKind::Word if depth == 1 && called && word(at).eq_ignore_ascii_case("as") => as_word = Some(*token),
            _ => {}
        }
    }
    if word(0) == "(" && closed_at == Some(tokens.len() - 1) {
        return last_cast(using.get(1..using.len() - 1)?);
    }
    // A cast binds closer than any operator: `a + b::int` casts b.
    if operators {
        return None;
    }
    if let Some(colons) = colons {
        return Some((using.get(..colons.start)?.trim(), using.get(colons.end..)?.trim()));
    }
    let (open, split, close) = (tokens.get(1)?, as_word?, tokens.last()?);
    Some((using.get(open.end..split.start)?.trim(), using.get(split.end..close.start)?.trim()))
}

fn from_text(case: &Case<'_>, value: &str, to: &Named, type_text: &str) -> Option<Refused> {
    if is_text(to) {
        return too_long(value, to).map(Refused::Rows);
    }
    if let Some(labels) = enum_labels(case, &to.base) {
        return not_among(value, &labels, None);
    }
    if !is_plain(type_text) {
        return None;
    }
    let text = format!("{value}::text");
    if case.migrations.major >= 16 {
        return Some(Refused::Rows(format!("not pg_catalog.pg_input_is_valid({text}, {})", quote_literal(type_text))));
    }
    let digits = |least: &str, most: &str| {
        format!(
            "case when {text} ~ '^\\s*[-+]?[0-9]+\\s*$' then {text}::numeric not between {least} and {most} else {value} is not null end"
        )
    };
    Some(match to.base.as_str() {
        "smallint" | "integer" | "bigint" => {
            let (least, most) = range(&to.base)?;
            Refused::Rows(digits(least, most))
        }
        "boolean" => Refused::Rows(format!(
            "lower(btrim({text})) not in ('t', 'tr', 'tru', 'true', 'f', 'fa', 'fal', 'fals', 'false', 'y', 'ye', 'yes', 'n', 'no', 'on', 'of', 'off', '1', '0')"
        )),
        "uuid" => {
            let form = "([0-9a-f]{4}-?){7}[0-9a-f]{4}";
            Refused::Rows(format!("{text} !~* '^({form}|\\{{{form}\\}})$'"))
        }
        _ => Refused::Cast(format!("{value}::{type_text}")),
    })
}

/// Strings that do not fit: blanks at the end do not count.
fn too_long(value: &str, to: &Named) -> Option<String> {
    let most = match (to.base.as_str(), to.modifiers.first()) {
        ("character", None) => 1,
        ("character" | "character varying", Some(most)) => *most,
        _ => return None,
    };
    Some(format!("char_length(rtrim({value}, ' ')) > {most}"))
}

/// Labels that the other type does not have; none when it has all that there can be.
fn not_among(value: &str, labels: &[String], all: Option<&[String]>) -> Option<Refused> {
    if all.is_some_and(|all| all.iter().all(|l| labels.contains(l))) {
        return None;
    }
    let list: Vec<String> = labels.iter().map(|l| quote_literal(l)).collect();
    Some(Refused::Rows(format!("{value}::text not in ({})", list.join(", "))))
}

fn from_number(value: &str, from: &Named, to: &Named) -> Option<String> {
    let whole = |base: &str| matches!(base, "smallint" | "integer" | "bigint");
    let broken = matches!(from.base.as_str(), "numeric" | "real" | "double precision");
    if !whole(&from.base) && !broken {
        return None;
    }
    if whole(&to.base) {
        let widens = |from: &str, to: &str| {
            let width = |base: &str| ["smallint", "integer", "bigint"].iter().position(|b| *b == base);
            width(from).zip(width(to)).is_some_and(|(from, to)| from <= to)
        };
        let (least, most) = range(&to.base)?;
        let number = if from.base == "numeric" { format!("round({value})") } else { value.to_owned() };
        let number = if matches!(from.base.as_str(), "real" | "double precision") { format!("round({value}::float8)") } else { number };
        return (!widens(&from.base, &to.base)).then(|| format!("{number} not between {least} and {most}"));
    }
    let (Some(precision), "numeric") = (to.modifiers.first(), to.base.as_str()) else {
        return is_text(to).then(|| too_long(&format!("{value}::text"), to)).flatten();
    };
    let scale = to.modifiers.get(1).copied().unwrap_or(0);
    if let (Some(old), "numeric") = (from.modifiers.first(), from.base.as_str()) {
        let old_scale = from.modifiers.get(1).copied().unwrap_or(0);
        if old - old_scale <= precision - scale && old_scale <= scale {
            return None;
        }
    }
    // NaN fits every numeric, and is greater than every number.
    let number = if broken { format!("{value} <> 'NaN' and ") } else { String::new() };
    Some(format!("{number}abs(round({value}::numeric, {scale})) >= 1e{}", precision - scale))
}

fn range(base: &str) -> Option<(&'static str, &'static str)> {
    Some(match base {
        "smallint" => ("-32768", "32767"),
        "integer" => ("-2147483648", "2147483647"),
        "bigint" => ("-9223372036854775808", "9223372036854775807"),
        _ => return None,
    })
}

fn is_text(named: &Named) -> bool {
    matches!(named.base.as_str(), "text" | "character varying" | "character" | "bpchar" | "name" | "citext")
}

/// Labels of an enum that is there, or that a statement before this one makes.
fn enum_labels(case: &Case<'_>, base: &str) -> Option<Vec<String>> {
    let is_it = |name: &QualifiedName| base == name.sql() || base == name.to_string() || base == name.name;
    if let Some(made) = case.enums.iter().rev().find(|e| e.step < case.number && is_it(e.name)) {
        return Some(made.labels.to_vec());
    }
    let known = case.step.before.types.iter().find(|t| is_it(&t.name))?;
    if let TypeKind::Enum { labels } = &known.kind { Some(labels.clone()) } else { None }
}

/// Reads a type as PostgreSQL prints it or as people write it; none for arrays.
fn named(text: &str) -> Option<Named> {
    let text = text.trim();
    if text.ends_with(']') || text.to_ascii_lowercase().contains(" array") {
        return None;
    }
    let (before, modifiers, after) = match (text.find('('), text.rfind(')')) {
        (Some(open), Some(close)) if open < close => (&text[..open], &text[open + 1..close], &text[close + 1..]),
        _ => (text, "", ""),
    };
    let written = format!("{} {}", before.trim(), after.trim()).trim().to_owned();
    let lower = if written.contains('"') { written } else { written.to_ascii_lowercase() };
    let squeezed = lower.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = squeezed.strip_prefix("pg_catalog.").unwrap_or(&squeezed);
    let base = match plain {
        "int" | "int4" => "integer",
        "int8" => "bigint",
        "int2" => "smallint",
        "varchar" | "char varying" => "character varying",
        "char" => "character",
        "decimal" | "dec" => "numeric",
        "float8" | "float" => "double precision",
        "float4" => "real",
        "bool" => "boolean",
        other => other,
    };
    let modifiers = modifiers.split(',').filter_map(|m| m.trim().parse().ok()).collect();
    Some(Named { base: base.to_owned(), modifiers })
}
