//! Plans the workload of each target on its twin: what the rules about plans, indexes and growth look at.

use super::ReviewOptions;
use super::open::Opened;
use crate::error::AppError;
use crate::explain::mask::{self, Hide};
use crate::explain::planning::{plan, same_shape};
use crate::index_plan::{Wanted, advise, named};
use crate::twin::{self, Growth, Source};
use crate::workload;
use architrave_model::coverage::Gap;
use architrave_model::explained::Explained;
use architrave_model::finding::{Finding, Proof, Value, Verdict};
use architrave_model::index_advice::{IndexAction, IndexAdvice, QueryEffect};
use architrave_model::on_twin::{ImprovedPlan, OnTwin, StatementGrowth};
use architrave_model::review::Target;
use architrave_model::stats::TableStats;
use architrave_postgres::Client;
use architrave_postgres::server::Progress;
use architrave_postgres::twin::{Candidate, Twin};
use architrave_prove::what_if;
use architrave_prove::workload::PlannedQuery;
use std::time::Duration;

/// Statements that are planned, dearest first.
const MOST: usize = 150;
/// How long to search for indexes.
const SEARCH: Duration = Duration::from_secs(15);
/// Statements that are planned once more, after the advice.
const PICTURES: usize = 20;
/// Factors of growth when none are named.
pub const GROWTH: [f64; 1] = [10.0];

/// Plans the workloads of all targets that have one. What fails is told as a gap: a review goes on without.
pub(super) async fn plan_all(opened: &mut Opened, options: &ReviewOptions, progress: &dyn Progress) {
    if !options.execute || !options.twin {
        return;
    }
    let directory = options.targets.iter().find_map(workload::directory);
    for target in &mut opened.targets {
        let gathered = match workload::gather(target, directory.filter(|_| target.replay.is_some()), options.workload.as_deref()) {
            Ok(gathered) => gathered,
            Err(error) => {
                target.snapshot.gaps.push(Gap::new("workload", error.to_string(), None));
                continue;
            }
        };
        if gathered.workload.queries.is_empty() {
            continue;
        }
        let source = twin::of_target(target, &opened.project, options.server.major, options.now, false);
        // Without a figure for any table, planning shows only how empty tables are read.
        if source.target.snapshot.stats.is_none() {
            continue;
        }
        match one(&source, gathered, options, progress).await {
            Ok((explained, on_twin)) => {
                target.snapshot.gaps.extend(on_twin.gaps.iter().cloned());
                target.explained = explained;
                target.on_twin = Some(on_twin);
            }
            Err(error) => target.snapshot.gaps.push(Gap::new("plans of the workload", error.to_string(), None)),
        }
    }
}

async fn one(
    source: &Source,
    gathered: workload::Gathered,
    options: &ReviewOptions,
    progress: &dyn Progress,
) -> Result<(Vec<Explained>, OnTwin), AppError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from).clamp(1, 4);
    let mut standing = twin::build(source, &Growth::default(), cores + 1, &options.server, progress).await?;
    let Some(first) = standing.twins.pop() else { return Err(AppError::Target("no twin was built".to_owned())) };
    progress.begin("planning the workload", None);
    let client = first.connect().await?;
    let workload::Gathered { mut workload, from } = gathered;
    let all = workload.queries.len();
    workload.queries.truncate(MOST);
    let planned = crate::planned::plan(&client, workload, source).await?;
    let mut on_twin = OnTwin {
        workload: from,
        statements: planned.queries.iter().map(named).collect(),
        refused: planned.refused.clone(),
        gaps: standing.gaps.clone(),
        ..OnTwin::default()
    };
    if all > MOST {
        let why = format!("the {MOST} dearest of {all} statements were planned");
        on_twin.gaps.push(Gap::new("the rest of the workload", why, None));
    }
    on_twin.growth = growth(source, &planned.queries, options, &standing, progress).await?;
    progress.begin("searching for indexes", None);
    let wanted = Wanted { budget: None, time: SEARCH };
    let advice = advise(source, std::mem::take(&mut standing.twins), &planned.queries, wanted).await?;
    on_twin.improved = improved(source, &first, &client, &planned.queries, &advice).await;
    on_twin.advice = Some(advice);
    progress.end();
    Ok((planned.queries.iter().map(masked).collect(), on_twin))
}

/// The statement as rules look at it, constants hidden.
fn masked(query: &PlannedQuery) -> Explained {
    let hide = if query.generic.is_some() { Hide::All } else { Hide::Strings };
    let mut explained = query.explained();
    explained.plan = mask::plan(&explained.plan, hide);
    for alternative in &mut explained.alternatives {
        alternative.plan = mask::plan(&alternative.plan, hide);
    }
    explained
}

