//! The sample as SARIF, kept whole in `sample.sarif`; held against a schema stricter than the standard's.

use super::Sarif;
use crate::{Renderer, build, sample};
use architrave_model::review::Review;
use expect_test::expect_file;
use serde_json::Value;

fn with(renderer: &Sarif, review: &Review) -> Value {
    let mut out = Vec::new();
    renderer.render(&build(review), &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn document(review: &Review) -> Value {
    with(&Sarif { allowed: false }, review)
}

#[test]
fn the_sample() {
    let mut out = Vec::new();
    crate::renderers::by_name("sarif").unwrap().renderer.render(&build(&sample::review()), &mut out).unwrap();
    expect_file!["sample.sarif"].assert_eq(&String::from_utf8(out).unwrap());
}

#[track_caller]
fn keeps_the_schema(document: &Value) {
    let schema: Value = serde_json::from_str(include_str!("subset.schema.json")).unwrap();
    let validator = jsonschema::draft7::new(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn every_sample_keeps_the_schema() {
    for review in [sample::review(), sample::several(), sample::empty()] {
        keeps_the_schema(&document(&review));
        keeps_the_schema(&with(&Sarif { allowed: true }, &review));
    }
}

fn results(document: &Value) -> &Vec<Value> {
    document["runs"][0]["results"].as_array().unwrap()
}

#[test]
fn results_name_their_rule_twice_and_their_identity_once() {
    for review in [sample::review(), sample::several()] {
        let document = document(&review);
        let rules = document["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
        let mut identities = std::collections::BTreeSet::new();
        for result in results(&document) {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert!(identities.insert(result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap().to_owned()));
        }
    }
}

#[test]
fn findings_stand_in_the_repository_and_live_ones_at_a_stand_in() {
    let document = document(&sample::review());
    let uri = |rule: &str| {
        let result = results(&document).iter().find(|r| r["ruleId"] == rule).unwrap();
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap().to_owned()
    };
    assert_eq!(uri("type/float-for-money"), "services/shop/supabase/migrations/20250618_orders.sql");
    assert_eq!(uri("key/integer-exhaustion"), "database/public/order_items");
    assert_eq!(uri("backup/archiving-off"), "database/setting/archive_mode");
}

#[test]
fn security_rules_have_their_severity_as_a_number() {
    let document = document(&sample::review());
    let rules = document["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let severity = |id: &str| rules.iter().find(|r| r["id"] == id).unwrap()["properties"].get("security-severity").cloned();
    assert_eq!(severity("rls/disabled-on-exposed-table"), Some("9.5".into()));
    assert_eq!(severity("index/duplicate"), None);
}

#[test]
fn allowed_findings_are_suppressed_only_when_asked_for() {
    let suppressed = |d: &Value| results(d).iter().filter(|r| r.get("suppressions").is_some()).count();
    let (without, with) = (document(&sample::review()), with(&Sarif { allowed: true }, &sample::review()));
    assert_eq!((suppressed(&without), suppressed(&with)), (0, 1));
    assert_eq!(results(&with).len(), results(&without).len() + 1);
    let notes = without["runs"][0]["invocations"][0]["toolExecutionNotifications"].to_string();
    assert!(notes.contains("Allowed by the house: type/char-padded"));
}

#[test]
fn five_thousand_results_are_kept_and_the_rest_is_told() {
    let mut review = sample::review();
    let template = review.findings.last().unwrap().clone();
    for n in 0..5_200 {
        let mut finding = template.clone();
        finding.fingerprint = format!("{n:016x}");
        review.findings.push(finding);
    }
    let document = document(&review);
    assert_eq!(results(&document).len(), 5_000);
    let first = &document["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(first["level"], "warning");
    assert!(first["message"]["text"].as_str().unwrap().starts_with("213 findings, the least severe, are left out"));
}
