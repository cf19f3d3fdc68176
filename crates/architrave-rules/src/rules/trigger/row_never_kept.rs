//! `trigger/row-never-kept`: see `row_never_kept.md` for the rule's page.

use super::chain::Bodies;
use super::fires;
use crate::body::Token;
use crate::figures::list_of;
use architrave_model::catalog::{Table, Trigger, TriggerEvent, TriggerTiming};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "trigger/row-never-kept",
    summary: "BEFORE trigger that throws every row away, or gives back the old one",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("row_never_kept.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut bodies = None;
    for table in Scope::of(catalog, context).tables() {
        for trigger in table.triggers.iter().filter(|t| fires(t) && t.row && t.timing == TriggerTiming::Before && !t.inherited) {
            let bodies = bodies.get_or_insert_with(|| Bodies::of(catalog));
            let Some(body) = bodies.get(trigger) else { continue };
            let returned = returned(&body.tokens);
            let conditional = trigger.definition.contains(" WHEN (");
            if !returned.is_empty()
                && !raises(&body.tokens)
                && !conditional
                && let Some(lost) = lost(trigger, &returned)
            {
                sink.report(draft(table, trigger, lost));
            }
        }
    }
}

/// What `return` statements give back.
fn returned(body: &[Token]) -> Vec<String> {
    body.windows(3)
        .filter(|w| matches!(w, [first, ..] if first.is("return")))
        .map(|w| match w {
            [_, Token::Word(value), end] if end.is_sign(";") => value.clone(),
            _ => String::new(),
        })
        .collect()
}

/// A trigger that refuses everything does so with an error.
fn raises(body: &[Token]) -> bool {
    body.iter().any(|t| t.is("raise"))
}

/// What happens to rows, when nothing else can.
fn lost(trigger: &Trigger, returned: &[String]) -> Option<&'static str> {
    let only = |words: &[&str]| returned.iter().all(|r| words.contains(&r.as_str()));
    let on = |event: TriggerEvent| trigger.events.contains(&event);
    if only(&["null"]) {
        return Some("returns NULL only: no row is ever written");
    }
    // OLD is NULL on insert, and on update the row as it was.
    if only(&["old", "null"]) && on(TriggerEvent::Insert) {
        return Some("never returns NEW: no row is ever inserted");
    }
    if only(&["old", "null"]) && on(TriggerEvent::Update) && !on(TriggerEvent::Delete) {
        return Some("never returns NEW: no update changes anything");
    }
    if only(&["new"]) && trigger.events == [TriggerEvent::Delete] {
        return Some("returns NEW, which is NULL on delete: no row is ever deleted");
    }
    None
}

fn draft(table: &Table, trigger: &Trigger, lost: &str) -> Draft {
    let message = format!("{} on {} {lost}", trigger.name, table.name);
    let why = "A BEFORE trigger for each row decides by what it returns: NULL skips the row without an error, and the statement reports fewer rows than it was given. What the program \
               believes to have stored is not there."
        .to_owned();
    let events: Vec<String> = trigger.events.iter().map(|e| format!("{e:?}").to_lowercase()).collect();
    Draft::new(ObjectRef::in_table(ObjectKind::Trigger, &table.name, &trigger.name), message, why)
        .evidence("function", trigger.function.to_string(), "pg_trigger.tgfoid")
        .evidence("events", list_of(&events, 4), "pg_trigger.tgtype")
}
