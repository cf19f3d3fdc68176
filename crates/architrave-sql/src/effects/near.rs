//! What hangs on what in the catalogue so far: kept as statements change it, because each script of a long chain asks about its few tables only.

use crate::ddl::state::State;
use crate::ddl::store::Store;
use architrave_model::catalog::{Function, Sequence, Table, View};
use architrave_model::name::QualifiedName;
use std::collections::{BTreeMap, BTreeSet};

/// Names by what they hang on.
#[derive(Debug)]
struct Index<T>(BTreeMap<T, BTreeSet<QualifiedName>>);

impl<T> Default for Index<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Ord> Index<T> {
    /// The names that hang on it.
    fn of(&self, on: &T) -> impl Iterator<Item = &QualifiedName> {
        self.0.get(on).into_iter().flatten()
    }

    /// Follows what the last statement changed; `on` tells what a value hangs on.
    fn follow<V: Clone>(&mut self, store: &Store<QualifiedName, V>, on: impl Fn(&V) -> Vec<T>) {
        for (name, old) in store.touched() {
            for key in old.map(&on).unwrap_or_default() {
                if let Some(names) = self.0.get_mut(&key) {
                    names.remove(name);
                    if names.is_empty() {
                        self.0.remove(&key);
                    }
                }
            }
            if let Some(value) = store.get(name) {
                self.add(name, on(value));
            }
        }
    }

    fn add(&mut self, name: &QualifiedName, on: Vec<T>) {
        for key in on {
            self.0.entry(key).or_default().insert(name.clone());
        }
    }

    fn all<V: Clone>(store: &Store<QualifiedName, V>, on: impl Fn(&V) -> Vec<T>) -> Self {
        let mut index = Self::default();
        for (name, value) in store.iter() {
            index.add(name, on(value));
        }
        index
    }
}

/// What hangs on relations.
#[derive(Debug)]
pub(super) struct Near {
    /// Tables with a foreign key to a table.
    referring: Index<QualifiedName>,
    /// Views that read a relation.
    reading: Index<QualifiedName>,
    /// Sequences of a table.
    owned: Index<QualifiedName>,
    /// Functions by the words of their bodies.
    naming: Index<String>,
}

impl Near {
    /// Of all that is there.
    pub(super) fn of(state: &State) -> Self {
        Self {
            referring: Index::all(&state.tables, referenced),
            reading: Index::all(&state.views, read),
            owned: Index::all(&state.sequences, owner),
            naming: Index::all(&state.functions, words),
        }
    }

    /// Follows the statement that was just applied.
    pub(super) fn follow(&mut self, state: &State) {
        self.referring.follow(&state.tables, referenced);
        self.reading.follow(&state.views, read);
        self.owned.follow(&state.sequences, owner);
        self.naming.follow(&state.functions, words);
    }

    /// Tables with a foreign key to the table.
    pub(super) fn referring(&self, table: &QualifiedName) -> impl Iterator<Item = &QualifiedName> {
        self.referring.of(table)
    }

    /// Views that read the relation themselves.
    pub(super) fn reading(&self, relation: &QualifiedName) -> impl Iterator<Item = &QualifiedName> {
        self.reading.of(relation)
    }

    /// Sequences that belong to the table.
    pub(super) fn owned(&self, table: &QualifiedName) -> impl Iterator<Item = &QualifiedName> {
        self.owned.of(table)
    }

    /// Functions whose bodies name something so.
    pub(super) fn naming(&self, name: &str) -> BTreeSet<&QualifiedName> {
        // A name that is more than one word is where all of them are.
        let mut words = parts(name).map(|word| self.naming.0.get(word));
        let mut found: BTreeSet<&QualifiedName> = words.next().flatten().into_iter().flatten().collect();
        for also in words {
            found.retain(|f| also.is_some_and(|names| names.contains(*f)));
        }
        found
    }
}

fn referenced(table: &Table) -> Vec<QualifiedName> {
    table.foreign_keys().map(|(_, r)| r.table.clone()).collect()
}

fn read(view: &View) -> Vec<QualifiedName> {
    view.depends_on.clone()
}

fn owner(sequence: &Sequence) -> Vec<QualifiedName> {
    sequence.owned_by_table.clone().into_iter().collect()
}

#[expect(clippy::ptr_arg, reason = "one group of the catalogue is told by the type of its list")]
fn words(functions: &Vec<Function>) -> Vec<String> {
    functions.iter().flat_map(|f| parts(&f.body)).map(str::to_owned).collect()
}

/// The words of a text.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}
