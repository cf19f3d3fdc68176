//! `function/executable-by-default`: see `executable_by_default.md` for the rule's page.

use super::{object, signed};
use crate::body::{Relations, tokens, touched};
use crate::figures::{counted, list_of};
use crate::outside::Outside;
use architrave_model::catalog::{Function, FunctionKind};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "function/executable-by-default",
    summary: "functions that change rows and that outsiders may call because nobody has revoked it",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("executable_by_default.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(outside) = Outside::of(context) else { return };
    let scope = Scope::of(catalog, context);
    let relations = Relations::of(catalog);
    let mut by_schema: BTreeMap<&str, Vec<&Function>> = BTreeMap::new();
    let called = |f: &&Function| f.kind != FunctionKind::Aggregate && !matches!(f.result.as_deref(), Some("trigger" | "event_trigger"));
    let served = catalog.functions.iter().filter(|f| !f.security_definer && scope.covers(&f.name.schema) && outside.serves(&f.name.schema));
    for function in served.filter(called).filter(|f| f.grants.iter().any(|g| g.is_public() && g.has("EXECUTE"))) {
        let writes = !touched(&tokens(&function.body), &relations, &function.name.schema).writes().is_empty();
        if writes && !outside.holders(&function.name.schema, &function.grants, &["EXECUTE"]).is_empty() {
            by_schema.entry(&function.name.schema).or_default().push(function);
        }
    }
    for (schema, functions) in by_schema {
        let names: Vec<String> = functions.iter().map(|f| signed(f)).collect();
        let message = format!(
            "outsiders may call {} of schema {schema} through PUBLIC: {}",
            counted(functions.len(), "function that changes rows", "functions that change rows"),
            list_of(&names, 3)
        );
        let why = format!(
            "PostgreSQL grants EXECUTE on every new function to PUBLIC, and the API serves what stands in {schema}. They run with the caller's rights, so privileges and policies hold; but what was written for the back end is an \
             address of the API. Revoke EXECUTE from PUBLIC (`alter default privileges revoke execute on functions from public` for those to come) and grant it by name."
        );
        let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).evidence(
            "functions",
            functions.len(),
            "pg_proc.proacl",
        );
        for function in functions {
            draft = draft.place(object(function), None);
        }
        sink.report(draft);
    }
}
