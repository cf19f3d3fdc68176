//! Values of every type as PostgreSQL reads them from text, and candidates where a check asks for more.

use super::pattern;
use architrave_model::catalog::{Catalog, Column, TypeDef, TypeKind};
use architrave_sql::lex::{Lexer, TokenKind};

/// First number of our own keys: sequences of an empty schema do not come so far.
const KEYS: u64 = 900_000;

/// The user-defined type of that name, as `format_type` prints it.
pub(super) fn own_type<'c>(catalog: &'c Catalog, data_type: &str) -> Option<&'c TypeDef> {
    let bare = data_type.trim_end_matches("[]");
    let is_it = |t: &TypeDef| t.name.sql() == bare || t.name.to_string() == bare || (t.name.schema == "public" && t.name.name == bare);
    // Asked for every column of every row: the name alone rules most out.
    catalog.types.iter().find(|t| bare.contains(t.name.name.trim_matches('"')) && is_it(t))
}

/// A value for the row of that number; `unique` makes it differ from row to row. None for a type that nobody can make.
pub(super) fn sample(catalog: &Catalog, data_type: &str, word: &str, number: u64, unique: bool) -> Option<String> {
    if data_type.ends_with("[]") {
        return Some(if unique {
            format!("{{{}}}", sample(catalog, data_type.trim_end_matches("[]"), word, number, true)?)
        } else {
            "{}".to_owned()
        });
    }
    if let Some(own) = own_type(catalog, data_type) {
        return of_own(catalog, own, word, number, unique);
    }
    let (base, modifier) = split(data_type);
    let n = number;
    Some(match base.as_str() {
        "smallint" => if unique { 9_000 + n % 20_000 } else { 1 }.to_string(),
        "integer" | "bigint" | "oid" => if unique { KEYS + n } else { 1 }.to_string(),
        "numeric" | "real" | "double precision" => {
            let digits = modifier.first().copied().unwrap_or(9).saturating_sub(modifier.get(1).copied().unwrap_or(0)).min(9);
            if unique { (n % 10u64.pow(u32::try_from(digits).unwrap_or(1))).to_string() } else { "1".to_owned() }
        }
        "text" | "citext" | "name" | "character varying" | "extensions.citext" | "public.citext" => {
            shortened(&format!("{word}-{n}"), n, modifier.first().copied())
        }
        "character" => {
            let length = usize::try_from(modifier.first().copied().unwrap_or(1)).unwrap_or(1);
            let digits = n.to_string();
            digits.get(digits.len().saturating_sub(length)..).unwrap_or("1").to_owned()
        }
        "boolean" => "f".to_owned(),
        "uuid" => format!("00000000-0000-4000-8000-{n:012}"),
        "date" => date(n),
        "timestamp without time zone" | "timestamp" => format!("{} 00:00:00", date(n)),
        "timestamp with time zone" => format!("{} 00:00:00+00", date(n)),
        "time without time zone" | "time" => "12:00:00".to_owned(),
        "time with time zone" => "12:00:00+00".to_owned(),
        "interval" => "1 day".to_owned(),
        "json" | "jsonb" => {
            if unique {
                format!("{{\"n\": {n}}}")
            } else {
                "{}".to_owned()
            }
        }
        other => return of_rarer(other, &modifier, n),
    })
}

