//! Foreign keys of several columns that share a column with something else: with another foreign key (two references within one
//! tenant), or with the key they refer to (a tree within one tenant). The shared columns come first; a row that has the same values is
//! looked up in the other table.

use super::plan::{Cell, Group, World};
use super::random::{mix, seed_of, unit};
use std::collections::HashMap;

/// A foreign key whose shared columns are given.
#[derive(Debug, Clone)]
pub(super) struct Link {
    parent: usize,
    /// Own column and referenced column.
    shared: Vec<(usize, usize)>,
    /// Rows of the referenced table by the values of their shared columns, ascending.
    rows: HashMap<String, Vec<u32>>,
    seed: u64,
    /// Share of the rows that refer to nothing.
    nulls: f64,
    nullable: bool,
    /// It refers to its own table: only to rows before it, so that nobody is his own ancestor.
    to_itself: bool,
}

/// Stands between values in a key of the lookup; no text of PostgreSQL's holds it.
const BETWEEN: char = '\0';

impl World<'_> {
    /// Takes those groups out whose columns would, through the referenced rows, depend on themselves; their columns in the circle are
    /// shared.
    pub(super) fn circular(groups: &mut Vec<Group>) -> Vec<Group> {
        let mut circular = Vec::new();
        let mut at = 0;
        while at < groups.len() {
            let group = &groups[at];
            let own: Vec<bool> = (0..group.columns.len()).map(|number| returns(groups, group, number)).collect();
            if own.contains(&true) {
                let mut group = groups.remove(at);
                group.shared = own;
                circular.push(group);
            } else {
                at += 1;
            }
        }
        circular
    }

    /// Makes the lookups. Everything that the referenced rows are made of is planned before.
    pub(super) fn link(&mut self, group: &Group) {
        let own = self.tables[group.table].table;
        let pairs = || group.columns.iter().copied().zip(group.referenced.iter().copied()).zip(&group.shared);
        let shared: Vec<(usize, usize)> = pairs().filter(|(_, shared)| **shared).map(|(pair, _)| pair).collect();
        let rest: Vec<(usize, usize)> = pairs().filter(|(_, shared)| !**shared).map(|(pair, _)| pair).collect();
        let mut rows: HashMap<String, Vec<u32>> = HashMap::new();
        for row in 0..self.tables[group.parent].size.rows {
            let ranks = self.key_ranks(group.parent, row);
            let values: Option<Vec<String>> = shared.iter().map(|(_, there)| self.cell(group.parent, *there, row, &ranks)).collect();
            if let (Some(values), Ok(row)) = (values, u32::try_from(row)) {
                rows.entry(values.join(&BETWEEN.to_string())).or_default().push(row);
            }
        }
        let nullable = rest.iter().all(|(column, _)| !own.columns[*column].not_null);
        let nulls = rest.iter().map(|(column, _)| self.null_share(group.table, *column)).fold(0.0, f64::max);
        let first = rest.first().map(|(column, _)| own.columns[*column].name.as_str()).unwrap_or_default();
        let link = Link {
            parent: group.parent,
            shared,
            rows,
            seed: seed_of(self.seed(), &[&own.name.schema, &own.name.name, first, "link"]),
            nulls: if nullable { nulls } else { 0.0 },
            nullable,
            to_itself: group.parent == group.table,
        };
        let number = self.links.len();
        self.links.push(link);
        for (column, there) in rest {
            self.tables[group.table].cells[column] = Cell::Linked { link: number, column: there };
        }
    }

    /// A cell of the row that a row refers to.
    pub(super) fn linked(&self, table: usize, link: usize, column: usize, row: u64, ranks: &[u64]) -> Option<String> {
        let link = self.links.get(link)?;
        if link.nullable && unit(mix(row ^ link.seed)) < link.nulls {
            return None;
        }
        let values: Option<Vec<String>> = link.shared.iter().map(|(own, _)| self.cell(table, *own, row, ranks)).collect();
        let all = link.rows.get(&values?.join(&BETWEEN.to_string()));
        let mut choice = all.map(Vec::as_slice).unwrap_or_default();
        if link.to_itself {
            choice = &choice[..choice.partition_point(|other| u64::from(*other) < row)];
        }
        let drawn = mix(row.wrapping_add(link.seed)).checked_rem(choice.len() as u64);
        let there = match drawn.and_then(|at| choice.get(at as usize)) {
            Some(there) => u64::from(*there),
            None if link.nullable => return None,
            // Its own ancestor rather than nobody's child; or, with nobody there at all, a dangling value.
            None if link.to_itself => row,
            None => 0,
        };
        self.cell(link.parent, column, there, &self.key_ranks(link.parent, there))
    }
}

/// Whether a column of a group, followed from referenced row to referenced row, comes back to itself.
fn returns(groups: &[Group], group: &Group, number: usize) -> bool {
    let start = (group.table, group.columns[number]);
    let mut at = (group.parent, group.referenced[number]);
    for _ in 0..=groups.len() {
        if at == start {
            return true;
        }
        let next = groups.iter().filter(|g| g.table == at.0).find_map(|g| {
            let position = g.columns.iter().position(|c| *c == at.1)?;
            Some((g.parent, g.referenced[position]))
        });
        match next {
            Some(next) => at = next,
            None => return false,
        }
    }
    // A circle further on, which its own groups resolve.
    false
}
