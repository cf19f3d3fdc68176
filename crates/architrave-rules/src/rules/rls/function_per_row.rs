//! `rls/function-per-row`: see `function_per_row.md` for the rule's page.

use super::policy_ref;
use crate::body::{tokens, touched};
use crate::figures::{by_size, count, list};
use crate::policies::reach::{covers, guarded_with_names};
use crate::policies::reading::Names;
use architrave_model::catalog::{Function, Policy, PolicyCommand, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "rls/function-per-row",
    summary: "policy that calls a function which queries, with a column of the row: one query per row",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Performance,
    docs: include_str!("function_per_row.md"),
    check: Check::Catalog(check),
};

/// Fewer rows are read in no time, whatever is called for each.
const FEW: f64 = 1000.0;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some((tables, names)) = guarded_with_names(catalog, context) else { return };
    for table in tables {
        if context.rows(&table.name).is_some_and(|rows| rows < FEW) {
            continue;
        }
        let mut found: BTreeMap<(String, String), Vec<&Policy>> = BTreeMap::new();
        for policy in table.policies.iter().filter(|p| p.command != PolicyCommand::Insert && covers(p, p.command)) {
            for (function, columns) in per_row(&names, table, policy) {
                let call = format!("{}.{}({})", function.name.schema, function.name.name, columns.join(", "));
                let column = columns.into_iter().next().unwrap_or_default();
                let policies = found.entry((call, column)).or_default();
                if !policies.iter().any(|p| p.name == policy.name) {
                    policies.push(policy);
                }
            }
        }
        if !found.is_empty() {
            sink.report(draft(context, table, &found));
        }
    }
}

/// Functions that read tables and get columns of the row, in USING.
fn per_row<'a>(names: &Names<'a>, table: &'a Table, policy: &Policy) -> Vec<(&'a Function, Vec<String>)> {
    let mut found = Vec::new();
    for reading in policy.using.iter().map(|text| names.read(table, text)) {
        for call in &reading.calls {
            let Some(function) = names.function(call) else { continue };
            let columns: Vec<String> = reading.own_columns(&call.arguments).map(|c| c.name.clone()).collect();
            let reads = || !touched(&tokens(&function.body), names.relations(), &function.name.schema).reads.is_empty();
            if !columns.is_empty() && reads() {
                found.push((function, columns));
            }
        }
    }
    found
}

fn draft(context: &Context<'_>, table: &Table, found: &BTreeMap<(String, String), Vec<&Policy>>) -> Draft {
    let rows = context.rows(&table.name);
    let severity = by_size(rows, RULE.severity, &[(1e6, Severity::High), (10_000.0, Severity::Medium)], Severity::Info);
    let calls: Vec<&str> = found.keys().map(|(call, _)| call.as_str()).collect();
    let column = found.keys().map(|(_, column)| column.as_str()).next().unwrap_or_default();
    let message = format!("policies of {} call {} for every row", table.name, list(&calls));
    let size = rows.map_or_else(|| "each row".to_owned(), |n| format!("each of {} rows", count(n)));
    let why = format!(
        "The call depends on the row, so {size} that a query looks at costs a query of its own; (select …) around it changes nothing, since it is computed per row as well. Turn the question round: a function without arguments that returns all \
         values for which the answer is yes, and {column} = any (array(select that_function())) with an index on {column}. It is computed once and found by the index."
    );
    let mut draft = Draft::new(ObjectRef::table(&table.name), message, why).severity(severity);
    for ((call, _), policies) in found {
        for policy in policies {
            draft = draft.place(policy_ref(table, policy), Some(call.clone())).evidence(
                format!("USING of policy \"{}\"", policy.name),
                policy.using.as_deref().unwrap_or_default(),
                "pg_policy",
            );
        }
    }
    match rows {
        Some(rows) => draft.evidence(format!("rows in {}", table.name), rows, "pg_class.reltuples"),
        None => draft,
    }
}
