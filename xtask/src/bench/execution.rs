//! Queries run for real: serially, with the indexes and without them in turn, the best of each, with a cap.
//!
//! Without them means inside of a transaction that drops them and is rolled back: so the two figures of a query are taken within seconds on the
//! same files, and other work on the machine falls on both.

use super::Row;
use super::tpc::Query;
use crate::say;
use anyhow::Context as _;
use architrave_postgres::Client;
use std::time::{Duration, Instant};

/// The longest a query may take; one that is cut off counts as this long.
const CAP: Duration = Duration::from_secs(60);
/// Differences below this are noise.
const NOISE: Duration = Duration::from_millis(20);
/// How much slower a query may become.
const SLOWER: f64 = 1.15;
/// Share of the time without indexes that may be left.
const LEFT: f64 = 0.55;

/// What a query took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    /// On the clock.
    time: Duration,
    /// Of the processors, which other work on the machine does not lengthen; as long as `time` where the system does not tell.
    processors: Duration,
}

/// A run as long as this needs no second one.
const SLOW: Duration = Duration::from_secs(15);

/// How often each query runs with and without the indexes.
const ROUNDS: usize = 3;

/// What each query takes without the indexes of these names, and with them.
pub(super) async fn run_pairs(client: &Client, queries: &[Query], indexes: &[String]) -> anyhow::Result<Vec<[Taken; 2]>> {
    let process: i32 = client.query_one("select pg_backend_pid()", &[]).await?.get(0);
    let settings = format!("set max_parallel_workers_per_gather = 0; set statement_timeout = '{}s'", CAP.as_secs());
    client.batch_execute(&settings).await?;
    let gone = format!("begin; drop index {}", indexes.join(", "));
    let mut pairs = Vec::with_capacity(queries.len());
    for query in queries {
        let never = Taken { time: CAP, processors: CAP };
        let mut pair = [never, never];
        let mut cut_off = [false, false];
        for round in 0..ROUNDS {
            // Who comes first changes, so that nobody always finds the pages read.
            for side in [round % 2, 1 - round % 2] {
                let slow = pair[side].time != CAP && pair[side].time > SLOW;
                if cut_off[side] || slow {
                    continue;
                }
                let without = side == 0 && !indexes.is_empty();
                if without {
                    client.batch_execute(&gone).await?;
                }
                let taken = run(client, process, query).await;
                if without {
                    client.batch_execute("rollback").await?;
                }
                let (taken, ended) = taken?;
                cut_off[side] = !ended;
                // What was cut off tells by its processors how far it came.
                let time = if ended { pair[side].time.min(taken.time) } else { CAP };
                pair[side] = Taken { time, processors: pair[side].processors.min(taken.processors) };
            }
        }
        pairs.push(pair);
    }
    client.batch_execute("reset max_parallel_workers_per_gather; reset statement_timeout").await?;
    Ok(pairs)
}

/// One run, and whether it came to its end.
async fn run(client: &Client, process: i32, query: &Query) -> anyhow::Result<(Taken, bool)> {
    let (started, used) = (Instant::now(), processor_time(process));
    let outcome = client.simple_query(&query.sql).await;
    let time = started.elapsed();
    let processors = processor_time(process).zip(used).map_or(time, |(after, before)| after.saturating_sub(before));
    match outcome {
        Ok(_) => Ok((Taken { time, processors }, true)),
        Err(error) if error.code().is_some_and(|code| code.code() == "57014") => Ok((Taken { time: CAP, processors }, false)),
        Err(error) => Err(error).with_context(|| format!("query {}", query.number)),
    }
}

/// Time of the processors that a process has used so far; ticks of a hundredth of a second, as Linux counts for user programs.
fn processor_time(process: i32) -> Option<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = text.rsplit(')').next()?.split_whitespace().skip(11);
    let ticks: u64 = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}

/// The rows for both bars, by the clock and by the processors.
pub(super) fn compare(which: &str, queries: &[Query], pairs: &[[Taken; 2]]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, of) in [("by the clock", (|taken| taken.time) as fn(&Taken) -> Duration), ("by the processors", |taken| taken.processors)] {
        let figures = |side: usize| pairs.iter().map(|pair| of(&pair[side])).collect::<Vec<Duration>>();
        rows.extend(compare_by(&format!("{which}, {name}"), queries, &figures(0), &figures(1)));
    }
    rows
}

fn compare_by(name: &str, queries: &[Query], before: &[Duration], after: &[Duration]) -> Vec<Row> {
    let mut worst: Option<(f64, usize)> = None;
    for ((query, before), after) in queries.iter().zip(before).zip(after) {
        let ratio = after.as_secs_f64() / before.as_secs_f64().max(0.01);
        let (before_s, after_s) = (before.as_secs_f64(), after.as_secs_f64());
        say(&format!("<!-- query {}, {name}: {before_s:.2} s, with indexes {after_s:.2} s -->", query.number));
        if after.saturating_sub(*before) > NOISE && worst.is_none_or(|(most, _)| ratio > most) {
            worst = Some((ratio, query.number));
        }
    }
    let total = |times: &[Duration]| times.iter().sum::<Duration>().as_secs_f64();
    let left = total(after) / total(before);
    let slowest = worst.map_or("none".to_owned(), |(ratio, number)| format!("{ratio:.2}× (query {number})"));
    let measured = format!("{:.1} % ({:.1} s of {:.1} s)", left * 100.0, total(after), total(before));
    vec![
        Row::new(format!("executed, {name}: time left of the time without indexes"), measured)
            .bar(format!("≤ {:.0} %", LEFT * 100.0), left <= LEFT)
            .ratio("postgres-mcp 54.6 %, index_advisor 54.8 %, Extend 60.4 %, dexter 64.6 %"),
        Row::new(format!("executed, {name}: the query that suffers most"), slowest)
            .bar(format!("≤ {SLOWER}×"), worst.is_none_or(|(ratio, _)| ratio <= SLOWER))
            .ratio("index_advisor 2.43×, dexter 2.04×, Extend 1.44×, postgres-mcp 1.21×"),
    ]
}
