//! `naming/reserved-word`: see `reserved_word.md` for the rule's page.

use crate::figures::{counted, list_of};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::{ObjectRef, SQL_VALUES, is_reserved};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "naming/reserved-word",
    summary: "table or column named with a reserved word",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Modeling,
    docs: include_str!("reserved_word.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_schema: BTreeMap<&str, Vec<ObjectRef>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        let own = is_reserved(&table.name.name).then(|| ObjectRef::table(&table.name));
        let columns =
            table.columns.iter().filter(|c| !c.inherited && is_reserved(&c.name)).map(|c| ObjectRef::column(&table.name, &c.name));
        let found: Vec<ObjectRef> = own.into_iter().chain(columns).collect();
        if !found.is_empty() {
            by_schema.entry(&table.name.schema).or_default().extend(found);
        }
    }
    for (schema, objects) in by_schema {
        let silent: Vec<&ObjectRef> = objects.iter().filter(|o| SQL_VALUES.contains(&o.name.as_str())).collect();
        let short = |o: &ObjectRef| o.table.as_ref().map_or_else(|| o.name.clone(), |t| format!("{t}.{}", o.name));
        let names: Vec<String> = objects.iter().map(short).collect();
        let (bear, reserved) = if names.len() == 1 { ("is named", "a reserved word") } else { ("are named", "reserved words") };
        let message = format!(
            "{} of schema {schema} {bear} with {reserved}: {}",
            counted(names.len(), "table or column", "tables and columns"),
            list_of(&names, 3)
        );
        let mut why =
            "The name works in double quotes only, in every query of every program for ever; without them the statement is a syntax error."
                .to_owned();
        if let Some(one) = silent.first() {
            why.extend([format!(
                " Not so {}: without quotes PostgreSQL takes it for its own function, so that select {} answers with something else, and no error.",
                short(one),
                one.name
            )]);
        }
        let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).severity(if silent.is_empty() {
            Severity::Info
        } else {
            RULE.severity
        });
        for object in objects {
            draft = draft.place(object, None);
        }
        sink.report(draft);
    }
}
