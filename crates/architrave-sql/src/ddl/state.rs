//! What the statements so far have made: stores of objects, the search path, and how names are looked up in them.

use super::acl::{self, AclKind};
use super::expression::Names;
use super::store::Store;
use super::syntax::Path;
use super::{DdlOptions, Stop};
use architrave_model::catalog::{
    Catalog, Collation, DefaultPrivileges, EventTrigger, Extension, ForeignServer, Function, Grant, Index, Membership, Publication, Role,
    Schema, Sequence, Subscription, Table, TypeDef, View,
};
use architrave_model::name::QualifiedName;
use std::collections::{BTreeMap, BTreeSet};

/// Key of a default-privileges entry: role, schema, kind.
pub(crate) type DefaultKey = (String, Option<String>, String);

/// Everything the statements so far made.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) options: DdlOptions,
    pub(crate) schemas: Store<String, Schema>,
    pub(crate) tables: Store<QualifiedName, Table>,
    pub(crate) views: Store<QualifiedName, View>,
    pub(crate) sequences: Store<QualifiedName, Sequence>,
    pub(crate) types: Store<QualifiedName, TypeDef>,
    /// Overloads of one name together.
    pub(crate) functions: Store<QualifiedName, Vec<Function>>,
    /// The table or materialized view of each index.
    pub(crate) index_owners: Store<QualifiedName, QualifiedName>,
    /// Tables that inherit from a table or are its partitions, in the order they came.
    pub(crate) heirs: Store<QualifiedName, Vec<QualifiedName>>,
    pub(crate) event_triggers: Store<String, EventTrigger>,
    pub(crate) extensions: Store<String, Extension>,
    pub(crate) publications: Store<String, Publication>,
    pub(crate) subscriptions: Store<String, Subscription>,
    pub(crate) collations: Store<QualifiedName, Collation>,
    pub(crate) foreign_servers: Store<String, ForeignServer>,
    pub(crate) roles: Store<String, Role>,
    pub(crate) memberships: Store<(String, String), Membership>,
    pub(crate) default_privileges: Store<DefaultKey, DefaultPrivileges>,
    /// Settings of the session that matter here: `search_path`, `role`.
    pub(crate) settings: Store<String, Vec<String>>,
    /// Tables of each constraint name, per schema, as of the last finished statement.
    constraint_names: BTreeMap<QualifiedName, BTreeSet<QualifiedName>>,
}

/// Where temporary objects are kept; they are found first and never shown.
pub(crate) const TEMPORARY: &str = "pg_temp";

/// Calls the same method on every store.
macro_rules! each_store {
    ($state:expr, $method:ident ( $($argument:expr),* )) => {{
        $state.schemas.$method($($argument),*);
        $state.tables.$method($($argument),*);
        $state.views.$method($($argument),*);
        $state.sequences.$method($($argument),*);
        $state.types.$method($($argument),*);
        $state.functions.$method($($argument),*);
        $state.index_owners.$method($($argument),*);
        $state.heirs.$method($($argument),*);
        $state.event_triggers.$method($($argument),*);
        $state.extensions.$method($($argument),*);
        $state.publications.$method($($argument),*);
        $state.subscriptions.$method($($argument),*);
        $state.collations.$method($($argument),*);
        $state.foreign_servers.$method($($argument),*);
        $state.roles.$method($($argument),*);
        $state.memberships.$method($($argument),*);
        $state.default_privileges.$method($($argument),*);
        $state.settings.$method($($argument),*);
    }};
}

/// Journal positions of all stores, for savepoints.
pub(crate) type Positions = [usize; 18];

