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
use architrave_sql::effects::{JudgeOptions, judge};
use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The schema below all forms.
const BASE: &str = include_str!("matrix_base.sql");

/// Statements of the long script, and the bar for one.
const STATEMENTS: usize = 400;
const OVERHEAD: Duration = Duration::from_millis(60);

/// Precision and recall of the static path.
const READ: f64 = 0.95;

/// How many forms come out as known, by what is looked at.
#[derive(Debug, Default)]
struct Score {
    forms: usize,
    outcomes: usize,
    locks: usize,
    rewrites: usize,
    scans: usize,
    blocks: usize,
    /// Whether the static path takes what is heavy for heavy: right, false alarms, missed.
    heavy: (usize, usize, usize),
    /// Time for a statement beyond its own.
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
        let (found, heavy) = execute(&confined, &database, form).await.with_context(|| form.sql.clone())?;
        score.add(major, form, expected, &found);
        if !found.fails {
            score.compare_read(major, form, heavy);
        }
    }
    score.overhead = overhead(&confined, &base).await?;
    drop(base);
    server.stop().await?;
    Ok(score)
}

/// What the trace of a statement costs beyond the statement's own time, in one long script with all that belongs to it.
async fn overhead(server: &Confined<'_>, base: &Database) -> anyhow::Result<Duration> {
    let mut text = String::new();
    for number in 0..STATEMENTS / 4 {
        text.push_str(&format!(
            "create table made_{number} (id bigint primary key, maker_id bigint references maker, note text);
             create index on made_{number} (maker_id); alter table item add column extra_{number} int; comment on table made_{number} is 'x';"
        ));
    }
    let database = server.clone_database(base).await?;
    let started = Instant::now();
    let traced = trace_on(server, &database, &[script("long.sql", &text, TransactionMode::PerStatement)], &options(), &NoProgress).await?;
    let own: f64 = traced.migrations.steps.iter().filter_map(|s| s.effect.milliseconds).sum();
    Ok(started.elapsed().saturating_sub(Duration::from_secs_f64(own / 1000.0)) / u32::try_from(STATEMENTS)?)
}

fn options() -> TraceOptions {
    TraceOptions { seed_rows: false, ..TraceOptions::default() }
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

fn migration(form: &Form) -> Script {
    let mut migration = script("form.sql", &form.sql, TransactionMode::PerFile);
    if !form.in_transaction && migration.statements.iter().any(|s| s.kind == StatementKind::NonTransactional) {
        migration.transaction = TransactionMode::PerStatement;
    }
    migration
}

/// Executes a form; whether it is heavy, and the deeds of all its statements together.
async fn execute(server: &Confined<'_>, database: &Database, form: &Form) -> anyhow::Result<(Deeds, bool)> {
    let migration = migration(form);
    if !form.setup.is_empty() && server.owner(database).await?.batch_execute(&form.setup).await.is_err() {
        return Ok((Deeds { fails: true, ..Deeds::default() }, false));
    }
    let traced = trace_on(server, database, &[migration], &options(), &NoProgress).await?;
    let steps = &traced.migrations.steps;
    Ok((deeds(steps), steps.iter().any(|s| s.effect.is_heavy())))
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
    deeds.locks = locks.into_iter().map(|(name, mode)| (name, mode.initials().to_owned())).collect();
    if let Some(last) = steps.last() {
        let who =
            |b: &architrave_model::migration::Blocked| format!("{}{}", if b.reads { "r" } else { "" }, if b.writes { "w" } else { "" });
        deeds.blocks = last.effect.blocks.iter().map(|b| (b.relation.name.clone(), who(b))).collect();
    }
    deeds
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

    /// The same form read, not executed, on the catalogue that the schema's text gives.
    fn compare_read(&mut self, major: u16, form: &Form, heavy: bool) {
        let earlier =
            [script("base.sql", BASE, TransactionMode::PerStatement), script("setup.sql", &form.setup, TransactionMode::PerStatement)];
        let judged = judge(None, &earlier, &[migration(form)], &JudgeOptions { major, ..JudgeOptions::default() });
        let taken = judged.steps.iter().any(|s| s.effect.is_heavy());
        match (heavy, taken) {
            (true, true) => self.heavy.0 += 1,
            (false, true) => self.heavy.1 += 1,
            (true, false) => self.heavy.2 += 1,
            (false, false) => {}
        }
        if heavy != taken {
            say(&format!("<!-- {major}, not executed: {} is {}taken for heavy -->", form.sql, if taken { "" } else { "not " }));
        }
    }

    fn rows(&self) -> Vec<Row> {
        let row = |what: &str, right: usize| {
            let share = right as f64 / self.forms.max(1) as f64 * 100.0;
            Row::new(what, format!("{right} of {} ({share:.1} %)", self.forms)).bar("100 %", right == self.forms)
        };
        let (right, alarms, missed) = self.heavy;
        let of = |what: &str, wrong: usize| {
            let share = right as f64 / (right + wrong).max(1) as f64;
            Row::new(format!("not executed, heavy or not: {what}"), format!("{share:.3} ({right} right, {wrong} wrong)"))
                .bar("≥ 0.95", share >= READ)
        };
        let overhead = "executing a statement beyond its own time, in a script of 400";
        vec![
            row("success or failure", self.outcomes),
            row("strongest lock of each relation", self.locks),
            row("tables and indexes with new files", self.rewrites),
            row("tables read whole", self.scans),
            row("readers, writers and older transactions waiting", self.blocks),
            of("precision", alarms),
            of("recall", missed),
            if cfg!(debug_assertions) {
                Row::new(overhead, seconds(self.overhead))
                    .ratio("a debug build: cargo run --release -p xtask -- bench lint --matrix has the bar")
            } else {
                Row::at_most(overhead, self.overhead, OVERHEAD)
            },
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
