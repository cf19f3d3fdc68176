//! `migration/half-applied`: see `half_applied.md` for the rule's page.

use crate::figures::list_of;
use crate::held::told;
use crate::migrations::At;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, HalfApplied, Migrations};
use architrave_model::project::MigrationFormat;
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

/// `migration/invalid-index-hidden-by-retry` says it.
fn is_told_of_the_index(at: At<'_>) -> bool {
    at.step.transaction.is_none()
        && matches!(at.step.actions.as_slice(), [Action::CreateIndex { index: Some(_), concurrently: true, if_not_exists: true, .. }])
}

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    // What a dump leaves behind is thrown away with the new database.
    if matches!(migrations.format, Some(MigrationFormat::SchemaFile | MigrationFormat::PgDump | MigrationFormat::RailsStructure)) {
        return;
    }
    let steps: BTreeMap<usize, At<'_>> = crate::migrations::all(migrations, context).map(|at| (at.number, at)).collect();
    let unhealed: Vec<&HalfApplied> = migrations.half_applied.iter().filter(|h| !h.healed).collect();
    let script = |half: &HalfApplied| steps.get(&half.step).map(|at| at.step.script);
    for (number, half) in unhealed.iter().enumerate() {
        let Some(at) = steps.get(&half.step).copied() else { continue };
        // A script that is cut short in several places is one finding: the last place leaves most.
        if half.midway && unhealed.iter().skip(number + 1).any(|later| later.midway && script(later) == script(half)) {
            continue;
        }
        if is_told_of_the_index(at) && !half.midway {
            continue;
        }
        let left = if half.left.is_empty() { "nothing".to_owned() } else { list_of(&half.left, 3) };
        let message = format!("{}: leaves {left}, and the retry does not heal it", half.how);
        let why = "The failure was brought about on a private PostgreSQL, and the runner's own retry was tried after it. What stays has to be found and taken away by hand before the migration can go on; where \
                   the retry reports success, nobody will look for it.";
        let object = ObjectRef::global(ObjectKind::Statement, format!("{}:{}", at.step.location.path, at.step.location.line));
        let draft = told(at, object, message, why);
        // Nobody knows who applies numbered files: many do it in one transaction.
        let draft =
            if half.midway && migrations.format == Some(MigrationFormat::NumberedSql) { draft.severity(Severity::Low) } else { draft };
        sink.report(draft.evidence("retry", half.retry.clone(), at.source()));
    }
}
