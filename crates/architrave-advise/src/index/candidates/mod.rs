//! Indexes worth trying, out of what statements really ask of each table.

mod keys;
pub(super) mod merge;
mod partial;
mod scan;
mod special;
#[cfg(test)]
mod tests;

use super::definition::{self, body};
use super::input::AdvisedQuery;
use super::relation::{Facts, Relation};
use super::size;
use architrave_model::catalog::Index;
use architrave_model::name::QualifiedName;
use architrave_model::what_if::IndexSize;
use scan::Scan;
use std::collections::{BTreeMap, BTreeSet};

/// An index that could be made.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// Table.
    pub(super) table: QualifiedName,
    /// Definition with a free name.
    pub(super) index: Index,
    /// Share of the rows that it holds.
    pub(super) share: f64,
    /// Estimated size.
    pub(super) size: IndexSize,
    /// Queries it is for.
    pub(super) queries: BTreeSet<usize>,
}

/// An index without name, size and queries: what a generator proposes.
#[derive(Debug, Clone)]
pub(super) struct Proposal {
    pub(super) index: Index,
    pub(super) share: f64,
}

impl Proposal {
    pub(super) fn whole(index: Index) -> Self {
        Self { index, share: 1.0 }
    }
}

/// An index that would help if an extension were installed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Missing {
    pub(super) table: QualifiedName,
    /// What follows the table's name.
    pub(super) body: String,
    pub(super) extension: &'static str,
}

/// All candidates, each once, with what was missing.
pub(super) struct Pool<'a> {
    facts: Facts<'a>,
    limit: usize,
    by_text: BTreeMap<(QualifiedName, String), Option<usize>>,
    names: BTreeSet<(String, String)>,
    /// Candidates by number.
    pub(super) all: Vec<Candidate>,
    /// What only an extension would allow, with the queries it was for.
    pub(super) missing: BTreeMap<Missing, BTreeSet<usize>>,
    /// Proposals that an existing index is already, with the queries they were for.
    pub(super) existing: BTreeMap<QualifiedName, BTreeSet<usize>>,
}

impl<'a> Pool<'a> {
    /// Candidates of all queries.
    pub(super) fn of(facts: Facts<'a>, queries: &[AdvisedQuery<'_>], limit: usize) -> Self {
        let names = taken_names(&facts);
        let (by_text, existing) = (BTreeMap::new(), BTreeMap::new());
        let mut pool = Self { facts, limit, by_text, names, all: Vec::new(), missing: BTreeMap::new(), existing };
        for (number, query) in queries.iter().enumerate() {
            pool.of_query(number, query);
        }
        pool
    }

    fn of_query(&mut self, number: usize, query: &AdvisedQuery<'_>) {
        let scans = query.shapes.iter().flat_map(|s| s.scans.iter().enumerate());
        for (place, scan) in scans {
            let Some(relation) = self.facts.relation(&scan.table) else { continue };
            let same_scan: Vec<_> = query.shapes.iter().filter_map(|s| s.scans.get(place)).filter(|s| s.table == scan.table).collect();
            let scan = Scan::of(&relation, scan, &same_scan, query.query);
            let mut proposals = keys::proposals(&scan);
            proposals.extend(partial::proposals(&scan));
            let (special, missing) = special::proposals(&self.facts, &scan);
            proposals.extend(special);
            for proposal in proposals {
                self.take(&relation, proposal, &BTreeSet::from([number]));
            }
            for one in missing {
                self.missing.entry(one).or_default().insert(number);
            }
        }
    }

    /// Adds a proposal unless it exists; its number when it is a candidate.
    pub(super) fn take(&mut self, relation: &Relation<'_>, proposal: Proposal, queries: &BTreeSet<usize>) -> Option<usize> {
        let Proposal { mut index, share } = proposal;
        let slot = (relation.name.clone(), body(&index));
        if let Some(known) = self.by_text.get(&slot) {
            if let Some(candidate) = known.and_then(|at| self.all.get_mut(at)) {
                candidate.queries.extend(queries);
            }
            return *known;
        }
        if let Some(same) = relation.indexes.iter().find(|i| i.valid && body(&nameless(i)) == slot.1) {
            let name = QualifiedName::new(&relation.name.schema, &same.name);
            self.existing.entry(name).or_default().extend(queries);
            self.by_text.insert(slot, None);
            return None;
        }
        if self.all.len() >= self.limit {
            return None;
        }
        index.name = definition::free_name(&relation.name, &index, &mut self.names);
        let size = size::estimate(relation, &index, share);
        let number = self.all.len();
        self.by_text.insert(slot, Some(number));
        self.all.push(Candidate { table: relation.name.clone(), index, share, size, queries: queries.clone() });
        Some(number)
    }

    /// Gives the chosen candidates the names that they have when nothing else was tried: plain ones first.
    pub(super) fn rename(&mut self, chosen: &[usize]) {
        let mut names = taken_names(&self.facts);
        let mut order = chosen.to_vec();
        let weight = |c: &Candidate| (c.index.predicate.is_some(), c.index.include.len());
        order.sort_by(|a, b| weight(&self.all[*a]).cmp(&weight(&self.all[*b])).then(a.cmp(b)));
        for at in order {
            let candidate = &mut self.all[at];
            candidate.index.name = definition::free_name(&candidate.table, &candidate.index, &mut names);
        }
    }

    /// The relation of a candidate.
    pub(super) fn relation(&self, table: &QualifiedName) -> Option<Relation<'a>> {
        self.facts.relation(table)
    }
}

/// Comparable with proposals: the order of an index's keys and all it says, without what names and guards it.
fn nameless(index: &Index) -> Index {
    Index { options: Vec::new(), ..index.clone() }
}

/// Names that relations of each schema have.
fn taken_names(facts: &Facts<'_>) -> BTreeSet<(String, String)> {
    let catalog = facts.catalog;
    let mut names = BTreeSet::new();
    let mut take = |schema: &str, name: &str| {
        names.insert((schema.to_owned(), name.to_owned()));
    };
    for table in &catalog.tables {
        take(&table.name.schema, &table.name.name);
        table.indexes.iter().for_each(|i| take(&table.name.schema, &i.name));
        table.constraints.iter().for_each(|c| take(&table.name.schema, &c.name));
    }
    for view in &catalog.views {
        take(&view.name.schema, &view.name.name);
        view.indexes.iter().for_each(|i| take(&view.name.schema, &i.name));
    }
    catalog.sequences.iter().for_each(|s| take(&s.name.schema, &s.name.name));
    names
}
