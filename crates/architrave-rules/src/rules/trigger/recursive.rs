//! `trigger/recursive`: see `recursive.md` for the rule's page.

use super::chain::{Bodies, Body};
use super::fires;
use architrave_model::catalog::{Table, Trigger, TriggerEvent, TriggerTiming};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "trigger/recursive",
    summary: "trigger whose function sets off the same trigger again",
    severity: Severity::Medium,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("recursive.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut bodies = None;
    for table in Scope::of(catalog, context).tables() {
        for trigger in table.triggers.iter().filter(|t| fires(t) && t.timing != TriggerTiming::InsteadOf && !t.inherited) {
            let bodies = bodies.get_or_insert_with(|| Bodies::of(catalog));
            let Some(body) = bodies.get(trigger) else { continue };
            if !is_guarded(trigger, body)
                && let Some(path) = way_back(catalog, bodies, table, trigger)
            {
                sink.report(draft(table, trigger, &path));
            }
        }
    }
}

/// Something ends it: a condition, a column list, the depth of triggers, or a comparison of old and new.
fn is_guarded(trigger: &Trigger, body: &Body<'_>) -> bool {
    let conditional = trigger.definition.contains(" WHEN (") || !trigger.columns.is_empty();
    conditional || body.tokens.iter().any(|t| ["pg_trigger_depth", "if", "case"].iter().any(|w| t.is(w)))
}

/// The tables by which it comes back to the same trigger, at most three steps.
fn way_back<'a>(catalog: &'a Catalog, bodies: &Bodies<'a>, table: &Table, trigger: &Trigger) -> Option<Vec<String>> {
    let body = bodies.get(trigger)?;
    for (name, event) in &body.writes {
        if **name == table.name && trigger.events.contains(event) && *event != TriggerEvent::Delete {
            return Some(vec![table.name.to_string()]);
        }
        let Some(other) = catalog.table_named(name).filter(|t| t.name != table.name) else { continue };
        for second in other.triggers.iter().filter(|t| fires(t) && t.events.contains(event)) {
            let Some(inner) = bodies.get(second).filter(|b| !is_guarded(second, b)) else { continue };
            if inner.writes.iter().any(|(n, e)| **n == table.name && trigger.events.contains(e) && *e != TriggerEvent::Delete) {
                return Some(vec![other.name.to_string(), table.name.to_string()]);
            }
        }
    }
    None
}

fn draft(table: &Table, trigger: &Trigger, path: &[String]) -> Draft {
    let by = if path.len() > 1 { format!(" by way of {}", path.first().map_or("", String::as_str)) } else { String::new() };
    let message = format!("{} on {} writes {}{by} and so fires itself", trigger.name, table.name, table.name);
    let why = "Each firing makes the change that fires it again. It ends when a statement changes no row, or with \"stack depth limit exceeded\". A BEFORE trigger can change NEW instead of \
               updating the table; else UPDATE OF, WHEN (OLD.* IS DISTINCT FROM NEW.*) or pg_trigger_depth() end it."
        .to_owned();
    Draft::new(ObjectRef::in_table(ObjectKind::Trigger, &table.name, &trigger.name), message, why)
        .evidence("function", trigger.function.to_string(), "pg_trigger.tgfoid")
        .evidence("tables on the way", path.join(", "), "pg_proc.prosrc")
}
