//! The catalogue before a script, put together when the script has been read: what its statements changed as it was, the rest as it is.
//!
//! A chain of many scripts over many tables would need a copy of everything for each of them. Beyond a limit a script gets what it can have to do with:
//! the tables it touches, those bound to them by keys, partitions and views, and the objects that these use.

use super::near::Near;
use super::world::World;
use crate::ddl::state::{State, tidy};
use crate::ddl::store::Store;
use architrave_model::Catalog;
use architrave_model::catalog::{
    Collation, DefaultPrivileges, EventTrigger, Extension, ForeignServer, Function, Membership, Publication, Role, Schema, Sequence,
    Subscription, Table, TypeDef, View,
};
use architrave_model::name::QualifiedName;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Values of a store as they were before the script; none for what was not there.
#[derive(Debug)]
struct Former<K, V>(BTreeMap<K, Option<Arc<V>>>);

impl<K, V> Default for Former<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Clone, V: Clone> Former<K, V> {
    fn note(&mut self, store: &Store<K, V>) {
        for (key, old) in store.touched_shared() {
            if !self.0.contains_key(key) {
                self.0.insert(key.clone(), old.cloned());
            }
        }
    }

    fn get<'v>(&'v self, store: &'v Store<K, V>, key: &K) -> Option<&'v V> {
        match self.0.get(key) {
            Some(old) => old.as_deref(),
            None => store.get(key),
        }
    }

    /// The values of these keys.
    fn of(&self, store: &Store<K, V>, keys: &BTreeSet<K>) -> Vec<V> {
        keys.iter().filter_map(|key| self.get(store, key)).cloned().collect()
    }

    /// The values of these keys and all former ones, as far as they are wanted.
    fn some<'k>(&'k self, store: &Store<K, V>, keys: impl Iterator<Item = &'k K>, wanted: impl Fn(&V) -> bool) -> Vec<V> {
        let keys: BTreeSet<&K> = keys.chain(self.0.keys()).collect();
        keys.into_iter().filter_map(|key| self.get(store, key)).filter(|v| wanted(v)).cloned().collect()
    }

    /// All values of before.
    fn all(&self, store: &Store<K, V>) -> Vec<V> {
        let kept = store.iter().filter(|(key, _)| !self.0.contains_key(key)).map(|(_, value)| value);
        kept.chain(self.0.values().flatten().map(Arc::as_ref)).cloned().collect()
    }
}

/// What the statements of a script have changed, as it was before.
#[derive(Debug, Default)]
pub(super) struct Before {
    schemas: Former<String, Schema>,
    tables: Former<QualifiedName, Table>,
    views: Former<QualifiedName, View>,
    sequences: Former<QualifiedName, Sequence>,
    types: Former<QualifiedName, TypeDef>,
    functions: Former<QualifiedName, Vec<Function>>,
    event_triggers: Former<String, EventTrigger>,
    extensions: Former<String, Extension>,
    publications: Former<String, Publication>,
    subscriptions: Former<String, Subscription>,
    collations: Former<QualifiedName, Collation>,
    foreign_servers: Former<String, ForeignServer>,
    roles: Former<String, Role>,
    memberships: Former<(String, String), Membership>,
    default_privileges: Former<crate::ddl::state::DefaultKey, DefaultPrivileges>,
}

impl Before {
    /// Takes note of what the statement that was just applied has changed.
    pub(super) fn note(&mut self, state: &State) {
        self.schemas.note(&state.schemas);
        self.tables.note(&state.tables);
        self.views.note(&state.views);
        self.sequences.note(&state.sequences);
        self.types.note(&state.types);
        self.functions.note(&state.functions);
        self.event_triggers.note(&state.event_triggers);
        self.extensions.note(&state.extensions);
        self.publications.note(&state.publications);
        self.subscriptions.note(&state.subscriptions);
        self.collations.note(&state.collations);
        self.foreign_servers.note(&state.foreign_servers);
        self.roles.note(&state.roles);
        self.memberships.note(&state.memberships);
        self.default_privileges.note(&state.default_privileges);
    }

