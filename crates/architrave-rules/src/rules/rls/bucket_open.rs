//! `rls/bucket-open`: see `bucket_open.md` for the rule's page.

use super::bucket_not_tested::{doing, is_storage};
use super::policy_ref;
use crate::condition::{Condition, Token, TokenKind, equality, parse, plain_column};
use crate::policies::reach::{acting_roles, guarded, who};
use crate::statements::create_policy;
use architrave_model::catalog::{Policy, PolicyCommand};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/bucket-open",
    summary: "policy on the storage that asks for nothing but the bucket",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("bucket_open.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in guarded(catalog, context).into_iter().filter(|t| is_storage(t)) {
        for policy in table.policies.iter().filter(|p| p.permissive) {
            let Some((bucket, signed_in)) = only_bucket(policy) else { continue };
            let mut roles = acting_roles(catalog, context, table, policy);
            if signed_in {
                roles.retain(|r| *r == "authenticated");
            }
            if roles.is_empty() {
                continue;
            }
            let message = format!(
                "policy \"{}\" on {} lets {} {} of bucket {bucket}, whosever they are",
                policy.name,
                table.name,
                who(&roles),
                doing(policy.command)
            );
            let why = match policy.command {
                PolicyCommand::Select => {
                    "The names of all objects can be listed, and each can be fetched. A public bucket needs no policy for SELECT: its objects are served by their address without one; with one, it can be listed as well. In a private bucket \
                     everybody reads everything."
                }
                PolicyCommand::Insert => {
                    "Everybody may store files of any name, in anybody's folder. Let the path begin with the id of the user, and limit size and type of the bucket."
                }
                _ => {
                    "Everybody may overwrite or remove the files of all others. Compare the owner (owner_id) or the first folder of the path with the id of the user."
                }
            };
            let writes = !matches!(policy.command, PolicyCommand::Select | PolicyCommand::Insert);
            let everybody = roles.iter().any(|r| *r != "authenticated");
            let severity = match (writes, everybody) {
                (true, true) => Severity::Critical,
                (true, false) => RULE.severity,
                (false, _) if policy.command == PolicyCommand::Select => Severity::Low,
                (false, _) => Severity::Medium,
            };
            sink.report(Draft::new(policy_ref(table, policy), message, why).severity(severity).evidence(
                format!("definition of \"{}\"", policy.name),
                create_policy(table, policy),
                "pg_policy",
            ));
        }
    }
}

/// The bucket, when nothing else is asked; and whether one has to be signed in.
fn only_bucket(policy: &Policy) -> Option<(String, bool)> {
    let conditions: Vec<&String> = policy.using.iter().chain(&policy.with_check).collect();
    let mut found = None;
    let mut signed_in = policy.roles == ["authenticated"];
    for text in conditions {
        let parts = match parse(text) {
            Condition::And(parts) => parts,
            other => vec![other],
        };
        let mut bucket = None;
        for part in &parts {
            if part.always_true(&|_| false, false) {
                continue;
            }
            if part.always_true(&|_| false, true) {
                signed_in = true;
                continue;
            }
            let Condition::Atom(atom) = part else { return None };
            bucket = Some(bucket_of(atom)?);
        }
        found = Some(bucket?);
    }
    Some((found?, signed_in))
}

/// The literal of `bucket_id = 'name'`.
fn bucket_of(atom: &[Token]) -> Option<String> {
    let (left, right) = equality(atom)?;
    let literal = |side: &[Token]| {
        side.first().filter(|t| t.kind == TokenKind::Text && side.len() <= 3).map(|t| t.text.trim_matches('\'').to_owned())
    };
    if plain_column(left) == Some("bucket_id") {
        return literal(right);
    }
    (plain_column(right) == Some("bucket_id")).then(|| literal(left)).flatten()
}
