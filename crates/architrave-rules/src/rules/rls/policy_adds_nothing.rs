//! `rls/policy-adds-nothing`: see `policy_adds_nothing.md` for the rule's page.

use super::policy_ref;
use crate::condition::{Condition, parse};
use crate::policies::reach::{covers, guarded};
use crate::statements::{create_policy, drop_policy, exclusive};
use architrave_model::catalog::{Policy, PolicyCommand, Table};
use architrave_model::finding::{Confidence, Effort, Fix, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/policy-adds-nothing",
    summary: "policy that another one makes useless: it lets through the same rows and more",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Security,
    docs: include_str!("policy_adds_nothing.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in guarded(catalog, context) {
        for policy in table.policies.iter().filter(|p| p.permissive) {
            let wider = table.policies.iter().find(|other| includes(table, other, policy));
            if let Some(wider) = wider {
                sink.report(draft(table, policy, wider));
            }
        }
    }
}

/// Whether `wide` lets through all that `narrow` does; of two equal ones the first by name stays.
fn includes(table: &Table, wide: &Policy, narrow: &Policy) -> bool {
    let for_all =
        |wide: &Policy, narrow: &Policy| wide.roles.iter().any(|r| r == "PUBLIC") || narrow.roles.iter().all(|r| wide.roles.contains(r));
    if wide.name == narrow.name || !wide.permissive || !covers(wide, narrow.command) || !for_all(wide, narrow) {
        return false;
    }
    let lets = |wide: &Policy, narrow: &Policy| {
        let reads = [PolicyCommand::Insert].contains(&narrow.command) || implied(table, wide.using.as_ref(), narrow.using.as_ref());
        let check = |p: &'_ Policy| p.with_check.clone().or_else(|| p.using.clone());
        let writes = matches!(narrow.command, PolicyCommand::Select | PolicyCommand::Delete)
            || implied(table, check(wide).as_ref(), check(narrow).as_ref());
        reads && writes
    };
    let back = covers(narrow, wide.command) && for_all(narrow, wide) && lets(narrow, wide);
    lets(wide, narrow) && (!back || wide.name < narrow.name)
}

/// Whether the wide condition holds wherever the narrow one does, as far as their text tells.
fn implied(table: &Table, wide: Option<&String>, narrow: Option<&String>) -> bool {
    let (Some(wide), Some(narrow)) = (wide, narrow) else { return narrow.is_none() };
    let not_null = |column: &str| table.column(column).is_some_and(|c| c.not_null);
    let (wide, narrow) = (parse(wide), parse(narrow));
    if wide.always_true(&not_null, false) {
        return true;
    }
    let parts = |c: &Condition| match c {
        Condition::And(parts) => parts.clone(),
        other => vec![other.clone()],
    };
    let asked = parts(&narrow);
    let holds = |c: &Condition| parts(c).iter().all(|part| asked.iter().any(|a| same(a, part)));
    match &wide {
        Condition::Or(branches) => branches.iter().any(holds) || same(&wide, &narrow),
        other => holds(other),
    }
}

/// Equal but for the depth at which they stand.
fn same(a: &Condition, b: &Condition) -> bool {
    let all = |a: &[Condition], b: &[Condition]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b));
    match (a, b) {
        (Condition::Or(a), Condition::Or(b)) | (Condition::And(a), Condition::And(b)) => all(a, b),
        (Condition::Not(a), Condition::Not(b)) => same(a, b),
        (Condition::Atom(a), Condition::Atom(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.kind == b.kind && a.text == b.text)
        }
        _ => false,
    }
}

fn draft(table: &Table, policy: &Policy, wider: &Policy) -> Draft {
    let message = format!("policy \"{}\" on {} adds nothing to \"{}\"", policy.name, table.name, wider.name);
    let why = "Permissive policies are combined by OR, and what this one lets through the other lets through as well, for all of its roles and commands. Either it is a leftover that costs time and misleads the next reader, or the other one is wider \
               than was meant."
        .to_owned();
    Draft::new(policy_ref(table, policy), message, why)
        .evidence(format!("definition of \"{}\"", policy.name), create_policy(table, policy), "pg_policy")
        .evidence(format!("definition of \"{}\"", wider.name), create_policy(table, wider), "pg_policy")
        .fix(Fix {
            title: format!("drop policy \"{}\"", policy.name),
            up: vec![drop_policy(table, policy)],
            down: vec![create_policy(table, policy)],
            transactional: true,
            effect: exclusive(&table.name),
            caution: Some(format!("first make sure that \"{}\" is not wider than it should be", wider.name)),
        })
}
