//! Every page is executed: its bad example gives exactly its findings, its good example none of the rule.

use crate::facts::Facts;
use crate::page::{self, Page, Side, with_findings};
use crate::server::{Made, server};
use architrave_model::{Catalog, Finding};
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
async fn pages_read_the_same_from_text_and_from_a_server() {
    let Some(server) = server().await else { return };
    let mut wrong = Vec::new();
    for page in page::all() {
        for (name, side) in [("bad", &page.bad), ("good", &page.good)] {
            if server.major() < side.least {
                continue;
            }
            let facts = Facts::of(server.version_num(), side);
            let live = Made::by(server, &side.sql).await.catalog().await;
            let text = static_catalog(&side.sql, server.major());
            let said = |catalog: &Catalog| {
                let of = |f: Finding| format!("{:?} {:?} {} {} {:?}", f.severity, f.confidence, f.object, f.message, f.fix.map(|f| f.up));
                verdict(page.rule, catalog, &facts).into_iter().map(of).collect::<Vec<_>>()
            };
            let (live, text) = (said(&live), said(&text));
            if live != text {
                wrong.push(format!("{} {name}: from the server {live:#?}, from the text {text:#?}", page.rule));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn pages_hold_on_a_real_server() {
    let Some(server) = server().await else { return };
    let update = std::env::var_os("UPDATE_EXPECT").is_some_and(|v| v == "1");
    let mut wrong = Vec::new();
    for page in page::all() {
        if server.major() < page.bad.least.max(page.good.least) {
            continue;
        }
        let read = async |side: &Side| {
            let catalog = Made::by(server, &side.sql).await.catalog().await;
            let facts = Facts::of(server.version_num(), side);
            verdict(page.rule, &catalog, &facts)
        };
        let (bad, good) = (read(&page.bad).await, read(&page.good).await);
        if !good.is_empty() {
            wrong.push(format!("{}: the good example gives {:#?}", page.rule, messages(&good)));
        }
        if messages(&bad) != page.findings {
            if update {
                let text = std::fs::read_to_string(&page.path).unwrap();
                std::fs::write(&page.path, with_findings(&text, &messages(&bad))).unwrap();
            } else {
                wrong.push(format!("{}: expected {:#?}, found {:#?}", page.rule, page.findings, messages(&bad)));
            }
        }
        wrong.extend(form(&page, &bad));
    }
    assert!(wrong.is_empty(), "{}\n(UPDATE_EXPECT=1 rewrites the finding blocks)", wrong.join("\n"));
}

/// Every finding is written as findings are.
fn form(page: &Page, findings: &[Finding]) -> Vec<String> {
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
