//! From two looks to an effect: what the statement in between locked, rewrote, built, read whole, and whom it keeps waiting.

use super::inside::{Look, Seen};
use super::outside::{Committed, Waits};
use architrave_model::QualifiedName;
use architrave_model::migration::{Blocked, Effect, LockMode, Relation, Rewritten, Scanned, TakenLock};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// All relations as they were just before the next statement, and what the transaction holds.
#[derive(Debug, Clone, Default)]
pub(super) struct Scene {
    /// Relations by object id.
    pub(super) world: HashMap<u32, Seen>,
    /// Those that were committed before the script (or its transaction): others may wait for them.
    existing: HashSet<u32>,
    /// The partitioned tables of partitions.
    parents: BTreeMap<u32, u32>,
    /// Before 14 who writes into a partition directly opens its parent, too.
    writers_open_parents: bool,
    /// Strongest lock held.
    modes: HashMap<u32, LockMode>,
    /// Scans and tuples counted so far.
    counts: HashMap<u32, (i64, i64)>,
    /// Validated foreign keys.
    keys: HashSet<u32>,
    /// Who waits, by table, and the mode for which that was tested.
    waits: HashMap<u32, Waits>,
    tested: HashMap<u32, LockMode>,
    wal: i64,
    /// The newest relation of before the script, and the newest of all that were seen.
    newest: (u32, u32),
}

/// So many relations that a script made are looked at with every statement.
const NEW_ONES: usize = 200;

impl Scene {
    /// A new script on what is committed.
    pub(super) fn open(everything: Committed, major: u16) -> Self {
        let existing = everything.relations.keys().copied().collect();
        let newest = everything.relations.keys().max().copied().unwrap_or_default();
        let parents = everything.relations.values().filter_map(|s| Some((s.oid, s.parent?))).collect();
        let keys = everything.foreign_keys.iter().map(|k| k.oid).collect();
        Self {
            existing,
            parents,
            writers_open_parents: major < 14,
            keys,
            world: everything.relations,
            newest: (newest, newest),
            ..Self::default()
        }
    }

    /// A new script, when all that the one before has changed is `touched`, of which `now` is there.
    pub(super) fn go_on(&mut self, touched: &BTreeSet<u32>, now: Committed) {
        for oid in touched {
            self.world.remove(oid);
            self.parents.remove(oid);
        }
        self.parents.extend(now.relations.values().filter_map(|s| Some((s.oid, s.parent?))));
        self.world.extend(now.relations);
        self.keys.extend(now.foreign_keys.iter().map(|k| k.oid));
        self.existing = self.world.keys().copied().collect();
        let newest = self.existing.iter().max().copied().unwrap_or_default();
        self.newest = (newest, newest);
        self.counts.clear();
        self.wal = 0;
        self.release();
    }

    /// What is committed has changed, the script is the same.
    pub(super) fn reload(&mut self, everything: Committed) {
        self.keys = everything.foreign_keys.iter().map(|k| k.oid).collect();
        self.world = everything.relations;
        self.release();
    }

    /// A transaction has ended: nothing is held.
    pub(super) fn release(&mut self) {
        self.modes.clear();
        self.waits.clear();
        self.tested.clear();
    }

    /// Whether others knew the relation before the script.
    pub(super) fn existed(&self, oid: u32) -> bool {
        self.existing.contains(&oid)
    }

    /// Relations that need not be looked at again: those that the script made long ago, once there are many. Nobody waits for them.
    pub(super) fn passed_over(&self) -> Option<(u32, u32)> {
        (self.world.len() > self.existing.len() + NEW_ONES).then_some(self.newest)
    }

    /// A transaction has begun. Between two of them the server may have taken counters over, which begin at nothing again: those of before say nothing.
    pub(super) fn enter(&mut self, look: &Look) {
        self.counts.clear();
        self.begin(look);
    }

    /// Takes over counters and locks as they are, without a statement.
    pub(super) fn begin(&mut self, look: &Look) {
        self.modes.clear();
        for seen in &look.held {
            if let Some(mode) = seen.mode() {
                self.modes.insert(seen.oid, mode);
            }
        }
        for seen in look.counted.iter().chain(&look.held) {
            self.counts.insert(seen.oid, (seen.scans, seen.tuples));
        }
        self.wal = look.settings.wal;
    }

