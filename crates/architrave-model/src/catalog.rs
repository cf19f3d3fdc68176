//! The catalogue: every object a database defines, one vector per kind, sorted by name; no statistics, no rows.

pub mod compare;
mod constraint;
mod function;
mod index;
mod relation;
mod role;
mod table;
mod types;

pub use constraint::{Constraint, ConstraintKind, ForeignKeyAction, MatchType, Reference};
pub use function::{EventTrigger, Function, FunctionKind, Parallel, Trigger, TriggerEnabled, TriggerEvent, TriggerTiming, Volatility};
pub use index::{Index, IndexKey, NullsOrder};
pub use relation::{RewriteRule, Sequence, View, ViewColumn};
pub use role::{DefaultPrivileges, Grant, Membership, Role};
pub use table::{
    AttributeNumber, Column, Generated, Identity, Partitioning, Persistence, Policy, PolicyCommand, ReplicaIdentity, StatisticsObject,
    Table, TableKind,
};
pub use types::{
    Collation, CompositeAttribute, Extension, ForeignServer, Publication, PublishedTable, Schema, Subscription, TypeDef, TypeKind,
};

use crate::name::QualifiedName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// All objects of one database (and the roles of its cluster). Every vector is sorted by schema and name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalog {
    /// Schemas, without `pg_*` and `information_schema`.
    pub schemas: Vec<Schema>,
    /// Ordinary, partitioned and foreign tables; partitions too.
    pub tables: Vec<Table>,
    /// Views and materialized views.
    pub views: Vec<View>,
    /// Sequences, including those behind identity columns.
    pub sequences: Vec<Sequence>,
    /// Enums, domains, free-standing composite types, ranges and base types.
    pub types: Vec<TypeDef>,
    /// Functions, procedures and aggregates, without those that an extension owns.
    pub functions: Vec<Function>,
    /// Event triggers.
    pub event_triggers: Vec<EventTrigger>,
    /// Installed extensions.
    pub extensions: Vec<Extension>,
    /// Publications.
    pub publications: Vec<Publication>,
    /// Subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// User-defined collations.
    pub collations: Vec<Collation>,
    /// Foreign servers (names only; options may hold secrets).
    pub foreign_servers: Vec<ForeignServer>,
    /// Roles of the cluster, without `pg_*`.
    pub roles: Vec<Role>,
    /// Role memberships.
    pub memberships: Vec<Membership>,
    /// `ALTER DEFAULT PRIVILEGES` entries.
    pub default_privileges: Vec<DefaultPrivileges>,
}

impl Catalog {
    /// Names of the superusers, sorted: nothing binds them.
    pub fn superusers(&self) -> Vec<&str> {
        let names: BTreeSet<&str> = self.roles.iter().filter(|r| r.superuser).map(|r| r.name.as_str()).collect();
        names.into_iter().collect()
    }

    /// The table of that name.
    pub fn table(&self, schema: &str, name: &str) -> Option<&Table> {
        let at = self.tables.binary_search_by(|t| (t.name.schema.as_str(), t.name.name.as_str()).cmp(&(schema, name))).ok()?;
        self.tables.get(at)
    }

    /// The table of that qualified name.
    pub fn table_named(&self, name: &QualifiedName) -> Option<&Table> {
        self.table(&name.schema, &name.name)
    }

    /// The view or materialized view of that name.
    pub fn view(&self, schema: &str, name: &str) -> Option<&View> {
        self.views.iter().find(|v| v.name.schema == schema && v.name.name == name)
    }

    /// Tables that somebody keeps rows in: everything but partitions (their parent speaks for them) and foreign tables.
    pub fn base_tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.iter().filter(|t| !t.is_partition && t.kind != TableKind::Foreign)
    }

    /// The extension of that name.
    pub fn extension(&self, name: &str) -> Option<&Extension> {
        self.extensions.iter().find(|e| e.name == name)
    }

    /// The role of that name.
    pub fn role(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|r| r.name == name)
    }

    /// Puts every vector into its order; readers call this last. Lookups rely on it.
    pub fn sort(&mut self) {
        self.schemas.sort_by(|a, b| a.name.cmp(&b.name));
        self.tables.sort_by(|a, b| a.name.cmp(&b.name));
        for table in &mut self.tables {
            table.sort();
        }
        self.views.sort_by(|a, b| a.name.cmp(&b.name));
        for view in &mut self.views {
            view.indexes.sort_by(|a, b| a.name.cmp(&b.name));
            view.triggers.sort_by(|a, b| a.name.cmp(&b.name));
            view.depends_on.sort();
            role::sort_grants(&mut view.grants);
        }
        self.sequences.sort_by(|a, b| a.name.cmp(&b.name));
        self.types.sort_by(|a, b| a.name.cmp(&b.name));
        self.functions.sort_by(|a, b| (&a.name, &a.identity_arguments).cmp(&(&b.name, &b.identity_arguments)));
        self.event_triggers.sort_by(|a, b| a.name.cmp(&b.name));
        self.extensions.sort_by(|a, b| a.name.cmp(&b.name));
        self.publications.sort_by(|a, b| a.name.cmp(&b.name));
        self.subscriptions.sort_by(|a, b| a.name.cmp(&b.name));
        self.collations.sort_by(|a, b| a.name.cmp(&b.name));
        self.foreign_servers.sort_by(|a, b| a.name.cmp(&b.name));
        self.roles.sort_by(|a, b| a.name.cmp(&b.name));
        self.memberships.sort_by(|a, b| (&a.role, &a.member).cmp(&(&b.role, &b.member)));
        self.default_privileges.sort_by(|a, b| (&a.role, &a.schema, &a.kind).cmp(&(&b.role, &b.schema, &b.kind)));
        for grants in self.schemas.iter_mut().map(|s| &mut s.grants).chain(self.functions.iter_mut().map(|f| &mut f.grants)) {
            role::sort_grants(grants);
        }
        for grants in self.sequences.iter_mut().map(|s| &mut s.grants).chain(self.types.iter_mut().map(|t| &mut t.grants)) {
            role::sort_grants(grants);
        }
    }
}
