//! Repairs of access, proven: each is applied on a copy and the attack is repeated there. What it should close must be closed, whoever was meant to get
//! through must still get through, and nothing new may open. What cannot show that is withdrawn.

mod compare;
mod plans;
#[cfg(test)]
mod tests;

pub use plans::PlanCheck;

use crate::ground::catalog_of;
use crate::rls_attack::{AttackError, AttackInput, AttackOptions, attack_as_meant};
use architrave_model::Catalog;
use architrave_model::access::{AttackReport, Repair};
use architrave_model::catalog::compare::{Ignore, differences};
use architrave_model::finding::{Proof, Value, Verdict};
use architrave_postgres::Client;
use architrave_postgres::server::{Database, Progress};
use compare::Change;
use std::collections::{BTreeMap, BTreeSet};

/// The prover's name in `proof.by`.
pub const NAME: &str = "rls_repair";

/// Proposed repairs, each with its alternatives, tried until one holds.
///
/// Returned are the repairs that hold, and of the others the first alternative with the reason why none does. All that hold are tried together in the
/// end, as they will be applied.
pub async fn repair(
    input: &AttackInput<'_>,
    before: &AttackReport,
    proposed: Vec<Vec<Repair>>,
    plans: Option<&PlanCheck<'_>>,
    options: &AttackOptions,
    progress: &dyn Progress,
) -> Result<Vec<Repair>, AttackError> {
    let options = AttackOptions { mutations: false, ..options.clone() };
    let bench = Bench { input, before, options: &options, plans, progress };
    progress.begin("trying repairs", u64::try_from(proposed.len()).ok());
    let mut tried: Vec<Repair> = Vec::new();
    let mut closed: BTreeSet<usize> = BTreeSet::new();
    for alternatives in proposed {
        progress.advance(1);
        // A way in that an earlier repair has closed needs no other.
        let open = |r: &Repair| r.closes.iter().any(|at| !closed.contains(at));
        let mut withdrawn: Option<Repair> = None;
        for alternative in alternatives.into_iter().filter(open) {
            let holds: Vec<&Repair> = tried.iter().filter(|r| r.proof.verdict == Verdict::Proved).collect();
            let proved = bench.try_on_top(&holds, alternative).await?;
            if proved.proof.verdict == Verdict::Proved {
                closed.extend(proved.closes.iter().copied());
                withdrawn = None;
                tried.push(proved);
                break;
            }
            withdrawn.get_or_insert(proved);
        }
        tried.extend(withdrawn);
    }
    progress.end();
    Ok(tried)
}

struct Bench<'a> {
    input: &'a AttackInput<'a>,
    before: &'a AttackReport,
    options: &'a AttackOptions,
    plans: Option<&'a PlanCheck<'a>>,
    progress: &'a dyn Progress,
}

impl Bench<'_> {
    /// Applies a repair after those that hold already, attacks, and goes back.
    async fn try_on_top(&self, earlier: &[&Repair], mut repair: Repair) -> Result<Repair, AttackError> {
        let copy = self.input.server.clone_database(self.input.base).await?;
        let mut client = self.input.server.owner(&copy).await?;
        let mut transcript = Vec::new();
        for statement in earlier.iter().flat_map(|r| &r.up) {
            client.batch_execute(statement).await.map_err(AttackError::doing("apply the repairs before this one"))?;
        }
        let base = read(&mut client).await?;
        if let Err(message) = apply(&client, &repair.up, &mut transcript).await? {
            repair.proof = proof(Verdict::Refuted, transcript, Some(format!("PostgreSQL refuses it: {message}")));
            return Ok(repair);
        }
        let after = read(&mut client).await?;
        drop(client);
        let input = AttackInput { base: &copy, catalog: &after, ..*self.input };
        let attacked = attack_as_meant(&input, self.before.intent.clone(), self.options, self.progress).await?;
        let change = Change::between(self.before, &attacked);
        let mut reason = change.objection(self.before, &repair.closes);
        if let (None, Some(plans)) = (&reason, self.plans) {
            reason = plans.objection(&repair, self.before, &mut transcript).await?;
        }
        let left = self.go_back(&copy, &repair, &base, &mut transcript).await?;
        if let Some(left) = left {
            transcript.push(format!("-- the way back leaves something: {left}"));
        }
        repair.proof = proof(if reason.is_none() { Verdict::Proved } else { Verdict::Refuted }, transcript, reason);
        repair.proof.before = figures(self.before.attacks.len(), &change.allowed_before);
        repair.proof.after = figures(attacked.attacks.len(), &change.allowed_after);
        if repair.proof.verdict == Verdict::Proved {
            repair.closes.clone_from(&change.closed);
        }
        Ok(repair)
    }

    /// Takes it back; what differs afterwards from before.
    async fn go_back(
        &self,
        copy: &Database,
        repair: &Repair,
        base: &Catalog,
        transcript: &mut Vec<String>,
    ) -> Result<Option<String>, AttackError> {
        let mut client = self.input.server.owner(copy).await?;
        if let Err(message) = apply(&client, &repair.down, transcript).await? {
            return Ok(Some(format!("refused, {message}")));
        }
        let restored = read(&mut client).await?;
        Ok(differences(base, &restored, Ignore::default()).first().map(architrave_model::catalog::compare::Difference::line))
    }
}

fn figures(attacks: usize, allowed: &usize) -> BTreeMap<String, Value> {
    BTreeMap::from([("ways in".to_owned(), Value::from(attacks)), ("allowed".to_owned(), Value::from(*allowed))])
}

fn proof(verdict: Verdict, transcript: Vec<String>, reason: Option<String>) -> Proof {
    Proof { verdict, by: NAME.to_owned(), before: BTreeMap::new(), after: BTreeMap::new(), transcript, reason }
}

async fn read(client: &mut Client) -> Result<Catalog, AttackError> {
    catalog_of(client, false).await.map_err(|error| AttackError::Refused { what: "read the copy back", message: error.to_string() })
}

/// Executes all in one transaction; the inner error is the server's message.
async fn apply(client: &Client, statements: &[String], transcript: &mut Vec<String>) -> Result<Result<(), String>, AttackError> {
    let doing = || AttackError::doing("try a repair");
    client.batch_execute("begin").await.map_err(doing())?;
    for statement in statements {
        if let Err(error) = client.batch_execute(statement).await {
            let message = crate::round_trip::refusal(&error);
            transcript.push(format!("{statement}; -- refused: {message}"));
            client.batch_execute("rollback").await.map_err(doing())?;
            return Ok(Err(message));
        }
        transcript.push(format!("{statement}; -- ok"));
    }
    client.batch_execute("commit").await.map_err(doing())?;
    Ok(Ok(()))
}
