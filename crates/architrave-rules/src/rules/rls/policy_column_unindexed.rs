//! `rls/policy-column-unindexed`: see `policy_column_unindexed.md` for the rule's page.

use crate::coverage::serves_equality;
use crate::figures::{by_size, count, list_of};
use crate::new_index::create_index;
use crate::policies::lookups;
use crate::statements::Names;
use architrave_model::catalog::{Policy, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/policy-column-unindexed",
    summary: "column that a policy looks up in every query, without an index",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("policy_column_unindexed.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut names = None;
    for table in Scope::of(catalog, context).tables().filter(|t| t.rls_enabled) {
        for (column, policies) in lookups(table) {
            let columns = [column];
            // An unindexed foreign key of the same column is reported as that, one step higher because of the policy.
            let is_key = table.foreign_keys().any(|(k, _)| k.enforced && k.columns == columns);
            if is_key || table.indexes.iter().any(|i| serves_equality(i, &columns)) {
                continue;
            }
            let names = names.get_or_insert_with(|| Names::of(catalog));
            let [column] = &columns;
            sink.report(draft(context, table, column, &policies).fix(create_index(catalog, names, context, table, &columns)));
        }
    }
}

fn draft(context: &Context<'_>, table: &Table, column: &str, policies: &[&Policy]) -> Draft {
    let rows = context.rows(&table.name);
    let steps = [(1e6, Severity::High), (10_000.0, Severity::Medium), (1000.0, Severity::Low)];
    let names: Vec<String> = policies.iter().map(|p| format!("\"{}\"", p.name)).collect();
    let size = rows.map_or_else(|| "the whole table".to_owned(), |n| format!("all {} rows", count(n)));
    let compare = if names.len() == 1 {
        format!("policy {} compares", list_of(&names, 2))
    } else {
        format!("policies {} compare", list_of(&names, 2))
    };
    let message = format!("{}.{column} has no index, and {compare} it in every query", table.name);
    let why = format!(
        "The policy's condition is added to every query of the roles it applies to. Without an index that starts with {column}, each of them reads {size} of {} to find the \
         few that the caller may see, whatever else the query asks for.",
        table.name
    );
    let mut draft =
        Draft::new(ObjectRef::column(&table.name, column), message, why).severity(by_size(rows, RULE.severity, &steps, Severity::Info));
    if policies.len() > 1 {
        for policy in policies {
            draft = draft.place(ObjectRef::in_table(ObjectKind::Policy, &table.name, &policy.name), None);
        }
    }
    for policy in policies {
        let using = policy.using.as_deref().unwrap_or_default();
        draft = draft.evidence(format!("USING of policy \"{}\"", policy.name), using, "pg_policy");
    }
    if let Some(rows) = rows {
        draft = draft.evidence(format!("rows in {}", table.name), rows, "pg_class.reltuples");
    }
    draft
}
