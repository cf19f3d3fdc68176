//! Paths relative to the project's root, always with `/`: parents, names, containment, and which folders hold samples.

/// The folder of a path; empty for the root.
pub(crate) fn parent(path: &str) -> &str {
    path.rfind('/').map_or("", |i| &path[..i])
}

/// The last component.
pub(crate) fn file_name(path: &str) -> &str {
    path.rfind('/').map_or(path, |i| &path[i + 1..])
}

/// `folder/name`, or `name` in the root.
pub(crate) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Whether `path` is `folder` or lies below it.
pub(crate) fn is_within(path: &str, folder: &str) -> bool {
    folder.is_empty() || path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// The folder itself and every folder above it, the root (empty) last.
pub(crate) fn ancestors(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |f| if f.is_empty() { None } else { Some(parent(f)) })
}

/// A folder for people: `.` for the root.
pub(crate) fn display(folder: &str) -> String {
    if folder.is_empty() { ".".to_owned() } else { folder.to_owned() }
}

/// Whether the path has the extension, in any case.
pub(crate) fn has_extension(path: &str, wanted: &str) -> bool {
    let path = path.as_bytes();
    let Some(dot) = path.len().checked_sub(wanted.len() + 1) else { return false };
    // Names that begin with their only dot have none.
    let follows_a_name = dot > 0 && path[dot - 1] != b'/';
    follows_a_name && path[dot] == b'.' && path[dot + 1..].eq_ignore_ascii_case(wanted.as_bytes())
}

/// Folder names whose content belongs to tests, samples, documentation or tooling rather than to the product itself.
const SAMPLE_FOLDERS: &[&str] = &[
    "__fixtures__",
    "__mocks__",
    "__tests__",
    "api_tests",
    "benchmark",
    "benchmarks",
    "cypress",
    "demo",
    "demos",
    "doc",
    "docs",
    "e2e",
    "example",
    "examples",
    "fixture",
    "fixtures",
    "integration-tests",
    "integration_tests",
    "playground",
    "playgrounds",
    "playwright",
    "sample",
    "samples",
    "spec",
    "starters",
    "stub",
    "stubs",
    "template",
    "templates",
    "test",
    "test-data",
    "test_data",
    "testdata",
    "testing",
    "tests",
    "third_party",
    ".github",
    ".devcontainer",
];

/// Whether a component of the path names a folder of tests, samples or documentation.
pub(crate) fn is_sample(path: &str) -> bool {
    path.split('/').any(|part| SAMPLE_FOLDERS.iter().any(|s| part.eq_ignore_ascii_case(s)) || is_source_set_of_tests(part))
}

/// Gradle's and Maven's folders beside `main`: `integrationTest`, `testFixtures`.
fn is_source_set_of_tests(part: &str) -> bool {
    let begins = part.strip_prefix("test").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    begins
        || part
            .strip_suffix("Test")
            .or_else(|| part.strip_suffix("Tests"))
            .is_some_and(|rest| rest.ends_with(|c: char| c.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_paths() {
        assert_eq!(parent("a/b/c.sql"), "a/b");
        assert_eq!(parent("c.sql"), "");
        assert_eq!(file_name("a/b/c.sql"), "c.sql");
        assert_eq!(join("", "x"), "x");
        assert_eq!(ancestors("a/b").collect::<Vec<_>>(), ["a/b", "a", ""]);
        assert!(is_within("a/b", "a"));
        assert!(!is_within("ab", "a"));
        assert!(is_within("anything", ""));
        assert!(has_extension("a/B.SQL", "sql"));
        assert!(!has_extension("a/.sql", "sql"));
    }

    #[test]
    fn samples_are_recognised_by_folder_only() {
        assert!(is_sample("examples/shop/prisma"));
        assert!(is_sample("packages/x/__tests__/migrations"));
        assert!(!is_sample("apps/contest/migrations"));
        assert!(is_sample("src/integrationTest/resources/db/migration"));
        assert!(is_sample("app/src/testFixtures/sql"));
        assert!(!is_sample("apps/latest/migrations"));
    }
}
