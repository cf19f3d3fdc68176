//! Which statement made and last changed each object, told from what the stores say a statement touched.

use super::state::{State, TEMPORARY};
use super::store::Store;
use architrave_model::catalog::{Table, View};
use architrave_model::name::{ObjectKind, ObjectRef, QualifiedName};
use std::collections::BTreeMap;

/// Statements of one object, by their index among all that were applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementOrigin {
    /// Made it.
    pub created: usize,
    /// Changed it last; equal to `created` when nothing did.
    pub changed: usize,
}

/// Keeps the origins.
#[derive(Debug, Clone, Default)]
pub(super) struct Tracker {
    map: Store<ObjectRef, StatementOrigin>,
}

impl Tracker {
    pub(super) fn map(&self) -> BTreeMap<&ObjectRef, StatementOrigin> {
        self.map.iter().map(|(object, origin)| (object, *origin)).collect()
    }

    /// Starts a statement.
    pub(super) fn begin_statement(&mut self, in_transaction: bool) {
        self.map.begin_statement(in_transaction);
    }

    /// Where the journal stands.
    pub(super) fn position(&self) -> usize {
        self.map.position()
    }

    /// Takes back everything since that position.
    pub(super) fn roll_back_to(&mut self, position: usize) {
        self.map.roll_back_to(position);
    }

    /// Notes what the statement that just succeeded did.
    pub(super) fn note(&mut self, state: &State, index: usize) {
        for (name, old) in state.tables.touched() {
            self.table(name, old, state.tables.get(name), index);
        }
        for (name, old) in state.views.touched() {
            self.view(name, old, state.views.get(name), index);
        }
        for (name, old) in state.sequences.touched() {
            let object = ObjectRef::in_schema(ObjectKind::Sequence, &name.schema, &name.name);
            self.object(object, old, state.sequences.get(name), index);
        }
        for (name, old) in state.types.touched() {
            self.object(ObjectRef::in_schema(ObjectKind::Type, &name.schema, &name.name), old, state.types.get(name), index);
        }
        for (name, old) in state.functions.touched() {
            let new = state.functions.get(name).map(Vec::as_slice).unwrap_or_default();
            let old = old.map(Vec::as_slice).unwrap_or_default();
            self.parts(old, new, index, |f| (f.signature(), ObjectRef::in_schema(ObjectKind::Function, &name.schema, f.signature())));
        }
        for (name, old) in state.schemas.touched() {
            self.object(ObjectRef::global(ObjectKind::Schema, name), old, state.schemas.get(name), index);
        }
        for (name, old) in state.extensions.touched() {
            self.object(ObjectRef::global(ObjectKind::Extension, name), old, state.extensions.get(name), index);
        }
        for (name, old) in state.roles.touched() {
            self.object(ObjectRef::global(ObjectKind::Role, name), old, state.roles.get(name), index);
        }
        for (name, old) in state.publications.touched() {
            self.object(ObjectRef::global(ObjectKind::Publication, name), old, state.publications.get(name), index);
        }
        for (name, old) in state.event_triggers.touched() {
            self.object(ObjectRef::global(ObjectKind::EventTrigger, name), old, state.event_triggers.get(name), index);
        }
    }

    fn object<T: PartialEq>(&mut self, object: ObjectRef, old: Option<&T>, new: Option<&T>, index: usize) {
        if object.schema.as_deref() == Some(TEMPORARY) {
            return;
        }
        let fresh = StatementOrigin { created: index, changed: index };
        match (old, new) {
            (None, Some(_)) => self.map.insert(object, fresh),
            (Some(old), Some(new)) if old != new => match self.map.get_mut(&object) {
                Some(origin) => origin.changed = index,
                None => self.map.insert(object, fresh),
            },
            (Some(_), None) => {
                self.map.remove(&object);
            }
            _ => {}
        }
    }

    fn parts<T: PartialEq>(&mut self, old: &[T], new: &[T], index: usize, key: impl Fn(&T) -> (String, ObjectRef)) {
        for part in old {
            let (name, object) = key(part);
            self.object(object, Some(part), new.iter().find(|n| key(n).0 == name), index);
        }
        for part in new {
            let (name, object) = key(part);
            if !old.iter().any(|o| key(o).0 == name) {
                self.object(object, None, Some(part), index);
            }
        }
    }

    fn table(&mut self, name: &QualifiedName, old: Option<&Table>, new: Option<&Table>, index: usize) {
        self.object(ObjectRef::table(name), old, new, index);
        let empty = Table::default();
        let (old, new) = (old.unwrap_or(&empty), new.unwrap_or(&empty));
        let inside = |kind: ObjectKind, part: &str| (part.to_owned(), ObjectRef::in_table(kind, name, part));
        self.parts(&old.columns, &new.columns, index, |c| inside(ObjectKind::Column, &c.name));
        self.parts(&old.constraints, &new.constraints, index, |c| inside(ObjectKind::Constraint, &c.name));
        self.parts(&old.indexes, &new.indexes, index, |i| inside(ObjectKind::Index, &i.name));
        self.parts(&old.triggers, &new.triggers, index, |t| inside(ObjectKind::Trigger, &t.name));
        self.parts(&old.policies, &new.policies, index, |p| inside(ObjectKind::Policy, &p.name));
        self.parts(&old.rules, &new.rules, index, |r| inside(ObjectKind::Rule, &r.name));
    }

    fn view(&mut self, name: &QualifiedName, old: Option<&View>, new: Option<&View>, index: usize) {
        let materialized = old.or(new).is_some_and(|v| v.materialized);
        let kind = if materialized { ObjectKind::MaterializedView } else { ObjectKind::View };
        self.object(ObjectRef::in_schema(kind, &name.schema, &name.name), old, new, index);
        let empty = View::default();
        let (old, new) = (old.unwrap_or(&empty), new.unwrap_or(&empty));
        let inside = |kind: ObjectKind, part: &str| (part.to_owned(), ObjectRef::in_table(kind, name, part));
        self.parts(&old.indexes, &new.indexes, index, |i| inside(ObjectKind::Index, &i.name));
        self.parts(&old.triggers, &new.triggers, index, |t| inside(ObjectKind::Trigger, &t.name));
    }
}
