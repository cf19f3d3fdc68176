//! The licences of everything that is linked: permissive ones only, and ours are there in full.

use super::{none, root};
use cargo_metadata::{CargoOpt, Metadata, MetadataCommand};

/// Licences that a binary under MIT or Apache-2.0 may link.
static ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// The packages that this machine builds; they are here, or these tests would not run.
fn resolved() -> Metadata {
    let host = host();
    let command = |more: &str| {
        MetadataCommand::new()
            .manifest_path(root().join("Cargo.toml"))
            .features(CargoOpt::AllFeatures)
            .other_options(vec!["--filter-platform".to_owned(), host.clone(), "--locked".to_owned(), more.to_owned()])
            .exec()
    };
    // After `cargo test -p` of a single crate the others' dependencies may be missing.
    command("--offline").or_else(|_| command("--quiet")).unwrap()
}

fn host() -> String {
    let output = std::process::Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

/// Whether an SPDX expression can be satisfied: one of an `OR`, all of an `AND`.
fn is_allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let expression = expression.trim();
    if let Some(parts) = split(expression, " OR ") {
        return parts.iter().any(|part| is_allowed(part));
    }
    if let Some(parts) = split(expression, " AND ") {
        return parts.iter().all(|part| is_allowed(part));
    }
    match expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => is_allowed(inner),
        None => ALLOWED.contains(&expression),
    }
}

/// The parts between a word outside of parentheses; none when it does not occur there.
fn split<'a>(text: &'a str, word: &str) -> Option<Vec<&'a str>> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_u32, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ' ' if depth == 0 && at >= start && text[at..].starts_with(word) => {
                parts.push(&text[start..at]);
                start = at + word.len();
            }
            _ => {}
        }
    }
    (!parts.is_empty()).then(|| {
        parts.push(&text[start..]);
        parts
    })
}

#[test]
fn expressions_are_understood() {
    assert!(is_allowed("MIT OR GPL-3.0-only"));
    assert!(is_allowed("Apache-2.0/MIT"));
    assert!(is_allowed("(MIT OR Apache-2.0) AND Unicode-3.0"));
    assert!(is_allowed("Apache-2.0 AND ISC"));
    assert!(!is_allowed("MIT AND GPL-3.0-only"));
    assert!(!is_allowed("(MIT OR Apache-2.0) AND LGPL-2.1-only"));
    assert!(!is_allowed("AGPL-3.0"));
}

#[test]
fn every_dependency_has_a_permissive_licence() {
    let metadata = resolved();
    let built: std::collections::BTreeSet<_> = metadata.resolve.as_ref().unwrap().nodes.iter().map(|node| &node.id).collect();
    let mut complaints = Vec::new();
    for package in metadata.packages.iter().filter(|p| built.contains(&p.id)) {
        match &package.license {
            Some(licence) if is_allowed(licence) => {}
            Some(licence) => complaints.push(format!("{} {}: {licence}", package.name, package.version)),
            None => complaints.push(format!("{} {}: no licence named", package.name, package.version)),
        }
    }
    none(complaints, "not on the list of licences");
}

#[test]
fn our_own_licences_are_there_in_full() {
    let read = |name: &str| std::fs::read_to_string(root().join(name)).unwrap();
    assert!(read("LICENSE-MIT").contains("Copyright (c) 2026 the Architrave authors"));
    assert!(read("LICENSE-APACHE").contains("Version 2.0, January 2004"));
    assert!(read("Cargo.toml").contains("license = \"MIT OR Apache-2.0\""));
}
