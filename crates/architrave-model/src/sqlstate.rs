//! Groups of SQLSTATEs that mean one thing to us.

/// A statement names something that is not there: a table, function, column, type, operator or schema.
pub fn is_undefined_name(sqlstate: &str) -> bool {
    matches!(sqlstate, "42P01" | "42883" | "42703" | "42704" | "3F000")
}
