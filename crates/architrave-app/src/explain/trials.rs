//! Tries what would mend a plan: indexes from the advisor, settings from the findings.

use super::Bench;
use super::mask::{self, Hide};
use super::planning::{plan, same_shape};
use crate::error::AppError;
use crate::index_plan::{Wanted, advise};
use crate::twin;
use architrave_model::Finding;
use architrave_model::explanation::{OtherStatement, Outcome, PlanTrial};
use architrave_model::finding::Fix;
use architrave_model::index_advice::{IndexAction, IndexStep};
use architrave_model::plan::Plan;
use architrave_postgres::twin::{Candidate, Twin, TwinOptions};
use architrave_prove::workload::PlannedQuery;
use std::time::Duration;

/// A change helps when the planner expects at least this share less.
const WORTHWHILE: f64 = 0.02;
/// How long to search indexes for one statement.
const SEARCH: Duration = Duration::from_secs(10);

/// Runs all trials; the most helpful first.
pub(super) async fn run(
    bench: &Bench<'_>,
    planned: &PlannedQuery,
    sql: &str,
    before: &Plan,
    settings: &[(String, String)],
    findings: &[Finding],
    hide: Hide,
) -> Result<Vec<PlanTrial>, AppError> {
    let trial = Trial { bench, sql, before, settings, hide };
    let mut trials = Vec::new();
    trials.extend(trial.indexes(planned, findings).await?);
    for finding in findings {
        let Some(fix) = &finding.fix else { continue };
        if let Some(statistics) = trial.with_statistics(finding, fix).await? {
            trials.push(statistics);
            continue;
        }
        let Some(wanted) = as_settings(fix) else { continue };
        match trials.iter_mut().find(|t| t.statements == fix.up) {
            Some(same) => same.rules.push(finding.rule.clone()),
            None => trials.push(trial.with_settings(fix, &wanted, &finding.rule).await),
        }
    }
    let gain = |t: &PlanTrial| if t.verdict == Outcome::Proved { t.cost_after - t.cost_before } else { f64::MAX };
    trials.sort_by(|a, b| gain(a).total_cmp(&gain(b)));
    Ok(trials)
}

/// A statement on which changes are tried.
pub(super) struct Trial<'a> {
    pub(super) bench: &'a Bench<'a>,
    pub(super) sql: &'a str,
    /// Its plan as it is.
    pub(super) before: &'a Plan,
    pub(super) settings: &'a [(String, String)],
    pub(super) hide: Hide,
}

