//! The round trip of fixes: apply on a clone, read back, check again, compare, undo, compare again.

mod scope;
#[cfg(test)]
pub(crate) mod tests;

use architrave_model::catalog::compare::{Difference, Ignore, differences};
use architrave_model::finding::{Finding, Fix, Proof, Value, Verdict};
use architrave_model::{Catalog, ObjectRef};
use architrave_postgres::Client;
use architrave_postgres::read::{ReadError, ReadOptions, read_catalog};
use architrave_postgres::replay::{Confined, ReplayError};
use architrave_postgres::server::Database;
use std::collections::{BTreeMap, BTreeSet};

/// The prover's name in `proof.by`.
pub const NAME: &str = "round-trip";

/// What a proof works with.
pub struct Means<'a> {
    /// The private server.
    pub server: &'a Confined<'a>,
    /// A database with the schema under review; nobody may be connected to it.
    pub base: &'a Database,
    /// That schema as read back.
    pub catalog: &'a Catalog,
    /// Runs all rules over a catalogue that stands in for the one under review.
    pub check: &'a (dyn Fn(&Catalog) -> Vec<Finding> + Sync),
    /// Fingerprints of what they find in the schema as it is.
    pub known: BTreeSet<String>,
}

impl<'a> Means<'a> {
    /// Asks the rules about the schema as it is, once for all trials.
    pub fn new(
        server: &'a Confined<'a>,
        base: &'a Database,
        catalog: &'a Catalog,
        check: &'a (dyn Fn(&Catalog) -> Vec<Finding> + Sync),
    ) -> Self {
        let known = check(catalog).into_iter().map(|f| f.fingerprint).collect();
        Self { server, base, catalog, check, known }
    }
}

/// A proof that could not be tried at all.
#[derive(Debug, thiserror::Error)]
pub enum RoundTripError {
    /// The private server refused.
    #[error(transparent)]
    Server(#[from] ReplayError),
    /// The clone could not be read back.
    #[error("a clone on the private PostgreSQL could not be read back: {0}")]
    Read(#[from] ReadError),
}

/// What applying one fix has shown so far.
struct Trial<'f> {
    finding: &'f Finding,
    fix: &'f Fix,
    transcript: Vec<String>,
    refused: Option<String>,
}

/// Tries all fixes of one rule on one clone of the base; proofs come back in the order of the findings. Findings without a fix
/// must not be passed.
pub async fn prove_rule(means: &Means<'_>, findings: &[&Finding]) -> Result<Vec<Proof>, RoundTripError> {
    let known = &means.known;
    let clone = means.server.clone_database(means.base).await?;
    let mut client = means.server.owner(&clone).await?;
    let mut trials = Vec::new();
    for finding in findings {
        let Some(fix) = &finding.fix else { continue };
        let mut trial = Trial { finding, fix, transcript: Vec::new(), refused: None };
        if known.contains(&finding.fingerprint) {
            trial.refused = apply(&client, &fix.up, fix.transactional, &mut trial.transcript).await.err();
        }
        trials.push(trial);
    }
    let after = read_back(&mut client).await?;
    let remaining: BTreeSet<String> = (means.check)(&after).into_iter().map(|f| f.fingerprint).collect();
    let changed = differences(means.catalog, &after, Ignore::default());
    for trial in trials.iter_mut().rev() {
        if trial.refused.is_none() && known.contains(&trial.finding.fingerprint) && !trial.fix.down.is_empty() {
            let mut lines = Vec::new();
            if let Err(message) = apply(&client, &trial.fix.down, trial.fix.transactional, &mut lines).await {
                trial.transcript.push(format!("-- the way back was refused: {message}"));
            }
        }
    }
    let restored = read_back(&mut client).await?;
    let left_over = differences(means.catalog, &restored, Ignore::default());
    drop(client);
    let evidence = Evidence { known, remaining, changed, left_over };
    let scopes: Vec<scope::Scope> = trials.iter().map(|t| scope::Scope::of(t.finding, t.fix)).collect();
    Ok(trials.into_iter().enumerate().map(|(at, trial)| evidence.judge(trial, &scopes, at)).collect())
}

pub(crate) async fn read_back(client: &mut Client) -> Result<Catalog, ReadError> {
    let mut catalog = read_catalog(client, &ReadOptions::default()).await?;
    architrave_postgres::replay::without_own_objects(&mut catalog);
    Ok(catalog)
}

/// The server's own words.
pub fn refusal(error: &architrave_postgres::DriverError) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |db| db.message().to_owned())
}

