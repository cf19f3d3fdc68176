//! Policy sets with known verdicts: how many the attack gets wrong, how many it does not decide, and how long it takes.

#[expect(dead_code, reason = "the tests arbitrate labels, too; the benchmark holds the attack to them")]
#[path = "../../../../crates/architrave-prove/tests/it/policy_sets/mod.rs"]
mod policy_sets;

use super::super::{Row, print, seconds};
use anyhow::anyhow;
use architrave_postgres::replay::Confined;
use architrave_postgres::server::{NoProgress, PrivateServer, ServerOptions};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Runs the sets whose names hold `wanted`, and prints the table; status 1 when a bar is missed.
pub(super) fn run(root: &Path, wanted: &str) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new()?;
    let (rows, details) = runtime.block_on(measure(root, wanted))?;
    let mut missed = print::head();
    missed += print::rows("corpus", rows);
    for line in details {
        crate::say(&line);
    }
    Ok(ExitCode::from(u8::from(missed > 0)))
}

async fn measure(root: &Path, wanted: &str) -> anyhow::Result<(Vec<Row>, Vec<String>)> {
    let all = policy_sets::read_all(&root.join(policy_sets::DIRECTORY)).map_err(|why| anyhow!(why))?;
    let sets = policy_sets::in_order(all.into_iter().filter(|set| set.name.contains(wanted)).collect());
    let server = PrivateServer::start(&ServerOptions::from_env(), &NoProgress).await?;
    let confined = Confined::new(&server).await?;
    let (since, mut slowest) = (Instant::now(), (Duration::ZERO, String::new()));
    let mut last: Option<(String, Instant)> = None;
    let mut told = |name: &str| {
        if let Some((before, started)) = last.replace((name.to_owned(), Instant::now())) {
            slowest = slowest.clone().max((started.elapsed(), before));
        }
    };
    let figures = policy_sets::run(&confined, &sets, policy_sets::What::Attack, &mut told).await.map_err(|why| anyhow!(why))?;
    server.stop().await?;
    let (decided, cells) = figures.cells;
    let wrong = figures.wrong.len();
    let share = |part: usize, of: usize| format!("{:.1} %", 100.0 * part as f64 / of.max(1) as f64);
    let rows = vec![
        Row::new("policy sets, cells with known verdicts", format!("{}, {}", sets.len(), figures.labels))
            .bar("≥ 120 sets", sets.len() >= 120 || !wanted.is_empty()),
        Row::new("wrong verdicts", wrong.to_string()).bar("0", wrong == 0),
        Row::new("known cells not decided", figures.undecided.len().to_string())
            .ratio(share(figures.undecided.len(), figures.labels))
            .bar("≤ 5 %", figures.undecided.len() * 20 <= figures.labels),
        Row::new("all cells decided", format!("{decided} of {cells}")).ratio(share(decided, cells)),
        Row::new("time of the attacks", seconds(figures.attacking)).ratio(format!("{} with everything", seconds(since.elapsed()))),
        Row::new("slowest set", slowest.1).ratio(seconds(slowest.0)),
    ];
    let tagged = |tag: &'static str, lines: Vec<String>| lines.into_iter().map(move |line| format!("{tag}: {line}"));
    let details = tagged("wrong", figures.wrong).chain(tagged("not decided", figures.undecided));
    Ok((rows, details.collect()))
}
