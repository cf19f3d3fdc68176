//! Who may depend on whom: the crate graph equals a table, and heavy dependencies stay in their crate.

use super::{members, none, root, workspace};
use cargo_metadata::{DependencyKind, Package, TargetKind};
use std::collections::{BTreeMap, BTreeSet};

/// Direct dependencies of ours on ours, without those of tests.
static OURS: &[(&str, &[&str])] = &[
    ("architrave", &["architrave-app", "architrave-model", "architrave-report"]),
    ("architrave-advise", &["architrave-model"]),
    (
        "architrave-app",
        &[
            "architrave-advise",
            "architrave-model",
            "architrave-postgres",
            "architrave-prove",
            "architrave-read",
            "architrave-report",
            "architrave-rules",
            "architrave-sql",
        ],
    ),
    ("architrave-model", &[]),
    ("architrave-postgres", &["architrave-model"]),
    ("architrave-prove", &["architrave-model", "architrave-postgres", "architrave-sql"]),
    ("architrave-read", &["architrave-model", "architrave-sql"]),
    ("architrave-report", &["architrave-model"]),
    ("architrave-rules", &["architrave-model"]),
    ("architrave-sql", &["architrave-model"]),
    ("xtask", &["architrave-model", "architrave-postgres", "architrave-prove", "architrave-read", "architrave-rules", "architrave-sql"]),
];

/// Dependencies that only these crates may name (tests apart): parsers, drivers, the network, the command line, files.
static OWNERS: &[(&str, &[&str])] = &[
    ("anyhow", &["architrave", "xtask"]),
    // Reads spreadsheets that people have edited; nothing smaller reads what all of them write.
    ("calamine", &["architrave-read"]),
    ("clap", &["architrave"]),
    ("clap_complete", &["architrave"]),
    ("clap_mangen", &["architrave"]),
    ("console", &["architrave"]),
    ("flate2", &["architrave-postgres"]),
    ("futures-util", &["architrave-postgres", "xtask"]),
    ("ignore", &["architrave-read"]),
    ("indicatif", &["architrave"]),
    ("maud", &["architrave-report"]),
    // Judging migrations makes and drops some million small values; glibc's allocator takes a quarter of the time of it.
    ("mimalloc", &["architrave"]),
    ("reflink-copy", &["architrave-postgres"]),
    // The trees of squawk-syntax, and the parser behind it.
    ("rowan", &["architrave-sql"]),
    ("roxmltree", &["architrave-read"]),
    // Writes the dictionary as a spreadsheet; its zip is the one that calamine reads with.
    ("rust_xlsxwriter", &["architrave-report"]),
    ("rustix", &["architrave-postgres"]),
    ("rustls", &["architrave-postgres"]),
    ("rustls-native-certs", &["architrave-postgres"]),
    ("rustls-pki-types", &["architrave-postgres"]),
    ("saphyr-parser", &["architrave-read"]),
    ("sha2", &["architrave-postgres", "architrave-read"]),
    ("squawk-parser", &["architrave-sql"]),
    ("squawk-syntax", &["architrave-sql"]),
    ("tar", &["architrave-postgres"]),
    ("tempfile", &["architrave-postgres", "xtask"]),
    ("tokio", &["architrave", "architrave-app", "architrave-postgres", "architrave-prove", "xtask"]),
    ("tokio-postgres", &["architrave-postgres"]),
    ("tokio-postgres-rustls", &["architrave-postgres"]),
    ("toml", &["architrave-read"]),
    ("tpcdsgen", &["xtask"]),
    ("tpchgen", &["xtask"]),
    ("tree-sitter", &["architrave-read"]),
    ("tree-sitter-python", &["architrave-read"]),
    ("tree-sitter-typescript", &["architrave-read"]),
    ("ureq", &["architrave-postgres"]),
    ("x509-cert", &["architrave-postgres"]),
];

/// Small ones that any crate may name.
static FREE: &[&str] = &["serde", "serde_json", "strsim", "thiserror"];

/// Most crates on a path from the binary down to the model.
const LONGEST_CHAIN: usize = 6;

/// Packages in the lock file; raise it with the reason in the commit.
const LOCKED_PACKAGES: usize = 346;

fn normal(package: &Package) -> BTreeSet<&str> {
    package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal).map(|d| d.name.as_str()).collect()
}

