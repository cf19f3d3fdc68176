//! Which tables get rows, and in which order: referenced ones before those that refer to them.

use architrave_model::QualifiedName;
use architrave_model::access::Intent;
use architrave_model::catalog::{Catalog, Table, TableKind};
use std::collections::BTreeSet;

/// Tables in the order of their filling: those with an intent, and all that they refer to.
pub(super) fn tables<'c>(catalog: &'c Catalog, intent: &Intent) -> Vec<&'c Table> {
    let mut order = Vec::new();
    let mut state = State { catalog, entered: BTreeSet::new(), order: &mut order };
    let identity = &intent.identity;
    let first = identity.users.iter().chain(&identity.profiles).chain(&identity.tenants).map(|(table, _)| table);
    let members = intent.memberships.iter().map(|m| &m.table);
    for name in first.chain(members).chain(intent.relations.iter().map(|r| &r.relation)) {
        state.visit(name, 0);
    }
    order
}

struct State<'c, 'o> {
    catalog: &'c Catalog,
    entered: BTreeSet<&'c QualifiedName>,
    order: &'o mut Vec<&'c Table>,
}

impl State<'_, '_> {
    fn visit(&mut self, name: &QualifiedName, depth: usize) {
        let Some(table) = self.catalog.table_named(name) else { return };
        if depth > 200 || table.kind == TableKind::Foreign || table.is_partition || !self.entered.insert(&table.name) {
            return;
        }
        // Required references first: in a cycle the optional one is left open.
        let mut keys: Vec<_> = table.foreign_keys().collect();
        keys.sort_by_key(|(key, _)| key.columns.iter().any(|c| table.column(c).is_some_and(|c| !c.not_null)));
        for (_, reference) in keys {
            self.visit(&reference.table, depth + 1);
        }
        self.order.push(table);
    }
}
