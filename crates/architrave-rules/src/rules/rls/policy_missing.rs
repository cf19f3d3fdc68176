//! `rls/policy-missing`: see `policy_missing.md` for the rule's page.

use crate::figures::{counted, list, list_of};
use crate::policies::reach::{bound_roles, privileges};
use architrave_model::catalog::Table;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "rls/policy-missing",
    summary: "row level security that is on without a policy, on a table that is granted",
    severity: Severity::Info,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("policy_missing.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_schema: BTreeMap<&str, Vec<(&Table, Vec<&str>)>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables().filter(|t| t.rls_enabled && t.policies.is_empty()) {
        let roles = bound_roles(catalog, context, table);
        if !roles.is_empty() {
            by_schema.entry(&table.name.schema).or_default().push((table, roles));
        }
    }
    for (schema, tables) in by_schema {
        sink.report(draft(schema, &tables));
    }
}

fn draft(schema: &str, tables: &[(&Table, Vec<&str>)]) -> Draft {
    let names: Vec<String> = tables.iter().map(|(table, _)| table.name.name.clone()).collect();
    let message = format!(
        "{} of schema {schema} {} no policy under row level security: {}",
        counted(tables.len(), "granted table", "granted tables"),
        if tables.len() == 1 { "has" } else { "have" },
        list_of(&names, 4)
    );
    let why = "Without a policy the roles that hold privileges on the table see no row and may write none, without an error on reading: queries come back empty. Where only the back end works with the table, that is safe, and the \
               privileges are needless; where users should see rows, the policy is missing.";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).evidence(
        "tables without a policy",
        tables.len(),
        "pg_policy",
    );
    for (table, roles) in tables {
        let held: Vec<String> = roles.iter().map(|r| format!("{r} ({})", privileges(table, r).join(", "))).collect();
        draft = draft.place(ObjectRef::table(&table.name), Some(format!("granted to {}", list(&held))));
    }
    draft
}
