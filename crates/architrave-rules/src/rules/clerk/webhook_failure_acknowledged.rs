//! `clerk/webhook-failure-acknowledged`: see `webhook_failure_acknowledged.md` for the rule's page.

use super::handler::{draft, place};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::webhook::Loss;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "clerk/webhook-failure-acknowledged",
    summary: "handler that answers success where the database has failed",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Recovery,
    docs: include_str!("webhook_failure_acknowledged.md"),
    check: Check::Catalog(check),
};

fn check(_catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for handler in &context.stack.webhooks.handlers {
        let lost: Vec<_> = handler.losses.iter().filter(|(loss, _)| *loss != Loss::ResultIgnored).collect();
        let Some((loss, at)) = lost.first() else { continue };
        let message = match loss {
            Loss::NotAwaited => format!("{} answers before its statement has ended", place(at)),
            _ => format!("{} fails, and the handler answers that it worked", place(at)),
        };
        let why = "An answer of 2xx is the receipt: Svix never sends the message again. When the database is away for a second, in a fail-over or behind a full pool, the event is lost for ever, and nobody is told: the person has no row, or an old one. Let \
                   the error through (or answer 500), and the message comes again until it is stored.";
        let mut draft = draft(at, message, why).evidence(
            "events that are lost so",
            lost.len(),
            "the handler, run with a database that refuses every write",
        );
        for (loss, at) in lost.iter().skip(1) {
            let how = if *loss == Loss::NotAwaited { "not awaited" } else { "caught" };
            draft = draft.place_at(ObjectRef::global(ObjectKind::File, &at.path), at.clone(), Some(how.to_owned()));
        }
        sink.report(draft);
    }
}
