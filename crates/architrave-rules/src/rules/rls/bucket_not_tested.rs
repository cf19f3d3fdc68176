//! `rls/bucket-not-tested`: see `bucket_not_tested.md` for the rule's page.

use super::policy_ref;
use crate::condition::mentions;
use crate::policies::reach::{acting_roles, guarded, who};
use crate::statements::create_policy;
use architrave_model::catalog::{Policy, PolicyCommand, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/bucket-not-tested",
    summary: "policy on the storage that holds for the objects of every bucket",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("bucket_not_tested.md"),
    check: Check::Catalog(check),
};

/// Whether it is the table of the storage's objects.
pub(super) fn is_storage(table: &Table) -> bool {
    (table.name.schema.as_str(), table.name.name.as_str()) == ("storage", "objects")
}

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in guarded(catalog, context).into_iter().filter(|t| is_storage(t)) {
        for policy in table.policies.iter().filter(|p| p.permissive && leaves_bucket_open(p)) {
            let roles = acting_roles(catalog, context, table, policy);
            if roles.is_empty() {
                continue;
            }
            let message =
                format!("policy \"{}\" on {} lets {} {} in every bucket", policy.name, table.name, who(&roles), doing(policy.command));
            let why = "All buckets are in one table, and the condition does not ask for bucket_id: what was meant for one bucket holds for the others, and for those that are made later. Begin the condition with bucket_id = '…'.";
            sink.report(
                Draft::new(policy_ref(table, policy), message, why)
                    .severity(if policy.command == PolicyCommand::Select { RULE.severity } else { Severity::High })
                    .evidence(format!("definition of \"{}\"", policy.name), create_policy(table, policy), "pg_policy"),
            );
        }
    }
}

/// One of its conditions asks something, and neither the bucket nor anything that follows from it.
fn leaves_bucket_open(policy: &Policy) -> bool {
    let conditions = || policy.using.iter().chain(&policy.with_check);
    // One that is always true is `rls/policy-always-true`'s; the owner of an object is asked rightly in all buckets.
    let always = |text: &String| crate::condition::parse(text).always_true(&|_| false, true);
    let asks = |text: &String| ["bucket_id", "owner", "owner_id"].iter().any(|column| mentions(text, column));
    conditions().count() > 0 && !conditions().any(always) && !conditions().all(asks)
}

/// What a policy lets one do with objects.
pub(super) fn doing(command: PolicyCommand) -> &'static str {
    match command {
        PolicyCommand::All => "list, read, upload, change and delete objects",
        PolicyCommand::Select => "list and read objects",
        PolicyCommand::Insert => "upload objects",
        PolicyCommand::Update => "change objects",
        PolicyCommand::Delete => "delete objects",
    }
}
