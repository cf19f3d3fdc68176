//! The pages on migrations: each block is judged by execution and from the text alone, and both must say what the page says.

use crate::facts::Facts;
use crate::page::{self, Page, Side, files, with_findings};
use crate::pages::{form, messages};
use crate::server::{all_majors, ends};
use architrave_model::Finding;
use architrave_model::migration::Migrations;
use architrave_model::script::{Script, TransactionMode};
use architrave_postgres::replay::Confined;
use architrave_postgres::server::{NoProgress, PrivateServer, ServerOptions, installations, test_server};
use architrave_prove::lock_trace::{ClusterState, TraceOptions, clean_up, cluster_state, trace};
use architrave_sql::effects::{JudgeOptions, judge};
use serde_json::Value;
use std::collections::BTreeSet;

/// The pending files of a block, and what was applied before.
struct Scripts {
    before: Vec<Script>,
    pending: Vec<Script>,
}

impl Scripts {
    fn of(page: &Page, side: &Side) -> Self {
        let script = |name: &str, sql: &str, transaction| Script {
            path: format!("{name}.sql"),
            version: name.to_owned(),
            transaction,
            statements: architrave_sql::split(sql),
            ..Script::default()
        };
        Self {
            before: vec![script("before", &page.before, TransactionMode::PerStatement)],
            pending: files(&side.sql).iter().map(|f| script(&f.name, &f.sql, f.transaction)).collect(),
        }
    }
}

/// What the facts of a page lay over what was judged: sizes, and what other checks have found.
fn lay_over(migrations: &mut Migrations, facts: Option<&Value>) {
    fn part<T: serde::de::DeserializeOwned>(facts: &Value, key: &str) -> T {
        serde_json::from_value(facts[key].clone()).unwrap_or_else(|e| panic!("facts: migrations: {key}: {e}"))
    }
    let Some(facts) = facts.and_then(|f| f.get("migrations")) else { return };
    for key in facts.as_object().expect("an object").keys() {
        match key.as_str() {
            "sizes" => {
                let sizes: std::collections::BTreeMap<String, _> = part(facts, key);
                let name = |text: &str| {
                    let (schema, name) = text.split_once('.').expect("schema.table");
                    architrave_model::QualifiedName::new(schema, name)
                };
                migrations.sizes.extend(sizes.into_iter().map(|(table, size)| (name(&table), size)));
            }
            "downs" => migrations.downs = part(facts, key),
            "half_applied" => migrations.half_applied = part(facts, key),
            "history" => migrations.history = part(facts, key),
            "broken_queries" => migrations.broken_queries = part(facts, key),
            "preconditions" => migrations.preconditions = part(facts, key),
            "outcomes" => {
                for (step, outcome) in part::<std::collections::BTreeMap<usize, _>>(facts, key) {
                    migrations.steps[step].outcome = outcome;
                }
            }
            other => panic!("facts: migrations: unknown key {other}"),
        }
    }
}

/// What one rule says about judged migrations.
pub(crate) fn verdict(rule: &str, mut migrations: Migrations, side: &Side, version_num: u32) -> Vec<Finding> {
    lay_over(&mut migrations, side.facts.as_ref());
    let facts = Facts::of(version_num, side);
    let catalog = migrations.steps.first().map(|s| (*s.before).clone()).unwrap_or_default();
    let catalog = facts.with_more(&catalog);
    let mut context = facts.context(&catalog);
    context.migrations = Some(&migrations);
    architrave_rules::run_migrations(&context, Some(&[rule])).findings
}

/// A server of our own: it is confined, and scripts may leave anything behind.
struct Tracing {
    server: PrivateServer,
}

impl Tracing {
    async fn start(options: &ServerOptions) -> Self {
        Self { server: PrivateServer::start(options, &NoProgress).await.expect("a server") }
    }

    async fn executed(&self, confined: &Confined<'_>, state: &ClusterState, scripts: &Scripts) -> Result<Migrations, String> {
        let options = TraceOptions::default();
        let (traced, database) =
            trace(confined, &scripts.before, &scripts.pending, &options, &NoProgress).await.map_err(|e| e.to_string())?;
        let failed: Vec<String> = traced.earlier.failed.iter().map(|f| format!("{}: {}", f.statement, f.message)).collect();
        clean_up(confined, state, Some(database)).await.map_err(|e| e.to_string())?;
        if failed.is_empty() { Ok(traced.migrations) } else { Err(format!("what was applied before fails: {failed:?}")) }
    }
}

