//! `clerk/webhook-not-repeatable`: see `webhook_not_repeatable.md` for the rule's page.

use super::handler::{draft, of_people, place, table_of};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::webhook::{HandlerWrite, OrdersTried, Verb};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "clerk/webhook-not-repeatable",
    summary: "handler that inserts without a conflict clause: a repeated delivery fails or makes a second row",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("webhook_not_repeatable.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for handler in of_people(context).filter(|h| !h.stores_message_id && !matches!(h.orders, Some(OrdersTried::Tried { .. }))) {
        let plain = |w: &&HandlerWrite| w.verb == Verb::Insert && !w.unless_found && w.event.ends_with(".created");
        let mut inserts: Vec<&HandlerWrite> = handler.writes.iter().filter(plain).collect();
        inserts.dedup_by(|a, b| a.location == b.location);
        let Some(first) = inserts.first() else { continue };
        let table = table_of(catalog, context, &first.table);
        let name = table.map_or_else(|| first.table.clone(), |t| t.name.to_string());
        let message = format!("{} inserts into {name} without ON CONFLICT", place(&first.location));
        let why = "A message arrives at least once: when the answer is late or lost, Svix sends it again, up to eight times over a day and more. The second INSERT fails where the id is unique, is answered with an error and sent again \
                   until the endpoint counts as broken; where the id is not unique it makes a second row. Write `insert … on conflict (id) do update` (upsert), or keep the message's svix-id in a table of its own and skip what is there.";
        let mut draft =
            draft(&first.location, message, why).evidence("statements of that kind", inserts.len(), "the handler, run with events");
        for write in inserts.iter().skip(1) {
            draft = draft.place_at(
                ObjectRef::global(ObjectKind::File, &write.location.path),
                write.location.clone(),
                Some(write.table.clone()),
            );
        }
        sink.report(draft);
    }
}
