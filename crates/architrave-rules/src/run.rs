//! Runs rules over one database and collects what they found, what ran and what could not.

use crate::registry;
use architrave_model::{Check, Context, Finding, Rule, Sink};

/// What a run brought.
pub struct Outcome {
    /// Findings: worst first, then by rule and object.
    pub findings: Vec<Finding>,
    /// Rules that came to a verdict.
    pub ran: Vec<&'static Rule>,
    /// Rules that did not (or not for all of their subject), each with the reason: a fragment without full stop.
    pub not_run: Vec<(&'static Rule, String)>,
}

/// Runs all rules but those about pending migrations, or only those of the given ids.
///
/// The catalogue always comes from the context; a rule whose further input is missing is listed in [`Outcome::not_run`].
pub fn run(context: &Context<'_>, only: Option<&[&str]>) -> Outcome {
    run_of(context, only, |check| !matches!(check, Check::Migration(_)))
}

/// Runs the rules about pending migrations, or only those of the given ids.
pub fn run_migrations(context: &Context<'_>, only: Option<&[&str]>) -> Outcome {
    run_of(context, only, |check| matches!(check, Check::Migration(_)))
}

fn run_of(context: &Context<'_>, only: Option<&[&str]>, kind: fn(&Check) -> bool) -> Outcome {
    let mut outcome = Outcome { findings: Vec::new(), ran: Vec::new(), not_run: Vec::new() };
    for rule in registry::all().filter(|r| kind(&r.check) && only.is_none_or(|ids| ids.contains(&r.id))) {
        let mut sink = Sink::new(rule);
        if !start(rule.check, context, &mut sink) {
            outcome.not_run.push((rule, format!("needs {}", rule.check.needs())));
            continue;
        }
        match sink.not_checked_because() {
            Some(reason) => outcome.not_run.push((rule, reason.to_owned())),
            None => outcome.ran.push(rule),
        }
        outcome.findings.extend(sink.into_findings());
    }
    outcome.findings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| (&a.rule, &a.object).cmp(&(&b.rule, &b.object))));
    outcome
}

/// False when the input of the check is missing.
fn start(check: Check, context: &Context<'_>, sink: &mut Sink<'_>) -> bool {
    match (check, context.stats, context.settings) {
        (Check::Replay(f), _, _) => match context.replay {
            Some(replay) => f(replay, context, sink),
            None => return false,
        },
        (Check::Drift(f), _, _) => match context.drift {
            Some(drift) => f(drift, context, sink),
            None => return false,
        },
        (Check::Plan(_), _, _) if context.explained.is_empty() => return false,
        (Check::Plan(f), _, _) => {
            for explained in context.explained {
                f(explained, context, sink);
            }
        }
        (Check::Twin(f), _, _) => match context.on_twin {
            Some(on_twin) => f(on_twin, context, sink),
            None => return false,
        },
        (Check::Migration(f), _, _) => match context.migrations {
            Some(migrations) => f(migrations, context, sink),
            None => return false,
        },
        (Check::Attack(f), _, _) => match context.attack {
            Some(attack) => f(attack, context, sink),
            None => return false,
        },
        (Check::Catalog(f), _, _) => f(context.catalog, context, sink),
        (Check::Stats(f), Some(stats), _) => f(context.catalog, stats, context, sink),
        (Check::Settings(f), _, Some(settings)) => f(settings, context, sink),
        (Check::Live(f), Some(stats), Some(settings)) => f(stats, settings, context, sink),
        _ => return false,
    }
    true
}
