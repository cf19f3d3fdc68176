//! Reviews of projects: the example, odd projects, exit statuses, and what is left when a run is killed.

use crate::cli::{architrave, finish, project, root, run, write};
use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn storefront() -> String {
    root().join("examples/storefront").display().to_string()
}

/// The report as JSON without its `run` block.
fn report(arguments: &[&str]) -> serde_json::Value {
    let mut all = vec!["review"];
    all.extend(arguments);
    all.extend(["--format", "json"]);
    let outcome = run(&all);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let mut report: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    report.as_object_mut().expect("an object").remove("run");
    report
}

#[test]
fn the_example_shows_every_planted_fault_and_nothing_it_should_not() {
    let report = report(&[&storefront()]);
    let expected = std::fs::read_to_string(root().join("examples/storefront/EXPECTED.md")).unwrap();
    let found: BTreeSet<&str> = report["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect();
    for line in expected.lines().filter(|l| l.starts_with("| `")) {
        let rule = line.split('`').nth(1).unwrap();
        // Only statistics tell that a nullable key is always set.
        let told_by_scripts = rule.contains('/') && rule != "column/nullable-foreign-key";
        assert!(!told_by_scripts || found.contains(rule), "{rule} was planted and not found; found: {found:?}");
    }
    let failed = report["targets"][0]["replay"]["failed"].as_array().map_or(0, Vec::len);
    assert_eq!(failed, 0, "{}", report["targets"][0]["replay"]);
    let refuted: Vec<_> = report["findings"].as_array().unwrap().iter().filter(|f| f["proof"]["verdict"] == "refuted").collect();
    assert!(refuted.is_empty(), "{refuted:?}");
}

#[test]
fn equal_input_gives_equal_output() {
    assert_eq!(report(&[&storefront()]), report(&[&storefront()]));
}

#[test]
fn static_and_executed_reviews_find_the_same_in_the_example() {
    let rules = |report: &serde_json::Value| -> BTreeSet<String> {
        report["findings"].as_array().unwrap().iter().map(|f| format!("{} {}", f["rule"], f["object"])).collect()
    };
    assert_eq!(rules(&report(&[&storefront()])), rules(&report(&[&storefront(), "--no-execute"])));
}

#[test]
fn a_broken_migration_is_a_finding_with_its_place() {
    let broken = project(&[(
        "migrations/001_a.sql",
        "create table a (id int primary key);\ncreate tabel b (id int);\ncreate table c (id bigint primary key);\n",
    )]);
    let report = report(&[broken.path().to_str().unwrap()]);
    let finding = report["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "migration/statement-fails").expect("found").clone();
    assert_eq!(finding["location"]["line"], 2);
    assert_eq!(report["targets"][0]["replay"]["applied"], 2);
}

#[test]
fn fail_on_and_baseline_steer_the_exit_status() {
    let shop = project(&[("migrations/001_a.sql", "create table a (note text);")]);
    let path = shop.path().to_str().unwrap();
    assert_eq!(run(&["review", path, "--quiet", "--fail-on", "low"]).status, 1);
    let baseline = shop.path().join("known.json").display().to_string();
    assert_eq!(run(&["review", path, "--quiet", "--write-baseline", &baseline]).status, 0);
    assert_eq!(run(&["review", path, "--quiet", "--fail-on", "info", "--baseline", &baseline]).status, 0);
    run(&["review", path, "--baseline", path]).refused(&["baseline"]);
}

#[test]
fn a_real_environment_file_is_never_opened() {
    let shop = project(&[
        ("migrations/001_a.sql", "create table a (id bigint primary key);"),
        (".env", "DATABASE_URL=postgres://app:canary-secret@db/shop\n"),
        (".env.example", "DATABASE_URL=postgres://app:canary-example@db/shop\n"),
    ]);
    let outcome = run(&["review", shop.path().to_str().unwrap(), "--format", "json"]);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert!(!outcome.stdout.contains("canary"));
}

#[test]
fn a_project_file_makes_no_connection() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("postgres://reader@127.0.0.1:{}/shop", listener.local_addr().unwrap().port());
    let shop = project(&[
        ("migrations/001_a.sql", "create table a (id bigint primary key);"),
        ("architrave.toml", &format!("[review]\ntargets = [\"migrations\", \"{url}\"]\n")),
    ]);
    let report = report(&[shop.path().to_str().unwrap(), "--no-execute"]);
    assert!(report["coverage"]["gaps"].to_string().contains("makes no connection"), "{}", report["coverage"]);
    assert!(listener.accept().is_err(), "something connected");
}

#[test]
fn several_databases_are_several_targets() {
    let both = project(&[
        ("shop/migrations/001_a.sql", "create table a (id bigint primary key); create role shared;"),
        ("billing/migrations/001_b.sql", "create table b (id bigint primary key); create role shared;"),
    ]);
    let report = report(&[both.path().to_str().unwrap()]);
    assert_eq!(report["targets"].as_array().unwrap().len(), 2);
    assert!(!report["findings"].to_string().contains("migration/statement-fails"));
}

#[test]
fn a_hundred_thousand_files_are_walked() {
    let large = project(&[("migrations/001_a.sql", "create table a (id bigint primary key);")]);
    for directory in 0..100 {
        let path = large.path().join(format!("data/{directory}"));
        std::fs::create_dir_all(&path).unwrap();
        for file in 0..1000 {
            std::fs::File::create(path.join(format!("{file}.txt"))).unwrap();
        }
    }
    let outcome = run(&["review", large.path().to_str().unwrap(), "--no-execute", "--format", "json"]);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
}

#[test]
fn hostile_names_are_safe_in_html() {
    let odd = project(&[("migrations/001_a.sql", "create table \"</script><img src=x onerror=alert(1)>\" (\"a`|b\" text);")]);
    let outcome = run(&["review", odd.path().to_str().unwrap(), "--format", "html"]);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert!(!outcome.stdout.contains("<img src=x"));
}

#[test]
fn the_json_report_keeps_its_schema() {
    let schema: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(root().join("crates/architrave-report/schema/report.schema.json")).unwrap()).unwrap();
    let outcome = run(&["review", &storefront(), "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).take(5).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn two_runs_at_once_do_not_meet() {
    let path = storefront();
    let start = || architrave().args(["review", &path, "--format", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    for child in [start(), start()] {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Pids of all descendants.
pub(crate) fn descendants(of: u32) -> Vec<u32> {
    let mut parents = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        if let Some(parent) = after_name.split_whitespace().nth(1).and_then(|p| p.parse::<u32>().ok()) {
            parents.push((pid, parent));
        }
    }
    let mut found = vec![of];
    let mut at = 0;
    while at < found.len() {
        let parent = found[at];
        found.extend(parents.iter().filter(|(_, p)| *p == parent).map(|(pid, _)| *pid));
        at += 1;
    }
    found.split_off(1)
}

/// Whether a process of that number lives (a zombie does not).
pub(crate) fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.trim().is_empty() && !rest.trim().starts_with('Z'))
}

/// Starts a review that is busy for long, waits for its server, ends it with this signal; returns its status and whether
/// everything it had started is gone.
fn ended_midway(signal: &str) -> (Option<i32>, bool) {
    let slow = project(&[("migrations/001_a.sql", "create table a (id int);\nselect pg_sleep(30);\n")]);
    let mut child =
        architrave().args(["review", slow.path().to_str().unwrap()]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(240);
    let is_postgres = |pid: &u32| {
        std::fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|c| String::from_utf8_lossy(&c).contains("pg_sleep") || String::from_utf8_lossy(&c).contains("SELECT"))
    };
    let mut seen: BTreeSet<u32> = BTreeSet::new();
    // What a process is busy with is told once: a moment later it may be at something else.
    let mut is_there = false;
    while Instant::now() < deadline {
        seen.extend(descendants(child.id()));
        is_there = seen.iter().any(is_postgres);
        if is_there {
            break;
        }
        assert_eq!(child.try_wait().unwrap(), None, "the review ended by itself");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(is_there, "the private server never got to the statement");
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    let status = child.wait().unwrap().code();
    let deadline = Instant::now() + Duration::from_secs(20);
    while seen.iter().any(|pid| lives(*pid)) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    (status, !seen.iter().any(|pid| lives(*pid)))
}

#[test]
fn ctrl_c_ends_everything_with_130() {
    assert_eq!(ended_midway("-INT"), (Some(130), true));
}

#[test]
fn sigterm_ends_everything_with_130() {
    assert_eq!(ended_midway("-TERM"), (Some(130), true));
}

#[test]
fn sigkill_leaves_no_server() {
    assert_eq!(ended_midway("-KILL"), (None, true));
}

#[test]
fn help_rules_completions_and_man_are_printed() {
    for arguments in
        [vec!["--help"], vec!["review", "--help"], vec!["rules"], vec!["completions", "bash"], vec!["man"], vec!["postgres", "list"]]
    {
        let outcome = run(&arguments);
        assert_eq!(outcome.status, 0, "{arguments:?}: {}", outcome.stderr);
        assert!(outcome.stdout.len() > 40, "{arguments:?}");
    }
    let page = run(&["rules", "index/foreign-key-unindexed"]);
    assert!(page.stdout.contains("## Why it matters"));
}

#[test]
fn nothing_is_fetched_offline() {
    let shop = project(&[("migrations/001_a.sql", "create table a (id bigint primary key);")]);
    let cache = tempfile::tempdir().unwrap();
    let mut command = architrave();
    command.args(["review", shop.path().to_str().unwrap(), "--offline", "--postgres", "12"]);
    command.env("ARCHITRAVE_CACHE_DIR", cache.path());
    finish(&mut command).refused(&["12", "offline"]);
}

#[test]
fn crlf_bom_and_dump_noise_are_read() {
    let odd = project(&[]);
    write(odd.path(), "migrations/001_a.sql", b"\xef\xbb\xbfcreate table a (\r\n  id bigint primary key\r\n);\r\n");
    let report = report(&[odd.path().to_str().unwrap()]);
    assert_eq!(report["targets"][0]["replay"]["failed"].as_array().map_or(0, Vec::len), 0);
}
