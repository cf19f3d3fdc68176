//! Typed literals: what is a value of a type, and which value stands in where nothing is known.

use architrave_model::catalog::{Catalog, TypeKind};
use architrave_model::name::quote_literal;

/// `'value'::type`.
pub(super) fn typed(value: &str, data_type: &str) -> String {
    format!("{}::{data_type}", quote_literal(value))
}

/// The type without modifiers and array brackets.
pub(super) fn base(data_type: &str) -> &str {
    data_type.split(['(', '[']).next().unwrap_or(data_type).trim()
}

/// Whether a value can be one of this type, as far as its look tells.
pub(super) fn fits(value: &str, data_type: &str) -> bool {
    if data_type.ends_with("[]") {
        return value.starts_with('{');
    }
    match base(data_type) {
        "smallint" | "integer" | "bigint" | "oid" => value.parse::<i64>().is_ok(),
        "numeric" | "real" | "double precision" | "money" => value.parse::<f64>().is_ok(),
        "boolean" => matches!(value, "t" | "f" | "true" | "false"),
        "uuid" => value.len() == 36 && value.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-'),
        "date" | "timestamp without time zone" | "timestamp with time zone" => {
            value.starts_with(|c: char| c.is_ascii_digit()) && value.contains('-')
        }
        "time without time zone" | "time with time zone" => value.contains(':') && !value.contains('-'),
        "json" | "jsonb" => serde_json::from_str::<serde_json::Value>(value).is_ok(),
        "interval" | "tsquery" | "jsonpath" | "bytea" => false,
        other => !other.ends_with("range") && !other.starts_with("reg"),
    }
}

/// A value for a type of which nothing else is known; none for types that have no such value.
pub(super) fn fallback(data_type: &str, catalog: &Catalog) -> Option<String> {
    if let Some(element) = data_type.strip_suffix("[]") {
        return fallback(element, catalog).map(|v| super::array::text(&[v]));
    }
    let value = match base(data_type) {
        "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" | "money" | "oid" => "1",
        "text" | "character varying" | "character" | "name" | "citext" | "bpchar" | "unknown" => "a",
        "boolean" => "t",
        "uuid" => "00000000-0000-0000-0000-000000000000",
        "date" | "timestamp without time zone" | "timestamp with time zone" => "2024-01-01",
        "time without time zone" | "time with time zone" => "12:00",
        "interval" => "1 day",
        "json" | "jsonb" => r#"{"id": 1}"#,
        "jsonpath" => "$.id",
        "inet" | "cidr" => "127.0.0.1",
        "macaddr" => "00:00:00:00:00:00",
        "bytea" => "\\x00",
        "tsquery" | "tsvector" => "word",
        "regclass" => "pg_class",
        "regconfig" => "simple",
        "bit" | "bit varying" => "0",
        "xml" => "<a/>",
        "point" => "(0,0)",
        "int4range" | "int8range" | "numrange" => "[1,10)",
        "daterange" | "tsrange" | "tstzrange" => "[2024-01-01,2024-02-01)",
        other => return of_user_type(other, catalog),
    };
    Some(value.to_owned())
}

/// The first label of an enum, a value of a domain's base type.
fn of_user_type(name: &str, catalog: &Catalog) -> Option<String> {
    let plain = name.rsplit('.').next().unwrap_or(name).trim_matches('"');
    match &catalog.types.iter().find(|t| t.name.name == plain)?.kind {
        TypeKind::Enum { labels } => labels.first().cloned(),
        TypeKind::Domain { base, .. } => fallback(base, catalog),
        _ => None,
    }
}

/// A value of the same look that lies beyond all that the statistics know.
pub(super) fn beyond(first: &str, last: &str, data_type: &str) -> Option<String> {
    match base(data_type) {
        "smallint" | "integer" | "bigint" => {
            let (first, last) = (first.parse::<i64>().ok()?, last.parse::<i64>().ok()?);
            let most = match base(data_type) {
                "smallint" => i64::from(i16::MAX),
                "integer" => i64::from(i32::MAX),
                _ => i64::MAX,
            };
            Some(last.saturating_add(last.saturating_sub(first)).saturating_add(1).min(most).to_string())
        }
        "numeric" | "real" | "double precision" => {
            let (first, last) = (first.parse::<f64>().ok()?, last.parse::<f64>().ok()?);
            Some((last + (last - first) + 1.0).to_string())
        }
        "date" | "timestamp without time zone" | "timestamp with time zone" => {
            let year = last.get(..4)?.parse::<u32>().ok().filter(|y| *y < 9000)?;
            Some(format!("{}{}", year + 10, last.get(4..)?.replacen("-02-29", "-02-28", 1)))
        }
        "uuid" => Some("ffffffff-ffff-ffff-ffff-ffffffffffff".to_owned()),
        "text" | "character varying" => Some("zzzzzzzz".to_owned()),
        _ => None,
    }
}

/// Some characters of a value to search for: from its beginning, or from within.
pub(super) fn fragment(value: &str, from_start: bool) -> String {
    let chars: Vec<char> = value.chars().filter(|c| !matches!(c, '%' | '_' | '\\')).collect();
    let from = if from_start || chars.len() < 5 { 0 } else { chars.len() / 3 };
    chars.iter().skip(from).take(4).collect()
}

/// The value of a key in the text of a JSON object, as `->>` gives it.
pub(super) fn json_value(document: &str, key: &str) -> Option<String> {
    match serde_json::from_str::<serde_json::Value>(document).ok()?.get(key)? {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Null => None,
        other => Some(other.to_string()),
    }
}

/// The first key with a plain value, and that pair as a document.
pub(super) fn json_pair(document: &str) -> Option<(String, String)> {
    let value: serde_json::Value = serde_json::from_str(document).ok()?;
    let (key, value) = value.as_object()?.iter().find(|(_, v)| !v.is_object() && !v.is_array())?;
    Some((key.clone(), serde_json::json!({ key: value }).to_string()))
}
