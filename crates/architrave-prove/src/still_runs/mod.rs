//! Queries that still run: those that PostgreSQL accepts before the first pending script are tried after every statement of it.
//!
//! Each is prepared anew, as a client that connects then would, and planned by the session that prepared it before the first script, as a client that
//! was connected all the time would. Nothing is executed. A break that heals before its transaction ends is none: nobody saw it.

mod insert;
mod known;
mod reach;
#[cfg(test)]
mod tests;

use crate::ground::{Chain, Ground, PassageError, rows};
use architrave_model::migration::BrokenQuery;
use architrave_model::name::quote_literal;
use architrave_model::script::{Location, Script};
use architrave_postgres::replay::{Stage, ask_all};
use architrave_postgres::server::Progress;
use insert::Inserts;
use known::Known;
use reach::Reach;

pub use known::known_queries;

/// The prover's name.
pub const NAME: &str = "still-runs";

/// A query of the project: where it stands, when it stands in a file, and its text.
pub type KnownQuery = (Option<Location>, String);

/// What has come of the queries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StillRuns {
    /// Queries that stop working, in the order of the steps; one query has an entry for each time that it breaks.
    pub broken: Vec<BrokenQuery>,
    /// Queries that were tried: PostgreSQL accepts them before the first pending script.
    pub tried: usize,
    /// Queries that it does not accept there: fragments, templates, other databases' queries.
    pub not_tried: usize,
}

/// Queries of one flight of messages.
const FLIGHT: usize = 128;

/// How a query fares after a step.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Health {
    Works,
    /// Only sessions that had prepared it before fail.
    Prepared(Complaint),
    Broken(Complaint),
}

/// SQLSTATE and message.
type Complaint = (String, String);

/// Tries `queries` after every statement of the pending scripts. Steps are counted over all statements of all of them.
pub async fn still_runs(
    ground: &Ground<'_>,
    pending: &[Script],
    queries: &[KnownQuery],
    progress: &dyn Progress,
) -> Result<StillRuns, PassageError> {
    let candidates = known::candidates(queries);
    if candidates.is_empty() || pending.iter().all(|s| s.statements.is_empty()) {
        return Ok(StillRuns { not_tried: queries.len(), ..StillRuns::default() });
    }
    let mut chain = Chain::begin(ground, pending).await?;
    let stage = chain.stage().await?;
    let mut watch = Watch::begin(stage, candidates).await?;
    let mut result = StillRuns { tried: watch.known.len(), not_tried: queries.len() - watch.known.len(), broken: Vec::new() };
    if watch.known.is_empty() {
        return Ok(result);
    }
    let steps: usize = pending.iter().map(|s| s.statements.len()).sum();
    progress.begin("trying the project's queries", u64::try_from(steps).ok());
    let mut step = 0;
    // The first step whose effect others cannot see yet.
    let mut unseen = 0;
    for script in pending {
        stage.enter(script).await;
        for statement in &script.statements {
            // What fails is told by the trace; here the rest goes on, as in a replay.
            let _failed = stage.step(script, statement).await?;
            watch.look(stage, step, &reach::of(statement)).await?;
            step += 1;
            if !stage.is_open() {
                watch.seen(unseen);
                unseen = step;
            }
            progress.advance(1);
        }
        let _failed = stage.leave(script).await;
        if !stage.is_open() {
            watch.seen(unseen);
            unseen = step;
        }
    }
    progress.end();
    chain.end().await?;
    watch.seen(unseen);
    result.broken = watch.broken;
    result.broken.sort_by_key(|b| b.step);
    Ok(result)
}

/// The queries under watch.
struct Watch {
    known: Vec<Known>,
    inserts: Inserts,
    /// `search_path` of a new session, as a literal.
    path: String,
    /// Open and closed breaks.
    broken: Vec<BrokenQuery>,
}

impl Watch {
    /// Prepares what can be prepared, in the session that plays the scripts: its plans are invalidated as those of any other.
    async fn begin(stage: &Stage<'_>, candidates: Vec<Known>) -> Result<Self, PassageError> {
        let client = stage.client();
        let doing = "prepare the project's queries";
        let answer = client.simple_query("select current_setting('search_path')").await.map_err(PassageError::doing(doing))?;
        let path = rows(&answer).into_iter().flatten().flatten().next().unwrap_or_default();
        let mut known = Vec::new();
        for (number, mut query) in candidates.into_iter().enumerate() {
            query.kept = format!("architrave_known_{number}");
            if client.batch_execute(&format!("prepare {} as {}", query.kept, query.text)).await.is_ok() {
                known.push(query);
            }
        }
        let sql = "select name, cardinality(parameter_types) from pg_catalog.pg_prepared_statements where name like 'architrave_known_%'";
        let counts = rows(&client.simple_query(sql).await.map_err(PassageError::doing(doing))?);
        for row in counts {
            let [Some(name), Some(count)] = row.as_slice() else { continue };
            if let Some(query) = known.iter_mut().find(|k| k.kept == *name) {
                query.parameters = count.parse().unwrap_or(0);
            }
        }
        let inserts = Inserts::of(&known);
        let mut watch = Self { known, inserts, path: quote_literal(&path), broken: Vec::new() };
        // What cannot be planned with NULLs in the beginning shows nothing later.
        let all: Vec<usize> = (0..watch.known.len()).collect();
        let first = watch.ask(stage, &all).await?;
        watch.inserts.remember(&first.required);
        for (query, complaints) in watch.known.iter_mut().zip(first.complaints) {
            query.plannable = complaints.kept.is_none();
        }
        watch.inserts.renumber(&watch.known);
        Ok(watch)
    }

