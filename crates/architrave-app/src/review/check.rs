//! Runs the rules over one target and gives each finding its target and its place in the project.

use super::ReviewOptions;
use architrave_model::catalog::compare::Difference;
use architrave_model::coverage::Gap;
use architrave_model::finding::Evidence;
use architrave_model::origin::Origins;
use architrave_model::project::Project;
use architrave_model::review::Target;
use architrave_model::rule::{Check, Rule};
use architrave_model::{Catalog, Context, Finding};
use std::collections::BTreeMap;

/// What checking one target brought.
pub(super) struct Found {
    pub(super) findings: Vec<Finding>,
    pub(super) ran: Vec<&'static Rule>,
    pub(super) not_run: Vec<&'static Rule>,
    pub(super) gaps: Vec<Gap>,
}

/// Runs the rules. `elsewhere` tells where the project makes an object of the same name, for a target that has no scripts of its own.
pub(super) fn run(
    target: &Target,
    project: &Project,
    drift: Option<&[Difference]>,
    elsewhere: Option<&Origins>,
    options: &ReviewOptions,
) -> Found {
    let context = Context { drift, ..context(target, &target.snapshot.catalog, project, options.now) };
    let outcome = ask(&context, options);
    let mut findings = outcome.findings;
    for finding in &mut findings {
        finding.target.clone_from(&target.name);
        locate(finding, &target.origins);
        if let Some(origins) = elsewhere {
            settle_place(finding, origins);
        }
    }
    let gaps = gaps(target, &outcome.not_run);
    Found { findings, ran: outcome.ran, not_run: outcome.not_run.into_iter().map(|(rule, _)| rule).collect(), gaps }
}

/// The findings of the run's rules over a catalogue that stands in for the target's own: what proofs ask.
pub(super) fn recheck(target: &Target, catalog: &Catalog, project: &Project, options: &ReviewOptions) -> Vec<Finding> {
    ask(&context(target, catalog, project, options.now), options).findings
}

fn ask(context: &Context<'_>, options: &ReviewOptions) -> architrave_rules::Outcome {
    let only: Vec<&str> = options.only_rules.iter().map(String::as_str).collect();
    architrave_rules::run(context, (!only.is_empty()).then_some(&only))
}

fn context<'a>(target: &'a Target, catalog: &'a Catalog, project: &'a Project, now: f64) -> Context<'a> {
    let snapshot = &target.snapshot;
    Context {
        stats: snapshot.stats.as_ref(),
        settings: snapshot.settings.as_ref(),
        replay: target.replay.as_ref(),
        explained: &target.explained,
        on_twin: target.on_twin.as_ref(),
        attack: target.attack.as_ref(),
        now: snapshot.stats.as_ref().map_or(now, |s| s.captured_at),
        ..Context::of(catalog, &snapshot.server, &target.exposure, &project.stack, &project.house, &project.brief)
    }
}

fn locate(finding: &mut Finding, origins: &Origins) {
    if finding.location.is_none()
        && let Some(origin) = origins.of(&finding.object)
        && origin.changed != origin.created
    {
        let place = format!("{}:{}", origin.changed.path, origin.changed.line);
        finding.evidence.push(Evidence { fact: "last changed at".to_owned(), value: place.into(), source: "replay".to_owned() });
    }
    settle_place(finding, origins);
}

/// Where the object and its places are made.
fn settle_place(finding: &mut Finding, origins: &Origins) {
    if finding.location.is_none() {
        finding.location = origins.of(&finding.object).map(|o| o.created.clone());
    }
    for place in &mut finding.places {
        if place.location.is_none() {
            place.location = origins.of(&place.object).map(|o| o.created.clone());
        }
    }
    if finding.location.is_none() {
        finding.location = finding.places.iter().find_map(|p| p.location.clone());
    }
}

/// One gap for all rules that lack the same; those about plans are counted, as what they want is one thing.
fn gaps(target: &Target, not_run: &[(&'static Rule, String)]) -> Vec<Gap> {
    let about_plans = |rule: &Rule| matches!(rule.check, Check::Plan(_) | Check::Twin(_));
    let mut alike: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (rule, why) in not_run.iter().filter(|(rule, _)| !about_plans(rule)) {
        alike.entry(why).or_default().push(rule.id);
    }
    let mut gaps: Vec<Gap> = alike.into_iter().map(|(why, rules)| gap(target, rules, why)).collect();
    let plans = not_run.iter().filter(|(rule, _)| about_plans(rule)).count();
    if plans > 0 {
        let what = format!("{plans} rules about plans on {}", target.name);
        let remedy = "name the statements with --workload PATH and the rows in [brief], or review a live database with pg_stat_statements";
        gaps.push(Gap::new(what, "no statements of a workload could be planned on a twin", Some(remedy)));
    }
    gaps
}

fn gap(target: &Target, mut rules: Vec<&str>, why: &str) -> Gap {
    rules.sort_unstable();
    let remedy = why.contains("live server").then_some("name the database as a second target: architrave review . postgres://…");
    Gap::of_rules(&rules, &target.name, why, remedy)
}
