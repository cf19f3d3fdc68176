//! `privacy/copied-to-history`: see `copied_to_history.md` for the rule's page.

use super::personal::hits;
use crate::body::{Token, tokens};
use crate::figures::{counted, list_of};
use architrave_model::catalog::{Function, Table, Trigger, TriggerEnabled};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, QualifiedName, Rule, Sink};
use std::collections::BTreeSet;

pub(crate) static RULE: Rule = Rule {
    id: "privacy/copied-to-history",
    summary: "triggers that copy whole rows with personal data into a history",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("copied_to_history.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let copying: BTreeSet<&QualifiedName> = catalog.functions.iter().filter(|f| copies_rows(f)).map(|f| &f.name).collect();
    if copying.is_empty() {
        return;
    }
    let mut found: Vec<(&Table, &Trigger, usize)> = Vec::new();
    for table in Scope::of(catalog, context).tables() {
        let fires = |t: &&Trigger| t.row && t.enabled != TriggerEnabled::Disabled && copying.contains(&t.function);
        if let Some(trigger) = table.triggers.iter().find(fires) {
            let columns = hits(table, context).iter().filter(|h| h.confidence != Confidence::Possible).count();
            if columns > 0 {
                found.push((table, trigger, columns));
            }
        }
    }
    if !found.is_empty() {
        sink.report(draft(context, &found));
    }
}

/// Writes OLD or NEW as a whole into another table.
fn copies_rows(function: &Function) -> bool {
    if function.result.as_deref() != Some("trigger") || function.language != "plpgsql" {
        return false;
    }
    let body = tokens(&function.body);
    let row = |t: &Token| t.is("old") || t.is("new");
    let whole = body.windows(4).any(|w| match w {
        [Token::Word(called), open, value, close] if open.is_sign("(") && close.is_sign(")") => {
            matches!(called.as_str(), "to_jsonb" | "row_to_json" | "to_json" | "hstore") && row(value)
        }
        [value, dot, star, _] => row(value) && dot.is_sign(".") && star.is_sign("*"),
        _ => false,
    });
    whole && body.windows(2).any(|w| matches!(w, [a, b] if a.is("insert") && b.is("into")))
}

fn draft(context: &Context<'_>, found: &[(&Table, &Trigger, usize)]) -> Draft {
    let names: Vec<String> = found.iter().map(|(t, _, _)| t.name.to_string()).collect();
    let message = format!(
        "triggers copy whole rows with personal data of {} into a history: {}",
        counted(found.len(), "table", "tables"),
        list_of(&names, 3)
    );
    let why = "Every change stores the person's row once more, as JSON or as columns that no foreign key leads to. An erasure that empties the table leaves all of it in the history, where \
               it is found by nobody but a search. Leave personal columns out of the copy, or make the history part of every erasure and give it an end."
        .to_owned();
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Database, context.server.database.clone()), message, why).evidence(
        "tables with such a trigger",
        found.len(),
        "pg_trigger, pg_proc.prosrc",
    );
    for (table, trigger, columns) in found {
        let detail = format!("by {} ({}), {}", trigger.name, trigger.function, counted(*columns, "personal column", "personal columns"));
        draft = draft.place(ObjectRef::table(&table.name), Some(detail));
    }
    draft
}