    /// Compares with the step before, and notes what has broken and what has healed.
    async fn look(&mut self, stage: &Stage<'_>, step: usize, reach: &Reach) -> Result<(), PassageError> {
        let reached = |k: &Known| match reach {
            Reach::Nothing => false,
            Reach::Everything => true,
            Reach::Named(words) => words.iter().any(|word| k.words.contains(word)),
        };
        // What is broken may heal by anything: an index for an upsert, a view where a table was.
        let asked: Vec<usize> =
            self.known.iter().enumerate().filter(|(_, k)| k.health != Health::Works || reached(k)).map(|(number, _)| number).collect();
        if asked.is_empty() {
            return Ok(());
        }
        let answers = self.ask(stage, &asked).await?;
        for (number, complaints) in asked.into_iter().zip(answers.complaints) {
            let missing = self.inserts.missing(number, &answers.required);
            let Some(query) = self.known.get_mut(number) else { continue };
            let health = match (complaints.fresh, missing, complaints.kept) {
                (Some(complaint), _, _) | (None, Some(complaint), _) => Health::Broken(complaint),
                (None, None, Some(complaint)) => Health::Prepared(complaint),
                _ => Health::Works,
            };
            let same = matches!(
                (&query.health, &health),
                (Health::Works, Health::Works) | (Health::Prepared(_), Health::Prepared(_)) | (Health::Broken(_), Health::Broken(_))
            );
            if same {
                continue;
            }
            if let Some(open) = query.open.take().and_then(|at| self.broken.get_mut(at)) {
                open.healed_by = Some(step);
            }
            if let Health::Broken((sqlstate, message)) | Health::Prepared((sqlstate, message)) = &health {
                query.open = Some(self.broken.len());
                self.broken.push(BrokenQuery {
                    step,
                    location: query.location.clone(),
                    query: query.shown.clone(),
                    sqlstate: sqlstate.clone(),
                    message: message.clone(),
                    prepared_only: matches!(health, Health::Prepared(_)),
                    healed_by: None,
                });
            }
            query.health = health;
        }
        Ok(())
    }

    /// A transaction that began with step `first` has ended: forgets the breaks that healed inside it.
    fn seen(&mut self, first: usize) {
        let open: Vec<bool> = (0..self.broken.len()).map(|at| self.known.iter().any(|k| k.open == Some(at))).collect();
        let mut at = 0;
        let mut moved = Vec::with_capacity(open.len());
        let mut kept = 0;
        self.broken.retain(|broken| {
            let stays = open.get(at) == Some(&true) || broken.step < first || broken.healed_by.is_none();
            at += 1;
            moved.push(kept);
            kept += usize::from(stays);
            stays
        });
        for query in &mut self.known {
            query.open = query.open.and_then(|at| moved.get(at).copied());
        }
    }

    /// Asks for these queries, in the open transaction or in one of its own, and leaves everything as it was.
    async fn ask(&self, stage: &Stage<'_>, asked: &[usize]) -> Result<Answers, PassageError> {
        let client = stage.client();
        let doing = || PassageError::doing("try the project's queries");
        let open = if stage.is_open() { "savepoint architrave_known" } else { "begin" };
        let settings = "set local role none; set local statement_timeout = 10000; set local check_function_bodies = off";
        let path = format!("select pg_catalog.set_config('search_path', {}, true)", self.path);
        let begin = format!("{open}; {settings}; {path}; savepoint architrave_one");
        client.batch_execute(&begin).await.map_err(doing())?;
        let mut answers = Answers::default();
        for flight in asked.chunks(FLIGHT) {
            let messages: Vec<String> = flight.iter().filter_map(|number| self.known.get(*number)).flat_map(Known::messages).collect();
            let replies: Vec<Option<Complaint>> = ask_all(client, &messages).await.into_iter().map(|r| r.err().map(complaint)).collect();
            for three in replies.chunks(3) {
                let [fresh, _, kept] = three else { continue };
                // A script that discards what is prepared discards our own, too.
                let kept = kept.clone().filter(|(sqlstate, _)| sqlstate != "26000");
                answers.complaints.push(Complaints { fresh: fresh.clone(), kept });
            }
        }
        client.batch_execute("rollback to savepoint architrave_one").await.map_err(doing())?;
        if let Some(question) = self.inserts.question() {
            answers.required = insert::required(&rows(&client.simple_query(&question).await.map_err(doing())?));
        }
        let close = if stage.is_open() { "rollback to savepoint architrave_known; release savepoint architrave_known" } else { "rollback" };
        client.batch_execute(close).await.map_err(doing())?;
        Ok(answers)
    }
}

/// What PostgreSQL said to every query.
#[derive(Debug, Default)]
struct Answers {
    complaints: Vec<Complaints>,
    required: insert::Required,
}

#[derive(Debug)]
struct Complaints {
    fresh: Option<Complaint>,
    kept: Option<Complaint>,
}

fn complaint(error: architrave_postgres::DriverError) -> Complaint {
    let sqlstate = error.code().map_or_else(|| "08006".to_owned(), |code| code.code().to_owned());
    (sqlstate, crate::round_trip::refusal(&error))
}
