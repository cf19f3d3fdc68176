//! `rls/open-by-policy`: see `open_by_policy.md` for the rule's page.

use super::shown::{actors, commands, named, object, proof};
use architrave_model::access::{ActorKind, AttackReport, Cell, CellVerdict, Command, Target};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "rls/open-by-policy",
    summary: "table that a policy opens to everybody in so many words",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("open_by_policy.md"),
    check: Check::Attack(check),
};

fn check(report: &AttackReport, _: &Context<'_>, sink: &mut Sink<'_>) {
    // TRUNCATE is a matter of privileges: table/truncate-granted.
    let mut by_target: BTreeMap<&Target, Vec<&Cell>> = BTreeMap::new();
    // Of a function's answers that hold no row, those to somebody who is not signed in are worth a question.
    let asked = |c: &&Cell| !matches!(c.target, Target::Function { .. }) || c.actor == ActorKind::Anonymous;
    for cell in report.cells.iter().filter(|c| c.verdict == CellVerdict::Open && c.command != Command::Truncate).filter(asked) {
        by_target.entry(&cell.target).or_default().push(cell);
    }
    for (target, cells) in by_target {
        let Some(first) = cells.first() else { continue };
        let (who, what) = (actors(cells.iter().copied()), commands(cells.iter().copied()));
        let by_policy = !matches!(target, Target::Function { .. }) && cells.iter().any(|c| !c.reason.ends_with("nothing tells"));
        let (by, because) =
            if by_policy { (" by policy", "A policy says that everybody may") } else { ("", "Nothing says that it is not meant") };
        let message = format!("{} is open to {who}{by} ({what}): {}", named(target), first.reason);
        let why = format!(
            "{because}, so that it is not counted as a leak. Whether it is meant, only you know: say so in architrave.toml, and this question is not asked again."
        );
        let mut draft =
            Draft::new(object(target), message, why).confidence(Confidence::Possible).proof(proof(report, first.evidence, None));
        for cell in &cells {
            draft = draft.evidence(format!("{} by {}", cell.command.sql(), cell.actor.word()), cell.reason.clone(), "rls-attack");
        }
        if let Some(location) = cells.iter().find_map(|c| c.at_fault.as_ref()?.location.clone()) {
            draft = draft.at(location);
        }
        sink.report(draft);
    }
}
