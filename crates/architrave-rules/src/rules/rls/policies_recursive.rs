//! `rls/policies-recursive`: see `policies_recursive.md` for the rule's page.

use super::policy_ref;
use crate::body::{tokens, touched};
use crate::policies::reach::{covers, guarded_with_names};
use crate::policies::reading::Names;
use crate::statements::create_policy;
use architrave_model::catalog::{Policy, PolicyCommand, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) static RULE: Rule = Rule {
    id: "rls/policies-recursive",
    summary: "policies that ask themselves: every query on the table fails",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("policies_recursive.md"),
    check: Check::Catalog(check),
};

/// A policy for SELECT that reads another table with policies.
struct Step<'a> {
    policy: &'a Policy,
    to: &'a QualifiedName,
    /// The function that does the reading.
    through: Option<String>,
}

type Steps<'a> = BTreeMap<&'a QualifiedName, (&'a Table, Vec<Step<'a>>)>;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some((tables, names)) = guarded_with_names(catalog, context) else { return };
    let guarded: BTreeSet<&QualifiedName> = tables.iter().map(|t| &t.name).collect();
    let mut steps: Steps<'_> = BTreeMap::new();
    for table in tables {
        let reading = table.policies.iter().filter(|p| covers(p, PolicyCommand::Select));
        let found: Vec<Step<'_>> = reading.flat_map(|policy| steps_of(&names, table, policy)).filter(|s| guarded.contains(s.to)).collect();
        steps.insert(&table.name, (table, found));
    }
    let mut told: BTreeSet<&QualifiedName> = BTreeSet::new();
    for name in steps.keys() {
        if told.contains(name) {
            continue;
        }
        if let Some(circle) = circle(&steps, name) {
            told.extend(circle.iter().map(|(table, _)| &table.name));
            if let Some(draft) = draft(&circle) {
                sink.report(draft);
            }
        }
    }
}

fn steps_of<'a>(names: &Names<'a>, table: &'a Table, policy: &'a Policy) -> Vec<Step<'a>> {
    let mut found = Vec::new();
    for reading in policy.using.iter().map(|text| names.read(table, text)) {
        found.extend(reading.reads().map(|to| Step { policy, to, through: None }));
        // A function with the rights of its owner ends the circle; one with those of the caller goes round it at run time.
        for function in reading.calls.iter().filter_map(|c| names.function(c)).filter(|f| !f.security_definer) {
            let said = tokens(&function.body);
            let through = format!("{}.{}", function.name.schema, function.signature());
            let reads = touched(&said, names.relations(), &function.name.schema).reads;
            found.extend(reads.into_iter().map(|to| Step { policy, to, through: Some(through.clone()) }));
        }
    }
    found
}

/// The shortest way from the table's policies back to the table, for one and the same role.
fn circle<'s, 'a>(steps: &'s Steps<'a>, start: &QualifiedName) -> Option<Vec<(&'a Table, &'s Step<'a>)>> {
    let mut open: Vec<Vec<(&'a Table, &'s Step<'a>)>> = Vec::new();
    let (table, first) = steps.get(start)?;
    open.extend(first.iter().map(|step| vec![(*table, step)]));
    let mut seen: BTreeSet<&QualifiedName> = BTreeSet::new();
    while !open.is_empty() {
        let mut further = Vec::new();
        for way in open {
            let Some((_, last)) = way.last() else { continue };
            if !one_role(&way) {
                continue;
            }
            if last.to == start {
                return Some(way);
            }
            if let Some((table, next)) = steps.get(last.to).filter(|_| seen.insert(last.to)) {
                further.extend(next.iter().map(|step| way.iter().copied().chain([(*table, step)]).collect::<Vec<_>>()));
            }
        }
        open = further;
    }
    None
}

fn one_role(way: &[(&Table, &Step<'_>)]) -> bool {
    let mut roles: Option<BTreeSet<&str>> = None;
    for (_, step) in way.iter().filter(|(_, step)| !step.policy.roles.iter().any(|r| r == "PUBLIC")) {
        let own: BTreeSet<&str> = step.policy.roles.iter().map(String::as_str).collect();
        roles = Some(roles.map_or(own.clone(), |r| r.intersection(&own).copied().collect()));
    }
    roles.is_none_or(|r| !r.is_empty())
}

fn draft(circle: &[(&Table, &Step<'_>)]) -> Option<Draft> {
    let (table, first) = circle.first()?;
    let stops: Vec<String> = circle.iter().skip(1).map(|(table, _)| table.name.to_string()).collect();
    let at_run_time = circle.iter().any(|(_, step)| step.through.is_some());
    let way = if stops.is_empty() { String::new() } else { format!(" by way of {}", stops.join(", ")) };
    let fails = if at_run_time { "54001, stack depth limit exceeded" } else { "42P17, infinite recursion detected in policy" };
    let message = format!("policy \"{}\" on {} reads the table itself again{way}", first.policy.name, table.name);
    let why = format!(
        "To decide about a row, the policy reads a table whose policies have to be asked first, and they lead back: every query on {} fails with {fails}. A SECURITY DEFINER function with a fixed search_path that returns what the policy \
         wants to know, owned by the owner of the table, ends the circle.",
        table.name
    );
    let mut draft = Draft::new(policy_ref(table, first.policy), message, why);
    for (table, step) in circle {
        let through = step.through.as_ref().map_or_else(String::new, |f| format!(" through {f}"));
        draft = draft.place(policy_ref(table, step.policy), Some(format!("reads {}{through}", step.to))).evidence(
            format!("definition of \"{}\"", step.policy.name),
            create_policy(table, step.policy),
            "pg_policy",
        );
    }
    Some(draft)
}
