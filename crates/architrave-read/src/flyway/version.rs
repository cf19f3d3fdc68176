//! Flyway's file names and versions.

use std::cmp::Ordering;
use std::fmt;

/// What the first letter of a name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefix {
    Versioned,
    Undo,
    Baseline,
    Repeatable,
}

/// A name that Flyway accepts.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) prefix: Prefix,
    /// Empty for repeatable migrations.
    pub(super) version: Version,
    pub(super) description: String,
}

/// A version: numbers compared one by one, trailing zeros count for nothing.
#[derive(Debug, Clone)]
pub(super) struct Version(Vec<String>);

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let parts: Vec<String> = text.split(['.', '_']).map(str::to_owned).collect();
        parts.iter().all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit())).then_some(Self(parts))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let part = |v: &Self, i: usize| v.0.get(i).map_or(String::new(), |p| p.trim_start_matches('0').to_owned());
        for i in 0..self.0.len().max(other.0.len()) {
            let (a, b) = (part(self, i), part(other, i));
            let order = a.len().cmp(&b.len()).then_with(|| a.cmp(&b));
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

/// `V1_2__add_users.sql`, `R__views.sql`, `U…`, `B…`.
pub(super) fn parse_name(name: &str) -> Option<Name> {
    let stem = name.strip_suffix(".sql")?;
    let (head, description) = stem.split_once("__")?;
    let prefix = match head.chars().next()? {
        'V' => Prefix::Versioned,
        'U' => Prefix::Undo,
        'B' => Prefix::Baseline,
        'R' if head.len() == 1 => Prefix::Repeatable,
        _ => return None,
    };
    let version = if prefix == Prefix::Repeatable { Version(Vec::new()) } else { Version::parse(&head[1..])? };
    Some(Name { prefix, version, description: description.replace('_', " ") })
}
