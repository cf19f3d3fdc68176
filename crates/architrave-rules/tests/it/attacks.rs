//! The pages of rules on an attack, with the attack itself: what each bad example plants is found by executing it, the good one is left alone.

use crate::facts::Facts;
use crate::page::{self, Page, Side, with_findings};
use crate::pages::{form, messages};
use architrave_model::access::{AttackReport, Stated};
use architrave_model::origin::Origins;
use architrave_model::{Catalog, Finding};
use architrave_postgres::read::{ReadOptions, read_catalog};
use architrave_postgres::replay::{Confined, without_own_objects};
use architrave_postgres::server::{NoProgress, PrivateServer, ServerOptions, test_server};
use architrave_prove::rls_attack::{AttackInput, AttackOptions, attack};

async fn attacked(confined: &Confined<'_>, side: &Side) -> (Catalog, AttackReport) {
    let base = confined.create_database("page").await.expect("a database");
    let mut owner = confined.owner(&base).await.expect("a session");
    owner.batch_execute(&side.sql).await.unwrap_or_else(|e| panic!("{e:?}\n{}", side.sql));
    let mut catalog = read_catalog(&mut owner, &ReadOptions::default()).await.expect("the catalogue");
    without_own_objects(&mut catalog);
    drop(owner);
    let facts = Facts::of(confined.server().version_num(), side);
    let input = AttackInput {
        server: confined,
        base: &base,
        catalog: &catalog,
        exposure: &facts.exposure,
        stated: &Stated::default(),
        clerk: false,
        origins: &Origins::default(),
    };
    let report = attack(&input, &AttackOptions::default(), &NoProgress).await.expect("an attack");
    (catalog, report)
}

/// What the rule says when the hand-written attack of the page is replaced by the executed one.
async fn found(confined: &Confined<'_>, page: &Page, side: &Side) -> Vec<Finding> {
    let (catalog, report) = attacked(confined, side).await;
    let facts = Facts { attack: Some(report), ..Facts::of(confined.server().version_num(), side) };
    architrave_rules::run(&facts.context(&catalog), Some(&[page.rule])).findings
}

#[tokio::test]
async fn pages_on_attacks_hold_when_they_are_executed() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some_and(|v| v == "1");
    let Some(shared) = test_server::shared().await else { return };
    let pages = page::on_attacks();
    if pages.is_empty() {
        return;
    }
    // One of its own: the superuser of the shared one is others'.
    let options = ServerOptions::from_env().with_major(Some(shared.major()));
    let server = PrivateServer::start(&options, &NoProgress).await.expect("a server");
    let roles = server.connect("postgres").await.expect("a session");
    let make = "create role anon; create role authenticated; create role service_role bypassrls; create role shop_app";
    roles.batch_execute(make).await.expect("roles");
    drop(roles);
    let confined = Confined::new(&server).await.expect("a confined server");
    let mut wrong = Vec::new();
    for page in pages {
        let bad = found(&confined, &page, &page.bad).await;
        if messages(&bad) != page.findings {
            if update {
                let text = std::fs::read_to_string(&page.path).unwrap();
                std::fs::write(&page.path, with_findings(&text, &messages(&bad))).unwrap();
            } else {
                wrong.push(format!("{}: expected {:#?}, found {:#?}", page.rule, page.findings, messages(&bad)));
            }
        }
        wrong.extend(form(&page, &bad));
        let untold = bad.iter().filter(|f| f.proof.as_ref().is_none_or(|proof| proof.transcript.is_empty()));
        wrong.extend(untold.map(|f| format!("{}: without a transcript: {}", page.rule, f.message)));
        let good = found(&confined, &page, &page.good).await;
        if !good.is_empty() {
            wrong.push(format!("{}: the attack on the good example finds {:#?}", page.rule, messages(&good)));
        }
    }
    server.stop().await.expect("the end of the server");
    assert!(wrong.is_empty(), "{}\n(UPDATE_EXPECT=1 rewrites the finding blocks)", wrong.join("\n"));
}
