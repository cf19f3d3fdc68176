//! Names of numbered SQL files: number, rest, and which direction the name says.

use crate::draft::{leading_digits, number_key};

/// Which way a file goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Up,
    Down,
}

/// A numbered name.
#[derive(Debug, Clone)]
pub(super) struct Numbered {
    /// Digits as written, `1.2` and `2024-05-01` with their separators.
    pub(super) version: String,
    /// Rest of the name without direction and extension.
    rest: String,
    pub(super) direction: Direction,
}

const DOWN_WORDS: &[&str] = &["down", "undo", "revert", "rollback"];
const UP_WORDS: &[&str] = &["up", "do"];

impl Numbered {
    /// What an up and its down file share.
    pub(super) fn key(&self) -> String {
        format!("{} {}", self.version, self.rest)
    }

    /// Order of application: numbers part by part, then the name.
    pub(super) fn order(&self) -> (Vec<(usize, String)>, String) {
        let parts = self.version.split(['.', '-']).map(|p| {
            let (length, digits) = number_key(p);
            (length, digits.to_owned())
        });
        (parts.collect(), self.rest.clone())
    }
}

/// `0012_users.sql`, `12-users.up.sql`, `2024-05-01_users.sql`, `1.2_users.sql`, `v3.sql`, `V4_users.sql`.
pub(super) fn parse_name(name: &str) -> Option<Numbered> {
    let stem = name.strip_suffix(".sql").or_else(|| name.strip_suffix(".SQL"))?;
    // DbUp's own examples say `Script0001 - Create users.sql`.
    let body = stem.strip_prefix(['v', 'V']).or_else(|| stem.strip_prefix("Script")).unwrap_or(stem);
    let (digits, _) = leading_digits(body)?;
    let mut end = digits.len();
    // Further numbers joined by a dot or a hyphen belong to the version: dates and 1.2.
    while let Some(more) = body[end..].strip_prefix(['.', '-']).and_then(leading_digits) {
        end += 1 + more.0.len();
    }
    let (version, rest) = body.split_at(end);
    if rest.starts_with(|c: char| c.is_alphanumeric()) {
        return None;
    }
    let words: Vec<&str> = rest.split(['_', '-', '.', ' ']).filter(|w| !w.is_empty()).collect();
    let is = |word: Option<&&str>, list: &[&str]| word.is_some_and(|w| list.iter().any(|l| w.eq_ignore_ascii_case(l)));
    // `.down.sql` and `_down.sql`; `001_drop_users.sql` goes up.
    let last_word = words.last();
    // Postgrator writes the direction first: `001.undo.users.sql`.
    let first_word = words.first().filter(|_| rest.starts_with('.'));
    let (down, up) = (is(last_word, DOWN_WORDS), is(last_word, UP_WORDS));
    let (down_first, up_first) = (is(first_word, DOWN_WORDS), is(first_word, UP_WORDS));
    let kept = match words.as_slice() {
        [_, kept @ ..] if down_first || up_first => kept,
        [kept @ .., _] if down || up => kept,
        all => all,
    };
    let down = down_first || down && !up_first;
    Some(Numbered {
        version: version.to_owned(),
        rest: kept.join("_").to_lowercase(),
        direction: if down { Direction::Down } else { Direction::Up },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let parse = |name: &str| parse_name(name).map(|n| (n.version, n.rest, n.direction == Direction::Down));
        let some = |v: &str, r: &str, d| Some((v.to_owned(), r.to_owned(), d));
        assert_eq!(parse("0012_users.sql"), some("0012", "users", false));
        assert_eq!(parse("12-users.down.sql"), some("12", "users", true));
        assert_eq!(parse("001_init_down.sql"), some("001", "init", true));
        assert_eq!(parse("001.undo.add-x.sql"), some("001", "add_x", true));
        assert_eq!(parse("002_drop_users.sql"), some("002", "drop_users", false));
        assert_eq!(parse("2024-05-01_users.sql"), some("2024-05-01", "users", false));
        assert_eq!(parse("v1.2.sql"), some("1.2", "", false));
        assert_eq!(parse("Script0003 - Add users.sql"), some("0003", "add_users", false));
        assert_eq!(parse("2fa.sql"), None);
        assert_eq!(parse("users.sql"), None);
    }

    #[test]
    fn numbers_order_by_value() {
        let order = |name: &str| parse_name(name).unwrap().order();
        assert!(order("2_b.sql") < order("10_a.sql"));
        assert!(order("1.9.sql") < order("1.10.sql"));
        assert!(order("01_a.sql") < order("1_b.sql"));
    }
}
