//! `function/untrusted-language`: see `untrusted_language.md` for the rule's page.

use super::{object, signed};
use crate::figures::{counted, list_of};
use architrave_model::catalog::{Function, FunctionKind};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "function/untrusted-language",
    summary: "functions in languages that reach the server's files and programs",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("untrusted_language.md"),
    check: Check::Catalog(check),
};

/// By the manual and their packages: anything the server's account may do.
const UNTRUSTED: &[&str] =
    &["c", "internal", "plperlu", "plpythonu", "plpython2u", "plpython3u", "pltclu", "plsh", "plluau", "pljavau", "plrustu", "plr"];

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut by_schema: BTreeMap<&str, Vec<&Function>> = BTreeMap::new();
    let written = |f: &&Function| f.kind != FunctionKind::Aggregate && UNTRUSTED.contains(&f.language.as_str());
    for function in catalog.functions.iter().filter(written).filter(|f| scope.covers(&f.name.schema)) {
        by_schema.entry(&function.name.schema).or_default().push(function);
    }
    for (schema, functions) in by_schema {
        sink.report(draft(schema, &functions));
    }
}

fn draft(schema: &str, functions: &[&Function]) -> Draft {
    let names: Vec<String> = functions.iter().map(|f| format!("{} ({})", signed(f), f.language)).collect();
    let message = format!(
        "{} of schema {schema} in an untrusted language: {}",
        counted(functions.len(), "function", "functions"),
        list_of(&names, 3)
    );
    let definers = functions.iter().filter(|f| f.security_definer).count();
    let why = "Code in such a language does whatever the operating system lets the server's account do: files, programs, the network, the server's own memory. Only superusers may create it, \
               but everybody with EXECUTE runs it; managed services do not have these languages, so a move there ends at them. Functions in C that belong to no extension are not carried \
               over by an upgrade of the server."
        .to_owned();
    let severity = if definers > 0 { Severity::Medium } else { RULE.severity };
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why)
        .severity(severity)
        .evidence("functions", functions.len(), "pg_proc.prolang")
        .evidence("of them SECURITY DEFINER", definers, "pg_proc.prosecdef");
    for function in functions {
        draft = draft.place(object(function), Some(function.language.clone()));
    }
    draft
}
