//! `architrave rls prove` on the example with planted ways in: all of them, nothing else, closed by the repairs, and replayed with psql.

mod explain;
mod input;
mod written;

use crate::cli::run;
use architrave_postgres::platform::supabase::GrantMode;
use architrave_postgres::replay::{ADMIN, Confined, Prelude, ReplayOptions, lay_ground};
use architrave_postgres::server::{NoProgress, PrivateServer, ServerOptions, test_server};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/allotments")
}

/// Target, command and number of statements.
type WayIn = (String, String, u64);

/// The ways in that EXPECTED.md names: rows of its first table.
fn planted() -> BTreeSet<WayIn> {
    let text = std::fs::read_to_string(example().join("EXPECTED.md")).unwrap();
    let table = text.split("## What it must leave alone").next().unwrap_or_default();
    let cells = |line: &str| line.split('|').map(|c| c.trim().trim_matches('`').to_owned()).collect::<Vec<_>>();
    let rows = table.lines().map(cells).filter(|c| c.len() > 5 && c[3] == "outsider");
    rows.map(|c| (c[1].replace('`', ""), c[2].clone(), c[4].parse().unwrap())).collect()
}

fn name_of(target: &Value) -> String {
    match target["kind"].as_str().unwrap() {
        "bucket" => format!("bucket {}", target["id"].as_str().unwrap()),
        _ => format!("{}.{}", target["name"]["schema"].as_str().unwrap(), target["name"]["name"].as_str().unwrap()),
    }
}

fn found(attack: &Value) -> BTreeSet<WayIn> {
    let ways = attack["attacks"].as_array().unwrap().iter().map(|way| {
        let cell = &attack["cells"][usize::try_from(way["cell"].as_u64().unwrap()).unwrap()];
        (
            cell["actor"] == "outsider",
            name_of(&cell["target"]),
            cell["command"].as_str().unwrap().to_uppercase(),
            way["length"].as_u64().unwrap(),
        )
    });
    ways.filter(|w| w.0).map(|(_, target, command, length)| (target, command, length)).collect()
}

#[tokio::test]
async fn the_planted_ways_in_are_found_closed_and_replayed() {
    if test_server::shared().await.is_none() {
        return;
    }
    let scripts = tempfile::tempdir().unwrap();
    let (project, directory) = (example().display().to_string(), scripts.path().display().to_string());
    let outcome = run(&["rls", "prove", &project, "--no-mutations", "--transcripts", &directory, "--format", "json", "-o", "-", "--quiet"]);
    assert_eq!(outcome.status, 1, "{}", outcome.stderr);
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let attack = &report["databases"][0]["attack"];
    assert_eq!(found(attack), planted());

    let allowed: BTreeSet<(String, String)> = planted().into_iter().map(|(target, command, _)| (target, command)).collect();
    for cell in attack["cells"].as_array().unwrap().iter().filter(|c| c["verdict"] == "leak") {
        let leak = (name_of(&cell["target"]), cell["command"].as_str().unwrap().to_uppercase());
        assert!(allowed.contains(&leak), "a false alarm: {cell}");
    }

    let repairs: Vec<&Value> = attack["repairs"].as_array().unwrap().iter().filter(|r| r["proof"]["verdict"] == "proved").collect();
    let closed: BTreeSet<u64> = repairs.iter().flat_map(|r| r["closes"].as_array().unwrap()).map(|at| at.as_u64().unwrap()).collect();
    let ways = attack["attacks"].as_array().unwrap();
    let all: BTreeSet<u64> = (0..ways.len() as u64).collect();
    assert_eq!(closed, all, "{:#}", attack["repairs"]);
    replay(scripts.path(), ways.len()).await;
}

/// Plays every script with psql on a database with the example's schema, and holds what psql says against what the script says.
async fn replay(scripts: &Path, number: usize) {
    let server = PrivateServer::start(&ServerOptions::from_env(), &NoProgress).await.unwrap();
    let psql = server.bin_dir().join("psql");
    let psql = if psql.exists() { psql } else { PathBuf::from("psql") };
    if Command::new(&psql).arg("--version").output().is_err() {
        eprintln!("skipped: no psql");
        return;
    }
    let confined = Confined::new(&server).await.unwrap();
    let options = ReplayOptions { prelude: Prelude::Supabase { grants: GrantMode::Explicit }, ..ReplayOptions::default() };
    let (database, failed) = lay_ground(&confined, &[], &options).await.unwrap();
    assert!(failed.is_empty());
    let target = format!("{} user={ADMIN}", database.connection_string());
    let play = |file: &Path, stop: &str| {
        let output = Command::new(&psql).args(["-X", "-v", stop, "-d", &target, "-f"]).arg(file).output().unwrap();
        (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let files = |directory: &Path| {
        let mut files: Vec<PathBuf> = std::fs::read_dir(directory).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        files
    };
    for migration in files(&example().join("supabase/migrations")) {
        let (_, errors) = play(&migration, "ON_ERROR_STOP=1");
        assert!(!errors.contains("ERROR"), "{errors}");
    }
    let transcripts = files(scripts);
    assert_eq!(transcripts.len(), number);
    for transcript in transcripts {
        let text = std::fs::read_to_string(&transcript).unwrap();
        let told: Vec<String> = text.lines().filter_map(|l| l.strip_prefix("-- ")).filter_map(count_told).collect();
        let (output, errors) = play(&transcript, "VERBOSITY=terse");
        let said: Vec<String> = output.lines().filter_map(count_said).collect();
        assert!(!told.is_empty() && said.ends_with(&told), "{text}\n{output}\n{errors}\n{told:?} {said:?}");
    }
    server.stop().await.unwrap();
}

/// `1 row`, `2 rows changed` in a script.
fn count_told(comment: &str) -> Option<String> {
    let (number, rest) = comment.split_once(' ')?;
    let known = ["row", "rows", "row changed", "rows changed"].contains(&rest) && number.parse::<u64>().is_ok();
    known.then(|| number.to_owned())
}

/// `(1 row)`, `UPDATE 2`, `INSERT 0 1` of psql.
fn count_said(line: &str) -> Option<String> {
    if let Some(rows) = line.strip_prefix('(').and_then(|l| l.strip_suffix(" row)").or_else(|| l.strip_suffix(" rows)"))) {
        return rows.parse::<u64>().is_ok().then(|| rows.to_owned());
    }
    let (tag, number) = line.rsplit_once(' ')?;
    (["UPDATE", "DELETE", "INSERT 0"].contains(&tag) && number.parse::<u64>().is_ok()).then(|| number.to_owned())
}

static AUDIT: &str = include_str!("../../../../../docs/guides/audit-access.md");
static PROVE: &str = include_str!("../../../../../docs/guides/prove-access.md");

/// Every line that a guide shows is printed by the command above it.
#[tokio::test]
async fn the_guides_show_what_is_printed() {
    if test_server::shared().await.is_none() {
        return;
    }
    let project = example().display().to_string();
    for (page, command) in [(AUDIT, "audit"), (PROVE, "prove")] {
        let printed = run(&["rls", command, &project]).stdout;
        let printed: BTreeSet<&str> = printed.lines().collect();
        let shown: Vec<&str> = page.split("```text\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect();
        assert!(!shown.is_empty());
        // The server's version is that of the machine.
        let missing: Vec<&str> = shown
            .iter()
            .flat_map(|block| block.lines())
            .filter(|line| *line != "…" && !line.contains("PostgreSQL") && !line.contains("15."))
            .filter(|line| !printed.contains(line))
            .collect();
        assert!(missing.is_empty(), "rls {command} does not print:\n{}", missing.join("\n"));
    }
}
