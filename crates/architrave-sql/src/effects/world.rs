//! What the judgement asks of the catalogue so far: families of partitions, who refers to whom, domains.

use crate::actions::Names;
use crate::ddl::expression::split_name;
use crate::ddl::state::State;
use crate::ddl::type_name;
use architrave_model::catalog::{Column, Constraint, Table, TableKind, TypeDef, TypeKind, View};
use architrave_model::migration::Relation;
use architrave_model::name::QualifiedName;
use squawk_syntax::SourceFile;
use squawk_syntax::ast::{self, AstNode};
use std::cell::RefCell;
use std::collections::HashMap;

/// The state before a statement, and the rules that hold.
#[derive(Clone, Copy)]
pub(super) struct World<'a> {
    pub(super) state: &'a State,
    /// Server major.
    pub(super) major: u16,
    /// Whether the session's time zone is UTC under one of its names.
    pub(super) utc: bool,
    /// Names of types that were asked for before.
    pub(super) type_names: &'a TypeNames,
}

/// Types as the catalogue prints them, by what was written; only of PostgreSQL's own.
#[derive(Debug, Default)]
pub(super) struct TypeNames(RefCell<HashMap<String, String>>);

impl Names for State {
    fn relation(&self, written: &[String]) -> Option<QualifiedName> {
        self.find(written, |n| self.relation_exists(n))
    }

    fn type_name(&self, written: &[String]) -> Option<QualifiedName> {
        self.find(written, |n| self.types.contains(n))
    }

    fn function(&self, written: &[String]) -> Option<QualifiedName> {
        self.find(written, |n| self.functions.contains(n))
    }

    fn creation_schema(&self) -> String {
        State::creation_schema(self).unwrap_or_else(|_| self.options.default_schema.clone())
    }
}

