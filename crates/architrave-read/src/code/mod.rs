//! Which files of an application name which tables and columns.
//!
//! Precision comes before completeness: a word counts only where its surroundings say that a table is meant (SQL, a call that takes a table's
//! name, a mapping, a model). What a program puts together while it runs is not seen.

mod literals;
mod model;
mod patterns;
mod queries;
mod statement;
#[cfg(test)]
mod tests;

pub use queries::queries;

use crate::error::ReadError;
use crate::path;
use crate::project::ReadOptions;
use crate::tree::Tree;
use crate::tree::sniff::Sniff;
use architrave_model::Gap;
use architrave_model::catalog::Catalog;
use architrave_model::code_use::{CodeUse, CodeUseKind, CodeUses};
use architrave_model::name::{ObjectRef, QualifiedName};
use architrave_model::script::Location;
use literals::{Dialect, Literal};
use model::Models;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Places kept per object.
const MOST_PLACES: usize = 20;
/// Larger files are data or generated.
const MOST_BYTES: usize = 1024 * 1024;
/// Bytes read, all files together.
const MOST_BYTES_OF_ALL: usize = 384 * 1024 * 1024;
/// Longer lines are generated code.
const LONGEST_LINE: usize = 5000;

/// Searches the files below `root`; `defining` are those that make the schema (migrations), which define and do not use.
pub fn search(root: &Path, catalog: &Catalog, defining: &BTreeSet<String>, progress: &dyn Fn(&str)) -> Result<CodeUses, ReadError> {
    let tree = Tree::walk(root, &ReadOptions::default(), progress)?;
    let names = Names::of(catalog);
    let mut found = Found::default();
    let mut left = MOST_BYTES_OF_ALL;
    let mut unread = 0u64;
    let texts = files(&tree, defining);
    let models = Models::read(&tree, &names, &mut found);
    for (file, dialect) in texts {
        progress("searching the code");
        let Ok(read) = tree.read(&file) else { continue };
        let text = read.text;
        if text.len() > MOST_BYTES || text.len() > left || text.lines().any(|line| line.len() > LONGEST_LINE) {
            unread += u64::from(text.len() > left);
            continue;
        }
        left -= text.len();
        found.files += 1;
        // A dump of the schema names every table and uses none.
        if dialect == Dialect::Sql && Sniff::of(&text).creates_table {
            continue;
        }
        let mut page = FilePage::new(&file, &text, &names, &mut found);
        if dialect == Dialect::Sql {
            page.sql(&text, 0, true);
        } else {
            for literal in literals::all(&text, dialect) {
                page.literal(&literal);
            }
            page.models(&models, dialect);
        }
    }
    Ok(found.finish(unread))
}

/// Files that are read for names, sorted, with what they are written in.
fn files(tree: &Tree, defining: &BTreeSet<String>) -> Vec<(String, Dialect)> {
    let wanted = |file: &String| {
        let name = path::file_name(file);
        let history = file.split('/').any(|part| matches!(part, "migrations" | "migration" | "migrate"));
        !defining.contains(file) && !history && !name.contains(".min.") && !name.ends_with(".d.ts") && !name.starts_with("seed")
    };
    let all = tree.files().filter(wanted);
    let mut files: Vec<_> = all.filter_map(|file| Some((Dialect::of(path::file_name(&file))?, file)).map(|(d, f)| (f, d))).collect();
    // SQL beside migrations that are not run (down files, seeds) belongs to the schema's own history.
    let folders: BTreeSet<String> = defining.iter().map(|f| path::parent(f).to_owned()).collect();
    files.retain(|(file, dialect)| *dialect != Dialect::Sql || !folders.contains(path::parent(file)));
    files
}

/// Names that are looked for.
pub(super) struct Names {
    tables: BTreeMap<String, Vec<QualifiedName>>,
    columns: BTreeMap<QualifiedName, BTreeSet<String>>,
}

impl Names {
    fn of(catalog: &Catalog) -> Self {
        let mut names = Self { tables: BTreeMap::new(), columns: BTreeMap::new() };
        let tables = catalog.tables.iter().filter(|t| t.extension.is_none());
        let tables = tables.map(|t| (&t.name, t.columns.iter().map(|c| c.name.clone()).collect()));
        let views = catalog.views.iter().filter(|v| v.extension.is_none());
        let views = views.map(|v| (&v.name, v.columns.iter().map(|c| c.name.clone()).collect()));
        for (name, columns) in tables.chain(views) {
            names.tables.entry(name.name.clone()).or_default().push(name.clone());
            names.columns.insert(name.clone(), columns);
        }
        names
    }

    /// The table that this means; none when it is unknown, or any of several.
    pub(super) fn table(&self, schema: Option<&str>, name: &str) -> Option<&QualifiedName> {
        let all = self.tables.get(name)?;
        match (schema, all.as_slice()) {
            (Some(schema), _) => all.iter().find(|t| t.schema == schema),
            (None, [only]) => Some(only),
            (None, several) => several.iter().find(|t| t.schema == "public"),
        }
    }

