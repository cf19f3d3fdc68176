//! `migration/refresh-blocks-readers`: see `refresh_blocks_readers.md` for the rule's page.

use crate::held::asked;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, ObjectRef, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/refresh-blocks-readers",
    summary: "materialized view refreshed while its readers wait",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("refresh_blocks_readers.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for (at, action) in asked(migrations, context) {
        let Action::RefreshMaterializedView { view, concurrently: false, with_no_data } = action else { continue };
        let Some(old) = at.step.before.view(&view.schema, &view.name) else { continue };
        if !old.populated && !with_no_data {
            continue;
        }
        let Some(severity) = at.weight(&[view]).severity() else { continue };
        let what =
            if *with_no_data { "is emptied: SELECT on it fails until the next REFRESH" } else { "is filled anew while reads of it wait" };
        let message = format!("materialized view {view} {what}");
        let why = "REFRESH holds ACCESS EXCLUSIVE on the view for as long as its query runs. CONCURRENTLY lets reads go on: it compares old and new rows instead, and needs a unique index without WHERE over plain \
                   columns of the view.";
        let draft =
            at.draft(ObjectRef::in_schema(ObjectKind::MaterializedView, &view.schema, &view.name), view, message, why).severity(severity);
        sink.report(at.safely(draft));
    }
}
