//! `architrave rls explain`: why a statement returns nothing, or is refused, for one role with given claims.

use crate::error::AppError;
use crate::review::{ReviewOptions, Stopwatch, live, open, rebuild};
use crate::target::TargetSpec;
use architrave_model::access::why::AccessExplanation;
use architrave_model::coverage::Gap;
use architrave_model::project::Project;
use architrave_model::stack::StackKind;
use architrave_postgres::connect::Environment;
use architrave_postgres::replay::Confined;
use architrave_postgres::server::{Progress, ServerOptions};
use architrave_prove::rls_attack::intent::infer;
use architrave_prove::rls_explain::{AccessQuestion, check_question, count_live, explain_access, seed_rows};

/// What to explain, and against what.
#[derive(Debug)]
pub struct RlsExplainRequest {
    /// One statement about rows.
    pub statement: String,
    /// Role to become.
    pub role: String,
    /// Claims as JSON text.
    pub claims: Option<String>,
    /// Further settings of the transaction.
    pub settings: Vec<(String, String)>,
    /// Target.
    pub target: TargetSpec,
    /// Database folder of a project that has several.
    pub database: Option<String>,
    /// The private server.
    pub server: ServerOptions,
    /// Connection environment.
    pub environment: Environment,
    /// The run's clock, unix seconds.
    pub now: f64,
}

/// Explains on a private copy of the target's schema with rows of ours. On a live database it counts besides, in one read-only transaction.
pub async fn explain(request: &RlsExplainRequest, progress: &dyn Progress) -> Result<AccessExplanation, AppError> {
    let mut question = AccessQuestion {
        statement: request.statement.clone(),
        role: request.role.clone(),
        claims: request.claims.clone(),
        settings: request.settings.clone(),
        target: String::new(),
        now: request.now,
    };
    check_question(&question)?;
    let options = ReviewOptions {
        only_databases: request.database.iter().cloned().collect(),
        ..ReviewOptions::reading(request.target.clone(), &request.server, &request.environment, request.now)
    };
    let mut opened = open::open(&options, progress, &mut Stopwatch::start()).await?;
    if let [first, second, ..] = opened.targets.as_slice() {
        return Err(AppError::Target(format!("there are several databases ({}, {} …); name one with --database", first.name, second.name)));
    }
    let (Some(target), Some(copy)) = (opened.targets.pop(), opened.copies.pop()) else {
        return Err(AppError::Target("there is no database to explain anything against".to_owned()));
    };
    let copy = match copy {
        Some(copy) => copy,
        None => rebuild::copy_of(&target, None, &options, progress).await?,
    };
    question.target.clone_from(&target.name);
    progress.begin("explaining", None);
    let confined = Confined::new(&copy.server).await?;
    let intent = infer(&copy.catalog, &target.exposure, &opened.project.access, signs_in_with_clerk(&opened.project));
    let seeded = seed_rows(&confined, &copy.database, &copy.catalog, &intent, question.claims.as_deref(), &question.settings).await?;
    let mut explanation = Box::pin(explain_access(&confined, &copy.database, &copy.catalog, &question)).await?;
    explanation.gaps.extend(about(&explanation, seeded));
    if let Some(failed) = target.replay.as_ref().map(|r| r.failed.len()).filter(|n| *n > 0) {
        let why = format!("{failed} of the project's statements failed when they were replayed; `architrave review` names them");
        explanation.gaps.push(Gap::new("the whole schema", why, None));
    }
    if let TargetSpec::Database(url) = &request.target {
        let (connection, _) = live::connection(url, &request.environment).await?;
        let counted = count_live(&connection.client, &question, &mut explanation).await;
        connection.close().await;
        counted?;
    }
    progress.end();
    Ok(explanation)
}

/// What could not be seeded, as far as the statement comes by there.
fn about(explanation: &AccessExplanation, gaps: Vec<Gap>) -> Vec<Gap> {
    let named = |gap: &Gap| explanation.relations.iter().any(|r| gap.what.contains(&r.relation.to_string()));
    gaps.into_iter().filter(|gap| named(gap) || gap.what.starts_with("rows of")).collect()
}

fn signs_in_with_clerk(project: &Project) -> bool {
    project.stack.facts.iter().any(|fact| fact.kind == StackKind::Auth && fact.name == "Clerk")
}
