//! Values of Flyway's placeholders, as far as the project's configuration gives them.

use crate::path;
use crate::reader::Input;
use std::collections::BTreeMap;

/// Where the configuration lies, below a folder.
const FILES: &[&str] =
    &["flyway.conf", "conf/flyway.conf", "flyway.properties", "application.properties", "src/main/resources/application.properties"];

/// Names in lower case to values: of the nearest configuration above the migrations, the nearer one first.
pub(super) fn of(input: &Input<'_>, location: &str) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for above in path::ancestors(location) {
        for name in FILES {
            let file = path::join(above, name);
            if let Some(text) = text(input, &file) {
                properties(&text, &mut values);
            }
        }
        if let Some(table) = text(input, &path::join(above, "flyway.toml")).and_then(|t| t.parse::<toml::Table>().ok()) {
            let placeholders = table.get("flyway").and_then(|f| f.get("placeholders")).and_then(toml::Value::as_table);
            for (name, value) in placeholders.into_iter().flatten() {
                if let Some(value) = value.as_str() {
                    values.entry(name.to_lowercase()).or_insert_with(|| value.to_owned());
                }
            }
        }
    }
    values
}

fn text(input: &Input<'_>, file: &str) -> Option<String> {
    input.tree.has_file(file).then(|| input.tree.read(file).ok())?.map(|f| f.text)
}

/// The schema that Flyway makes and starts in: `flyway.defaultSchema`, else the first of `flyway.schemas`, of the nearest configuration.
pub(super) fn default_schema(input: &Input<'_>, location: &str) -> Option<String> {
    const KEYS: &[&str] = &["defaultschema", "schemas"];
    let of_properties = |text: &str| {
        let value = |wanted: &str| {
            text.lines().filter_map(|l| l.split_once('=')).find_map(|(key, value)| {
                let key = key.trim().replace(['-', '_'], "").to_lowercase();
                (key.strip_prefix("spring.").unwrap_or(&key).strip_prefix("flyway.")? == wanted).then(|| value.trim().to_owned())
            })
        };
        KEYS.iter().find_map(|key| value(key))
    };
    let of_folder = |above: &str| FILES.iter().find_map(|name| of_properties(&text(input, &path::join(above, name))?));
    let named = path::ancestors(location).find_map(of_folder)?;
    let first = named.split(',').next().unwrap_or_default().trim();
    (!first.is_empty() && first != "public" && !first.contains("${")).then(|| first.to_owned())
}

/// `flyway.placeholders.name=value`, with `spring.` before it or without. A value from the environment is none.
fn properties(text: &str, values: &mut BTreeMap<String, String>) {
    for line in text.lines() {
        let Some((key, value)) = line.split_once('=') else { continue };
        let key = key.trim();
        let name = key.strip_prefix("spring.").unwrap_or(key).strip_prefix("flyway.placeholders.");
        if let Some(name) = name.filter(|_| !value.contains("${")) {
            values.entry(name.to_lowercase()).or_insert_with(|| value.trim().to_owned());
        }
    }
}
