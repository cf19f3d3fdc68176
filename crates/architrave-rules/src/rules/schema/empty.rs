//! `schema/empty`: see `empty.md` for the rule's page.

use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeSet;

pub(crate) static RULE: Rule = Rule {
    id: "schema/empty",
    summary: "schema without objects",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("empty.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut used: BTreeSet<&str> = catalog.tables.iter().map(|t| t.name.schema.as_str()).collect();
    used.extend(catalog.views.iter().map(|v| v.name.schema.as_str()));
    used.extend(catalog.sequences.iter().map(|s| s.name.schema.as_str()));
    used.extend(catalog.types.iter().map(|t| t.name.schema.as_str()));
    used.extend(catalog.functions.iter().map(|f| f.name.schema.as_str()));
    used.extend(catalog.collations.iter().map(|c| c.name.schema.as_str()));
    used.extend(catalog.extensions.iter().map(|e| e.schema.as_str()));
    let scope = Scope::of(catalog, context);
    for schema in scope.schemas().filter(|s| s.name != "public" && !used.contains(s.name.as_str())) {
        let message = format!("schema {} holds nothing", schema.name);
        let why = "No table, view, function, type, sequence or extension is in it. It is a leftover, or waits for something; in a search_path it is a place into which objects get by accident.";
        sink.report(Draft::new(ObjectRef::global(ObjectKind::Schema, &schema.name), message, why).evidence(
            "objects",
            0_usize,
            "pg_class, pg_proc, pg_type",
        ));
    }
}