/// Addresses, bits, shapes, ranges and the system's own types.
fn of_rarer(base: &str, modifier: &[u64], n: u64) -> Option<String> {
    Some(match base {
        "bytea" => format!("\\x{n:08x}"),
        "inet" => format!("10.0.{}.{}", n / 250 % 250, n % 250 + 1),
        "cidr" => format!("10.{}.{}.0/24", n / 250 % 250, n % 250),
        "macaddr" => format!("08:00:2b:00:{:02x}:{:02x}", n / 256 % 256, n % 256),
        "macaddr8" => format!("08:00:2b:ff:fe:00:{:02x}:{:02x}", n / 256 % 256, n % 256),
        "bit" => "0".repeat(usize::try_from(modifier.first().copied().unwrap_or(1)).unwrap_or(1)),
        "bit varying" => "0".to_owned(),
        "money" => n.to_string(),
        "xml" => "<a/>".to_owned(),
        "point" => format!("({n},{n})"),
        "line" => "{1,0,0}".to_owned(),
        "lseg" | "path" => "[(0,0),(1,1)]".to_owned(),
        "box" => "(1,1),(0,0)".to_owned(),
        "polygon" => "((0,0),(1,0),(1,1))".to_owned(),
        "circle" => "<(0,0),1>".to_owned(),
        "tsvector" | "tsquery" | "\"char\"" => "a".to_owned(),
        "int4range" | "int8range" | "numrange" => format!("[{n},{})", n + 1),
        "daterange" => format!("[{},{})", date(n), date(n + 1)),
        "tsrange" | "tstzrange" => format!("[{} 10:00,{} 11:00)", date(n), date(n)),
        "int4multirange" | "int8multirange" | "nummultirange" | "datemultirange" | "tsmultirange" | "tstzmultirange" => "{}".to_owned(),
        "jsonpath" => "$".to_owned(),
        "pg_lsn" => "0/0".to_owned(),
        "xid" | "cid" | "xid8" => "1".to_owned(),
        "regclass" => "pg_catalog.pg_class".to_owned(),
        "regtype" => "integer".to_owned(),
        "regproc" | "regprocedure" | "regrole" | "regnamespace" | "regoper" | "regoperator" | "regconfig" | "regdictionary" => {
            "-".to_owned()
        }
        other => return of_extension(other, modifier, n),
    })
}

/// Types of well-known extensions, whichever schema they are in.
fn of_extension(base: &str, modifier: &[u64], n: u64) -> Option<String> {
    Some(match base.rsplit('.').next().unwrap_or(base) {
        "citext" => format!("text-{n}"),
        "hstore" => String::new(),
        "ltree" => format!("a.n{n}"),
        "lquery" => "a".to_owned(),
        "vector" | "halfvec" => {
            let length = usize::try_from(modifier.first().copied().unwrap_or(3)).unwrap_or(3);
            format!("[{}]", vec!["0"; length].join(","))
        }
        "geometry" | "geography" => "SRID=4326;POINT(0 0)".to_owned(),
        "cube" => "(1)".to_owned(),
        _ => return None,
    })
}

fn of_own(catalog: &Catalog, own: &TypeDef, word: &str, number: u64, unique: bool) -> Option<String> {
    match &own.kind {
        TypeKind::Enum { labels } => labels.first().cloned(),
        TypeKind::Domain { base, .. } => sample(catalog, base, word, number, unique),
        TypeKind::Composite { attributes } => {
            let part = |a: &architrave_model::catalog::CompositeAttribute| {
                let value = sample(catalog, &a.data_type, word, number, unique).unwrap_or_default();
                format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\"\""))
            };
            Some(format!("({})", attributes.iter().map(part).collect::<Vec<_>>().join(",")))
        }
        TypeKind::Range { subtype, .. } => {
            let low = sample(catalog, subtype, word, number, true)?;
            let high = sample(catalog, subtype, word, number + 1, true)?;
            Some(format!("[\"{low}\",\"{high}\")"))
        }
        TypeKind::Base => of_extension(&own.name.name, &[], number),
    }
}

/// `character varying(20)` as base and modifiers.
pub(super) fn split(data_type: &str) -> (String, Vec<u64>) {
    let (Some(open), Some(close)) = (data_type.find('('), data_type.find(')')) else { return (data_type.to_owned(), Vec::new()) };
    let inside = data_type.get(open + 1..close).unwrap_or_default();
    let rest = data_type.get(close + 1..).unwrap_or_default();
    let base = format!("{}{rest}", data_type.get(..open).unwrap_or_default().trim_end());
    (base, inside.split(',').filter_map(|d| d.trim().parse().ok()).collect())
}

fn date(n: u64) -> String {
    format!("{:04}-{:02}-{:02}", 2020 + n / 336 % 100, n / 28 % 12 + 1, n % 28 + 1)
}

fn shortened(text: &str, n: u64, longest: Option<u64>) -> String {
    let Some(longest) = longest.and_then(|l| usize::try_from(l).ok()) else { return text.to_owned() };
    if text.len() <= longest {
        return text.to_owned();
    }
    let digits = format!("v{n}");
    digits.get(digits.len().saturating_sub(longest)..).unwrap_or_default().to_owned()
}

