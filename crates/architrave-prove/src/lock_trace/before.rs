//! What is kept of the catalogue before each script of a long chain: what the script names or locks and what hangs together with that. Thousands of whole
//! catalogues fit into no memory.

use architrave_model::catalog::{Catalog, Table};
use architrave_model::{QualifiedName, catalog};
use std::collections::{BTreeSet, HashSet};

/// So many tables in whole catalogues are kept for all scripts together; beyond that only what concerns the script.
pub(super) const TABLES_KEPT: usize = 1_000;

/// The part of a catalogue that concerns a script: `words` are those of its text in lower case, `locked` the relations that it locked.
pub(super) fn concerning(whole: &Catalog, words: &HashSet<String>, locked: &BTreeSet<QualifiedName>) -> Catalog {
    let named = |name: &QualifiedName| words.contains(&name.name.to_lowercase()) || locked.contains(name);
    let of_index = |table: &Table| table.indexes.iter().any(|i| words.contains(&i.name.to_lowercase()));
    let mut kept: BTreeSet<QualifiedName> = whole.tables.iter().filter(|t| named(&t.name) || of_index(t)).map(|t| t.name.clone()).collect();
    // Both ends of foreign keys, and the whole family of partitions.
    let references = |t: &Table| t.constraints.iter().filter_map(|c| c.references.as_ref()).map(|r| r.table.clone()).collect::<Vec<_>>();
    let mut more: BTreeSet<QualifiedName> = BTreeSet::new();
    for table in &whole.tables {
        let ends = references(table);
        if kept.contains(&table.name) {
            more.extend(ends);
            more.extend(table.parents.iter().cloned());
        } else if ends.iter().chain(&table.parents).any(|n| kept.contains(n)) {
            more.insert(table.name.clone());
        }
    }
    kept.append(&mut more);
    let siblings = whole.tables.iter().filter(|t| t.is_partition && t.parents.iter().any(|p| kept.contains(p)));
    more.extend(siblings.map(|t| t.name.clone()));
    kept.append(&mut more);
    Catalog {
        schemas: whole.schemas.clone(),
        tables: whole.tables.iter().filter(|t| kept.contains(&t.name)).cloned().collect(),
        views: whole.views.iter().filter(|v| named(&v.name) || v.depends_on.iter().any(|n| kept.contains(n))).cloned().collect(),
        sequences: whole.sequences.iter().filter(|s| of_kept(s, &kept) || named(&s.name)).cloned().collect(),
        types: whole.types.clone(),
        functions: whole.functions.iter().filter(|f| named(&f.name)).cloned().collect(),
        event_triggers: whole.event_triggers.clone(),
        extensions: whole.extensions.iter().filter(|e| named(&QualifiedName::new("", &e.name))).cloned().collect(),
        publications: whole.publications.clone(),
        ..Catalog::default()
    }
}

/// Whether a statement can change what its text does not name: then the whole catalogue is looked at again.
pub(super) fn reaches_far(text: &str) -> bool {
    const HARMLESS: &[&str] = &[
        "create",
        "comment",
        "grant",
        "revoke",
        "insert",
        "update",
        "delete",
        "set",
        "reset",
        "begin",
        "start",
        "commit",
        "end",
        "rollback",
        "savepoint",
        "release",
        "analyze",
        "refresh",
        "reindex",
        "truncate",
        "lock",
    ];
    const NAMED: &[&str] =
        &["table", "index", "view", "materialized", "trigger", "policy", "sequence", "rule", "statistics", "function", "procedure"];
    let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()).map(str::to_ascii_lowercase);
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut rest = words;
    match first.as_str() {
        "alter" => !NAMED.contains(&second.as_str()),
        "drop" => {
            !NAMED.contains(&second.as_str()) || (matches!(second.as_str(), "function" | "procedure") && rest.any(|w| w == "cascade"))
        }
        "create" => second == "extension",
        other => !HARMLESS.contains(&other),
    }
}

fn of_kept(sequence: &catalog::Sequence, kept: &BTreeSet<QualifiedName>) -> bool {
    sequence.owned_by_table.as_ref().is_some_and(|t| kept.contains(t))
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_sql::ddl::{DdlOptions, DdlReader};

    #[test]
    fn what_reaches_beyond_its_own_words_is_known() {
        for text in [
            "do $$ begin end $$",
            "select f()",
            "call p()",
            "drop schema s cascade",
            "alter type mood rename to m",
            "drop function f() cascade",
            "",
        ] {
            assert!(reaches_far(text), "{text}");
        }
        for text in
            ["alter table a add b int", "create index on a (b)", "drop view v cascade", "drop function f()", "insert into a values (1)"]
        {
            assert!(!reaches_far(text), "{text}");
        }
    }

    #[test]
    fn what_a_script_names_stays_with_both_ends_of_its_foreign_keys() {
        let mut reader = DdlReader::new(DdlOptions::default());
        let text = "create table a (id int primary key); create table b (id int primary key references a); create table c (id int primary key references b);
            create table d (id int); create table e (id int references c); create view v as select id from b; create view w as select id from d;";
        for statement in architrave_sql::split(text) {
            reader.apply(&statement);
        }
        let left = concerning(&reader.into_catalog(), &HashSet::from(["b".to_owned()]), &BTreeSet::new());
        assert_eq!(left.tables.iter().map(|t| t.name.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    }
}
