//! `index/superfluous-for-workload`: see `superfluous_for_workload.md` for the rule's page.

use crate::figures::bytes;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Lock, Severity};
use architrave_model::index_advice::IndexAction;
use architrave_model::name::{ObjectKind, ObjectRef};
use architrave_model::on_twin::OnTwin;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "index/superfluous-for-workload",
    summary: "index without which no statement of the workload becomes dearer",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("superfluous_for_workload.md"),
    check: Check::Twin(check),
};

fn check(on_twin: &OnTwin, _: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(advice) = &on_twin.advice else { return };
    for step in advice.steps.iter().filter(|s| s.action == IndexAction::Drop) {
        let Some(index) = &step.index else { continue };
        let size = step.bytes.map_or_else(String::new, |b| format!(", {}", bytes(b as i64)));
        let n = advice.queries.len();
        let message = format!("{} on {} is needed by no statement of the workload ({n} planned){size}", index.name, step.table);
        let because: Vec<String> = step.because.iter().map(|b| format!("{b}.")).collect();
        let why = format!(
            "All statements of the workload were planned on the twin without it, and none became dearer. Until it goes, every insert and most updates keep it up to \
             date. {}",
            because.join(" ")
        );
        let mut draft = Draft::new(ObjectRef::in_table(ObjectKind::Index, &step.table, &index.name), message, why);
        draft = draft.evidence("statements planned without it", n, on_twin.workload.as_str());
        if let Some(size) = step.bytes {
            draft = draft.evidence("its size, bytes", size, "pg_class");
        }
        if step.bytes.is_some_and(|b| b >= 1_073_741_824.0) {
            draft = draft.severity(Severity::Medium);
        }
        let lock = Lock { relation: step.table.to_string(), mode: "ShareUpdateExclusiveLock".to_owned() };
        sink.report(draft.fix(Fix {
            title: format!("drop {}{size}", index.name),
            up: step.up.clone(),
            down: step.down.clone(),
            transactional: !step.up.iter().any(|s| s.contains(" concurrently ")),
            effect: Effect { locks: vec![lock], bytes: step.bytes.map(|b| -(b as i64)), ..Effect::default() },
            caution: Some(if step.cautions.is_empty() {
                "statements that are not in the workload may use it: reports at the end of a month, features not yet live, replicas"
                    .to_owned()
            } else {
                step.cautions.join("; ")
            }),
        }));
    }
}
