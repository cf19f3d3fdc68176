//! `clerk/webhook-deletion-ignored`: see `webhook_deletion_ignored.md` for the rule's page.

use super::handler::{draft, events as events_in_words, of_people, place};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "clerk/webhook-deletion-ignored",
    summary: "handler that creates people and does nothing when they are deleted",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("webhook_deletion_ignored.md"),
    check: Check::Catalog(check),
};

fn check(_catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    // Each endpoint may have its own events: one that deletes is enough.
    if of_people(context).any(|h| h.handles_deletion != Some(false)) {
        return;
    }
    for handler in of_people(context) {
        let message = format!("{} does nothing about user.deleted", place(&handler.location));
        let why = "Who is deleted at Clerk stays here for good: with name and e-mail address, which the law may want gone, in lists and counts, and with an address that the next person who signs up with it collides with. \
                   Handle user.deleted: mark the row (`deleted_at`) and empty what is personal, or delete it. The event has the id and nothing else.";
        let events: Vec<&str> = handler.events.iter().map(String::as_str).collect();
        sink.report(draft(&handler.location, message, why).evidence(
            "acts on",
            events_in_words(&events),
            "the handler, run with events of all types",
        ));
    }
}
