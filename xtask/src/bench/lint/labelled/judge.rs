//! The labelled migrations, judged by execution and from the text alone: what is found, what is said needlessly, and whether the labels hold.

use super::{Case, cases, schemas};
use crate::bench::{Row, print};
use crate::say;
use anyhow::Context as _;
use architrave_model::brief::Brief;
use architrave_model::context::Exposure;
use architrave_model::house::HouseRules;
use architrave_model::migration::{Migrations, Outcome, SizeSource, TableSize};
use architrave_model::platform::Server;
use architrave_model::script::{Script, TransactionMode};
use architrave_model::stack::Stack;
use architrave_model::{Catalog, Context, QualifiedName, Severity};
use architrave_postgres::replay::Confined;
use architrave_postgres::server::{Database, NoProgress, PrivateServer, ServerOptions};
use architrave_prove::lock_trace::{TraceOptions, clean_up, cluster_state, trace_on};
use architrave_sql::effects::{JudgeOptions, judge};
use std::collections::BTreeMap;
use std::process::ExitCode;

/// What precision and recall have to be.
const BAR: f64 = 0.97;

/// How one way of judging fares.
#[derive(Debug, Default)]
struct Score {
    hazards: usize,
    found: usize,
    harmless: usize,
    noisy: usize,
    /// Harmless by the label, and yet heavy or refused when it was executed.
    mislabelled: usize,
}

/// Judges all cases on one major.
pub(in crate::bench::lint) fn run(major: Option<u16>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new()?;
    let (executed, text) = runtime.block_on(all(major))?;
    let missed =
        print::head() + print::rows("labelled, executed", executed.rows(true)) + print::rows("labelled, from the text", text.rows(false));
    Ok(ExitCode::from(u8::from(missed > 0)))
}

async fn all(major: Option<u16>) -> anyhow::Result<(Score, Score)> {
    let server = PrivateServer::start(&ServerOptions::from_env().with_major(major), &NoProgress).await?;
    let confined = Confined::new(&server).await?;
    let mut bases: BTreeMap<&str, (Script, Database)> = BTreeMap::new();
    for (name, sql) in schemas() {
        let database = confined.create_database(name).await?;
        confined.owner(&database).await?.batch_execute(sql).await.with_context(|| format!("the schema {name}"))?;
        bases.insert(name, (script(name, sql, false), database));
    }
    let (mut executed, mut text) = (Score::default(), Score::default());
    for case in cases()?.iter().filter(|c| c.from <= server.major()) {
        let (before, base) = bases.get(case.on.as_str()).with_context(|| format!("{}: on {}", case.name, case.on))?;
        let pending: Vec<Script> = case.files.iter().enumerate().map(|(n, f)| script(&n.to_string(), &f.sql, f.in_transaction)).collect();
        let state = cluster_state(&confined).await?;
        let database = confined.clone_database(base).await?;
        let options = TraceOptions { seed_rows: false, ..TraceOptions::default() };
        let traced = trace_on(&confined, &database, &pending, &options, &NoProgress).await.with_context(|| case.name.clone())?;
        executed.add("executed", case, traced.migrations);
        clean_up(&confined, &state, Some(database)).await?;
        let options = JudgeOptions { major: server.major(), ..JudgeOptions::default() };
        text.add("from the text", case, judge(None, std::slice::from_ref(before), &pending, &options));
    }
    drop(bases);
    server.stop().await?;
    Ok((executed, text))
}

fn script(name: &str, sql: &str, in_transaction: bool) -> Script {
    Script {
        path: format!("{name}.sql"),
        version: name.to_owned(),
        transaction: if in_transaction { TransactionMode::PerFile } else { TransactionMode::PerStatement },
        statements: architrave_sql::split(sql),
        ..Script::default()
    }
}

impl Score {
    fn add(&mut self, how: &str, case: &Case, mut migrations: Migrations) {
        for (table, rows) in &case.rows {
            let (schema, name) = table.split_once('.').unwrap_or(("public", table));
            let size = TableSize {
                rows: *rows as f64,
                heap_bytes: Some(8192),
                index_bytes: None,
                writes: None,
                reads: None,
                source: SizeSource::Catalog,
            };
            migrations.sizes.insert(QualifiedName::new(schema, name), size);
        }
        let said = said(&migrations);
        let lines = || said.iter().map(|(severity, rule)| format!("{rule} ({})", severity.word())).collect::<Vec<_>>().join(", ");
        if let Some(rule) = &case.rule {
            self.hazards += 1;
            if said.iter().any(|(_, r)| r == rule) {
                self.found += 1;
            } else {
                say(&format!("<!-- {how}: missed {rule}: {}; said: {} -->", case.name, lines()));
            }
            return;
        }
        self.harmless += 1;
        if said.iter().any(|(severity, _)| *severity >= Severity::Medium) {
            self.noisy += 1;
            say(&format!("<!-- {how}: harmless: {}; said: {} -->", case.name, lines()));
        }
        let failed = migrations.steps.iter().any(|s| matches!(s.outcome, Outcome::Failed { .. } | Outcome::TimedOut { .. }));
        let heavy = case.rows.is_empty() && migrations.steps.iter().any(|s| s.effect.is_heavy());
        if migrations.executed && (failed || heavy) {
            self.mislabelled += 1;
            say(&format!("<!-- {how}: no harmless one: {} -->", case.name));
        }
    }

    fn rows(&self, executed: bool) -> Vec<Row> {
        let recall = self.found as f64 / self.hazards.max(1) as f64;
        let precision = self.found as f64 / (self.found + self.noisy).max(1) as f64;
        // What only execution can tell (dynamic SQL, statements that PostgreSQL refuses) is not held against the text.
        let share = |what: &str, share: f64, of: String| {
            let row = Row::new(what, format!("{share:.3} ({of})"));
            if executed { row.bar("≥ 0.97", share >= BAR) } else { row }
        };
        let mut rows = vec![
            share("recall: hazards that their rule reports", recall, format!("{} of {}", self.found, self.hazards)),
            share(
                "precision: alarms that are none of a harmless migration",
                precision,
                format!("{} harmless of {}", self.noisy, self.harmless),
            ),
        ];
        if executed {
            let labels = format!("{} of {}", self.mislabelled, self.harmless);
            rows.push(Row::new("harmless ones that execution finds heavy or refused", labels).bar("0", self.mislabelled == 0));
        }
        rows
    }
}

/// What the rules on migrations say.
fn said(migrations: &Migrations) -> Vec<(Severity, String)> {
    let empty = Catalog::default();
    let catalog = migrations.steps.first().map_or(&empty, |s| &s.before);
    let server = Server { version_num: u32::from(migrations.major) * 10_000 + 99, ..Server::default() };
    let (exposure, stack, house, brief) = (Exposure::default(), Stack::default(), HouseRules::default(), Brief::default());
    let context = Context { migrations: Some(migrations), ..Context::of(catalog, &server, &exposure, &stack, &house, &brief) };
    let findings = architrave_rules::run_migrations(&context, None).findings;
    findings.into_iter().map(|f| (f.severity, f.rule)).collect()
}