/// Executes the statements; the error is the server's message for the statement that failed.
async fn apply(client: &Client, statements: &[String], transactional: bool, transcript: &mut Vec<String>) -> Result<(), String> {
    let together = transactional && statements.len() > 1;
    if together {
        client.batch_execute("begin").await.map_err(|e| e.to_string())?;
    }
    for statement in statements {
        if let Err(error) = client.batch_execute(statement).await {
            let message = refusal(&error);
            transcript.push(format!("{statement}; -- refused: {message}"));
            if together {
                let _undone = client.batch_execute("rollback").await;
            }
            return Err(message);
        }
        transcript.push(format!("{statement}; -- ok"));
    }
    if together {
        client.batch_execute("commit").await.map_err(|e| e.to_string())?;
    }
    Ok(())
}

struct Evidence<'k> {
    known: &'k BTreeSet<String>,
    remaining: BTreeSet<String>,
    changed: Vec<Difference>,
    left_over: Vec<Difference>,
}

impl Evidence<'_> {
    fn judge(&self, trial: Trial<'_>, scopes: &[scope::Scope], at: usize) -> Proof {
        let finding = trial.finding;
        if !self.known.contains(&finding.fingerprint) {
            return Proof::unknown(NAME, "the finding does not show on the private copy, so its fix could not be tried there");
        }
        let mut proof = Proof {
            verdict: Verdict::Proved,
            by: NAME.to_owned(),
            before: BTreeMap::from([("findings".to_owned(), Value::Int(1))]),
            after: BTreeMap::from([("findings".to_owned(), Value::Int(0))]),
            transcript: trial.transcript,
            reason: None,
        };
        let own = &scopes[at];
        let stray = self.changed.iter().find(|d| !scopes.iter().any(|s| s.covers(&d.object)));
        if let Some(message) = trial.refused {
            refute(&mut proof, format!("PostgreSQL refuses the fix: {message}"));
        } else if self.remaining.contains(&finding.fingerprint) {
            proof.after.insert("findings".to_owned(), Value::Int(1));
            refute(&mut proof, "the finding is still there after the fix".to_owned());
        } else if let Some(stray) = stray {
            refute(&mut proof, format!("more changes than the fix says: {}", stray.line()));
        }
        // Fixes of one rule are tried together: a change that another fix names is that one's.
        let of_another = |d: &Difference| !own.names(&d.object) && scopes.iter().any(|s| s.names(&d.object));
        let mine = |objects: &[Difference]| -> Vec<String> {
            objects.iter().filter(|d| own.covers(&d.object) && !of_another(d)).take(12).map(Difference::line).collect()
        };
        proof.transcript.extend(mine(&self.changed).into_iter().map(|line| format!("-- changed: {line}")));
        let new: Vec<&String> = self.remaining.difference(self.known).collect();
        if !new.is_empty() {
            proof.transcript.push(format!("-- {} other finding(s) appear after the fixes of this rule", new.len()));
        }
        if trial.fix.down.is_empty() {
            proof.transcript.push("-- there is no way back".to_owned());
        } else {
            let left = mine(&self.left_over);
            if left.is_empty() {
                proof.transcript.push("-- undone: the schema is as before".to_owned());
            } else {
                proof.transcript.extend(left.into_iter().map(|line| format!("-- the way back leaves: {line}")));
            }
        }
        proof
    }
}

fn refute(proof: &mut Proof, reason: String) {
    proof.verdict = Verdict::Refuted;
    proof.reason = Some(reason);
}

/// The object of a finding and its places, together.
fn objects(finding: &Finding) -> impl Iterator<Item = &ObjectRef> {
    std::iter::once(&finding.object).chain(finding.places.iter().map(|p| &p.object))
}
