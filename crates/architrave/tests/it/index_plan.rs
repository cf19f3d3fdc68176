//! `architrave index` as its user meets it.

use crate::cli::run;
use crate::shop::{CANARY, STATEMENTS, Shop, shop};

/// The workload as a file.
fn workload(shop: &Shop) -> String {
    let mut text: String = STATEMENTS.iter().map(|s| format!("{s};\n")).collect();
    text.push_str("select count(*) from orders where status = $1 and total > $2;\n");
    shop.file("workload.sql", &text)
}

fn created(report: &serde_json::Value) -> String {
    let steps = report["advice"]["steps"].as_array().unwrap();
    steps.iter().filter(|s| s["action"] != "drop").map(|s| s["up"].to_string()).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_obvious_index_is_advised_and_one_that_serves_is_named() {
    let Some(shop) = shop().await else { return };
    let report = run(&["index", &shop.snapshot(), "--workload", &workload(shop), "--time", "20s", "--format", "json"]).json();
    let created = created(&report);
    assert!(created.contains("public.orders (customer_id"), "{created}");
    // Names in camel case are quoted.
    assert!(created.contains(r#"\"theValue\""#), "{created}");
    assert!(!created.contains("order_items"), "the primary key serves already: {created}");
    let serving = report["advice"]["serving"].to_string();
    assert!(serving.contains("order_items_pkey"), "{serving}");
    let dropped: Vec<_> = report["advice"]["steps"].as_array().unwrap().iter().filter(|s| s["action"] == "drop").collect();
    assert!(dropped.iter().all(|s| !s["up"].to_string().contains("_key") && !s["up"].to_string().contains("_pkey")), "{dropped:?}");
    let summary = &report["advice"]["summary"];
    assert!(summary["cost_after"].as_f64() < summary["cost_before"].as_f64(), "{summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_own_counts_are_the_workload() {
    let Some(shop) = shop().await else { return };
    let outcome = run(&["index", &shop.url, "--time", "20s", "--format", "json"]);
    if !shop.counts {
        return outcome.refused(&["pg_stat_statements", "--workload"]);
    }
    let report = outcome.json();
    assert_eq!(report["workload"], "pg_stat_statements");
    assert!(created(&report).contains("public.orders (customer_id"), "{report}");
    let calls: Vec<f64> = report["statements"].as_array().unwrap().iter().map(|s| s["calls"].as_f64().unwrap()).collect();
    assert!(calls.contains(&20.0), "{calls:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_statements_are_listed_and_the_rest_goes_on() {
    let Some(shop) = shop().await else { return };
    let text = format!("selec id frm orders;\nselect * from no_such_table where id = 1;\n{};\n", STATEMENTS[0]);
    let file = shop.file("broken.sql", &text);
    let report = run(&["index", &shop.snapshot(), "--workload", &file, "--time", "20s", "--format", "json"]).json();
    assert_eq!(report["statements"].as_array().unwrap().len(), 1, "{report}");
    assert_eq!(report["refused"].as_array().unwrap().len(), 2, "{}", report["refused"]);
    assert!(report["refused"].to_string().contains("no_such_table"), "{}", report["refused"]);
    assert!(created(&report).contains("public.orders (customer_id"));
    let text = run(&["index", &shop.snapshot(), "--workload", &file, "--time", "20s"]);
    assert!(text.done().contains("could not be planned"), "{}", text.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_too_small_is_said() {
    let Some(shop) = shop().await else { return };
    let outcome = run(&["index", &shop.snapshot(), "--workload", &workload(shop), "--budget", "8kB", "--time", "20s"]);
    assert!(outcome.done().contains("budget"), "{}", outcome.stdout);
    let report = run(&["index", &shop.snapshot(), "--workload", &workload(shop), "--budget", "600kB", "--time", "20s", "--format", "json"]);
    let summary = report.json()["advice"]["summary"].clone();
    assert!(summary["bytes_created"].as_f64().unwrap() <= 600.0 * 1024.0, "{summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_workloads_get_one_sentence() {
    let Some(shop) = shop().await else { return };
    let db = shop.snapshot();
    let with = |workload: &str| run(&["index", &db, "--workload", workload]);
    with("/no/such/workload").refused(&["/no/such/workload does not exist"]);
    with(&shop.file("nothing.sql", "\n")).refused(&["nothing.sql"]);
    std::fs::create_dir_all(shop.files.path().join("hollow")).unwrap();
    with(&shop.files.path().join("hollow").display().to_string()).refused(&["hollow"]);
    let silent = shop.changed("silent.snapshot.json", |snapshot| snapshot["stats"]["statements"] = serde_json::json!([]));
    run(&["index", &silent]).refused(&["pg_stat_statements", "--workload"]);
    run(&["index", &db, "-o", "indexes.pdf"]).refused(&[".pdf", ".html"]);
    assert_eq!(run(&["index", &db, "--budget", "much"]).status, 2);
    assert_eq!(run(&["index", &db, "--time", "long"]).status, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn advice_is_executed_and_every_format_keeps_rows_and_secrets_home() {
    let Some(shop) = shop().await else { return };
    let url = format!("{} password=canary-password", shop.url);
    let ends = ["md", "html", "json", "txt"];
    let paths: Vec<String> = ends.iter().map(|e| shop.files.path().join(format!("i.{e}")).display().to_string()).collect();
    let file = workload(shop);
    let mut arguments = vec!["index", &url, "--workload", &file, "--time", "20s", "--verify"];
    arguments.extend(paths.iter().flat_map(|path| ["-o", path]));
    let outcome = run(&arguments);
    outcome.done();
    let report: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&paths[2]).unwrap()).unwrap();
    let verification = &report["verification"];
    assert!(verification["rows"].as_f64().unwrap() > 10_000.0, "{verification}");
    assert!(verification["indexes"].to_string().contains("orders"), "{verification}");
    let statements = verification["statements"].as_array().unwrap();
    let helped = |s: &&serde_json::Value| s["verdict"] == "helped" && s["blocks_after"].as_f64() < s["blocks_before"].as_f64();
    assert!(statements.iter().any(|s| helped(&s)), "{verification}");
    assert!(created(&report).contains("public.orders (customer_id"), "withdrawn: {}", verification["withdrawn"]);
    for text in paths.iter().map(|f| std::fs::read_to_string(f).unwrap()).chain([outcome.stdout, outcome.stderr]) {
        assert!(!text.is_empty());
        assert!(!text.contains(CANARY) && !text.contains("canary-password"), "a row value or a password leaked:\n{text}");
    }
}
