//! The difference of two schemas for people: what came, went and changed, table by table, and what that means for the code that uses
//! it. Owners, privileges and roles are not compared: they belong to a server, not to a schema.

mod describe;
mod html;
mod markdown;
mod meaning;
mod rename;
#[cfg(test)]
mod tests;

use crate::diagram::{Diagram, Mark, Scene};
use architrave_model::catalog::compare::{Aspect, Change, Difference, Ignore, differences};
use architrave_model::catalog::{Catalog, Table};
use architrave_model::name::{ObjectKind, ObjectRef, QualifiedName};
use architrave_model::review::Target;
use architrave_model::scope::Scope;
use std::collections::{BTreeMap, BTreeSet};

/// Most tables in the picture.
const MOST_DRAWN: usize = 80;
/// Most columns listed of a table that came or went.
const MOST_COLUMNS: usize = 40;

/// One of the two schemas.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// `snapshot of 2026-10-01`, `shop on db.example.com`.
    pub name: &'a str,
    /// Catalogue.
    pub catalog: &'a Catalog,
    /// What of it counts.
    pub scope: Scope<'a>,
}

impl<'a> Side<'a> {
    /// What is reviewed of a target.
    pub fn of_target(target: &'a Target) -> Self {
        Self { name: &target.name, catalog: &target.snapshot.catalog, scope: crate::scope::of(target) }
    }
}

/// What a change asks of code that uses the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Statements that worked fail, or mean something else.
    Breaks,
    /// They work, but somebody should look.
    Look,
    /// They go on as before.
    Safe,
}

impl Weight {
    /// As a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Breaks => "breaks",
            Self::Look => "look",
            Self::Safe => "safe",
        }
    }
}

/// One line of a change: a column, key, index, or an aspect of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Came, went or changed.
    pub mark: Mark,
    /// `column`, `index`, `table` …
    pub kind: &'static str,
    /// Its name; empty for the table itself.
    pub name: String,
    /// Which aspect, where it changed: `type`, `not null`.
    pub aspect: String,
    /// How it was; empty when it was not.
    pub before: String,
    /// How it is; empty when it is gone.
    pub after: String,
    /// For code.
    pub weight: Weight,
    /// What it means, a sentence; empty where there is nothing to say.
    pub meaning: String,
    /// What it may have been renamed to or from: a guess.
    pub guess: String,
}

/// All that happened to one table, view, type, function …
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Came, went or changed.
    pub mark: Mark,
    /// `table`, `view` …
    pub kind: &'static str,
    /// `sales.orders`.
    pub name: String,
    /// Lines, in the order of the catalogue.
    pub lines: Vec<Line>,
}

/// The forms that a difference can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One offline file.
    Html,
    /// Markdown.
    Markdown,
}

/// The difference of two schemas.
#[derive(Debug, Clone, Default)]
pub struct SchemaDiff {
    /// Name of the older side.
    pub before: String,
    /// Name of the newer side.
    pub after: String,
    /// Tables, then everything else; each part by name.
    pub groups: Vec<Group>,
    /// The tables concerned and their neighbours, as an element of SVG; empty when there are none, or too many to be read.
    picture: String,
    /// Why there is no picture, if there should be one.
    no_picture: String,
}

