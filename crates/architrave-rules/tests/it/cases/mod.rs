//! Cases per rule: a sentence, a schema, facts, and the messages that are expected, none for silence. Every fix is tried as well.

mod access;
mod code;
mod columns;
mod constraint;
mod index;
mod index_use;
mod key;
mod live;
mod plan;
mod plan_conditions;
mod plan_waste;
mod policies;
mod privacy;
mod relation;
mod server;
mod tables;
mod types;

use crate::facts::Facts;
use crate::fixes::try_fix;
use crate::pages::{messages, static_catalog, verdict};
use crate::server::{Made, server};
use serde_json::Value;

/// What the case shows, the schema, facts as JSON (or nothing), the messages.
pub(crate) type Case<'a> = (&'a str, &'a str, &'a str, &'a [&'a str]);

/// One place exercises the API; the cases only know SQL and text.
pub(crate) async fn check(rule: &str, cases: &[Case<'_>]) {
    assert!(architrave_rules::registry::find(rule).is_some(), "no rule {rule}");
    let Some(server) = server().await else { return };
    let mut wrong = Vec::new();
    for (says, sql, overlay, expected) in cases {
        let overlay: Option<Value> = (!overlay.is_empty()).then(|| serde_json::from_str(overlay).unwrap_or_else(|e| panic!("{says}: {e}")));
        let facts = Facts::new(server.version_num(), overlay.as_ref());
        let mut made = Made::by(server, sql).await;
        let catalog = made.catalog().await;
        let findings = verdict(rule, &catalog, &facts);
        let mut first = Some(made);
        if messages(&findings) != *expected {
            wrong.push(format!("{says}:\n  expected {expected:#?}\n  found {:#?}", messages(&findings)));
        }
        // What only a server can tell is left to it.
        let from_text = messages(&verdict(rule, &static_catalog(sql, server.major()), &facts));
        if !sql.contains("update pg_index") && from_text != *expected {
            wrong.push(format!("{says}:\n  expected {expected:#?}\n  from the text {from_text:#?}"));
        }
        for finding in &findings {
            let made = match first.take() {
                Some(made) => made,
                None => Made::by(server, sql).await,
            };
            let failed = try_fix(made, &facts, finding).await;
            let statements = finding.fix.as_ref().map(|f| (&f.up, &f.down));
            wrong.extend(failed.iter().map(|w| format!("{says}: {}: {w}\n{statements:#?}", finding.message)));
        }
    }
    assert!(wrong.is_empty(), "{rule}\n{}", wrong.join("\n"));
}

/// The severities and confidences that a schema with facts gives, as words.
pub(crate) async fn severities(rule: &str, sql: &str, overlay: &str) -> Vec<String> {
    let Some(server) = server().await else { return Vec::new() };
    let overlay: Value = serde_json::from_str(overlay).unwrap();
    let facts = Facts::new(server.version_num(), Some(&overlay));
    let catalog = Made::by(server, sql).await.catalog().await;
    verdict(rule, &catalog, &facts).iter().map(|f| format!("{} {:?}", f.severity.word(), f.confidence).to_lowercase()).collect()
}

/// Why the rule came to no verdict.
pub(crate) async fn not_run(rule: &str, overlay: &str) -> Option<String> {
    let overlay: Value = serde_json::from_str(overlay).unwrap();
    let facts = Facts::new(150_018, Some(&overlay));
    let catalog = architrave_model::Catalog::default();
    let outcome = architrave_rules::run(&facts.context(&catalog), Some(&[rule]));
    assert_eq!(messages(&outcome.findings), Vec::<String>::new());
    outcome.not_run.first().map(|(_, why)| why.clone())
}
