//! `rls/policy-always-true`: see `policy_always_true.md` for the rule's page.

use super::personal_columns;
use crate::condition;
use crate::figures::{list, list_of};
use crate::policies::reach::{acting_roles, guarded, is_exposed, who};
use crate::statements::{create_policy, drop_policy, exclusive, policy_conditions};
use architrave_model::access::{Cell, CellVerdict, Command, Target};
use architrave_model::catalog::{Policy, PolicyCommand, Table};
use architrave_model::finding::{Confidence, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "rls/policy-always-true",
    summary: "policy whose condition holds for every row",
    severity: Severity::High,
    confidence: Confidence::Likely,
    effort: Effort::Medium,
    area: Area::Security,
    docs: include_str!("policy_always_true.md"),
    check: Check::Catalog(check),
};

/// What an always-true condition lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opens {
    /// Every row may be read.
    Read,
    /// Any row may be added.
    Insert,
    /// A row that may be changed can be given any content: another owner, for instance.
    GiveAway,
    /// Every row may be changed or deleted.
    Write,
}

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in guarded(catalog, context) {
        for policy in table.policies.iter().filter(|p| p.permissive) {
            let to_all = opens(table, policy, false);
            let Some(opens) = to_all.or_else(|| opens(table, policy, true)) else { continue };
            let mut roles = acting_roles(catalog, context, table, policy);
            if to_all.is_none() {
                // A test that somebody is signed in holds for one role only.
                roles.retain(|r| *r == "authenticated");
            }
            // What an attack has read is told by its own rules, as a leak or as a question.
            let told = opens == Opens::Read && read_by_attack(context, table);
            if !roles.is_empty() && !told && !restricted(table, policy) {
                sink.report(draft(context, table, policy, opens, &roles));
            }
        }
    }
}

/// Whether an attack has read rows of others in the table.
fn read_by_attack(context: &Context<'_>, table: &Table) -> bool {
    let reached = |cell: &Cell| matches!(cell.verdict, CellVerdict::Leak | CellVerdict::Open) && cell.command == Command::Select;
    let of_table = |cell: &&Cell| matches!(&cell.target, Target::Table { name } if *name == table.name);
    context.attack.is_some_and(|attack| attack.cells.iter().filter(of_table).any(reached))
}

fn always(table: &Table, signed_in: bool, expression: Option<&String>) -> bool {
    let not_null = |column: &str| table.column(column).is_some_and(|c| c.not_null);
    expression.is_some_and(|e| condition::parse(e).always_true(&not_null, signed_in))
}

/// What it opens for everybody, or with `signed_in` for whoever has an account.
fn opens(table: &Table, policy: &Policy, signed_in: bool) -> Option<Opens> {
    let using = always(table, signed_in, policy.using.as_ref());
    // Without WITH CHECK, USING is the check as well.
    let check = always(table, signed_in, policy.with_check.as_ref().or(policy.using.as_ref()));
    match policy.command {
        PolicyCommand::Select => using.then_some(Opens::Read),
        PolicyCommand::Insert => check.then_some(Opens::Insert),
        PolicyCommand::Delete => using.then_some(Opens::Write),
        PolicyCommand::Update => match (using, check) {
            (true, true) => Some(Opens::Write),
            (false, true) => Some(Opens::GiveAway),
            _ => None,
        },
        PolicyCommand::All => match (using, check) {
            (true, _) => Some(Opens::Write),
            (false, true) => Some(Opens::GiveAway),
            _ => None,
        },
    }
}

/// A restrictive policy narrows what this one opens: the idiom of one permissive `true` and restrictions beside it.
fn restricted(table: &Table, policy: &Policy) -> bool {
    let same_command = |p: &Policy| p.command == PolicyCommand::All || p.command == policy.command;
    let same_roles = |p: &Policy| p.roles.iter().any(|r| r == "PUBLIC") || policy.roles.iter().all(|r| p.roles.contains(r));
    let narrows = |p: &Policy| !always(table, true, p.using.as_ref().or(p.with_check.as_ref()));
    table.policies.iter().any(|p| !p.permissive && same_command(p) && same_roles(p) && narrows(p))
}

