//! What of the old side has to go: pieces that the new side lacks or that cannot be altered, and all that hangs on them.

use super::column::ColumnPlan;
use super::side::Side;
use super::{DifferenceOptions, alter, column};
use crate::generate::{Item, names_in, words_in};
use architrave_model::catalog::{Constraint, ConstraintKind, Index, Table};
use architrave_model::name::QualifiedName;
use std::collections::{BTreeMap, BTreeSet};

type Names = BTreeSet<(String, String)>;

/// What is taken away before anything is made.
#[derive(Debug, Default)]
pub(super) struct Gone {
    /// Pieces of the old side; those that the new one has as well are made again.
    pub(super) items: BTreeSet<Item>,
    /// Columns of the tables that stay.
    pub(super) columns: BTreeMap<QualifiedName, ColumnPlan>,
    /// Defaults that need something which goes.
    pub(super) defaults: BTreeSet<(QualifiedName, String)>,
}

impl Gone {
    pub(super) fn find(from: &Side<'_>, to: &Side<'_>, options: &DifferenceOptions) -> Self {
        let mut gone = Self::default();
        for item in from.pieces.keys().filter(|i| is_object(i)) {
            if !to.has(item) || (is_changed(from, to, item) && !alter::is_possible(from, to, item, options)) {
                gone.items.insert(item.clone());
            }
        }
        for table in &from.catalog.tables {
            let item = Item::Table(table.name.clone());
            if let Some(new) = to.table(&table.name).filter(|_| from.has(&item) && to.has(&item) && !gone.items.contains(&item)) {
                gone.columns.insert(table.name.clone(), column::plan(table, new, from, to, options));
            }
        }
        let parts = Parts::of(from);
        while gone.spread(from, to, &parts) {}
        gone
    }

    /// One round; whether anything was added.
    fn spread(&mut self, from: &Side<'_>, to: &Side<'_>, parts: &Parts) -> bool {
        let names = self.names();
        let mut more = self.columns_spread(from, to, &names);
        let mut found = Vec::new();
        for (item, uses) in &parts.0 {
            if !self.items.contains(item) && self.takes_along(from, to, item, uses, &names) {
                found.push(item.clone());
            }
        }
        for item in found {
            if let Item::Table(name) = &item {
                self.columns.remove(name);
            }
            more |= self.items.insert(item);
        }
        more
    }

    /// Names of the objects that go.
    fn names(&self) -> Names {
        let mut names = Names::new();
        for item in &self.items {
            if let Item::Type(n) | Item::Sequence(n) | Item::Function(n, _) | Item::Table(n) | Item::View(n) = item {
                names.insert((n.schema.clone(), n.name.clone()));
            }
        }
        names
    }

    fn columns_spread(&mut self, from: &Side<'_>, to: &Side<'_>, names: &Names) -> bool {
        let mut more = false;
        let collation = |item: &Item| if let Item::Collation(name) = item { Some(name.to_string()) } else { None };
        let collations: BTreeSet<String> = self.items.iter().filter_map(collation).collect();
        for (name, plan) in &mut self.columns {
            let Some(table) = from.table(name) else { continue };
            for column in &table.columns {
                if plan.dropped.contains(&column.name) || plan.remade.contains(&column.name) {
                    continue;
                }
                let collated = column.collation.as_ref().is_some_and(|c| collations.contains(c));
                let typed = names_in(&column.data_type).iter().any(|n| names.contains(n));
                if to.column(name, &column.name).is_some() && (collated || typed) {
                    more |= plan.retyped.insert(column.name.clone());
                }
                let Some(expression) = &column.default else { continue };
                let named = names_in(expression).iter().any(|n| names.contains(n));
                if column.generated.is_some() {
                    let words = words_in(expression);
                    if named || plan.touched().any(|c| *c != column.name && words.contains(c)) {
                        more |= plan.remade.insert(column.name.clone());
                    }
                } else if named {
                    more |= self.defaults.insert((name.clone(), column.name.clone()));
                }
            }
            plan.retyped.retain(|c| !plan.remade.contains(c));
        }
        more
    }

