//! Every page is executed: its bad example gives exactly its findings, its good example none of the rule.

use crate::facts::Facts;
use crate::page::{self, Page, Side, with_findings};
use crate::server::{Made, servers};
use architrave_model::{Catalog, Finding};
use architrave_postgres::server::PrivateServer;
use architrave_sql::ddl::{DdlOptions, DdlReader};
use architrave_sql::split::split;

/// What one rule says about a catalogue.
pub(crate) fn verdict(rule: &str, catalog: &Catalog, facts: &Facts) -> Vec<Finding> {
    let catalog = facts.with_more(catalog);
    architrave_rules::run(&facts.context(&catalog), Some(&[rule])).findings
}

pub(crate) fn messages(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|f| f.message.clone()).collect()
}

/// The catalogue as the text alone tells it.
pub(crate) fn static_catalog(sql: &str, major: u16) -> Catalog {
    let mut reader = DdlReader::new(DdlOptions { server_major: major, ..DdlOptions::default() });
    let roles = "create role anon; create role authenticated; create role service_role bypassrls; create role shop_app;";
    for statement in split(roles).iter().chain(&split(sql)) {
        reader.apply(statement);
    }
    reader.into_catalog()
}

#[tokio::test]
async fn pages_hold_on_every_server_and_from_the_text_alone() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some_and(|v| v == "1");
    let mut wrong = Vec::new();
    for server in servers().await {
        let on = format!("PostgreSQL {}", server.major());
        for page in page::all() {
            let (bad, mut differs) = examined(server, &page, "bad", &page.bad).await;
            let (good, more) = examined(server, &page, "good", &page.good).await;
            differs.extend(more);
            if let Some(good) = good.filter(|good| !good.is_empty()) {
                wrong.push(format!("{on}: {}: the good example gives {:#?}", page.rule, messages(&good)));
            }
            if let Some(bad) = bad {
                if messages(&bad) != page.findings {
                    if update {
                        let text = std::fs::read_to_string(&page.path).unwrap();
                        std::fs::write(&page.path, with_findings(&text, &messages(&bad))).unwrap();
                    } else {
                        differs.push(format!("{}: expected {:#?}, found {:#?}", page.rule, page.findings, messages(&bad)));
                    }
                }
                differs.extend(form(&page, &bad));
            }
            wrong.extend(differs.into_iter().map(|what| format!("{on}: {what}")));
        }
    }
    assert!(wrong.is_empty(), "{}\n(UPDATE_EXPECT=1 rewrites the finding blocks)", wrong.join("\n"));
}

/// What one side gives on that server, none where the server is too old for it, and what the text alone gives otherwise.
async fn examined(server: &PrivateServer, page: &Page, name: &str, side: &Side) -> (Option<Vec<Finding>>, Vec<String>) {
    if server.major() < side.least {
        return (None, Vec::new());
    }
    let facts = Facts::of(server.version_num(), side);
    let live = match Made::try_by(server, &side.sql).await {
        Ok(mut made) => verdict(page.rule, &made.catalog().await, &facts),
        Err(refused) => return (None, vec![format!("{} {name}: {refused}", page.rule)]),
    };
    let text = verdict(page.rule, &static_catalog(&side.sql, server.major()), &facts);
    let lines = |findings: &[Finding]| {
        let line =
            |f: &Finding| format!("{:?} {:?} {} {} {:?}", f.severity, f.confidence, f.object, f.message, f.fix.as_ref().map(|f| &f.up));
        findings.iter().map(line).collect::<Vec<_>>()
    };
    let (from_server, from_text) = (lines(&live), lines(&text));
    let mut differs = Vec::new();
    if from_server != from_text {
        differs.push(format!("{} {name}: from the server {from_server:#?}, from the text {from_text:#?}", page.rule));
    }
    (Some(live), differs)
}

/// Every finding is written as findings are.
pub(crate) fn form(page: &Page, findings: &[Finding]) -> Vec<String> {
    let mut wrong = Vec::new();
    if findings.is_empty() {
        wrong.push(format!("{}: the bad example gives nothing", page.rule));
    }
    for f in findings {
        let mut claim = |holds: bool, what: &str| {
            if !holds {
                wrong.push(format!("{}: {what}: {:?}", page.rule, (&f.message, &f.why, &f.evidence, &f.fix)));
            }
        };
        claim(!f.message.ends_with('.') && !f.message.contains('\n'), "the message is no fragment");
        claim(f.why.ends_with('.') && !f.why.contains("  ") && !f.why.contains('\n'), "why is no sentence");
        claim(f.why.chars().next().is_some_and(|c| !c.is_lowercase() || f.why.starts_with("json")), "why starts in lower case");
        claim(!f.evidence.is_empty() || !f.places.is_empty(), "no evidence");
        claim(f.evidence.iter().all(|e| !e.source.is_empty()), "evidence without source");
        claim(f.rule == page.rule, "another rule");
        if let Some(fix) = &f.fix {
            claim(
                !fix.up.is_empty() && fix.up.iter().chain(&fix.down).all(|s| !s.trim_end().ends_with(';')),
                "a fix ends with a semicolon",
            );
            claim(!fix.title.is_empty() && !fix.title.ends_with('.'), "the title of the fix is no fragment");
        }
    }
    wrong
}