impl State {
    /// A fresh database with the prelude's objects.
    pub(crate) fn new(mut options: DdlOptions) -> Self {
        let catalog = options.prelude.take().unwrap_or_else(|| fresh_catalog(&options));
        let mut heirs: BTreeMap<QualifiedName, Vec<QualifiedName>> = BTreeMap::new();
        let mut index_owners = BTreeMap::new();
        for table in &catalog.tables {
            for parent in &table.parents {
                heirs.entry(parent.clone()).or_default().push(table.name.clone());
            }
            for index in &table.indexes {
                index_owners.insert(QualifiedName::new(&table.name.schema, &index.name), table.name.clone());
            }
        }
        for view in &catalog.views {
            for index in &view.indexes {
                index_owners.insert(QualifiedName::new(&view.name.schema, &index.name), view.name.clone());
            }
        }
        let mut functions: BTreeMap<QualifiedName, Vec<Function>> = BTreeMap::new();
        for function in catalog.functions {
            functions.entry(function.name.clone()).or_default().push(function);
        }
        let path = vec!["$user".to_owned(), options.default_schema.clone()];
        let mut state = Self {
            schemas: Store::from_values(catalog.schemas.into_iter().map(|s| (s.name.clone(), s))),
            tables: Store::from_values(catalog.tables.into_iter().map(|t| (t.name.clone(), t))),
            views: Store::from_values(catalog.views.into_iter().map(|v| (v.name.clone(), v))),
            sequences: Store::from_values(catalog.sequences.into_iter().map(|s| (s.name.clone(), s))),
            types: Store::from_values(catalog.types.into_iter().map(|t| (t.name.clone(), t))),
            functions: Store::from_values(functions),
            index_owners: Store::from_values(index_owners),
            heirs: Store::from_values(heirs),
            event_triggers: Store::from_values(catalog.event_triggers.into_iter().map(|e| (e.name.clone(), e))),
            extensions: Store::from_values(catalog.extensions.into_iter().map(|e| (e.name.clone(), e))),
            publications: Store::from_values(catalog.publications.into_iter().map(|p| (p.name.clone(), p))),
            subscriptions: Store::from_values(catalog.subscriptions.into_iter().map(|s| (s.name.clone(), s))),
            collations: Store::from_values(catalog.collations.into_iter().map(|c| (c.name.clone(), c))),
            foreign_servers: Store::from_values(catalog.foreign_servers.into_iter().map(|s| (s.name.clone(), s))),
            roles: Store::from_values(catalog.roles.into_iter().map(|r| (r.name.clone(), r))),
            memberships: Store::from_values(catalog.memberships.into_iter().map(|m| ((m.role.clone(), m.member.clone()), m))),
            default_privileges: Store::from_values(
                catalog.default_privileges.into_iter().map(|d| ((d.role.clone(), d.schema.clone(), d.kind.clone()), d)),
            ),
            settings: Store::from_values([("search_path".to_owned(), path)]),
            constraint_names: BTreeMap::new(),
            options,
        };
        let names: Vec<QualifiedName> = state.tables.iter().map(|(name, _)| name.clone()).collect();
        for name in names {
            state.note_constraints(&name);
        }
        state
    }

    /// Starts a statement.
    pub(crate) fn begin_statement(&mut self, in_transaction: bool) {
        each_store!(self, begin_statement(in_transaction));
    }

    /// Makes the statement's effect visible to name choice.
    pub(crate) fn finish_statement(&mut self) {
        let touched: Vec<(QualifiedName, Vec<String>)> = self
            .tables
            .touched()
            .filter(|(name, old)| !self.has_constraints_of(name, *old))
            .map(|(name, old)| (name.clone(), old.map(|t| t.constraints.iter().map(|c| c.name.clone()).collect()).unwrap_or_default()))
            .collect();
        for (table, old) in touched {
            self.forget_constraints(&table, &old);
            self.note_constraints(&table);
        }
    }

    /// Takes back the statement.
    pub(crate) fn roll_back_statement(&mut self) {
        each_store!(self, roll_back_statement());
    }

    /// Where all journals stand.
    pub(crate) fn positions(&self) -> Positions {
        [
            self.schemas.position(),
            self.tables.position(),
            self.views.position(),
            self.sequences.position(),
            self.types.position(),
            self.functions.position(),
            self.index_owners.position(),
            self.heirs.position(),
            self.event_triggers.position(),
            self.extensions.position(),
            self.publications.position(),
            self.subscriptions.position(),
            self.collations.position(),
            self.foreign_servers.position(),
            self.roles.position(),
            self.memberships.position(),
            self.default_privileges.position(),
            self.settings.position(),
        ]
    }

    /// Takes back everything since those positions.
    pub(crate) fn roll_back_to(&mut self, at: &Positions) {
        self.schemas.roll_back_to(at[0]);
        self.tables.roll_back_to(at[1]);
        self.views.roll_back_to(at[2]);
        self.sequences.roll_back_to(at[3]);
        self.types.roll_back_to(at[4]);
        self.functions.roll_back_to(at[5]);
        self.index_owners.roll_back_to(at[6]);
        self.heirs.roll_back_to(at[7]);
        self.event_triggers.roll_back_to(at[8]);
        self.extensions.roll_back_to(at[9]);
        self.publications.roll_back_to(at[10]);
        self.subscriptions.roll_back_to(at[11]);
        self.collations.roll_back_to(at[12]);
        self.foreign_servers.roll_back_to(at[13]);
        self.roles.roll_back_to(at[14]);
        self.memberships.roll_back_to(at[15]);
        self.default_privileges.roll_back_to(at[16]);
        self.settings.roll_back_to(at[17]);
        self.constraint_names.clear();
        let names: Vec<QualifiedName> = self.tables.iter().map(|(name, _)| name.clone()).collect();
        for name in names {
            self.note_constraints(&name);
        }
    }

