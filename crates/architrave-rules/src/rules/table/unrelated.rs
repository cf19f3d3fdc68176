//! `table/unrelated`: see `unrelated.md` for the rule's page.

use crate::columns;
use crate::figures::{counted, list_of};
use crate::relations::Referrers;
use crate::rules::column::words_of;
use architrave_model::catalog::Table;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "table/unrelated",
    summary: "tables that no foreign key connects",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("unrelated.md"),
    check: Check::Catalog(check),
};

/// Below this share of connected tables the schema does without foreign keys altogether, which is another finding.
const CONNECTED: f64 = 0.7;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let referrers = Referrers::of(catalog);
    let connected = |t: &Table| t.foreign_keys().next().is_some() || !referrers.to(&t.name).is_empty() || !t.parents.is_empty();
    let mut by_schema: BTreeMap<&str, (Vec<&Table>, usize)> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        let (alone, all) = by_schema.entry(&table.name.schema).or_default();
        *all += 1;
        // Something that looks like a reference is what makes it odd; a list of its own is none.
        let refers =
            || table.columns.iter().any(|c| words_of(&c.name).last().is_some_and(|w| w == "id") && !columns::is_key(table, &c.name));
        if !connected(table) && refers() {
            alone.push(table);
        }
    }
    for (schema, (tables, all)) in by_schema {
        if tables.is_empty() || ((all - tables.len()) as f64) < CONNECTED * all as f64 || all < 5 {
            continue;
        }
        let names: Vec<String> = tables.iter().map(|t| t.name.name.clone()).collect();
        let have = if tables.len() == 1 { "has" } else { "have" };
        let message = format!(
            "{} of {} in schema {schema} {have} no foreign key in or out: {}",
            tables.len(),
            counted(all, "table", "tables"),
            list_of(&names, 3)
        );
        let why = "The other tables of the schema are tied together by foreign keys. These have columns that end in id and no foreign key in or out: rows that point nowhere are accepted, a diagram shows them adrift, and nothing \
                   says what happens when the other side goes.";
        let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).evidence("tables", all, "pg_class");
        for table in tables {
            draft = draft.place(ObjectRef::table(&table.name), None);
        }
        sink.report(draft);
    }
}
