//! Names of variables that a template of an environment file defines. Values are dropped while reading.

/// Names, in order of the file.
pub(super) fn names(text: &str) -> Vec<String> {
    text.lines().filter_map(name).collect()
}

fn name(line: &str) -> Option<String> {
    let line = line.trim().trim_start_matches('#').trim_start();
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, _) = line.split_once('=')?;
    let name = name.trim();
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.chars().any(|c| c.is_ascii_uppercase())
        && !name.chars().any(|c| c.is_ascii_lowercase());
    plain.then(|| name.to_owned())
}
