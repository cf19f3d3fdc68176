//! From an opened target to its dictionary.

mod relations;
mod rest;

use super::entry::{Code, Coverage, DICTIONARY_VERSION, Dictionary, Extension, Place, Relation, Schema, Use};
use crate::scope;
use architrave_model::catalog::{Persistence, Table, View};
use architrave_model::code_use::CodeUses;
use architrave_model::name::{ObjectKind, ObjectRef, QualifiedName};
use architrave_model::platform::is_history_table;
use architrave_model::review::Target;
use architrave_model::scope::Scope;
use std::collections::{BTreeMap, BTreeSet};

/// Places in code that one object gets, at most; the rest is counted.
pub const MOST_USES: usize = 20;

/// What a scan for names cannot see.
const LIMITS: &str = "names are found where they stand in SQL, in calls that take a table's name, in mappings and in models; a name that a program puts \
                      together while it runs is not found, and an object without a place here may still be used";

/// What goes into a dictionary.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only these schemas; all of them when empty.
    pub schemas: Vec<String>,
    /// What the database is called; the target's name when not given.
    pub name: Option<String>,
    /// Leave out rows, sizes and shares, which change from day to day.
    pub no_statistics: bool,
}

/// Builds the dictionary of a target; `uses` is what a scan of the application found, when there was one.
pub fn build(target: &Target, uses: Option<&CodeUses>, options: &Options) -> Dictionary {
    let facts = Facts::of(target, uses, options);
    let catalog = &target.snapshot.catalog;
    let mut schemas: Vec<Schema> = Vec::new();
    for schema in catalog.schemas.iter().filter(|s| facts.shows(&s.name)) {
        let mut entry = Schema { name: schema.name.clone(), comment: said(schema.comment.as_ref()), ..Schema::default() };
        entry.relations = facts.relations_of(&schema.name);
        entry.coverage = coverage(&entry.relations);
        facts.types_of(&schema.name, &mut entry);
        entry.functions = facts.functions_of(&schema.name);
        let empty = entry.relations.is_empty() && entry.functions.is_empty() && entry.enums.is_empty();
        if !(empty && entry.domains.is_empty() && entry.types.is_empty() && entry.comment.is_none()) {
            schemas.push(entry);
        }
    }
    let extensions = catalog.extensions.iter().filter(|e| e.name != "plpgsql");
    let extensions = extensions.map(|e| Extension {
        name: e.name.clone(),
        schema: e.schema.clone(),
        // The private server's version of an extension says nothing about the user's.
        version: if e.stub || target.replay.is_some() { String::new() } else { e.version.clone() },
    });
    Dictionary {
        dictionary_version: DICTIONARY_VERSION,
        name: options.name.clone().unwrap_or_else(|| target.name.clone()),
        server: server(target),
        statistics: facts.stats.is_some(),
        code: uses.map(|u| Code { files: u.files, limits: LIMITS.to_owned() }),
        schemas,
        extensions: extensions.collect(),
        gaps: gaps(target, uses),
    }
}

/// The server's major version; of a project the one that it asks for. The private server's own would change from machine to machine.
fn server(target: &Target) -> String {
    let asked = target.database.as_ref().map(|d| d.postgres_major);
    let major = asked.unwrap_or_else(|| Some(target.snapshot.server.major()));
    major.map_or_else(String::new, |major| format!("PostgreSQL {major}"))
}

fn gaps(target: &Target, uses: Option<&CodeUses>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    if let Some(replay) = target.replay.as_ref().filter(|r| !r.failed.is_empty()) {
        let n = replay.failed.len();
        all.push(format!(
            "{} of the scripts failed on the private server; what they make is missing",
            crate::format::plural(n, "statement", "statements")
        ));
    }
    all.extend(uses.iter().flat_map(|u| &u.gaps).map(|g| format!("{}: {}", g.what, g.why)));
    all
}

fn coverage(relations: &[Relation]) -> Coverage {
    let columns = || relations.iter().flat_map(|r| &r.columns);
    Coverage {
        relations: relations.len(),
        relations_with: relations.iter().filter(|r| says(r.comment.as_ref())).count(),
        columns: columns().count(),
        columns_with: columns().filter(|c| says(c.comment.as_ref())).count(),
    }
}

/// A comment as it stands.
pub(super) fn said(comment: Option<&String>) -> Option<String> {
    comment.filter(|c| !c.is_empty()).cloned()
}

