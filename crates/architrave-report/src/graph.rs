//! The graph of foreign keys: who references whom, hubs, islands, cycles and the longest chain.

use architrave_model::catalog::Table;
use architrave_model::name::QualifiedName;
use std::collections::{BTreeMap, BTreeSet};

/// Tables and the references between them. Indexes are positions in the slice it was made of.
pub(crate) struct Graph<'a> {
    tables: &'a [&'a Table],
    /// Referenced tables of each table, sorted, without itself and without tables outside the slice.
    out: Vec<Vec<usize>>,
    /// How many tables reference each table.
    referenced_by: Vec<usize>,
    /// Tables that reference themselves.
    pub(crate) self_references: Vec<&'a QualifiedName>,
    /// Foreign keys that leave the slice (to the platform's tables), as `table → table`.
    pub(crate) outside: BTreeMap<&'a QualifiedName, usize>,
}

impl<'a> Graph<'a> {
    /// The graph of these tables.
    pub(crate) fn of(tables: &'a [&'a Table]) -> Self {
        let position: BTreeMap<&QualifiedName, usize> = tables.iter().enumerate().map(|(at, t)| (&t.name, at)).collect();
        let mut out = Vec::with_capacity(tables.len());
        let mut referenced_by = vec![0; tables.len()];
        let mut self_references = Vec::new();
        let mut outside: BTreeMap<&QualifiedName, usize> = BTreeMap::new();
        for (at, table) in tables.iter().enumerate() {
            let mut targets = BTreeSet::new();
            for (_, reference) in table.foreign_keys() {
                match position.get(&reference.table) {
                    Some(&to) if to == at => self_references.push(&table.name),
                    Some(&to) => {
                        targets.insert(to);
                    }
                    None => *outside.entry(&reference.table).or_default() += 1,
                }
            }
            for &to in &targets {
                referenced_by[to] += 1;
            }
            out.push(targets.into_iter().collect());
        }
        self_references.dedup();
        Self { tables, out, referenced_by, self_references, outside }
    }

    /// Tables referenced by at least two others, most referenced first.
    pub(crate) fn hubs(&self) -> Vec<(&'a QualifiedName, usize)> {
        let mut hubs: Vec<_> = self.tables.iter().zip(&self.referenced_by).filter(|(_, n)| **n > 1).map(|(t, n)| (&t.name, *n)).collect();
        hubs.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        hubs
    }

    /// Tables without any foreign key in either direction.
    pub(crate) fn isolated(&self) -> Vec<&'a QualifiedName> {
        (0..self.tables.len())
            .filter(|&at| self.out[at].is_empty() && self.referenced_by[at] == 0)
            .map(|at| self.tables[at])
            .filter(|t| t.foreign_keys().next().is_none())
            .map(|t| &t.name)
            .collect()
    }

    /// Groups of two or more tables that reference each other in a circle, and the number of references on the longest chain
    /// (circles count as one table).
    pub(crate) fn cycles_and_depth(&self) -> (Vec<Vec<&'a QualifiedName>>, usize) {
        let (component, number) = self.components();
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); number];
        for (at, &c) in component.iter().enumerate() {
            members[c].push(at);
        }
        // Components come out with the referenced ones first, so one pass finds the longest chain.
        let mut depth = vec![0_usize; number];
        for c in 0..number {
            let below =
                members[c].iter().flat_map(|&at| &self.out[at]).filter(|&&to| component[to] != c).map(|&to| depth[component[to]] + 1);
            depth[c] = below.max().unwrap_or(0);
        }
        let mut cycles: Vec<Vec<_>> =
            members.iter().filter(|m| m.len() > 1).map(|m| m.iter().map(|&at| &self.tables[at].name).collect()).collect();
        cycles.sort();
        (cycles, depth.into_iter().max().unwrap_or(0))
    }

    /// Strongly connected components (Tarjan, without recursion: a chain of ten thousand tables must not use up the stack).
    /// Gives the component of each table, and their number.
    fn components(&self) -> (Vec<usize>, usize) {
        const NONE: usize = usize::MAX;
        let n = self.tables.len();
        let (mut index, mut low, mut component) = (vec![NONE; n], vec![0; n], vec![NONE; n]);
        let (mut stack, mut work) = (Vec::new(), Vec::new());
        let (mut next, mut number) = (0, 0);
        for start in 0..n {
            if index[start] != NONE {
                continue;
            }
            work.push((start, 0));
            while let Some((at, edge)) = work.pop() {
                if edge == 0 {
                    index[at] = next;
                    low[at] = next;
                    next += 1;
                    stack.push(at);
                }
                if let Some(&to) = self.out[at].get(edge) {
                    work.push((at, edge + 1));
                    if index[to] == NONE {
                        work.push((to, 0));
                    } else if component[to] == NONE {
                        low[at] = low[at].min(index[to]);
                    }
                    continue;
                }
                if low[at] == index[at] {
                    while let Some(member) = stack.pop() {
                        component[member] = number;
                        if member == at {
                            break;
                        }
                    }
                    number += 1;
                }
                if let Some(&(parent, _)) = work.last() {
                    low[parent] = low[parent].min(low[at]);
                }
            }
        }
        (component, number)
    }
}

