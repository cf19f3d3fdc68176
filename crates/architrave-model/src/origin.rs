//! Which statement made an object and which changed it last.

use crate::name::{ObjectKind, ObjectRef};
use crate::script::Location;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Places of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Statement that made it.
    pub created: Location,
    /// Statement that changed it last; equal to `created` when nothing did.
    pub changed: Location,
}

/// Origins of all objects of a replayed project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    map: BTreeMap<ObjectRef, Origin>,
}

impl Origins {
    /// Notes that a statement made this object.
    pub fn created(&mut self, object: ObjectRef, at: Location) {
        self.map.insert(object, Origin { created: at.clone(), changed: at });
    }

    /// Notes that a statement changed it (made it, when it was unknown).
    pub fn changed(&mut self, object: ObjectRef, at: Location) {
        self.map.entry(object).and_modify(|o| o.changed = at.clone()).or_insert_with(|| Origin { created: at.clone(), changed: at });
    }

    /// Where it was made; for parts of a table that have no place of their own, the table's.
    pub fn of(&self, object: &ObjectRef) -> Option<&Origin> {
        self.map.get(object).or_else(|| {
            let table = object.table_name()?;
            self.map.get(&ObjectRef::in_schema(ObjectKind::Table, table.schema, table.name))
        })
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&ObjectRef, &Origin)> {
        self.map.iter()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }
}
