//! `rls/only-restrictive-policies`: see `only_restrictive_policies.md` for the rule's page.

use super::policy_ref;
use crate::condition::parse;
use crate::figures::counted;
use crate::policies::reach::{bound_roles, guarded, who};
use crate::statements::create_policy;
use architrave_model::catalog::Policy;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/only-restrictive-policies",
    summary: "table whose policies are all restrictive, so that no row passes",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("only_restrictive_policies.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in guarded(catalog, context).into_iter().filter(|t| t.policies.iter().all(|p| !p.permissive)) {
        // Conditions that are false say in so many words that nothing shall pass.
        if table.policies.iter().all(closes) {
            continue;
        }
        let roles = bound_roles(catalog, context, table);
        if roles.is_empty() {
            continue;
        }
        let message = format!(
            "{} has {} and no permissive one",
            table.name,
            counted(table.policies.len(), "restrictive policy", "restrictive policies")
        );
        let why = format!(
            "Restrictive policies only take away from what permissive ones let through, and there is none: {} will find the table empty and cannot write to it, whatever the conditions say.",
            who(&roles)
        );
        let mut draft = Draft::new(ObjectRef::table(&table.name), message, why);
        for policy in &table.policies {
            draft = draft.place(policy_ref(table, policy), None).evidence(
                format!("definition of \"{}\"", policy.name),
                create_policy(table, policy),
                "pg_policy",
            );
        }
        sink.report(draft);
    }
}

fn closes(policy: &Policy) -> bool {
    policy.using.iter().chain(&policy.with_check).all(|text| parse(text).never_true(&|_| false))
}
