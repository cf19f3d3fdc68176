//! Which indexes a planner could use for which query at all: what cannot be used is never asked about.

use super::relation::Facts;
use super::{definition, input::AdvisedQuery};
use architrave_model::QualifiedName;
use architrave_model::catalog::Index;
use architrave_model::workload::Term;
use std::collections::{BTreeMap, BTreeSet};

/// What a query asks, by table (partitions under their parent).
#[derive(Debug, Clone, Default)]
pub(super) struct Profile {
    tables: BTreeMap<QualifiedName, Asked>,
}

#[derive(Debug, Clone, Default)]
struct Asked {
    /// Terms searched, ordered or grouped by.
    terms: BTreeSet<Term>,
    /// Columns needed, per occurrence.
    needs: Vec<BTreeSet<String>>,
}

impl Profile {
    /// The query's profile.
    pub(super) fn of(facts: &Facts<'_>, query: &AdvisedQuery<'_>) -> Self {
        let mut profile = Self::default();
        for scan in query.shapes.iter().flat_map(|s| &s.scans) {
            let Some(relation) = facts.relation(&scan.table) else { continue };
            let asked = profile.tables.entry(relation.name.clone()).or_default();
            let conditions = scan.conditions.iter().chain(scan.alternatives.iter().flatten());
            asked.terms.extend(conditions.map(|c| c.term.clone()));
            asked.terms.extend(scan.order_by.iter().map(|o| o.term.clone()));
            asked.terms.extend(scan.group_by.iter().cloned());
            asked.needs.push(scan.columns.iter().cloned().collect());
        }
        profile
    }

    /// Tables it reads.
    pub(super) fn tables(&self) -> impl Iterator<Item = &QualifiedName> {
        self.tables.keys()
    }

    /// Whether the planner could make anything of the index: a key that the query asks by, or all columns that it needs.
    pub(super) fn may_use(&self, table: &QualifiedName, index: &Index) -> bool {
        let Some(asked) = self.tables.get(table) else { return false };
        let by_key = index.keys.iter().any(|k| match definition::term(k) {
            Term::Expression(text) => asked.terms.iter().any(|t| matches!(t, Term::Expression(own) if same_expression(own, &text))),
            column @ Term::Column(_) => asked.terms.contains(&column) || asked.mentions(&column),
        });
        by_key || (index.method == "btree" && asked.needs.iter().any(|needed| holds(index, needed)))
    }
}

impl Asked {
    /// A column behind a cast of its own.
    fn mentions(&self, column: &Term) -> bool {
        let Term::Column(name) = column else { return false };
        self.terms.iter().any(|t| matches!(t, Term::Expression(text) if text.contains(name.as_str())))
    }
}

fn same_expression(a: &str, b: &str) -> bool {
    let strip = |t: &str| t.trim().trim_start_matches('(').trim_end_matches(')').to_owned();
    a == b || strip(a) == strip(b)
}

fn holds(index: &Index, needed: &BTreeSet<String>) -> bool {
    needed.iter().all(|c| index.include.contains(c) || index.keys.iter().any(|k| k.column.as_ref() == Some(c)))
}
