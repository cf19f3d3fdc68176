//! Migrations with a label: what each does to the schema it stands on, written from the facts; whether the labels hold is decided by execution.
//!
//! A case begins with `-- hazard RULE: name` or `-- harmless: name`. Lines right after it may say the schema it stands on (`-- on: events`, otherwise
//! `shop`), that it runs without a transaction (`-- outside`), from which major on there is such a statement (`-- from: 14`), and sizes
//! (`-- rows: public.users 40, …`; otherwise nothing is known of them). `-- file: NAME` and `-- file: NAME no-transaction` begin another file.
//!
//! A hazard is found when its rule reports it at any severity; a harmless case is clean when no rule on migrations reports it at medium or above.

mod judge;

pub(super) use judge::run;

use anyhow::{Context as _, bail};
use std::collections::BTreeMap;

/// The schemas, and the cases.
const SCHEMAS: &str = include_str!("schemas.sql");
const CASES: [&str; 3] = [include_str!("hazards_locks.sql"), include_str!("hazards_changes.sql"), include_str!("harmless.sql")];

/// A migration with its label.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Case {
    /// `table: if exists`.
    pub(super) name: String,
    /// The rule that has to speak; none for a harmless one.
    pub(super) rule: Option<String>,
    /// Name of the schema it stands on.
    pub(super) on: String,
    /// First major that knows its statements; 0 for all.
    pub(super) from: u16,
    /// Rows by table, as far as they are known.
    pub(super) rows: BTreeMap<String, u64>,
    /// Its files, in order.
    pub(super) files: Vec<File>,
}

/// A file of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct File {
    /// Whether the runner wraps it in a transaction.
    pub(super) in_transaction: bool,
    /// Statements.
    pub(super) sql: String,
}

/// The schemas by name: what was applied before.
pub(super) fn schemas() -> BTreeMap<&'static str, &'static str> {
    let parts = SCHEMAS.split("-- schema: ").skip(1);
    parts.filter_map(|part| part.split_once('\n').map(|(name, sql)| (name.trim(), sql))).collect()
}

/// All cases, hazards first.
pub(super) fn cases() -> anyhow::Result<Vec<Case>> {
    let mut cases: Vec<Case> = Vec::new();
    for text in CASES {
        for line in text.lines() {
            if let Some(head) = line.strip_prefix("-- hazard ") {
                let (rule, name) = head.split_once(": ").with_context(|| format!("no name: {line}"))?;
                cases.push(Case { name: name.to_owned(), rule: Some(rule.to_owned()), on: "shop".to_owned(), ..Case::default() });
            } else if let Some(name) = line.strip_prefix("-- harmless: ") {
                cases.push(Case { name: name.to_owned(), on: "shop".to_owned(), ..Case::default() });
            } else if let Some(case) = cases.last_mut() {
                read(case, line)?;
            } else {
                bail!("{line}: before the first case");
            }
        }
    }
    Ok(cases)
}

fn read(case: &mut Case, line: &str) -> anyhow::Result<()> {
    if let Some(on) = line.strip_prefix("-- on: ") {
        on.clone_into(&mut case.on);
    } else if let Some(from) = line.strip_prefix("-- from: ") {
        case.from = from.parse().with_context(|| format!("no major: {line}"))?;
    } else if let Some(rows) = line.strip_prefix("-- rows: ") {
        for table in rows.split(", ") {
            let (name, rows) = table.split_once(' ').with_context(|| format!("no rows: {line}"))?;
            case.rows.insert(name.to_owned(), rows.parse()?);
        }
    } else if line == "-- outside" {
        case.files.push(File::default());
    } else if let Some(words) = line.strip_prefix("-- file: ") {
        // The first marker takes the place of a file that `-- outside` has begun.
        if case.files.last().is_some_and(|f| f.sql.is_empty()) {
            case.files.pop();
        }
        case.files.push(File { in_transaction: !words.ends_with(" no-transaction"), sql: String::new() });
    } else {
        if case.files.is_empty() {
            case.files.push(File { in_transaction: true, sql: String::new() });
        }
        if let Some(file) = case.files.last_mut() {
            file.sql.push_str(line);
            file.sql.push('\n');
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_enough_of_both_kinds_and_each_stands_on_a_schema() {
        let (schemas, cases) = (schemas(), cases().unwrap());
        let hazards = cases.iter().filter(|c| c.rule.is_some()).count();
        assert!(hazards >= 150 && cases.len() - hazards >= 150, "{hazards} of {}", cases.len());
        for case in &cases {
            assert!(schemas.contains_key(case.on.as_str()), "{case:?}");
            let rule = case.rule.as_deref();
            assert!(rule.is_none_or(|r| architrave_rules::registry::find(r).is_some()), "{case:?}");
        }
        let mut names: Vec<_> = cases.iter().map(|c| (&c.rule, &c.name)).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), cases.len(), "a name twice");
    }

    #[test]
    fn markers_are_read() {
        let cases = cases().unwrap();
        let case = |name: &str| cases.iter().find(|c| c.name == name).unwrap();
        assert_eq!(case("small tables, foreign key").rows.len(), 2);
        let key = case("key over an index that is there");
        assert_eq!(key.files.iter().map(|f| f.in_transaction).collect::<Vec<_>>(), [false, true]);
        assert!(!case("index, dropped concurrently").files[0].in_transaction);
        assert_eq!(case("column, virtual generated").from, 18);
    }
}
