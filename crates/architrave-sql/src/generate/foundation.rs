//! What stands below the tables: roles, schemas, extensions, collations, foreign servers, types.

use super::order::Node;
use super::{Item, Writer, text};
use architrave_model::catalog::{Constraint, Extension, TypeDef, TypeKind};
use architrave_model::name::{ObjectKind, ObjectRef, QualifiedName, quote_ident, quote_literal};
use std::collections::BTreeSet;

/// Extensions that others build on come first; all others by name.
const FIRST: &[&str] = &["plpgsql", "cube", "hstore", "ltree", "pgcrypto", "pgsodium", "postgis", "plperl", "plpython3u"];

impl<'a> Writer<'a> {
    /// Roles are shared by the cluster's databases: those that exist stay as they are. No role gets to log in or is a superuser.
    pub(super) fn roles(&mut self) {
        for name in self.referenced_roles() {
            let role = self.catalog.role(&name);
            let mut attributes = String::from("nologin");
            if role.is_some_and(|r| !r.inherit) {
                attributes.push_str(" noinherit");
            }
            if role.is_some_and(|r| r.bypass_rls) {
                attributes.push_str(" bypassrls");
            }
            let literal = quote_literal(&name);
            self.about(Item::Role(name.clone()));
            let body = format!(
                "begin if not exists (select from pg_catalog.pg_roles where rolname = {literal}) then create role {} {attributes}; end if; end",
                text::quote_role(&name)
            );
            self.say(format!("do {}", text::dollar_quoted(&body)));
        }
    }

    /// Roles that the written objects name. Predefined ones are there.
    pub(super) fn referenced_roles(&self) -> BTreeSet<String> {
        let c = self.catalog;
        let mut roles: BTreeSet<&str> = BTreeSet::new();
        for (_, table) in c.tables.iter().enumerate().filter(|(i, _)| self.has(Node::Table(*i))) {
            roles.extend(table.policies.iter().flat_map(|p| &p.roles).map(String::as_str));
        }
        if self.options.owners {
            roles.extend(self.owned().into_iter().map(|o| o.owner));
        }
        if self.options.grants {
            let granted = self.granted();
            let defaults = self.default_privileges();
            roles.extend(defaults.iter().map(|d| d.role.as_str()));
            for grant in granted.iter().flat_map(|g| g.grants).chain(defaults.iter().flat_map(|d| &d.grants)) {
                roles.insert(&grant.grantee);
                if self.options.owners {
                    roles.insert(&grant.grantor);
                }
            }
        }
        roles.into_iter().filter(|r| *r != "PUBLIC" && !r.starts_with("pg_") && !r.is_empty()).map(str::to_owned).collect()
    }

    pub(super) fn schemas(&mut self) {
        let catalog = self.catalog;
        let used = self.used_schemas();
        for schema in catalog.schemas.iter().filter(|s| s.extension.is_none() && used.contains(s.name.as_str())) {
            self.about(Item::Schema(schema.name.clone()));
            self.say(format!("create schema if not exists {}", quote_ident(&schema.name)));
        }
        if !self.plan.partial && !catalog.schemas.is_empty() && !catalog.schemas.iter().any(|s| s.name == "public") {
            self.about(Item::Session);
            self.say("drop schema if exists public");
        }
    }

