//! `rls/existence-told`: see `existence_told.md` for the rule's page.

use super::shown::{oracles, proof};
use crate::figures::list_of;
use architrave_model::access::AttackReport;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/existence-told",
    summary: "answer that tells whether a row exists that stays unseen, as an attack has shown",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("existence_told.md"),
    check: Check::Attack(check),
};

fn check(report: &AttackReport, _: &Context<'_>, sink: &mut Sink<'_>) {
    for (table, oracles) in oracles(report) {
        let Some(first) = oracles.first() else { continue };
        let through: Vec<String> = oracles.iter().map(|o| o.through.clone()).collect();
        let message = format!("{table} tells what it hides through {}", list_of(&through, 3));
        let why = "Constraints are checked over all rows, past the policies, and their error differs with what is there. It gives no row away, but whoever tries values one after the other learns which exist.";
        let mut draft = Draft::new(ObjectRef::table(table), message, why).proof(proof(report, Some(first.transcript), None));
        for oracle in oracles {
            draft = draft.evidence(format!("{} to {}", oracle.through, oracle.actor.word()), oracle.tells.clone(), "rls-attack");
        }
        sink.report(draft);
    }
}