/// Whether the table does nothing but connect others: its primary key consists of the columns of at least two foreign keys to
/// different tables and nothing else.
pub(crate) fn is_junction(table: &Table) -> bool {
    let Some(key) = table.primary_key() else { return false };
    let inside: Vec<_> = table.foreign_keys().filter(|(c, _)| c.columns.iter().all(|column| key.columns.contains(column))).collect();
    let targets: BTreeSet<&QualifiedName> = inside.iter().map(|(_, r)| &r.table).collect();
    targets.len() >= 2 && key.columns.iter().all(|column| inside.iter().any(|(c, _)| c.columns.contains(column)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use architrave_model::catalog::{Constraint, ConstraintKind, ForeignKeyAction, MatchType, Reference};

    fn table(name: &str, references: &[&str]) -> Table {
        let constraints = references
            .iter()
            .map(|to| Constraint {
                references: Some(Reference {
                    table: QualifiedName::new("public", *to),
                    columns: vec!["id".into()],
                    on_update: ForeignKeyAction::NoAction,
                    on_delete: ForeignKeyAction::NoAction,
                    match_type: MatchType::Simple,
                }),
                ..Constraint::plain(&format!("{name}_{to}_fkey"), ConstraintKind::ForeignKey, &[&format!("{to}_id")])
            })
            .collect();
        Table { name: QualifiedName::new("public", name), constraints, ..Table::default() }
    }

    #[test]
    fn finds_hubs_islands_cycles_and_depth() {
        let all =
            [table("a", &["b"]), table("b", &["c", "b"]), table("c", &["b", "d"]), table("d", &[]), table("e", &["d"]), table("f", &[])];
        let tables: Vec<&Table> = all.iter().collect();
        let graph = Graph::of(&tables);
        let (cycles, depth) = graph.cycles_and_depth();
        let names = |list: Vec<&QualifiedName>| list.into_iter().map(|n| n.name.clone()).collect::<Vec<_>>();
        assert_eq!(cycles.into_iter().map(names).collect::<Vec<_>>(), [["b", "c"]]);
        assert_eq!(depth, 2);
        assert_eq!(names(graph.isolated()), ["f"]);
        assert_eq!(names(graph.self_references.clone()), ["b"]);
        assert_eq!(graph.hubs().into_iter().map(|(t, n)| (t.name.as_str(), n)).collect::<Vec<_>>(), [("b", 2), ("d", 2)]);
    }

    #[test]
    fn a_long_chain_does_not_use_up_the_stack() {
        let all: Vec<Table> = (0..20_000).map(|n| table(&n.to_string(), &[&(n + 1).to_string()])).collect();
        let tables: Vec<&Table> = all.iter().collect();
        assert_eq!(Graph::of(&tables).cycles_and_depth().1, 19_999);
    }
}