    /// Schemas to create: all, or those of the part.
    pub(super) fn used_schemas(&self) -> BTreeSet<&'a str> {
        let c = self.catalog;
        if !self.plan.partial {
            return c.schemas.iter().map(|s| s.name.as_str()).collect();
        }
        let mut used: BTreeSet<&str> = c.extensions.iter().map(|e| e.schema.as_str()).collect();
        used.extend(self.plan.nodes.iter().map(|n| match n {
            Node::Type(i) => c.types[*i].name.schema.as_str(),
            Node::Sequence(i) => &c.sequences[*i].name.schema,
            Node::Function(i) => &c.functions[*i].name.schema,
            Node::Table(i) | Node::Keys(i) => &c.tables[*i].name.schema,
            Node::View(i) => &c.views[*i].name.schema,
        }));
        let owned = c.tables.iter().enumerate().filter(|(i, _)| self.has(Node::Table(*i)));
        used.extend(owned.flat_map(|(_, t)| t.statistics.iter().map(|s| s.name.schema.as_str())));
        used
    }

    pub(super) fn extensions(&mut self) {
        let catalog = self.catalog;
        let mut extensions: Vec<&Extension> = catalog.extensions.iter().collect();
        extensions.sort_by_key(|e| (FIRST.iter().position(|f| *f == e.name).unwrap_or(FIRST.len()), &e.name));
        for extension in extensions {
            let own_schema = catalog.schemas.iter().any(|s| s.name == extension.schema && s.extension.is_some());
            // pg_catalog is where the extension itself wants to be; naming it is refused.
            let place = if own_schema || extension.schema == "pg_catalog" || extension.schema.is_empty() {
                String::new()
            } else {
                format!(" with schema {}", quote_ident(&extension.schema))
            };
            self.about(Item::Extension(extension.name.clone()));
            self.say(format!("create extension if not exists {}{place} cascade", quote_ident(&extension.name)));
        }
    }

    pub(super) fn collations(&mut self) {
        for collation in &self.catalog.collations {
            self.about(Item::Collation(collation.name.clone()));
            let object = ObjectRef::in_schema(ObjectKind::Type, &collation.name.schema, &collation.name.name);
            match (collation.provider.as_str(), &collation.locale) {
                ("libc" | "icu" | "builtin", Some(locale)) => self.say(format!(
                    "create collation {} (provider = {}, locale = {}, deterministic = {})",
                    collation.name.sql(),
                    collation.provider,
                    quote_literal(locale),
                    collation.deterministic
                )),
                _ => self.leave_out(object, "a collation whose locale is not known"),
            }
        }
    }

    /// Wrappers come with extensions of their name; others have handlers that we do not know.
    pub(super) fn is_reachable_server(&self, name: &str) -> bool {
        self.catalog.foreign_servers.iter().any(|s| s.name == name && self.catalog.extension(&s.wrapper).is_some())
    }

    pub(super) fn foreign_servers(&mut self) {
        for server in &self.catalog.foreign_servers {
            if self.is_reachable_server(&server.name) {
                let (name, wrapper) = (quote_ident(&server.name), quote_ident(&server.wrapper));
                self.about(Item::ForeignServer(server.name.clone()));
                self.say(format!("create server if not exists {name} foreign data wrapper {wrapper}"));
            }
        }
    }

    pub(super) fn create_type(&mut self, definition: &TypeDef) {
        let name = definition.name.sql();
        match &definition.kind {
            TypeKind::Enum { labels } => {
                let labels: Vec<String> = labels.iter().map(|l| quote_literal(l)).collect();
                self.say(format!("create type {name} as enum ({})", labels.join(", ")));
            }
            TypeKind::Composite { attributes } => {
                let attribute = |a: &architrave_model::catalog::CompositeAttribute| {
                    let collation = a.collation.as_ref().map(|c| format!(" collate {}", text::collation(self.catalog, c)));
                    format!("{} {}{}", quote_ident(&a.name), a.data_type, collation.unwrap_or_default())
                };
                let attributes: Vec<String> = attributes.iter().map(attribute).collect();
                self.say(format!("create type {name} as ({})", attributes.join(", ")));
            }
            TypeKind::Range { subtype, multirange } => {
                let multirange = multirange.as_ref().map(|m| QualifiedName::new(&definition.name.schema, m).sql());
                let multirange = multirange.map(|m| format!(", multirange_type_name = {m}")).unwrap_or_default();
                self.say(format!("create type {name} as range (subtype = {subtype}{multirange})"));
            }
            TypeKind::Domain { base, not_null, default, collation, .. } => {
                let mut sql = format!("create domain {name} as {base}");
                if let Some(collation) = collation {
                    text::add(&mut sql, format!(" collate {}", text::collation(self.catalog, collation)));
                }
                if let Some(default) = default {
                    text::add(&mut sql, format!(" default {default}"));
                }
                if *not_null {
                    sql.push_str(" not null");
                }
                self.say(sql);
            }
            TypeKind::Base => {
                let object = ObjectRef::in_schema(ObjectKind::Type, &definition.name.schema, &definition.name.name);
                self.leave_out(object, "a base type, which needs functions written in C");
            }
        }
    }

    /// Checks of domains may call functions that take the domain, so they come late.
    pub(super) fn domain_constraints(&mut self) {
        let catalog = self.catalog;
        for (i, definition) in catalog.types.iter().enumerate() {
            if let TypeKind::Domain { constraints, .. } = &definition.kind
                && self.has(Node::Type(i))
            {
                for Constraint { name, definition: check, .. } in constraints {
                    self.about(Item::DomainCheck(definition.name.clone(), name.clone()));
                    self.say(format!("alter domain {} add constraint {} {check}", definition.name.sql(), quote_ident(name)));
                }
            }
        }
    }
}