/// Blanks are no comment, whatever the catalogue holds.
fn says(comment: Option<&String>) -> bool {
    comment.is_some_and(|c| !c.trim().is_empty())
}

/// What is looked up many times.
pub(super) struct Facts<'a> {
    pub(super) target: &'a Target,
    scope: Scope<'a>,
    only: &'a [String],
    pub(super) stats: Option<&'a architrave_model::Stats>,
    pub(super) referenced: BTreeMap<&'a QualifiedName, Vec<super::entry::Referenced>>,
    pub(super) readers: BTreeMap<&'a QualifiedName, BTreeSet<QualifiedName>>,
    pub(super) partitions: BTreeMap<&'a QualifiedName, Vec<&'a Table>>,
    /// Columns by the type they have, as its name in SQL.
    pub(super) typed: BTreeMap<String, Vec<String>>,
    uses: BTreeMap<&'a ObjectRef, Vec<Use>>,
    more: BTreeMap<&'a ObjectRef, u64>,
}

impl<'a> Facts<'a> {
    fn of(target: &'a Target, uses: Option<&'a CodeUses>, options: &'a Options) -> Self {
        let catalog = &target.snapshot.catalog;
        let mut facts = Self {
            target,
            scope: scope::of(target),
            only: &options.schemas,
            stats: target.snapshot.stats.as_ref().filter(|_| !options.no_statistics),
            referenced: BTreeMap::new(),
            readers: BTreeMap::new(),
            partitions: BTreeMap::new(),
            typed: BTreeMap::new(),
            uses: BTreeMap::new(),
            more: BTreeMap::new(),
        };
        for table in &catalog.tables {
            facts.note_table(table);
        }
        for view in &catalog.views {
            for read in &view.depends_on {
                facts.readers.entry(read).or_default().insert(view.name.clone());
            }
        }
        for place in uses.iter().flat_map(|u| &u.places) {
            let there = facts.uses.entry(&place.object).or_default();
            let found = Use { path: place.location.path.clone(), line: place.location.line, kind: place.kind.words() };
            if there.len() < MOST_USES {
                there.push(found);
            } else {
                *facts.more.entry(&place.object).or_default() += 1;
            }
        }
        for (object, n) in uses.iter().flat_map(|u| &u.more) {
            *facts.more.entry(object).or_default() += n;
        }
        facts
    }

    fn note_table(&mut self, table: &'a Table) {
        if let (true, Some(parent)) = (table.is_partition, table.parents.first()) {
            self.partitions.entry(parent).or_default().push(table);
            return;
        }
        if !self.shows_table(table) {
            return;
        }
        for (constraint, reference) in table.foreign_keys() {
            self.referenced.entry(&reference.table).or_default().push(super::entry::Referenced {
                table: table.name.clone(),
                columns: constraint.columns.clone(),
                name: constraint.name.clone(),
                actions: relations::actions(reference),
            });
        }
        for column in &table.columns {
            // Types of ours carry their schema; those of PostgreSQL hold no dot.
            if column.data_type.contains('.') {
                let name = format!("{}.{}", table.name.name, column.name);
                self.typed.entry(column.base_type()).or_default().push(name);
            }
        }
    }

    /// Whether objects of that schema are in the dictionary.
    pub(super) fn shows(&self, schema: &str) -> bool {
        self.scope.covers(schema) && (self.only.is_empty() || self.only.iter().any(|s| s == schema))
    }

    pub(super) fn shows_table(&self, table: &Table) -> bool {
        !table.is_partition
            && table.extension.is_none()
            && table.persistence != Persistence::Temporary
            && self.scope.covers(&table.name.schema)
            && !is_history_table(&table.name.name)
    }

    pub(super) fn shows_view(&self, view: &View) -> bool {
        view.extension.is_none() && self.scope.covers(&view.name.schema)
    }

    pub(super) fn uses_of(&self, object: &ObjectRef) -> (Vec<Use>, u64) {
        (self.uses.get(object).cloned().unwrap_or_default(), self.more.get(object).copied().unwrap_or(0))
    }

    pub(super) fn place(&self, object: &ObjectRef) -> Option<Place> {
        let at = &self.target.origins.of(object)?.created;
        Some(Place { path: at.path.clone(), line: at.line })
    }

    pub(super) fn place_of(&self, kind: ObjectKind, name: &QualifiedName) -> Option<Place> {
        self.place(&ObjectRef::in_schema(kind, &name.schema, &name.name))
    }
}
