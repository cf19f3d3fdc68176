//! Repairs of access, proven: they are applied on a copy and the attack is repeated there. What they should close must be closed, whoever was meant to get
//! through must still get through, and nothing new may open. What cannot show that is withdrawn.

mod apply;
mod bodies;
mod compare;
mod plans;
mod stated;
#[cfg(test)]
mod tests;

pub use plans::PlanCheck;

use crate::Deadline;
use crate::ground::catalog_of;
use crate::rls_attack::{AttackError, AttackInput, AttackOptions, attack_as_meant};
use architrave_model::access::{AttackReport, Repair};
use architrave_model::catalog::compare::{Ignore, differences};
use architrave_model::finding::{Proof, Value, Verdict};
use architrave_model::{Catalog, ObjectKind};
use architrave_postgres::Client;
use architrave_postgres::server::{Database, Progress};
use compare::Change;
use std::collections::{BTreeMap, BTreeSet};

/// The prover's name in `proof.by`.
pub const NAME: &str = "rls_repair";

/// Attacks on repaired copies, at most.
const ROUNDS: u64 = 8;

/// Proposed repairs, each with its alternatives, tried until one of each holds; all together, as they will be applied.
///
/// Returned are the repairs that hold, and of the others the last alternative with the reason why none does. `options.time_limit` is for all rounds; what
/// is not tried by then is unknown.
pub async fn repair(
    input: &AttackInput<'_>,
    before: &AttackReport,
    proposed: Vec<Vec<Repair>>,
    plans: Option<&PlanCheck<'_>>,
    options: &AttackOptions,
    progress: &dyn Progress,
) -> Result<Vec<Repair>, AttackError> {
    if proposed.is_empty() {
        return Ok(Vec::new());
    }
    let options = AttackOptions { mutations: false, ..options.clone() };
    let deadline = Deadline::after(options.time_limit);
    let bench = Bench { input, before, options: &options, deadline, plans, progress };
    let mut groups: Vec<Group> = proposed.into_iter().map(|alternatives| Group { alternatives, chosen: 0, withdrawn: None }).collect();
    for _ in 0..ROUNDS {
        match bench.round(&mut groups).await? {
            Round::Again => {}
            Round::Late(why) => {
                let unknown = Proof::unknown(NAME, format!("{why} before the attack was repeated to its end"));
                return Ok(groups.into_iter().filter_map(|g| g.settled_with(unknown.clone())).collect());
            }
            Round::Holds => {
                if let Some(mut fewer) = without_needless(&groups)
                    && matches!(bench.round(&mut fewer).await?, Round::Holds)
                {
                    groups = fewer;
                }
                return Ok(groups.into_iter().filter_map(Group::settled).collect());
            }
        }
    }
    let unknown = Proof::unknown(NAME, format!("{ROUNDS} rounds did not tell which of the repairs get in each other's way"));
    Ok(groups.into_iter().filter_map(|g| g.settled_with(unknown.clone())).collect())
}

/// What a round has shown.
enum Round {
    /// All that is chosen holds.
    Holds,
    /// Something had to be chosen anew.
    Again,
    /// The time is over: nothing is known of what is chosen.
    Late(String),
}

/// Without repairs that close nothing which those before them have not closed; none when each is needed.
fn without_needless(groups: &[Group]) -> Option<Vec<Group>> {
    let mut closed: BTreeSet<usize> = BTreeSet::new();
    let mut kept: Vec<Group> = Vec::new();
    for group in groups {
        if let Some(repair) = group.current() {
            if !repair.closes.is_empty() && repair.closes.iter().all(|at| closed.contains(at)) {
                continue;
            }
            closed.extend(&repair.closes);
        }
        kept.push(group.clone());
    }
    (kept.len() < groups.len()).then_some(kept)
}

/// Repairs for the same ways in.
#[derive(Clone)]
struct Group {
    alternatives: Vec<Repair>,
    chosen: usize,
    /// Why the last alternative does not hold either.
    withdrawn: Option<Proof>,
}

impl Group {
    fn current(&self) -> Option<&Repair> {
        if self.withdrawn.is_some() { None } else { self.alternatives.get(self.chosen) }
    }

