//! The order of work: one chain goes through the scripts, and while it goes on, the versions of the scripts behind it are tried, two scripts at a time.

use super::{NAME, SafeVersionError, Setting, State};
use crate::deadline::Deadline;
use crate::ground::{Chain, Ground};
use architrave_model::finding::Proof;
use architrave_model::migration::{Migrations, SafeVersion};
use architrave_model::script::Script;
use architrave_postgres::server::Progress;
use std::sync::Arc;
use tokio::sync::{Mutex, mpsc};

/// Databases up to this size are copied for several scripts at the same time, bytes: there are up to ten copies then, in memory as a rule.
const LARGE: u64 = 100_000_000;

/// Everything that is to be tried.
pub(super) struct Queue<'a> {
    pub(super) ground: &'a Ground<'a>,
    pub(super) migrations: &'a Migrations,
    pub(super) versions: &'a [&'a SafeVersion],
    pub(super) deadline: Option<&'a Deadline>,
    pub(super) progress: &'a dyn Progress,
}

/// Proofs, each with the index of its version.
type Told = Vec<(usize, Proof)>;

/// A script that leads somewhere, and the versions of it, as indexes.
struct Task<'a> {
    setting: Setting<'a>,
    versions: Vec<usize>,
}

impl<'a> Queue<'a> {
    /// Tries all versions whose `place` is one of the scripts.
    pub(super) async fn work_off(&self, scripts: &'a [Script], place: &[Option<usize>]) -> Result<Told, SafeVersionError> {
        let (ready, waiting) = mpsc::channel(1);
        let waiting = Mutex::new(waiting);
        // Sessions and copies are the server's work: it does two things at a time, and we have next to nothing to do.
        let one = Box::pin(self.try_next(&waiting));
        let other = Box::pin(self.try_next(&waiting));
        let (mut told, one, other) = tokio::try_join!(Box::pin(self.go_through(scripts, place, ready)), one, other)?;
        told.extend(one);
        told.extend(other);
        Ok(told)
    }

    fn over(&self) -> Option<String> {
        self.deadline.and_then(Deadline::reached)
    }

    fn settle(&self, versions: &[usize], why: &str) -> Told {
        self.progress.advance(u64::try_from(versions.len()).unwrap_or(0));
        versions.iter().map(|at| (*at, Proof::unknown(NAME, why))).collect()
    }

    /// Plays the scripts, and hands over what is to be tried on the way; tells what cannot be tried.
    async fn go_through(
        &self,
        scripts: &'a [Script],
        place: &[Option<usize>],
        ready: mpsc::Sender<Task<'a>>,
    ) -> Result<Told, SafeVersionError> {
        let mut told = Told::new();
        let mut chain = Chain::begin(self.ground, scripts).await?;
        // Where the last script has led, which is where the next one starts.
        let mut known: Option<Arc<State>> = None;
        for (number, script) in scripts.iter().enumerate() {
            let versions: Vec<usize> = (0..self.versions.len()).filter(|at| place.get(*at) == Some(&Some(number))).collect();
            if let Some(why) = self.over() {
                told.extend(self.settle(&versions, &format!("not tried: {why}")));
                continue;
            }
            if !versions.is_empty() {
                match Setting::of(self.ground, self.migrations, number, script, &mut chain, known.take()).await? {
                    Some(setting) => {
                        known = Some(Arc::clone(&setting.end.state));
                        let task = Task { setting, versions };
                        if chain.needs_server_alone() || task.setting.bytes > LARGE {
                            told.extend(self.try_task(task).await?);
                        } else if ready.send(task).await.is_err() {
                            break;
                        }
                    }
                    None => {
                        told.extend(
                            self.settle(&versions, "the script itself fails on the private copy, so there is no end to compare with"),
                        );
                    }
                }
            }
            if number + 1 < scripts.len() {
                let _failed = chain.stage().await?.play(script).await?;
            }
        }
        drop(ready);
        chain.end().await?;
        Ok(told)
    }

    /// Tries what is handed over, until nothing more comes.
    async fn try_next(&self, waiting: &Mutex<mpsc::Receiver<Task<'a>>>) -> Result<Told, SafeVersionError> {
        let mut told = Told::new();
        loop {
            let next = waiting.lock().await.recv().await;
            let Some(task) = next else { return Ok(told) };
            told.extend(self.try_task(task).await?);
        }
    }

    async fn try_task(&self, mut task: Task<'a>) -> Result<Told, SafeVersionError> {
        let mut told = Told::new();
        for at in task.versions {
            if let Some(why) = self.over() {
                told.extend(self.settle(&[at], &format!("not tried: {why}")));
            } else if let Some(version) = self.versions.get(at) {
                // Two findings on one statement have the same way out now and then.
                let known = told.iter().find(|(other, _)| self.versions.get(*other).is_some_and(|other| does_the_same(other, version)));
                let proof = match known {
                    Some((_, proof)) => proof.clone(),
                    None => task.setting.prove(version).await?,
                };
                told.push((at, proof));
                self.progress.advance(1);
            }
        }
        Ok(told)
    }
}

fn does_the_same(one: &SafeVersion, other: &SafeVersion) -> bool {
    (&one.replaces, &one.files, one.same_end) == (&other.replaces, &other.files, other.same_end)
}
