//! `architrave selftest`: the trap schemas on a private server, read and judged as a user's database is. Every planted fault must be found,
//! and nothing else.

use crate::error::AppError;
use crate::review::{ProofExtent, ReviewOptions, review};
use crate::target::TargetSpec;
use architrave_model::Finding;
use architrave_model::finding::Verdict;
use architrave_model::name::ObjectKind;
use architrave_postgres::connect::Environment;
use architrave_postgres::replay::Confined;
use architrave_postgres::server::{PrivateServer, Progress, ServerOptions};
use architrave_rules::trap::{self, Planted, Sign, TRAPS, Trap};
use std::collections::BTreeSet;

/// What has shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SelfTest {
    /// Major version of the server.
    pub major: u16,
    /// Rules that were run.
    pub rules: usize,
    /// Planted faults.
    pub planted: usize,
    /// Rule, and object or message of those that were not found.
    pub missed: Vec<(String, String)>,
    /// Rule, object and message of what was found and not planted.
    pub false_alarms: Vec<(String, String, String)>,
    /// Fixes that were tried and did what they claim.
    pub proved: usize,
    /// Fixes that were tried and did not: rule, object and why.
    pub refuted: Vec<(String, String, String)>,
}

impl SelfTest {
    /// Whether all was found, and nothing else.
    pub fn passed(&self) -> bool {
        self.missed.is_empty() && self.false_alarms.is_empty() && self.refuted.is_empty()
    }
}

/// Runs it; with `fixes` the fix of every finding is tried, too.
pub async fn run(options: &ServerOptions, fixes: bool, now: f64, progress: &dyn Progress) -> Result<SelfTest, AppError> {
    let server = PrivateServer::start(options, progress).await?;
    let outcome = Box::pin(on(&server, options, fixes, now, progress)).await;
    server.stop().await?;
    outcome
}

/// The same on a server that is there.
pub async fn on(
    server: &PrivateServer,
    options: &ServerOptions,
    fixes: bool,
    now: f64,
    progress: &dyn Progress,
) -> Result<SelfTest, AppError> {
    let mut test = SelfTest { major: server.major(), rules: trap::judged().count(), ..SelfTest::default() };
    for trap in &TRAPS {
        let findings = Box::pin(found_in(trap, server, options, fixes, now, progress)).await?;
        judge(&mut test, trap.planted(server.major()), &findings);
    }
    Ok(test)
}

/// What is found in a trap: made in a database of its own, analyzed, and reviewed.
async fn found_in(
    trap: &Trap,
    server: &PrivateServer,
    options: &ServerOptions,
    fixes: bool,
    now: f64,
    progress: &dyn Progress,
) -> Result<Vec<Finding>, AppError> {
    let database = Confined::new(server).await?.create_database("trap").await?;
    let client = database.connect().await?;
    let made = async {
        client.batch_execute(trap.sql).await?;
        client.batch_execute("analyze").await
    };
    made.await
        .map_err(|e| AppError::Target(format!("the trap schema ({}) could not be made: {}", trap.name, architrave_prove::refusal(&e))))?;
    drop(client);
    let target = TargetSpec::Database(database.connection_string());
    let judged = ReviewOptions {
        proofs: if fixes { ProofExtent::All } else { ProofExtent::None },
        only_rules: trap.judged().map(|rule| rule.id.to_owned()).collect(),
        ..ReviewOptions::reading(target, options, &Environment::default(), now)
    };
    Ok(Box::pin(review(&judged, progress)).await?.findings)
}

/// Adds what was found to what was planted and found before.
fn judge(test: &mut SelfTest, planted: Vec<Planted>, findings: &[Finding]) {
    let planted: BTreeSet<(String, String)> = planted.into_iter().map(|p| (p.rule.to_owned(), text(p.sign).to_owned())).collect();
    test.planted += planted.len();
    let mut found = BTreeSet::new();
    for finding in findings {
        let message = planted_message(&planted, finding);
        let planted_at = |sign: &String| planted.contains(&(finding.rule.clone(), sign.clone()));
        let places: Vec<String> = finding.places.iter().map(|place| place.object.to_string()).collect();
        let own = finding.object.to_string();
        // What is said of a schema is said of each of its places; other findings are of one object, under its own name or a place's.
        let alarms: Vec<&String> = if message.is_some() {
            Vec::new()
        } else if finding.object.kind == ObjectKind::Schema && !places.is_empty() {
            places.iter().filter(|place| !planted_at(place)).collect()
        } else if planted_at(&own) || places.iter().any(planted_at) {
            Vec::new()
        } else {
            vec![&own]
        };
        test.false_alarms.extend(alarms.into_iter().map(|object| (finding.rule.clone(), object.clone(), finding.message.clone())));
        found.extend(places.into_iter().chain([own]).chain(message).map(|sign| (finding.rule.clone(), sign)));
        let Some(proof) = &finding.proof else { continue };
        match proof.verdict {
            Verdict::Proved => test.proved += 1,
            Verdict::Refuted => {
                let why = proof.reason.clone().unwrap_or_default();
                test.refuted.push((finding.rule.clone(), finding.object.to_string(), why));
            }
            Verdict::Unknown => {}
        }
    }
    test.missed.extend(planted.difference(&found).cloned());
}

/// The planted message that the finding has; measured sizes may follow it.
fn planted_message(planted: &BTreeSet<(String, String)>, finding: &Finding) -> Option<String> {
    let says = |sign: &str| finding.message.strip_prefix(sign).is_some_and(|rest| rest.is_empty() || rest.starts_with(", "));
    planted.iter().find(|(rule, sign)| *rule == finding.rule && says(sign)).map(|(_, sign)| sign.clone())
}

/// An object or a message, as findings have it.
fn text(sign: Sign) -> &'static str {
    match sign {
        Sign::Object(text) | Sign::Message(text) => text,
    }
}
