//! `rls/check-weaker-than-using`: see `check_weaker_than_using.md` for the rule's page.

use super::{alter_policy, policy_ref};
use crate::condition::mentions;
use crate::figures::list;
use crate::policies::lookups_in;
use crate::policies::reach::{acting_roles, by_exposure, covers, guarded, is_for, who};
use crate::statements::{create_policy, exclusive, policy_conditions};
use architrave_model::catalog::{Policy, PolicyCommand, Table, TriggerEvent, TriggerTiming};
use architrave_model::finding::{Confidence, Effort, Fix, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/check-weaker-than-using",
    summary: "policy by which a row can be given to somebody else: WITH CHECK does not ask whose it is",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("check_weaker_than_using.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in guarded(catalog, context) {
        for policy in table.policies.iter().filter(|p| p.permissive && covers(p, PolicyCommand::Update)) {
            let (Some(using), Some(with_check)) = (&policy.using, &policy.with_check) else { continue };
            let not_null = |column: &str| table.column(column).is_some_and(|c| c.not_null);
            // A check that is true for every row is `rls/policy-always-true`'s.
            if crate::condition::parse(with_check).always_true(&not_null, true) {
                continue;
            }
            let kept = lookups_in(table, with_check);
            let freed: Vec<String> =
                lookups_in(table, using).into_iter().filter(|c| !kept.contains(c) && !mentions(with_check, c)).collect();
            // Another column of the same owner may be what the check looks at.
            if freed.is_empty() || !kept.is_empty() {
                continue;
            }
            let mut roles = acting_roles(catalog, context, table, policy);
            roles.retain(|role| freed.iter().any(|c| may_update(table, role, c)));
            if !roles.is_empty() && !checked_elsewhere(table, &freed) {
                sink.report(draft(context, table, policy, &freed, &roles));
            }
        }
    }
}

fn may_update(table: &Table, role: &str, column: &str) -> bool {
    let grants = table.grants.iter().chain(table.column(column).into_iter().flat_map(|c| &c.grants));
    grants.filter(|g| g.is_public() || g.grantee == role).any(|g| g.has("UPDATE"))
}

/// A restrictive policy or a trigger before the update names the column.
fn checked_elsewhere(table: &Table, freed: &[String]) -> bool {
    let narrowed = |p: &Policy| {
        let check = p.with_check.as_ref().or(p.using.as_ref());
        !p.permissive && covers(p, PolicyCommand::Update) && check.is_some_and(|c| freed.iter().all(|column| mentions(c, column)))
    };
    let fires = table.triggers.iter().any(|t| t.timing == TriggerTiming::Before && t.row && t.events.contains(&TriggerEvent::Update));
    table.policies.iter().any(narrowed) || fires
}

/// Whether a policy lets the role see the row once it is another's: else PostgreSQL refuses every update that has a condition.
fn stays_visible(table: &Table, role: &str, freed: &[String]) -> bool {
    let sees = |p: &&Policy| p.permissive && covers(p, PolicyCommand::Select) && is_for(p, role);
    table.policies.iter().filter(sees).filter_map(|p| p.using.as_ref()).any(|using| !freed.iter().any(|c| mentions(using, c)))
}

fn draft(context: &Context<'_>, table: &Table, policy: &Policy, freed: &[String], roles: &[&str]) -> Draft {
    let visible = roles.iter().any(|role| stays_visible(table, role, freed));
    let severity = by_exposure(context, table, roles, RULE.severity);
    let message = format!(
        "policy \"{}\" lets {} set {} of {} to anything: WITH CHECK does not ask for it",
        policy.name,
        who(roles),
        list(freed),
        table.name
    );
    let way = if visible {
        "A policy for SELECT admits the row afterwards, so that any UPDATE does it."
    } else {
        "An UPDATE with a condition is refused, because no policy for SELECT admits the row afterwards; one without a condition gives all own rows away."
    };
    let why = format!(
        "USING chooses the rows that may be changed, WITH CHECK judges what they become; where both are given, USING judges the old row only. {way}"
    );
    let old = policy_conditions(policy);
    let both = policy.using.as_ref().zip(policy.with_check.as_ref()).map(|(using, check)| format!("{using} and {check}"));
    let closed = Policy { with_check: both, ..policy.clone() };
    Draft::new(policy_ref(table, policy), message, why)
        .severity(if visible { severity } else { severity.lowered() })
        .evidence(format!("definition of \"{}\"", policy.name), create_policy(table, policy), "pg_policy")
        .fix(Fix {
            title: format!("let the new row of policy \"{}\" pass USING as well", policy.name),
            up: vec![format!("{}{}", alter_policy(table, policy), policy_conditions(&closed))],
            down: vec![format!("{}{old}", alter_policy(table, policy))],
            transactional: true,
            effect: exclusive(&table.name),
            caution: Some("handing a row over is refused from then on: where it is meant, a function of its own should do it".to_owned()),
        })
}
