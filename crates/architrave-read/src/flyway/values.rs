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

/// Files looked at for placeholders, at most.
const MOST_FILES: usize = 64;

/// The placeholder without a value that stands for a schema, `${name}.relation`, where there is just one.
pub(super) fn only_schema(input: &Input<'_>, files: &[String], values: &BTreeMap<String, String>) -> Option<String> {
    let mut found: Option<String> = None;
    for file in files.iter().take(MOST_FILES) {
        let Ok(text) = input.tree.read_sql(file) else { continue };
        for part in text.text.split("${").skip(1) {
            let Some((name, rest)) = part.split_once('}') else { continue };
            let is_word = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
            let is_schema = is_word && !name.contains(':') && rest.trim_start_matches('"').starts_with('.');
            if is_schema && !name.starts_with("flyway") && !values.contains_key(&name.to_lowercase()) {
                match &found {
                    Some(known) if !known.eq_ignore_ascii_case(name) => return None,
                    _ => found = Some(name.to_owned()),
                }
            }
        }
    }
    found
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
