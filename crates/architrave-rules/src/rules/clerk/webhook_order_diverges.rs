//! `clerk/webhook-order-diverges`: see `webhook_order_diverges.md` for the rule's page.

use super::handler::{draft, of_people, place};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::webhook::{Divergence, DivergenceKind, OrdersTried, WebhookHandler};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "clerk/webhook-order-diverges",
    summary: "handler whose rows depend on the order of delivery, shown by running it",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("webhook_order_diverges.md"),
    check: Check::Catalog(check),
};

fn check(_catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut untried = Vec::new();
    for handler in of_people(context) {
        match &handler.orders {
            Some(OrdersTried::Tried { orders, divergences }) => {
                for divergence in divergences {
                    sink.report(found(handler, *orders, divergence));
                }
            }
            Some(OrdersTried::NotChecked { why }) => untried.push(format!("{}: {why}", place(&handler.location))),
            None => {}
        }
    }
    if let Some(first) = untried.first() {
        sink.not_checked(format!("the orders of delivery were not tried: {first}"));
    }
}

fn found(handler: &WebhookHandler, orders: u32, divergence: &Divergence) -> Draft {
    let order = divergence.order.join(", then ");
    let (what, severity, why) = match divergence.kind {
        DivergenceKind::OlderWins => (
            "an older event overwrites a newer one",
            Severity::Medium,
            "A message that failed is sent again after newer ones. Keep the event's `updated_at` beside the row, and write only what is newer (`on conflict … do update … where clerk_updated_at < excluded.clerk_updated_at`).",
        ),
        DivergenceKind::Returns => (
            "a deleted person is there again",
            Severity::High,
            "An event that was delivered late makes the row of somebody who is gone, with all personal data. Keep the deletion as a row with `deleted_at`, also when it arrives first, and write nothing over it.",
        ),
        DivergenceKind::Twice => (
            "the same event twice leaves more than once",
            Severity::Medium,
            "Messages arrive at least once. Make the id unique and insert with ON CONFLICT, or keep the message's svix-id and skip what is there.",
        ),
        DivergenceKind::Lost => (
            "an event leaves nothing, and is answered with success",
            Severity::High,
            "An UPDATE that finds no row changes nothing and is no error: what arrives before `user.created` is gone. Insert with ON CONFLICT for both events.",
        ),
        DivergenceKind::Refused => (
            "an event is refused however often it is sent",
            Severity::Medium,
            "Svix sends it again for more than a day and disables an endpoint that fails for five. Make the statement accept it: a conflict clause, a column that may be empty.",
        ),
    };
    let message = format!("{}: {what}", place(&handler.location));
    let why = format!("Run on a private server in {orders} orders of delivery. Delivered: {order}. {}. {why}", divergence.outcome);
    draft(&handler.location, message, why).severity(severity).evidence("order", order, "webhook_orders").evidence(
        "orders tried",
        i64::from(orders),
        "webhook_orders",
    )
}
