//! `clerk/membership-before-user`: see `membership_before_user.md` for the rule's page.

use super::handler::{draft, is_known, place, table_of, writes};
use crate::figures::list;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::Area;
use architrave_model::webhook::Verb;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "clerk/membership-before-user",
    summary: "membership that is refused until its person and organization have arrived",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("membership_before_user.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for handler in &context.stack.webhooks.handlers {
        let event = "organizationMembership.created";
        let written: Vec<_> = writes(handler, event).filter(|w| matches!(w.verb, Verb::Insert | Verb::Upsert)).collect();
        if !is_known(handler, event) {
            continue;
        }
        for write in &written {
            let Some(table) = table_of(catalog, context, &write.table) else { continue };
            let parents: Vec<String> =
                table.foreign_keys().map(|(_, r)| &r.table).filter(|p| **p != table.name).map(ToString::to_string).collect();
            let made = |p: &&String| written.iter().filter_map(|w| table_of(catalog, context, &w.table)).any(|t| t.name.to_string() == **p);
            let fed = |p: &&String| {
                handler
                    .writes
                    .iter()
                    .filter(|w| w.event != event)
                    .filter_map(|w| table_of(catalog, context, &w.table))
                    .any(|t| t.name.to_string() == **p)
            };
            let missing: Vec<&str> = parents.iter().filter(|p| fed(p) && !made(p)).map(String::as_str).collect();
            if missing.is_empty() {
                continue;
            }
            let message = format!("{} inserts into {} before {} may be there", place(&write.location), table.name, list(&missing));
            let why = "Person, organization and membership are three messages, in no order. A membership that arrives first fails at its foreign key (23503) and is sent again after 5 seconds, 5 minutes, half an hour: until then the person is in no organization. The event carries the ids \
                       of both: insert what is missing with ON CONFLICT DO NOTHING before the membership.";
            sink.report(draft(&write.location, message, why).evidence(
                "foreign keys to tables of other events",
                missing.len(),
                "pg_constraint",
            ));
        }
    }
}
