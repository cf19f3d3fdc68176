//! `relation/references-unique-key`: see `references_unique_key.md` for the rule's page.

use crate::figures::{counted, list_of};
use crate::relations::Referrer;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "relation/references-unique-key",
    summary: "foreign key to a unique column instead of the primary key",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Modeling,
    docs: include_str!("references_unique_key.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut by_target: BTreeMap<(&QualifiedName, &str), Vec<Referrer<'_>>> = BTreeMap::new();
    for table in scope.tables() {
        for (key, reference) in table.foreign_keys().filter(|(k, _)| !k.inherited) {
            let [to] = reference.columns.as_slice() else { continue };
            let primary = catalog.table_named(&reference.table).and_then(|t| t.primary_key()).map(|k| k.columns.as_slice());
            // A table whose key has several columns, or none, leaves no other choice.
            if primary.is_some_and(|k| k.len() == 1 && k.first() != Some(to)) {
                by_target.entry((&reference.table, to)).or_default().push(Referrer { table, key, reference });
            }
        }
    }
    for ((table, column), from) in by_target {
        sink.report(draft(&scope, table, column, &from));
    }
}

fn draft(scope: &Scope<'_>, table: &QualifiedName, column: &str, from: &[Referrer<'_>]) -> Draft {
    let foreign = !scope.covers(&table.schema);
    let names: Vec<String> = from.iter().map(|r| r.table.name.to_string()).collect();
    let message = format!(
        "{} to {table}.{column}, which is unique but not the primary key: from {}",
        counted(from.len(), "foreign key refers", "foreign keys refer"),
        list_of(&names, 3)
    );
    let why = if foreign {
        format!(
            "{table} belongs to the platform, which promises its primary key and nothing else: an upgrade that drops or changes the unique index on {column} fails on your foreign key, or takes it along."
        )
    } else {
        format!(
            "The primary key is there to be referred to and does not change; {column} may. Joins by the one and references by the other need an index each, and the unique constraint can no longer be dropped or replaced by a partial one."
        )
    };
    let mut draft = Draft::new(ObjectRef::column(table, column), message, why)
        .severity(if foreign { Severity::Medium } else { RULE.severity })
        .evidence("foreign keys", from.len(), "pg_constraint");
    for referrer in from {
        draft = draft.place(ObjectRef::in_table(ObjectKind::Constraint, &referrer.table.name, &referrer.key.name), None);
    }
    draft
}
