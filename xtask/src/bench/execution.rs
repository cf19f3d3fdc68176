//! Queries run for real: serially, the best of two runs, with a cap.

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

/// The time of each query: the better of two runs.
pub(super) async fn run_all(client: &Client, queries: &[Query]) -> anyhow::Result<Vec<Duration>> {
    let settings = format!("set max_parallel_workers_per_gather = 0; set statement_timeout = '{}s'", CAP.as_secs());
    client.batch_execute(&settings).await?;
    let mut times = Vec::with_capacity(queries.len());
    for query in queries {
        let mut best = CAP;
        for _ in 0..2 {
            let started = Instant::now();
            match client.simple_query(&query.sql).await {
                Ok(_) => best = best.min(started.elapsed()),
                // What was cut off once is cut off again.
                Err(error) if error.code().is_some_and(|code| code.code() == "57014") => break,
                Err(error) => return Err(error).with_context(|| format!("query {}", query.number)),
            }
        }
        times.push(best);
    }
    client.batch_execute("reset max_parallel_workers_per_gather; reset statement_timeout").await?;
    Ok(times)
}

/// The rows for both bars.
pub(super) fn compare(queries: &[Query], before: &[Duration], after: &[Duration]) -> Vec<Row> {
    let mut worst: Option<(f64, usize)> = None;
    for ((query, before), after) in queries.iter().zip(before).zip(after) {
        let ratio = after.as_secs_f64() / before.as_secs_f64();
        say(&format!("<!-- query {}: {:.2} s, with indexes {:.2} s -->", query.number, before.as_secs_f64(), after.as_secs_f64()));
        if after.saturating_sub(*before) > NOISE && worst.is_none_or(|(most, _)| ratio > most) {
            worst = Some((ratio, query.number));
        }
    }
    let total = |times: &[Duration]| times.iter().sum::<Duration>().as_secs_f64();
    let left = total(after) / total(before);
    let slowest = worst.map_or("none".to_owned(), |(ratio, number)| format!("{ratio:.2}× (query {number})"));
    vec![
        Row::new(
            "executed: time left of the time without indexes",
            format!("{:.1} % ({:.1} s of {:.1} s)", left * 100.0, total(after), total(before)),
        )
        .bar(format!("≤ {:.0} %", LEFT * 100.0), left <= LEFT)
        .ratio("postgres-mcp 54.6 %, index_advisor 54.8 %, Extend 60.4 %, dexter 64.6 %"),
        Row::new("executed: the query that suffers most", slowest)
            .bar(format!("≤ {SLOWER}×"), worst.is_none_or(|(ratio, _)| ratio <= SLOWER))
            .ratio("index_advisor 2.43×, dexter 2.04×, Extend 1.44×, postgres-mcp 1.21×"),
    ]
}