/// Values that a column may be tried with, the likeliest first; none stands for NULL.
pub(super) fn candidates(catalog: &Catalog, column: &Column, conditions: &[&str], number: u64) -> Vec<Option<String>> {
    let mut out: Vec<String> = Vec::new();
    let (mut base, modifier) = split(&column.data_type);
    let mut labels = Vec::new();
    match own_type(catalog, &base).map(|t| &t.kind) {
        Some(TypeKind::Enum { labels: own }) => labels.clone_from(own),
        Some(TypeKind::Domain { base: below, .. }) => base = split(below).0,
        _ => {}
    }
    let hints = Hints::of(conditions);
    if !labels.is_empty() {
        out.extend(labels);
    } else if base.ends_with("[]") {
        out.push("{}".to_owned());
        let of = base.trim_end_matches("[]").to_owned();
        out.extend(hints.strings.iter().map(|s| format!("{{\"{}\"}}", s.replace('"', ""))));
        out.extend(sample(catalog, &of, "item", number, true).map(|v| format!("{{{v}}}")));
        let two = [number, number + 1].map(|n| sample(catalog, &of, "item", n, true));
        if let [Some(a), Some(b)] = two {
            out.push(format!("{{{a},{b}}}"));
        }
        out.extend(hints.strings.iter().filter(|s| s.starts_with('{')).cloned());
    } else {
        of_base(&base, &modifier, &hints, number, &mut out);
    }
    if let Some(usual) = sample(catalog, &column.data_type, "text", number, true) {
        out.push(usual);
    }
    out.extend(sample(catalog, &column.data_type, "text", number, false));
    let mut seen = std::collections::BTreeSet::new();
    out.retain(|v| seen.insert(v.clone()));
    out.truncate(60);
    let mut all: Vec<Option<String>> = out.into_iter().map(Some).collect();
    if !column.not_null {
        all.push(None);
    }
    all
}

fn of_base(base: &str, modifier: &[u64], hints: &Hints, number: u64, out: &mut Vec<String>) {
    match base {
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" | "money" => {
            let whole = matches!(base, "smallint" | "integer" | "bigint");
            for value in &hints.numbers {
                let near = [*value, value + 1.0, value - 1.0];
                out.extend(near.iter().map(|v| if whole { format!("{}", v.round()) } else { format!("{v}") }));
            }
            out.extend(["1", "0", "-1", "10", "100", "1000"].map(str::to_owned));
            if !whole {
                out.push("0.5".to_owned());
            }
        }
        "boolean" => out.extend(["f", "t"].map(str::to_owned)),
        "date" | "timestamp without time zone" | "timestamp with time zone" | "timestamp" => {
            out.extend(hints.strings.iter().filter(|s| s.len() >= 8 && s.starts_with(|c: char| c.is_ascii_digit())).cloned());
            out.extend(["2020-01-01", "2024-06-01", "2024-06-02", "2999-01-01", "1990-01-01", "infinity"].map(str::to_owned));
        }
        "time without time zone" | "time with time zone" => out.extend(["09:00", "12:00", "17:00", "00:00"].map(str::to_owned)),
        "interval" => out.extend(["1 hour", "1 day", "00:00", "15 minutes", "30 days"].map(str::to_owned)),
        "json" | "jsonb" => {
            out.extend(["{}", "[]", "null", "\"a\"", "1", "true", "{\"a\": 1}", "[\"a\"]", "[1]"].map(str::to_owned));
            let plain: Vec<&String> = hints.strings.iter().filter(|s| !s.contains(['"', '\\', '$'])).collect();
            for value in ["\"a\"", "1", "{}", "[]", "true"] {
                let pairs: Vec<String> = plain.iter().map(|k| format!("\"{k}\": {value}")).collect();
                out.push(format!("{{{}}}", pairs.join(", ")));
            }
            for key in &plain {
                out.extend(plain.iter().filter(|v| v != &key).map(|v| format!("{{\"{key}\": \"{v}\"}}")));
                out.push(format!("[\"{key}\"]"));
                out.push(format!("\"{key}\""));
            }
            out.extend(hints.strings.iter().filter(|s| s.starts_with(['{', '['])).cloned());
        }
        "uuid" => out.extend(hints.strings.iter().filter(|s| s.len() == 36).cloned()),
        "text" | "character varying" | "character" | "citext" | "name" | "extensions.citext" => {
            texts(hints, number, out);
            if let Some(longest) = modifier.first() {
                out.retain(|v| v.chars().count() as u64 <= *longest);
            }
        }
        _ => out.extend(hints.strings.iter().cloned()),
    }
}

