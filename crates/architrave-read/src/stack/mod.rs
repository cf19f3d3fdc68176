//! Stack facts from manifests, compose files and hosting files: names and versions as written, never a value of an environment file.

mod compose;
mod environment;
mod hosting;
mod manifests;
mod node;
mod privileged;
mod products;
mod python;
#[cfg(test)]
mod tests;

pub(crate) use compose::postgres_major;

use crate::path;
use crate::tree::Tree;
use architrave_model::Gap;
use architrave_model::stack::{Stack, StackFact, StackKind};
use architrave_model::webhook::Webhooks;
use std::collections::BTreeMap;

/// Facts being collected, with what could not be read.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    facts: Vec<StackFact>,
    gaps: Vec<Gap>,
}

impl Facts {
    fn add(&mut self, kind: StackKind, name: &str, version: Option<String>, path: &str) {
        let version = version.map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        self.facts.push(StackFact { kind, name: name.to_owned(), version, path: path.to_owned() });
    }

    fn add_products(&mut self, products: &[(StackKind, &str)], version: Option<&str>, path: &str) {
        for (kind, name) in products {
            // A driver's version is not the database's.
            let version = if *kind == StackKind::Database { None } else { version.map(str::to_owned) };
            self.add(*kind, name, version, path);
        }
    }

    fn unreadable(&mut self, path: &str, why: impl Into<String>) {
        self.gaps.push(Gap::new(path, why, None));
    }
}

/// Reads the stack of a project.
pub(crate) fn read(tree: &Tree, with_webhooks: bool) -> (Stack, Vec<Gap>) {
    let mut facts = Facts::default();
    let mut environment_names = Vec::new();
    let mut source_files: BTreeMap<&'static str, u64> = BTreeMap::new();
    let files: Vec<String> = tree.files().collect();
    let has_product_manifest = files.iter().any(|f| !path::is_sample(f) && is_manifest(path::file_name(f)));
    for file in &files {
        if let Some(extension) = source_extension(file) {
            *source_files.entry(extension).or_default() += 1;
        }
        if has_product_manifest && path::is_sample(file) && !file.starts_with(".github/") {
            continue;
        }
        read_file(tree, file, &mut facts, &mut environment_names);
    }
    facts.facts.sort();
    facts.facts.dedup();
    environment_names.sort();
    environment_names.dedup();
    let mut source_files: Vec<(String, u64)> = source_files.into_iter().map(|(e, n)| (e.to_owned(), n)).collect();
    source_files.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let privileged = privileged::read(tree);
    let webhooks = if with_webhooks { crate::webhook::read(tree) } else { Webhooks::default() };
    (Stack { facts: facts.facts, environment_names, source_files, privileged, webhooks }, facts.gaps)
}

/// The stack for people: each product once per version, at the topmost file that names it; a version says more than none.
pub(crate) fn condense(stack: &mut Stack) {
    let mut order: Vec<StackFact> = std::mem::take(&mut stack.facts);
    order.sort_by_key(|f| (f.version.is_none(), f.path.matches('/').count(), f.clone()));
    let mut kept: BTreeMap<(StackKind, String), Vec<StackFact>> = BTreeMap::new();
    for fact in order {
        let same = kept.entry((fact.kind, fact.name.clone())).or_default();
        let said = if fact.version.is_none() { !same.is_empty() } else { same.iter().any(|k| k.version == fact.version) };
        if !said {
            same.push(fact);
        }
    }
    stack.facts = kept.into_values().flatten().collect();
    stack.facts.sort();
}

fn is_manifest(name: &str) -> bool {
    matches!(
        name,
        "package.json"
            | "pyproject.toml"
            | "requirements.txt"
            | "Pipfile"
            | "Cargo.toml"
            | "go.mod"
            | "Gemfile"
            | "composer.json"
            | "pom.xml"
    )
}

fn read_file(tree: &Tree, file: &str, facts: &mut Facts, environment_names: &mut Vec<String>) {
    let name = path::file_name(file);
    if hosting::note(tree, file, name, facts) {
        return;
    }
    if crate::tree::is_environment_template(name) {
        if let Ok(text) = tree.read(file) {
            environment_names.extend(environment::names(&text.text));
        }
        return;
    }
    let Some(parse) = parser(name) else { return };
    match tree.read(file) {
        Ok(text) => parse(&text.text, file, facts),
        Err(error) => facts.unreadable(file, error.why()),
    }
}

type Parse = fn(&str, &str, &mut Facts);

fn parser(name: &str) -> Option<Parse> {
    let lower = name.to_lowercase();
    let text_or_in = path::has_extension(&lower, "txt") || path::has_extension(&lower, "in");
    Some(match lower.as_str() {
        "package.json" => node::package_json,
        "pyproject.toml" => python::pyproject,
        "pipfile" => python::pipfile,
        "setup.cfg" | "setup.py" => python::setup,
        "cargo.toml" => manifests::cargo,
        "go.mod" => manifests::go,
        "gemfile" => manifests::gemfile,
        "composer.json" => manifests::composer,
        "mix.exs" => manifests::mix,
        "pom.xml" | "build.gradle" | "build.gradle.kts" => manifests::jvm,
        "dockerfile" => compose::dockerfile,
        _ if lower.starts_with("requirements") && text_or_in => python::requirements,
        _ if lower.starts_with("dockerfile.") || lower.ends_with(".dockerfile") => compose::dockerfile,
        _ if is_compose(&lower) => compose::compose,
        _ if path::has_extension(&lower, "csproj") => manifests::jvm,
        _ => return None,
    })
}

fn is_compose(lower: &str) -> bool {
    (path::has_extension(lower, "yml") || path::has_extension(lower, "yaml"))
        && (lower.starts_with("docker-compose")
            || lower.starts_with("compose.")
            || lower.starts_with("compose-")
            || lower.contains("docker-compose"))
}

/// Extensions that count as source files.
fn source_extension(file: &str) -> Option<&'static str> {
    const EXTENSIONS: &[&str] = &[
        "astro", "c", "cpp", "cs", "dart", "ex", "exs", "go", "graphql", "java", "js", "jsx", "kt", "mjs", "php", "prisma", "py", "rb",
        "rs", "scala", "sql", "svelte", "swift", "ts", "tsx", "vue",
    ];
    let (stem, extension) = path::file_name(file).rsplit_once('.')?;
    if stem.is_empty() {
        return None;
    }
    EXTENSIONS.iter().copied().find(|e| e.eq_ignore_ascii_case(extension))
}