impl SchemaDiff {
    /// Compares two schemas.
    pub fn of(before: Side<'_>, after: Side<'_>) -> Self {
        let ignore = Ignore { roles: true, privileges: true, comments: false };
        let counts = |object: &ObjectRef| object.schema.as_deref().is_none_or(|s| before.scope.covers(s) || after.scope.covers(s));
        let found: Vec<Difference> =
            differences(before.catalog, after.catalog, ignore).into_iter().filter(|d| counts(&d.object) && !is_derived(d)).collect();
        let groups = groups(&found, before.catalog, after.catalog);
        let (picture, no_picture) = picture(&groups, before, after);
        Self { before: before.name.to_owned(), after: after.name.to_owned(), groups, picture, no_picture }
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// How many groups of a kind (or of any kind but that) bear a mark.
    fn count(&self, mark: Mark, is_table: bool) -> usize {
        self.groups.iter().filter(|g| g.mark == mark && (g.kind == "table") == is_table).count()
    }

    /// Lines of a weight, with the group they are in.
    fn lines(&self, weight: Weight) -> Vec<(&Group, &Line)> {
        self.groups.iter().flat_map(|g| g.lines.iter().map(move |l| (g, l))).filter(|(_, l)| l.weight == weight).collect()
    }

    /// As one offline HTML file.
    pub fn html(&self) -> String {
        html::page(self)
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        markdown::page(self)
    }
}

/// What follows from something else that is told: the index of a key.
fn is_derived(difference: &Difference) -> bool {
    difference.object.kind == ObjectKind::Index && matches!(&difference.change, Change::Changed(aspects) if aspects.is_empty())
}

/// The table or object that a difference is told under.
fn home(object: &ObjectRef) -> (bool, &'static str, String) {
    match object.table_name() {
        Some(table) => (false, "table", table.to_string()),
        None => (true, object.kind.word(), object.to_string()),
    }
}

fn groups(found: &[Difference], before: &Catalog, after: &Catalog) -> Vec<Group> {
    let mut homes: BTreeMap<(bool, &'static str, String), Vec<&Difference>> = BTreeMap::new();
    for difference in found {
        homes.entry(home(&difference.object)).or_default().push(difference);
    }
    let guesses = rename::tables(found, before, after);
    let mut groups = Vec::new();
    for ((_, kind, name), differences) in homes {
        let whole = differences.iter().find(|d| home(&d.object).2 == name && d.object.table.is_none());
        let mark = whole.map_or(Mark::Changed, |d| mark(&d.change));
        let lines = match (mark, whole.and_then(|d| d.object.table_name())) {
            (Mark::Changed, _) | (_, None) => lines(&differences, before, after),
            (mark, Some(table)) => whole_table(mark, &table, if mark == Mark::Added { after } else { before }, &guesses),
        };
        if !lines.is_empty() {
            groups.push(Group { mark, kind, name, lines });
        }
    }
    groups
}

fn mark(change: &Change) -> Mark {
    match change {
        Change::Added => Mark::Added,
        Change::Removed => Mark::Removed,
        Change::Changed(_) => Mark::Changed,
    }
}

/// A table that came or went: itself, and its columns.
fn whole_table(mark: Mark, name: &QualifiedName, catalog: &Catalog, guesses: &BTreeMap<String, String>) -> Vec<Line> {
    let Some(table) = catalog.table_named(name) else { return Vec::new() };
    let (weight, meaning) = meaning::whole(ObjectKind::Table, mark);
    let guess = guesses.get(&name.to_string()).cloned().unwrap_or_default();
    let line = |kind, name: String, text: String| {
        let (before, after) = if mark == Mark::Added { (String::new(), text) } else { (text, String::new()) };
        Line { mark, kind, name, aspect: String::new(), before, after, weight: Weight::Safe, meaning: String::new(), guess: String::new() }
    };
    let mut lines = vec![Line { weight, meaning, guess, ..line("table", String::new(), describe::size(table)) }];
    lines.extend(table.columns.iter().take(MOST_COLUMNS).map(|c| line("column", c.name.clone(), describe::column(c))));
    if table.columns.len() > MOST_COLUMNS {
        lines.push(line("columns", format!("{} more", table.columns.len() - MOST_COLUMNS), String::new()));
    }
    lines.extend(table.foreign_keys().map(|(key, _)| line("constraint", key.name.clone(), key.definition.clone())));
    lines
}

/// What changed within a table, or of another object.
fn lines(differences: &[&Difference], before: &Catalog, after: &Catalog) -> Vec<Line> {
    let renamed = rename::columns(differences, before, after);
    let backed: BTreeSet<(&str, Mark)> = differences
        .iter()
        .filter(|d| d.object.kind == ObjectKind::Constraint && !matches!(d.change, Change::Changed(_)))
        .map(|d| (d.object.name.as_str(), mark(&d.change)))
        .collect();
    let mut lines = Vec::new();
    for difference in differences {
        let object = &difference.object;
        // The index of a key that came or went with it is no news of its own.
        if object.kind == ObjectKind::Index && backed.contains(&(object.name.as_str(), mark(&difference.change))) {
            continue;
        }
        let is_whole = object.table.is_none();
        let name = if is_whole { String::new() } else { object.name.clone() };
        let guess = renamed.get(&object.name).filter(|_| object.kind == ObjectKind::Column).cloned().unwrap_or_default();
        match &difference.change {
            Change::Changed(aspects) => lines.extend(aspects.iter().filter_map(|a| changed(object, &name, a, before, after))),
            change => {
                let mark = mark(change);
                let catalog = if mark == Mark::Added { after } else { before };
                let text = describe::object(catalog, object);
                let (weight, meaning) = meaning::came_or_went(catalog, object, mark);
                let (was, is) = if mark == Mark::Added { (String::new(), text) } else { (text, String::new()) };
                lines.push(Line {
                    mark,
                    kind: object.kind.word(),
                    name,
                    aspect: String::new(),
                    before: was,
                    after: is,
                    weight,
                    meaning,
                    guess,
                });
            }
        }
    }
    lines.sort_by_key(|l| place(l.kind));
    lines
}

/// Columns first: they are what people look for.
fn place(kind: &str) -> usize {
    ["table", "column", "constraint", "index", "trigger", "policy"].iter().position(|k| *k == kind).unwrap_or(9)
}

fn changed(object: &ObjectRef, name: &str, aspect: &Aspect, before: &Catalog, after: &Catalog) -> Option<Line> {
    // Columns that came and went are lines of their own; a changed order alone means nothing to anybody.
    if aspect.name == "columns" {
        return None;
    }
    let (weight, meaning) = meaning::changed(object, aspect, before, after);
    Some(Line {
        mark: Mark::Changed,
        kind: object.kind.word(),
        name: name.to_owned(),
        aspect: aspect.name.to_owned(),
        before: describe::value(&aspect.before),
        after: describe::value(&aspect.after),
        weight,
        meaning,
        guess: String::new(),
    })
}

/// The tables concerned, marked, with what they refer to and what refers to them.
fn picture(groups: &[Group], before: Side<'_>, after: Side<'_>) -> (String, String) {
    let marks: BTreeMap<String, Mark> = groups.iter().filter(|g| g.kind == "table").map(|g| (g.name.clone(), g.mark)).collect();
    if marks.is_empty() {
        return (String::new(), String::new());
    }
    let gone = before.scope.tables().filter(|t| marks.get(&t.name.to_string()) == Some(&Mark::Removed));
    let all: Vec<&Table> = after.scope.tables().chain(gone).collect();
    let is_touched = |name: &QualifiedName| marks.contains_key(&name.to_string());
    let mut near: BTreeSet<&QualifiedName> = all.iter().map(|t| &t.name).filter(|n| is_touched(n)).collect();
    if near.len() > MOST_DRAWN {
        return (String::new(), format!("{} tables are concerned: too many for one picture.", near.len()));
    }
    let touched = near.clone();
    for table in &all {
        for (_, to) in table.foreign_keys() {
            if touched.contains(&table.name) {
                near.insert(&to.table);
            } else if touched.contains(&to.table) && near.len() < MOST_DRAWN {
                near.insert(&table.name);
            }
        }
    }
    let tables: Vec<&Table> = all.iter().copied().filter(|t| near.contains(&t.name)).collect();
    if tables.is_empty() {
        return (String::new(), String::new());
    }
    let named = tables.iter().filter_map(|t| Some((t.name.clone(), *marks.get(&t.name.to_string())?))).collect();
    let scene = Scene { title: "Tables concerned and their neighbours".to_owned(), tables, marks: named, ..Scene::default() };
    (Diagram::new(scene).svg_element(), String::new())
}
