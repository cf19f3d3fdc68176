//! The sample as json, kept whole in `sample.json`.

use crate::{build, sample};
use expect_test::expect_file;
use serde_json::Value;

fn rendered(review: &architrave_model::review::Review) -> String {
    let mut out = Vec::new();
    crate::renderers::by_name("json").unwrap().renderer.render(&build(review), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_sample() {
    expect_file!["sample.json"].assert_eq(&rendered(&sample::review()));
}

fn validator() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(super::SCHEMA).unwrap();
    jsonschema::draft202012::meta::validate(&schema).expect("the schema itself is valid");
    jsonschema::draft202012::new(&schema).unwrap()
}

fn document(review: &architrave_model::review::Review) -> Value {
    serde_json::from_str(&rendered(review)).unwrap()
}

#[test]
fn every_sample_keeps_the_schema() {
    let validator = validator();
    for review in [sample::review(), sample::several(), sample::empty()] {
        let document = document(&review);
        let errors: Vec<String> = validator.iter_errors(&document).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn top_level_keys_stand_in_the_order_of_the_contract() {
    let text = rendered(&sample::review());
    let keys: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("  \"")?.split_once("\":")).map(|(key, _)| key).collect();
    assert_eq!(
        keys,
        [
            "schema_version",
            "tool",
            "run",
            "targets",
            "house_rules",
            "questions",
            "assessment",
            "checklist",
            "scorecard",
            "sections",
            "findings",
            "roadmap",
            "coverage",
            "suggestions",
            "changes",
        ]
    );
}

/// The sample with one change must be refused.
#[track_caller]
fn refused(change: impl Fn(&mut Value)) {
    let mut document = document(&sample::review());
    let before = document.clone();
    change(&mut document);
    assert_ne!(before, document, "the change changes something");
    assert!(!validator().is_valid(&document));
}

#[test]
fn what_is_not_in_the_schema_is_refused() {
    refused(|d| d["extra"] = 1.into());
    refused(|d| d["schema_version"] = 2.into());
    refused(|d| d["findings"][0]["severity"] = "urgent".into());
    refused(|d| d["findings"][0]["confidence"] = "sure".into());
    refused(|d| d["findings"][0]["histogram_bounds"] = "{1,2}".into());
    refused(|d| d["findings"][0]["object"]["kind"] = "thing".into());
    refused(|d| d["findings"][0]["rule"] = "No Such Form".into());
    refused(|d| d["findings"][0]["proof"]["verdict"] = "maybe".into());
    refused(|d| d["targets"][0]["catalog"] = Value::Null);
    refused(|d| d["sections"][0]["title"] = "Current state".into());
    refused(|d| d["roadmap"][0]["phase"] = "soon".into());
    refused(|d| d["scorecard"][0]["points"] = 101.into());
    refused(|d| d["changes"][0]["findings"][0]["kind"] = "moved".into());
    refused(|d| d["changes"][1]["by_area"][0]["then"] = (-1).into());
    refused(|d| d["house_rules"]["allowances"][0]["state"] = Value::Null);
}

#[test]
fn what_is_missing_is_refused() {
    for key in ["tool", "findings", "coverage", "suggestions", "changes"] {
        refused(|d| drop(d.as_object_mut().unwrap().remove(key)));
    }
    for key in ["rule", "fingerprint", "message", "why", "evidence", "effort"] {
        refused(|d| drop(d["findings"][0].as_object_mut().unwrap().remove(key)));
    }
    refused(|d| drop(d["sections"].as_array_mut().unwrap().pop()));
    refused(|d| d["sections"].as_array_mut().unwrap().swap(0, 1));
    refused(|d| drop(d["sections"][3]["parts"].as_array_mut().unwrap().pop()));
    refused(|d| d["sections"][3]["parts"][0]["blocks"] = Value::Array(Vec::new()));
}

#[test]
fn findings_read_back_equal() {
    let review = sample::review();
    let findings: Vec<architrave_model::finding::Finding> = serde_json::from_value(document(&review)["findings"].clone()).unwrap();
    assert_eq!(findings, review.findings);
}

#[test]
fn a_drawn_plan_keeps_the_schema() {
    let plan: Vec<architrave_model::plan::Plan> = serde_json::from_str(
        r#"[{"Plan": {"Node Type": "Limit", "Startup Cost": 0.1, "Total Cost": 9.5, "Plan Rows": 10, "Plan Width": 8,
            "Plans": [{"Node Type": "Seq Scan", "Startup Cost": 0, "Total Cost": 9, "Plan Rows": 10, "Plan Width": 8}]}}]"#,
    )
    .unwrap();
    let block = crate::report::Block::Plan {
        name: "a".to_owned(),
        notes: Vec::new(),
        plan: Box::new(plan[0].clone()),
        after: Some(Box::new(plan[0].clone())),
    };
    let mut document = document(&sample::review());
    document["sections"][0]["intro"] = serde_json::json!([block]);
    let errors: Vec<String> = validator().iter_errors(&document).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    document["sections"][0]["intro"][0]["plan"]["Plan"]["Plans"][0]["Node Type"] = 1.into();
    assert!(!validator().is_valid(&document));
}
