//! The dictionary as a tree of Markdown pages: an index, a page per schema and one per table, linked relatively.
//!
//! Rows and sizes stand on a page of their own, so that pages of tables change only when the schema does.

mod relation;
mod schema;
#[cfg(test)]
mod tests;

use super::entry::{Coverage, Dictionary, Relation, Schema};
use super::file_names::Names;
use crate::format;
use crate::renderers::markdown::escape;
use architrave_model::name::QualifiedName;
use std::collections::BTreeMap;

/// First line of every page: how a page of ours is told from others.
pub const MARK: &str = "<!-- Written by `architrave docs`. Edits here are lost: comments live in the database. -->";

/// The title of the index. The pages do not name the database: a directory or a host is called otherwise on another machine, and no page may be
/// stale for that.
const HOME: &str = "Data dictionary";

/// A page of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Path relative to the tree's root, with `/`; plain ASCII.
    pub path: String,
    /// Text.
    pub text: String,
    /// Holds figures that change from day to day: such a page is never stale.
    pub figures: bool,
}

/// All pages, sorted by path.
pub fn pages(dictionary: &Dictionary) -> Vec<Page> {
    let places = Places::of(dictionary);
    let mut pages = vec![Page { path: "README.md".to_owned(), text: index(dictionary, &places), figures: false }];
    for schema in &dictionary.schemas {
        let folder = places.folder(&schema.name);
        pages.push(Page { path: format!("{folder}/README.md"), text: schema::page(dictionary, schema, &places), figures: false });
        if dictionary.statistics && !schema.relations.is_empty() {
            pages.push(Page { path: format!("{folder}/statistics.md"), text: schema::statistics(schema, &places), figures: true });
        }
        for relation in &schema.relations {
            let path = format!("{folder}/{}.md", places.file(&relation.name));
            pages.push(Page { path, text: relation::page(relation, &places), figures: false });
        }
    }
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    pages
}

/// Where everything is.
struct Places {
    folders: BTreeMap<String, String>,
    files: BTreeMap<QualifiedName, String>,
    /// Anchors of enumerated types and domains on the page of their schema, by the type as columns name it.
    types: BTreeMap<String, (String, String)>,
}

impl Places {
    fn of(dictionary: &Dictionary) -> Self {
        let mut names = Names::default();
        let mut places = Self { folders: BTreeMap::new(), files: BTreeMap::new(), types: BTreeMap::new() };
        for schema in &dictionary.schemas {
            places.folders.insert(schema.name.clone(), names.take(&schema.name));
            let mut own = Names::default();
            for relation in &schema.relations {
                places.files.insert(relation.name.clone(), own.take(&relation.name.name));
            }
            let mut anchors = Names::default();
            for name in schema.enums.iter().map(|e| &e.name).chain(schema.domains.iter().map(|d| &d.name)) {
                let anchor = format!("type-{}", anchors.take(name));
                places.types.insert(QualifiedName::new(&schema.name, name).sql(), (schema.name.clone(), anchor));
            }
        }
        places
    }

    fn folder(&self, schema: &str) -> &str {
        self.folders.get(schema).map_or("", String::as_str)
    }

    fn file(&self, name: &QualifiedName) -> &str {
        self.files.get(name).map_or("", String::as_str)
    }

    /// A link to a table from a page of `schema`; the bare name when the table is not in the dictionary.
    fn link(&self, name: &QualifiedName, schema: &str) -> String {
        let shown = if name.schema == schema { escape::words(&name.name) } else { escape::words(&name.to_string()) };
        match self.files.get(name) {
            Some(file) if name.schema == schema => format!("[{shown}]({file}.md)"),
            Some(file) => format!("[{shown}](../{}/{file}.md)", self.folder(&name.schema)),
            None => shown,
        }
    }

    fn links<'a>(&self, names: impl IntoIterator<Item = &'a QualifiedName>, schema: &str) -> String {
        names.into_iter().map(|n| self.link(n, schema)).collect::<Vec<_>>().join(", ")
    }

    /// A type, linked when the dictionary describes it.
    fn data_type(&self, data_type: &str, schema: &str) -> String {
        let shown = escape::code(data_type, true);
        match self.types.get(data_type.trim_end_matches("[]")) {
            Some((home, anchor)) if home == schema => format!("[{shown}](README.md#{anchor})"),
            Some((home, anchor)) => format!("[{shown}](../{}/README.md#{anchor})", self.folder(home)),
            None => shown,
        }
    }
}

