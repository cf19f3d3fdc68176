//! The trap schema: a sound half full of look-alikes, and a half full of planted faults. What must be found stands in it.

/// The statements that make it.
pub static SQL: &str = include_str!("../test_data/trap.sql");

/// Groups that judge a server, its roles, its load or a project rather than a schema: nothing can be planted for them in one.
pub const NOT_OF_A_SCHEMA: [&str; 16] = [
    "backup",
    "clerk",
    "connection",
    "extension",
    "house",
    "lock",
    "maintenance",
    "migration",
    "network",
    "plan",
    "query",
    "replication",
    "role",
    "server",
    "setting",
    "statistics",
];

/// A planted fault.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Planted {
    /// Rule that must find it.
    pub rule: &'static str,
    /// Object of the finding, or of one of its places, as findings name it.
    pub object: &'static str,
}

/// All planted faults, sorted: the lines `-- finds: rule object`.
pub fn planted() -> Vec<Planted> {
    let line = |line: &'static str| {
        let (rule, object) = line.strip_prefix("-- finds: ")?.split_once(' ')?;
        Some(Planted { rule, object })
    };
    let mut all: Vec<Planted> = SQL.lines().filter_map(line).collect();
    all.sort();
    all
}

/// The rules that the trap schema judges: all that look at a schema.
pub fn judged() -> impl Iterator<Item = &'static architrave_model::Rule> {
    crate::registry::all().filter(|rule| !NOT_OF_A_SCHEMA.contains(&rule.id.split('/').next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_faults_are_of_rules_that_there_are() {
        let planted = planted();
        assert!(planted.len() > 60, "{}", planted.len());
        for fault in &planted {
            assert!(judged().any(|rule| rule.id == fault.rule), "{fault:?}");
        }
        let tables = SQL.lines().filter(|l| l.starts_with("create table") || l.starts_with("create unlogged table")).count();
        assert!(tables >= 40, "{tables}");
    }
}
