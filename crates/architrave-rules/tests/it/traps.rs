//! The traps of keys and indexes and of policies: every planted fault is found, and nothing that only looks like one. `architrave selftest` judges all traps.

use crate::facts::Facts;
use crate::server::{Made, servers};
use architrave_rules::trap::{Sign, TRAPS};

/// Row level security: the same by the object of the finding.
#[tokio::test]
async fn planted_faults_of_policies_and_nothing_else() {
    let trap = TRAPS.iter().find(|trap| trap.name == "policies").unwrap();
    let rules: Vec<&str> = trap.judged().map(|rule| rule.id).collect();
    for server in servers().await {
        let sign = |sign| match sign {
            Sign::Object(text) | Sign::Message(text) => text,
        };
        let mut expected: Vec<String> =
            trap.planted(server.major()).iter().map(|fault| format!("{}: {}", fault.rule, sign(fault.sign))).collect();
        expected.sort();
        let facts = Facts::new(server.version_num(), None);
        let catalog = Made::by(server, trap.sql).await.catalog().await;
        let findings = architrave_rules::run(&facts.context(&catalog), Some(&rules)).findings;
        // What is said of a schema is said of each of its places.
        let objects = |f: &architrave_model::Finding| -> Vec<String> {
            let of_schema = f.object.kind == architrave_model::ObjectKind::Schema && !f.places.is_empty();
            if of_schema { f.places.iter().map(|p| p.object.to_string()).collect() } else { vec![f.object.to_string()] }
        };
        let mut found: Vec<String> =
            findings.iter().flat_map(|f| objects(f).into_iter().map(|object| format!("{}: {object}", f.rule))).collect();
        found.sort();
        assert_eq!(found, expected, "PostgreSQL {}", server.major());
    }
}

#[tokio::test]
async fn planted_faults_of_keys_and_indexes_and_nothing_else() {
    let trap = TRAPS.iter().find(|trap| trap.name == "keys").unwrap();
    let tables = trap.sql.lines().filter(|l| l.starts_with("create table ") && !l.contains(" partition of ")).count();
    assert!(tables >= 40, "{tables} tables");
    let rules: Vec<&str> = trap.judged().map(|rule| rule.id).collect();
    for server in servers().await {
        let sign = |sign| match sign {
            Sign::Object(text) | Sign::Message(text) => text,
        };
        let planted = trap.planted(server.major());
        let expected: Vec<String> = planted.iter().map(|fault| format!("{}: {}", fault.rule, sign(fault.sign))).collect();
        let facts = Facts::new(server.version_num(), None);
        let catalog = Made::by(server, trap.sql).await.catalog().await;
        let findings = architrave_rules::run(&facts.context(&catalog), Some(&rules)).findings;
        let found: Vec<String> = findings.iter().map(|f| format!("{}: {}", f.rule, f.message)).collect();
        let missing: Vec<&String> = expected.iter().filter(|e| !found.contains(e)).collect();
        let wrong: Vec<&String> = found.iter().filter(|f| !expected.contains(f)).collect();
        let on = server.major();
        assert!(missing.is_empty() && wrong.is_empty(), "PostgreSQL {on}: not found: {missing:#?}\nnot planted: {wrong:#?}");
    }
}
