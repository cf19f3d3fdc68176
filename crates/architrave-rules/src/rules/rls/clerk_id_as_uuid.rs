//! `rls/clerk-id-as-uuid`: see `clerk_id_as_uuid.md` for the rule's page.

use super::policy_ref;
use crate::body;
use crate::figures::counted;
use crate::policies::reach::guarded_with_names;
use crate::policies::reading::{Names, Of};
use architrave_model::catalog::{Policy, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/clerk-id-as-uuid",
    summary: "policy that calls auth.uid() where Clerk signs in: it raises an error for each of its ids",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("clerk_id_as_uuid.md"),
    check: Check::Catalog(check),
};

/// How a policy calls `auth.uid()`.
enum Calls {
    Itself,
    /// By way of this function.
    Through(String),
}

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(clerk) = context.stack.named("Clerk") else { return };
    let Some((tables, names)) = guarded_with_names(catalog, context) else { return };
    for table in tables {
        let raising: Vec<(&Policy, Calls)> =
            table.policies.iter().filter_map(|policy| Some((policy, calls(&names, table, policy)?))).collect();
        if raising.is_empty() {
            continue;
        }
        let message = format!(
            "{} of {} {} auth.uid(), which fails for Clerk's ids",
            counted(raising.len(), "policy", "policies"),
            table.name,
            if raising.len() == 1 { "calls" } else { "call" }
        );
        let why = "The function auth.uid() casts the token's sub to uuid, and Clerk's ids are texts such as user_2abc: every query that the policy applies to ends with 22P02, invalid input syntax for type uuid. A cast of the result to text comes too \
                   late. Compare a text column with (select auth.jwt() ->> 'sub').";
        let mut draft =
            Draft::new(ObjectRef::table(&table.name), message, why).evidence("the project signs in with", "Clerk", clerk.path.clone());
        for (policy, calls) in &raising {
            let through = match calls {
                Calls::Itself => None,
                Calls::Through(function) => Some(format!("through {function}")),
            };
            draft = draft.place(policy_ref(table, policy), through);
        }
        sink.report(draft);
    }
}

/// How the policy calls it; none when it does not.
fn calls(names: &Names<'_>, table: &Table, policy: &Policy) -> Option<Calls> {
    let readings = names.read_policy(table, policy);
    // A column that refers to auth.users is for those who sign in there.
    let of_auth_users = |column: &str| {
        table
            .foreign_keys()
            .any(|(key, to)| key.columns.iter().any(|c| c == column) && (to.table.schema == "auth" && to.table.name == "users"))
    };
    if readings.iter().flat_map(|r| &r.columns).any(|c| c.of == Of::Own && of_auth_users(&c.name)) {
        return None;
    }
    let mut called = readings.iter().flat_map(|r| &r.calls);
    if called.clone().any(|c| c.is("auth", "uid")) {
        return Some(Calls::Itself);
    }
    let function = called.find_map(|call| {
        let function = names.function(call)?;
        let said = body::tokens(&function.body);
        let asks = body::calls(&said).any(|(schema, name)| schema == Some("auth") && name == "uid");
        asks.then(|| format!("{}.{}", function.name.schema, function.signature()))
    });
    function.map(Calls::Through)
}
