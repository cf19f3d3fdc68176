//! `migration/row-security-without-policy`: see `row_security_without_policy.md` for the rule's page.

use crate::held::{asked, told};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/row-security-without-policy",
    summary: "row level security enabled on a table that has no policy",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("row_security_without_policy.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for (at, action) in asked(migrations, context) {
        let Action::RowSecurity { table, enable: Some(true), .. } = action else { continue };
        let Some(old) = at.step.before.table_named(&table.name) else { continue };
        let has_policy = old.policies.iter().any(|p| p.permissive) || old.rls_enabled;
        let gets_one = |a: &Action| matches!(a, Action::CreatePolicy { table: of, .. } if *of == table.name);
        let all = migrations.steps.iter().filter(|s| s.script == at.step.script);
        if has_policy || all.flat_map(|s| &s.actions).any(gets_one) {
            continue;
        }
        let message =
            format!("row level security is enabled on {}, which has no policy: nobody but its owner sees a row of it", table.name);
        let why = "Without a policy nothing is allowed: queries succeed and find no row, writes are refused. Only the owner, superusers and roles with BYPASSRLS go on as before. If the application comes as one \
                   of these, nothing changes; if it does not, it finds its table empty.";
        sink.report(told(at, ObjectRef::table(&table.name), message, why));
    }
}
