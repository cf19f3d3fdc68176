//! `index/missing-for-workload`: see `missing_for_workload.md` for the rule's page.

use crate::figures::{bytes, count, percent};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Lock, Severity};
use architrave_model::index_advice::{IndexAction, IndexStep};
use architrave_model::name::{ObjectKind, ObjectRef};
use architrave_model::on_twin::OnTwin;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "index/missing-for-workload",
    summary: "index that the statements of the workload lack, found by planning them on the twin",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("missing_for_workload.md"),
    check: Check::Twin(check),
};

/// Queries named in one finding.
const NAMED: usize = 5;

fn check(on_twin: &OnTwin, _: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(advice) = &on_twin.advice else { return };
    let before = advice.summary.cost_before.max(f64::MIN_POSITIVE);
    for step in advice.steps.iter().filter(|s| s.action != IndexAction::Drop) {
        let Some(index) = &step.index else { continue };
        let object = ObjectRef::in_table(ObjectKind::Index, &step.table, &index.name);
        let share = step.saves / before;
        let severity = match share {
            s if s >= 0.25 => Severity::High,
            s if s >= 0.02 => Severity::Medium,
            _ => Severity::Low,
        };
        let helped = match step.helps.len() {
            1 => "1 statement".to_owned(),
            n => format!("{n} statements"),
        };
        let message =
            format!("{} on {} would make {helped} of the workload cheaper, saving {} of its cost", index.name, step.table, percent(share));
        let mut draft = Draft::new(object, message, why(step)).severity(severity).evidence(
            "cost of the workload, calls times planner cost",
            advice.summary.cost_before,
            on_twin.workload.as_str(),
        );
        for change in step.helps.iter().take(NAMED) {
            let text = on_twin.text(&change.query);
            draft = draft.evidence(
                format!("statement {}", change.query),
                format!("cost {} without it, {} with it: {text}", count(change.before), count(change.after)),
                "twin",
            );
        }
        for change in step.hurts.iter().filter(|c| count(c.before) != count(c.after)).take(NAMED) {
            let told = format!("cost {} without it, {} with it", count(change.before), count(change.after));
            draft = draft.evidence(format!("statement {} becomes dearer", change.query), told, "twin");
        }
        sink.report(draft.fix(fix(step)));
    }
}

fn why(step: &IndexStep) -> String {
    let because: Vec<String> = step.because.iter().map(|b| format!("It is {b}.")).collect();
    let first = step
        .helps
        .first()
        .map_or_else(String::new, |c| format!(" Statement {} falls from a cost of {} to {}.", c.query, count(c.before), count(c.after)));
    format!(
        "Every statement of the workload was planned on the twin with and without this index, the other steps of the plan in place.{first} {}",
        because.join(" ")
    )
}

fn fix(step: &IndexStep) -> Fix {
    let lock = Lock { relation: step.table.to_string(), mode: "ShareUpdateExclusiveLock".to_owned() };
    let verb = match step.action {
        IndexAction::Replace | IndexAction::Merge => "replace by",
        IndexAction::Create | IndexAction::Drop => "create",
    };
    let size = step.bytes.map_or_else(String::new, |b| format!(" ({})", bytes(b as i64)));
    let name = step.index.as_ref().map_or("", |i| i.name.as_str());
    let concurrently = step.up.iter().any(|s| s.contains(" concurrently "));
    Fix {
        title: format!("{verb} {name}{size}"),
        up: step.up.clone(),
        down: step.down.clone(),
        transactional: !concurrently,
        effect: Effect { locks: vec![lock], scans: vec![step.table.to_string()], bytes: step.bytes.map(|b| b as i64), ..Effect::default() },
        caution: (!step.cautions.is_empty()).then(|| step.cautions.join("; ")),
    }
}
