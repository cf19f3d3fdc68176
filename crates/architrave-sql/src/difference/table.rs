//! Tables that stay: everything about them but their columns.

use super::Differ;
use super::take::is_moved;
use crate::generate::text;
use architrave_model::catalog::{Persistence, Table, TableKind};
use architrave_model::name::{QualifiedName, quote_ident};

/// Whether ALTER TABLE leads from the one to the other.
pub(super) fn is_alterable(old: &Table, new: &Table) -> bool {
    let key = |t: &Table| t.partitioning.as_ref().map(|p| p.definition.clone());
    (old.kind, key(old), &old.of_type, &old.foreign_server) == (new.kind, key(new), &new.of_type, &new.foreign_server)
        && (old.persistence == Persistence::Temporary) == (new.persistence == Persistence::Temporary)
}

impl Differ<'_> {
    pub(super) fn alter_table(&mut self, name: &QualifiedName) {
        let (Some(old), Some(new)) = (self.from.table(name), self.to.table(name)) else { return };
        let table = name.sql();
        if old.persistence != new.persistence {
            let word = if new.persistence == Persistence::Unlogged { "unlogged" } else { "logged" };
            self.say(format!("alter table {table} set {word}"));
        }
        if old.access_method != new.access_method {
            let method = quote_ident(new.access_method.as_deref().unwrap_or("heap"));
            self.say(format!("alter table {table} set access method {method}"));
        }
        self.options(&format!("table only {table}"), &old.options, &new.options);
        self.columns(old, new);
        self.parents(old, new);
    }

    fn parents(&mut self, old: &Table, new: &Table) {
        let table = new.name.sql();
        let stays = |parent: &QualifiedName| !self.gone.items.contains(&crate::generate::Item::Table(parent.clone()));
        let attached = old.is_partition && !is_moved(old, new) && old.parents.iter().all(stays);
        let fresh: Vec<QualifiedName> = new.parents.iter().filter(|p| !old.parents.contains(p) || !stays(p)).cloned().collect();
        if new.is_partition && !attached {
            if let Some(parent) = new.parents.first() {
                let bound = new.partition_bound.as_deref().unwrap_or("default");
                self.say(format!("alter table only {} attach partition {table} {bound}", parent.sql()));
            }
        } else if !new.is_partition {
            for parent in fresh {
                self.say(format!("alter table only {table} inherit {}", parent.sql()));
            }
        }
    }

    /// Storage parameters of `table only s.t`, `index s.i` and so on.
    pub(super) fn options(&mut self, target: &str, old: &[String], new: &[String]) {
        let key = |option: &String| option.split('=').next().unwrap_or_default().to_owned();
        let set: Vec<String> = new.iter().filter(|o| !old.contains(o)).cloned().collect();
        let reset: Vec<String> = old.iter().map(key).filter(|k| !new.iter().any(|n| key(n) == *k)).collect();
        if let Some(list) = text::options(&set) {
            self.say(format!("alter {target} set {list}"));
        }
        if let Some(list) = text::options(&reset) {
            self.say(format!("alter {target} reset {list}"));
        }
    }

    /// An ordinary table that was there before: somebody reads and writes it meanwhile.
    pub(super) fn is_busy(&self, table: &QualifiedName) -> bool {
        self.is_kept_table(table) && self.to.table(table).is_some_and(|t| t.kind == TableKind::Ordinary) && !self.options.plain
    }
}
