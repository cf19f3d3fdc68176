//! A catalogue to the statements that create it in an empty database: for twins, proofs and differences.
//!
//! Names, options, comments and labels are quoted; expressions and definitions are taken as the server printed them with an empty
//! search path, so they are as trustworthy as the catalogue: run them on a server of our own.

mod comment;
mod foundation;
mod grant;
mod item;
mod late;
mod mention;
mod order;
mod relation;
mod table;
#[cfg(test)]
mod tests;
pub(crate) mod text;

use architrave_model::catalog::{Catalog, Sequence};
use architrave_model::name::{ObjectRef, QualifiedName};
pub(crate) use grant::{Granted, KINDS, PRIVILEGES, routine};
pub use item::Item;
use mention::Mentions;
pub(crate) use mention::{names_in, words_in};
use order::{Node, Plan};
pub(crate) use relation::sequence_options;
use std::collections::{BTreeMap, BTreeSet};

/// What to write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GenerateOptions {
    /// `ALTER … OWNER TO`.
    pub owners: bool,
    /// Privileges, default privileges and role memberships.
    pub grants: bool,
    /// `COMMENT ON`.
    pub comments: bool,
    /// Only these tables and what they need: types, sequences, schemas, parents and partitions, referenced tables, functions and
    /// tables that their defaults, checks, indexes, policies, rules and triggers name. Publications and event triggers stay out.
    pub only_tables: Option<BTreeSet<QualifiedName>>,
}

impl GenerateOptions {
    /// Everything.
    pub fn all() -> Self {
        Self { owners: true, grants: true, comments: true, only_tables: None }
    }
}

/// The statements, and what could not be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Generated {
    /// Statements without final semicolon, in an order in which they succeed; for one session, by a superuser, outside or inside
    /// one transaction.
    pub statements: Vec<String>,
    /// What each statement makes.
    pub items: Vec<Item>,
    /// Objects that are left out or come out differently, and why (a lower-case fragment).
    pub left_out: Vec<(ObjectRef, String)>,
}

/// The statements that create the catalogue's objects in an empty database.
///
/// Not written, because the model does not hold it: aggregates, base types, operators, casts, C functions, subscriptions, tablespaces,
/// options of foreign servers and tables, rules and column defaults of views, storage parameters of columns.
pub fn create_statements(catalog: &Catalog, options: &GenerateOptions) -> Generated {
    Writer::of(catalog, options).out
}

/// Writes the statements of a plan.
pub(crate) struct Writer<'a> {
    pub(crate) catalog: &'a Catalog,
    options: &'a GenerateOptions,
    mentions: Mentions,
    plan: Plan,
    /// Sequences behind identity columns, by table and column.
    pub(crate) identities: BTreeMap<(&'a QualifiedName, &'a str), &'a Sequence>,
    /// What the next statements make.
    item: Item,
    pub(crate) out: Generated,
}

fn identities(catalog: &Catalog) -> BTreeMap<(&QualifiedName, &str), &Sequence> {
    let of_identity = catalog.sequences.iter().filter(|s| s.identity);
    of_identity.filter_map(|s| Some(((s.owned_by_table.as_ref()?, s.owned_by_column.as_deref()?), s))).collect()
}

impl<'a> Writer<'a> {
    /// Everything written.
    pub(crate) fn of(catalog: &'a Catalog, options: &'a GenerateOptions) -> Self {
        let mentions = Mentions::new(catalog);
        let plan = Plan::new(catalog, &mentions, options.only_tables.as_ref());
        let identities = identities(catalog);
        let mut writer = Self { catalog, options, mentions, plan, identities, item: Item::Session, out: Generated::default() };
        writer.write();
        writer
    }
}

impl Writer<'_> {
    fn say(&mut self, statement: impl Into<String>) {
        self.out.statements.push(statement.into());
        self.out.items.push(self.item.clone());
    }

    /// What the next statements make.
    fn about(&mut self, item: Item) {
        self.item = item;
    }

    fn leave_out(&mut self, object: ObjectRef, why: impl Into<String>) {
        self.out.left_out.push((object, why.into()));
    }

    fn has(&self, node: Node) -> bool {
        self.plan.nodes.contains(&node)
    }

    fn write(&mut self) {
        self.about(Item::Session);
        self.say("set check_function_bodies = off");
        self.say("select pg_catalog.set_config('search_path', '', false)");
        self.roles();
        self.schemas();
        self.extensions();
        self.collations();
        self.foreign_servers();
        for node in self.plan.sequence.clone() {
            self.node(node);
        }
        for (node, why) in self.plan.forced.clone() {
            self.leave_out(order::reference(self.catalog, node), why);
        }
        self.late();
        if self.options.owners {
            self.owners();
        }
        if self.options.grants {
            self.grants();
        }
        if self.options.comments {
            self.comments();
        }
        self.about(Item::Session);
        self.say("reset search_path");
        self.say("reset check_function_bodies");
    }

    fn node(&mut self, node: Node) {
        let catalog = self.catalog;
        self.about(match node {
            Node::Type(at) => Item::Type(catalog.types[at].name.clone()),
            Node::Sequence(at) => Item::Sequence(catalog.sequences[at].name.clone()),
            Node::Function(at) => Item::Function(catalog.functions[at].name.clone(), catalog.functions[at].identity_arguments.clone()),
            Node::Table(at) | Node::Keys(at) => Item::Table(catalog.tables[at].name.clone()),
            Node::View(at) => Item::View(catalog.views[at].name.clone()),
        });
        match node {
            Node::Type(at) => self.create_type(&catalog.types[at]),
            Node::Sequence(at) => self.sequence(&catalog.sequences[at]),
            Node::Function(at) => self.function(&catalog.functions[at]),
            Node::Table(at) => self.table(&catalog.tables[at]),
            Node::Keys(at) => self.keys(&catalog.tables[at]),
            Node::View(at) => self.view(&catalog.views[at]),
        }
    }
}
