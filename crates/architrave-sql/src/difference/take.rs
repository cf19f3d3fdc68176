//! Taking away: backwards through the order in which the old side is created.

use super::{Differ, Form, Step};
use crate::generate::{Item, names_in, routine};
use architrave_model::catalog::{ConstraintKind, Table, TableKind};
use architrave_model::name::{QualifiedName, quote_ident};
use std::collections::BTreeSet;

impl Differ<'_> {
    pub(super) fn take_away(&mut self) {
        self.unpublish();
        let mut seen: BTreeSet<Item> = BTreeSet::new();
        let items: Vec<Item> = self.from.writer.out.items.iter().rev().cloned().collect();
        // The first statement of a piece tells its place among the others.
        let mut order: Vec<Item> = Vec::new();
        for item in items.into_iter().rev() {
            if seen.insert(item.clone()) {
                order.push(item);
            }
        }
        for item in order.into_iter().rev() {
            if let Item::Table(name) = &item
                && self.is_kept_table(name)
            {
                self.prepare_table(name);
            } else if self.gone.items.contains(&item) && !self.is_implied(&item) {
                self.take(&item);
            } else if let Item::Default(table, column) = &item
                && self.gone.items.contains(&Item::Table(table.clone()))
                && !self.is_implied(&item)
            {
                self.say(format!("alter table {} alter column {} drop default", table.sql(), quote_ident(column)));
            }
        }
    }

    fn place(&self, item: &Item) -> usize {
        self.from.pieces.get(item).and_then(|n| n.first()).copied().unwrap_or(0)
    }

    /// Whether the piece goes with another one.
    fn is_implied(&self, item: &Item) -> bool {
        if let Some(table) = item.table() {
            let owner = [Item::Table(table.clone()), Item::View(table.clone())].into_iter().find(|i| self.gone.items.contains(i));
            if let Some(owner) = owner {
                let own = self.place(&owner);
                // What is dropped before the table must not be needed by a part of it any more.
                let earlier = |(schema, name): (String, String)| {
                    let name = QualifiedName::new(schema, name);
                    name != *table && self.gone_places(&name).any(|place| place > own)
                };
                return !self.from.statements(item).into_iter().flat_map(names_in).any(earlier);
            }
        }
        match item {
            Item::IndexTie(..) => true,
            Item::Table(name) => self
                .from
                .table(name)
                .is_some_and(|t| t.is_partition && t.parents.iter().any(|p| self.gone.items.contains(&Item::Table(p.clone())))),
            Item::Sequence(name) => self.from.sequence(name).is_some_and(|s| match (&s.owned_by_table, &s.owned_by_column) {
                (Some(table), Some(column)) => {
                    let dropped = self.gone.columns.get(table).is_some_and(|p| p.dropped.contains(column) || p.remade.contains(column));
                    dropped || self.gone.items.contains(&Item::Table(table.clone()))
                }
                _ => false,
            }),
            Item::SequenceOwner(name) => self.gone.items.contains(&Item::Sequence(name.clone())),
            Item::DomainCheck(domain, _) => self.gone.items.contains(&Item::Type(domain.clone())),
            Item::Constraint(table, name) => self.from.constraint(table, name).is_some_and(|c| {
                let dropped = self.gone.columns.get(table).map(|p| &p.dropped);
                let with_columns = !c.columns.is_empty() && dropped.is_some_and(|d| c.columns.iter().all(|c| d.contains(c)));
                let tied = c.index.as_deref().and_then(|i| self.from.index(table, i)).is_some_and(|i| i.parent.is_some());
                // What others refer to, or refers to others, does not go silently with its column: the others may go earlier.
                let alone = c.kind == ConstraintKind::Check;
                c.inherited || (with_columns && alone) || (tied && self.keeps_parents(table))
            }),
            Item::Index(table, name) => self.from.index(table, name).is_some_and(|i| {
                let dropped = self.gone.columns.get(table).map(|p| &p.dropped);
                let with_columns = dropped.is_some_and(|d| i.keys.iter().filter_map(|k| k.column.as_ref()).any(|c| d.contains(c)));
                (with_columns && !i.unique) || (i.parent.is_some() && self.keeps_parents(table))
            }),
            Item::Trigger(table, name) => self.from.trigger(table, name).is_some_and(|t| t.inherited),
            _ => false,
        }
    }

    /// A partition that stays one of the same parent.
    fn keeps_parents(&self, table: &QualifiedName) -> bool {
        match (self.from.table(table), self.to.table(table)) {
            (Some(old), Some(new)) => old.parents == new.parents && !is_moved(old, new),
            _ => true,
        }
    }

    fn gone_places(&self, name: &QualifiedName) -> impl Iterator<Item = usize> {
        let named = |item: &&Item| match item {
            Item::Type(n) | Item::Sequence(n) | Item::Function(n, _) | Item::Table(n) | Item::View(n) => n == name,
            _ => false,
        };
        let at_end = |item: &&Item| !matches!(item, Item::Type(_));
        let kept = self.gone.columns.get(name).filter(|p| p.touched().next().is_some()).map(|_| self.place(&Item::Table(name.clone())));
        let keys = |item: &&Item| matches!(item, Item::Constraint(t, _) | Item::Index(t, _) if t == name);
        let key = self.gone.items.iter().filter(keys).map(|i| self.place(i));
        let gone = self.gone.items.iter().filter(named).filter(at_end).map(|i| self.place(i));
        gone.chain(kept).chain(key).collect::<Vec<_>>().into_iter()
    }

    fn take(&mut self, item: &Item) {
        let comes_back = self.to.has(item);
        match item {
            Item::Schema(name) => self.at_end(format!("drop schema {}", quote_ident(name)), None),
            Item::Extension(name) => {
                let loses = format!("extension {name} with all that it made");
                self.at_end(format!("drop extension {}", quote_ident(name)), Some(loses));
            }
            Item::Collation(name) if comes_back => {
                let aside = QualifiedName::new(&name.schema, format!("{}_old", name.name.chars().take(50).collect::<String>()));
                self.say(format!("alter collation {} rename to {}", name.sql(), quote_ident(&aside.name)));
                self.at_end(format!("drop collation {}", aside.sql()), None);
            }
            Item::Collation(name) => self.at_end(format!("drop collation {}", name.sql()), None),
            Item::ForeignServer(name) => self.at_end(format!("drop server {}", quote_ident(name)), None),
            Item::Type(name) => self.take_type(name, comes_back),
            Item::DomainCheck(domain, name) => self.say(format!("alter domain {} drop constraint {}", domain.sql(), quote_ident(name))),
            Item::Sequence(name) => {
                let loses = (!comes_back).then(|| format!("sequence {name} and the number it stands at"));
                self.step(format!("drop sequence {}", name.sql()), Form::Transaction, loses);
            }
            Item::SequenceOwner(name) => self.say(format!("alter sequence {} owned by none", name.sql())),
            Item::Function(name, arguments) => {
                if let Some(function) = self.from.function(name, arguments) {
                    self.say(format!("drop {}", routine(function)));
                }
            }
            Item::Table(name) => self.take_table(name, comes_back),
            Item::Constraint(table, name) => self.say(format!("alter table {} drop constraint {}", table.sql(), quote_ident(name))),
            Item::Index(table, name) => self.take_index(table, name),
            Item::Cluster(table) => {
                let what = if self.from.view(table).is_some() { "materialized view" } else { "table" };
                self.say(format!("alter {what} {} set without cluster", table.sql()));
            }
            Item::View(name) => {
                let what = if self.from.view(name).is_some_and(|v| v.materialized) { "materialized view" } else { "view" };
                self.say(format!("drop {what} {}", name.sql()));
            }
            Item::ReplicaIdentity(table) => self.say(format!("alter table only {} replica identity default", table.sql())),
            Item::Statistics(_, name) => self.say(format!("drop statistics {}", name.sql())),
            Item::Rule(table, name) => self.say(format!("drop rule {} on {}", quote_ident(name), table.sql())),
            Item::Trigger(table, name) => self.say(format!("drop trigger {} on {}", quote_ident(name), table.sql())),
            Item::RowSecurity(table) => self.no_row_security(table),
            Item::Policy(table, name) => self.say(format!("drop policy {} on {}", quote_ident(name), table.sql())),
            Item::Publication(name) => self.say(format!("drop publication {}", quote_ident(name))),
            Item::EventTrigger(name) => self.say(format!("drop event trigger {}", quote_ident(name))),
            _ => {}
        }
    }

    pub(super) fn at_end(&mut self, statement: String, loses: Option<String>) {
        self.at_end.push(Step { statement, form: Form::Transaction, loses });
    }

    fn take_table(&mut self, name: &QualifiedName, comes_back: bool) {
        let foreign = self.from.table(name).is_some_and(|t| t.kind == TableKind::Foreign);
        let loses = if foreign { None } else { Some(format!("table {name} with its rows")) };
        if comes_back {
            let why = "PostgreSQL cannot change what kind of table it is, so the statements drop it and make it again, empty";
            self.out.notes.push(format!("Table {name}: {why}. Copy the rows by hand."));
        }
        let what = if foreign { "foreign table" } else { "table" };
        self.step(format!("drop {what} {}", name.sql()), Form::Transaction, loses);
    }

    fn take_index(&mut self, table: &QualifiedName, name: &str) {
        let own = QualifiedName::new(&table.schema, name).sql();
        let waits = self.is_kept_table(table) && self.from.table(table).is_some_and(|t| t.kind == TableKind::Ordinary);
        if waits && !self.options.plain {
            // Foreign keys and replica identities lean on unique indexes only.
            let form = if self.from.index(table, name).is_some_and(|i| i.unique) { Form::Alone } else { Form::AloneFirst };
            self.step(format!("drop index concurrently {own}"), form, None);
        } else {
            self.say(format!("drop index {own}"));
        }
    }

    fn no_row_security(&mut self, table: &QualifiedName) {
        let Some(old) = self.from.table(table) else { return };
        if old.rls_enabled {
            self.say(format!("alter table {} disable row level security", table.sql()));
        }
        if old.rls_forced {
            self.say(format!("alter table {} no force row level security", table.sql()));
        }
    }

    /// What a table that stays must let go before others can: parents, defaults, identities, columns.
    fn prepare_table(&mut self, name: &QualifiedName) {
        let (Some(old), Some(new)) = (self.from.table(name), self.to.table(name)) else { return };
        let table = name.sql();
        for parent in &old.parents {
            if is_moved(old, new) {
                self.say(format!("alter table {} detach partition {table}", parent.sql()));
            } else if !old.is_partition && !new.parents.contains(parent) {
                self.say(format!("alter table {table} no inherit {}", parent.sql()));
            }
        }
        let Some(plan) = self.gone.columns.get(name).cloned() else { return };
        for column in &old.columns {
            let own = quote_ident(&column.name);
            let next = new.column(&column.name);
            if plan.dropped.contains(&column.name) {
                let loses = format!("column {name}.{} with its values", column.name);
                self.step(format!("alter table {table} drop column {own}"), Form::Transaction, Some(loses));
            } else if plan.remade.contains(&column.name) {
                let loses = column.generated.is_none().then(|| format!("column {name}.{} with its values", column.name));
                self.step(format!("alter table {table} drop column {own}"), Form::Transaction, loses);
            } else {
                if column.identity.is_some() && next.is_some_and(|n| n.identity.is_none()) && !self.parent_drops_identity(old, &column.name)
                {
                    self.say(format!("alter table {table} alter column {own} drop identity"));
                }
                if self.gone.defaults.contains(&(name.clone(), column.name.clone())) {
                    self.say(format!("alter table only {table} alter column {own} drop default"));
                }
            }
        }
    }

    fn parent_drops_identity(&self, table: &Table, column: &str) -> bool {
        table.is_partition && table.parents.iter().any(|p| self.from.column(p, column).is_some_and(|c| c.identity.is_some()))
    }
}

/// A partition that is to be attached anew.
pub(super) fn is_moved(old: &Table, new: &Table) -> bool {
    old.is_partition && (!new.is_partition || old.parents != new.parents || old.partition_bound != new.partition_bound)
}
