//! `clerk/webhook-body-rewritten`: see `webhook_body_rewritten.md` for the rule's page.

use super::handler::{draft, place};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::webhook::Verification;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "clerk/webhook-body-rewritten",
    summary: "signature that is verified over a body that was parsed and made a text again",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("webhook_body_rewritten.md"),
    check: Check::Catalog(check),
};

fn check(_catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for handler in &context.stack.webhooks.handlers {
        let Verification::Rewritten { location } = &handler.verification else { continue };
        let message = format!("{} verifies the signature over JSON that was parsed and written again", place(location));
        let why = "The signature is over the bytes that were sent. JSON that was parsed and written again is the same text only as long as the sender writes it as JavaScript would: another order of keys, an escape, a number like 1.0 or 1e21, and the \
                   signature no longer fits. Then every event is refused, until the endpoint is disabled. Take the text of the request as it came (`await request.text()`, `await request.body()`, express.raw) and parse it after the verification.";
        sink.report(draft(location, message, why).evidence("body", "parsed, then written again", "the handler, run with an event"));
    }
}