    /// Whether the names of a table's constraints are those that it had before the statement.
    fn has_constraints_of(&self, table: &QualifiedName, before: Option<&Table>) -> bool {
        match (before, self.tables.get(table)) {
            (Some(before), Some(now)) => before.constraints.iter().map(|c| &c.name).eq(now.constraints.iter().map(|c| &c.name)),
            (None, None) => true,
            _ => false,
        }
    }

    fn note_constraints(&mut self, table: &QualifiedName) {
        let Some(found) = self.tables.get(table) else { return };
        for constraint in &found.constraints {
            let key = QualifiedName::new(&table.schema, &constraint.name);
            self.constraint_names.entry(key).or_default().insert(table.clone());
        }
    }

    fn forget_constraints(&mut self, table: &QualifiedName, names: &[String]) {
        for name in names {
            let key = QualifiedName::new(&table.schema, name);
            if let Some(tables) = self.constraint_names.get_mut(&key) {
                tables.remove(table);
                if tables.is_empty() {
                    self.constraint_names.remove(&key);
                }
            }
        }
    }

    /// Whether any table of the schema has a constraint of that name.
    pub(crate) fn constraint_exists(&self, schema: &str, name: &str) -> bool {
        let before = self.constraint_names.get(&QualifiedName::new(schema, name));
        if before.is_some_and(|tables| tables.iter().any(|t| !self.tables.is_touched(t))) {
            return true;
        }
        self.tables
            .touched()
            .any(|(key, _)| key.schema == schema && self.tables.get(key).is_some_and(|t| t.constraints.iter().any(|c| c.name == name)))
    }

    /// Whether the schema has a relation of that name: table, view, sequence, index or composite type.
    pub(crate) fn relation_exists(&self, name: &QualifiedName) -> bool {
        self.tables.contains(name)
            || self.views.contains(name)
            || self.sequences.contains(name)
            || self.index_owners.contains(name)
            || self.types.get(name).is_some_and(|t| matches!(t.kind, architrave_model::catalog::TypeKind::Composite { .. }))
    }

    /// The role that runs statements: SET ROLE or the owner.
    pub(crate) fn role(&self) -> String {
        let set = self.settings.get(&"role".to_owned()).and_then(|r| r.first().cloned());
        set.unwrap_or_else(|| self.options.owner.clone())
    }

    /// Schemas of the search path that exist, without `pg_catalog`.
    pub(crate) fn search_path(&self) -> Vec<String> {
        let path = self.settings.get(&"search_path".to_owned()).cloned().unwrap_or_default();
        let role = self.role();
        path.into_iter().map(|s| if s == "$user" { role.clone() } else { s }).filter(|s| self.schemas.contains(s)).collect()
    }

    /// Where an unqualified new object goes.
    pub(crate) fn creation_schema(&self) -> Result<String, Stop> {
        self.search_path().into_iter().next().ok_or_else(|| Stop::fail("3F000", "no schema has been selected to create in"))
    }

    /// The full name of an object to be created.
    pub(crate) fn new_name(&self, path: &[String]) -> Result<QualifiedName, Stop> {
        match path {
            [] => Err(Stop::not_understood("a name is missing")),
            [name] => Ok(QualifiedName::new(self.creation_schema()?, name)),
            [.., schema, name] => {
                if schema != TEMPORARY && !self.schemas.contains(schema) {
                    return Err(Stop::fail("3F000", format!("schema \"{schema}\" does not exist")));
                }
                Ok(QualifiedName::new(schema, name))
            }
        }
    }

    /// The first name of the search path (or the qualified one) that the predicate accepts.
    pub(crate) fn find(&self, path: &[String], exists: impl Fn(&QualifiedName) -> bool) -> Option<QualifiedName> {
        match path {
            [] => None,
            [name] => {
                let path = std::iter::once(TEMPORARY.to_owned()).chain(self.search_path());
                path.map(|s| QualifiedName::new(s, name)).find(|n| exists(n))
            }
            [.., schema, name] => Some(QualifiedName::new(schema, name)).filter(|n| exists(n)),
        }
    }

