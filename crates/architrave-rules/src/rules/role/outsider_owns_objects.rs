//! `role/outsider-owns-objects`: see `outsider_owns_objects.md` for the rule's page.

use crate::figures::{counted, list_of};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "role/outsider-owns-objects",
    summary: "role of an API that owns tables, views, functions or schemas",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("outsider_owns_objects.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for role in &context.exposure.roles {
        let owned = owned(catalog, context, role);
        if !owned.is_empty() {
            sink.report(draft(catalog, role, owned));
        }
    }
}

fn owned(catalog: &Catalog, context: &Context<'_>, role: &str) -> Vec<ObjectRef> {
    let scope = Scope::of(catalog, context);
    let mut owned: Vec<ObjectRef> =
        scope.schemas().filter(|s| s.owner == role).map(|s| ObjectRef::global(ObjectKind::Schema, &s.name)).collect();
    owned.extend(scope.tables().filter(|t| t.owner == role).map(|t| ObjectRef::table(&t.name)));
    let views = catalog.views.iter().filter(|v| v.owner == role && scope.covers(&v.name.schema));
    owned.extend(views.map(|v| {
        let kind = if v.materialized { ObjectKind::MaterializedView } else { ObjectKind::View };
        ObjectRef::in_schema(kind, &v.name.schema, &v.name.name)
    }));
    let functions = catalog.functions.iter().filter(|f| f.owner == role && scope.covers(&f.name.schema));
    owned.extend(functions.map(|f| ObjectRef::in_schema(ObjectKind::Function, &f.name.schema, f.signature())));
    owned
}

fn draft(catalog: &Catalog, role: &str, owned: Vec<ObjectRef>) -> Draft {
    let names: Vec<String> = owned.iter().map(ToString::to_string).collect();
    let past = |o: &ObjectRef| o.table_name().and_then(|n| catalog.table_named(&n)).is_some_and(|t| !t.rls_forced);
    let tables = owned.iter().filter(|o| o.kind == ObjectKind::Table && past(o)).count();
    let message = format!("{role} owns {}: {}", counted(owned.len(), "object", "objects"), list_of(&names, 3));
    let mut why = "An owner has every right on what he owns, and none can be taken from him for good: he may alter and drop it, and grant it to others.".to_owned();
    if tables > 0 {
        why.extend([format!(
            " Row level security does not bind the owner: {} row to whoever acts as {role}.",
            if tables == 1 { "the table shows every".to_owned() } else { format!("{tables} tables show every") }
        )]);
    }
    why.push_str(" Give it to the role that runs the migrations: `alter … owner to …`.");
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Role, role), message, why)
        .severity(if tables > 0 { RULE.severity } else { Severity::Medium })
        .evidence("objects that it owns", owned.len(), "pg_class.relowner, pg_proc.proowner, pg_namespace.nspowner");
    for object in owned {
        draft = draft.place(object, None);
    }
    draft
}
