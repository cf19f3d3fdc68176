//! A small language of sentence patterns, matched from the first word to the last.
//!
//! A pattern is a list of elements: `a|b` one of these words, `a|b?` perhaps, `{kinds}` and its like a capture. Everything in a sentence
//! must be matched by something, so a word that nobody foresaw leaves the sentence a quotation.

use super::sql_type;
use super::words::Token;
use architrave_model::house::NameCase;

/// What the captures of a pattern matched.
#[derive(Debug, Clone, Default)]
pub(super) struct Captures {
    /// `{kinds}`: `table`, `column`, `index`, `constraint`, `foreign key`, `foreign key column`, `view`, `function`, `name`.
    pub(super) kinds: Vec<&'static str>,
    pub(super) case: Option<NameCase>,
    /// `{type}` and `{types}`: types as `format_type` prints them.
    pub(super) types: Vec<&'static str>,
    /// `{other}`: the second type of a comparison.
    pub(super) other: Vec<&'static str>,
    /// `{names}`.
    pub(super) names: Vec<String>,
    /// `{code}`.
    pub(super) code: Option<String>,
    /// `{number}`: plural.
    pub(super) plural: Option<bool>,
}

/// Matches a whole sentence.
pub(super) fn matches(pattern: &str, tokens: &[Token]) -> Option<Captures> {
    let elements: Vec<&str> = pattern.split_whitespace().collect();
    walk(&elements, tokens, Captures::default())
}

fn walk(elements: &[&str], tokens: &[Token], so_far: Captures) -> Option<Captures> {
    let Some((element, rest)) = elements.split_first() else { return tokens.is_empty().then_some(so_far) };
    if let Some(capture) = element.strip_prefix('{').and_then(|e| e.strip_suffix('}')) {
        // The longest capture first.
        return (1..=tokens.len()).rev().find_map(|n| {
            let mut captures = so_far.clone();
            take(capture, &tokens[..n], &mut captures)?;
            walk(rest, &tokens[n..], captures)
        });
    }
    let (words, optional) = element.strip_suffix('?').map_or((*element, false), |words| (words, true));
    if let Some((first, behind)) = tokens.split_first()
        && first.word().is_some_and(|w| words.split('|').any(|word| word == w))
        && let Some(found) = walk(rest, behind, so_far.clone())
    {
        return Some(found);
    }
    if optional { walk(rest, tokens, so_far) } else { None }
}

fn take(capture: &str, tokens: &[Token], captures: &mut Captures) -> Option<()> {
    match capture {
        "kinds" => captures.kinds = kinds(tokens)?,
        "case" => captures.case = Some(case(tokens)?),
        "number" => captures.plural = Some(number(tokens)?),
        "type" => captures.types = vec![one_type(tokens, false)?],
        "types" => captures.types = list(tokens, |t| one_type(t, false))?,
        "sure" => captures.types = list(tokens, |t| one_type(t, true))?,
        "keys" => captures.types = list(tokens, key_type)?,
        "other" => captures.other = list(tokens, |t| one_type(t, false))?,
        "names" => captures.names = list(tokens, column_name)?,
        "code" => match tokens {
            [Token::Code(code)] if !code.contains(char::is_whitespace) => captures.code = Some(code.clone()),
            [Token::Word(word)] if word.contains('_') => captures.code = Some(word.clone()),
            _ => return None,
        },
        _ => return None,
    }
    Some(())
}

/// Items joined by commas, slashes, `and` and `or`.
fn list<T: PartialEq>(tokens: &[Token], item: impl Fn(&[Token]) -> Option<T>) -> Option<Vec<T>> {
    let joins = |t: &Token| matches!(t.word(), Some("," | "/" | "and" | "or" | "&" | "nor"));
    let mut found = Vec::new();
    for part in tokens.split(joins) {
        match part {
            // `a, and b` has an empty part between its joins.
            [] => {}
            [Token::Word(either), rest @ ..] if either == "either" => found.push(item(rest)?),
            part => found.push(item(part)?),
        }
    }
    let edge = |t: Option<&Token>| t.is_some_and(joins);
    (!found.is_empty() && !edge(tokens.first()) && !edge(tokens.last())).then_some(found)
}

