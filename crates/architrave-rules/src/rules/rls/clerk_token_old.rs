//! `rls/clerk-token-old`: see `clerk_token_old.md` for the rule's page.

use super::policy_ref;
use crate::condition::{TokenKind, tokens};
use crate::figures::list;
use crate::policies::reach::guarded;
use crate::statements::create_policy;
use architrave_model::catalog::Policy;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/clerk-token-old",
    summary: "policy on claims that Clerk's session token of version 2 no longer has",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("clerk_token_old.md"),
    check: Check::Catalog(check),
};

/// Claims of version 1, and where version 2 has them.
const MOVED: [(&str, &str); 4] = [("org_id", "o.id"), ("org_role", "o.rol"), ("org_slug", "o.slg"), ("org_permissions", "o.per")];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(clerk) = context.stack.named("Clerk") else { return };
    for table in guarded(catalog, context) {
        for policy in &table.policies {
            let old = old_claims(policy);
            if old.is_empty() {
                continue;
            }
            let claims: Vec<&str> = old.iter().map(|(claim, _)| *claim).collect();
            let now: Vec<String> = old.iter().map(|(claim, place)| format!("{claim} is now {place}")).collect();
            let message = format!("policy \"{}\" on {} reads {} of Clerk's old token only", policy.name, table.name, list(&claims));
            let why = format!(
                "Tokens of version 2 keep what concerns the organisation in the object o: {}, and the role there has no prefix org:. The old claim is null in them, so the policy denies without an error. Read both: \
                 coalesce(auth.jwt() -> 'o' ->> 'id', auth.jwt() ->> 'org_id').",
                list(&now)
            );
            sink.report(
                Draft::new(policy_ref(table, policy), message, why)
                    .evidence(format!("definition of \"{}\"", policy.name), create_policy(table, policy), "pg_policy")
                    .evidence("the project signs in with", "Clerk", clerk.path.clone()),
            );
        }
    }
}

/// Old claims that the policy takes from the token without looking for the new ones.
fn old_claims(policy: &Policy) -> Vec<(&'static str, &'static str)> {
    let said: Vec<_> = policy.using.iter().chain(&policy.with_check).flat_map(|text| tokens(text)).collect();
    let literal = |text: &str| said.iter().any(|t| t.kind == TokenKind::Text && t.text.trim_matches('\'') == text);
    let from_token = said.iter().any(|t| t.text == "jwt") || literal("request.jwt.claims");
    if !from_token || literal("o") {
        return Vec::new();
    }
    MOVED.into_iter().filter(|(claim, _)| literal(claim)).collect()
}
