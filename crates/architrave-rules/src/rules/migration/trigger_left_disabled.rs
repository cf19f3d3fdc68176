//! `migration/trigger-left-disabled`: see `trigger_left_disabled.md` for the rule's page.

use crate::held::{scripts, told};
use crate::migrations::At;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "migration/trigger-left-disabled",
    summary: "trigger disabled and not enabled again",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("trigger_left_disabled.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for steps in scripts(migrations, context) {
        let mut off: BTreeMap<(&QualifiedName, &str), At<'_>> = BTreeMap::new();
        for at in steps {
            for action in &at.step.actions {
                let Action::SwitchTrigger { table, what, enable } = action else { continue };
                if *enable && (what.eq_ignore_ascii_case("all") || what.eq_ignore_ascii_case("user")) {
                    off.retain(|(t, _), _| *t != &table.name);
                } else if *enable {
                    off.remove(&(&table.name, what.as_str()));
                } else if at.step.before.table_named(&table.name).is_some() {
                    off.insert((&table.name, what), at);
                }
            }
        }
        for ((table, what), at) in off {
            report(at, table, what, sink);
        }
    }
}

fn report(at: At<'_>, table: &QualifiedName, what: &str, sink: &mut Sink<'_>) {
    let all = what.eq_ignore_ascii_case("all");
    let which =
        if all || what.eq_ignore_ascii_case("user") { format!("triggers ({})", what.to_uppercase()) } else { format!("trigger {what}") };
    let message = format!("{which} of {table} disabled, and still disabled when the script is through");
    let why = if all {
        "ALL includes the triggers behind foreign keys: until they are enabled again nothing checks the references, and nobody checks later what was written meanwhile. It is off for every session, \
         not only for the migration's."
    } else {
        "It is off for every session, not only for the migration's: what the trigger keeps (audit rows, derived columns, checks) is missing for all rows written from now on."
    };
    sink.report(told(at, ObjectRef::table(table), message, why).severity(if all { Severity::High } else { Severity::Medium }));
}
