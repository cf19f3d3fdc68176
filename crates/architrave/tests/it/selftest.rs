//! `architrave selftest`: on every major version that is tried, all that is planted is found, nothing else, and no fix fails.

use crate::cli::{Outcome, run};
use architrave_postgres::server::{ServerOptions, installations, test_server};
use std::collections::BTreeSet;

#[track_caller]
fn passes(outcome: &Outcome, major: u16) {
    assert_eq!(outcome.status, 0, "PostgreSQL {major}:\n{}{}", outcome.stdout, outcome.stderr);
    let line = outcome.stdout.trim_end();
    assert!(line.starts_with(&format!("PostgreSQL {major}: ")) && line.contains(" 0 false alarms; "), "{line}");
    assert!(line.ends_with(" 0 refuted") && !line.contains('\n'), "{line}");
}

#[tokio::test]
async fn the_planted_faults_are_found_on_the_oldest_and_the_newest_server() {
    let Some(shared) = test_server::shared().await else { return };
    let options = ServerOptions::from_env();
    let mut majors: BTreeSet<u16> = installations(&options).iter().map(|i| i.major).collect();
    if std::env::var_os("ARCHITRAVE_ALL_MAJORS").is_none_or(|v| v != "1") {
        let ends = [majors.first().copied(), majors.last().copied()];
        majors = ends.into_iter().flatten().filter(|_| options.bin_dirs.is_empty()).collect();
        majors.insert(shared.major());
    }
    for major in majors {
        passes(&run(&["selftest", "--quiet", "--no-fixes", "--postgres", &major.to_string()]), major);
    }
}

#[tokio::test]
async fn the_fixes_of_the_planted_faults_hold() {
    let Some(shared) = test_server::shared().await else { return };
    let outcome = run(&["selftest", "--quiet", "--postgres", &shared.major().to_string()]);
    passes(&outcome, shared.major());
    assert!(!outcome.stdout.contains("; 0 fixes proved"), "{}", outcome.stdout);
}
