//! `sequence/shared-by-tables`: see `shared_by_tables.md` for the rule's page.

use crate::relations::Feeding;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "sequence/shared-by-tables",
    summary: "column that draws from the sequence of another table",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("shared_by_tables.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let feeding = Feeding::of(catalog);
    for sequence in catalog.sequences.iter().filter(|s| s.extension.is_none() && scope.covers(&s.name.schema)) {
        let Some(owner) = &sequence.owned_by_table else { continue };
        let others: Vec<_> = feeding
            .by(sequence)
            .iter()
            .filter(|(t, c)| &t.name != owner && !c.inherited && !t.is_partition && !t.parents.contains(owner) && scope.reviews(t))
            .collect();
        let Some((first, column)) = others.first() else { continue };
        let more = if others.len() > 1 { format!(" and {} more", others.len() - 1) } else { String::new() };
        let message = format!("{}.{}{more} draws from {}, which belongs to {owner}", first.name, column.name, sequence.name);
        let why = format!(
            "Dropping {owner}, or its column, is refused because of the other table, or takes its default away with CASCADE; TRUNCATE {owner} RESTART IDENTITY makes it hand out numbers that are in use. It happens with CREATE TABLE … \
             (LIKE … INCLUDING DEFAULTS), which copies the call of nextval() and not the sequence."
        );
        let mut draft = Draft::new(ObjectRef::in_schema(ObjectKind::Sequence, &sequence.name.schema, &sequence.name.name), message, why);
        for (table, column) in others {
            draft = draft.place(ObjectRef::column(&table.name, &column.name), None);
        }
        sink.report(draft);
    }
}
