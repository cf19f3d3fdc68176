//! Manifests of Rust, Go, Ruby, PHP, Elixir, the JVM and .NET.

use super::{Facts, products};
use architrave_model::stack::StackKind;
use toml::{Table, Value};

pub(super) fn cargo(text: &str, path: &str, facts: &mut Facts) {
    let table = match text.parse::<Table>() {
        Ok(table) => table,
        Err(error) => return facts.unreadable(path, format!("is not valid TOML: {}", error.message())),
    };
    let rust_version = table.get("package").and_then(|p| p.get("rust-version")?.as_str());
    facts.add(StackKind::Language, "Rust", rust_version.map(str::to_owned), path);
    let sections = ["dependencies", "dev-dependencies", "build-dependencies"];
    let targets = table.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let workspace = table.get("workspace");
    for owner in std::iter::once(&Value::Table(table.clone())).chain(targets).chain(workspace) {
        for section in sections {
            for (package, value) in owner.get(section).and_then(Value::as_table).into_iter().flatten() {
                let name = value.get("package").and_then(Value::as_str).unwrap_or(package);
                let version = value.as_str().or_else(|| value.get("version")?.as_str());
                facts.add_products(products::of(products::RUST, name), version, path);
                if matches!(name, "sqlx" | "diesel" | "sea-orm" | "diesel-async") {
                    cargo_features(value, path, facts);
                }
            }
        }
    }
    // A crate's own features may switch a backend of Diesel or sqlx on.
    for list in table.get("features").and_then(Value::as_table).into_iter().flat_map(Table::values) {
        for feature in list.as_array().into_iter().flatten().filter_map(Value::as_str) {
            if let Some((_, backend)) = feature.split_once('/').filter(|(package, _)| package.trim_end_matches('?') != "serde") {
                backend_feature(backend, path, facts);
            }
        }
    }
}

fn cargo_features(value: &Value, path: &str, facts: &mut Facts) {
    for feature in value.get("features").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        backend_feature(feature, path, facts);
    }
}

fn backend_feature(feature: &str, path: &str, facts: &mut Facts) {
    let engine = match feature {
        "postgres" | "sqlx-postgres" | "postgres_backend" => "PostgreSQL",
        "mysql" | "sqlx-mysql" | "mysql_backend" => "MySQL",
        "sqlite" | "sqlx-sqlite" => "SQLite",
        _ => return,
    };
    facts.add(StackKind::Database, engine, None, path);
}

pub(super) fn go(text: &str, path: &str, facts: &mut Facts) {
    let mut version = None;
    let mut inside = false;
    for line in text.lines() {
        let (line, comment) = line.split_once("//").unwrap_or((line, ""));
        // What the project's dependencies need says nothing about the project.
        if comment.trim() == "indirect" {
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let (module, found) = match words.as_slice() {
            ["go", found] => {
                version = Some((*found).to_owned());
                continue;
            }
            ["require", "("] => {
                inside = true;
                continue;
            }
            [")"] => {
                inside = false;
                continue;
            }
            ["require", module, found] => (*module, *found),
            [module, found] if inside => (*module, *found),
            _ => continue,
        };
        facts.add_products(products::of(products::GO, module), Some(found), path);
    }
    facts.add(StackKind::Language, "Go", version, path);
}

pub(super) fn gemfile(text: &str, path: &str, facts: &mut Facts) {
    facts.add(StackKind::Language, "Ruby", None, path);
    for line in text.lines() {
        let Some(rest) = line.trim().strip_prefix("gem ").or_else(|| line.trim().strip_prefix("gem(")) else { continue };
        let strings: Vec<&str> = rest.split(['"', '\'']).skip(1).step_by(2).collect();
        let Some(package) = strings.first() else { continue };
        let version = strings.get(1).filter(|v| v.starts_with(|c: char| c.is_ascii_digit() || "~><=!".contains(c))).copied();
        facts.add_products(products::of(products::RUBY, package), version, path);
    }
}

pub(super) fn composer(text: &str, path: &str, facts: &mut Facts) {
    let json: serde_json::Value = match serde_json::from_str(text) {
        Ok(json) => json,
        Err(error) => return facts.unreadable(path, format!("is not valid JSON (line {})", error.line())),
    };
    facts.add(StackKind::Language, "PHP", json.pointer("/require/php").and_then(|v| v.as_str()).map(str::to_owned), path);
    for section in ["require", "require-dev"] {
        for (package, version) in json.get(section).and_then(|s| s.as_object()).into_iter().flatten() {
            facts.add_products(products::of(products::PHP, package), version.as_str(), path);
        }
    }
}

pub(super) fn mix(text: &str, path: &str, facts: &mut Facts) {
    facts.add(StackKind::Language, "Elixir", None, path);
    for line in text.lines().map(str::trim) {
        let Some(rest) = line.strip_prefix("{:") else { continue };
        let Some((package, rest)) = rest.split_once(',') else { continue };
        facts.add_products(products::of(products::ELIXIR, package.trim()), rest.split('"').nth(1), path);
    }
}

/// Maven, Gradle and .NET: names only; versions stand in too many places to be sure of one.
pub(super) fn jvm(text: &str, path: &str, facts: &mut Facts) {
    let language = match crate::path::file_name(path).rsplit_once('.').map(|(_, e)| e) {
        Some("csproj") => "C#",
        Some("kts") => "Kotlin",
        _ => "Java",
    };
    facts.add(StackKind::Language, language, None, path);
    for (word, products) in products::JVM {
        if text.contains(word) {
            facts.add_products(products, None, path);
        }
    }
}
