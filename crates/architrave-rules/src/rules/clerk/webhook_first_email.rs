//! `clerk/webhook-first-email`: see `webhook_first_email.md` for the rule's page.

use super::handler::{draft, place};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "clerk/webhook-first-email",
    summary: "handler that takes the first e-mail address for the primary one",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("webhook_first_email.md"),
    check: Check::Catalog(check),
};

fn check(_catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for handler in &context.stack.webhooks.handlers {
        let Some(at) = &handler.first_email else { continue };
        let message = format!("{} takes the first e-mail address, not the primary one", place(at));
        let why = "`email_addresses` has no order that means something. Who adds a second address, or makes another one the primary, stays here with the wrong one: mail goes there, and a sign-up with the other address collides or does not. The list may also be empty \
                   (sign-up by telephone), and then `[0].email_address` raises an error and the event is refused for ever. Take the entry whose id is `primary_email_address_id`, and NULL where there is none.";
        sink.report(draft(at, message, why).evidence("reads primary_email_address_id", false, "the handler, run with events"));
    }
}