/// What one side gives when it is executed, and where the text alone gives something else.
async fn examined(
    tracing: &Tracing,
    (confined, state): (&Confined<'_>, &ClusterState),
    page: &Page,
    name: &str,
    side: &Side,
) -> (Option<Vec<Finding>>, Vec<String>) {
    let (major, version_num) = (tracing.server.major(), tracing.server.version_num());
    if major < side.least {
        return (None, Vec::new());
    }
    let scripts = Scripts::of(page, side);
    let executed = match tracing.executed(confined, state, &scripts).await {
        Ok(migrations) => verdict(page.rule, migrations, side, version_num),
        Err(refused) => return (None, vec![format!("{} {name}: {refused}", page.rule)]),
    };
    let options = JudgeOptions { major, ..JudgeOptions::default() };
    let text = verdict(page.rule, judge(None, &scripts.before, &scripts.pending, &options), side, version_num);
    let lines = |findings: &[Finding]| {
        let line = |f: &Finding| {
            // Expressions that come out of the catalogue are printed with PostgreSQL's casts or without; what is done is the same.
            let begins = |statement: &String| statement.split_whitespace().take(6).collect::<Vec<_>>().join(" ");
            let safe: Option<Vec<Vec<String>>> =
                f.safe.as_ref().map(|s| s.files.iter().map(|f| f.statements.iter().map(begins).collect()).collect());
            format!("{:?} {:?} {} {} {:?} {safe:?}", f.severity, f.confidence, f.object, f.message, f.location)
        };
        findings.iter().map(line).collect::<Vec<_>>()
    };
    let (from_server, from_text) = (lines(&executed), lines(&text));
    let mut differs = Vec::new();
    if from_server != from_text && !(side.executed && from_text.is_empty()) {
        differs.push(format!("{} {name}: executed {from_server:#?}, from the text {from_text:#?}", page.rule));
    }
    (Some(executed), differs)
}

/// The shared server's major, the oldest and the newest, or all; one installation where one is named.
async fn options() -> Vec<ServerOptions> {
    let Some(shared) = test_server::shared().await else { return Vec::new() };
    let all = ServerOptions::from_env();
    let installed: BTreeSet<u16> = installations(&all).iter().map(|i| i.major).collect();
    let mut majors = match (all_majors(), all.bin_dirs.is_empty()) {
        (true, _) => installed,
        (false, true) => ends(&installed),
        (false, false) => BTreeSet::new(),
    };
    majors.insert(shared.major());
    majors.into_iter().map(|major| ServerOptions::from_env().with_major(Some(major))).collect()
}

#[tokio::test]
async fn pages_on_migrations_hold_when_executed_and_from_the_text_alone() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some_and(|v| v == "1");
    let only = std::env::var("ARCHITRAVE_PAGE").ok();
    let mut wrong = Vec::new();
    for options in options().await {
        let tracing = Tracing::start(&options).await;
        let confined = Confined::new(&tracing.server).await.expect("a confined server");
        let state = cluster_state(&confined).await.expect("the state of the cluster");
        let on = format!("PostgreSQL {}", tracing.server.major());
        for page in page::on_migrations().iter().filter(|p| only.as_deref().is_none_or(|o| p.rule.contains(o))) {
            let (bad, mut differs) = examined(&tracing, (&confined, &state), page, "bad", &page.bad).await;
            let (good, more) = examined(&tracing, (&confined, &state), page, "good", &page.good).await;
            differs.extend(more);
            if let Some(good) = good.filter(|good| !good.is_empty()) {
                differs.push(format!("{}: the good example gives {:#?}", page.rule, messages(&good)));
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
                differs.extend(form(page, &bad));
            }
            wrong.extend(differs.into_iter().map(|what| format!("{on}: {what}")));
        }
        tracing.server.stop().await.expect("the end of the server");
    }
    assert!(wrong.is_empty(), "{}\n(UPDATE_EXPECT=1 rewrites the finding blocks)", wrong.join("\n"));
}
