//! Python's manifests: requirement files, `pyproject.toml`, `Pipfile`, `setup.cfg` and `setup.py`.

use super::{Facts, products};
use architrave_model::stack::StackKind;
use toml::{Table, Value};

pub(super) fn requirements(text: &str, path: &str, facts: &mut Facts) {
    language(path, None, facts);
    for line in text.lines() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if !line.is_empty() && !line.starts_with(['#', '-']) {
            requirement(line, path, facts);
        }
    }
}

/// `psycopg[binary]>=3.1 ; python_version > "3.8"`.
fn requirement(text: &str, path: &str, facts: &mut Facts) {
    let text = text.split(';').next().unwrap_or_default().trim();
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(text.len());
    let rest = text[end..].trim();
    let version = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']').map_or("", |(_, version)| version),
        None => rest,
    };
    let version = version.trim();
    product(&text[..end], (!version.starts_with('@')).then_some(version), path, facts);
}

fn product(package: &str, version: Option<&str>, path: &str, facts: &mut Facts) {
    let package = package.to_lowercase().replace(['_', '.'], "-");
    facts.add_products(products::of(products::PYTHON, &package), version, path);
}

fn language(path: &str, version: Option<&str>, facts: &mut Facts) {
    facts.add(StackKind::Language, "Python", version.map(str::to_owned), path);
}

pub(super) fn pyproject(text: &str, path: &str, facts: &mut Facts) {
    let Some(table) = parse(text, path, facts) else { return };
    let project = table.get("project").and_then(Value::as_table);
    let poetry = table.get("tool").and_then(|t| t.get("poetry")).and_then(Value::as_table);
    let version = project.and_then(|p| p.get("requires-python")).and_then(Value::as_str);
    let poetry_version = poetry.and_then(|p| p.get("dependencies")?.get("python")?.as_str());
    language(path, version.or(poetry_version), facts);
    let mut lists: Vec<&Value> = project.and_then(|p| p.get("dependencies")).into_iter().collect();
    let groups = [project.and_then(|p| p.get("optional-dependencies")), table.get("dependency-groups")];
    lists.extend(groups.into_iter().flatten().filter_map(Value::as_table).flat_map(Table::values));
    for item in lists.into_iter().filter_map(Value::as_array).flatten().filter_map(Value::as_str) {
        requirement(item, path, facts);
    }
    let Some(poetry) = poetry else { return };
    let groups = poetry.get("group").and_then(Value::as_table).into_iter().flat_map(Table::values).filter_map(|g| g.get("dependencies"));
    for packages in poetry.get("dependencies").into_iter().chain(poetry.get("dev-dependencies")).chain(groups) {
        packages_of(packages, path, facts);
    }
}

pub(super) fn pipfile(text: &str, path: &str, facts: &mut Facts) {
    let Some(table) = parse(text, path, facts) else { return };
    language(path, table.get("requires").and_then(|r| r.get("python_version")?.as_str()), facts);
    for section in ["packages", "dev-packages"] {
        if let Some(packages) = table.get(section) {
            packages_of(packages, path, facts);
        }
    }
}

fn packages_of(packages: &Value, path: &str, facts: &mut Facts) {
    for (package, version) in packages.as_table().into_iter().flatten() {
        product(package, version.as_str().or_else(|| version.get("version")?.as_str()), path, facts);
    }
}

/// `setup.py` and `setup.cfg`: one requirement per line or per quoted string, as far as they are written out.
pub(super) fn setup(text: &str, path: &str, facts: &mut Facts) {
    language(path, None, facts);
    for line in text.lines().map(str::trim).filter(|l| !l.starts_with('#')) {
        for part in line.split(['"', '\'']).map(str::trim) {
            let name_end = part.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(part.len());
            let version = part[name_end..].starts_with(['=', '>', '<', '~', '!', '[']);
            // `name = "redis"` is no requirement: a bare word counts only on its own.
            if name_end > 0 && (version || name_end == part.len()) && !line.contains("name") {
                requirement(part, path, facts);
            }
        }
    }
}

fn parse(text: &str, path: &str, facts: &mut Facts) -> Option<Table> {
    match text.parse::<Table>() {
        Ok(table) => Some(table),
        Err(error) => {
            facts.unreadable(path, format!("is not valid TOML: {}", error.message()));
            None
        }
    }
}
