//! What comes once all tables and views are there: defaults that waited, indexes, checks, foreign keys, triggers, policies.

use super::order::{Node, is_deferred_default};
use super::{Item, Writer, text};
use architrave_model::catalog::{
    Constraint, ConstraintKind, Index, Policy, Publication, ReplicaIdentity, Table, TableKind, Trigger, TriggerEnabled, View,
};
use architrave_model::name::{ObjectKind, ObjectRef, QualifiedName, quote_ident};

impl<'a> Writer<'a> {
    pub(super) fn late(&mut self) {
        let tables = self.tables();
        let views = self.views();
        self.domain_constraints();
        for table in &tables {
            self.deferred_defaults(table);
        }
        self.sequences_late();
        self.indexes(&tables, &views);
        self.checks(&tables);
        for table in &tables {
            self.foreign_keys(table);
        }
        for table in &tables {
            self.replica_identity(table);
            for statistics in &table.statistics {
                self.about(Item::Statistics(table.name.clone(), statistics.name.clone()));
                self.definition(ObjectRef::table(&table.name), &statistics.definition);
            }
            for rule in &table.rules {
                self.about(Item::Rule(table.name.clone(), rule.name.clone()));
                self.definition(ObjectRef::in_table(ObjectKind::Rule, &table.name, &rule.name), &rule.definition);
            }
            self.triggers(&table.name, &table.triggers);
            self.row_security(table);
        }
        for view in &views {
            self.triggers(&view.name, &view.triggers);
        }
        if !self.plan.partial {
            let catalog = self.catalog;
            catalog.publications.iter().for_each(|p| self.publication(p));
            self.subscriptions();
            self.event_triggers();
        }
    }