fn is_ours(name: &str) -> bool {
    name.starts_with("architrave") || name == "xtask"
}

#[test]
fn crates_depend_on_each_other_as_the_table_says() {
    let table: BTreeMap<&str, BTreeSet<&str>> = OURS.iter().map(|(name, uses)| (*name, uses.iter().copied().collect())).collect();
    let found: BTreeMap<&str, BTreeSet<&str>> =
        members().iter().map(|p| (p.name.as_str(), normal(p).into_iter().filter(|d| is_ours(d)).collect())).collect();
    let mut complaints = Vec::new();
    for name in table.keys().chain(found.keys()).collect::<BTreeSet<_>>() {
        if table.get(name) != found.get(name) {
            complaints.push(format!("{name}: the table says {:?}, the manifest {:?}", table.get(name), found.get(name)));
        }
    }
    none(complaints, "an edge between crates is a decision: change the table and ARCHITECTURE.md with it");
}

#[test]
fn heavy_dependencies_stay_in_their_crates() {
    let mut complaints = Vec::new();
    for package in members() {
        for name in normal(package).into_iter().filter(|d| !is_ours(d) && !FREE.contains(d)) {
            match OWNERS.iter().find(|(owned, _)| *owned == name) {
                Some((_, owners)) if owners.contains(&package.name.as_str()) => {}
                Some((_, owners)) => complaints.push(format!("{} uses {name}, which belongs to {}", package.name, owners.join(", "))),
                None => complaints.push(format!("{} uses {name}, which the table does not know", package.name)),
            }
        }
    }
    none(complaints, "a dependency lives in one crate");
}

#[test]
fn the_model_knows_serde_only() {
    let model = members().into_iter().find(|p| p.name == "architrave-model").unwrap();
    assert_eq!(normal(model), BTreeSet::from(["serde"]));
}

#[test]
fn the_longest_chain_is_short() {
    fn depth(name: &str) -> usize {
        let uses = OURS.iter().find(|(own, _)| *own == name).map_or(&[][..], |(_, uses)| uses);
        1 + uses.iter().map(|used| depth(used)).max().unwrap_or(0)
    }
    let (length, longest) = OURS.iter().map(|(name, _)| (depth(name), *name)).max().unwrap();
    assert!(length <= LONGEST_CHAIN, "{longest} is at the end of a chain of {length} crates");
}

#[test]
fn nothing_of_ours_runs_at_build_time() {
    let mut complaints = Vec::new();
    for package in members() {
        for target in &package.targets {
            if target.kind.contains(&TargetKind::CustomBuild) || target.kind.contains(&TargetKind::ProcMacro) {
                complaints.push(format!("{}: {:?}", package.name, target.kind));
            }
        }
    }
    none(complaints, "no build script and no procedural macro");
}

#[test]
fn a_crate_has_one_integration_test_binary_at_most() {
    let mut complaints = Vec::new();
    for package in members() {
        let tests: Vec<_> = package.targets.iter().filter(|t| t.kind.contains(&TargetKind::Test)).collect();
        if tests.len() > 1 || tests.iter().any(|t| t.name != "it") {
            complaints.push(format!("{}: {:?}", package.name, tests.iter().map(|t| &t.name).collect::<Vec<_>>()));
        }
        if let Some(example) = package.targets.iter().find(|t| t.kind.contains(&TargetKind::Example)) {
            complaints.push(format!("{}: the example {} is one more binary to link", package.name, example.name));
        }
    }
    none(complaints, "each test binary links everything once more; the one of a crate is tests/it/main.rs");
}

#[test]
fn members_share_version_edition_licence_and_lints() {
    let mut complaints = Vec::new();
    for package in members() {
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap();
        for line in ["version.workspace = true", "edition.workspace = true", "license.workspace = true", "[lints]\nworkspace = true"] {
            if !manifest.contains(line) {
                complaints.push(format!("{}: no `{}`", package.name, line.replace('\n', " ")));
            }
        }
    }
    none(complaints, "a manifest takes what the workspace says");
}

#[test]
fn the_lock_file_stays_small() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let packages = lock.lines().filter(|line| *line == "[[package]]").count();
    assert!(packages <= LOCKED_PACKAGES, "{packages} locked packages, {LOCKED_PACKAGES} allowed");
    assert!(workspace().workspace_members.len() <= 13, "a new crate needs a reason in ARCHITECTURE.md");
}