    /// Tables whose lock is new or stronger, and keeps somebody waiting as the conflict table says: the second session shall try.
    pub(super) fn to_test(&self, look: &Look) -> Vec<u32> {
        let is_table = |oid| self.world.get(&oid).and_then(|s| s.kind.as_deref()).is_some_and(|k| k == "r" || k == "p");
        let blocks = |seen: &&Seen| seen.mode().is_some_and(|m| m.blocks_writes() && self.tested.get(&seen.oid) != Some(&m));
        look.held.iter().filter(|s| self.existed(s.oid) && is_table(s.oid)).filter(blocks).map(|s| s.oid).collect()
    }

    /// What the statement did, by the look after it; then that look is the state before the next one.
    pub(super) fn effect(&mut self, look: &Look, waits: Vec<Waits>) -> Effect {
        for seen in &look.held {
            if let Some(mode) = seen.mode() {
                self.tested.insert(seen.oid, mode);
            }
        }
        self.waits.extend(waits.into_iter().map(|w| (w.oid, w)));
        let mut effect = Effect { wal_bytes: Some((look.settings.wal - self.wal).max(0)), ..Effect::default() };
        for seen in &look.held {
            self.add_lock(seen, &mut effect);
        }
        let dropped: Vec<&Seen> = look.held.iter().filter(|s| s.name.is_none()).filter_map(|s| self.world.get(&s.oid)).collect();
        for seen in look.held.iter().filter(|s| s.name.is_some()) {
            self.add_file(seen, &dropped, &mut effect);
        }
        self.add_scans(look, &mut effect);
        effect.blocks = self.blocks(look);
        sort(&mut effect);
        self.take_over(look);
        effect
    }

    fn name(&self, oid: u32, seen: Option<&Seen>) -> Option<QualifiedName> {
        self.world.get(&oid).and_then(name_of).or_else(|| seen.and_then(name_of)).filter(|n| !is_own(&n.schema))
    }

    fn add_lock(&self, seen: &Seen, effect: &mut Effect) {
        let (Some(mode), Some(relation)) = (seen.mode(), self.name(seen.oid, Some(seen))) else { return };
        let existed = self.existed(seen.oid);
        let held_before = self.modes.get(&seen.oid).is_some_and(|before| *before >= mode);
        // Nobody waits for what is new; listing it again with every statement of the transaction says nothing.
        if held_before && !existed {
            return;
        }
        let of = self.world.get(&seen.oid).unwrap_or(seen);
        let table = of.table.and_then(|table| self.name(table, None));
        effect.locks.push(TakenLock { relation, kind: kind_of(of), table, mode, existed, held_before });
    }

    fn add_file(&self, seen: &Seen, dropped: &[&Seen], effect: &mut Effect) {
        let Some(relation) = self.name(seen.oid, Some(seen)) else { return };
        let index_of = seen.table.and_then(|table| self.name(table, None));
        let has_file = matches!(seen.kind.as_deref(), Some("r" | "m" | "i"));
        match self.world.get(&seen.oid) {
            Some(was) if has_file && was.file != seen.file => {
                effect.rewrites.push(Rewritten { relation, index_of, existed: self.existed(seen.oid) });
            }
            None if seen.kind.as_deref() == Some("i") => {
                // ALTER TABLE drops an index and makes it again, with the old file where that still serves.
                let Some(table) = index_of else { return };
                match dropped.iter().find(|old| old.name == seen.name && old.schema == seen.schema) {
                    Some(old) if old.file == seen.file => {}
                    Some(old) => effect.rewrites.push(Rewritten { relation, index_of: Some(table), existed: self.existed(old.oid) }),
                    None => effect.built.push((relation, table)),
                }
            }
            _ => {}
        }
    }

