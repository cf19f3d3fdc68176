//! Statements that refuse a transaction block: an older transaction of ours keeps them waiting while somebody looks at their locks.

use super::TraceError;
use super::effect::{Scene, effect_alone};
use super::inside::Seen;
use super::outside::{self, Waits};
use super::run::Ground;
use architrave_model::migration::Effect;
use architrave_postgres::Client;
use architrave_postgres::replay::{Attempt, ScriptSession};
use std::collections::HashMap;
use std::time::Duration;

/// How often a statement is kept waiting: CREATE INDEX CONCURRENTLY waits three times, each time with other locks.
const ROUNDS: usize = 3;
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(1);

/// What was seen of it.
#[derive(Debug, Default)]
struct Seeing {
    /// Locks while it waited: the same in every run.
    waiting: HashMap<u32, Seen>,
    /// Locks while it went on, which is a matter of luck: they count only for what never waits.
    passing: HashMap<u32, Seen>,
    waits: Vec<Waits>,
    for_transaction: bool,
}

impl Seeing {
    fn add(&mut self, held: Vec<Seen>, waiting: bool) {
        let known = if waiting { &mut self.waiting } else { &mut self.passing };
        for seen in held {
            known.entry(seen.oid).and_modify(|known| known.also(&seen)).or_insert(seen);
        }
    }

    /// The locks that count.
    fn held(&self) -> &HashMap<u32, Seen> {
        if self.waiting.is_empty() { &self.passing } else { &self.waiting }
    }
}

/// Runs one statement outside of a transaction block and watches it.
pub(super) async fn run(ground: &Ground<'_>, session: &ScriptSession, scene: &Scene, text: &str) -> Result<(Attempt, Effect), TraceError> {
    let before = outside::everything(session.admin()).await?;
    let wal = wal(session.admin()).await?;
    let mut elder = Some(stand_in_the_way(ground, first_mode(text)).await?);
    let mut seeing = Seeing::default();
    let attempt = session.attempt("", text);
    tokio::pin!(attempt);
    let mut rounds = 0;
    let done = loop {
        tokio::select! {
            done = &mut attempt => break done,
            () = tokio::time::sleep(PAUSE) => {}
        }
        if elder.is_none() {
            continue;
        }
        let other = outside::watch(session.admin(), session.process()).await?;
        let waiting = other.waiting;
        let tested: Vec<u32> = other.held.iter().filter(|s| is_table(s) && scene.existed(s.oid)).map(|s| s.oid).collect();
        seeing.for_transaction |= other.for_transaction;
        seeing.add(other.held, waiting);
        if waiting {
            seeing.waits.extend(outside::who_waits(session.admin(), &tested).await?);
            rounds += 1;
            // The next one stands in the way before this one leaves.
            let next = if rounds < ROUNDS { Some(stand_in_the_way(ground, "access share").await?) } else { None };
            let gone = std::mem::replace(&mut elder, next);
            if let Some(gone) = gone {
                let _ended = gone.batch_execute("rollback").await;
            }
        }
    };
    drop(elder);
    let after = outside::everything(session.admin()).await?;
    let waits = merged(std::mem::take(&mut seeing.waits));
    let mut effect = effect_alone(scene, &before, &after, seeing.held(), &waits);
    effect.waits_for_older = seeing.for_transaction;
    effect.wal_bytes = Some((self::wal(session.admin()).await? - wal).max(0));
    Ok((done, effect))
}

/// VACUUM shares its table with writers, so the older transaction has to hold what VACUUM itself takes.
fn first_mode(text: &str) -> &'static str {
    let first = text.split(|c: char| !c.is_ascii_alphabetic()).find(|word| !word.is_empty()).unwrap_or_default();
    if first.eq_ignore_ascii_case("vacuum") { "share update exclusive" } else { "row exclusive" }
}

async fn stand_in_the_way(ground: &Ground<'_>, mode: &str) -> Result<Client, TraceError> {
    let client = ground.server.admin(ground.database).await?;
    // A snapshot of its own: the last phase waits for those.
    let sql = format!("begin isolation level repeatable read; select architrave_replay.stay_in_the_way('{mode}')");
    client.batch_execute(&sql).await.map_err(TraceError::own("keep a statement waiting"))?;
    Ok(client)
}

async fn wal(admin: &Client) -> Result<i64, TraceError> {
    let sql = "select pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0')";
    let text = outside::texts(admin, sql, "say where its log ends").await?.pop().unwrap_or_default();
    Ok(text.parse().unwrap_or_default())
}

fn is_table(seen: &Seen) -> bool {
    matches!(seen.kind.as_deref(), Some("r" | "p"))
}

/// The worst of all rounds.
fn merged(waits: Vec<Waits>) -> Vec<Waits> {
    let mut by_table: HashMap<u32, Waits> = HashMap::new();
    for next in waits {
        let (reads, writes) = (next.reads, next.writes);
        let entry = by_table.entry(next.oid).or_insert(next);
        entry.reads |= reads;
        entry.writes |= writes;
    }
    by_table.into_values().collect()
}
