//! `trigger/event-trigger-present`: see `event_trigger_present.md` for the rule's page.

use crate::figures::{counted, list_of};
use architrave_model::catalog::{EventTrigger, TriggerEnabled};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "trigger/event-trigger-present",
    summary: "event triggers of the project's own: they decide over every migration",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Operations,
    docs: include_str!("event_trigger_present.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let own = |t: &&EventTrigger| t.extension.is_none() && t.enabled != TriggerEnabled::Disabled && scope.covers(&t.function.schema);
    let found: Vec<&EventTrigger> = catalog.event_triggers.iter().filter(own).collect();
    if found.is_empty() {
        return;
    }
    let names: Vec<String> = found.iter().map(|t| format!("{} ({})", t.name, t.event)).collect();
    let message = format!(
        "{} in every session that changes the schema: {}",
        counted(found.len(), "event trigger runs", "event triggers run"),
        list_of(&names, 3)
    );
    let login = found.iter().any(|t| t.event == "login");
    let mut why = "An event trigger fires for the DDL of everybody: a mistake in its function stops every migration, extension update and restore until a superuser switches it off."
        .to_owned();
    if login {
        why.push_str(" One fires at login: when it fails, nobody gets in (set event_triggers = off in the configuration, or start in single-user mode).");
    }
    let first = found.first().map(|t| t.name.clone()).unwrap_or_default();
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::EventTrigger, first), message, why)
        .severity(if login { Severity::Low } else { RULE.severity })
        .evidence("event triggers", found.len(), "pg_event_trigger");
    for trigger in found {
        draft = draft
            .place(ObjectRef::global(ObjectKind::EventTrigger, &trigger.name), Some(format!("{}, {}", trigger.event, trigger.function)));
    }
    sink.report(draft);
}
