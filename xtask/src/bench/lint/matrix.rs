//! The matrix: each form executed by the lock trace on each major, and compared with what it is known to do.

use super::form::{Deeds, Form, forms};
use crate::bench::{Row, print, seconds};
use crate::say;
use anyhow::Context as _;
use architrave_model::migration::{LockMode, Outcome, Step};
use architrave_model::script::{Script, StatementKind, TransactionMode};
use architrave_postgres::replay::Confined;
use architrave_postgres::server::{Database, NoProgress, PrivateServer, ServerOptions, installations};
use architrave_prove::lock_trace::{TraceOptions, trace_on};
use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The schema below all forms.
const BASE: &str = include_str!("matrix_base.sql");

/// How many forms come out as known, by what is looked at.
#[derive(Debug, Default)]
struct Score {
    forms: usize,
    outcomes: usize,
    locks: usize,
    rewrites: usize,
    scans: usize,
    blocks: usize,
    statements: usize,
    /// Time beyond the statements' own.
    overhead: Duration,
}

/// Runs all forms on one major, or on all that are installed.
pub(super) fn run(major: Option<u16>) -> anyhow::Result<ExitCode> {
    let installed: BTreeSet<u16> =
        installations(&ServerOptions::from_env()).iter().map(|i| i.major).filter(|m| (12..=18).contains(m)).collect();
    let majors = major.map_or(installed, |major| BTreeSet::from([major]));
    let forms = forms()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let mut missed = print::head();
    for major in majors {
        let score = runtime.block_on(of_major(major, &forms))?;
        missed += print::rows(&format!("matrix on {major}"), score.rows());
    }
    Ok(ExitCode::from(u8::from(missed > 0)))
}

async fn of_major(major: u16, forms: &[Form]) -> anyhow::Result<Score> {
    let server = PrivateServer::start(&ServerOptions::from_env().with_major(Some(major)), &NoProgress).await?;
    let confined = Confined::new(&server).await?;
    let base = confined.create_database("matrix").await?;
    let method = "create access method heap_again type table handler heap_tableam_handler";
    confined.admin(&base).await?.batch_execute(method).await.context("a second access method")?;
    confined.owner(&base).await?.batch_execute(BASE).await.context("the schema of the matrix")?;
    let mut score = Score::default();
    for form in forms {
        let expected = form.expected(major).with_context(|| format!("nothing is known about {} on {major}", form.sql))?;
        let database = confined.clone_database(&base).await?;
        let found = execute(&confined, &database, form, &mut score).await.with_context(|| form.sql.clone())?;
        score.add(major, form, expected, &found);
    }
    drop(base);
    server.stop().await?;
    Ok(score)
}

fn script(path: &str, text: &str, transaction: TransactionMode) -> Script {
    Script {
        path: path.to_owned(),
        version: path.to_owned(),
        transaction,
        statements: architrave_sql::split(text),
        has_down: false,
        down: Vec::new(),
        down_path: None,
        down_transaction: None,
    }
}

/// Executes a form; the deeds of all its statements together.
async fn execute(server: &Confined<'_>, database: &Database, form: &Form, score: &mut Score) -> anyhow::Result<Deeds> {
    let mut migration = script("form.sql", &form.sql, TransactionMode::PerFile);
    if !form.in_transaction && migration.statements.iter().any(|s| s.kind == StatementKind::NonTransactional) {
        migration.transaction = TransactionMode::PerStatement;
    }
    if !form.setup.is_empty() && server.owner(database).await?.batch_execute(&form.setup).await.is_err() {
        return Ok(Deeds { fails: true, ..Deeds::default() });
    }
    let options = TraceOptions { seed_rows: false, ..TraceOptions::default() };
    let started = Instant::now();
    let traced = trace_on(server, database, &[migration], &options, &NoProgress).await?;
    let steps = &traced.migrations.steps;
    let own: f64 = steps.iter().filter_map(|s| s.effect.milliseconds).sum();
    score.statements += steps.len();
    score.overhead += started.elapsed().saturating_sub(Duration::from_secs_f64(own / 1000.0));
    Ok(deeds(steps))
}

