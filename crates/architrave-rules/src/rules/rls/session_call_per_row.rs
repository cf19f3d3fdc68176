//! `rls/session-call-per-row`: see `session_call_per_row.md` for the rule's page.

use super::policy_ref;
use crate::figures::{by_size, count, counted};
use crate::policies::lookups_in;
use crate::policies::reach::guarded_with_names;
use crate::policies::reading::Names;
use architrave_model::catalog::{Policy, PolicyCommand, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/session-call-per-row",
    summary: "policy that asks for every row who is there, where no index could find the rows",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("session_call_per_row.md"),
    check: Check::Catalog(check),
};

/// Fewer rows are read in no time.
const FEW: f64 = 10_000.0;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let known_large = |table: &Table| context.rows(&table.name).is_some_and(|rows| rows >= FEW);
    let Some((tables, names)) = guarded_with_names(catalog, context) else { return };
    for table in tables.into_iter().filter(|t| known_large(t)) {
        let found: Vec<(&Policy, String)> = table
            .policies
            .iter()
            .filter(|p| p.command != PolicyCommand::Insert)
            .filter_map(|policy| Some((policy, call_per_row(&names, table, policy)?)))
            .collect();
        if found.is_empty() {
            continue;
        }
        let rows = context.rows(&table.name);
        let message = format!(
            "{} of {} {} for every row who asks",
            counted(found.len(), "policy", "policies"),
            table.name,
            if found.len() == 1 { "asks" } else { "ask" }
        );
        let why = format!(
            "No index leads to the rows that these policies let through, so that all {} rows are read and the call is made for each: measured on 500,000 rows, 1.7 s against 0.1 s with the call in (select …), which is computed once per statement.",
            count(rows.unwrap_or_default())
        );
        let mut draft = Draft::new(ObjectRef::table(&table.name), message, why)
            .severity(by_size(rows, RULE.severity, &[(1e6, Severity::Medium), (100_000.0, Severity::Low)], RULE.severity))
            .evidence(format!("rows in {}", table.name), rows.unwrap_or_default(), "pg_class.reltuples");
        for (policy, call) in &found {
            draft = draft.place(policy_ref(table, policy), Some(format!("write (select {call})"))).evidence(
                format!("USING of policy \"{}\"", policy.name),
                policy.using.as_deref().unwrap_or_default(),
                "pg_policy",
            );
        }
        sink.report(draft);
    }
}

/// The call outside of a `(select …)`, of a policy whose rows no index finds and none would.
fn call_per_row(names: &Names<'_>, table: &Table, policy: &Policy) -> Option<String> {
    let using = policy.using.as_ref()?;
    // With an index the call is made once; without one, the index is what is missing: `rls/policy-column-unindexed`.
    if !lookups_in(table, using).is_empty() {
        return None;
    }
    let reading = names.read(table, using);
    // What is in a subquery that reads a table is that subquery's own cost, and its index's.
    let in_query = |at: usize| reading.query_at(at).is_some();
    let call = reading.calls.iter().find(|c| c.asks_the_session() && !in_query(c.at))?;
    let argument = reading.first_literal(call).map_or_else(String::new, |name| format!("'{name}', true"));
    let schema = call.schema.as_ref().map_or_else(String::new, |s| format!("{s}."));
    Some(format!("{schema}{}({argument})", call.name))
}
