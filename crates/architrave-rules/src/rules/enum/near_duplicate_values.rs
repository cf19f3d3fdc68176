//! `enum/near-duplicate-values`: see `near_duplicate_values.md` for the rule's page.

use crate::figures::{list, list_of};
use architrave_model::catalog::TypeKind;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "enum/near-duplicate-values",
    summary: "enum values that differ in case or punctuation only",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Modeling,
    docs: include_str!("near_duplicate_values.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    for definition in catalog.types.iter().filter(|t| t.extension.is_none() && scope.covers(&t.name.schema)) {
        let TypeKind::Enum { labels } = &definition.kind else { continue };
        let mut alike: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for label in labels {
            let plain: String = label.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
            if !plain.is_empty() {
                alike.entry(plain).or_default().push(label);
            }
        }
        // `-1` and `1`, `a+` and `a-` mean different things.
        let signed = labels.iter().any(|l| l.contains(['+', '<', '>', '=', '.', '#']) || l.starts_with('-'));
        let doubles: Vec<String> =
            alike.into_values().filter(|l| l.len() > 1).map(|l| list(&l.iter().map(|l| format!("'{l}'")).collect::<Vec<_>>())).collect();
        if doubles.is_empty() || signed {
            continue;
        }
        let message = format!("enum {} has the same value twice: {}", definition.name, list_of(&doubles, 3));
        let why = "A query for one of them misses the rows with the other, and each program writes the one it knows. PostgreSQL cannot take a value out of an enum: update the rows to one of the two, then rename what must not be used any \
                   more, or make the type anew.";
        sink.report(
            Draft::new(ObjectRef::in_schema(ObjectKind::Type, &definition.name.schema, &definition.name.name), message, why).evidence(
                "values",
                labels.len(),
                "pg_enum",
            ),
        );
    }
}
