//! The catalogue: one question per object kind, all asked at once, and the model put together from the answers.
//!
//! Object ids tie the answers together and end here; none reaches the model.

mod collation;
mod column;
mod constraint;
mod default_privileges;
mod event_trigger;
mod extension;
mod foreign_server;
mod function;
mod grant;
mod index;
mod inheritance;
mod membership;
mod policy;
mod publication;
mod role;
mod rule;
mod schema;
mod sequence;
mod statistics_object;
mod subscription;
mod table;
mod tables_only;
mod trigger;
mod type_def;
mod view;

#[cfg(test)]
mod tests;

use crate::session::{Answer, NoKeys, Rows};
use architrave_model::catalog as model;
use architrave_model::{Catalog, Gap};
use grant::GrantBook;
pub(crate) use sequence::LastValues;
use table::Relations;
pub(crate) use tables_only::{LAST_PREPARED, read as read_tables_only};

/// The answers of the whole catalogue.
pub(crate) struct CatalogRows {
    schemas: Rows<model::Schema>,
    grants: Rows<model::Grant>,
    tables: Rows<model::Table>,
    columns: Rows<model::Column, column::ColumnKeys>,
    constraints: Rows<model::Constraint, constraint::ConstraintKeys>,
    indexes: Rows<model::Index, index::IndexKeys>,
    operator_classes: Rows<index::Named>,
    index_collations: Rows<index::Named>,
    inheritance: Rows<table::NameRow>,
    triggers: Rows<model::Trigger, trigger::NumberKeys>,
    rules: Rows<model::RewriteRule>,
    policies: Rows<model::Policy>,
    statistics_objects: Rows<model::StatisticsObject, trigger::NumberKeys>,
    views: Rows<model::View>,
    view_dependencies: Rows<table::NameRow>,
    sequences: Rows<model::Sequence, sequence::SequenceKeys>,
    types: Rows<model::TypeDef>,
    functions: Rows<model::Function>,
    event_triggers: Rows<model::EventTrigger, NoKeys>,
    extensions: Rows<model::Extension, NoKeys>,
    available_extensions: Rows<extension::Available, NoKeys>,
    publications: Rows<model::Publication>,
    published_tables: Rows<model::PublishedTable>,
    subscriptions: Rows<model::Subscription, NoKeys>,
    collations: Rows<model::Collation, NoKeys>,
    foreign_servers: Rows<model::ForeignServer, NoKeys>,
    roles: Rows<model::Role, NoKeys>,
    memberships: Rows<model::Membership, NoKeys>,
    default_privileges: Rows<model::DefaultPrivileges>,
}

impl CatalogRows {
    pub(crate) fn new() -> Self {
        Self {
            schemas: Rows::new(&schema::QUESTION),
            grants: Rows::new(&grant::QUESTION),
            tables: Rows::new(&table::QUESTION),
            columns: Rows::new(&column::QUESTION),
            constraints: Rows::new(&constraint::QUESTION),
            indexes: Rows::new(&index::QUESTION),
            operator_classes: Rows::new(&index::OPERATOR_CLASSES),
            index_collations: Rows::new(&index::COLLATIONS),
            inheritance: Rows::new(&inheritance::QUESTION),
            triggers: Rows::new(&trigger::QUESTION),
            rules: Rows::new(&rule::QUESTION),
            policies: Rows::new(&policy::QUESTION),
            statistics_objects: Rows::new(&statistics_object::QUESTION),
            views: Rows::new(&view::QUESTION),
            view_dependencies: Rows::new(&view::DEPENDENCIES),
            sequences: Rows::new(&sequence::QUESTION),
            types: Rows::new(&type_def::QUESTION),
            functions: Rows::new(&function::QUESTION),
            event_triggers: Rows::new(&event_trigger::QUESTION),
            extensions: Rows::new(&extension::QUESTION),
            available_extensions: Rows::new(&extension::AVAILABLE),
            publications: Rows::new(&publication::QUESTION),
            published_tables: Rows::new(&publication::TABLES),
            subscriptions: Rows::new(&subscription::QUESTION),
            collations: Rows::new(&collation::QUESTION),
            foreign_servers: Rows::new(&foreign_server::QUESTION),
            roles: Rows::new(&role::QUESTION),
            memberships: Rows::new(&membership::QUESTION),
            default_privileges: Rows::new(&default_privileges::QUESTION),
        }
    }

    /// All questions, to be asked together.
    pub(crate) fn answers(&mut self) -> Vec<&mut (dyn Answer + 'static)> {
        vec![
            &mut self.schemas,
            &mut self.grants,
            &mut self.tables,
            &mut self.columns,
            &mut self.constraints,
            &mut self.indexes,
            &mut self.operator_classes,
            &mut self.index_collations,
            &mut self.inheritance,
            &mut self.triggers,
            &mut self.rules,
            &mut self.policies,
            &mut self.statistics_objects,
            &mut self.views,
            &mut self.view_dependencies,
            &mut self.sequences,
            &mut self.types,
            &mut self.functions,
            &mut self.event_triggers,
            &mut self.extensions,
            &mut self.available_extensions,
            &mut self.publications,
            &mut self.published_tables,
            &mut self.subscriptions,
            &mut self.collations,
            &mut self.foreign_servers,
            &mut self.roles,
            &mut self.memberships,
            &mut self.default_privileges,
        ]
    }

    /// The questions for the last values of sequences, and a gap for those that cannot be read.
    pub(crate) fn last_values(&self) -> (Vec<LastValues>, Option<Gap>) {
        let (batches, hidden) = sequence::last_values(&self.sequences);
        let gap = (hidden > 0).then(|| {
            Gap::new(
                format!("last values of {hidden} sequences"),
                "this role may not read them, or another session has locked them",
                Some("grant SELECT on the sequences to this role"),
            )
        });
        (batches, gap)
    }

    /// Puts the model together.
    pub(crate) fn assemble(self, last_values: &[LastValues]) -> Catalog {
        let grants = GrantBook::new(self.grants);
        let (mut types, type_at) = type_def::build(self.types, &grants);
        let mut relations = Relations::new(self.tables, self.views, &grants);
        column::attach(self.columns, &mut relations, &grants);
        constraint::attach(self.constraints, &mut relations, &mut types, &type_at);
        let key_names = index::KeyNames::new(self.operator_classes, self.index_collations);
        index::attach(self.indexes, &mut relations, &key_names);
        inheritance::attach(self.inheritance, &mut relations);
        trigger::attach(self.triggers, &mut relations);
        rule::attach(self.rules, &mut relations);
        policy::attach(self.policies, &mut relations);
        statistics_object::attach(self.statistics_objects, &mut relations);
        view::attach_dependencies(self.view_dependencies, &mut relations);
        let mut catalog = Catalog {
            schemas: schema::build(self.schemas, &grants),
            tables: relations.tables,
            views: relations.views,
            sequences: sequence::build(self.sequences, last_values, &grants),
            types,
            functions: function::build(self.functions, &grants),
            event_triggers: self.event_triggers.values(),
            extensions: extension::build(self.extensions, self.available_extensions),
            publications: publication::build(self.publications, self.published_tables),
            subscriptions: self.subscriptions.values(),
            collations: self.collations.values(),
            foreign_servers: self.foreign_servers.values(),
            roles: role::build(self.roles),
            memberships: self.memberships.values(),
            default_privileges: default_privileges::build(self.default_privileges, &grants),
        };
        catalog.sort();
        catalog
    }
}