    /// A table that must be there.
    pub(crate) fn table_name(&self, path: &[String]) -> Result<QualifiedName, Stop> {
        self.find(path, |n| self.tables.contains(n)).ok_or_else(|| missing("relation", path))
    }

    /// Any relation that must be there.
    pub(crate) fn relation_name(&self, path: &[String]) -> Result<QualifiedName, Stop> {
        self.find(path, |n| self.relation_exists(n)).ok_or_else(|| missing("relation", path))
    }

    /// A table to be changed.
    pub(crate) fn table_mut(&mut self, name: &QualifiedName) -> Result<&mut Table, Stop> {
        self.tables.get_mut(name).ok_or_else(|| missing("relation", &[name.schema.clone(), name.name.clone()]))
    }

    /// A table to be read.
    pub(crate) fn table(&self, name: &QualifiedName) -> Result<&Table, Stop> {
        self.tables.get(name).ok_or_else(|| missing("relation", &[name.schema.clone(), name.name.clone()]))
    }

    /// A type that must be there.
    pub(crate) fn user_type(&self, path: &[String]) -> Result<QualifiedName, Stop> {
        self.find(path, |n| self.types.contains(n)).ok_or_else(|| missing("type", path))
    }

    /// Indexes of a table or materialized view.
    pub(crate) fn indexes_mut(&mut self, owner: &QualifiedName) -> Option<&mut Vec<Index>> {
        if self.tables.contains(owner) {
            return self.tables.get_mut(owner).map(|t| &mut t.indexes);
        }
        self.views.get_mut(owner).map(|v| &mut v.indexes)
    }

    /// An index, with its table or materialized view.
    pub(crate) fn index(&self, name: &QualifiedName) -> Option<(&QualifiedName, &Index)> {
        let owner = self.index_owners.get(name)?;
        let indexes = match self.tables.get(owner) {
            Some(table) => &table.indexes,
            None => &self.views.get(owner)?.indexes,
        };
        Some((owner, indexes.iter().find(|i| i.name == name.name)?))
    }

    /// Tables below that one, in the order they came.
    pub(crate) fn heirs_of(&self, name: &QualifiedName) -> Vec<QualifiedName> {
        self.heirs.get(name).cloned().unwrap_or_default()
    }

    /// Privileges a new object of the current role starts with.
    pub(crate) fn initial_grants(&self, kind: AclKind, schema: Option<&str>) -> Vec<Grant> {
        let role = self.role();
        let word = kind.default_word().to_owned();
        let global = self.default_privileges.get(&(role.clone(), None, word.clone()));
        let mut list = global.map_or_else(|| acl::built_in(kind, &role, self.options.server_major), |d| d.grants.clone());
        if let Some(schema) = schema
            && let Some(more) = self.default_privileges.get(&(role, Some(schema.to_owned()), word))
        {
            for grant in &more.grants {
                acl::add(&mut list, &grant.grantee, &grant.grantor, &grant.privileges, false);
                acl::add(&mut list, &grant.grantee, &grant.grantor, &grant.grantable, true);
            }
        }
        list
    }

    /// Everything as a catalogue, sorted.
    pub(crate) fn to_catalog(&self) -> Catalog {
        tidy(Catalog {
            schemas: self.schemas.values().cloned().collect(),
            tables: self.tables.values().cloned().collect(),
            views: self.views.values().cloned().collect(),
            sequences: self.sequences.values().cloned().collect(),
            types: self.types.values().cloned().collect(),
            functions: self.functions.values().flatten().cloned().collect(),
            event_triggers: self.event_triggers.values().cloned().collect(),
            extensions: self.extensions.values().cloned().collect(),
            publications: self.publications.values().cloned().collect(),
            subscriptions: self.subscriptions.values().cloned().collect(),
            collations: self.collations.values().cloned().collect(),
            foreign_servers: self.foreign_servers.values().cloned().collect(),
            roles: self.roles.values().cloned().collect(),
            memberships: self.memberships.values().cloned().collect(),
            default_privileges: self.default_privileges.values().cloned().collect(),
        })
    }
}

