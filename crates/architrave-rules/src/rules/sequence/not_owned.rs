//! `sequence/not-owned`: see `not_owned.md` for the rule's page.

use crate::figures::{counted, list_of};
use crate::relations::Feeding;
use architrave_model::catalog::{Column, Sequence, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "sequence/not-owned",
    summary: "sequence of a column that does not own it",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("not_owned.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let feeding = Feeding::of(catalog);
    let mut by_schema: BTreeMap<&str, Vec<(&Sequence, &Table, &Column)>> = BTreeMap::new();
    for sequence in catalog.sequences.iter().filter(|s| s.owned_by_table.is_none() && s.extension.is_none() && scope.covers(&s.name.schema))
    {
        // OWNED BY wants one schema and one owner.
        if let [(table, column)] = feeding.by(sequence)
            && table.name.schema == sequence.name.schema
            && table.owner == sequence.owner
            && scope.reviews(table)
        {
            by_schema.entry(&sequence.name.schema).or_default().push((sequence, table, column));
        }
    }
    for (schema, found) in by_schema {
        let names: Vec<String> = found.iter().map(|(s, ..)| s.name.name.clone()).collect();
        let verb = if found.len() == 1 { "feeds one column that does not own it" } else { "feed one column each that does not own them" };
        let message = format!("{} of schema {schema} {verb}: {}", counted(found.len(), "sequence", "sequences"), list_of(&names, 3));
        let why = "A sequence without owner stays when its column or table goes, pg_dump -t leaves it out, TRUNCATE … RESTART IDENTITY does not restart it, and pg_get_serial_sequence() does not find it. ALTER SEQUENCE … OWNED BY gives it to the column; an identity column brings one of its own.";
        let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why);
        for (sequence, table, column) in found {
            draft = draft.place(
                ObjectRef::in_schema(ObjectKind::Sequence, schema, &sequence.name.name),
                Some(format!("feeds {}.{}", table.name.name, column.name)),
            );
        }
        sink.report(draft);
    }
}
