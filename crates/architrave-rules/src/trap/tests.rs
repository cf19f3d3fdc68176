//! The traps are whole: what they plant is of rules that there are, and what they do not plant is excused.

use super::{TRAPS, judged};
use std::collections::{BTreeMap, BTreeSet};

/// The newest major version: everything is planted on it.
const NEWEST: u16 = 18;

/// Rules that look at a schema and have nothing planted, and why.
const EXCUSED: &[(&str, &str)] = &[
    ("access/deletion-of-user-refused", "needs the accounts of a platform"),
    ("access/edge-function-unchecked", "reads the project's files"),
    ("access/graphql-shows-schema", "needs a platform with roles that come from outside"),
    ("access/realtime-publishes-all", "needs a platform with roles that come from outside"),
    ("access/service-key-in-client-code", "reads the project's files"),
    ("access/sign-up-can-fail", "needs the accounts of a platform"),
    ("column/files-in-rows", "speaks from 1 GB of values out of line on"),
    ("function/executable-by-default", "needs a platform with roles that come from outside"),
    ("function/security-definer-exposed", "needs a platform with roles that come from outside"),
    ("function/trigger-function-attachable", "needs a role that logs in, and roles are the cluster's"),
    ("function/untrusted-language", "the function needs a superuser, and the trap is made without one"),
    ("index/bloated", "speaks from sizes on that no trap should take"),
    ("index/blocks-hot-updates", "needs weeks of counted updates"),
    ("index/collation-version-changed", "needs another operating system than the one that the index was made on"),
    ("index/few-values", "speaks from 16 MB and counted scans on"),
    ("index/missing-for-workload", "needs a workload"),
    ("index/mostly-null", "speaks where 16 MB would be saved, a million rows"),
    ("index/rarely-used", "needs weeks of counted scans"),
    ("index/superfluous-for-workload", "needs a workload"),
    ("index/unused", "needs weeks of counted scans"),
    ("key/random-uuid", "speaks from ten million rows on"),
    ("partition/large-table-whole", "speaks from sizes on that no trap should take"),
    ("partition/range-runs-out", "reads counted inserts, which majors before 15 tell when they find the time"),
    ("partition/uneven", "speaks from ten million rows on"),
    ("rls/bucket-not-tested", "needs the storage of a platform"),
    ("rls/bucket-open", "needs the storage of a platform"),
    ("rls/clerk-id-as-uuid", "needs a project that uses Clerk"),
    ("rls/clerk-token-old", "needs a project that uses Clerk"),
    ("rls/disabled-on-exposed-table", "needs a platform with roles that come from outside"),
    ("rls/existence-told", "needs an attack that was executed"),
    ("rls/existence-told-by-key", "needs a platform with roles that come from outside"),
    ("rls/function-gives-rows-of-others", "needs an attack that was executed"),
    ("rls/function-per-row", "speaks from 1,000 rows on"),
    ("rls/index-not-leakproof", "speaks from 1,000 rows on"),
    ("rls/open-by-policy", "needs an attack that was executed"),
    ("rls/owner-not-bound", "needs sessions of an application"),
    ("rls/policy-for-everybody", "needs a platform with roles that come from outside"),
    ("rls/policy-not-tested", "needs an attack that was executed"),
    ("rls/published-without-row-security", "needs a platform with roles that come from outside"),
    ("rls/realtime-topics-open", "needs the realtime service of a platform"),
    ("rls/rows-of-others-readable", "needs an attack that was executed"),
    ("rls/rows-of-others-writable", "needs an attack that was executed"),
    ("rls/session-call-per-row", "speaks from 10,000 rows on"),
    ("rls/setting-through-pooler", "needs a pooler"),
    ("rls/view-gives-rows-of-others", "needs an attack that was executed"),
    ("rls/way-in-several-steps", "needs an attack that was executed"),
    ("rls/write-granted-without-policy", "needs a platform with roles that come from outside"),
    ("schema/encoding-sql-ascii", "needs a database of another encoding"),
    ("schema/outsider-may-create", "needs a platform with roles that come from outside"),
    ("table/alignment-padding", "speaks from 100 MB on"),
    ("table/empty", "needs a week without an insert"),
    ("table/foreign-exposed", "needs a platform with roles that come from outside"),
    ("table/never-read", "needs weeks of counted scans"),
    ("table/no-role-may-reach", "needs a platform with roles that come from outside"),
    ("table/privileges-self-written", "needs a platform with roles that come from outside"),
    ("table/truncate-granted", "needs a platform with roles that come from outside"),
    ("trigger/event-trigger-present", "the trigger needs a superuser, and the trap is made without one"),
    ("view/security-invoker-missing", "needs a platform with roles that come from outside"),
    ("view/stored-past-row-security", "needs a platform with roles that come from outside"),
    ("view/users-exposed", "needs a platform with roles that come from outside"),
];

#[test]
fn planted_faults_are_of_rules_that_their_trap_judges() {
    for trap in &TRAPS {
        let planted = trap.planted(NEWEST);
        assert!(planted.len() >= 10, "{}: {}", trap.name, planted.len());
        let rules: BTreeSet<&str> = trap.judged().map(|rule| rule.id).collect();
        for fault in &planted {
            assert!(rules.contains(fault.rule), "{}: {fault:?}", trap.name);
        }
        let marks = trap.sql.lines().filter(|l| l.starts_with("-- finds") || l.starts_with("--!")).count();
        assert_eq!(marks, planted.len(), "{}: a mark that says nothing", trap.name);
    }
}

#[test]
fn every_rule_that_looks_at_a_schema_is_planted_or_excused() {
    let planted: BTreeSet<&str> = TRAPS.iter().flat_map(|trap| trap.planted(NEWEST)).map(|fault| fault.rule).collect();
    let excused: BTreeMap<&str, &str> = EXCUSED.iter().copied().collect();
    let rules: BTreeSet<&str> = judged().map(|rule| rule.id).collect();
    let neither: Vec<&&str> = rules.iter().filter(|rule| !planted.contains(**rule) && !excused.contains_key(**rule)).collect();
    assert!(neither.is_empty(), "plant a fault for them in test_data/, or say here why none can be: {neither:#?}");
    let needless: Vec<&&str> = excused.keys().filter(|rule| planted.contains(**rule) || !rules.contains(**rule)).collect();
    assert!(needless.is_empty(), "excused without need: {needless:#?}");
    assert!(excused.values().all(|why| why.len() > 10));
}

#[test]
fn later_versions_have_more_planted() {
    let count = |major| TRAPS.iter().map(|trap| trap.planted(major).len()).sum::<usize>();
    assert!(count(12) < count(NEWEST));
}
