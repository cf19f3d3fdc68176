//! Tables with their columns, partitions, and the constraints that have an index.

use super::late::constraint_reference;
use super::order::{Node, is_deferred_default, is_key};
use super::relation::sequence_options;
use super::{Item, Writer, text};
use architrave_model::catalog::{Column, ConstraintKind, Generated, Identity, Persistence, Table, TableKind};
use architrave_model::name::{ObjectRef, QualifiedName, quote_ident};

impl Writer<'_> {
    pub(super) fn has_table(&self, name: &QualifiedName) -> bool {
        let same = |t: &Table| t.name.cmp(name);
        self.catalog.tables.binary_search_by(same).is_ok_and(|i| self.has(Node::Table(i)))
    }

    /// A partition is created on its own and attached, so that its columns keep their order; an heir with columns that only its
    /// parents declare inherits from the start.
    pub(super) fn table(&mut self, table: &Table) {
        let name = table.name.sql();
        if table.persistence == Persistence::Temporary {
            return self.leave_out(ObjectRef::table(&table.name), "a temporary table");
        }
        let foreign = self.foreign(table);
        let inherits = !table.is_partition && table.columns.iter().any(|c| c.inherited);
        let listed = table.columns.iter().filter(|c| !(inherits && c.inherited) && (table.of_type.is_none() || has_own_options(c)));
        let columns: Vec<String> = listed.map(|c| format!("    {}", self.column(table, c))).collect();
        let list = match (&table.of_type, columns.is_empty()) {
            (Some(of), true) => format!(" of {}", of.sql()),
            (Some(of), false) => format!(" of {} (\n{}\n)", of.sql(), columns.join(",\n")),
            (None, _) => format!(" (\n{}\n)", columns.join(",\n")),
        };
        let kind = match (foreign.is_some(), table.persistence) {
            (true, _) => "foreign table",
            (false, Persistence::Unlogged) => "unlogged table",
            (false, _) => "table",
        };
        let mut sql = format!("create {kind} {name}{list}");
        if inherits && !table.parents.is_empty() {
            let parents: Vec<String> = table.parents.iter().map(QualifiedName::sql).collect();
            text::add(&mut sql, format!(" inherits ({})", parents.join(", ")));
        }
        if let Some(partitioning) = &table.partitioning {
            text::add(&mut sql, format!(" partition by {}", partitioning.definition));
        }
        if let Some(method) = table.access_method.as_deref().filter(|_| foreign.is_none()) {
            text::add(&mut sql, format!(" using {}", quote_ident(method)));
        }
        if let Some(options) = text::options(&table.options).filter(|_| foreign.is_none()) {
            text::add(&mut sql, format!(" with {options}"));
        }
        if let Some(server) = foreign {
            text::add(&mut sql, format!(" server {}", quote_ident(&server)));
        }
        self.say(sql);
        if table.tablespace.is_some() {
            self.leave_out(ObjectRef::table(&table.name), "created in the default tablespace");
        }
        self.parents(table, inherits);
        self.column_settings(table, inherits);
    }

    /// The server of a foreign table that can be one here.
    fn foreign(&mut self, table: &Table) -> Option<String> {
        if table.kind != TableKind::Foreign {
            return None;
        }
        let server = table.foreign_server.clone().filter(|s| self.is_reachable_server(s));
        let why = if server.is_some() {
            "a foreign table without its options, which are never read"
        } else {
            "a foreign table whose wrapper is no installed extension; created as an ordinary table"
        };
        self.leave_out(ObjectRef::table(&table.name), why);
        server
    }

    fn parents(&mut self, table: &Table, inherits: bool) {
        let name = table.name.sql();
        for parent in &table.parents {
            if table.is_partition {
                let bound = table.partition_bound.as_deref().unwrap_or("default");
                self.say(format!("alter table only {} attach partition {name} {bound}", parent.sql()));
            } else if !inherits {
                self.say(format!("alter table only {name} inherit {}", parent.sql()));
            }
        }
    }

    /// A column as CREATE TABLE and ADD COLUMN want it.
    pub(crate) fn column(&self, table: &Table, column: &Column) -> String {
        let mut sql = quote_ident(&column.name);
        if table.of_type.is_some() {
            sql.push_str(" with options");
        } else {
            text::add(&mut sql, format!(" {}", column.data_type));
            if let Some(collation) = &column.collation {
                text::add(&mut sql, format!(" collate {}", text::collation(self.catalog, collation)));
            }
        }
        match (&column.default, column.generated) {
            (Some(expression), Some(kind)) => {
                let kind = if kind == Generated::Stored { "stored" } else { "virtual" };
                text::add(&mut sql, format!(" generated always as ({expression}) {kind}"));
            }
            (Some(expression), None) if !is_deferred_default(self.catalog, &self.mentions, expression) => {
                text::add(&mut sql, format!(" default {expression}"));
            }
            _ => {}
        }
        sql.push_str(&self.identity(table, column));
        if column.not_null && !has_own_not_null(table, &column.name) {
            sql.push_str(" not null");
        }
        sql
    }

    /// A partition's identity is its parent's (17 and later).
    pub(crate) fn identity(&self, table: &Table, column: &Column) -> String {
        let parent = table.parents.first().filter(|_| table.is_partition).and_then(|p| self.catalog.table_named(p));
        let from_parent = parent.and_then(|p| p.column(&column.name)).is_some_and(|c| c.identity.is_some());
        let kind = match column.identity {
            Some(Identity::Always) if !from_parent => "always",
            Some(Identity::ByDefault) if !from_parent => "by default",
            _ => return String::new(),
        };
        let sequence = self.identities.get(&(&table.name, column.name.as_str()));
        let options = sequence.map(|s| format!(" (sequence name {} {})", s.name.sql(), sequence_options(s)));
        format!(" generated {kind} as identity{}", options.unwrap_or_default())
    }

    /// What CREATE TABLE has no words for, and what an heir has of its own on an inherited column.
    fn column_settings(&mut self, table: &Table, inherits: bool) {
        for column in &table.columns {
            let alter = format!("alter table only {} alter column {}", table.name.sql(), quote_ident(&column.name));
            if inherits && column.inherited {
                let parents = table.parents.iter().filter_map(|p| self.catalog.table_named(p)).filter_map(|p| p.column(&column.name));
                let parents: Vec<&Column> = parents.collect();
                let known: Option<&str> = parents.iter().find_map(|p| p.default.as_deref());
                match column.default.as_deref() {
                    Some(own) if known != Some(own) && column.generated.is_none() => self.say(format!("{alter} set default {own}")),
                    None if known.is_some() => self.say(format!("{alter} drop default")),
                    _ => {}
                }
                if column.not_null && !parents.iter().any(|p| p.not_null) && !has_own_not_null(table, &column.name) {
                    self.say(format!("{alter} set not null"));
                }
            }
            if let Some(storage) = &column.storage {
                self.say(format!("{alter} set storage {}", quote_ident(&storage.to_lowercase())));
            }
            if let Some(compression) = &column.compression {
                self.say(format!("{alter} set compression {}", quote_ident(compression)));
            }
            if let Some(target) = column.statistics_target {
                self.say(format!("{alter} set statistics {target}"));
            }
        }
    }

    /// Primary key, unique and exclusion constraints. Those of a partitioned table stay alone: the partitions' are attached later.
    pub(super) fn keys(&mut self, table: &Table) {
        for constraint in table.constraints.iter().filter(|c| is_key(c)) {
            if constraint.definition.is_empty() {
                self.leave_out(constraint_reference(table, &constraint.name), "its definition could not be read");
                continue;
            }
            let (name, own) = (table.name.sql(), quote_ident(&constraint.name));
            self.about(Item::Constraint(table.name.clone(), constraint.name.clone()));
            self.say(format!("alter table only {name} add constraint {own} {}", constraint.definition));
            if let Some(index) = constraint.index.as_deref().and_then(|i| table.index(i))
                && let Some(options) = text::options(&index.options)
            {
                let index = QualifiedName::new(&table.name.schema, &index.name);
                self.say(format!("alter index {} set {options}", index.sql()));
            }
        }
    }
}

/// Columns of a typed table are listed only for these.
fn has_own_options(column: &Column) -> bool {
    column.not_null || column.default.is_some()
}

/// A NOT NULL that is not validated or not inherited is a constraint of its own (18 and later).
fn has_own_not_null(table: &Table, column: &str) -> bool {
    table.constraints.iter().any(|c| c.kind == ConstraintKind::NotNull && c.columns.first().is_some_and(|n| n == column))
}