    fn add_scans(&self, look: &Look, effect: &mut Effect) {
        let rise = |seen: &Seen| {
            let (scans, tuples) = self.counts.get(&seen.oid).copied().unwrap_or((0, 0));
            (seen.scans > scans).then_some((seen.tuples - tuples).max(0))
        };
        let mut scanned: BTreeMap<QualifiedName, Scanned> = BTreeMap::new();
        for seen in look.held.iter().filter(|s| s.table.is_none()) {
            let was = self.world.get(&seen.oid).unwrap_or(seen);
            if !matches!(was.kind.as_deref(), Some("r" | "m")) {
                continue;
            }
            if let (Some(tuples), Some(relation)) = (rise(seen), self.name(seen.oid, Some(seen))) {
                scanned.insert(relation.clone(), Scanned { relation, tuples: Some(tuples), existed: self.existed(seen.oid) });
            }
        }
        // Checking a foreign key reads both tables, whatever the planner makes of a table without rows. For a new column without default
        // nothing is checked, and nothing read; nor for a table that is new itself.
        for key in look.foreign_keys.iter().filter(|k| !self.keys.contains(&k.oid) && self.existed(k.table)) {
            let read = look.held.iter().any(|s| (s.oid == key.table || s.table == Some(key.table)) && rise(s).is_some());
            for oid in [key.table, key.referenced].into_iter().filter(|_| read) {
                let has_rows = self.world.get(&oid).is_some_and(|s| s.kind.as_deref() == Some("r"));
                if let Some(relation) = self.name(oid, None).filter(|_| has_rows) {
                    let existed = self.existed(oid);
                    scanned.entry(relation.clone()).or_insert(Scanned { relation, tuples: None, existed });
                }
            }
        }
        effect.scans = scanned.into_values().collect();
    }

    fn blocks(&self, look: &Look) -> Vec<Blocked> {
        let mut blocks: BTreeMap<QualifiedName, (bool, bool)> = BTreeMap::new();
        let mut add = |relation: QualifiedName, reads: bool, writes: bool| {
            let entry = blocks.entry(relation).or_default();
            *entry = (entry.0 || reads, entry.1 || writes);
        };
        for waits in self.waits.values().filter(|w| self.existed(w.oid)) {
            let committed = QualifiedName::new(&waits.schema, &waits.name);
            add(self.name(waits.oid, None).unwrap_or(committed), waits.reads, waits.writes);
        }
        for seen in look.held.iter().filter(|s| self.existed(s.oid)) {
            let (Some(mode), Some(was)) = (seen.mode(), self.world.get(&seen.oid)) else { continue };
            match was.kind.as_deref() {
                // Whoever plans a query on the table opens all its indexes.
                Some("i") => {
                    let mut table = was.table.filter(|t| self.existed(*t));
                    while let Some(oid) = table {
                        if let Some(name) = self.name(oid, None) {
                            let matview = self.world.get(&oid).is_some_and(|s| s.kind.as_deref() == Some("m"));
                            add(name, mode.blocks_reads(), mode.blocks_writes() && !matview);
                        }
                        table = self.parents.get(&oid).copied();
                    }
                }
                Some("v" | "S" | "f") => {
                    if let Some(relation) = name_of(was) {
                        add(relation, mode.blocks_reads(), mode.blocks_writes());
                    }
                }
                Some("m") => {
                    if let Some(relation) = name_of(was) {
                        add(relation, mode.blocks_reads(), false);
                    }
                }
                Some("p") if self.writers_open_parents && mode.blocks_reads() => {
                    for (partition, _) in self.parents.iter().filter(|(_, parent)| **parent == seen.oid) {
                        if let Some(name) = self.name(*partition, None) {
                            add(name, false, true);
                        }
                    }
                }
                _ => {}
            }
        }
        let waiting = blocks.into_iter().filter(|(name, (reads, writes))| (*reads || *writes) && !is_own(&name.schema));
        waiting.map(|(relation, (reads, writes))| Blocked { relation, reads, writes }).collect()
    }

