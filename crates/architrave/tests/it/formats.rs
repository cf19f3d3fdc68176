//! The formats for machines and for pull requests, as a shell gets them.

use crate::cli::{Outcome, project, run, write};
use serde_json::Value;

const SCHEMA: &str = "create table people (id serial primary key, born timestamp);
create table orders (
  id bigint primary key,
  person_id int references people (id),
  total float
);
";

/// A project in a folder of a repository.
fn repository() -> tempfile::TempDir {
    let root = project(&[("services/shop/migrations/1_shop.sql", SCHEMA)]);
    write(root.path(), ".git/HEAD", b"ref: refs/heads/main\n");
    root
}

fn review(root: &tempfile::TempDir, more: &[&str]) -> Outcome {
    let shop = root.path().join("services/shop").display().to_string();
    let mut arguments = vec!["review", &shop, "--no-execute"];
    arguments.extend(more);
    run(&arguments)
}

fn uri(result: &Value) -> (&str, u64) {
    let physical = &result["locations"][0]["physicalLocation"];
    (physical["artifactLocation"]["uri"].as_str().unwrap(), physical["region"]["startLine"].as_u64().unwrap())
}

#[test]
fn sarif_names_files_by_their_path_in_the_repository() {
    let root = repository();
    let file = root.path().join("report.sarif");
    assert_eq!(review(&root, &["-q", "-o", file.to_str().unwrap()]).status, 0);
    let log: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let run = &log["runs"][0];
    let result = run["results"].as_array().unwrap().iter().find(|r| r["ruleId"] == "index/foreign-key-unindexed").unwrap();
    assert_eq!(uri(result), ("services/shop/migrations/1_shop.sql", 4));
    let rule = &run["tool"]["driver"]["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
    assert!(rule["help"]["markdown"].as_str().unwrap().contains("## Why it matters"), "the help is the rule's page");
    assert_eq!((&result["level"], &rule["defaultConfiguration"]["level"]), (&"warning".into(), &"warning".into()));
    assert_eq!(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], "public.orders.orders_person_id_fkey");
}

#[test]
fn allowed_findings_are_left_out_of_sarif_or_suppressed() {
    let root = repository();
    let allow = "[[allow]]\nrule = \"type/float-for-money\"\nobject = \"public.orders*\"\nreason = \"no cents here\"\n";
    write(root.path(), "services/shop/architrave.toml", allow.as_bytes());
    let floats = |more: &[&str]| {
        let mut arguments = vec!["--format", "sarif"];
        arguments.extend(more);
        let log: Value = serde_json::from_str(&review(&root, &arguments).stdout).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        results.iter().find(|r| r["ruleId"] == "type/float-for-money").cloned()
    };
    assert_eq!(floats(&[]), None);
    let suppressed = floats(&["--with-allowed"]).unwrap();
    assert_eq!(suppressed["suppressions"][0]["justification"], "no cents here");
}

#[test]
fn annotations_point_to_lines_and_come_with_reports_in_files() {
    let root = repository();
    let html = root.path().join("report.html");
    let outcome = review(&root, &["--format", "github", "-o", html.to_str().unwrap(), "--fail-on", "high"]);
    assert_eq!(outcome.status, 1, "{}", outcome.stderr);
    assert!(html.is_file());
    let first = outcome.stdout.lines().next().unwrap();
    let expected = "::error file=services/shop/migrations/1_shop.sql,line=";
    assert!(first.starts_with(expected) && first.contains("title=type/float-for-money (high)::"), "{first}");
    assert!(!outcome.stdout.contains("Scorecard"), "the summary is another format's");
}

#[test]
fn junit_has_a_case_for_what_was_found_and_for_what_was_not() {
    let root = repository();
    let file = root.path().join("report.xml");
    assert_eq!(review(&root, &["-q", "-o", file.to_str().unwrap()]).status, 0);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("<testcase classname=\"key/primary-key-missing\" name=\"nothing found\""), "{text}");
    assert!(text.contains("<failure type=\"high\""));
    assert!(text.contains("<skipped message=\"not checked: "));
}

#[test]
fn a_comment_says_where_the_whole_report_is() {
    let root = repository();
    let html = root.path().join("report.html").display().to_string();
    let outcome = review(&root, &["--format", "comment", "-o", &html]);
    assert!(outcome.stdout.starts_with("### Database review of shop\n"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains(&format!("The whole report: `{html}`.")), "{}", outcome.stdout);
    assert!(outcome.stdout.len() <= 65_536);
}

#[test]
fn places_that_cannot_be_written_are_said_before_any_work() {
    let root = repository();
    let folder = root.path().display().to_string();
    review(&root, &["-o", &folder]).refused(&["has no ending", ".sarif"]);
    review(&root, &["-o", "report.pdf"]).refused(&[".pdf", ".sarif"]);
    review(&root, &["-o", "/no/such/directory/report.sarif"]).refused(&["/no/such/directory"]);
    review(&root, &["--write-baseline", "/no/such/directory/known.json"]).refused(&["/no/such/directory/known.json"]);
    review(&root, &["--write-baseline", &folder]).refused(&[&folder, "directory"]);
    review(&root, &["--new-only"]).refused(&["--baseline", "--since"]);
}
