//! The registry: every rule by group, a plain list that a test compares with the files on disk.

use crate::rules;
use architrave_model::Rule;

/// A group of rules: the part of their ids before the slash.
pub struct Group {
    /// Name.
    pub name: &'static str,
    /// Its rules, sorted by id.
    pub rules: &'static [&'static Rule],
}

/// All groups, sorted by name.
pub static GROUPS: &[Group] = &[
    Group { name: "access", rules: rules::access::RULES },
    Group { name: "backup", rules: rules::backup::RULES },
    Group { name: "clerk", rules: rules::clerk::RULES },
    Group { name: "column", rules: rules::column::RULES },
    Group { name: "comment", rules: rules::comment::RULES },
    Group { name: "connection", rules: rules::connection::RULES },
    Group { name: "constraint", rules: rules::constraint::RULES },
    Group { name: "enum", rules: rules::r#enum::RULES },
    Group { name: "extension", rules: rules::extension::RULES },
    Group { name: "function", rules: rules::function::RULES },
    Group { name: "house", rules: rules::house::RULES },
    Group { name: "index", rules: rules::index::RULES },
    Group { name: "key", rules: rules::key::RULES },
    Group { name: "lock", rules: rules::lock::RULES },
    Group { name: "maintenance", rules: rules::maintenance::RULES },
    Group { name: "migration", rules: rules::migration::RULES },
    Group { name: "naming", rules: rules::naming::RULES },
    Group { name: "network", rules: rules::network::RULES },
    Group { name: "partition", rules: rules::partition::RULES },
    Group { name: "plan", rules: rules::plan::RULES },
    Group { name: "privacy", rules: rules::privacy::RULES },
    Group { name: "query", rules: rules::query::RULES },
    Group { name: "relation", rules: rules::relation::RULES },
    Group { name: "replication", rules: rules::replication::RULES },
    Group { name: "rls", rules: rules::rls::RULES },
    Group { name: "role", rules: rules::role::RULES },
    Group { name: "schema", rules: rules::schema::RULES },
    Group { name: "sequence", rules: rules::sequence::RULES },
    Group { name: "server", rules: rules::server::RULES },
    Group { name: "setting", rules: rules::setting::RULES },
    Group { name: "table", rules: rules::table::RULES },
    Group { name: "trigger", rules: rules::trigger::RULES },
    Group { name: "type", rules: rules::r#type::RULES },
    Group { name: "view", rules: rules::view::RULES },
];

/// Every rule, by id.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    GROUPS.iter().flat_map(|g| g.rules.iter().copied())
}

/// The rule of that id.
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|r| r.id == id)
}

/// The id most like a mistyped one; none when nothing is near.
pub fn nearest(id: &str) -> Option<&'static str> {
    let wanted = id.trim().to_lowercase().replace('_', "-");
    let problem = wanted.rsplit('/').next().unwrap_or(&wanted);
    let distance = |rule: &Rule| {
        let own = rule.id.rsplit('/').next().unwrap_or(rule.id);
        edits(&wanted, rule.id).min(if problem.len() > 3 { edits(problem, own) } else { usize::MAX })
    };
    let (best, nearest) = all().map(|r| (distance(r), r.id)).min()?;
    (best * 3 <= wanted.chars().count().max(3)).then_some(nearest)
}

/// Levenshtein distance in characters.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(usize::MAX - 1);
            let cost = (diagonal + usize::from(x != *y)).min(above + 1).min(left + 1);
            diagonal = above;
            if let Some(cell) = row.get_mut(j) {
                *cell = left;
            }
            left = cost;
        }
        if let Some(cell) = row.last_mut() {
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_counts_insertions_deletions_and_changes() {
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("same", "same"), 0);
    }

    #[test]
    fn a_mistyped_id_finds_its_neighbour_and_nonsense_finds_nothing() {
        assert_eq!(nearest("index/foreign-key-unindex"), Some("index/foreign-key-unindexed"));
        assert_eq!(nearest("foreign_key_unindexed"), Some("index/foreign-key-unindexed"));
        assert_eq!(nearest("rls/disabled-on-exposed-tables"), Some("rls/disabled-on-exposed-table"));
        assert_eq!(nearest("xyzzy"), None);
    }

    #[test]
    fn ids_are_unique_and_sorted_and_carry_their_group() {
        let ids: Vec<&str> = all().map(|r| r.id).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(ids, sorted);
        for group in GROUPS {
            for rule in group.rules {
                assert!(rule.id.starts_with(&format!("{}/", group.name)), "{}", rule.id);
            }
        }
    }
}
