//! `rls/policy-not-tested`: see `policy_not_tested.md` for the rule's page.

use architrave_model::access::AttackReport;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, ObjectKind, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "rls/policy-not-tested",
    summary: "policy whose removal the attack does not notice",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("policy_not_tested.md"),
    check: Check::Attack(check),
};

fn check(report: &AttackReport, _: &Context<'_>, sink: &mut Sink<'_>) {
    let mut blind: BTreeMap<(&QualifiedName, &str), Vec<&str>> = BTreeMap::new();
    for mutation in report.mutations.iter().filter(|m| m.noticed == 0 && m.reason.is_none()) {
        blind.entry((&mutation.table, &mutation.policy)).or_default().push(&mutation.change);
    }
    for ((table, policy), changes) in blind {
        let message = format!("policy \"{policy}\" on {table} can be {} and no verdict changes", changes.join(" or "));
        let why = "Each policy is taken away, and replaced by true, to see whether the attack notices. Here it does not: what it says of this table does not rest on this policy, and a mistake in it would go unseen. Another policy may let the same \
                   rows through, or no row was made that this one decides about.";
        let mut draft = Draft::new(ObjectRef::in_table(ObjectKind::Policy, table, policy), message, why);
        for change in changes {
            draft = draft.evidence(format!("verdicts that changed when it was {change}"), 0_i64, "rls-attack");
        }
        sink.report(draft);
    }
}
