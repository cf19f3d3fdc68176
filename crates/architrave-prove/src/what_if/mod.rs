//! Planning with and without indexes on twins: what the index advisor asks.
//!
//! Which indexes the planner sees is a matter of the catalogue (`pg_index.indisvalid`), and two sessions that change the same row
//! wait for each other. So every worker has a twin of its own, shows and hides there, and plans; requests go to whoever is free.

mod plan;
mod reads;
#[cfg(test)]
mod tests;
mod worker;

use architrave_model::what_if::{Answer, Request, TrialIndex, WhatIf, WhatIfError};
use architrave_postgres::twin::Twin;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use worker::Worker;

/// The prover's name in `proof.by`.
pub const NAME: &str = "what-if";

/// A query as it is planned.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Planned {
    /// What to call it in errors: the workload's id.
    pub id: String,
    /// Statements with their shares of the calls; the cost is their weighted mean.
    pub variants: Vec<(String, f64)>,
    /// `search_path` to plan it under, when it is not the database's.
    pub search_path: Option<String>,
}

/// What workers take from and give back to.
type Queue = Arc<Mutex<VecDeque<(usize, Request)>>>;

enum Job {
    /// Make these indexes known.
    Add(Arc<Vec<TrialIndex>>),
    /// Take requests from the queue until it is empty.
    Plan(Queue),
}

enum Done {
    Added(Vec<Option<String>>),
    Planned(usize, Answer),
    /// The queue was empty.
    Idle,
    Failed(String),
}

struct Hand {
    jobs: Option<Sender<Job>>,
    done: Receiver<Done>,
    thread: Option<JoinHandle<()>>,
}

/// A planner over twins of one source, one worker each.
pub struct Planner {
    hands: Vec<Hand>,
}

impl Planner {
    /// Starts one worker per twin; all twins must be of the same source.
    pub fn new(twins: Vec<Twin>, queries: Vec<Planned>) -> Result<Self, WhatIfError> {
        if twins.is_empty() {
            return Err(WhatIfError { message: "no twin to plan on".into() });
        }
        let queries = Arc::new(queries);
        let mut hands = Vec::new();
        for twin in twins {
            let (jobs, inbox) = channel();
            let (outbox, done) = channel();
            let queries = Arc::clone(&queries);
            let run = move || Worker::run(&twin, &queries, &inbox, &outbox);
            let thread = std::thread::Builder::new().name("architrave-what-if".into()).spawn(run);
            let thread = thread.map_err(|e| WhatIfError { message: format!("no thread to plan on: {e}") })?;
            hands.push(Hand { jobs: Some(jobs), done, thread: Some(thread) });
        }
        Ok(Self { hands })
    }

    fn tell(&self, job: impl Fn() -> Job) -> Result<(), WhatIfError> {
        for hand in &self.hands {
            let sent = hand.jobs.as_ref().map(|jobs| jobs.send(job()));
            if !matches!(sent, Some(Ok(()))) {
                return Err(gone());
            }
        }
        Ok(())
    }
}

impl WhatIf for Planner {
    fn add(&mut self, indexes: &[TrialIndex]) -> Result<Vec<Option<String>>, WhatIfError> {
        let shared = Arc::new(indexes.to_vec());
        self.tell(|| Job::Add(Arc::clone(&shared)))?;
        let mut refused: Vec<Option<String>> = vec![None; indexes.len()];
        for hand in &self.hands {
            match hand.done.recv() {
                Ok(Done::Added(own)) => {
                    for (all, own) in refused.iter_mut().zip(own) {
                        *all = all.take().or(own);
                    }
                }
                Ok(Done::Failed(message)) => return Err(WhatIfError { message }),
                _ => return Err(gone()),
            }
        }
        Ok(refused)
    }

    fn cost(&mut self, requests: &[Request]) -> Result<Vec<Answer>, WhatIfError> {
        let queue: Queue = Arc::new(Mutex::new(requests.iter().cloned().enumerate().collect()));
        self.tell(|| Job::Plan(Arc::clone(&queue)))?;
        let mut answers: Vec<Option<Answer>> = vec![None; requests.len()];
        let mut failed = None;
        for hand in &self.hands {
            loop {
                match hand.done.recv() {
                    Ok(Done::Planned(at, answer)) => answers[at] = Some(answer),
                    Ok(Done::Idle) => break,
                    Ok(Done::Failed(message)) => failed = Some(WhatIfError { message }),
                    _ => return Err(gone()),
                }
            }
        }
        match failed {
            Some(error) => Err(error),
            None => answers.into_iter().map(|a| a.ok_or_else(gone)).collect(),
        }
    }
}

impl Drop for Planner {
    fn drop(&mut self) {
        for hand in &mut self.hands {
            hand.jobs = None;
        }
        for hand in &mut self.hands {
            if let Some(thread) = hand.thread.take() {
                let _joined = thread.join();
            }
        }
    }
}

impl std::fmt::Debug for Planner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Planner").field("workers", &self.hands.len()).finish()
    }
}

fn gone() -> WhatIfError {
    WhatIfError { message: "the private PostgreSQL that plans went away".into() }
}