fn one_type(tokens: &[Token], sure: bool) -> Option<&'static str> {
    if tokens.len() > 5 {
        return None;
    }
    let text = tokens.iter().map(Token::lower).collect::<Vec<_>>().join(" ");
    let plain = tokens.iter().all(|t| t.word().is_some());
    if sure && plain && !sql_type::is_distinct(&text) {
        return None;
    }
    sql_type::parse(&text)
}

fn key_type(tokens: &[Token]) -> Option<&'static str> {
    let tokens = match tokens {
        [Token::Word(article), rest @ ..] if matches!(article.as_str(), "a" | "an") => rest,
        all => all,
    };
    let text = tokens.iter().map(Token::lower).collect::<Vec<_>>().join(" ");
    sql_type::parse_key(&text)
}

/// A column, perhaps with its type: `created_at timestamptz not null`.
fn column_name(tokens: &[Token]) -> Option<String> {
    let tokens = match tokens {
        [Token::Word(article), rest @ ..] if matches!(article.as_str(), "a" | "an" | "the") => rest,
        all => all,
    };
    let [token] = tokens else { return None };
    if let Some(name) = token.name() {
        return (!name.contains('.') && sql_type::parse(name).is_none()).then(|| name.to_owned());
    }
    let Token::Code(code) = token else { return None };
    let (name, definition) = code.split_once(' ')?;
    let typed = (1..=4).any(|n| sql_type::parse(&definition.split_whitespace().take(n).collect::<Vec<_>>().join(" ")).is_some());
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && sql_type::parse(name).is_none();
    (typed && plain).then(|| name.to_owned())
}

fn kinds(tokens: &[Token]) -> Option<Vec<&'static str>> {
    list(tokens, |part| {
        let words: Option<Vec<&str>> = part.iter().map(Token::word).collect();
        let mut words = words?;
        while matches!(words.first(), Some(&("all" | "the"))) && words.len() > 1 {
            words.remove(0);
        }
        Some(match words.as_slice() {
            ["table" | "tables"] => "table",
            ["column" | "columns" | "field" | "fields"] => "column",
            ["index" | "indexes" | "indices"] => "index",
            ["constraint" | "constraints"] => "constraint",
            ["view" | "views"] => "view",
            ["function" | "functions"] => "function",
            ["foreign", "key" | "keys"] | ["foreign", "key", "constraint" | "constraints"] => "foreign key",
            ["foreign", "key", "column" | "columns"] => "foreign key column",
            ["name" | "names" | "identifier" | "identifiers"] | ["database", "object" | "objects" | "identifier" | "identifiers"] => "name",
            _ => return None,
        })
    })
}

fn case(tokens: &[Token]) -> Option<NameCase> {
    let text: String = tokens.iter().map(Token::lower).collect::<Vec<_>>().join(" ");
    let raw: String = text.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).collect();
    let bare = raw.strip_prefix("lowercase").or_else(|| raw.strip_prefix("lower").filter(|r| r.starts_with("snake"))).unwrap_or(&raw);
    Some(match bare {
        "snakecase" | "snakecased" => NameCase::SnakeCase,
        "lowercamelcase" => NameCase::CamelCase,
        "camelcase" if raw == bare => NameCase::CamelCase,
        "pascalcase" | "uppercamelcase" if raw == bare => NameCase::PascalCase,
        "kebabcase" => NameCase::KebabCase,
        _ => return None,
    })
}

fn number(tokens: &[Token]) -> Option<bool> {
    let words: Option<Vec<&str>> = tokens.iter().map(Token::word).collect();
    let words: Vec<&str> =
        words?.into_iter().filter(|w| !matches!(*w, "the" | "in" | "a" | "form" | "noun" | "nouns" | "always")).collect();
    match words.as_slice() {
        ["plural" | "plurals"] => Some(true),
        ["singular"] => Some(false),
        _ => None,
    }
}
