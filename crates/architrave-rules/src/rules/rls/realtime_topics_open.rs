//! `rls/realtime-topics-open`: see `realtime_topics_open.md` for the rule's page.

use super::policy_ref;
use crate::body;
use crate::condition::mentions;
use crate::policies::reach::{acting_roles, guarded_with_names, who};
use crate::policies::reading::Names;
use crate::statements::create_policy;
use architrave_model::catalog::{Policy, PolicyCommand, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/realtime-topics-open",
    summary: "policy on realtime messages that does not ask for the topic: all private channels are open",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("realtime_topics_open.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some((tables, names)) = guarded_with_names(catalog, context) else { return };
    for table in tables.into_iter().filter(|t| t.name.schema == "realtime" && t.name.name == "messages") {
        for policy in table.policies.iter().filter(|p| p.permissive && !asks_for_topic(&names, table, p)) {
            let roles = acting_roles(catalog, context, table, policy);
            if roles.is_empty() {
                continue;
            }
            let does = match policy.command {
                PolicyCommand::Select => "listen on",
                PolicyCommand::Insert => "send to",
                _ => "listen on and send to",
            };
            let message = format!("policy \"{}\" on {} lets {} {does} every private topic", policy.name, table.name, who(&roles));
            let why = "A private channel may be joined by whoever these policies let through, and the condition does not ask which topic it is. Compare realtime.topic() with what the user may hear: \
                       'team:' || team_id for the teams he belongs to.";
            let everybody = roles.iter().any(|r| *r != "authenticated");
            sink.report(
                Draft::new(policy_ref(table, policy), message, why)
                    .severity(if everybody { Severity::Critical } else { RULE.severity })
                    .evidence(format!("definition of \"{}\"", policy.name), create_policy(table, policy), "pg_policy"),
            );
        }
    }
}

/// Whether the topic is asked for, in the policy or in a function that it calls.
fn asks_for_topic(names: &Names<'_>, table: &Table, policy: &Policy) -> bool {
    let texts = || policy.using.iter().chain(&policy.with_check);
    let inner = || {
        let readings = names.read_policy(table, policy);
        readings.iter().flat_map(|r| &r.calls).any(|call| {
            let said = |body: &str| body::tokens(body).iter().any(|t| t.is("topic"));
            call.is("realtime", "topic") || names.function(call).is_some_and(|f| said(&f.body))
        })
    };
    texts().count() == 0 || texts().any(|text| mentions(text, "topic")) || inner()
}
