//! `plan/function-per-row`: see `function_per_row.md` for the rule's page.

use super::expression::{atoms, columns_in, functions_in};
use super::tree::{Seat, Tree};
use super::wording::rows;
use crate::condition;
use architrave_model::catalog::{Function, Volatility};
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/function-per-row",
    summary: "a function of the database is called for every row that a scan reads",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("function_per_row.md"),
    check: Check::Plan(check),
};

/// Rows below which the calls do not add up: a call of a PL/pgSQL function takes about a microsecond.
const LEAST_ROWS: f64 = 1000.0;
/// The scan's share of the statement.
const LEAST_SHARE: f64 = 0.25;

struct Called<'t, 'a> {
    seat: &'t Seat<'a>,
    function: &'a Function,
    /// Its arguments name no column: one call would do.
    constant: bool,
    calls: f64,
}

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let mut found: Vec<Called<'_, '_>> = tree.seats().iter().filter_map(|seat| called(&tree, seat)).collect();
    found.retain(|c| c.calls >= LEAST_ROWS && tree.weight(c.seat).share() >= LEAST_SHARE);
    found.sort_by(|a, b| tree.weight(b.seat).share().total_cmp(&tree.weight(a.seat).share()));
    let Some(worst) = found.first() else { return };
    let (function, seat) = (worst.function, worst.seat);
    let will = if tree.is_analyzed() { "is called" } else { "would be called" };
    let message = format!("{} {will} for each of {} that {} reads", function.name, rows(worst.calls), tree.label(seat));
    let weight = tree.weight(seat);
    let kind = match function.volatility {
        Volatility::Volatile => {
            "VOLATILE (the default when nothing is said), so PostgreSQL must call it anew for each row and may use no index for what it is compared with"
        }
        Volatility::Stable => "STABLE: its answer holds for the whole statement, but in a filter it is still computed for each row",
        Volatility::Immutable => "IMMUTABLE, which spares nothing where its arguments are columns",
    };
    let tail = if worst.constant && function.volatility != Volatility::Immutable {
        format!(
            "Its arguments name no column, so all calls answer the same: written as (SELECT {}(…)) it is called once, and PostgreSQL can look the result up in an \
             index.{}",
            function.name,
            if function.volatility == Volatility::Volatile {
                " Declaring it STABLE, if it changes nothing and depends on nothing that changes, is the other half."
            } else {
                ""
            }
        )
    } else {
        "A condition on a plain column beside it, which an index answers first, leaves it fewer rows; a function in LANGUAGE sql that is one SELECT expression, not \
         STRICT, not SECURITY DEFINER and without SET is put into the statement and no longer called at all."
            .to_owned()
    };
    let why = format!(
        "The function {} is written in {} and stands in the filter of {}, which takes {}. It is {kind}. {tail}",
        function.name,
        function.language,
        tree.label(seat),
        weight.words(),
    );
    let mut draft = Draft::new(explained.object(), message, why).severity(weight.severity());
    if !weight.is_timed() {
        draft = draft.confidence(Confidence::Possible);
    }
    draft = tree.with_place(draft, seat, weight).evidence("volatility", format!("{:?}", function.volatility).to_lowercase(), "pg_proc");
    for other in found.iter().skip(1) {
        draft = draft.place(
            tree.object(other.seat),
            Some(format!("{} for {} of {}", other.function.name, rows(other.calls), tree.label(other.seat))),
        );
    }
    sink.report(draft);
}

/// The function of the catalogue that the scan's filter calls.
fn called<'t, 'a>(tree: &'t Tree<'a>, seat: &'t Seat<'a>) -> Option<Called<'t, 'a>> {
    let filter = seat.node.filter.as_deref().filter(|_| seat.node.is_scan())?;
    let table = tree.table(seat)?;
    let alias = seat.node.alias.as_deref().unwrap_or_default();
    let functions = &tree.context.catalog.functions;
    let function = functions_in(&condition::tokens(filter)).into_iter().find_map(|(schema, name)| {
        let mut own = functions.iter().filter(|f| f.name.name == name && schema.as_ref().is_none_or(|s| *s == f.name.schema));
        let first = own.next()?;
        (own.next().is_none() && !matches!(first.language.as_str(), "internal" | "c")).then_some(first)
    })?;
    let name = &function.name.name;
    let calling = atoms(filter).into_iter().find(|a| functions_in(a).iter().any(|(_, called)| called == name));
    let arguments = calling.map(|a| arguments(&a, name));
    let constant = arguments.is_some_and(|a| columns_in(&a, alias, table).is_empty() && !a.iter().any(|t| t.is_sign("*")));
    let calls = if tree.is_analyzed() {
        seat.rows()? + seat.in_all(seat.node.rows_removed_by_filter)
    } else {
        // How many rows an index leaves for the filter is not in a plan that was not run.
        tree.table_rows(seat).filter(|_| seat.node.kind == "Seq Scan")? * seat.runs
    };
    Some(Called { seat, function, constant, calls })
}

/// What stands between the parentheses of the call.
fn arguments(tokens: &[condition::Token], function: &str) -> Vec<condition::Token> {
    let Some(at) = tokens.iter().position(|t| t.is_name() && t.text == function) else { return Vec::new() };
    let mut depth = 0_i32;
    let inner = tokens.iter().skip(at + 1).take_while(|t| {
        depth += i32::from(t.is_sign("(")) - i32::from(t.is_sign(")"));
        depth > 0
    });
    inner.skip(1).cloned().collect()
}
