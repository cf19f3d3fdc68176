//! `trigger/audit-incomplete`: see `audit_incomplete.md` for the rule's page.

use super::fires;
use crate::figures::{counted, list_of};
use architrave_model::catalog::{Table, Trigger, TriggerEvent, TriggerTiming};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "trigger/audit-incomplete",
    summary: "history trigger that most tables have and some lack",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("audit_incomplete.md"),
    check: Check::Catalog(check),
};

/// From so many tables on a trigger is a custom of the schema.
const CUSTOM: usize = 4;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut tables: BTreeMap<&str, Vec<&Table>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        tables.entry(&table.name.schema).or_default().push(table);
    }
    for (schema, tables) in tables {
        let mut having: BTreeMap<&QualifiedName, Vec<&Table>> = BTreeMap::new();
        for table in &tables {
            let mut functions: Vec<&QualifiedName> = table.triggers.iter().filter(|t| records(t)).map(|t| &t.function).collect();
            functions.sort_unstable();
            functions.dedup();
            for function in functions {
                having.entry(function).or_default().push(table);
            }
        }
        for (function, with) in having {
            // A link table without columns of its own has no history to speak of.
            let without: Vec<&Table> = tables
                .iter()
                .filter(|t| !with.iter().any(|w| w.name == t.name) && t.columns.len() > 2 && !is_history(t))
                .copied()
                .collect();
            if with.len() >= CUSTOM && !without.is_empty() && without.len() * 3 <= with.len() {
                sink.report(draft(context, schema, function, &with, &without));
            }
        }
    }
}

/// After every change of a row, deletes included: that is how history is written.
fn records(trigger: &Trigger) -> bool {
    let on = |event: TriggerEvent| trigger.events.contains(&event);
    fires(trigger) && trigger.row && trigger.timing == TriggerTiming::After && on(TriggerEvent::Update) && on(TriggerEvent::Delete)
}

fn is_history(table: &Table) -> bool {
    ["audit", "history", "log", "event", "archive", "version", "change"].iter().any(|w| table.name.name.to_lowercase().contains(w))
}

fn draft(context: &Context<'_>, schema: &str, function: &QualifiedName, with: &[&Table], without: &[&Table]) -> Draft {
    let names: Vec<String> = without.iter().map(|t| t.name.to_string()).collect();
    let message = format!(
        "{} of schema {schema} record changes by {function}, {} not: {}",
        counted(with.len(), "table", "tables"),
        if without.len() == 1 { "1 does".to_owned() } else { format!("{} do", without.len()) },
        list_of(&names, 3)
    );
    let why = "Who reads the history believes it complete. Changes of these tables leave no trace in it; a table that was added after the triggers were is usually how that comes about.".to_owned();
    let object = without.first().map_or_else(|| ObjectRef::table(function), |t| ObjectRef::table(&t.name));
    let mut draft = Draft::new(object, message, why).evidence("tables with the trigger", with.len(), "pg_trigger").evidence(
        "tables without",
        without.len(),
        "pg_trigger",
    );
    for table in without {
        let rows = context.rows(&table.name).map(|n| format!("{} rows", crate::figures::count(n)));
        draft = draft.place(ObjectRef::table(&table.name), rows);
    }
    draft
}
