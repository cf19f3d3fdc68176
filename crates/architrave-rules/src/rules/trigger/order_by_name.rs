//! `trigger/order-by-name`: see `order_by_name.md` for the rule's page.

use super::chain::Bodies;
use super::fires;
use crate::body::Token;
use crate::figures::list_of;
use architrave_model::catalog::{Table, Trigger, TriggerTiming};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeSet;

pub(crate) static RULE: Rule = Rule {
    id: "trigger/order-by-name",
    summary: "triggers of one event that set the same column: the last name in the alphabet wins",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("order_by_name.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut bodies = None;
    for table in Scope::of(catalog, context).tables().filter(|t| t.triggers.len() > 1) {
        let before: Vec<&Trigger> = table.triggers.iter().filter(|t| fires(t) && t.row && t.timing == TriggerTiming::Before).collect();
        let bodies = bodies.get_or_insert_with(|| Bodies::of(catalog));
        let sets: Vec<(&Trigger, BTreeSet<String>)> =
            before.iter().filter_map(|t| Some((*t, assigned(&bodies.get(t)?.tokens)))).filter(|(_, columns)| !columns.is_empty()).collect();
        for (at, (first, columns)) in sets.iter().enumerate() {
            for (second, others) in sets.iter().skip(at + 1) {
                let both: Vec<String> = columns.intersection(others).cloned().collect();
                let together = first.function != second.function && first.events.iter().any(|e| second.events.contains(e));
                if together && !both.is_empty() {
                    sink.report(draft(table, first, second, &both));
                }
            }
        }
    }
}

/// Columns that a body assigns: `new.total := …`.
fn assigned(body: &[Token]) -> BTreeSet<String> {
    body.windows(4)
        .filter_map(|w| match w {
            [new, dot, Token::Word(column), sign] if new.is("new") && dot.is_sign(".") && sign.is_sign(":=") => Some(column.clone()),
            _ => None,
        })
        .collect()
}

fn draft(table: &Table, first: &Trigger, second: &Trigger, columns: &[String]) -> Draft {
    let message =
        format!("{} and {} of {} both set {}; {} has the last word", first.name, second.name, table.name, list_of(columns, 3), second.name);
    let why = "Triggers of one event fire in the order of their names. Whoever renames one, or adds a third between them, changes what is stored, and nothing in the schema says that the \
               order was meant."
        .to_owned();
    Draft::new(ObjectRef::in_table(ObjectKind::Trigger, &table.name, &first.name), message, why)
        .place(ObjectRef::in_table(ObjectKind::Trigger, &table.name, &second.name), Some("fires after it".to_owned()))
        .evidence("columns that both set", list_of(columns, 5), "pg_proc.prosrc")
}
