//! Running a query and reading what `EXPLAIN (ANALYZE, BUFFERS)` says about it.

use super::TrialOptions;
use super::queue::{Queue, without_waiting};
use crate::ground::set_config;
use architrave_model::name::quote_ident;
use architrave_postgres::{Client, DriverError, SimpleQueryMessage};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// A query as it ran.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Measurement {
    /// Execution time of each run, milliseconds; where the system tells, without the time that it waited for a processor.
    pub runs_ms: Vec<f64>,
    /// Shared buffers hit or read by the last run.
    pub blocks: i64,
    /// Blocks written to temporary files.
    pub temp_blocks: i64,
    /// Rows returned (or written).
    pub rows: f64,
    /// WAL, bytes; only of writing statements.
    pub wal_bytes: f64,
    /// Indexes in the plan, without schema, sorted.
    pub indexes: Vec<String>,
    /// The plan's nodes from the root, with relation and index: two runs with the same text had the same plan.
    pub shape: String,
}

impl Measurement {
    /// The fastest run, milliseconds.
    pub fn best_ms(&self) -> f64 {
        self.runs_ms.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// How far the runs lie apart: the middle one above the fastest, as a share of the fastest.
    pub fn noise(&self) -> f64 {
        let mut sorted = self.runs_ms.clone();
        sorted.sort_by(f64::total_cmp);
        match (sorted.first(), sorted.get(sorted.len() / 2)) {
            (Some(best), Some(middle)) if *best > 0.0 => middle / best - 1.0,
            _ => 0.0,
        }
    }

    /// The runs of both; figures and plan of the later one.
    #[must_use]
    pub fn with_runs_of(mut self, earlier: &Self) -> Self {
        if self.shape == earlier.shape {
            self.runs_ms.extend(&earlier.runs_ms);
        }
        self
    }
}

/// How running a query went.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    /// It ran.
    Done(Measurement),
    /// It ran into the time limit.
    TimedOut,
    /// The server refused it: the message.
    Refused(String),
}

impl Measured {
    /// The figures, if it ran.
    pub fn done(&self) -> Option<&Measurement> {
        match self {
            Self::Done(measurement) => Some(measurement),
            _ => None,
        }
    }

    /// Whether it ran with an index of that name.
    pub fn uses(&self, index: &str) -> bool {
        self.done().is_some_and(|m| m.indexes.iter().any(|i| i == index))
    }
}

/// The settings that all runs of a trial have in common.
fn opening(options: &TrialOptions) -> String {
    let mut sql = format!("begin read only; set local statement_timeout = {}; set local jit = off;", options.statement_timeout_ms);
    if !options.parallel {
        sql.push_str("set local max_parallel_workers_per_gather = 0;");
    }
    if !options.search_path.is_empty() {
        let path: Vec<String> = options.search_path.iter().map(|schema| quote_ident(schema)).collect();
        sql.push_str(&format!("set local search_path = {};", path.join(", ")));
    }
    for (name, value) in &options.settings {
        sql.push_str(&format!("select {};", set_config(name, value)));
    }
    sql
}

/// Runs a query so many times, each in a read-only transaction that is rolled back.
pub(super) async fn measure(reader: &Client, sql: &str, runs: u32, options: &TrialOptions) -> Result<Measured, DriverError> {
    let split = architrave_sql::split_with(sql, &architrave_sql::SplitOptions { parse: false, psql: false, ..Default::default() });
    let [statement] = split.statements.as_slice() else {
        return Ok(Measured::Refused("it is not one statement".to_owned()));
    };
    let explain = format!("explain (analyze, buffers, timing off, format json) {}", statement.text);
    let queue = Queue::of(reader).await;
    let mut whole: Option<Measurement> = None;
    for _ in 0..runs.max(1) {
        let before = queue.waited_ms();
        let answer = run(reader, &opening(options), &explain).await;
        let after = queue.waited_ms();
        match answer {
            Ok(mut measurement) => {
                measurement.runs_ms.iter_mut().for_each(|ms| *ms = without_waiting(*ms, before, after));
                whole = Some(match whole {
                    Some(earlier) => measurement.with_runs_of(&earlier),
                    None => measurement,
                });
            }
            Err(error) if error.is_closed() => return Err(error),
            Err(error) if error.code().is_some_and(|code| code.code() == "57014") => return Ok(Measured::TimedOut),
            Err(error) => return Ok(Measured::Refused(crate::round_trip::refusal(&error))),
        }
    }
    Ok(whole.map_or(Measured::TimedOut, Measured::Done))
}

/// One run in a transaction of its own that is rolled back.
pub(super) async fn run(client: &Client, opening: &str, explain: &str) -> Result<Measurement, DriverError> {
    client.batch_execute(opening).await?;
    let answer = client.simple_query(explain).await;
    let rolled_back = client.batch_execute("rollback").await;
    let answer = answer?;
    rolled_back?;
    Ok(read(&text_of(&answer)))
}

/// The lines of an answer's first column.
pub(super) fn text_of(answer: &[SimpleQueryMessage]) -> String {
    let line = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    answer.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

/// Reads a plan in JSON; what is missing counts as nothing.
pub(super) fn read(json: &str) -> Measurement {
    let document: Value = serde_json::from_str(json).unwrap_or_default();
    let (top, plan) = (&document[0], &document[0]["Plan"]);
    let count = |name: &str| plan[name].as_i64().unwrap_or(0);
    let mut indexes = BTreeSet::new();
    let mut shape = String::new();
    walk(plan, &mut indexes, &mut shape);
    Measurement {
        runs_ms: vec![top["Execution Time"].as_f64().unwrap_or(0.0)],
        blocks: count("Shared Hit Blocks") + count("Shared Read Blocks"),
        temp_blocks: count("Temp Written Blocks"),
        rows: plan["Actual Rows"].as_f64().unwrap_or(0.0),
        wal_bytes: plan["WAL Bytes"].as_f64().unwrap_or(0.0),
        indexes: indexes.into_iter().collect(),
        shape,
    }
}

fn walk(plan: &Value, indexes: &mut BTreeSet<String>, shape: &mut String) {
    if !shape.is_empty() {
        shape.push(' ');
    }
    shape.push('(');
    shape.push_str(plan["Node Type"].as_str().unwrap_or("?"));
    for name in ["Relation Name", "Index Name"] {
        if let Some(text) = plan[name].as_str() {
            shape.push(' ');
            shape.push_str(text);
        }
    }
    if let Some(index) = plan["Index Name"].as_str() {
        indexes.insert(index.to_owned());
    }
    for child in plan["Plans"].as_array().into_iter().flatten() {
        walk(child, indexes, shape);
    }
    shape.push(')');
}
