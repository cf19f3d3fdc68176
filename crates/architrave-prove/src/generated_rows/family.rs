//! Families of types: what a column's values are, seen through domains, enums and modifiers.

use architrave_model::Catalog;
use architrave_model::catalog::{Constraint, TypeKind};

/// How values of a type are made.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Family {
    /// Whole numbers within limits.
    Integer { least: i128, most: i128 },
    /// `numeric`; scale and number of digits when declared.
    Decimal { scale: Option<u32>, digits: Option<u32> },
    /// `real` and `double precision`.
    Float { single: bool },
    /// `date`.
    Date,
    /// `timestamp` with or without time zone.
    Timestamp { zone: bool },
    /// `time without time zone`.
    Time,
    /// `uuid`.
    Uuid,
    /// `inet` (and `cidr`, whose hosts are networks of one).
    Inet,
    /// `boolean` and enums: their labels in order.
    Labels(Vec<String>),
    /// Character types; the longest value in characters.
    Text { most: Option<usize> },
    /// `bytea`.
    Bytes,
    /// `json` and `jsonb`.
    Json,
    /// An array.
    Array(Box<Family>),
    /// `tsvector`.
    TsVector,
    /// A range over a family; or a multirange.
    Range { of: Box<Family>, multi: bool },
    /// Anything else: only known values can be repeated. The type's name.
    Other(String),
}

/// A column's type seen through its domains.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Resolved<'a> {
    /// Family of the base type.
    pub(super) family: Family,
    /// A domain on the way is NOT NULL.
    pub(super) not_null: bool,
    /// Checks of the domains on the way.
    pub(super) checks: Vec<&'a Constraint>,
}

/// Resolves a type as `format_type` prints it.
pub(super) fn resolve<'a>(catalog: &'a Catalog, data_type: &str) -> Resolved<'a> {
    let mut resolved = Resolved { family: Family::Other(data_type.to_owned()), not_null: false, checks: Vec::new() };
    let mut data_type = data_type;
    // Domains over domains; the bound is against a catalogue that contradicts itself.
    for _ in 0..16 {
        let Some(own) = catalog.types.iter().find(|t| named(&t.name.schema, &t.name.name, data_type)) else { break };
        match &own.kind {
            TypeKind::Domain { base, not_null, constraints, .. } => {
                resolved.not_null |= *not_null;
                resolved.checks.extend(constraints);
                data_type = base;
            }
            TypeKind::Enum { labels } => {
                resolved.family = Family::Labels(labels.clone());
                return resolved;
            }
            TypeKind::Range { subtype, .. } => {
                resolved.family = Family::Range { of: Box::new(resolve(catalog, subtype).family), multi: false };
                return resolved;
            }
            TypeKind::Composite { .. } | TypeKind::Base => break,
        }
    }
    resolved.family = match data_type.strip_suffix("[]") {
        Some(element) => Family::Array(Box::new(resolve(catalog, element).family)),
        None => built_in(data_type),
    };
    resolved
}

/// Whether a printed type name is this type.
fn named(schema: &str, name: &str, printed: &str) -> bool {
    let quoted = |part: &str| format!("\"{}\"", part.replace('"', "\"\""));
    let spellings = [name.to_owned(), quoted(name)];
    spellings.iter().any(|n| {
        printed == n
            || printed.strip_suffix(n.as_str()).and_then(|rest| rest.strip_suffix('.')).is_some_and(|s| s == schema || s == quoted(schema))
    })
}

/// The numbers between the parentheses of a type, and the type without them.
fn modifiers(data_type: &str) -> (String, Vec<u32>) {
    match (data_type.find('('), data_type.find(')')) {
        (Some(open), Some(close)) if open < close => {
            let name = format!("{}{}", data_type[..open].trim_end(), &data_type[close + 1..]);
            (name, data_type[open + 1..close].split(',').filter_map(|n| n.trim().parse().ok()).collect())
        }
        _ => (data_type.to_owned(), Vec::new()),
    }
}