    fn takes_along(&self, from: &Side<'_>, to: &Side<'_>, item: &Item, uses: &Uses, names: &Names) -> bool {
        if let Some(table) = item.table()
            && (self.items.contains(&Item::Table(table.clone())) || self.items.contains(&Item::View(table.clone())))
        {
            return true;
        }
        match item {
            Item::Table(name) => from.table(name).is_some_and(|t| self.goes_with_parent(t, to)),
            Item::SequenceOwner(sequence) => self.loses_owner(from, sequence),
            Item::DomainCheck(domain, _) => self.items.contains(&Item::Type(domain.clone())),
            Item::IndexTie(table, index) => self.items.contains(&Item::Index(table.clone(), index.clone())),
            Item::ReplicaIdentity(table) => self.loses_index(from, table, |i| i.replica_identity),
            Item::Cluster(table) => self.loses_index(from, table, |i| i.clustered),
            Item::Sequence(_) | Item::Publication(_) => false,
            Item::Constraint(table, name) => {
                uses.names.iter().any(|n| names.contains(n))
                    || from.constraint(table, name).is_some_and(|c| self.constraint_goes(from, to, table, c))
            }
            Item::Index(table, name) => {
                let other = |n: &&(String, String)| **n != (table.schema.clone(), table.name.clone());
                uses.names.iter().filter(other).any(|n| names.contains(n))
                    || from.index(table, name).is_some_and(|i| {
                        let columns: BTreeSet<&String> = i.keys.iter().filter_map(|k| k.column.as_ref()).chain(&i.include).collect();
                        let words = expression_words(i);
                        self.remade(table).any(|c| columns.contains(c) || words.contains(c))
                    })
            }
            Item::Statistics(table, _) => self.remade(table).any(|c| uses.words.contains(c)),
            _ => uses.names.iter().any(|n| names.contains(n) && !is_own(item, n)) || self.touches(from, item, uses),
        }
    }

    /// Views, rules, policies, triggers and functions that name a column whose type changes or that goes.
    fn touches(&self, from: &Side<'_>, item: &Item, uses: &Uses) -> bool {
        let columns = |name: &QualifiedName| self.columns.get(name).is_some_and(|plan| plan.touched().any(|c| uses.words.contains(c)));
        if item.table().is_some_and(columns) {
            return true;
        }
        let named = uses.names.iter().map(|(schema, name)| QualifiedName::new(schema, name)).any(|n| columns(&n));
        // A query may group by a primary key and show the other columns.
        let grouped = matches!(item, Item::View(_) | Item::Rule(..)) && uses.words.contains("group");
        let key_goes = |(schema, name): &(String, String)| {
            let table = QualifiedName::new(schema, name);
            let key = from.table(&table).and_then(Table::primary_key);
            key.is_some_and(|k| self.items.contains(&Item::Constraint(table, k.name.clone())))
        };
        named || (grouped && uses.names.iter().any(key_goes))
    }

    fn remade(&self, table: &QualifiedName) -> impl Iterator<Item = &String> {
        self.columns.get(table).into_iter().flat_map(|p| p.remade.iter().chain(&p.dropped))
    }

    fn constraint_goes(&self, from: &Side<'_>, to: &Side<'_>, table: &QualifiedName, constraint: &Constraint) -> bool {
        let own = |c: &String| constraint.columns.contains(c);
        if constraint.kind != ConstraintKind::ForeignKey {
            let words = constraint.expression.as_deref().map(words_in).unwrap_or_default();
            return self.remade(table).any(|c| own(c) || words.contains(c));
        }
        let Some(reference) = &constraint.references else { return false };
        let remade = self.remade(table).any(own) || self.remade(&reference.table).any(|c| reference.columns.contains(c));
        let retyped = |table: &QualifiedName, columns: &[String]| {
            let plan = self.columns.get(table);
            let changed = columns.iter().filter(|c| plan.is_some_and(|p| p.retyped.contains(*c)));
            changed.into_iter().any(|c| match (from.column(table, c), to.column(table, c)) {
                (Some(old), Some(new)) => !(column::is_integer(&old.data_type) && column::is_integer(&new.data_type)),
                _ => true,
            })
        };
        remade
            || retyped(table, &constraint.columns)
            || retyped(&reference.table, &reference.columns)
            || from.table(&reference.table).is_some_and(|t| self.key_goes(t, &reference.columns))
    }