    /// The next alternative; the last one stays, withdrawn.
    fn next(&mut self, proof: Proof) {
        if self.chosen + 1 < self.alternatives.len() {
            self.chosen += 1;
        } else {
            self.withdrawn = Some(proof);
        }
    }

    fn settled(mut self) -> Option<Repair> {
        let mut repair = (self.chosen < self.alternatives.len()).then(|| self.alternatives.swap_remove(self.chosen))?;
        if let Some(proof) = self.withdrawn {
            repair.proof = proof;
        }
        Some(repair)
    }

    fn settled_with(mut self, proof: Proof) -> Option<Repair> {
        self.withdrawn.get_or_insert(proof);
        self.settled()
    }
}

/// What a round has done to its copy.
#[derive(Default)]
struct Applied {
    /// Of the chosen repairs, by group.
    transcripts: BTreeMap<usize, Vec<String>>,
    /// Takes back what only the trial needed.
    back: Vec<String>,
}

struct Bench<'a> {
    input: &'a AttackInput<'a>,
    before: &'a AttackReport,
    options: &'a AttackOptions,
    deadline: Deadline,
    plans: Option<&'a PlanCheck<'a>>,
    progress: &'a dyn Progress,
}

impl Bench<'_> {
    /// Applies what is chosen, attacks, and goes back.
    async fn round(&self, groups: &mut [Group]) -> Result<Round, AttackError> {
        if let Some(why) = self.deadline.reached() {
            return Ok(Round::Late(why));
        }
        let copy = self.input.server.clone_database(self.input.base).await?;
        let mut client = self.input.server.admin(&copy).await?;
        let mut applied = Applied::default();
        for (at, group) in groups.iter_mut().enumerate() {
            if !self.choose(&copy, &client, at, group, &mut applied).await? {
                return Ok(Round::Again);
            }
        }
        let after = read(&mut client).await?;
        drop(client);
        let input = AttackInput { base: &copy, catalog: &after, ..*self.input };
        let options = AttackOptions { time_limit: self.deadline.left(), ..self.options.clone() };
        let attacked = attack_as_meant(&input, self.before.intent.clone(), &options, self.progress).await?;
        if attacked.cut_short.is_some() {
            let why = self.deadline.reached().or(attacked.cut_short).unwrap_or_default();
            return Ok(Round::Late(why));
        }
        let change = Change::between(self.before, &attacked);
        let blamed = self.blame(groups, &change, &attacked);
        if !blamed.is_empty() {
            for (at, reason) in blamed {
                groups[at].next(refuted(applied.transcripts.remove(&at).unwrap_or_default(), reason));
            }
            return Ok(Round::Again);
        }
        let again = self.settle(groups, &mut applied, &change, attacked.attacks.len()).await?;
        if again {
            return Ok(Round::Again);
        }
        self.go_back(&copy, groups, &applied.back).await?;
        Ok(Round::Holds)
    }

    /// Applies the first alternative of a group that PostgreSQL takes; false when one was taken in part, and the copy is of no use any more.
    async fn choose(
        &self,
        copy: &Database,
        client: &Client,
        at: usize,
        group: &mut Group,
        applied: &mut Applied,
    ) -> Result<bool, AttackError> {
        while let Some(repair) = group.current() {
            let mut transcript = Vec::new();
            let owner = self.input.server.owner(copy).await?;
            let bodies = bodies::before(&owner, self.input.catalog, repair).await?;
            if let Err(refusal) = apply::forward(client, repair, &mut transcript).await? {
                group.next(refuted(transcript, format!("PostgreSQL refuses it: {}", refusal.message)));
                if refusal.partly {
                    return Ok(false);
                }
                continue;
            }
            if let Some(reason) = bodies::broken(&owner, &bodies, &mut transcript).await? {
                group.next(refuted(transcript, reason));
                return Ok(false);
            }
            for table in stated::tables(self.input.catalog, repair) {
                applied.back.extend(stated::open(client, table, self.before, &mut transcript).await?);
            }
            applied.transcripts.insert(at, transcript);
            break;
        }
        Ok(true)
    }

    /// Writes the proof of each, unless one is too dear at the size of production; whether one was.
    async fn settle(&self, groups: &mut [Group], applied: &mut Applied, change: &Change, left: usize) -> Result<bool, AttackError> {
        let mut again = false;
        for (at, group) in groups.iter_mut().enumerate() {
            let Some(repair) = group.current() else { continue };
            let mut transcript = applied.transcripts.remove(&at).unwrap_or_default();
            if let Some(plans) = self.plans
                && let Some(reason) = plans.objection(repair, self.before, &mut transcript).await?
            {
                again = true;
                group.next(refuted(transcript, reason));
                continue;
            }
            let Some(repair) = group.alternatives.get_mut(group.chosen) else { continue };
            repair.closes.retain(|c| change.closed.contains(c));
            repair.proof = Proof {
                verdict: Verdict::Proved,
                by: NAME.to_owned(),
                before: figures(self.before.attacks.len(), change.allowed_before),
                after: figures(left, change.allowed_after),
                transcript,
                reason: None,
            };
        }
        Ok(again)
    }

    /// Who is to be chosen anew, and why.
    fn blame(&self, groups: &[Group], change: &Change, attacked: &AttackReport) -> BTreeMap<usize, String> {
        let mut blamed = BTreeMap::new();
        for (at, repair) in groups.iter().enumerate().filter_map(|(at, g)| g.current().map(|r| (at, r))) {
            if let Some(reason) = change.still_open(self.before, &repair.closes) {
                blamed.insert(at, reason);
            }
            for table in stated::tables(self.input.catalog, repair) {
                if let Err(reason) = stated::objection(attacked, &table.name) {
                    blamed.entry(at).or_insert(reason);
                }
            }
        }
        for (name, reason) in change.harm() {
            let names = |repair: &Repair| repair.up.iter().any(|s| s.contains(name.as_str()));
            let guilty = groups.iter().position(|g| g.current().is_some_and(names));
            // Whoever else it may be: without any of them nothing would have changed.
            let guilty = guilty.or_else(|| groups.iter().rposition(|g| g.current().is_some()));
            if let Some(at) = guilty {
                blamed.entry(at).or_insert(reason);
            }
        }
        blamed
    }

    /// Takes all of it back, the last one first; what stays is noted with the repair whose way back it is.
    async fn go_back(&self, copy: &Database, groups: &mut [Group], back: &[String]) -> Result<(), AttackError> {
        let mut client = self.input.server.admin(copy).await?;
        let _taken = apply::together(&client, back, &mut Vec::new()).await?;
        for group in groups.iter_mut().rev() {
            if group.withdrawn.is_some() {
                continue;
            }
            let Some(repair) = group.alternatives.get_mut(group.chosen) else { continue };
            let mut transcript = std::mem::take(&mut repair.proof.transcript);
            if let Err(message) = apply::together(&client, &repair.down, &mut transcript).await? {
                transcript.push(format!("-- the way back is refused: {message}"));
            }
            repair.proof.transcript = transcript;
        }
        let restored = read(&mut client).await?;
        // Roles are the server's: those who attack elsewhere come and go.
        let mut left = differences(self.input.catalog, &restored, Ignore::default());
        left.retain(|d| d.object.kind != ObjectKind::Role);
        let first = groups.iter_mut().find(|g| g.withdrawn.is_none()).and_then(|g| g.alternatives.get_mut(g.chosen));
        if let (Some(left), Some(repair)) = (left.first(), first) {
            repair.proof.transcript.push(format!("-- the way back of all leaves a difference: {}", left.line()));
        }
        Ok(())
    }
}

fn figures(attacks: usize, allowed: usize) -> BTreeMap<String, Value> {
    BTreeMap::from([("ways in".to_owned(), Value::from(attacks)), ("allowed".to_owned(), Value::from(allowed))])
}

fn refuted(transcript: Vec<String>, reason: String) -> Proof {
    Proof {
        verdict: Verdict::Refuted,
        by: NAME.to_owned(),
        before: BTreeMap::new(),
        after: BTreeMap::new(),
        transcript,
        reason: Some(reason),
    }
}

async fn read(client: &mut Client) -> Result<Catalog, AttackError> {
    catalog_of(client, false).await.map_err(|error| AttackError::Refused { what: "read the copy back", message: error.to_string() })
}
