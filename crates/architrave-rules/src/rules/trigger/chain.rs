//! The bodies of trigger functions and what they set off: which tables a trigger writes, and which triggers fire there.

use crate::body::{Relations, Token, tokens, touched};
use architrave_model::catalog::{Function, Table, Trigger, TriggerEvent};
use architrave_model::{Catalog, QualifiedName};
use std::collections::{BTreeMap, BTreeSet};

/// A trigger function, read once.
pub(super) struct Body<'a> {
    pub(super) function: &'a Function,
    pub(super) tokens: Vec<Token>,
    /// Tables that it writes, with the event that this is there.
    pub(super) writes: Vec<(&'a QualifiedName, TriggerEvent)>,
}

/// Trigger functions in PL/pgSQL by name.
pub(super) struct Bodies<'a> {
    by_name: BTreeMap<&'a QualifiedName, Body<'a>>,
}

impl<'a> Bodies<'a> {
    pub(super) fn of(catalog: &'a Catalog) -> Self {
        let written = |f: &&Function| f.language == "plpgsql" && f.result.as_deref() == Some("trigger");
        let mut functions = catalog.functions.iter().filter(written).peekable();
        if functions.peek().is_none() {
            return Self { by_name: BTreeMap::new() };
        }
        let relations = Relations::of(catalog);
        let read = |function: &'a Function| {
            let tokens = tokens(&function.body);
            let done = touched(&tokens, &relations, &function.name.schema);
            let inserts = done.inserts.iter().map(|t| (*t, TriggerEvent::Insert));
            let updates = done.updates.iter().map(|t| (*t, TriggerEvent::Update));
            let deletes = done.deletes.iter().map(|t| (*t, TriggerEvent::Delete));
            let writes = inserts.chain(updates).chain(deletes).collect();
            (&function.name, Body { function, tokens, writes })
        };
        Self { by_name: functions.map(read).collect() }
    }

    pub(super) fn get(&self, trigger: &Trigger) -> Option<&Body<'a>> {
        self.by_name.get(&trigger.function)
    }

    /// How many triggers fire one after the other from this one on, itself included; each trigger counts once, so that circles end.
    pub(super) fn depth(&self, catalog: &'a Catalog, table: &'a Table, trigger: &'a Trigger) -> usize {
        let mut seen = BTreeSet::from([(&table.name, trigger.name.as_str())]);
        let mut level = vec![trigger];
        let mut depth = 0;
        while !level.is_empty() {
            depth += 1;
            let mut next = Vec::new();
            for (name, event) in level.iter().filter_map(|t| self.get(t)).flat_map(|b| &b.writes) {
                let fired = catalog.table_named(name).map_or(&[][..], |t| t.triggers.as_slice());
                let fired = fired.iter().filter(|t| super::fires(t) && t.events.contains(event));
                next.extend(fired.filter(|t| seen.insert((name, t.name.as_str()))));
            }
            level = next;
        }
        depth
    }
}