fn index(dictionary: &Dictionary, places: &Places) -> String {
    let mut out = Out::new(HOME);
    let total = dictionary.coverage();
    let facts = [dictionary.server.clone(), relations(total), coverage(total)];
    out.say(&facts.into_iter().filter(|fact| !fact.is_empty()).collect::<Vec<_>>().join(" · "));
    out.table(&["schema", "tables and views", "columns", "tables with comment", "columns with comment", "comment"]);
    for schema in &dictionary.schemas {
        let c = schema.coverage;
        out.row(&[
            format!("[{}]({}/README.md)", escape::words(&schema.name), places.folder(&schema.name)),
            c.relations.to_string(),
            c.columns.to_string(),
            format!("{} of {}", c.relations_with, c.relations),
            format!("{} of {}", c.columns_with, c.columns),
            cell(schema.comment.as_deref()),
        ]);
    }
    if !dictionary.extensions.is_empty() {
        out.heading("Extensions");
        out.table(&["extension", "version", "schema"]);
        for e in &dictionary.extensions {
            out.row(&[escape::words(&e.name), escape::words(&e.version), escape::words(&e.schema)]);
        }
    }
    if let Some(code) = &dictionary.code {
        out.heading("Which code uses it");
        out.say(&format!("{} of the project searched: {}.", format::plural_f(code.files as f64, "file", "files"), code.limits));
    }
    if !dictionary.gaps.is_empty() {
        out.heading("Not known");
        for gap in &dictionary.gaps {
            out.item(&escape::words(gap));
        }
    }
    out.0
}

fn relations(c: Coverage) -> String {
    format!("{}, {}", format::plural(c.relations, "table or view", "tables and views"), format::plural(c.columns, "column", "columns"))
}

/// `12 of 40 tables and 80 of 301 columns have a comment`.
pub fn coverage(c: Coverage) -> String {
    format!("{} of {} tables and views and {} of {} columns have a comment", c.relations_with, c.relations, c.columns_with, c.columns)
}

/// Text of several lines in the cell of a table.
fn cell(text: Option<&str>) -> String {
    let text = text.unwrap_or_default().replace("\r\n", "\n");
    text.trim().split(['\n', '\r']).map(|line| escape::words(line.trim_end())).collect::<Vec<_>>().join("<br>")
}

fn code(text: &str) -> String {
    escape::code(text, true)
}

fn codes<S: AsRef<str>>(texts: &[S]) -> String {
    texts.iter().map(|t| code(t.as_ref())).collect::<Vec<_>>().join(", ")
}

/// A page being written.
struct Out(String);

impl Out {
    fn new(title: &str) -> Self {
        Self(format!("{MARK}\n\n# {title}\n"))
    }

    fn heading(&mut self, title: &str) {
        self.0.push_str(&format!("\n## {title}\n"));
    }

    fn say(&mut self, text: &str) {
        self.0.push_str(&format!("\n{text}\n"));
    }

    fn item(&mut self, text: &str) {
        if !self.0.lines().next_back().is_some_and(|line| line.starts_with("- ")) {
            self.0.push('\n');
        }
        self.0.push_str(&format!("- {text}\n"));
    }

    /// A comment as a quotation: nothing in it can open a block of its own.
    fn quote(&mut self, text: &str) {
        self.0.push('\n');
        let text = text.replace("\r\n", "\n");
        let lines: Vec<&str> = text.trim_end().split(['\n', '\r']).collect();
        for (at, line) in lines.iter().enumerate() {
            let line = escape::line(line.trim());
            let broken = if at + 1 < lines.len() && !line.is_empty() && !lines[at + 1].trim().is_empty() { "\\" } else { "" };
            self.0.push_str(format!("> {line}{broken}").trim_end());
            self.0.push('\n');
        }
    }

    fn table(&mut self, heads: &[&str]) {
        self.0.push_str(&format!("\n| {} |\n|{}\n", heads.join(" | "), " --- |".repeat(heads.len())));
    }

    fn row(&mut self, cells: &[String]) {
        self.0.push_str("| ");
        self.0.push_str(&cells.join(" | "));
        self.0.push_str(" |\n");
    }

    fn sql(&mut self, text: &str) {
        let text = format::visible_lines(text);
        let fence = escape::fence(&text);
        self.0.push_str(&format!("\n{fence}sql\n{text}\n{fence}\n"));
    }
}

/// `[Data dictionary](../README.md) › [public](README.md) › orders`, the way back.
fn crumbs(schema: &str, leaf: Option<&Relation>) -> String {
    let home = format!("[{HOME}](../README.md)");
    match leaf {
        Some(relation) => format!("{home} › [{}](README.md) › {}", escape::words(schema), escape::words(&relation.name.name)),
        None => format!("{home} › {}", escape::words(schema)),
    }
}

/// Relations of a schema that are views, and those that are not.
fn by_kind(schema: &Schema) -> (Vec<&Relation>, Vec<&Relation>) {
    schema.relations.iter().partition(|r| r.kind.is_view())
}
