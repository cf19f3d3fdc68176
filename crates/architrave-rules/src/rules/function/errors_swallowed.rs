//! `function/errors-swallowed`: see `errors_swallowed.md` for the rule's page.

use super::{object, signed};
use crate::body::{Relations, Token, tokens, touched};
use crate::figures::{counted, list_of};
use architrave_model::catalog::Function;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "function/errors-swallowed",
    summary: "function that catches every error and does nothing with it",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("errors_swallowed.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut relations = None;
    let mut by_schema: BTreeMap<&str, Vec<(&Function, bool)>> = BTreeMap::new();
    for function in catalog.functions.iter().filter(|f| f.language == "plpgsql" && scope.covers(&f.name.schema)) {
        let body = tokens(&function.body);
        if swallows(&body) {
            let relations = relations.get_or_insert_with(|| Relations::of(catalog));
            let writes = !touched(&body, relations, &function.name.schema).writes().is_empty();
            by_schema.entry(&function.name.schema).or_default().push((function, writes));
        }
    }
    for (schema, functions) in by_schema {
        sink.report(draft(schema, &functions));
    }
}

/// `when others then` and nothing, or `null` only.
fn swallows(body: &[Token]) -> bool {
    (0..body.len()).any(|at| {
        let is = |offset: usize, word: &str| body.get(at + offset).is_some_and(|t| t.is(word));
        if !(is(0, "when") && is(1, "others") && is(2, "then")) {
            return false;
        }
        let mut rest = body.iter().skip(at + 3).filter(|t| !t.is_sign(";") && !t.is("null"));
        rest.next().is_none_or(|t| t.is("end") || t.is("when"))
    })
}

fn draft(schema: &str, functions: &[(&Function, bool)]) -> Draft {
    let names: Vec<String> = functions.iter().map(|(f, _)| signed(f)).collect();
    let message = format!(
        "{} of schema {schema} {} every error silently: {}",
        counted(functions.len(), "function", "functions"),
        if functions.len() == 1 { "drops" } else { "drop" },
        list_of(&names, 3)
    );
    let writing = functions.iter().any(|(_, writes)| *writes);
    let why = "WHEN OTHERS catches everything but a cancelled query and a failed assertion: full disks, deadlocks, missing privileges, typing errors. What the block did is rolled back, the \
               caller is told that all went well, and the log says nothing. Catch the condition that is expected (unique_violation), or report it (RAISE WARNING … SQLERRM) and go on."
        .to_owned();
    let severity = if writing { Severity::Medium } else { RULE.severity };
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).severity(severity).evidence(
        "functions",
        functions.len(),
        "pg_proc.prosrc",
    );
    for (function, writes) in functions {
        draft = draft.place(object(function), writes.then(|| "writes tables".to_owned()));
    }
    draft
}
