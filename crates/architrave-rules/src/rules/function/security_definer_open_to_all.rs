//! `function/security-definer-open-to-all`: see `security_definer_open_to_all.md` for the rule's page.

use super::{object, signed, target};
use crate::figures::{counted, list_of};
use architrave_model::catalog::Function;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "function/security-definer-open-to-all",
    summary: "SECURITY DEFINER functions that every role may call",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("security_definer_open_to_all.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut by_schema: BTreeMap<&str, Vec<&Function>> = BTreeMap::new();
    let called = |f: &&Function| !matches!(f.result.as_deref(), Some("trigger" | "event_trigger"));
    // Who may not use the schema cannot call what is in it.
    let usable = |schema: &str| {
        let known = catalog.schemas.iter().find(|s| s.name == schema);
        known.is_none_or(|s| s.grants.iter().any(|g| g.is_public() && g.has("USAGE")))
    };
    // What an API calls is a matter of what it does there (function/security-definer-exposed).
    let served = |f: &Function| !context.exposure.of_function(f).is_empty();
    let definers =
        catalog.functions.iter().filter(|f| f.security_definer && scope.covers(&f.name.schema) && usable(&f.name.schema) && !served(f));
    for function in definers.filter(called) {
        if function.grants.iter().any(|g| g.is_public() && g.has("EXECUTE")) {
            by_schema.entry(&function.name.schema).or_default().push(function);
        }
    }
    for (schema, functions) in by_schema {
        sink.report(draft(catalog, schema, &functions));
    }
}

fn draft(catalog: &Catalog, schema: &str, functions: &[&Function]) -> Draft {
    let names: Vec<String> = functions.iter().map(|f| signed(f)).collect();
    let one = functions.len() == 1;
    let message = format!(
        "{} of schema {schema} {} with the rights of {} owner for every role: {}",
        counted(functions.len(), "SECURITY DEFINER function", "SECURITY DEFINER functions"),
        if one { "runs" } else { "run" },
        if one { "its" } else { "their" },
        list_of(&names, 3)
    );
    let why = "EXECUTE on a new function is granted to PUBLIC unless it is revoked, and SECURITY DEFINER makes it run as its owner: every role that can connect and use the schema gets \
               what the body does, past privileges and row level security. Keep EXECUTE for the roles that are meant.";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).evidence(
        "functions",
        functions.len(),
        "pg_proc.prosecdef, pg_proc.proacl",
    );
    for function in functions {
        let owner = catalog.role(&function.owner).filter(|r| r.superuser || r.bypass_rls);
        let detail = owner.map_or_else(|| format!("owner {}", function.owner), |r| format!("owner {}, past row level security", r.name));
        draft = draft.place(object(function), Some(detail));
    }
    draft.fix(fix(functions))
}

fn fix(functions: &[&Function]) -> Fix {
    let up = functions.iter().map(|f| format!("revoke execute on {} from public", target(f))).collect();
    Fix {
        title: "revoke EXECUTE from PUBLIC".to_owned(),
        up,
        down: functions.iter().map(|f| format!("grant execute on {} to public", target(f))).collect(),
        transactional: true,
        effect: Effect::default(),
        caution: Some("roles that called it through PUBLIC lose it: grant EXECUTE to those that are meant, in the same transaction".into()),
    }
}
