//! `clerk/webhook-behind-token`: see `webhook_behind_token.md` for the rule's page.

use super::handler::{draft, place};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "clerk/webhook-behind-token",
    summary: "edge function for webhooks whose gateway asks for a token",
    severity: Severity::High,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("webhook_behind_token.md"),
    check: Check::Catalog(check),
};

fn check(_catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for handler in context.stack.webhooks.handlers.iter().filter(|h| h.behind_token) {
        let message = format!("{} is an edge function that is not reached without a token", place(&handler.location));
        let why = "Edge functions verify a token of the project before they run, unless `verify_jwt = false` stands in supabase/config.toml (or the function is deployed with --no-verify-jwt). Clerk's messages bring a signature and no such token: each is \
                   answered with 401, and after five days the endpoint is disabled. Set `verify_jwt = false` for this function, and verify the signature in it.";
        sink.report(draft(&handler.location, message, why).evidence("verify_jwt", true, "supabase/config.toml"));
    }
}