    /// `orders`, `shop.orders` as one text.
    pub(super) fn table_in(&self, text: &str) -> Option<&QualifiedName> {
        match text.split_once('.') {
            Some((schema, name)) => self.table(Some(schema), name),
            None => self.table(None, text),
        }
    }

    pub(super) fn has_column(&self, table: &QualifiedName, column: &str) -> bool {
        self.columns.get(table).is_some_and(|c| c.contains(column))
    }
}

/// Places found so far, bounded.
#[derive(Debug, Default)]
pub(super) struct Found {
    files: u64,
    places: BTreeMap<ObjectRef, BTreeMap<(String, u32), CodeUseKind>>,
    more: BTreeMap<ObjectRef, u64>,
}

impl Found {
    pub(super) fn add(&mut self, object: ObjectRef, path: &str, line: u32, kind: CodeUseKind) {
        let there = self.places.entry(object.clone()).or_default();
        let place = (path.to_owned(), line);
        if there.contains_key(&place) {
            return;
        }
        if there.len() < MOST_PLACES {
            there.insert(place, kind);
        } else {
            *self.more.entry(object).or_default() += 1;
        }
    }

    fn finish(self, unread: u64) -> CodeUses {
        let place = |(object, places): (ObjectRef, BTreeMap<(String, u32), CodeUseKind>)| {
            let of_object = places.into_iter().map(move |((path, line), kind)| {
                let location = Location { path, line, column: 1 };
                CodeUse { object: object.clone(), location, kind }
            });
            of_object.collect::<Vec<_>>()
        };
        let mut gaps = Vec::new();
        if unread > 0 {
            gaps.push(Gap::new(format!("{unread} files of the code"), "the limit for one search was reached", None));
        }
        CodeUses {
            files: self.files,
            places: self.places.into_iter().flat_map(place).collect(),
            more: self.more.into_iter().collect(),
            gaps,
        }
    }
}

/// One file being searched.
struct FilePage<'a> {
    path: &'a str,
    text: &'a str,
    lines: Vec<usize>,
    names: &'a Names,
    found: &'a mut Found,
}

impl<'a> FilePage<'a> {
    fn new(path: &'a str, text: &'a str, names: &'a Names, found: &'a mut Found) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { path, text, lines, names, found }
    }

    fn line(&self, at: usize) -> u32 {
        u32::try_from(self.lines.partition_point(|start| *start <= at)).unwrap_or(u32::MAX)
    }

    fn table(&mut self, table: &QualifiedName, at: usize, kind: CodeUseKind) {
        let line = self.line(at);
        self.found.add(ObjectRef::table(table), self.path, line, kind);
    }

    fn column(&mut self, table: &QualifiedName, column: &str, at: usize, kind: CodeUseKind) {
        let line = self.line(at);
        self.found.add(ObjectRef::column(table, column), self.path, line, kind);
    }

    fn literal(&mut self, literal: &Literal<'_>) {
        let names = self.names;
        if literal.text.len() < 200 && !literal.text.contains(char::is_whitespace) {
            let before = &self.text[..literal.start];
            if let Some(table) = names.table_in(literal.text) {
                if let Some(kind) = patterns::kind(before) {
                    self.table(table, literal.start, kind);
                }
            } else if let Some((table, column)) = literal.text.rsplit_once('.')
                && patterns::is_reference(before)
                && let Some(table) = names.table_in(table).filter(|t| names.has_column(t, column))
            {
                self.table(table, literal.start, CodeUseKind::Mapping);
                self.column(table, column, literal.start, CodeUseKind::Mapping);
            }
        } else {
            self.sql(literal.text, literal.content, false);
        }
    }

    /// Tables and columns of a piece of SQL that starts at `offset`; `sure` when the whole file is SQL.
    fn sql(&mut self, text: &str, offset: usize, sure: bool) {
        let names = self.names;
        for statement in statement::read(text, sure) {
            let mut known: Vec<&QualifiedName> = Vec::new();
            for mention in &statement.tables {
                if let Some(table) = names.table(mention.schema.as_deref(), &mention.name) {
                    self.table(table, offset + mention.at, CodeUseKind::Sql);
                    if !known.contains(&table) {
                        known.push(table);
                    }
                }
            }
            for (word, at) in &statement.words {
                let mut owners = known.iter().filter(|t| names.has_column(t, word));
                if let (Some(owner), None) = (owners.next(), owners.next()) {
                    self.column(owner, word, offset + at, CodeUseKind::Sql);
                }
            }
        }
    }

    fn models(&mut self, models: &Models, dialect: Dialect) {
        for (table, at) in models.uses(self.text, dialect) {
            self.table(&table, at, CodeUseKind::Model);
        }
        if dialect == Dialect::Rust {
            for (name, at) in patterns::diesel_tables(self.text) {
                if let Some(table) = self.names.table(None, name) {
                    self.table(table, at, CodeUseKind::Model);
                }
            }
        }
    }
}
