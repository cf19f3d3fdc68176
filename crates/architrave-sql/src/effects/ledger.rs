//! Collects what a statement does, and makes an effect of it: who waits follows from the locks, those of the transaction so far included.

use super::world::World;
use architrave_model::migration::{Blocked, Effect, LockMode, Relation, Rewritten, Scanned, TakenLock};
use architrave_model::name::QualifiedName;
use std::collections::{BTreeMap, BTreeSet};

/// Locks that a transaction holds.
pub(super) type Held = BTreeMap<QualifiedName, LockMode>;

/// Locks of earlier statements that an effect repeats at most.
const MOST_HELD: usize = 100;

/// What one statement does so far.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    locks: BTreeMap<QualifiedName, LockMode>,
    rewrites: BTreeSet<(QualifiedName, Option<QualifiedName>)>,
    built: Vec<(QualifiedName, QualifiedName)>,
    scans: BTreeSet<QualifiedName>,
    waits_for_older: bool,
}

impl Ledger {
    /// Takes a lock; the strongest counts.
    pub(super) fn lock(&mut self, relation: &QualifiedName, mode: LockMode) {
        if is_system(relation) {
            return;
        }
        let held = self.locks.entry(relation.clone()).or_insert(mode);
        *held = (*held).max(mode);
    }

    /// Takes a lock on each.
    pub(super) fn lock_all<'n>(&mut self, relations: impl IntoIterator<Item = &'n QualifiedName>, mode: LockMode) {
        for relation in relations {
            self.lock(relation, mode);
        }
    }

    /// Reads it from end to end, when it has rows of its own.
    pub(super) fn scan(&mut self, world: World<'_>, relation: &QualifiedName) {
        if world.has_storage(relation) && !is_system(relation) {
            self.scans.insert(relation.clone());
        }
    }

    /// Reads each from end to end.
    pub(super) fn scan_all<'n>(&mut self, world: World<'_>, relations: impl IntoIterator<Item = &'n QualifiedName>) {
        for relation in relations {
            self.scan(world, relation);
        }
    }

    /// New files for it and all its indexes.
    pub(super) fn rewrite(&mut self, world: World<'_>, relation: &QualifiedName) {
        if !world.has_storage(relation) {
            return;
        }
        self.rewrites.insert((relation.clone(), None));
        let indexes = world.table(relation).map(|t| &t.indexes).or_else(|| world.view(relation).map(|v| &v.indexes));
        for index in indexes.into_iter().flatten() {
            let index = QualifiedName::new(&relation.schema, &index.name);
            self.lock(&index, LockMode::AccessExclusive);
            self.rebuild(&index, relation);
        }
    }

    /// New files for one index.
    pub(super) fn rebuild(&mut self, index: &QualifiedName, table: &QualifiedName) {
        self.rewrites.insert((index.clone(), Some(table.clone())));
    }

    /// A new index, built from its table.
    pub(super) fn build(&mut self, index: QualifiedName, table: &QualifiedName) {
        self.built.push((index, table.clone()));
    }

    /// Waits for all older transactions.
    pub(super) fn wait_for_older(&mut self) {
        self.waits_for_older = true;
    }

    /// Every relation that it touches.
    pub(super) fn relations(&self) -> impl Iterator<Item = &QualifiedName> {
        self.locks.keys().chain(&self.scans)
    }

    /// The effect; `held` are the transaction's locks on relations of before the script, to which those of this statement are added. Others wait for them all.
    pub(super) fn finish(self, world: World<'_>, held: &mut Held, existed: &dyn Fn(&QualifiedName) -> bool) -> Effect {
        let mut locks = Vec::new();
        let mut blocks: BTreeMap<QualifiedName, (bool, bool)> = BTreeMap::new();
        let mut add = |relation: &QualifiedName, mode: LockMode, held_before: bool| {
            let kind = world.kind(relation);
            let table = world.state.index_owners.get(relation).filter(|_| kind == Relation::Index).cloned();
            let was_there = existed(table.as_ref().unwrap_or(relation));
            if was_there {
                note_blocks(world, relation, kind, table.as_ref(), mode, &mut blocks);
            }
            locks.push(TakenLock { relation: relation.clone(), kind, table, mode, existed: was_there, held_before });
            was_there
        };
        for (relation, mode) in held.iter().filter(|(r, m)| m.blocks_writes() && !self.locks.contains_key(r)).take(MOST_HELD) {
            add(relation, *mode, true);
        }
        for (relation, wanted) in &self.locks {
            let before = held.get(relation).copied();
            let mode = before.map_or(*wanted, |b| b.max(*wanted));
            if add(relation, mode, before.is_some_and(|b| b >= *wanted)) {
                held.insert(relation.clone(), mode);
            }
        }
        locks.sort();
        let rewrites = self.rewrites.into_iter().map(|(relation, index_of)| {
            let existed = existed(index_of.as_ref().unwrap_or(&relation));
            Rewritten { relation, index_of, existed }
        });
        let rewrites = rewrites.collect();
        let scans = self.scans.into_iter().map(|relation| Scanned { existed: existed(&relation), relation, tuples: None }).collect();
        let mut built = self.built;
        built.sort();
        built.dedup();
        let blocks = blocks.into_iter().map(|(relation, (reads, writes))| Blocked { relation, reads, writes }).collect();
        Effect { locks, rewrites, built, scans, blocks, waits_for_older: self.waits_for_older, ..Effect::default() }
    }
}

/// System catalogues are nobody's tables.
pub(super) fn is_system(name: &QualifiedName) -> bool {
    matches!(name.schema.as_str(), "pg_catalog" | "information_schema" | "pg_toast")
}

/// Who waits for a lock, by the table of conflicts.
fn note_blocks(
    world: World<'_>,
    relation: &QualifiedName,
    kind: Relation,
    table: Option<&QualifiedName>,
    mode: LockMode,
    blocks: &mut BTreeMap<QualifiedName, (bool, bool)>,
) {
    let (reads, writes) = match kind {
        Relation::Table | Relation::PartitionedTable | Relation::ForeignTable | Relation::View | Relation::Sequence => {
            (mode.blocks_reads(), mode.blocks_writes())
        }
        // Nobody writes to a materialized view.
        Relation::MaterializedView => (mode.blocks_reads(), false),
        // Planning opens every index of a table.
        Relation::Index => {
            let is_written = table.is_none_or(|t| world.kind(t) != Relation::MaterializedView);
            (mode.blocks_reads(), mode.blocks_reads() && is_written)
        }
        Relation::Other => return,
    };
    if !(reads || writes) {
        return;
    }
    let mut add = |name: &QualifiedName| {
        let entry = blocks.entry(name.clone()).or_default();
        *entry = (entry.0 || reads, entry.1 || writes);
    };
    let mut next = table.unwrap_or(relation).clone();
    add(&next);
    // Queries of a partitioned table open its partitions.
    for _ in 0..8 {
        let Some(parent) = world.table(&next).filter(|t| t.is_partition).and_then(|t| t.parents.first()) else { break };
        next = parent.clone();
        add(&next);
    }
}