    /// The tables of the plan, parents before children.
    pub(super) fn tables(&self) -> Vec<&'a Table> {
        let catalog = self.catalog;
        let temporary = architrave_model::catalog::Persistence::Temporary;
        let chosen = self.plan.sequence.iter().filter_map(|n| if let Node::Table(i) = n { catalog.tables.get(*i) } else { None });
        chosen.filter(|t| t.persistence != temporary).collect()
    }

    pub(super) fn views(&self) -> Vec<&'a View> {
        let catalog = self.catalog;
        self.plan.sequence.iter().filter_map(|n| if let Node::View(i) = n { catalog.views.get(*i) } else { None }).collect()
    }

    /// A statement as the server printed it.
    fn definition(&mut self, object: ObjectRef, definition: &str) {
        if definition.trim().is_empty() {
            self.leave_out(object, "its definition could not be read");
        } else {
            self.say(text::bare(definition));
        }
    }

    fn deferred_defaults(&mut self, table: &Table) {
        for column in table.columns.iter().filter(|c| c.generated.is_none() && (table.is_partition || !c.inherited)) {
            if let Some(default) = &column.default
                && is_deferred_default(self.catalog, &self.mentions, default)
            {
                self.about(Item::Default(table.name.clone(), column.name.clone()));
                let (name, column) = (table.name.sql(), quote_ident(&column.name));
                self.say(format!("alter table only {name} alter column {column} set default {default}"));
            }
        }
    }

    /// All indexes, then the tie between those of partitioned tables and those of their partitions, innermost first.
    fn indexes(&mut self, tables: &[&Table], views: &[&View]) {
        for table in tables {
            table.indexes.iter().for_each(|i| self.index(&table.name, i));
        }
        for view in views {
            view.indexes.iter().for_each(|i| self.index(&view.name, i));
        }
        for table in tables.iter().rev() {
            for index in &table.indexes {
                if let Some(parent) = &index.parent {
                    let own = QualifiedName::new(&table.name.schema, &index.name);
                    self.about(Item::IndexTie(table.name.clone(), index.name.clone()));
                    self.say(format!("alter index {} attach partition {}", parent.sql(), own.sql()));
                }
            }
        }
        let of_tables = tables.iter().flat_map(|t| t.indexes.iter().map(|i| (&t.name, i, "table")));
        let of_views = views.iter().flat_map(|v| v.indexes.iter().map(|i| (&v.name, i, "materialized view")));
        for (name, index, what) in of_tables.chain(of_views).filter(|(_, i, _)| i.clustered) {
            self.about(Item::Cluster(name.clone()));
            self.say(format!("alter {what} {} cluster on {}", name.sql(), quote_ident(&index.name)));
        }
    }

    fn index(&mut self, table: &QualifiedName, index: &Index) {
        let object = ObjectRef::in_table(ObjectKind::Index, table, &index.name);
        if index.constraint.is_none() {
            self.about(Item::Index(table.clone(), index.name.clone()));
            self.definition(object.clone(), &index.definition);
        }
        let partitioned = self.catalog.table_named(table).is_some_and(|t| t.kind == TableKind::Partitioned);
        if !(index.valid && index.ready || partitioned) {
            self.leave_out(object.clone(), "not valid there; created valid");
        }
        if index.tablespace.is_some() {
            self.leave_out(object, "created in the default tablespace");
        }
    }

    /// Checks go to parents first and come down to their children from there; then what children declare themselves.
    fn checks(&mut self, tables: &[&Table]) {
        for table in tables {
            let name = table.name.sql();
            for constraint in &table.constraints {
                let own = quote_ident(&constraint.name);
                self.about(Item::Constraint(table.name.clone(), constraint.name.clone()));
                match constraint.kind {
                    ConstraintKind::Check | ConstraintKind::NotNull
                        if constraint.inherited && !self.differs_from_above(table, constraint) => {}
                    ConstraintKind::Check | ConstraintKind::NotNull if constraint.inherited => {
                        self.say(format!("alter table only {name} validate constraint {own}"));
                    }
                    ConstraintKind::Check | ConstraintKind::NotNull => {
                        if constraint.definition.is_empty() {
                            self.leave_out(constraint_reference(table, &constraint.name), "its definition could not be read");
                        } else {
                            self.say(format!("alter table {name} add constraint {own} {}", constraint.definition));
                        }
                    }
                    ConstraintKind::Other(_) => {
                        self.leave_out(constraint_reference(table, &constraint.name), "a kind of constraint that is not known");
                    }
                    _ => {}
                }
            }
        }
    }

    /// Validated here, but not in a parent.
    fn differs_from_above(&self, table: &Table, constraint: &Constraint) -> bool {
        let parents = table.parents.iter().filter_map(|p| self.catalog.table_named(p));
        constraint.validated && parents.flat_map(|p| &p.constraints).any(|c| c.name == constraint.name && !c.validated)
    }

    fn foreign_keys(&mut self, table: &Table) {
        for (constraint, reference) in table.foreign_keys().filter(|(c, _)| !c.inherited) {
            let object = constraint_reference(table, &constraint.name);
            if !self.has_table(&reference.table) {
                self.leave_out(object, format!("references {}, which is not part of this", reference.table));
            } else if constraint.definition.is_empty() {
                self.leave_out(object, "its definition could not be read");
            } else {
                // A partitioned table hands its foreign keys down, so ONLY is refused there.
                let only = if table.kind == TableKind::Partitioned { "" } else { "only " };
                let (name, own) = (table.name.sql(), quote_ident(&constraint.name));
                self.about(Item::Constraint(table.name.clone(), constraint.name.clone()));
                self.say(format!("alter table {only}{name} add constraint {own} {}", constraint.definition));
            }
        }
    }

    fn replica_identity(&mut self, table: &Table) {
        let identity = match table.replica_identity {
            ReplicaIdentity::Default => return,
            ReplicaIdentity::Nothing => "nothing".to_owned(),
            ReplicaIdentity::Full => "full".to_owned(),
            ReplicaIdentity::Index => match table.indexes.iter().find(|i| i.replica_identity) {
                Some(index) => format!("using index {}", quote_ident(&index.name)),
                None => "nothing".to_owned(),
            },
        };
        self.about(Item::ReplicaIdentity(table.name.clone()));
        self.say(format!("alter table only {} replica identity {identity}", table.name.sql()));
    }

    /// Triggers; copies of a partitioned parent's come with it, and only their state may differ.
    fn triggers(&mut self, table: &QualifiedName, triggers: &[Trigger]) {
        for trigger in triggers {
            self.about(Item::Trigger(table.clone(), trigger.name.clone()));
            if !trigger.inherited {
                self.definition(ObjectRef::in_table(ObjectKind::Trigger, table, &trigger.name), &trigger.definition);
            }
            let state = match trigger.enabled {
                TriggerEnabled::Origin => continue,
                TriggerEnabled::Disabled => "disable",
                TriggerEnabled::Replica => "enable replica",
                TriggerEnabled::Always => "enable always",
            };
            self.say(format!("alter table only {} {state} trigger {}", table.sql(), quote_ident(&trigger.name)));
        }
    }

    fn row_security(&mut self, table: &Table) {
        let name = table.name.sql();
        self.about(Item::RowSecurity(table.name.clone()));
        if table.rls_enabled {
            self.say(format!("alter table {name} enable row level security"));
        }
        if table.rls_forced {
            self.say(format!("alter table {name} force row level security"));
        }
        for policy in &table.policies {
            self.about(Item::Policy(table.name.clone(), policy.name.clone()));
            self.policy(&name, policy);
        }
    }

    fn policy(&mut self, table: &str, policy: &Policy) {
        let permissive = if policy.permissive { "permissive" } else { "restrictive" };
        let roles: Vec<String> = policy.roles.iter().map(|r| text::role(r)).collect();
        let roles = if roles.is_empty() { "public".to_owned() } else { roles.join(", ") };
        let using = policy.using.as_ref().map(|e| format!(" using ({e})")).unwrap_or_default();
        let check = policy.with_check.as_ref().map(|e| format!(" with check ({e})")).unwrap_or_default();
        let (name, command) = (quote_ident(&policy.name), policy.command.sql());
        self.say(format!("create policy {name} on {table} as {permissive} for {command} to {roles}{using}{check}"));
    }

    fn publication(&mut self, publication: &Publication) {
        self.about(Item::Publication(publication.name.clone()));
        let mut targets = Vec::new();
        if publication.all_tables {
            targets.push("all tables".to_owned());
        }
        let tables: Vec<String> = publication
            .tables
            .iter()
            .map(|t| {
                let columns = t.columns.as_ref().map(|c| format!(" ({})", text::names(c))).unwrap_or_default();
                let filter = t.filter.as_ref().map(|f| format!(" where ({f})")).unwrap_or_default();
                format!("{}{columns}{filter}", t.table.sql())
            })
            .collect();
        if !tables.is_empty() {
            targets.push(format!("table only {}", tables.join(", only ")));
        }
        if !publication.schemas.is_empty() {
            targets.push(format!("tables in schema {}", text::names(&publication.schemas)));
        }
        let targets = if targets.is_empty() { String::new() } else { format!(" for {}", targets.join(", ")) };
        let root = if publication.via_root { ", publish_via_partition_root = true" } else { "" };
        let operations = architrave_model::name::quote_literal(&publication.operations.join(", "));
        self.say(format!("create publication {}{targets} with (publish = {operations}{root})", quote_ident(&publication.name)));
    }

    fn subscriptions(&mut self) {
        for subscription in &self.catalog.subscriptions {
            let object = ObjectRef::global(ObjectKind::Subscription, &subscription.name);
            self.leave_out(object, "a subscription: its connection is never read");
        }
    }

    /// Disabled, or they would fire on the statements that follow.
    fn event_triggers(&mut self) {
        for trigger in self.catalog.event_triggers.iter().filter(|t| t.extension.is_none()) {
            self.about(Item::EventTrigger(trigger.name.clone()));
            let name = quote_ident(&trigger.name);
            let tags: Vec<String> = trigger.tags.iter().map(|t| architrave_model::name::quote_literal(t)).collect();
            let when = if tags.is_empty() { String::new() } else { format!(" when tag in ({})", tags.join(", ")) };
            let (event, function) = (quote_ident(&trigger.event), trigger.function.sql());
            self.say(format!("create event trigger {name} on {event}{when} execute function {function}()"));
            self.say(format!("alter event trigger {name} disable"));
            if trigger.enabled != TriggerEnabled::Disabled {
                self.leave_out(ObjectRef::global(ObjectKind::EventTrigger, &trigger.name), "created disabled");
            }
        }
    }
}

pub(super) fn constraint_reference(table: &Table, name: &str) -> ObjectRef {
    ObjectRef::in_table(ObjectKind::Constraint, &table.name, name)
}