impl Trial<'_> {
    /// The best indexes for this statement alone, tried together. None when there is nothing that an index could do.
    async fn indexes(&self, planned: &PlannedQuery, findings: &[Finding]) -> Result<Option<PlanTrial>, AppError> {
        let asking: Vec<String> = findings.iter().filter(|f| f.fix.as_ref().is_some_and(makes_index)).map(|f| f.rule.clone()).collect();
        if planned.shape.scans.is_empty() {
            return Ok(None);
        }
        let source = self.bench.source;
        let server = &self.bench.standing.server;
        let one = Twin::build(server, &twin::schema(source), &source.target.snapshot, &TwinOptions::default()).await?;
        let wanted = Wanted { budget: None, time: SEARCH };
        let advice = advise(source, vec![one], std::slice::from_ref(planned), wanted).await?;
        let steps: Vec<&IndexStep> = advice.steps.iter().filter(|s| s.action != IndexAction::Drop && s.index.is_some()).collect();
        if steps.is_empty() {
            let served = advice.serving.iter().map(|s| s.index.to_string()).collect::<Vec<_>>();
            let reason = if served.is_empty() {
                format!("{} candidate indexes were tried on the twin and none makes this statement cheaper", advice.search.candidates)
            } else {
                format!("{} already serves; none of {} candidates is cheaper", served.join(", "), advice.search.candidates)
            };
            let none = PlanTrial {
                title: "an index".to_owned(),
                rules: asking.clone(),
                cost_before: self.before.root.total_cost,
                cost_after: self.before.root.total_cost,
                verdict: Outcome::Refuted,
                reason: Some(reason),
                ..PlanTrial::default()
            };
            return Ok((!asking.is_empty()).then_some(none));
        }
        Ok(Some(self.with_indexes(&steps, asking).await?))
    }

    async fn with_indexes(&self, steps: &[&IndexStep], rules: Vec<String>) -> Result<PlanTrial, AppError> {
        let twin = self.bench.standing.first()?;
        let mut made = Vec::new();
        for step in steps {
            let Some(index) = &step.index else { continue };
            // On the twin nothing is written, so nothing has to go on beside.
            let definition =
                step.up.iter().find(|s| s.starts_with("create ")).map_or(String::new(), |s| s.replacen(" concurrently", "", 1));
            let rows = index.predicate.as_ref().map_or(1.0, |_| 0.1) * self.rows(step);
            let pages = (step.bytes.unwrap_or(8192.0) / 8192.0).ceil() as i64;
            made.push(twin.add_index(&Candidate { table: step.table.clone(), definition, pages, rows, height: None }).await?);
        }
        let mut trial = PlanTrial {
            title: titles(steps),
            statements: steps.iter().flat_map(|s| s.up.iter().cloned()).collect(),
            undo: steps.iter().rev().flat_map(|s| s.down.iter().cloned()).collect(),
            rules,
            bytes: Some(steps.iter().filter_map(|s| s.bytes).sum::<f64>() as i64),
            ..self.blank()
        };
        match plan(&self.bench.client, self.sql, self.settings).await {
            Ok(after) => self.judge(&mut trial, &after),
            Err(message) => trial.reason = Some(message),
        }
        trial.others = self.others().await;
        for index in made {
            let dropped = self.bench.client.batch_execute(&format!("drop index {}", index.name.sql())).await;
            dropped.map_err(|e| AppError::Target(format!("the twin kept an index: {}", architrave_prove::refusal(&e))))?;
        }
        Ok(trial)
    }

    fn rows(&self, step: &IndexStep) -> f64 {
        let stats = self.bench.source.target.snapshot.stats.as_ref();
        stats.and_then(|s| s.table(&step.table)).and_then(architrave_model::stats::TableStats::row_estimate).unwrap_or(0.0)
    }

    async fn with_settings(&self, fix: &Fix, wanted: &[(String, String)], rule: &str) -> PlanTrial {
        let mut trial = PlanTrial {
            title: fix.title.clone(),
            statements: fix.up.clone(),
            undo: fix.down.clone(),
            rules: vec![rule.to_owned()],
            ..self.blank()
        };
        let settings: Vec<(String, String)> = self.settings.iter().chain(wanted).cloned().collect();
        match plan(&self.bench.client, self.sql, &settings).await {
            Ok(after) => {
                self.judge(&mut trial, &after);
                if trial.verdict == Outcome::Refuted && trial.plan_after.is_none() {
                    // A spill seen in a real run is not in the planner's estimate.
                    trial.verdict = Outcome::Unknown;
                    let memory = wanted.iter().any(|(name, _)| name.ends_with("_mem") || name.starts_with("hash_mem"));
                    let shows = if memory {
                        "only a run on real rows shows the spill go"
                    } else {
                        "what it changes shows only when the statement runs"
                    };
                    trial.reason = Some(format!("the planner chooses the same plan at the same cost; {shows}"));
                }
            }
            Err(message) => trial.reason = Some(message),
        }
        trial
    }

    pub(super) fn blank(&self) -> PlanTrial {
        let cost = self.before.root.total_cost;
        PlanTrial { cost_before: cost, cost_after: cost, ..PlanTrial::default() }
    }

    fn judge(&self, trial: &mut PlanTrial, after: &Plan) {
        trial.cost_after = after.root.total_cost;
        if trial.cost_after <= trial.cost_before * (1.0 - WORTHWHILE) {
            trial.verdict = Outcome::Proved;
        } else {
            trial.verdict = Outcome::Refuted;
            trial.reason = Some("the planner does not expect it to be cheaper".to_owned());
        }
        if !same_shape(self.before, after) {
            trial.plan_after = Some(mask::plan(after, self.hide));
        }
    }

    /// The rest of the workload, as far as it changes.
    async fn others(&self) -> Vec<OtherStatement> {
        let mut changed = Vec::new();
        for other in &self.bench.others {
            let (Some(variant), Some(before)) = (other.query.variants.first(), other.plans.first()) else { continue };
            let settings: Vec<(String, String)> = other.search_path.iter().map(|p| ("search_path".to_owned(), p.clone())).collect();
            if variant.sql == self.sql {
                continue;
            }
            let Ok(after) = plan(&self.bench.client, &variant.sql, &settings).await else { continue };
            let (before, after) = (before.plan.root.total_cost, after.root.total_cost);
            if (after - before).abs() > before * 0.01 {
                let text = architrave_sql::first_line(&architrave_sql::mask_literals(&other.query.text), 100);
                changed.push(OtherStatement { id: other.query.id.clone(), text, cost_before: before, cost_after: after });
            }
        }
        changed.sort_by(|a, b| (a.cost_after - a.cost_before).total_cmp(&(b.cost_after - b.cost_before)));
        changed
    }
}

fn titles(steps: &[&IndexStep]) -> String {
    let title = |s: &&IndexStep| {
        let Some(index) = &s.index else { return String::new() };
        let keys: Vec<String> = index.keys.iter().map(|k| k.column.clone().or_else(|| k.expression.clone()).unwrap_or_default()).collect();
        let article = if index.method == "btree" { "an".to_owned() } else { format!("a {}", index.method) };
        let part = index.predicate.as_ref().map_or("", |_| " of part of the rows");
        format!("{article} index on {} ({}){part}", s.table, keys.join(", "))
    };
    steps.iter().map(title).collect::<Vec<_>>().join(" and ")
}

fn makes_index(fix: &Fix) -> bool {
    fix.up.iter().any(|s| s.starts_with("create index") || s.starts_with("create unique index"))
}

/// The settings that a fix sets, when that is all it does: `set work_mem = '64MB'`, `alter role … set …`.
fn as_settings(fix: &Fix) -> Option<Vec<(String, String)>> {
    let setting = |statement: &String| {
        let (_, rest) = if let Some(rest) = statement.strip_prefix("set ") { ("", rest) } else { statement.split_once(" set ")? };
        let (name, value) = rest.split_once(" = ").or_else(|| rest.split_once(" to "))?;
        let plain = name.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '.');
        let starts = statement.starts_with("set ")
            || statement.starts_with("alter role")
            || statement.starts_with("alter database")
            || statement.starts_with("alter system");
        (plain && starts).then(|| (name.to_owned(), value.to_owned()))
    };
    let found: Option<Vec<(String, String)>> = fix.up.iter().filter(|s| !s.contains("pg_reload_conf")).map(setting).collect();
    found.filter(|f| !f.is_empty())
}
