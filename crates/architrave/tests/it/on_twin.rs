//! Reviews that plan the workload on a twin: plans, index advice and growth in the report.

use crate::cli::{root, run};
use crate::shop::{CANARY, STATEMENTS, shop};

fn plan_findings(report: &serde_json::Value) -> Vec<&serde_json::Value> {
    report["findings"].as_array().unwrap().iter().filter(|f| f["rule"].as_str().unwrap().starts_with("plan/")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_advice_and_growth_are_in_the_report_and_it_keeps_its_schema() {
    let Some(shop) = shop().await else { return };
    let workload: String = STATEMENTS.iter().map(|s| format!("{s};\n")).collect();
    let workload = shop.file("review.sql", &workload);
    let with = ["review", &shop.snapshot(), "--workload", &workload, "--grow", "10,100", "--format", "json"];
    let report = run(&with).json();
    let path = root().join("crates/architrave-report/schema/report.schema.json");
    let schema: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).take(5).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert!(!plan_findings(&report).is_empty());
    let missing =
        report["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "index/missing-for-workload").expect("an index is missing");
    assert_eq!(missing["proof"]["verdict"], "proved", "{missing}");
    let text = report.to_string();
    assert!(text.contains("public.orders (customer_id"), "no index is advised");
    let explained = report["checklist"].as_array().unwrap().iter().find(|line| line["text"].as_str().unwrap().contains("EXPLAIN")).unwrap();
    assert_ne!(explained["state"], "unknown", "{explained}");
    let tenfold = report["checklist"].to_string();
    assert!(tenfold.contains("over ten times the data"), "{tenfold}");
    let without = run(&["review", &shop.snapshot(), "--workload", &workload, "--no-twin", "--format", "json"]).json();
    assert!(plan_findings(&without).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_stay_home_where_statistics_give_the_values() {
    let Some(shop) = shop().await else { return };
    let workload = shop.file("parameters.sql", "select count(*) from orders where status = $1 and total > $2;\n");
    for format in ["md", "html", "json", "text"] {
        let outcome = run(&["review", &shop.url, "--workload", &workload, "--format", format, "-o", "-"]);
        assert!(!outcome.done().contains(CANARY), "a row value leaked into {format}");
    }
}
