//! `rls/policies-without-row-security`: see `policies_without_row_security.md` for the rule's page.

use super::policy_ref;
use crate::figures::counted;
use crate::policies::reach::{bound_roles, tables_with_policies, who};
use crate::statements::{create_policy, exclusive};
use architrave_model::finding::{Confidence, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/policies-without-row-security",
    summary: "policies that are ignored because row level security is off",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("policies_without_row_security.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in tables_with_policies(catalog, context).into_iter().filter(|t| !t.rls_enabled) {
        // What an API serves is `rls/disabled-on-exposed-table`'s, which names the policies too.
        if !context.exposure.of_table(table).is_empty() {
            continue;
        }
        let roles = bound_roles(catalog, context, table);
        let ignored = if table.policies.len() == 1 { "is" } else { "are" };
        let message = format!(
            "{} of {} {ignored} ignored: row level security is off",
            counted(table.policies.len(), "policy", "policies"),
            table.name
        );
        let reach = if roles.is_empty() {
            "Nobody but the owner holds privileges on the table at the moment; the next grant opens all of it.".to_owned()
        } else {
            format!("Until it is enabled, {} may do with every row what the privileges say.", who(&roles))
        };
        let why = format!("CREATE POLICY does not switch row level security on; ALTER TABLE … ENABLE ROW LEVEL SECURITY does. {reach}");
        let sql = table.name.sql();
        let mut draft = Draft::new(ObjectRef::table(&table.name), message, why)
            .severity(if roles.is_empty() { Severity::Medium } else { RULE.severity })
            .fix(Fix {
                title: format!("enable row level security on {}", table.name),
                up: vec![format!("alter table {sql} enable row level security")],
                down: vec![format!("alter table {sql} disable row level security")],
                transactional: true,
                effect: exclusive(&table.name),
                caution: Some("from then on the policies decide: try them with the application's own role first".to_owned()),
            });
        for policy in &table.policies {
            draft = draft.place(policy_ref(table, policy), None).evidence(
                format!("definition of \"{}\"", policy.name),
                create_policy(table, policy),
                "pg_policy",
            );
        }
        sink.report(draft);
    }
}
