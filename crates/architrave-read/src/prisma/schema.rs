//! Prisma schema files: where they are and which provider their datasource names. The language itself is not read here.

use crate::path;
use crate::reader::Input;

/// A Prisma schema file with a datasource.
#[derive(Debug)]
pub(super) struct Schema {
    /// Path.
    pub(super) path: String,
    /// `provider` of the datasource, when it is a plain string.
    pub(super) provider: Option<String>,
}

/// All schema files that have a datasource (one file of a multi-file schema).
pub(super) fn all(input: &Input<'_>) -> Vec<Schema> {
    let mut found = Vec::new();
    for file in input.tree.files().filter(|f| path::has_extension(f, "prisma")) {
        let Ok(text) = input.tree.read(&file) else { continue };
        if let Some(datasource) = datasource(&text.text) {
            found.push(Schema { path: file, provider: datasource.provider });
        }
    }
    found
}

/// A datasource block.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Datasource {
    /// `provider`, when it is a plain string.
    pub(super) provider: Option<String>,
}

/// The datasource of a schema file, when it has one.
pub(super) fn datasource(text: &str) -> Option<Datasource> {
    let mut inside = false;
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        if inside {
            if line.starts_with('}') {
                return Some(Datasource { provider: None });
            }
            if let Some((key, value)) = line.split_once('=')
                && key.trim() == "provider"
            {
                let value = value.trim();
                let provider = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).map(str::to_owned);
                return Some(Datasource { provider });
            }
        } else if line.starts_with("datasource ") && line.ends_with('{') {
            inside = true;
        }
    }
    inside.then_some(Datasource { provider: None })
}
