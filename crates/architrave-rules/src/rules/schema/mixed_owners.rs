//! `schema/mixed-owners`: see `mixed_owners.md` for the rule's page.

use crate::figures::{counted, list_of};
use crate::statements::lock;
use architrave_model::catalog::Table;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "schema/mixed-owners",
    summary: "tables of one schema with several owners",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("mixed_owners.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_schema: BTreeMap<&str, BTreeMap<&str, Vec<&Table>>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        by_schema.entry(&table.name.schema).or_default().entry(&table.owner).or_default().push(table);
    }
    for (schema, owners) in by_schema {
        let all: usize = owners.values().map(Vec::len).sum();
        let Some((most, theirs)) = owners.iter().max_by_key(|(_, t)| t.len()) else { continue };
        // Halves are an arrangement; a few are an accident.
        if owners.len() < 2 || (theirs.len() as f64) < 0.7 * all as f64 || owners.contains_key("") {
            continue;
        }
        let others: Vec<&Table> = owners.iter().filter(|(o, _)| *o != most).flat_map(|(_, t)| t.iter().copied()).collect();
        let names: Vec<String> = others.iter().map(|t| format!("{} ({})", t.name.name, t.owner)).collect();
        let message = format!(
            "{} of {} in schema {schema} do not belong to {most}: {}",
            others.len(),
            counted(all, "table", "tables"),
            list_of(&names, 3)
        );
        let why = "Only the owner (or a member of it, or a superuser) may alter a table, so that a migration which runs as the owner of the others fails on these. Default privileges of the one do not reach what the other creates, and an \
                   owner passes by row level security unless it is forced.";
        let mut draft =
            Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).evidence("owners", owners.len(), "pg_class.relowner");
        let (mut up, mut down, mut effect) = (Vec::new(), Vec::new(), Effect::default());
        for table in others {
            draft = draft.place(ObjectRef::table(&table.name), Some(table.owner.clone()));
            up.push(format!("alter table {} owner to {}", table.name.sql(), quote_ident(most)));
            down.push(format!("alter table {} owner to {}", table.name.sql(), quote_ident(&table.owner)));
            effect.locks.push(lock(&table.name, "AccessExclusiveLock"));
        }
        let title = format!("give the tables of schema {schema} one owner");
        let caution =
            Some("whoever works as the old owner loses its rights over the table, unless it is a member of the new one".to_owned());
        sink.report(draft.fix(Fix { title, up, down, transactional: true, effect, caution }));
    }
}
