//! `migration/enum-value-used-at-once`: see `enum_value_used_at_once.md` for the rule's page.

use crate::body;
use crate::held::told;
use crate::migrations::At;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations, Outcome, Step};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, ObjectRef, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/enum-value-used-at-once",
    summary: "new enum value used in the transaction that adds it",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("enum_value_used_at_once.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in crate::migrations::all(migrations, context) {
        let refused = matches!(&at.step.outcome, Outcome::Failed { sqlstate, .. } if sqlstate == "55P04");
        let judged = !matches!(at.step.outcome, Outcome::Failed { .. }) && !migrations.executed;
        if !(refused || judged) {
            continue;
        }
        let earlier: Vec<&Step> = migrations.together(at.step).iter().take_while(|s| !std::ptr::eq(*s, at.step)).collect();
        if at.step.transaction.is_none() || earlier.is_empty() {
            continue;
        }
        for (name, value) in earlier.iter().flat_map(|s| &s.actions).filter_map(added) {
            let own = earlier.iter().flat_map(|s| &s.actions).any(|a| matches!(a, Action::CreateEnum { name: made, .. } if made == name));
            if says(at.step, value) && (refused || !(own && migrations.major >= 17)) {
                report(at, name, value, sink);
                break;
            }
        }
    }
}

fn added(action: &Action) -> Option<(&QualifiedName, &str)> {
    match action {
        Action::AddEnumValue { name, value, .. } => Some((name, value)),
        _ => None,
    }
}

/// Whether the text holds the value as a literal, outside of another ADD VALUE.
fn says(step: &Step, value: &str) -> bool {
    let adds = step.actions.iter().any(|a| matches!(a, Action::AddEnumValue { .. }));
    let comment = step.actions.iter().any(|a| matches!(a, Action::Comment { .. } | Action::CreateFunction { .. }));
    !adds && !comment && body::tokens(&step.text).iter().any(|t| matches!(t, body::Token::Text(text) if text == value))
}

fn report(at: At<'_>, name: &QualifiedName, value: &str, sink: &mut Sink<'_>) {
    let message = format!("value {value} of {name} is used in the transaction that adds it");
    let why = "A new value of an enum that was there before cannot be used until the transaction is committed: PostgreSQL refuses it with 55P04 (unsafe use of new value). Before version 17 that holds even for a \
               type made in the same transaction. ADD VALUE belongs into a migration of its own, before the one that uses the value.";
    sink.report(told(at, ObjectRef::in_schema(ObjectKind::Type, &name.schema, &name.name), message, why));
}
