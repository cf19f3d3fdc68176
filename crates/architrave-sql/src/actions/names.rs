//! How names in a statement are resolved: a search path over what exists.

use architrave_model::Catalog;
use architrave_model::migration::Action;
use architrave_model::name::{ObjectKind, QualifiedName};
use std::collections::BTreeSet;

/// What a name means where a statement stands. Names come as written: unquoted and folded parts, from the outside in.
pub trait Names {
    /// The table, view, sequence or index.
    fn relation(&self, written: &[String]) -> Option<QualifiedName>;
    /// The type or domain.
    fn type_name(&self, written: &[String]) -> Option<QualifiedName>;
    /// The function or procedure.
    fn function(&self, written: &[String]) -> Option<QualifiedName>;
    /// Schema of a new object whose name has none.
    fn creation_schema(&self) -> String;
}

/// Names by a catalogue and a search path, and by what the statements since then have made.
#[derive(Debug, Clone)]
pub struct Resolver<'a> {
    catalog: &'a Catalog,
    search_path: Vec<String>,
    /// Relations of statements that the catalogue does not know yet.
    made: BTreeSet<QualifiedName>,
    types: BTreeSet<QualifiedName>,
    functions: BTreeSet<QualifiedName>,
    schemas: BTreeSet<String>,
    gone: BTreeSet<QualifiedName>,
}

impl<'a> Resolver<'a> {
    /// With the search path `public`.
    pub fn new(catalog: &'a Catalog) -> Self {
        Self::with_search_path(catalog, ["public"])
    }

    /// With a search path; `$user` and `pg_catalog` are passed over.
    pub fn with_search_path<S: Into<String>>(catalog: &'a Catalog, path: impl IntoIterator<Item = S>) -> Self {
        Self {
            catalog,
            search_path: path.into_iter().map(Into::into).filter(|s| s != "$user" && s != "pg_catalog").collect(),
            made: BTreeSet::new(),
            types: BTreeSet::new(),
            functions: BTreeSet::new(),
            schemas: BTreeSet::new(),
            gone: BTreeSet::new(),
        }
    }

    /// Takes note of what a statement made, renamed or dropped and of a new search path, for the statements after it.
    pub fn follow(&mut self, actions: &[Action]) {
        for action in actions {
            self.follow_one(action);
        }
    }

    fn make(&mut self, name: &QualifiedName) {
        self.gone.remove(name);
        self.made.insert(name.clone());
    }

    fn drop(&mut self, name: &QualifiedName) {
        self.made.remove(name);
        self.gone.insert(name.clone());
    }

    fn follow_one(&mut self, action: &Action) {
        match action {
            Action::CreateTable { table: name, .. } | Action::CreateView { view: name, .. } | Action::CreateSequence { name } => {
                self.make(name);
            }
            Action::CreateIndex { index: Some(name), .. } => self.make(name),
            Action::DropTable { table: name, .. }
            | Action::DropView { view: name, .. }
            | Action::DropSequence { name, .. }
            | Action::DropIndex { index: name, .. } => self.drop(name),
            Action::RenameTable { table, to } => {
                self.drop(&table.name);
                self.make(&QualifiedName::new(&table.name.schema, to));
            }
            Action::AlterIndex { index, rename_to: Some(to), .. } => {
                self.drop(index);
                self.make(&QualifiedName::new(&index.schema, to));
            }
            Action::SetSchema { object, schema } => {
                let relation =
                    matches!(object.kind, ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Sequence);
                if let (true, Some(old)) = (relation, &object.schema) {
                    self.drop(&QualifiedName::new(old, &object.name));
                    self.make(&QualifiedName::new(schema, &object.name));
                }
            }
            Action::CreateEnum { name, .. } | Action::CreateDomain { name, .. } => {
                self.types.insert(name.clone());
            }
            Action::CreateFunction { name, .. } => {
                self.functions.insert(name.clone());
            }
            Action::CreateSchema { name } => {
                self.schemas.insert(name.clone());
            }
            Action::RenameSchema { to, .. } => {
                self.schemas.insert(to.clone());
            }
            Action::Set { name, value, .. } if name == "search_path" => {
                let value = value.as_deref().unwrap_or("public");
                self.search_path = super::session::list(value).into_iter().filter(|s| s != "$user" && s != "pg_catalog").collect();
            }
            _ => {}
        }
    }

    fn schema_exists(&self, schema: &str) -> bool {
        self.schemas.contains(schema) || self.catalog.schemas.iter().any(|s| s.name == schema)
    }

    fn relation_exists(&self, name: &QualifiedName) -> bool {
        if self.made.contains(name) {
            return true;
        }
        if self.gone.contains(name) {
            return false;
        }
        let catalog = self.catalog;
        let index_of = |schema: &str, indexes: &[architrave_model::catalog::Index]| {
            schema == name.schema && indexes.iter().any(|i| i.name == name.name)
        };
        catalog.table_named(name).is_some()
            || catalog.views.iter().any(|v| v.name == *name || index_of(&v.name.schema, &v.indexes))
            || catalog.sequences.iter().any(|s| s.name == *name)
            || catalog.tables.iter().any(|t| index_of(&t.name.schema, &t.indexes))
    }

    fn find(&self, written: &[String], exists: impl Fn(&QualifiedName) -> bool) -> Option<QualifiedName> {
        match written {
            [] => None,
            [name] => self.search_path.iter().map(|s| QualifiedName::new(s, name)).find(|n| exists(n)),
            [.., schema, name] => Some(QualifiedName::new(schema, name)).filter(|n| exists(n)),
        }
    }
}

impl Names for Resolver<'_> {
    fn relation(&self, written: &[String]) -> Option<QualifiedName> {
        self.find(written, |n| self.relation_exists(n))
    }

    fn type_name(&self, written: &[String]) -> Option<QualifiedName> {
        self.find(written, |n| self.types.contains(n) || self.catalog.types.iter().any(|t| t.name == *n))
    }

    fn function(&self, written: &[String]) -> Option<QualifiedName> {
        self.find(written, |n| self.functions.contains(n) || self.catalog.functions.iter().any(|f| f.name == *n))
    }

    fn creation_schema(&self) -> String {
        let existing = self.search_path.iter().find(|s| self.schema_exists(s));
        existing.or(self.search_path.first()).cloned().unwrap_or_else(|| "public".to_owned())
    }
}
