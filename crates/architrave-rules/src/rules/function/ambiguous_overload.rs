//! `function/ambiguous-overload`: see `ambiguous_overload.md` for the rule's page.

use super::{object, signed};
use crate::body::{Parameter, parameters};
use architrave_model::catalog::{Function, FunctionKind};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "function/ambiguous-overload",
    summary: "functions of one name that a call cannot tell apart, because of default arguments",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("ambiguous_overload.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let callable = |f: &&Function| matches!(f.kind, FunctionKind::Function | FunctionKind::Procedure) && scope.covers(&f.name.schema);
    let functions: Vec<&Function> = catalog.functions.iter().filter(callable).collect();
    // Sorted by name: those of one name stand together.
    for same in functions.chunk_by(|a, b| a.name == b.name).filter(|same| same.len() > 1) {
        let all: Vec<(&Function, Vec<Parameter>)> = same.iter().take(20).map(|f| (*f, parameters(f))).collect();
        for (at, (first, one)) in all.iter().enumerate() {
            for (second, other) in all.iter().skip(at + 1) {
                if let Some(count) = clash(one, other) {
                    sink.report(draft(first, second, one, count));
                }
            }
        }
    }
}

/// The least number of arguments that both take with the same types, where defaults fill the rest.
fn clash(one: &[Parameter], other: &[Parameter]) -> Option<usize> {
    let required = |p: &[Parameter]| p.iter().filter(|p| !p.has_default).count();
    let (least, most) = (required(one).max(required(other)), one.len().min(other.len()));
    let same =
        |n: usize| one.iter().zip(other).take(n).all(|(a, b)| a.data_type.split(" DEFAULT").next() == b.data_type.split(" DEFAULT").next());
    (least..=most).find(|n| same(*n))
}

fn draft(first: &Function, second: &Function, parameters: &[Parameter], count: usize) -> Draft {
    let types: Vec<&str> = parameters.iter().take(count).map(|p| p.data_type.as_str()).collect();
    let call = format!("{}({})", first.name.name, types.join(", "));
    let message = format!("a call of {call} fits {} and {} alike", signed(first), signed(second));
    let why = "With the defaults filled in both functions take these arguments, neither better than the other: PostgreSQL refuses the call (\"function is not unique\"). Usually a parameter \
               was added with CREATE OR REPLACE, which makes a second function instead of changing the first, and the old one is still there."
        .to_owned();
    Draft::new(object(first), message, why).place(object(second), Some("the other one".to_owned())).evidence(
        "arguments of the call",
        count,
        "pg_proc.pronargdefaults",
    )
}
