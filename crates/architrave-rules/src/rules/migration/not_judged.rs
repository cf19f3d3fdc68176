//! `migration/not-judged`: see `not_judged.md` for the rule's page.

use crate::figures::counted;
use crate::held::{file_of, told};
use crate::migrations::At;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations, Outcome};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, ObjectRef, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "migration/not-judged",
    summary: "statements whose effect nobody has seen",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("not_judged.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_script: BTreeMap<usize, Vec<(At<'_>, String)>> = BTreeMap::new();
    for at in crate::migrations::all(migrations, context) {
        let dynamic = at.step.actions.iter().any(|a| matches!(a, Action::Dynamic { .. }));
        let reason = match &at.step.outcome {
            Outcome::Skipped { reason } => reason.clone(),
            Outcome::NotExecuted if dynamic => "what it does shows only when it is executed".to_owned(),
            _ => continue,
        };
        by_script.entry(at.step.script).or_default().push((at, reason));
    }
    for found in by_script.into_values() {
        let Some((first, reason)) = found.first() else { continue };
        let message = format!("{} of {} not judged: {reason}", counted(found.len(), "statement", "statements"), file_of(*first));
        let why = "The locks, rewrites and failures of these statements are unknown: silence about them is no clean bill.";
        let mut draft = told(*first, file_of(*first), message, why);
        if found.len() > 1 {
            for (at, reason) in &found {
                let object = ObjectRef::global(ObjectKind::Statement, format!("{}:{}", at.step.location.path, at.step.location.line));
                draft = draft.place_at(object, at.step.location.clone(), Some(reason.clone()));
            }
        }
        sink.report(draft);
    }
}
