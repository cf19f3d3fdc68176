//! File patterns of `schema_paths`: `*` and `?` within a component, `**` for any number of components.

/// Whether the path matches the pattern.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    components(&pattern, &path)
}

fn components(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => components(rest, path) || path.split_first().is_some_and(|(_, below)| components(pattern, below)),
        (Some((first, rest)), Some((name, below))) => component(first.as_bytes(), name.as_bytes()) && components(rest, below),
        _ => false,
    }
}

fn component(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => component(rest, name) || name.split_first().is_some_and(|(_, more)| component(pattern, more)),
        (Some((b'?', rest)), Some((_, more))) => component(rest, more),
        (Some((a, rest)), Some((b, more))) => a == b && component(rest, more),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        assert!(matches("s/schemas/*.sql", "s/schemas/a.sql"));
        assert!(!matches("s/schemas/*.sql", "s/schemas/x/a.sql"));
        assert!(matches("s/schemas/**/*.sql", "s/schemas/a.sql"));
        assert!(matches("s/schemas/**/*.sql", "s/schemas/x/y/a.sql"));
        assert!(matches("s/0?_*.sql", "s/01_a.sql"));
        assert!(!matches("s/a.sql", "s/b.sql"));
    }
}
