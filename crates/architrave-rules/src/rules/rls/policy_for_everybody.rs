//! `rls/policy-for-everybody`: see `policy_for_everybody.md` for the rule's page.

use super::{alter_policy, policy_ref};
use crate::figures::{counted, list_of};
use crate::policies::needs_sign_in;
use crate::policies::reach::{acting_roles, guarded};
use crate::statements::lock;
use architrave_model::catalog::{Policy, Table};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "rls/policy-for-everybody",
    summary: "policy for every role whose condition only somebody who is signed in can meet",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("policy_for_everybody.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let comes = |role: &str| context.exposure.roles.iter().any(|r| r == role);
    if !comes("anon") || !comes("authenticated") {
        return;
    }
    let mut by_schema: BTreeMap<&str, Vec<(&Table, &Policy)>> = BTreeMap::new();
    for table in guarded(catalog, context) {
        for policy in table.policies.iter().filter(|p| p.permissive && p.roles == ["PUBLIC"]) {
            let conditions = || policy.using.iter().chain(&policy.with_check);
            if conditions().count() == 0 || !conditions().all(|c| needs_sign_in(c)) {
                continue;
            }
            // Where nobody comes without an account, or another role may be meant as well, nothing is gained.
            let roles = acting_roles(catalog, context, table, policy);
            if roles.contains(&"anon") && roles.iter().all(|r| ["anon", "authenticated"].contains(r)) {
                by_schema.entry(&table.name.schema).or_default().push((table, policy));
            }
        }
    }
    for (schema, policies) in by_schema {
        sink.report(draft(schema, &policies));
    }
}

fn draft(schema: &str, policies: &[(&Table, &Policy)]) -> Draft {
    let names: Vec<String> = policies.iter().map(|(table, policy)| format!("\"{}\" on {}", policy.name, table.name.name)).collect();
    let message = format!(
        "{} of schema {schema} {} for every role and let only who is signed in pass: {}",
        counted(policies.len(), "policy", "policies"),
        if policies.len() == 1 { "is" } else { "are" },
        list_of(&names, 3)
    )
    .replace(" is for every role and let ", " is for every role and lets ");
    let why = "TO was left out, which means every role. Who is not signed in passes none of them, but PostgreSQL computes the condition for each row before it says no. With `to authenticated` the answer to anon is there without reading, \
               and the policy says whom it is for.";
    let alter =
        |role: &str| policies.iter().map(|(table, policy)| format!("{} to {role}", alter_policy(table, policy))).collect::<Vec<_>>();
    let mut tables: Vec<&Table> = policies.iter().map(|(table, _)| *table).collect();
    tables.dedup_by(|a, b| a.name == b.name);
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why)
        .evidence("policies for every role that need a signed-in user", policies.len(), "pg_policy")
        .fix(Fix {
            title: format!("name the role in {} of schema {schema}", counted(policies.len(), "policy", "policies")),
            up: alter("authenticated"),
            down: alter("public"),
            transactional: true,
            effect: Effect { locks: tables.iter().map(|t| lock(&t.name, "AccessExclusiveLock")).collect(), ..Effect::default() },
            caution: None,
        });
    for (table, policy) in policies {
        draft = draft.place(policy_ref(table, policy), None);
    }
    draft
}
