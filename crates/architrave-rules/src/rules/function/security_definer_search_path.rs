//! `function/security-definer-search-path`: see `security_definer_search_path.md` for the rule's page.

use crate::figures::list;
use architrave_model::catalog::{Function, FunctionKind};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "function/security-definer-search-path",
    summary: "SECURITY DEFINER function that resolves names in the caller's search path",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("security_definer_search_path.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    for function in catalog.functions.iter().filter(|f| f.security_definer && scope.covers(&f.name.schema)) {
        let compiled = matches!(function.language.as_str(), "c" | "internal");
        if !compiled && function.setting("search_path").is_none() && !is_bound_at_creation(function) {
            sink.report(draft(catalog, context, function));
        }
    }
}

/// A body in the standard's form (`begin atomic`, `return …`) had its names resolved when the function was made.
fn is_bound_at_creation(function: &Function) -> bool {
    let starts = |text: &str| {
        let text = text.trim_start().to_lowercase();
        text.starts_with("begin atomic") || text.starts_with("return ")
    };
    let definition = function.definition.as_deref().unwrap_or_default().to_lowercase();
    function.language == "sql" && (starts(&function.body) || definition.contains("begin atomic"))
}

fn draft(catalog: &Catalog, context: &Context<'_>, function: &Function) -> Draft {
    let signature = format!("{}.{}", function.name.schema, function.signature());
    // A trigger function is called by its triggers only: whoever writes the table, not who holds EXECUTE.
    let by_trigger = matches!(function.result.as_deref(), Some("trigger" | "event_trigger"));
    let callers: Vec<&str> = if by_trigger { Vec::new() } else { context.exposure.of_function(function) };
    let public = function.grants.iter().any(|g| g.is_public() && g.has("EXECUTE"));
    let others = function.grants.iter().any(|g| g.grantee != function.owner && g.has("EXECUTE"));
    let severity = if !callers.is_empty() || public || others || function.grants.is_empty() { RULE.severity } else { Severity::Low };
    let owner = if function.owner.is_empty() { "its owner".to_owned() } else { function.owner.clone() };
    let message = format!("{signature} runs as {owner} and sets no search_path");
    let who = match (callers.is_empty(), public) {
        _ if by_trigger => "Whoever can make its trigger fire, in a session that takes SQL,".to_owned(),
        (false, _) => {
            format!("Who may call it in a session that takes SQL (the Data API, where {} may call it, takes none)", list(&callers))
        }
        (true, true) => "Who may call it (every role may call it)".to_owned(),
        (true, false) => "Who may call it".to_owned(),
    };
    let mut why = format!(
        "It runs with the rights of {owner}, but looks up unqualified tables, functions and operators where the caller says: first of all in pg_temp, which everybody can fill. \
         {who} can put an object of the same name in front and have it run with those rights.",
    );
    if catalog.schemas.iter().any(|s| s.grants.iter().any(|g| g.is_public() && g.has("CREATE"))) {
        why.push_str(" In this database PUBLIC may also create objects in a schema (schema/public-create-granted).");
    }
    let object = ObjectRef::in_schema(ObjectKind::Function, &function.name.schema, function.signature());
    let draft = Draft::new(object, message, why).severity(severity).evidence("SECURITY DEFINER", true, "pg_proc.prosecdef").evidence(
        "settings of the function",
        if function.config.is_empty() { "none".to_owned() } else { function.config.join(", ") },
        "pg_proc.proconfig",
    );
    if function.kind == FunctionKind::Aggregate { draft } else { draft.fix(fix(catalog, function)) }
}

/// The path that callers have now, with pg_temp last instead of first: what the body finds stays what it was.
fn fix(catalog: &Catalog, function: &Function) -> Fix {
    let kind = if function.kind == FunctionKind::Procedure { "procedure" } else { "function" };
    let target = format!("alter {kind} {}({})", function.name.sql(), function.identity_arguments);
    let mut path = vec!["public"];
    if catalog.schemas.iter().any(|s| s.name == "extensions") {
        path.push("extensions");
    }
    path.retain(|s| catalog.schemas.is_empty() || catalog.schemas.iter().any(|known| known.name == *s));
    path.push("pg_temp");
    let path: Vec<String> = path.into_iter().map(quote_ident).collect();
    Fix {
        title: format!("set the search_path of {}", function.name),
        up: vec![format!("{target} set search_path = {}", path.join(", "))],
        down: vec![format!("{target} reset search_path")],
        transactional: true,
        effect: Effect::default(),
        caution: Some(
            "keeps unqualified names working; if the body relies on another schema in the callers' path, add it. Stricter: set search_path = '' and qualify every name in the body".into(),
        ),
    }
}
