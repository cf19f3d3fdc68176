//! `migration/half-applied`: see `half_applied.md` for the rule's page.

use crate::figures::list_of;
use crate::held::told;
use crate::migrations::At;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::Migrations;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, ObjectRef, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "migration/half-applied",
    summary: "statement outside a transaction leaves something behind when it fails",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("half_applied.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    let steps: BTreeMap<usize, At<'_>> = crate::migrations::all(migrations, context).map(|at| (at.number, at)).collect();
    for half in migrations.half_applied.iter().filter(|h| !h.healed) {
        let Some(at) = steps.get(&half.step).copied() else { continue };
        let left = if half.left.is_empty() { "nothing".to_owned() } else { list_of(&half.left, 3) };
        let message = format!("{}: leaves {left}, and the retry does not heal it", half.how);
        let why = "The failure was brought about on a private PostgreSQL, and the runner's own retry was tried after it. What stays has to be found and taken away by hand before the migration can go on; where \
                   the retry reports success, nobody will look for it.";
        let object = ObjectRef::global(ObjectKind::Statement, format!("{}:{}", at.step.location.path, at.step.location.line));
        sink.report(told(at, object, message, why).evidence("retry", half.retry.clone(), at.source()));
    }
}
