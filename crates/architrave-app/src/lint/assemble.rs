//! Puts the report together: plain data, nothing decided here.

use super::Judged;
use architrave_model::Finding;
use architrave_model::coverage::Gap;
use architrave_model::lint_report::{AllowedFinding, LintReport, LintedDatabase, LintedScript, LintedStatement, Weight};
use architrave_model::migration::{BrokenQuery, Estimate, Migrations, Outcome, Step};
use architrave_model::project::Project;
use architrave_model::review::Run;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Characters of a statement that are shown.
const SHOWN: usize = 120;

/// Worst first, then in the order of the files.
pub(super) fn order(a: &Finding, b: &Finding) -> Ordering {
    b.severity
        .cmp(&a.severity)
        .then_with(|| (&a.target, &a.location, &a.rule, &a.object).cmp(&(&b.target, &b.location, &b.rule, &b.object)))
}

pub(super) fn report(
    project: &Project,
    all: &mut [Judged],
    findings: &[Finding],
    allowed: &[(Finding, String)],
    hidden: u32,
    gaps: &BTreeSet<Gap>,
    run: &Run,
) -> LintReport {
    let subject = match (project.name.as_str(), all.first()) {
        ("", Some(judged)) => judged.database.path.clone(),
        (name, _) => name.to_owned(),
    };
    LintReport {
        schema_version: 1,
        tool: format!("architrave {}", crate::VERSION),
        run: run.clone(),
        subject,
        databases: all.iter_mut().map(database).collect(),
        findings: findings.to_vec(),
        hidden_by_baseline: hidden,
        allowed: allowed.iter().map(|(finding, reason)| AllowedFinding::of(finding, reason)).collect(),
        gaps: gaps.iter().cloned().collect(),
    }
}

fn database(judged: &mut Judged) -> LintedDatabase {
    let mut statements = statements(judged);
    let migrations = &mut judged.migrations;
    LintedDatabase {
        scripts: statements.iter_mut().enumerate().map(|(at, of_script)| script(migrations, at, std::mem::take(of_script))).collect(),
        name: judged.database.name.clone(),
        format: judged.database.format.title().to_owned(),
        executed: migrations.executed,
        server_version: migrations.server_version.clone(),
        earlier: u32::try_from(judged.earlier.len()).unwrap_or(u32::MAX),
        history: std::mem::take(&mut migrations.history),
        broken_queries: migrations.broken_queries.iter().map(masked).collect(),
        preconditions: std::mem::take(&mut migrations.preconditions),
        half_applied: std::mem::take(&mut migrations.half_applied),
    }
}

fn masked(query: &BrokenQuery) -> BrokenQuery {
    let text = architrave_sql::mask_literals(&query.query);
    BrokenQuery { query: architrave_sql::first_line(&text, 200), ..query.clone() }
}

/// What each statement did, by script.
fn statements(judged: &mut Judged) -> Vec<Vec<LintedStatement>> {
    let mut estimates: BTreeMap<usize, Estimate> = BTreeMap::new();
    for estimate in std::mem::take(&mut judged.estimates) {
        estimates.entry(estimate.step).or_insert(estimate);
    }
    let mut by_script = vec![Vec::new(); judged.migrations.scripts.len()];
    for (number, step) in judged.migrations.steps.iter_mut().enumerate() {
        if let Some(of_script) = by_script.get_mut(step.script) {
            let mut statement = said(step);
            statement.effect = std::mem::take(&mut step.effect);
            statement.estimate = estimates.remove(&number);
            of_script.push(statement);
        }
    }
    by_script
}

fn script(migrations: &Migrations, at: usize, statements: Vec<LintedStatement>) -> LintedScript {
    let script = &migrations.scripts[at];
    let down = migrations.downs.iter().find(|d| d.script == at);
    LintedScript {
        path: script.path.clone(),
        transaction: script.transaction,
        statements,
        down: down.map(|d| d.outcome.clone()),
        lost: down.map(|d| d.lost.clone()).unwrap_or_default(),
    }
}

/// A statement with what it did.
pub(crate) fn linted(step: &Step) -> LintedStatement {
    LintedStatement { effect: step.effect.clone(), ..said(step) }
}

/// The same without the effect.
fn said(step: &Step) -> LintedStatement {
    LintedStatement {
        line: step.location.line,
        statement: architrave_sql::masked_first_line(&step.text, SHOWN),
        weight: Weight::of(step),
        outcome: outcome(&step.outcome),
        ..LintedStatement::default()
    }
}

/// The server's words without values: what it quotes of rows stays here.
fn outcome(outcome: &Outcome) -> Outcome {
    match outcome {
        Outcome::Failed { sqlstate, message } => {
            Outcome::Failed { sqlstate: sqlstate.clone(), message: architrave_sql::first_line(message, 300) }
        }
        other => other.clone(),
    }
}
