//! `migration/privileges-widened`: see `privileges_widened.md` for the rule's page.

use crate::held::{asked, told};
use crate::migrations::{At, names};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/privileges-widened",
    summary: "privileges on existing objects granted to everybody",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("privileges_widened.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for (at, action) in asked(migrations, context) {
        let Action::Grant { revoke: false, objects, roles } = action else { continue };
        let everybody = |role: &&String| role.eq_ignore_ascii_case("public");
        let outsiders: Vec<&str> = roles.iter().filter(|r| everybody(r) || is_anonymous(context, r)).map(String::as_str).collect();
        if outsiders.is_empty() {
            continue;
        }
        let tables: Vec<QualifiedName> = objects.iter().filter_map(ObjectRef::table_name).filter(|t| is_open(at, t)).collect();
        let Some(first) = tables.first() else { continue };
        let refs: Vec<&QualifiedName> = tables.iter().collect();
        let message = format!("{} is granted to {}", names(&refs), outsiders.join(", "));
        let why = "PUBLIC is every role of the cluster, those of other applications and those that do not exist yet included; the anonymous role of an API is everybody on the network. Without row level security the \
                   grant opens all rows.";
        sink.report(told(at, ObjectRef::table(first), message, why));
    }
}

/// The exposed role that nobody has to log in for, by its usual name.
fn is_anonymous(context: &Context<'_>, role: &str) -> bool {
    context.exposure.roles.iter().any(|r| r == role) && role.contains("anon")
}

/// A table of before the script without row level security, which a policy could narrow.
fn is_open(at: At<'_>, table: &QualifiedName) -> bool {
    let enables = |a: &Action| matches!(a, Action::RowSecurity { table: on, enable: Some(true), .. } if on.name == *table);
    let enabled = at.migrations.of_script(at.step.script).any(|s| s.actions.iter().any(enables));
    at.step.before.table_named(table).is_some_and(|t| !t.rls_enabled) && !enabled
}