fn deeds(steps: &[Step]) -> Deeds {
    let mut deeds = Deeds { fails: steps.iter().any(|s| s.outcome != Outcome::Done), ..Deeds::default() };
    if deeds.fails {
        return deeds;
    }
    let mut locks: BTreeMap<String, LockMode> = BTreeMap::new();
    for effect in steps.iter().map(|s| &s.effect) {
        for lock in effect.locks.iter().filter(|l| l.existed && (l.table.is_none() || l.mode >= LockMode::ShareUpdateExclusive)) {
            let strongest = locks.entry(lock.relation.name.clone()).or_insert(lock.mode);
            *strongest = (*strongest).max(lock.mode);
        }
        deeds.rewrites.extend(effect.rewrites.iter().filter(|r| r.existed).map(|r| r.relation.name.clone()));
        deeds.scans.extend(effect.scans.iter().filter(|s| s.existed).map(|s| s.relation.name.clone()));
        deeds.waits |= effect.waits_for_older;
    }
    deeds.locks = locks.into_iter().map(|(name, mode)| (name, short(mode).to_owned())).collect();
    if let Some(last) = steps.last() {
        let who =
            |b: &architrave_model::migration::Blocked| format!("{}{}", if b.reads { "r" } else { "" }, if b.writes { "w" } else { "" });
        deeds.blocks = last.effect.blocks.iter().map(|b| (b.relation.name.clone(), who(b))).collect();
    }
    deeds
}

fn short(mode: LockMode) -> &'static str {
    match mode {
        LockMode::AccessShare => "AS",
        LockMode::RowShare => "RS",
        LockMode::RowExclusive => "RX",
        LockMode::ShareUpdateExclusive => "SUE",
        LockMode::Share => "S",
        LockMode::ShareRowExclusive => "SRE",
        LockMode::Exclusive => "E",
        LockMode::AccessExclusive => "AE",
    }
}

impl Score {
    fn add(&mut self, major: u16, form: &Form, expected: &Deeds, found: &Deeds) {
        self.forms += 1;
        let right = [
            expected.fails == found.fails,
            expected.locks == found.locks,
            expected.rewrites == found.rewrites,
            expected.scans == found.scans,
            expected.blocks == found.blocks && expected.waits == found.waits,
        ];
        let counts = [&mut self.outcomes, &mut self.locks, &mut self.rewrites, &mut self.scans, &mut self.blocks];
        for (count, right) in counts.into_iter().zip(right) {
            *count += usize::from(right);
        }
        if right.contains(&false) {
            say(&format!("<!-- {major}: {}\n     expected {}\n     found    {} -->", form.sql, line(expected), line(found)));
        }
    }

    fn rows(&self) -> Vec<Row> {
        let row = |what: &str, right: usize| {
            let share = right as f64 / self.forms.max(1) as f64 * 100.0;
            Row::new(what, format!("{right} of {} ({share:.1} %)", self.forms)).bar("100 %", right == self.forms)
        };
        let overhead = self.overhead / u32::try_from(self.statements.max(1)).unwrap_or(u32::MAX);
        vec![
            row("success or failure", self.outcomes),
            row("strongest lock of each relation", self.locks),
            row("tables and indexes with new files", self.rewrites),
            row("tables read whole", self.scans),
            row("readers, writers and older transactions waiting", self.blocks),
            Row::new(
                "a trace of one statement beyond the statement's own time, with setting up and reading the catalogue",
                seconds(overhead),
            ),
        ]
    }
}

fn line(deeds: &Deeds) -> String {
    let pairs = |map: &BTreeMap<String, String>| map.iter().map(|(a, b)| format!(" {a}={b}")).collect::<String>();
    let names = |set: &BTreeSet<String>| set.iter().map(|a| format!(" {a}")).collect::<String>();
    format!(
        "{}locks{}; files{}; scan{}; blocks{}{}",
        if deeds.fails { "fails; " } else { "" },
        pairs(&deeds.locks),
        names(&deeds.rewrites),
        names(&deeds.scans),
        pairs(&deeds.blocks),
        if deeds.waits { "; waits" } else { "" }
    )
}
