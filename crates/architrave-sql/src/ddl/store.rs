//! An ordered map that can take back what a statement or a transaction did to it. It knows nothing of what it holds.
//!
//! Values are shared: what they were before is kept by many (the journal, the catalogues before scripts and statements), and is copied only where a
//! statement changes it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Map with a journal of former values.
///
/// Invariant: replaying `journal` backwards restores the map as it was when the journal was empty; entries from `mark` on belong
/// to the current statement, each key at most once.
#[derive(Debug, Clone)]
pub(crate) struct Store<K, V> {
    map: BTreeMap<K, Arc<V>>,
    journal: Vec<(K, Option<Arc<V>>)>,
    mark: usize,
    touched: BTreeSet<K>,
}

impl<K: Ord + Clone, V: Clone> Default for Store<K, V> {
    fn default() -> Self {
        Self { map: BTreeMap::new(), journal: Vec::new(), mark: 0, touched: BTreeSet::new() }
    }
}

impl<K: Ord + Clone, V: Clone> Store<K, V> {
    /// From values that no rollback takes away.
    pub(crate) fn from_values(values: impl IntoIterator<Item = (K, V)>) -> Self {
        Self { map: values.into_iter().map(|(key, value)| (key, Arc::new(value))).collect(), ..Self::default() }
    }

    /// The value.
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.map.get(key).map(Arc::as_ref)
    }

    /// The value, to be kept.
    pub(crate) fn shared(&self, key: &K) -> Option<&Arc<V>> {
        self.map.get(key)
    }

    /// The value to be changed.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        if !self.map.contains_key(key) {
            return None;
        }
        self.remember(key);
        self.map.get_mut(key).map(Arc::make_mut)
    }

    /// Whether the key is there.
    pub(crate) fn contains(&self, key: &K) -> bool {
        self.map.contains_key(key)
    }

    /// Sets the value.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.remember(&key);
        self.map.insert(key, Arc::new(value));
    }

    /// Takes the value out.
    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        if !self.map.contains_key(key) {
            return None;
        }
        self.remember(key);
        self.map.remove(key).map(Arc::unwrap_or_clone)
    }

    /// All entries in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.map.iter().map(|(key, value)| (key, value.as_ref()))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.map.len()
    }

    /// All values in the order of their keys.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.map.values().map(Arc::as_ref)
    }

    /// What this statement touched, each with its value before.
    pub(crate) fn touched(&self) -> impl Iterator<Item = (&K, Option<&V>)> {
        self.touched_shared().map(|(key, value)| (key, value.map(Arc::as_ref)))
    }

    /// The same, to be kept.
    pub(crate) fn touched_shared(&self) -> impl Iterator<Item = (&K, Option<&Arc<V>>)> {
        self.journal[self.mark.min(self.journal.len())..].iter().map(|(k, v)| (k, v.as_ref()))
    }

    /// Whether this statement touched the key.
    pub(crate) fn is_touched(&self, key: &K) -> bool {
        self.touched.contains(key)
    }

    /// Starts a statement; outside a transaction all before it becomes final.
    pub(crate) fn begin_statement(&mut self, in_transaction: bool) {
        if !in_transaction {
            self.journal.clear();
        }
        self.mark = self.journal.len();
        self.touched.clear();
    }

    /// How far the journal reaches, for savepoints.
    pub(crate) fn position(&self) -> usize {
        self.journal.len()
    }

    /// Takes back everything since that position.
    pub(crate) fn roll_back_to(&mut self, position: usize) {
        while self.journal.len() > position {
            match self.journal.pop() {
                Some((key, Some(value))) => {
                    self.map.insert(key, value);
                }
                Some((key, None)) => {
                    self.map.remove(&key);
                }
                None => break,
            }
        }
        self.touched.clear();
        self.mark = self.mark.min(self.journal.len());
    }

    /// Takes back the current statement.
    pub(crate) fn roll_back_statement(&mut self) {
        self.roll_back_to(self.mark);
    }

    fn remember(&mut self, key: &K) {
        if self.touched.insert(key.clone()) {
            self.journal.push((key.clone(), self.map.get(key).cloned()));
        }
    }
}
