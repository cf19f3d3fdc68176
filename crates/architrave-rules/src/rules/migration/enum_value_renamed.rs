//! `migration/enum-value-renamed`: see `enum_value_renamed.md` for the rule's page.

use crate::held::{asked, told};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, ObjectRef, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/enum-value-renamed",
    summary: "enum value renamed while code that knows the old one runs",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("enum_value_renamed.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for (at, action) in asked(migrations, context) {
        let Action::RenameEnumValue { name, from, to } = action else { continue };
        if !at.step.before.types.iter().any(|t| t.name == *name) {
            continue;
        }
        let message = format!("value {from} of {name} is renamed to {to}: statements that say {from} fail from the commit on");
        let why = "Writes and comparisons with the old value are refused with 22P02 (invalid input value for enum), and rows that were written as the old value come back as \
                   the new one: code that does not know it yet may fail on reading. The rename itself locks no table.";
        sink.report(told(at, ObjectRef::in_schema(ObjectKind::Type, &name.schema, &name.name), message, why));
    }
}