    /// Whether the unique index behind a foreign key's target goes.
    fn key_goes(&self, table: &Table, columns: &[String]) -> bool {
        let same = |index: &&Index| {
            index.unique && index.keys.len() == columns.len() && index.leading_columns().all(|c| columns.iter().any(|o| o == c))
        };
        table.indexes.iter().filter(same).any(|index| {
            let item = match &index.constraint {
                Some(constraint) => Item::Constraint(table.name.clone(), constraint.clone()),
                None => Item::Index(table.name.clone(), index.name.clone()),
            };
            self.items.contains(&item)
        })
    }

    /// A partition goes with its parent, unless it is detached first because the new side keeps it.
    fn goes_with_parent(&self, table: &Table, to: &Side<'_>) -> bool {
        let parent_goes = table.parents.iter().any(|p| self.items.contains(&Item::Table(p.clone())));
        let kept = to.table(&table.name).is_some_and(|new| !new.is_partition);
        table.is_partition && parent_goes && !kept
    }

    fn loses_owner(&self, from: &Side<'_>, sequence: &QualifiedName) -> bool {
        if self.items.contains(&Item::Sequence(sequence.clone())) {
            return true;
        }
        let Some(sequence) = from.sequence(sequence) else { return false };
        let (Some(table), Some(column)) = (&sequence.owned_by_table, &sequence.owned_by_column) else { return false };
        self.items.contains(&Item::Table(table.clone())) || self.remade(table).any(|c| c == column)
    }

    fn loses_index(&self, from: &Side<'_>, table: &QualifiedName, which: fn(&Index) -> bool) -> bool {
        let indexes = from.table(table).map(|t| &t.indexes).or_else(|| from.view(table).map(|v| &v.indexes));
        indexes.into_iter().flatten().filter(|i| which(i)).any(|index| match &index.constraint {
            Some(constraint) => self.items.contains(&Item::Constraint(table.clone(), constraint.clone())),
            None => self.items.contains(&Item::Index(table.clone(), index.name.clone())),
        })
    }
}

/// Whether the piece stands for an object, rather than for a fact about one.
pub(super) fn is_object(item: &Item) -> bool {
    !matches!(
        item,
        Item::Session
            | Item::Role(_)
            | Item::Owner(_)
            | Item::Membership
            | Item::Privileges(..)
            | Item::DefaultPrivileges(..)
            | Item::Comment(_)
            | Item::Position(_)
            | Item::Default(..)
    )
}

/// Whether both sides have the piece, and not the same.
pub(super) fn is_changed(from: &Side<'_>, to: &Side<'_>, item: &Item) -> bool {
    if let (Item::Index(table, name), true) = (item, from.text(item) == to.text(item)) {
        // An index that was left invalid is made again.
        let valid = |side: &Side<'_>| side.index(table, name).is_none_or(|i| i.valid);
        return valid(from) != valid(to);
    }
    if let Item::EventTrigger(name) = item {
        // All are written disabled, so that none fires on what follows.
        let state = |side: &Side<'_>| side.catalog.event_triggers.iter().find(|t| t.name == *name).map(|t| t.enabled);
        return state(from) != state(to) || from.text(item) != to.text(item);
    }
    if let Item::View(name) = item
        && let (Some(old), Some(new)) = (from.view(name), to.view(name))
    {
        return (old.materialized, &old.definition, &old.options) != (new.materialized, &new.definition, &new.options);
    }
    from.text(item) != to.text(item)
}

fn is_own(item: &Item, name: &(String, String)) -> bool {
    match item {
        Item::Type(n) | Item::Sequence(n) | Item::Function(n, _) | Item::Table(n) | Item::View(n) => {
            (&n.schema, &n.name) == (&name.0, &name.1)
        }
        _ => false,
    }
}

fn expression_words(index: &Index) -> BTreeSet<String> {
    let expressions = index.keys.iter().filter_map(|k| k.expression.as_deref()).chain(index.predicate.as_deref());
    expressions.flat_map(words_in).collect()
}

/// What a piece names.
struct Uses {
    names: Names,
    words: BTreeSet<String>,
}

/// What every piece of the old side names, looked up once.
struct Parts(BTreeMap<Item, Uses>);

impl Parts {
    fn of(side: &Side<'_>) -> Self {
        let objects = side.pieces.keys().filter(|i| is_object(i));
        Self(objects.map(|i| (i.clone(), Uses { names: side.names(i), words: side.words(i) })).collect())
    }
}
