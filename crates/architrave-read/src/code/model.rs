//! Prisma's models: which table each is, and where its client's accessor is used.

use super::literals::Dialect;
use super::{Found, Names};
use crate::path;
use crate::tree::Tree;
use architrave_model::code_use::CodeUseKind;
use architrave_model::name::{ObjectRef, QualifiedName};
use std::collections::BTreeMap;

/// Methods of a model of the client; a property of the same name has none of them.
static METHODS: &[&str] = &["aggregate", "count", "create", "delete", "fields", "find", "groupBy", "update", "upsert"];

/// Accessors (`orderItem`) with their tables.
#[derive(Debug, Default)]
pub(super) struct Models(BTreeMap<String, QualifiedName>);

impl Models {
    /// Reads all `*.prisma` files; mappings are uses themselves.
    pub(super) fn read(tree: &Tree, names: &Names, found: &mut Found) -> Self {
        let mut models = Self::default();
        for file in tree.files().filter(|f| path::has_extension(path::file_name(f), "prisma")) {
            let Ok(text) = tree.read(&file) else { continue };
            found.files += 1;
            models.schema(&file, &text.text, names, found);
        }
        models
    }

    fn schema(&mut self, file: &str, text: &str, names: &Names, found: &mut Found) {
        let mut current: Option<Model> = None;
        for (line, content) in (1u32..).zip(text.lines()) {
            let content = content.trim();
            if let Some(model) = &mut current {
                if content.starts_with('}') {
                    self.close(file, current.take(), names, found);
                } else if let Some(mapped) = quoted_after(content, "@@map(") {
                    model.mapped = Some((mapped.to_owned(), line));
                } else if let Some(schema) = quoted_after(content, "@@schema(") {
                    model.schema = Some(schema.to_owned());
                } else if !content.starts_with("//") && !content.starts_with('@') {
                    let column = quoted_after(content, "@map(").or_else(|| content.split_whitespace().next());
                    model.columns.extend(column.map(|c| (c.to_owned(), line)));
                }
            } else if let Some(name) = content.strip_prefix("model ").or_else(|| content.strip_prefix("view ")) {
                let name = name.split(|c: char| c.is_whitespace() || c == '{').next().unwrap_or_default();
                current = Some(Model { name: name.to_owned(), line, mapped: None, schema: None, columns: Vec::new() });
            }
        }
    }

    fn close(&mut self, file: &str, model: Option<Model>, names: &Names, found: &mut Found) {
        let Some(model) = model else { return };
        let (name, line, kind) = match &model.mapped {
            Some((name, line)) => (name.as_str(), *line, CodeUseKind::Mapping),
            None => (model.name.as_str(), model.line, CodeUseKind::Model),
        };
        let Some(table) = names.table(model.schema.as_deref(), name) else { return };
        found.add(ObjectRef::table(table), file, line, kind);
        for (column, line) in model.columns.iter().filter(|(c, _)| names.has_column(table, c)) {
            found.add(ObjectRef::column(table, column), file, *line, CodeUseKind::Mapping);
        }
        let mut accessor = model.name.chars();
        if let Some(first) = accessor.next() {
            self.0.insert(first.to_lowercase().chain(accessor).collect(), table.clone());
        }
    }

    /// `prisma.orderItem.findMany(…)` and its kind, with the place.
    pub(super) fn uses(&self, text: &str, dialect: Dialect) -> Vec<(QualifiedName, usize)> {
        let mut found = Vec::new();
        if self.0.is_empty() || dialect != Dialect::Script {
            return found;
        }
        for method in METHODS {
            for (at, _) in text.match_indices(&format!(".{method}")) {
                let name = word_before(&text[..at]);
                let owned = text[..at - name.len()].trim_end_matches('?').ends_with('.');
                if let (true, Some(table)) = (owned, self.0.get(name)) {
                    found.push((table.clone(), at - name.len()));
                }
            }
        }
        found
    }
}

struct Model {
    name: String,
    line: u32,
    mapped: Option<(String, u32)>,
    schema: Option<String>,
    columns: Vec<(String, u32)>,
}

/// The quoted text after a mark: `@@map("orders")`.
fn quoted_after<'a>(line: &'a str, mark: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(mark)?;
    let rest = rest.trim_start().trim_start_matches("name:").trim_start();
    rest.strip_prefix('"')?.split('"').next()
}

fn word_before(text: &str) -> &str {
    let start = text
        .rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    &text[start..]
}
