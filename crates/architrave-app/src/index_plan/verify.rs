//! `--verify`: the advice executed on generated rows. What does not survive is taken out of the plan.

use crate::error::AppError;
use crate::twin::{self, Source};
use architrave_model::index_advice::{IndexAction, IndexAdvice, IndexStep, WithheldIndex};
use architrave_model::index_report::{BuiltIndex, RunStatement, Verification, WithdrawnIndex};
use architrave_model::plan::Plan;
use architrave_model::{QualifiedName, Snapshot};
use architrave_postgres::server::{Database, PrivateServer, Progress, ServerOptions};
use architrave_prove::generated_rows::{FillOptions, Filled, fill, owner_session};
use architrave_prove::index_trial::{Change, Measured, NewIndex, Trial, TrialOptions, TrialOutcome, TrialQuery, try_indexes};
use architrave_prove::workload::PlannedQuery;

/// Planner settings that the trial takes over from the source.
const SETTINGS: [&str; 6] = ["work_mem", "random_page_cost", "seq_page_cost", "effective_cache_size", "jit", "default_statistics_target"];

/// Executes the advice on a server of its own, and withdraws from it what does not survive.
pub(super) async fn verify(
    source: &Source,
    queries: &[PlannedQuery],
    advice: &mut IndexAdvice,
    options: &ServerOptions,
    progress: &dyn Progress,
) -> Result<Verification, AppError> {
    // Rows need a disk, not memory.
    let on_disk = ServerOptions { memory_dir: None, ..options.clone() };
    let (server, _) = twin::start(source.major, &on_disk, progress).await?;
    let snapshot = &source.target.snapshot;
    let scratch = server.create_database("scratch").await?;
    let left_out = create_schema(&server, &scratch, source).await?;
    let filled = fill(&scratch, snapshot, &FillOptions::default(), progress).await?;
    let outcome = try_indexes(&scratch, &trial(snapshot, queries, advice), progress).await?;
    let mut verification = figures(&filled, &outcome, queries);
    verification.notes.extend(left_out);
    withdraw(advice, &verification.withdrawn);
    drop(scratch);
    server.stop().await?;
    Ok(verification)
}

async fn create_schema(server: &PrivateServer, scratch: &Database, source: &Source) -> Result<Vec<String>, AppError> {
    // The schema's own code must never run as the superuser; extensions are the server's code.
    let (admin, owner) = (server.connect(scratch.name()).await?, owner_session(scratch).await?);
    let mut left_out = Vec::new();
    for statement in twin::schema(source) {
        let session = if statement.starts_with("create extension") { &admin } else { &owner };
        if let Err(error) = session.batch_execute(&statement).await {
            let what = architrave_sql::first_line(&architrave_sql::mask_literals(&statement), 80);
            left_out.push(format!("left out of the scratch database: {what} ({})", architrave_prove::refusal(&error)));
        }
    }
    Ok(left_out)
}

fn trial(snapshot: &Snapshot, queries: &[PlannedQuery], advice: &IndexAdvice) -> Trial {
    let mut paths: Vec<String> = queries
        .iter()
        .filter_map(|q| q.search_path.clone())
        .flat_map(|p| p.split(',').map(|s| s.trim().to_owned()).collect::<Vec<_>>())
        .collect();
    if !paths.is_empty() {
        paths.insert(0, "public".to_owned());
        paths.sort();
        paths.dedup();
    }
    let value = |name: &&str| {
        snapshot
            .settings
            .as_ref()
            .and_then(|s| s.get(name))
            .map(|s| ((*name).to_owned(), format!("{}{}", s.value, s.unit.as_deref().unwrap_or_default())))
    };
    Trial {
        create: advice.steps.iter().filter_map(new_index).collect(),
        drop: advice.steps.iter().flat_map(dropped).collect(),
        queries: queries.iter().filter(|q| !writes(q)).filter_map(query).collect(),
        options: TrialOptions { search_path: paths, settings: SETTINGS.iter().filter_map(value).collect(), ..TrialOptions::default() },
    }
}

fn new_index(step: &IndexStep) -> Option<NewIndex> {
    let create = step.up.iter().find(|s| s.starts_with("create "))?.clone();
    let name = QualifiedName::new(&step.table.schema, &step.index.as_ref()?.name);
    (step.action != IndexAction::Drop).then_some(NewIndex { name, table: step.table.clone(), create })
}

/// Existing indexes that the step takes away.
fn dropped(step: &IndexStep) -> Vec<QualifiedName> {
    let own = step.index.iter().filter(|_| step.action == IndexAction::Drop).map(|i| i.name.clone());
    own.chain(step.replaces.iter().cloned()).map(|name| QualifiedName::new(&step.table.schema, name)).collect()
}

