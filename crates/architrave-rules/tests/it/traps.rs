//! The trap schemas: every planted fault is found, and nothing that only looks like one.

use crate::facts::Facts;
use crate::server::{Made, server};

/// Groups of rules whose traps stand in `keys.sql`.
const GROUPS: &[&str] = &["constraint", "index", "key", "relation"];

#[tokio::test]
async fn planted_faults_of_keys_and_indexes_and_nothing_else() {
    let Some(server) = server().await else { return };
    let sql = include_str!("../../test_data/traps/keys.sql");
    let mut expected: Vec<&str> = sql.lines().filter_map(|l| l.strip_prefix("--! ")).collect();
    expected.sort_unstable();
    let tables = sql.lines().filter(|l| l.starts_with("create table ") && !l.contains(" partition of ")).count();
    assert!(tables >= 40, "{tables} tables");
    let facts = Facts::new(server.version_num(), None);
    let catalog = Made::by(server, sql).await.catalog().await;
    let findings = architrave_rules::run(&facts.context(&catalog), None).findings;
    let ours = findings.iter().filter(|f| GROUPS.iter().any(|g| f.rule.split('/').next() == Some(*g)));
    let mut found: Vec<String> = ours.map(|f| format!("{}: {}", f.rule, f.message)).collect();
    found.sort_unstable();
    let missing: Vec<&&str> = expected.iter().filter(|e| !found.iter().any(|f| f == **e)).collect();
    let wrong: Vec<&String> = found.iter().filter(|f| !expected.contains(&f.as_str())).collect();
    assert!(missing.is_empty() && wrong.is_empty(), "not found: {missing:#?}\nnot planted: {wrong:#?}");
}