/// Objects from the stores as a catalogue: temporary ones left out, sorted.
pub(crate) fn tidy(mut catalog: Catalog) -> Catalog {
    catalog.tables.retain(|t| t.name.schema != TEMPORARY);
    catalog.views.retain(|v| v.name.schema != TEMPORARY);
    catalog.sequences.retain(|s| s.name.schema != TEMPORARY);
    catalog.types.retain(|t| t.name.schema != TEMPORARY);
    catalog.functions.retain(|f| f.name.schema != TEMPORARY);
    for found in &mut catalog.types {
        if let architrave_model::catalog::TypeKind::Domain { constraints, .. } = &mut found.kind {
            constraints.sort_by(|a, b| a.name.cmp(&b.name));
        }
    }
    catalog.sort();
    catalog
}

/// What a fresh database holds.
fn fresh_catalog(options: &DdlOptions) -> Catalog {
    let owner = if options.server_major >= 15 { "pg_database_owner" } else { options.owner.as_str() };
    let mut grants = acl::built_in(AclKind::Schema, owner, options.server_major);
    let everybody: &[&str] = if options.server_major >= 15 { &["USAGE"] } else { &["CREATE", "USAGE"] };
    acl::add(&mut grants, "PUBLIC", owner, everybody, false);
    let public = Schema {
        name: "public".to_owned(),
        owner: owner.to_owned(),
        grants,
        comment: Some("standard public schema".to_owned()),
        ..Schema::default()
    };
    let mut schemas = vec![public];
    if options.default_schema != "public" {
        let grants = acl::built_in(AclKind::Schema, &options.owner, options.server_major);
        schemas.push(Schema { name: options.default_schema.clone(), owner: options.owner.clone(), grants, ..Schema::default() });
    }
    let owner = Role {
        name: options.owner.clone(),
        superuser: true,
        inherit: true,
        create_role: true,
        create_db: true,
        login: true,
        replication: true,
        bypass_rls: true,
        connection_limit: -1,
        ..Role::default()
    };
    let plpgsql = Extension {
        name: "plpgsql".to_owned(),
        schema: "pg_catalog".to_owned(),
        version: "1.0".to_owned(),
        available_version: Some("1.0".to_owned()),
        stub: false,
    };
    Catalog { schemas, roles: vec![owner], extensions: vec![plpgsql], ..Catalog::default() }
}

/// The error for a name that is not there.
pub(crate) fn missing(what: &str, path: &[String]) -> Stop {
    let code = match what {
        "relation" => "42P01",
        "schema" => "3F000",
        "function" => "42883",
        _ => "42704",
    };
    Stop::fail(code, format!("{what} \"{}\" does not exist", path.join(".")))
}

impl State {
    /// A function of an installed extension, when its schema is in the search path.
    fn extension_member(&self, parts: &[String]) -> Path {
        let home = parts.last().and_then(|n| super::extension::home_of_function(n)).and_then(|e| self.extensions.get(&e.to_owned()));
        match (home, parts) {
            (Some(extension), [name]) if self.search_path().contains(&extension.schema) => vec![extension.schema.clone(), name.clone()],
            _ => parts.to_vec(),
        }
    }
}

impl Names for State {
    fn type_name(&self, parts: &[String]) -> Path {
        let known = self.find(parts, |n| self.types.contains(n) || self.tables.contains(n) || self.views.contains(n));
        if let Some(found) = known {
            return vec![found.schema, found.name];
        }
        if let [name] = parts {
            let home = super::extension::home_of_type(name).and_then(|e| self.extensions.get(&e.to_owned()));
            if let Some(extension) = home {
                return vec![extension.schema.clone(), name.clone()];
            }
            if let Ok(schema) = self.creation_schema() {
                return vec![schema, name.clone()];
            }
        }
        parts.to_vec()
    }

    fn function(&self, parts: &[String]) -> Path {
        match parts {
            [_] => match self.find(parts, |n| self.functions.contains(n)) {
                Some(found) => vec![found.schema, found.name],
                None => self.extension_member(parts),
            },
            [schema, name] if schema == "pg_catalog" => vec![name.clone()],
            _ => parts.to_vec(),
        }
    }

    fn relation(&self, parts: &[String]) -> Path {
        match self.find(parts, |n| self.relation_exists(n)) {
            Some(found) => vec![found.schema, found.name],
            None => parts.to_vec(),
        }
    }

    fn hides_built_in(&self, name: &str) -> bool {
        // `pg_catalog` comes first unless the path names it later.
        let path = self.settings.get(&"search_path".to_owned());
        let Some(path) = path.filter(|p| p.iter().any(|s| s == "pg_catalog")) else { return false };
        path.iter().take_while(|s| *s != "pg_catalog").any(|s| self.types.contains(&QualifiedName::new(s, name)))
    }
}