    /// The catalogue before the script; with `around`, only what these relations can have to do with.
    pub(super) fn catalog(&self, world: World<'_>, around: Option<(&BTreeSet<QualifiedName>, &Near)>) -> Catalog {
        let state = world.state;
        let near = around.map(|(start, index)| (self.neighbours(world, start, index), index));
        let tables = near.as_ref().map_or_else(|| self.tables.all(&state.tables), |(n, _)| self.tables.of(&state.tables, n));
        let sequences = near.as_ref().map_or_else(
            || self.sequences.all(&state.sequences),
            |(near, index)| {
                let owned = near.iter().flat_map(|name| index.owned(name));
                let wanted = |s: &Sequence| near.contains(&s.name) || s.owned_by_table.as_ref().is_some_and(|t| near.contains(t));
                self.sequences.some(&state.sequences, near.iter().chain(owned), wanted)
            },
        );
        let functions = near.as_ref().map_or_else(
            || self.functions.all(&state.functions),
            |(near, index)| {
                let called: BTreeSet<&QualifiedName> = tables.iter().flat_map(|t| &t.triggers).map(|g| &g.function).collect();
                let named: BTreeSet<&QualifiedName> = near.iter().flat_map(|name| index.naming(&name.name)).collect();
                let wanted = |list: &Vec<Function>| {
                    list.iter().any(|f| called.contains(&f.name) || near.iter().any(|name| f.body.contains(&name.name)))
                };
                self.functions.some(&state.functions, called.iter().chain(&named).copied(), wanted)
            },
        );
        tidy(Catalog {
            schemas: self.schemas.all(&state.schemas),
            views: near.as_ref().map_or_else(|| self.views.all(&state.views), |(n, _)| self.views.of(&state.views, n)),
            sequences,
            types: self.types.all(&state.types),
            functions: functions.into_iter().flatten().collect(),
            event_triggers: self.event_triggers.all(&state.event_triggers),
            extensions: self.extensions.all(&state.extensions),
            publications: self.publications.all(&state.publications),
            subscriptions: self.subscriptions.all(&state.subscriptions),
            collations: self.collations.all(&state.collations),
            foreign_servers: self.foreign_servers.all(&state.foreign_servers),
            roles: self.roles.all(&state.roles),
            memberships: self.memberships.all(&state.memberships),
            default_privileges: self.default_privileges.all(&state.default_privileges),
            tables,
        })
    }

    /// The relations themselves, what they refer to and are referred to by, their partitions and parents, and the views over them, with what these read.
    fn neighbours(&self, world: World<'_>, start: &BTreeSet<QualifiedName>, index: &Near) -> BTreeSet<QualifiedName> {
        let state = world.state;
        let mut found = start.clone();
        for name in start {
            let former = self.tables.get(&state.tables, name);
            for table in former.into_iter().chain(state.tables.get(name)) {
                found.extend(table.foreign_keys().map(|(_, r)| r.table.clone()));
                found.extend(table.parents.iter().cloned());
                found.extend(table.parents.iter().flat_map(|p| world.family(p, false)));
            }
            found.extend(world.family(name, false));
            let view = self.views.get(&state.views, name);
            found.extend(view.into_iter().flat_map(|v| v.depends_on.iter().cloned()));
        }
        found.extend(start.iter().flat_map(|name| index.referring(name)).cloned());
        let mut over = start.clone();
        let mut next: Vec<QualifiedName> = start.iter().cloned().collect();
        while let Some(relation) = next.pop() {
            for name in index.reading(&relation) {
                if over.insert(name.clone()) {
                    next.push(name.clone());
                    found.insert(name.clone());
                    found.extend(state.views.get(name).into_iter().flat_map(|v| v.depends_on.iter().cloned()));
                }
            }
        }
        // What a DROP in the script has cut off.
        let bound = |t: &Table| t.foreign_keys().any(|(_, r)| start.contains(&r.table)) || t.parents.iter().any(|p| start.contains(p));
        found.extend(self.tables.0.values().flatten().filter(|t| bound(t)).map(|t| t.name.clone()));
        found.extend(self.views.0.values().flatten().filter(|v| v.depends_on.iter().any(|d| start.contains(d))).map(|v| v.name.clone()));
        found
    }
}