impl<'a> World<'a> {
    pub(super) fn table(&self, name: &QualifiedName) -> Option<&'a Table> {
        self.state.tables.get(name)
    }

    pub(super) fn view(&self, name: &QualifiedName) -> Option<&'a View> {
        self.state.views.get(name)
    }

    pub(super) fn column(&self, table: &QualifiedName, column: &str) -> Option<&'a Column> {
        self.table(table)?.column(column)
    }

    /// What kind of relation; unknown ones are taken for tables.
    pub(super) fn kind(&self, name: &QualifiedName) -> Relation {
        if let Some(table) = self.table(name) {
            return match table.kind {
                TableKind::Ordinary => Relation::Table,
                TableKind::Partitioned => Relation::PartitionedTable,
                TableKind::Foreign => Relation::ForeignTable,
            };
        }
        match self.view(name) {
            Some(view) if view.materialized => Relation::MaterializedView,
            Some(_) => Relation::View,
            None if self.state.index_owners.contains(name) => Relation::Index,
            None if self.state.sequences.contains(name) => Relation::Sequence,
            None => Relation::Table,
        }
    }

    /// Whether it has rows of its own.
    pub(super) fn has_storage(&self, name: &QualifiedName) -> bool {
        matches!(self.kind(name), Relation::Table | Relation::MaterializedView)
    }

    /// The table and, unless ONLY, all partitions and heirs below it.
    pub(super) fn family(&self, name: &QualifiedName, only: bool) -> Vec<QualifiedName> {
        let mut found = vec![name.clone()];
        let mut at = 0;
        while !only && at < found.len() {
            for heir in self.state.heirs.get(&found[at]).into_iter().flatten() {
                if !found.contains(heir) {
                    found.push(heir.clone());
                }
            }
            at += 1;
        }
        found
    }

    /// The default partition of a partitioned table.
    pub(super) fn default_partition(&self, parent: &QualifiedName) -> Option<&'a Table> {
        let heirs = self.state.heirs.get(parent)?;
        heirs.iter().filter_map(|h| self.table(h)).find(|t| t.is_partition && t.partition_bound.as_deref() == Some("DEFAULT"))
    }

    /// Foreign keys of any table that refer to this one.
    pub(super) fn referencing(&self, table: &QualifiedName) -> Vec<(&'a Table, &'a Constraint)> {
        let refers = |c: &Constraint| c.references.as_ref().is_some_and(|r| r.table == *table);
        self.state.tables.values().flat_map(|t| t.constraints.iter().filter(move |c| refers(c)).map(move |c| (t, c))).collect()
    }

    /// Views that read the relation, directly or through other views.
    pub(super) fn views_over(&self, relation: &QualifiedName) -> Vec<QualifiedName> {
        let mut found: Vec<QualifiedName> = Vec::new();
        let mut at = vec![relation.clone()];
        while let Some(next) = at.pop() {
            for view in self.state.views.values().filter(|v| v.depends_on.contains(&next)) {
                if !found.contains(&view.name) {
                    found.push(view.name.clone());
                    at.push(view.name.clone());
                }
            }
        }
        found
    }

    /// The type of that text, when a statement or the catalogue made it.
    pub(super) fn user_type(&self, text: &str) -> Option<&'a TypeDef> {
        if self.state.types.len() == 0 {
            return None;
        }
        let plain = type_name::without_modifier(text.trim_end_matches("[]"));
        match split_name(&plain).as_slice() {
            [schema, name] => self.state.types.get(&QualifiedName::new(schema, name)),
            _ => None,
        }
    }

    /// A domain's base, all the way down; other types as they are.
    pub(super) fn base_type(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for _ in 0..8 {
            if text.ends_with("[]") {
                break;
            }
            match self.user_type(&text).map(|t| &t.kind) {
                Some(TypeKind::Domain { base, .. }) => text.clone_from(base),
                _ => break,
            }
        }
        text
    }

    /// Whether a value of the type must fulfil something: a domain with NOT NULL or a check, itself or further down.
    pub(super) fn is_constrained(&self, text: &str) -> bool {
        let mut text = text.to_owned();
        for _ in 0..8 {
            let Some(TypeKind::Domain { base, not_null, constraints, .. }) = self.user_type(&text).map(|t| &t.kind) else { return false };
            if *not_null || !constraints.is_empty() {
                return true;
            }
            text.clone_from(base);
        }
        false
    }

    /// The default that a column of the type gets when it has none of its own.
    pub(super) fn type_default(&self, text: &str) -> Option<&'a str> {
        match self.user_type(text).map(|t| &t.kind) {
            Some(TypeKind::Domain { default, .. }) if !text.ends_with("[]") => default.as_deref(),
            _ => None,
        }
    }

    /// A type as the catalogue prints it.
    pub(super) fn canonical_type(&self, written: &str) -> String {
        // Where there are types of the user's, what a name means depends on the search path.
        let is_lasting = self.state.types.len() == 0;
        if let Some(known) = self.type_names.0.borrow().get(written).filter(|_| is_lasting) {
            return known.clone();
        }
        let parse = SourceFile::parse(&format!("select null::{written}"));
        let found = parse.tree().syntax().descendants().find_map(ast::Type::cast);
        let name = found.map(|t| type_name::read(&t, self.state).text).filter(|t| !t.is_empty()).unwrap_or_else(|| written.to_owned());
        if is_lasting {
            self.type_names.0.borrow_mut().insert(written.to_owned(), name.clone());
        }
        name
    }

    /// Tables with a column of the type, or of an array of it.
    pub(super) fn tables_with_type(&self, name: &QualifiedName) -> Vec<&'a Table> {
        let own = name.sql();
        let over: Vec<String> =
            self.state.types.values().filter(|t| self.base_chain(t).contains(&own)).map(|t| t.name.sql()).chain([own.clone()]).collect();
        let uses = |c: &Column| over.iter().any(|o| c.data_type.trim_end_matches("[]") == o);
        self.state.tables.values().filter(|t| t.columns.iter().any(uses)).collect()
    }

    /// The types that a domain stands on.
    fn base_chain(&self, of: &TypeDef) -> Vec<String> {
        let mut found = Vec::new();
        let mut kind = Some(&of.kind);
        while let Some(TypeKind::Domain { base, .. }) = kind {
            if found.len() > 8 {
                break;
            }
            found.push(base.clone());
            kind = self.user_type(base).map(|t| &t.kind);
        }
        found
    }
}
