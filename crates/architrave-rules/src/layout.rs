//! How wide values of a type are in a row.

/// Width and alignment in bytes of a type of fixed width; none for varying and unknown ones.
pub(crate) fn fixed_width(data_type: &str) -> Option<(usize, usize)> {
    let plain = data_type.split('(').next().unwrap_or(data_type).trim_end();
    let with_time = data_type.starts_with("time");
    Some(match plain {
        _ if data_type.ends_with("[]") => return None,
        "boolean" | "\"char\"" => (1, 1),
        "smallint" => (2, 2),
        "integer" | "real" | "date" | "oid" => (4, 4),
        "bigint" | "double precision" | "money" | "pg_lsn" => (8, 8),
        "timestamp without time zone" | "timestamp with time zone" | "time without time zone" => (8, 8),
        "time with time zone" => (12, 8),
        _ if with_time && data_type.starts_with("time(") && data_type.ends_with(" with time zone") => (12, 8),
        _ if with_time => (8, 8),
        "interval" => (16, 8),
        "uuid" => (16, 1),
        "name" => (64, 1),
        "macaddr" => (6, 4),
        "macaddr8" => (8, 4),
        _ => return None,
    })
}
