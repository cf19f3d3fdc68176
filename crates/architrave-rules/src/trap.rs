//! The trap schemas: sound halves full of look-alikes, and halves full of planted faults. What must be found stands in them.

use architrave_model::Rule;

/// A trap schema.
#[derive(Debug)]
pub struct Trap {
    /// What it is about, in a word.
    pub name: &'static str,
    /// The statements that make it, on every supported major version.
    pub sql: &'static str,
    /// Groups of rules that it judges; none: all that look at a schema.
    pub groups: &'static [&'static str],
}

/// All traps.
pub static TRAPS: [Trap; 4] = [
    Trap { name: "schema", sql: include_str!("../test_data/trap.sql"), groups: &[] },
    Trap { name: "rows", sql: include_str!("../test_data/trap_rows.sql"), groups: &[] },
    Trap { name: "keys", sql: include_str!("../test_data/traps/keys.sql"), groups: &["constraint", "index", "key", "relation"] },
    Trap { name: "policies", sql: include_str!("../test_data/traps/rls.sql"), groups: &["rls"] },
];

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

/// By what a finding is known to be the planted fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// The object of the finding, or of one of its places, as findings name it.
    Object(&'static str),
    /// The message of the finding.
    Message(&'static str),
}

/// A planted fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Planted {
    /// Rule that must find it.
    pub rule: &'static str,
    /// What its finding says.
    pub sign: Sign,
}

impl Trap {
    /// What is planted on a server of that major version, sorted: the lines `-- finds: rule object`, `-- finds since 18: rule object` and
    /// `--! rule: message`.
    pub fn planted(&self, major: u16) -> Vec<Planted> {
        let mut all: Vec<Planted> =
            self.sql.lines().filter_map(planted).filter(|(since, _)| *since <= major).map(|(_, fault)| fault).collect();
        all.sort();
        all
    }

    /// The rules that it judges.
    pub fn judged(&self) -> impl Iterator<Item = &'static Rule> {
        judged().filter(|rule| self.groups.is_empty() || self.groups.contains(&group(rule)))
    }
}

/// The fault that a line plants, and since which major version.
fn planted(line: &'static str) -> Option<(u16, Planted)> {
    if let Some((rule, message)) = line.strip_prefix("--! ").and_then(|rest| rest.split_once(": ")) {
        return Some((0, Planted { rule, sign: Sign::Message(message) }));
    }
    let (since, rest) = line.strip_prefix("-- finds")?.split_once(": ")?;
    let since = since.strip_prefix(" since ").map_or(Some(0), |major| major.parse().ok())?;
    let (rule, object) = rest.split_once(' ')?;
    Some((since, Planted { rule, sign: Sign::Object(object) }))
}

/// The rules that look at a schema.
pub fn judged() -> impl Iterator<Item = &'static Rule> {
    crate::registry::all().filter(|rule| !NOT_OF_A_SCHEMA.contains(&group(rule)))
}

fn group(rule: &Rule) -> &'static str {
    rule.id.split('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