/// Texts that checks like: their literals, samples of their patterns, lengths around their numbers, and what addresses look like.
fn texts(hints: &Hints, number: u64, out: &mut Vec<String>) {
    for text in &hints.strings {
        if pattern::looks_like_one(text) {
            out.extend(pattern::samples(text, number));
        } else if text.contains('%') {
            out.push(text.replace('%', &format!("a{number}")).replace('_', "a"));
        } else {
            out.push(text.clone());
        }
    }
    let usual = [
        format!("text{number}"),
        format!("text-{number}"),
        format!("user{number}@example.com"),
        format!("https://example.com/{number}"),
        format!("+1555{number:07}"),
        format!("#{:06x}", number % 0xff_ffff),
        format!("{number}"),
        format!("user_{number}"),
        "en".to_owned(),
        "USD".to_owned(),
        "a".to_owned(),
        String::new(),
    ];
    out.extend(usual);
    for length in hints.numbers.iter().filter(|n| (1.0..=2_000.0).contains(*n)) {
        for near in [*length, length + 1.0, length - 1.0] {
            let length = near as usize;
            let digits = number.to_string();
            let padded = format!("{}{digits}", "a".repeat(length.saturating_sub(digits.len())));
            out.push(padded.get(padded.len().saturating_sub(length)..).unwrap_or_default().to_owned());
            out.push(format!(
                "{}{}",
                "0".repeat(length.saturating_sub(digits.len().min(length))),
                digits.get(digits.len().saturating_sub(length)..).unwrap_or_default()
            ));
        }
    }
}

/// Literals of conditions.
struct Hints {
    strings: Vec<String>,
    numbers: Vec<f64>,
}

impl Hints {
    fn of(conditions: &[&str]) -> Self {
        let (mut strings, mut numbers) = (Vec::new(), Vec::new());
        for condition in conditions {
            for token in Lexer::new(condition) {
                let text = condition.get(token.start..token.end).unwrap_or_default();
                match token.kind {
                    TokenKind::String => {
                        let (escaped, body) = match text.strip_prefix(['E', 'e']) {
                            Some(body) => (true, body),
                            None => (false, text),
                        };
                        let body = body.trim_start_matches('\'').trim_end_matches('\'').replace("''", "'");
                        let value = if escaped { body.replace("\\\\", "\\") } else { body };
                        if let Ok(number) = value.parse::<f64>() {
                            numbers.push(number);
                        }
                        strings.push(value);
                    }
                    TokenKind::Number => numbers.extend(text.parse::<f64>().ok()),
                    _ => {}
                }
            }
        }
        numbers.dedup();
        strings.truncate(40);
        numbers.truncate(20);
        Self { strings, numbers }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fit_their_types() {
        let of = |ty: &str| sample(&Catalog::default(), ty, "owner", 17, true).unwrap_or_default();
        assert_eq!(of("text"), "owner-17");
        assert_eq!(of("character varying(3)"), "v17");
        assert_eq!(of("bigint"), "900017");
        assert_eq!(of("numeric(4,2)"), "17");
        assert_eq!(of("uuid"), "00000000-0000-4000-8000-000000000017");
        assert_eq!(of("integer[]"), "{900017}");
        assert_eq!(sample(&Catalog::default(), "strange.type", "x", 1, false), None);
    }

    #[test]
    fn candidates_come_from_the_condition() {
        let column = Column { name: "code".into(), data_type: "text".into(), not_null: true, ..Column::default() };
        let found = candidates(&Catalog::default(), &column, &["(code ~ '^[A-Z]{3}-[0-9]+$'::text)", "(char_length(code) <= 8)"], 5);
        assert!(found.iter().flatten().any(|v| v.contains("AA-0")), "{found:?}");
        assert!(!found.contains(&None));
    }
}
