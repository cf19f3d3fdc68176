//! File names for objects: stable, safe on every file system, and no two alike where case does not count.

use std::collections::BTreeSet;

/// Names that a file system or this tree keeps for itself.
static TAKEN: &[&str] = &[
    "aux",
    "com1",
    "com2",
    "com3",
    "com4",
    "com5",
    "com6",
    "com7",
    "com8",
    "com9",
    "con",
    "lpt1",
    "lpt2",
    "lpt3",
    "lpt4",
    "lpt5",
    "lpt6",
    "lpt7",
    "lpt8",
    "lpt9",
    "nul",
    "prn",
    "readme",
    "statistics",
];

/// Characters of a name that are kept.
const LONGEST: usize = 80;

/// A name for a file or an anchor. Plain lower-case names stay as they are; any other gets a hash of itself, so that `Orders` and `orders` differ
/// everywhere. A plain name holds no `-`, so the two kinds never meet.
pub(super) fn slug(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !name.is_empty() && name.len() <= LONGEST && name.chars().all(plain) && !TAKEN.contains(&name) {
        return name.to_owned();
    }
    let mut readable = String::new();
    for c in name.chars().map(|c| c.to_ascii_lowercase()) {
        if readable.len() >= LONGEST {
            break;
        }
        match c {
            c if plain(c) => readable.push(c),
            _ if readable.ends_with('-') => {}
            _ => readable.push('-'),
        }
    }
    let readable = readable.trim_matches('-');
    format!("{}{}{:08x}", readable, if readable.is_empty() { "x-" } else { "-" }, hash(name) as u32)
}

/// FNV-1a, 64 bit: the same on every machine and in every version.
pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Hands out slugs within one folder; the rare second one of a kind gets a number, in the order of asking.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    pub(super) fn take(&mut self, name: &str) -> String {
        let first = slug(name);
        let mut own = first.clone();
        let mut number = 1;
        while !self.0.insert(own.clone()) {
            number += 1;
            own = format!("{first}-{number}");
        }
        own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_stay_and_others_get_a_hash() {
        assert_eq!(slug("order_items"), "order_items");
        for hostile in ["Orders", "../../etc/passwd", "con", "a b", "", "\"", "💥", "README", "x\ny", "a-b"] {
            let file = slug(hostile);
            assert!(file.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-'), "{file}");
            assert!(file.contains('-') && !file.starts_with('-'), "{file}");
        }
        assert_ne!(slug("Orders"), slug("ORDERS"));
        assert!(slug(&"x".repeat(500)).len() < 100);
    }

    #[test]
    fn the_same_slug_twice_gets_a_number() {
        let mut names = Names::default();
        assert_eq!((names.take("a"), names.take("a")), ("a".to_owned(), "a-2".to_owned()));
    }
}
