//! `enum/single-value`: see `single_value.md` for the rule's page.

use architrave_model::catalog::TypeKind;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "enum/single-value",
    summary: "enum with one value or none",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("single_value.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    for definition in catalog.types.iter().filter(|t| t.extension.is_none() && scope.covers(&t.name.schema)) {
        let TypeKind::Enum { labels } = &definition.kind else { continue };
        let state = match labels.as_slice() {
            [] => "no value".to_owned(),
            [only] => format!("one value, '{only}'"),
            _ => continue,
        };
        let message = format!("enum {} has {state}", definition.name);
        let why = "A column of this type can say one thing only, or nothing at all, so it says nothing. Either the other values are still to come, or the type serves as a constant, which a generated column or no column does better.";
        sink.report(
            Draft::new(ObjectRef::in_schema(ObjectKind::Type, &definition.name.schema, &definition.name.name), message, why).evidence(
                "values",
                labels.len(),
                "pg_enum",
            ),
        );
    }
}