fn built_in(data_type: &str) -> Family {
    let (name, numbers) = modifiers(data_type);
    let range = |of: Family| Family::Range { of: Box::new(of), multi: name.ends_with("multirange") };
    let decimal = Family::Decimal { scale: None, digits: None };
    match name.as_str() {
        "smallint" => Family::Integer { least: i128::from(i16::MIN), most: i128::from(i16::MAX) },
        "integer" => integer(),
        "bigint" => bigint(),
        "oid" => Family::Integer { least: 0, most: i128::from(u32::MAX) },
        "numeric" => {
            let digits = numbers.first().copied();
            Family::Decimal { scale: digits.map(|_| numbers.get(1).copied().unwrap_or(0)), digits }
        }
        "real" => Family::Float { single: true },
        "double precision" => Family::Float { single: false },
        "date" => Family::Date,
        "timestamp without time zone" => Family::Timestamp { zone: false },
        "timestamp with time zone" => Family::Timestamp { zone: true },
        "time without time zone" => Family::Time,
        "uuid" => Family::Uuid,
        "inet" | "cidr" => Family::Inet,
        "boolean" => Family::Labels(vec!["f".to_owned(), "t".to_owned()]),
        "text" | "character varying" | "character" | "bpchar" => Family::Text { most: numbers.first().map(|n| *n as usize) },
        "name" => Family::Text { most: Some(63) },
        "\"char\"" => Family::Text { most: Some(1) },
        "bytea" => Family::Bytes,
        "json" | "jsonb" => Family::Json,
        "tsvector" => Family::TsVector,
        "int4range" | "int4multirange" => range(integer()),
        "int8range" | "int8multirange" => range(bigint()),
        "numrange" | "nummultirange" => range(decimal),
        "daterange" | "datemultirange" => range(Family::Date),
        "tsrange" | "tsmultirange" => range(Family::Timestamp { zone: false }),
        "tstzrange" | "tstzmultirange" => range(Family::Timestamp { zone: true }),
        other if other.rsplit('.').next() == Some("citext") => Family::Text { most: None },
        _ => Family::Other(data_type.to_owned()),
    }
}

fn integer() -> Family {
    Family::Integer { least: i128::from(i32::MIN), most: i128::from(i32::MAX) }
}

fn bigint() -> Family {
    Family::Integer { least: i128::from(i64::MIN), most: i128::from(i64::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::QualifiedName;
    use architrave_model::catalog::TypeDef;

    fn catalog() -> Catalog {
        let of = |name: &str, kind| TypeDef {
            name: QualifiedName::new("app", name),
            owner: String::new(),
            kind,
            extension: None,
            grants: Vec::new(),
            comment: None,
        };
        let domain = |base: &str, not_null| TypeKind::Domain {
            base: base.into(),
            not_null,
            default: None,
            collation: None,
            constraints: Vec::new(),
        };
        Catalog {
            types: vec![
                of("Mood", TypeKind::Enum { labels: vec!["sad".into(), "ok".into()] }),
                of("inner_text", domain("character varying(20)", true)),
                of("outer_text", domain("app.inner_text", false)),
                of("span", TypeKind::Range { subtype: "date".into(), multirange: None }),
            ],
            ..Catalog::default()
        }
    }

    #[test]
    fn types_are_seen_through_domains_quotes_and_brackets() {
        let catalog = catalog();
        let family = |t: &str| resolve(&catalog, t).family;
        assert_eq!(family("app.\"Mood\""), Family::Labels(vec!["sad".into(), "ok".into()]));
        assert_eq!(family("app.outer_text"), Family::Text { most: Some(20) });
        assert!(resolve(&catalog, "app.outer_text").not_null);
        assert_eq!(family("app.outer_text[]"), Family::Array(Box::new(Family::Text { most: Some(20) })));
        assert_eq!(family("app.span"), Family::Range { of: Box::new(Family::Date), multi: false });
        assert_eq!(family("numeric(12,2)"), Family::Decimal { scale: Some(2), digits: Some(12) });
        assert_eq!(family("timestamp(3) with time zone"), Family::Timestamp { zone: true });
        assert_eq!(family("public.citext"), Family::Text { most: None });
        assert_eq!(family("point"), Family::Other("point".into()));
    }
}
