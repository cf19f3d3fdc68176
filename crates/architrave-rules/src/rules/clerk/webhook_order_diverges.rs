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
            Some(OrdersTried::Tried { orders, divergences }) if !divergences.is_empty() => {
                sink.report(found(handler, *orders, divergences));
            }
            Some(OrdersTried::NotChecked { why }) => untried.push(format!("{}: {why}", place(&handler.location))),
            _ => {}
        }
    }
    if let Some(first) = untried.first() {
        sink.not_checked(format!("the orders of delivery were not tried: {first}"));
    }
}

/// What goes wrong, how bad that is, and what to do.
fn told(kind: DivergenceKind) -> (&'static str, Severity, &'static str) {
    match kind {
        DivergenceKind::OlderWins => (
            "an older event overwrites a newer one",
            Severity::Medium,
            "A message that failed is sent again after newer ones: keep the event's `updated_at` beside the row, and write only what is newer (`on conflict … do update … where clerk_updated_at < excluded.clerk_updated_at`).",
        ),
        DivergenceKind::Returns => (
            "a deleted person is there again",
            Severity::Medium,
            "What arrives late makes a row of somebody who is gone, with all personal data: keep the deletion as a row with `deleted_at`, also when it arrives first, and write nothing over it.",
        ),
        DivergenceKind::Twice => (
            "the same event twice leaves more than once",
            Severity::Medium,
            "Messages arrive at least once: make the id unique and insert with ON CONFLICT, or keep the message's svix-id and skip what is there.",
        ),
        DivergenceKind::Lost => (
            "an event is lost, and answered with success",
            Severity::High,
            "An UPDATE that finds no row changes nothing and is no error, and what is answered with success is not sent again: insert with ON CONFLICT for both events, and let errors through.",
        ),
        DivergenceKind::Refused => (
            "an event is refused however often it is sent",
            Severity::Medium,
            "Svix sends it again for more than a day, and disables an endpoint that fails for five: make the statement accept it, by a conflict clause or a column that may be empty.",
        ),
    }
}

fn found(handler: &WebhookHandler, orders: u32, divergences: &[Divergence]) -> Draft {
    let kinds: Vec<&str> = divergences.iter().map(|d| told(d.kind).0).collect();
    let severity = divergences.iter().map(|d| told(d.kind).1).max().unwrap_or(RULE.severity);
    let mut why = format!("Run on a private server in {orders} orders of delivery.");
    for divergence in divergences {
        why.push_str(&format!(" Delivered: {}. {}. {}", divergence.order.join(", then "), divergence.outcome, told(divergence.kind).2));
    }
    let message = format!("{}: {}", place(&handler.location), kinds.join("; "));
    let mut draft = draft(&handler.location, message, why).severity(severity).evidence("orders tried", i64::from(orders), "webhook_orders");
    for divergence in divergences {
        draft = draft.evidence(told(divergence.kind).0, divergence.order.join(", then "), "webhook_orders");
    }
    draft
}
