//! The registry holds exactly the rules on disk, and every page is whole.

use crate::page::{SECTIONS, path_of, rules_dir};
use architrave_rules::registry;
use std::collections::BTreeSet;

#[test]
fn files_on_disk_are_the_registry() {
    let mut on_disk = BTreeSet::new();
    for group in std::fs::read_dir(rules_dir()).unwrap().flatten().filter(|e| e.path().is_dir()) {
        for file in std::fs::read_dir(group.path()).unwrap().flatten() {
            let path = file.path();
            if path.extension().is_some_and(|e| e == "md") {
                let name = path.file_stem().unwrap().to_string_lossy().replace('_', "-");
                assert!(path.with_extension("rs").exists(), "{}: a page without its rule", path.display());
                on_disk.insert(format!("{}/{name}", group.file_name().to_string_lossy()));
            }
        }
    }
    let registered: BTreeSet<String> = registry::all().map(|r| r.id.to_owned()).collect();
    assert_eq!(on_disk, registered);
}

#[test]
fn pages_have_their_sections_in_order() {
    for rule in registry::all() {
        let text = std::fs::read_to_string(path_of(rule.id)).unwrap();
        assert_eq!(text, rule.docs, "{}: another page is included", rule.id);
        assert!(text.starts_with("# "), "{}: no title", rule.id);
        let headings: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("## ")).collect();
        assert_eq!(headings, SECTIONS, "{}", rule.id);
        let references = rule.references();
        assert!(!references.is_empty(), "{}: no reference", rule.id);
        assert!(references.iter().all(|r| r.url.starts_with("https://")), "{}: {references:?}", rule.id);
    }
}

#[test]
fn summaries_are_fragments() {
    for rule in registry::all() {
        assert!(!rule.summary.ends_with('.') && !rule.summary.is_empty() && !rule.summary.contains('\n'), "{}: {}", rule.id, rule.summary);
        let id = rule.id.replace('/', "-");
        assert!(id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", rule.id);
    }
}

#[test]
fn a_rule_without_its_input_is_listed_as_not_run() {
    let facts = crate::facts::Facts::new(150_018, None);
    let catalog = architrave_model::Catalog::default();
    let outcome = architrave_rules::run(&facts.context(&catalog), None);
    assert!(outcome.findings.is_empty());
    let on_migrations = architrave_rules::run_migrations(&facts.context(&catalog), None);
    assert!(on_migrations.ran.is_empty() && on_migrations.findings.is_empty());
    assert_eq!(outcome.ran.len() + outcome.not_run.len() + on_migrations.not_run.len(), registry::all().count());
    let reasons: Vec<String> = outcome.not_run.iter().map(|(r, why)| format!("{}: {why}", r.id)).collect();
    assert!(reasons.contains(&"index/unused: needs statistics of a live server".to_owned()), "{reasons:?}");
    assert!(reasons.contains(&"connection/near-limit: needs statistics and settings of a live server".to_owned()), "{reasons:?}");
    let only = architrave_rules::run(&facts.context(&catalog), Some(&["index/duplicate"]));
    assert_eq!(only.ran.iter().map(|r| r.id).collect::<Vec<_>>(), ["index/duplicate"]);
}