fn draft(context: &Context<'_>, table: &Table, policy: &Policy, opens: Opens, roles: &[&str]) -> Draft {
    let exposed = is_exposed(context, table, roles);
    let everybody = exposed && roles.iter().any(|r| *r != "authenticated");
    let personal = personal_columns(table);
    let severity = match opens {
        Opens::Write if everybody => Severity::Critical,
        Opens::Write => RULE.severity,
        Opens::GiveAway | Opens::Insert => Severity::Medium,
        Opens::Read if exposed && !personal.is_empty() => Severity::Medium,
        Opens::Read => Severity::Info,
    };
    let severity = if exposed { severity } else { severity.lowered() };
    let (what, then) = effect(policy, opens);
    let message = format!("policy \"{}\" on {} lets {} {what}", policy.name, table.name, who(roles));
    let mut why = format!(
        "Its condition is true for every row, and permissive policies are combined by OR, so that no other policy narrows it. {then}"
    );
    if opens == Opens::Read && !personal.is_empty() {
        why.extend([format!(" By their names {} concern one person only.", list(&personal))]);
    }
    let draft = Draft::new(ObjectRef::in_table(ObjectKind::Policy, &table.name, &policy.name), message, why)
        .severity(severity)
        .confidence(if opens == Opens::Read { Confidence::Possible } else { RULE.confidence })
        .evidence(format!("definition of \"{}\"", policy.name), create_policy(table, policy), "pg_policy");
    match fix(table, policy, opens) {
        Some(fix) => draft.fix(fix),
        None => draft,
    }
}

fn effect(policy: &Policy, opens: Opens) -> (&'static str, &'static str) {
    match (opens, policy.command) {
        (Opens::Read, _) => (
            "read every row",
            "For a public menu that is what is meant; the next column that is added to the table will be public as well.",
        ),
        (Opens::Insert, _) => (
            "insert any row",
            "Whoever holds the role may add rows with any content, in anybody's name and in any number: let the check compare the owner, and limit the rate elsewhere.",
        ),
        (Opens::GiveAway, _) => (
            "write any content into the rows it may change",
            "The rows are chosen by USING, their new content is not checked: an owner can be overwritten, a tenant changed, a price set to zero.",
        ),
        (Opens::Write, PolicyCommand::Delete) => ("delete every row", "One request without a filter empties the table."),
        (Opens::Write, PolicyCommand::Update) => ("update every row", "Anybody with the role may change the rows of all others."),
        (Opens::Write, _) => ("read and write every row", "For these roles the table might as well have no row level security."),
    }
}

/// Only what writes: whether a public reading is meant, nobody but the owner knows.
fn fix(table: &Table, policy: &Policy, opens: Opens) -> Option<Fix> {
    if opens == Opens::Read {
        return None;
    }
    let sql = format!("policy {} on {}", quote_ident(&policy.name), table.name.sql());
    let Some(condition) = condition_of_a_sibling(table, policy) else {
        return Some(Fix {
            title: format!("drop policy \"{}\"", policy.name),
            up: vec![drop_policy(table, policy)],
            down: vec![create_policy(table, policy)],
            transactional: true,
            effect: exclusive(&table.name),
            caution: Some(
                "takes the access away altogether: write the policy that says who may do this to which rows, and put it in its place"
                    .into(),
            ),
        });
    };
    let narrowed = Policy {
        using: policy.using.as_ref().map(|_| condition.clone()),
        with_check: policy.with_check.as_ref().map(|_| condition.clone()),
        ..policy.clone()
    };
    Some(Fix {
        title: format!("narrow policy \"{}\" to the caller's own rows", policy.name),
        up: vec![format!("alter {sql}{}", policy_conditions(&narrowed))],
        down: vec![format!("alter {sql}{}", policy_conditions(policy))],
        transactional: true,
        effect: exclusive(&table.name),
        caution: Some(format!(
            "takes the condition of another policy of the table, {}: make sure that it is the right one for this command too",
            list_of(&[condition], 1)
        )),
    })
}

/// The condition by which another policy of the table tells the caller's own rows.
fn condition_of_a_sibling(table: &Table, policy: &Policy) -> Option<String> {
    let own_rows = |p: &&Policy| {
        let one = Table {
            policies: vec![(*p).clone()],
            rls_enabled: true,
            columns: table.columns.clone(),
            name: table.name.clone(),
            ..Table::default()
        };
        p.name != policy.name && p.permissive && p.roles == policy.roles && !crate::policies::lookups(&one).is_empty()
    };
    table.policies.iter().filter(own_rows).find_map(|p| p.using.clone())
}
