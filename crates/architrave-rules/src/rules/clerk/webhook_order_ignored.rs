//! `clerk/webhook-order-ignored`: see `webhook_order_ignored.md` for the rule's page.

use super::handler::{column_of, draft, of_people, place, table_of, writes};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::webhook::{HandlerWrite, OrdersTried, Verb};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "clerk/webhook-order-ignored",
    summary: "handler in which an older event overwrites a newer one",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("webhook_order_ignored.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for handler in of_people(context).filter(|h| !h.reads_update_time && !matches!(h.orders, Some(OrdersTried::Tried { .. }))) {
        let changes = |w: &&HandlerWrite| matches!(w.verb, Verb::Update | Verb::Upsert);
        let Some(write) = writes(handler, "user.updated").find(changes) else { continue };
        let table = table_of(catalog, context, &write.table);
        let name = table.map_or_else(|| write.table.clone(), |t| t.name.to_string());
        let message = format!("{} overwrites {name} without a look at the event's updated_at", place(&write.location));
        let why = "Messages overtake each other: one that failed is sent again minutes or hours later, behind newer ones. Whoever writes what arrives last ends with an old name or e-mail address, until the person changes something again. \
                   Keep `data.updated_at` of the event (milliseconds) in a column, and let the UPDATE or ON CONFLICT write only what is newer.";
        let stored = table.is_some_and(|t| column_of(t, "clerk_updated_at").is_some());
        let draft = draft(&write.location, message, why).evidence("reads data.updated_at", false, "the handler, run with events").evidence(
            "column for it",
            stored,
            "pg_attribute",
        );
        sink.report(draft);
    }
}
