//! What a fix may change: the objects of its finding, their tables' parts, and what its statements name.

use super::objects;
use architrave_model::finding::{Finding, Fix};
use architrave_model::{ObjectKind, ObjectRef, QualifiedName};
use std::collections::BTreeSet;

/// Objects that a fix may touch.
pub(super) struct Scope {
    tables: BTreeSet<QualifiedName>,
    others: BTreeSet<ObjectRef>,
    text: String,
}

impl Scope {
    pub(super) fn of(finding: &Finding, fix: &Fix) -> Self {
        let mut scope = Self { tables: BTreeSet::new(), others: BTreeSet::new(), text: fix.up.join("\n") };
        for object in objects(finding) {
            scope.others.insert(object.clone());
            scope.tables.extend(object.table_name());
        }
        scope
    }

    /// Whether the statements (or the finding itself) name this very object.
    pub(super) fn names(&self, object: &ObjectRef) -> bool {
        let in_name = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        self.others.contains(object)
            || self.text.match_indices(&object.name).any(|(at, name)| {
                let before = self.text[..at].chars().next_back();
                let after = self.text[at + name.len()..].chars().next();
                !before.is_some_and(in_name) && !after.is_some_and(in_name)
            })
    }

    /// Whether a difference in this object is the fix's own doing.
    pub(super) fn covers(&self, object: &ObjectRef) -> bool {
        if self.others.contains(object) || object.table_name().is_some_and(|t| self.tables.contains(&t)) {
            return true;
        }
        let named = |name: &str| self.text.contains(name);
        match object.kind {
            // A sequence or view that depends on a changed column, a new trigger function: the statements say its name.
            ObjectKind::Sequence | ObjectKind::Function | ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Type => {
                let bare = object.name.split('(').next().unwrap_or(&object.name);
                let of_table = self.tables.iter().any(|t| Some(&t.schema) == object.schema.as_ref() && bare.starts_with(&t.name));
                named(bare) || (object.kind == ObjectKind::Sequence && of_table)
            }
            ObjectKind::Schema | ObjectKind::Role => named(&object.name),
            _ => object.table.as_deref().is_some_and(named),
        }
    }
}
