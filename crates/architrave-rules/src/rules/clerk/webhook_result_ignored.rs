//! `clerk/webhook-result-ignored`: see `webhook_result_ignored.md` for the rule's page.

use super::handler::{draft, place};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::webhook::Loss;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "clerk/webhook-result-ignored",
    summary: "handler that does not look at what its call to the database returns",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Recovery,
    docs: include_str!("webhook_result_ignored.md"),
    check: Check::Catalog(check),
};

fn check(_catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for handler in &context.stack.webhooks.handlers {
        let lost: Vec<_> = handler.losses.iter().filter(|(loss, _)| *loss == Loss::ResultIgnored).collect();
        let Some((_, at)) = lost.first() else { continue };
        let message = format!("{} does not look whether its call to the database has worked", place(at));
        let why = "This call throws nothing: supabase-js puts the error into `error`, and fetch answers with a status. Nobody reads it, the handler answers 200, and Svix never sends the message again. A missing column, a unique e-mail address, a policy or an \
                   outage: each loses events for good, silently. Take `{ error }` of the result (or `response.ok`) and answer 500, or add `.throwOnError()`.";
        let mut draft = draft(at, message, why).evidence(
            "statements of that kind",
            lost.len(),
            "the handler, run with a database that refuses every write",
        );
        for (_, at) in lost.iter().skip(1) {
            draft = draft.place_at(ObjectRef::global(ObjectKind::File, &at.path), at.clone(), None);
        }
        sink.report(draft);
    }
}
