//! `function/trigger-function-attachable`: see `trigger_function_attachable.md` for the rule's page.

use super::{object, signed, target};
use crate::figures::{counted, list, list_of};
use architrave_model::catalog::{Function, Grant, Role};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "function/trigger-function-attachable",
    summary: "SECURITY DEFINER trigger functions that other roles may put on tables of their own",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("trigger_function_attachable.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let makers = makers(catalog);
    if makers.is_empty() {
        return;
    }
    let mut by_schema: BTreeMap<&str, Vec<&Function>> = BTreeMap::new();
    let triggers = catalog.functions.iter().filter(|f| f.security_definer && f.result.as_deref() == Some("trigger"));
    for function in triggers.filter(|f| scope.covers(&f.name.schema) && public_may(&f.grants, "EXECUTE")) {
        if makers.iter().any(|m| m.name != function.owner) {
            by_schema.entry(&function.name.schema).or_default().push(function);
        }
    }
    for (schema, functions) in by_schema {
        sink.report(draft(schema, &functions, &makers));
    }
}

fn public_may(grants: &[Grant], privilege: &str) -> bool {
    grants.iter().any(|g| g.is_public() && g.has(privilege))
}

/// Roles that log in, are no superusers, and may make a table somewhere or a trigger on one.
fn makers(catalog: &Catalog) -> Vec<&Role> {
    let may = |role: &Role| {
        let held = |grants: &[Grant], privilege: &str| grants.iter().any(|g| (g.is_public() || g.grantee == role.name) && g.has(privilege));
        let creates = catalog.schemas.iter().any(|s| s.owner != role.name && held(&s.grants, "CREATE"));
        creates || catalog.tables.iter().any(|t| t.owner != role.name && held(&t.grants, "TRIGGER"))
    };
    catalog.roles.iter().filter(|r| r.login && !r.superuser && !crate::rules::role::is_provider_role(&r.name) && may(r)).collect()
}

fn draft(schema: &str, functions: &[&Function], makers: &[&Role]) -> Draft {
    let names: Vec<String> = functions.iter().map(|f| signed(f)).collect();
    let roles: Vec<&str> = makers.iter().map(|r| r.name.as_str()).collect();
    let message = format!(
        "{} may put {} of schema {schema} on tables of their own: {}",
        list(&roles),
        counted(functions.len(), "SECURITY DEFINER trigger function", "SECURITY DEFINER trigger functions"),
        list_of(&names, 3)
    );
    let why = "A trigger function cannot be called, but whoever may execute it can make a trigger with it, and a row of a table of his own is then what it works on: with columns and values of his choice, and the rights of the \
               function's owner. Triggers that are there go on working without the privilege.";
    let mut draft =
        Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).evidence("functions", functions.len(), "pg_proc.proacl");
    for function in functions {
        draft = draft.place(object(function), None);
    }
    draft.fix(Fix {
        title: format!("take EXECUTE on the trigger functions of schema {schema} from PUBLIC"),
        up: functions.iter().map(|f| format!("revoke execute on {} from public", target(f))).collect(),
        down: functions.iter().map(|f| format!("grant execute on {} to public", target(f))).collect(),
        transactional: true,
        effect: Effect::default(),
        caution: None,
    })
}
