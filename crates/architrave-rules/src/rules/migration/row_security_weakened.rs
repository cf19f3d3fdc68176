//! `migration/row-security-weakened`: see `row_security_weakened.md` for the rule's page.

use crate::held::{asked, told};
use crate::migrations::At;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, ObjectRef, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/row-security-weakened",
    summary: "row level security switched off, or a policy dropped",
    severity: Severity::High,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("row_security_weakened.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for (at, action) in asked(migrations, context) {
        match action {
            Action::RowSecurity { table, enable: Some(false), .. } => {
                let was_on = at.step.before.table_named(&table.name).is_some_and(|t| t.rls_enabled);
                if was_on && !any(at, |a| matches!(a, Action::RowSecurity { table: on, enable: Some(true), .. } if on.name == table.name)) {
                    let message = format!("row level security of {} is switched off", table.name);
                    let why = "The policies stay and say nothing any more: whoever may read the table reads all rows of it, of all tenants and users.";
                    sink.report(told(at, ObjectRef::table(&table.name), message, why));
                }
            }
            Action::RowSecurity { table, force: Some(false), .. }
                if at.step.before.table_named(&table.name).is_some_and(|t| t.rls_forced) =>
            {
                let message = format!("{} no longer forces row level security on its owner", table.name);
                let why = "An application that connects as the owner of the table is bound by policies only under FORCE: without it, it reads and writes all rows.";
                sink.report(told(at, ObjectRef::table(&table.name), message, why));
            }
            Action::DropPolicy { table, name } => dropped(at, table, name, sink),
            _ => {}
        }
    }
}

fn any(at: At<'_>, wanted: impl Fn(&Action) -> bool) -> bool {
    at.migrations.of_script(at.step.script).any(|s| s.actions.iter().any(&wanted))
}

/// A restrictive policy that goes opens the table; a permissive one closes it, or makes room for its successor in the same script.
fn dropped(at: At<'_>, of: &QualifiedName, name: &str, sink: &mut Sink<'_>) {
    let Some(table) = at.step.before.table_named(of).filter(|t| t.rls_enabled) else { return };
    let Some(policy) = table.policies.iter().find(|p| p.name == name) else { return };
    let replaced = any(at, |a| matches!(a, Action::CreatePolicy { table, .. } if table == of));
    let table_goes = any(at, |a| matches!(a, Action::DropTable { table, .. } if table == of));
    if replaced || table_goes {
        return;
    }
    let last = table.policies.iter().filter(|p| p.permissive).count() == 1;
    let (message, why, severity) = match (policy.permissive, last) {
        (false, _) => (
            format!("restrictive policy {name} of {of} is dropped: rows that it kept back can be read or written"),
            "A restrictive policy narrows what the others allow. Without it they allow all of theirs.",
            Severity::High,
        ),
        (true, true) => (
            format!("the last policy of {of} is dropped: nobody but its owner sees a row of it"),
            "With row level security enabled and no policy left, every query succeeds and finds nothing, and every write is refused.",
            Severity::Medium,
        ),
        (true, false) => (
            format!("policy {name} of {of} is dropped: rows that only it allowed are out of reach"),
            "Queries that relied on it succeed and find fewer rows, and writes that it allowed are refused. No error tells.",
            Severity::Low,
        ),
    };
    sink.report(told(at, ObjectRef::in_table(ObjectKind::Policy, of, name), message, why).severity(severity));
}