fn query(query: &PlannedQuery) -> Option<TrialQuery> {
    let variant = query.query.variants.first()?;
    Some(TrialQuery { id: query.query.id.clone(), sql: variant.sql.clone(), weight: query.query.calls })
}

fn writes(query: &PlannedQuery) -> bool {
    let changes = |plan: &Plan| plan.nodes().iter().any(|n| n.kind == "ModifyTable" || n.kind == "LockRows");
    query.plans.first().is_some_and(|p| changes(&p.plan))
}

fn figures(filled: &Filled, outcome: &TrialOutcome, queries: &[PlannedQuery]) -> Verification {
    let indexes = outcome.indexes.iter().filter_map(|i| {
        let build = i.build.as_ref()?;
        Some(BuiltIndex {
            name: i.name.to_string(),
            build_ms: build.ms,
            bytes: build.bytes as f64,
            wal_bytes: build.wal_bytes as f64,
            used_by: i.used_by.clone(),
        })
    });
    let statement = |q: &architrave_prove::index_trial::QueryTrial| RunStatement {
        id: q.id.clone(),
        ms_before: q.before.done().map(architrave_prove::index_trial::Measurement::best_ms),
        ms_after: q.after.done().map(architrave_prove::index_trial::Measurement::best_ms),
        blocks_before: q.before.done().map(|m| m.blocks as f64),
        blocks_after: q.after.done().map(|m| m.blocks as f64),
        verdict: verdict(q.change, &q.before, &q.after),
    };
    let created = outcome.indexes.iter().filter_map(|i| Some((&i.name, i.withdrawn.as_ref()?.reason.clone())));
    let refused = outcome.indexes.iter().filter_map(|i| Some((&i.name, i.refused.clone()?)));
    let dropped = outcome.drops.iter().filter_map(|d| Some((&d.name, d.withdrawn.as_ref()?.reason.clone())));
    let withdrawn = created.chain(refused).chain(dropped).map(|(name, reason)| WithdrawnIndex { name: name.to_string(), reason });
    let mut notes: Vec<String> = outcome.notes.clone();
    notes.extend(filled.notes.iter().map(|n| format!("{}: {}", n.object, n.text)));
    let not_run = queries.iter().filter(|q| writes(q)).count();
    if not_run > 0 {
        notes.push(format!("{not_run} statement(s) that write were planned but not run; what writes cost is measured on rows of our own"));
    }
    Verification {
        rows: filled.rows as f64,
        scale: filled.factor(),
        indexes: indexes.collect(),
        statements: outcome.queries.iter().map(statement).collect(),
        withdrawn: withdrawn.collect(),
        ms_before: outcome.before_ms,
        ms_after: outcome.after_ms,
        notes,
    }
}

fn verdict(change: Change, before: &Measured, after: &Measured) -> String {
    let refused = [before, after].into_iter().find_map(|m| if let Measured::Refused(message) = m { Some(message) } else { None });
    match (change, refused) {
        (_, Some(message)) => format!("refused: {message}"),
        (Change::Helped, None) => "helped".to_owned(),
        (Change::Same, None) => "same".to_owned(),
        (Change::Slower, None) => "slower".to_owned(),
        (Change::TimedOut, None) => "timed out".to_owned(),
        (Change::Unknown, None) => "not compared".to_owned(),
    }
}

/// Takes withdrawn steps out of the plan and says so where the other candidates stand that are not recommended.
fn withdraw(advice: &mut IndexAdvice, withdrawn: &[WithdrawnIndex]) {
    let (gone, left): (Vec<IndexStep>, Vec<IndexStep>) =
        std::mem::take(&mut advice.steps).into_iter().partition(|s| reason(s, withdrawn).is_some());
    advice.steps = left;
    for step in gone {
        let Some(reason) = reason(&step, withdrawn) else { continue };
        advice.withheld.push(WithheldIndex {
            table: step.table.clone(),
            create: step.up.join("; "),
            reason: format!("withdrawn after executing it on generated rows: {reason}"),
            queries: step.helps.iter().map(|h| h.query.clone()).collect(),
        });
    }
}

fn reason<'w>(step: &IndexStep, withdrawn: &'w [WithdrawnIndex]) -> Option<&'w str> {
    let own = step.index.iter().map(|i| QualifiedName::new(&step.table.schema, &i.name).to_string());
    let names: Vec<String> = own.chain(dropped(step).iter().map(ToString::to_string)).collect();
    withdrawn.iter().find(|w| names.contains(&w.name)).map(|w| w.reason.as_str())
}
