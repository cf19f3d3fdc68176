//! `rls/read-policy-missing`: see `read_policy_missing.md` for the rule's page.

use super::policy_ref;
use crate::condition::mentions;
use crate::figures::list;
use crate::policies::needs_sign_in;
use crate::policies::reach::{acting_roles, covers, guarded, is_for, who};
use crate::statements::create_policy;
use architrave_model::catalog::{Policy, PolicyCommand, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/read-policy-missing",
    summary: "policy for UPDATE or DELETE of a role that no policy lets see a row",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("read_policy_missing.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in guarded(catalog, context) {
        let mut blind: Vec<(&Policy, Vec<&str>)> = Vec::new();
        for policy in table.policies.iter().filter(|p| p.permissive && matches!(p.command, PolicyCommand::Update | PolicyCommand::Delete)) {
            let mut roles = acting_roles(catalog, context, table, policy);
            // Also where a function is asked about whoever is signed in: what it answers for nobody is not known, but nobody is not meant.
            let signed_in = policy.using.as_ref().is_some_and(|using| needs_sign_in(using) || asks_for_the_account(catalog, using));
            roles.retain(|role| !(signed_in && *role == "anon"));
            roles.retain(|role| !table.policies.iter().any(|p| p.permissive && covers(p, PolicyCommand::Select) && is_for(p, role)));
            if !roles.is_empty() {
                blind.push((policy, roles));
            }
        }
        if !blind.is_empty() {
            sink.report(draft(table, &blind));
        }
    }
}

/// Whether the condition names the account that is signed in, itself or by a function of the project.
fn asks_for_the_account(catalog: &Catalog, using: &str) -> bool {
    let names = |text: &str| ["uid", "jwt"].iter().any(|name| mentions(text, name));
    names(using) || catalog.functions.iter().any(|f| names(&f.body) && mentions(using, &f.name.name))
}

fn draft(table: &Table, blind: &[(&Policy, Vec<&str>)]) -> Draft {
    let mut roles: Vec<&str> = blind.iter().flat_map(|(_, roles)| roles.clone()).collect();
    roles.sort_unstable();
    roles.dedup();
    let mut commands: Vec<&str> = blind.iter().map(|(p, _)| p.command.sql()).collect();
    commands.sort_unstable();
    commands.dedup();
    let message =
        format!("{} has a policy by which {} may {}, and none by which it may see a row", table.name, who(&roles), list(&commands));
    let why = "A statement with a WHERE clause has to read the rows that it changes, and then the policies for SELECT hold as well. There is none for this role: UPDATE and DELETE with a condition report success and change nothing. \
               Without a condition they change every row that their own policy lets through.";
    let mut draft = Draft::new(ObjectRef::table(&table.name), message, why);
    for (policy, _) in blind {
        draft = draft.place(policy_ref(table, policy), None).evidence(
            format!("definition of \"{}\"", policy.name),
            create_policy(table, policy),
            "pg_policy",
        );
    }
    draft
}
