//! How wide values of a type are in a row.

use architrave_model::Catalog;
use architrave_model::catalog::TypeKind;

/// Width and alignment in bytes of a type of fixed width; none for varying and unknown ones.
pub(crate) fn fixed_width(data_type: &str) -> Option<(usize, usize)> {
    let plain = data_type.split('(').next().unwrap_or(data_type).trim_end();
    Some(match plain {
        _ if data_type.ends_with("[]") => return None,
        "boolean" | "\"char\"" => (1, 1),
        "smallint" => (2, 2),
        "integer" | "real" | "date" | "oid" => (4, 4),
        "bigint" | "double precision" | "money" | "pg_lsn" | "timestamp without time zone" => (8, 8),
        "time with time zone" => (12, 8),
        "time" if data_type.ends_with(" with time zone") => (12, 8),
        _ if data_type.starts_with("time") => (8, 8),
        "interval" | "point" => (16, 8),
        "line" | "circle" => (24, 8),
        "lseg" | "box" => (32, 8),
        "uuid" => (16, 1),
        "name" => (64, 1),
        "macaddr" => (6, 4),
        "macaddr8" => (8, 4),
        _ => return None,
    })
}

/// What a column takes in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Bytes; of varying types the average.
    pub(crate) width: usize,
    /// Its offset is a multiple of this.
    pub(crate) align: usize,
    /// The offset of what follows is not known.
    pub(crate) varies: bool,
}

/// The slot of a column of that type; none for types whose layout is not known here.
pub(crate) fn slot_of(catalog: &Catalog, data_type: &str, average_width: i32) -> Option<Slot> {
    if let Some((width, align)) = fixed_width(data_type) {
        return Some(Slot { width, align, varies: false });
    }
    let plain = data_type.split('(').next().unwrap_or(data_type).trim_end();
    let varying =
        ["text", "character varying", "character", "numeric", "json", "jsonb", "bytea", "inet", "cidr", "tsvector", "xml", "bit varying"];
    if varying.contains(&plain) || data_type.ends_with("[]") {
        let width = usize::try_from(average_width).ok()?;
        // Up to 126 bytes the header has one byte, and no alignment.
        return Some(Slot { width, align: if width <= 127 { 1 } else { 4 }, varies: true });
    }
    let enums =
        catalog.types.iter().any(|t| matches!(t.kind, TypeKind::Enum { .. }) && (t.name.sql() == data_type || t.name.name == data_type));
    enums.then_some(Slot { width: 4, align: 4, varies: false })
}
