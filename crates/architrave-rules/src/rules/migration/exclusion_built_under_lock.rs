//! `migration/exclusion-built-under-lock`: see `exclusion_built_under_lock.md` for the rule's page.

use crate::migrations::{acting, names, with_work};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, ConstraintForm, Migrations};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/exclusion-built-under-lock",
    summary: "new EXCLUDE constraint whose index is built under ACCESS EXCLUSIVE",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Large,
    area: Area::Migrations,
    docs: include_str!("exclusion_built_under_lock.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in acting(migrations, context) {
        let built_on = at.built_on();
        for action in &at.step.actions {
            let Action::AddConstraint { table, constraint } = action else { continue };
            let built = at.of_family(&table.name, &built_on);
            if constraint.form != ConstraintForm::Exclude || built.is_empty() {
                continue;
            }
            let Some(severity) = at.weight(&built).severity() else { continue };
            let first = built.first().copied().unwrap_or(&table.name);
            let what = constraint.name.as_deref().map_or_else(|| "an EXCLUDE constraint".to_owned(), |n| format!("EXCLUDE constraint {n}"));
            let message = format!("{what} builds its index on {} while {} wait", names(&built), at.who_waits(first));
            let why = "The index is built under ACCESS EXCLUSIVE, and then every row is looked up in it, one by one, before anybody may read or write the table again. There is no way around: an EXCLUDE \
                       constraint knows neither NOT VALID nor USING INDEX. On a large table it belongs into a new table that the rows are moved to, or into a maintenance window.";
            let name = constraint.name.as_deref().unwrap_or(&table.name.name);
            let object = ObjectRef::in_table(ObjectKind::Constraint, &table.name, name);
            let draft = at.draft(object, &table.name, message, why).severity(severity);
            sink.report(with_work(draft, at, "read whole", &built));
        }
    }
}