/// The statements that gain most by the advice, planned with all its new indexes in place. What fails here is a picture less.
async fn improved(source: &Source, twin: &Twin, client: &Client, queries: &[PlannedQuery], advice: &IndexAdvice) -> Vec<ImprovedPlan> {
    for step in advice.steps.iter().filter(|s| s.action != IndexAction::Drop) {
        let Some(index) = &step.index else { continue };
        // On the twin nothing is written, so nothing has to go on beside.
        let definition = step.up.iter().find(|s| s.starts_with("create ")).map_or(String::new(), |s| s.replacen(" concurrently", "", 1));
        let table = source.target.snapshot.stats.as_ref().and_then(|s| s.table(&step.table));
        let rows = table.and_then(TableStats::row_estimate).unwrap_or(0.0) * index.predicate.as_ref().map_or(1.0, |_| 0.1);
        let pages = (step.bytes.unwrap_or(8192.0) / 8192.0).ceil() as i64;
        if twin.add_index_with(client, &Candidate { table: step.table.clone(), definition, pages, rows, height: None }).await.is_err() {
            return Vec::new();
        }
    }
    let gain = |e: &&QueryEffect| (e.before - e.after) * e.calls;
    let mut effects: Vec<&QueryEffect> = advice.queries.iter().filter(|e| e.after < e.before).collect();
    effects.sort_by(|a, b| gain(b).total_cmp(&gain(a)).then(a.query.cmp(&b.query)));
    let mut all = Vec::new();
    for effect in effects.into_iter().take(PICTURES) {
        let Some(query) = queries.iter().find(|q| q.query.id == effect.query) else { continue };
        let Some(variant) = query.query.variants.first() else { continue };
        let path: Vec<(String, String)> = query.search_path.iter().map(|p| ("search_path".to_owned(), p.clone())).collect();
        let Ok(after) = plan(client, &variant.sql, &path).await else { continue };
        let hide = if query.generic.is_some() { Hide::All } else { Hide::Strings };
        all.push(ImprovedPlan { query: effect.query.clone(), plan: mask::plan(&after, hide) });
    }
    all
}

/// The same statements over more data.
async fn growth(
    source: &Source,
    queries: &[PlannedQuery],
    options: &ReviewOptions,
    standing: &twin::Standing,
    progress: &dyn Progress,
) -> Result<Vec<StatementGrowth>, AppError> {
    let mut all = Vec::new();
    let schema = twin::schema(source);
    for factor in &options.grow {
        progress.begin(&format!("planning over {factor} times the data"), None);
        let growth = twin::TwinOptions { growth: Growth { factor: *factor, tables: options.grow_tables.clone() } };
        let larger = twin::Twin::build(&standing.server, &schema, &source.target.snapshot, &growth).await?;
        let client = larger.connect().await?;
        for query in queries {
            let (Some(variant), Some(now)) = (query.query.variants.first(), query.plans.first()) else { continue };
            let path: Vec<(String, String)> = query.search_path.iter().map(|p| ("search_path".to_owned(), p.clone())).collect();
            let Ok(then) = plan(&client, &variant.sql, &path).await else { continue };
            let statement = named(query);
            let flips = !same_shape(&now.plan, &then);
            let hide = if query.generic.is_some() { Hide::All } else { Hide::Strings };
            all.push(StatementGrowth {
                query: statement.id,
                text: statement.text,
                calls: statement.calls,
                factor: *factor,
                cost_now: now.plan.root.total_cost,
                cost_then: then.root.total_cost,
                flips,
                plan_then: flips.then(|| Box::new(mask::plan(&then, hide))),
            });
        }
    }
    Ok(all)
}

/// Findings that came from planning are proved by it: each step was tried with the rest of the plan in place.
pub(super) fn prove(findings: &mut [Finding], targets: &[Target]) {
    for finding in findings.iter_mut().filter(|f| f.rule.starts_with("index/") && f.rule.ends_with("-for-workload")) {
        let Some(advice) = targets.iter().find(|t| t.name == finding.target).and_then(|t| t.on_twin.as_ref()?.advice.as_ref()) else {
            continue;
        };
        let is_it = |s: &&architrave_model::index_advice::IndexStep| s.index.as_ref().is_some_and(|i| i.name == finding.object.name);
        let Some(step) = advice.steps.iter().find(is_it) else { continue };
        let mut proof = Proof::unknown(what_if::NAME, "");
        proof.verdict = Verdict::Proved;
        proof.reason = None;
        let sum = |of: fn(&architrave_model::index_advice::QueryChange) -> f64| step.helps.iter().chain(&step.hurts).map(of).sum::<f64>();
        proof.before.insert("cost of the statements it touches".to_owned(), Value::Float(sum(|c| c.before)));
        proof.after.insert("cost of the statements it touches".to_owned(), Value::Float(sum(|c| c.after)));
        proof.transcript = step.up.iter().map(|s| format!("{s}; -- on the twin")).collect();
        finding.proof = Some(proof);
    }
}

/// One plan, no contradictions. A finding about one plan names its index in passing; which indexes pay for all statements together is
/// the index plan's to say. An index that a foreign key wants, too, is told once: by the foreign key, whose reason outlives the workload.
pub(super) fn reconcile(findings: &mut Vec<Finding>) {
    let wanted: Vec<(String, String)> = findings
        .iter()
        .filter(|f| f.rule == "index/foreign-key-unindexed")
        .flat_map(|f| f.fix.iter().flat_map(|fix| &fix.up).map(move |sql| (f.target.clone(), sql)))
        .filter_map(|(target, sql)| Some((target, keys(sql)?)))
        .collect();
    let makes_index = |f: &Finding| f.fix.as_ref().is_some_and(|fix| fix.up.iter().any(|s| keys(s).is_some()));
    for finding in findings.iter_mut().filter(|f| f.rule.starts_with("plan/") && makes_index(f)) {
        finding.fix = None;
    }
    findings.retain(|f| {
        let same = |sql: &String| keys(sql).is_some_and(|k| wanted.contains(&(f.target.clone(), k)));
        f.rule != "index/missing-for-workload" || !f.fix.as_ref().is_some_and(|fix| fix.up.iter().any(same))
    });
}

/// `on table (columns)` of a CREATE INDEX.
fn keys(sql: &str) -> Option<String> {
    let at = sql.find(" on ")?;
    sql.starts_with("create ").then(|| sql[at..].to_owned())
}