    fn take_over(&mut self, look: &Look) {
        for seen in &look.held {
            if seen.name.is_some() {
                self.world.insert(seen.oid, seen.clone());
            } else {
                self.world.remove(&seen.oid);
            }
        }
        self.newest.1 = look.held.iter().map(|s| s.oid).max().unwrap_or_default().max(self.newest.1);
        self.keys.extend(look.foreign_keys.iter().map(|k| k.oid));
        self.begin(look);
    }
}

/// What a statement outside of a transaction did, by the relations before and after it, and the locks that were seen while it waited.
pub(super) fn effect_alone(scene: &Scene, before: &Committed, after: &Committed, seen: &HashMap<u32, Seen>, waits: &[Waits]) -> Effect {
    let mut scene = scene.clone();
    scene.world.clone_from(&before.relations);
    scene.release();
    let look = Look { held: seen.values().cloned().collect(), ..Look::default() };
    scene.waits = waits.iter().map(|w| (w.oid, w.clone())).collect();
    let mut effect = Effect::default();
    for held in &look.held {
        scene.add_lock(held, &mut effect);
    }
    let dropped: Vec<&Seen> = before.relations.values().filter(|s| !after.relations.contains_key(&s.oid)).collect();
    let mut made: Vec<&Seen> = after.relations.values().collect();
    made.sort_by_key(|s| s.oid);
    for now in made {
        scene.add_file(now, &dropped, &mut effect);
    }
    add_rebuilt(before, &mut effect);
    // The counters of a statement that commits several times cannot be read in time; but who builds an index or copies a table reads it.
    let mut read: BTreeSet<QualifiedName> = effect.built.iter().map(|(_, table)| table.clone()).collect();
    read.extend(effect.rewrites.iter().map(|r| r.index_of.as_ref().unwrap_or(&r.relation).clone()));
    let existing = |name: &QualifiedName| before.relations.values().any(|s| name_of(s).as_ref() == Some(name) && scene.existed(s.oid));
    effect.scans = read.into_iter().map(|relation| Scanned { existed: existing(&relation), relation, tuples: None }).collect();
    effect.blocks = scene.blocks(&look);
    sort(&mut effect);
    effect
}

/// Who copies a table that it has for itself alone locks its indexes in the same way, after the wait in which we look.
fn add_rebuilt(before: &Committed, effect: &mut Effect) {
    let mut more = Vec::new();
    for rebuilt in &effect.rewrites {
        let alone = rebuilt.index_of.as_ref().and_then(|t| effect.lock(t)).is_some_and(|l| l.mode == LockMode::AccessExclusive);
        let seen = effect.lock(&rebuilt.relation).is_some_and(|l| l.mode == LockMode::AccessExclusive);
        let index = before.relations.values().find(|s| name_of(s).as_ref() == Some(&rebuilt.relation));
        if let Some(index) = index.filter(|_| alone && !seen) {
            more.push(TakenLock {
                relation: rebuilt.relation.clone(),
                kind: kind_of(index),
                table: rebuilt.index_of.clone(),
                mode: LockMode::AccessExclusive,
                existed: rebuilt.existed,
                held_before: false,
            });
        }
    }
    effect.locks.retain(|l| !more.iter().any(|m| m.relation == l.relation));
    effect.locks.extend(more);
}

fn sort(effect: &mut Effect) {
    effect.locks.sort();
    effect.rewrites.sort();
    effect.built.sort();
    effect.scans.sort();
}

pub(super) fn name_of(seen: &Seen) -> Option<QualifiedName> {
    Some(QualifiedName::new(seen.schema.clone()?, seen.name.clone()?))
}

fn kind_of(seen: &Seen) -> Relation {
    match seen.kind.as_deref() {
        Some("r") => Relation::Table,
        Some("p") => Relation::PartitionedTable,
        Some("i" | "I") => Relation::Index,
        Some("v") => Relation::View,
        Some("m") => Relation::MaterializedView,
        Some("S") => Relation::Sequence,
        Some("f") => Relation::ForeignTable,
        _ => Relation::Other,
    }
}

/// Schemas of the system, of temporary objects and of our own.
fn is_own(schema: &str) -> bool {
    schema.starts_with("pg_") || schema == "information_schema" || schema == "architrave_replay"
}
