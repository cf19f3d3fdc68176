//! `clerk/webhook-unverified`: see `webhook_unverified.md` for the rule's page.

use super::handler::{draft, events as events_in_words, place};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::webhook::Verification;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "clerk/webhook-unverified",
    summary: "webhook handler that takes events without a signature",
    severity: Severity::Critical,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("webhook_unverified.md"),
    check: Check::Catalog(check),
};

fn check(_catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for handler in &context.stack.webhooks.handlers {
        if handler.verification != Verification::Missing || handler.writes.is_empty() {
            continue;
        }
        let events: Vec<&str> = handler.events.iter().map(String::as_str).collect();
        let message = format!("{} acts on {} and verifies no signature", place(&handler.location), events_in_words(&events));
        let why = "The address of a webhook is no secret, and the events are only JSON: whoever knows the address creates, changes and deletes people here. Clerk signs every message; the signature is what makes it Clerk's. \
                   Verify it before anything else (`verifyWebhook(request)` of @clerk/nextjs/webhooks or @clerk/backend/webhooks, `Webhook(secret).verify(body, headers)` of svix), and answer 400 where it fails.";
        sink.report(draft(&handler.location, message, why).evidence("verification", "none", "the handler, run with an event"));
    }
}
