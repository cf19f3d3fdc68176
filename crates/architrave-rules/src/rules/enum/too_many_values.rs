//! `enum/too-many-values`: see `too_many_values.md` for the rule's page.

use architrave_model::catalog::TypeKind;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "enum/too-many-values",
    summary: "enum with more values than a list of kinds has",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Medium,
    area: Area::Modeling,
    docs: include_str!("too_many_values.md"),
    check: Check::Catalog(check),
};

/// Longer lists are data.
const MANY: usize = 100;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    for definition in catalog.types.iter().filter(|t| t.extension.is_none() && scope.covers(&t.name.schema)) {
        let TypeKind::Enum { labels } = &definition.kind else { continue };
        if labels.len() < MANY {
            continue;
        }
        let message = format!("enum {} has {} values", definition.name, labels.len());
        let why = "So long a list is data, and changes like data: each new value is a migration, none can be taken out again, none can carry a name in another language, a sign of validity or an order of its own. A table with a foreign \
                   key holds the same list, refuses the same errors, and is changed with INSERT.";
        sink.report(
            Draft::new(ObjectRef::in_schema(ObjectKind::Type, &definition.name.schema, &definition.name.name), message, why).evidence(
                "values",
                labels.len(),
                "pg_enum",
            ),
        );
    }
}
