//! `rls/existence-told`: see `existence_told.md` for the rule's page.

use super::shown::proof;
use crate::figures::list_of;
use architrave_model::access::AttackReport;
use architrave_model::access::attack::Oracle;
use architrave_model::catalog::{Column, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "rls/existence-told",
    summary: "answer that tells whether a row exists that stays unseen, as an attack has shown",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("existence_told.md"),
    check: Check::Attack(check),
};

fn check(report: &AttackReport, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_schema: BTreeMap<&str, Vec<&Oracle>> = BTreeMap::new();
    for oracle in report.oracles.iter().filter(|o| can_be_guessed(context.catalog, o)) {
        by_schema.entry(&oracle.table.schema).or_default().push(oracle);
    }
    for (schema, oracles) in by_schema {
        let Some(first) = oracles.first() else { continue };
        let through: Vec<String> = oracles.iter().map(|o| format!("{} of {}", o.through, o.table.name)).collect();
        let message = format!("constraints of schema {schema} tell what policies hide: {}", list_of(&through, 3));
        let why = "Constraints are checked over all rows, past the policies, and their error differs with what is there. It gives no row away, but whoever tries values one after the other learns which exist.";
        let mut draft =
            Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).proof(proof(report, Some(first.transcript), None));
        for oracle in oracles {
            let constraint = ObjectRef::in_table(ObjectKind::Constraint, &oracle.table, &oracle.through);
            draft = draft
                .evidence(format!("{} to {}", oracle.through, oracle.actor.word()), oracle.tells.clone(), "rls-attack")
                .place(constraint, None);
        }
        sink.report(draft);
    }
}

/// Whether the values are such as people choose: a uuid is guessed by nobody, and a number that the database gives says nothing.
fn can_be_guessed(catalog: &Catalog, oracle: &Oracle) -> bool {
    let Some(table) = catalog.table_named(&oracle.table) else { return true };
    let given = |table: &Table, name: &String| {
        let made = |c: &Column| c.data_type == "uuid" || c.identity.is_some() || c.takes_from_sequence();
        table.column(name).is_some_and(made)
    };
    if let Some((_, reference)) = table.foreign_keys().find(|(key, _)| key.name == oracle.through) {
        let parent = catalog.table_named(&reference.table);
        return parent.is_none_or(|parent| !reference.columns.iter().any(|c| given(parent, c)));
    }
    let index = table.indexes.iter().find(|i| i.name == oracle.through);
    index.is_none_or(|i| !i.keys.iter().filter_map(|k| k.column.as_ref()).any(|c| given(table, c)))
}
