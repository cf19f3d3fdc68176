//! `architrave selftest`: the trap schema on a private server, read and judged as a user's database is. Every planted fault must be found, and
//! nothing else.

use crate::error::AppError;
use crate::review::{ProofExtent, ReviewOptions, review};
use crate::target::TargetSpec;
use architrave_model::Finding;
use architrave_model::finding::Verdict;
use architrave_model::name::ObjectKind;
use architrave_postgres::connect::Environment;
use architrave_postgres::replay::Confined;
use architrave_postgres::server::{PrivateServer, Progress, ServerOptions};
use architrave_rules::trap;
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
    /// Rule and object of those that were not found.
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
    let outcome = on(&server, options, fixes, now, progress).await;
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
    let database = Confined::new(server).await?.create_database("trap").await?;
    let client = database.connect().await?;
    let made = async {
        client.batch_execute(trap::SQL).await?;
        client.batch_execute("analyze").await
    };
    made.await.map_err(|e| AppError::Target(format!("the trap schema could not be made: {}", architrave_prove::refusal(&e))))?;
    drop(client);
    let rules: Vec<String> = trap::judged().map(|rule| rule.id.to_owned()).collect();
    let review = review(
        &ReviewOptions {
            targets: vec![TargetSpec::Database(database.connection_string())],
            execute: true,
            proofs: if fixes { ProofExtent::All } else { ProofExtent::None },
            baseline: None,
            only_rules: rules.clone(),
            only_databases: Vec::new(),
            server: options.clone(),
            environment: Environment::default(),
            now,
            twin: false,
            workload: None,
            grow: Vec::new(),
            grow_tables: std::collections::BTreeMap::new(),
            since: None,
            new_only: false,
        },
        progress,
    )
    .await?;
    Ok(judge(server.major(), rules.len(), &review.findings))
}

fn judge(major: u16, rules: usize, findings: &[Finding]) -> SelfTest {
    let planted: BTreeSet<(String, String)> = trap::planted().into_iter().map(|p| (p.rule.to_owned(), p.object.to_owned())).collect();
    let mut test = SelfTest { major, rules, planted: planted.len(), ..SelfTest::default() };
    let mut found = BTreeSet::new();
    for finding in findings {
        // What is said of a schema is said of its places; places of other findings are what else they concern.
        let of_schema = finding.object.kind == ObjectKind::Schema && !finding.places.is_empty();
        let objects: Vec<String> = if of_schema {
            finding.places.iter().map(|place| place.object.to_string()).collect()
        } else {
            vec![finding.object.to_string()]
        };
        for object in objects {
            let key = (finding.rule.clone(), object);
            if !planted.contains(&key) {
                test.false_alarms.push((key.0.clone(), key.1.clone(), finding.message.clone()));
            }
            found.insert(key);
        }
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
    test.missed = planted.difference(&found).cloned().collect();
    test
}
