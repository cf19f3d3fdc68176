//! `migration/way-back-loses-data`: see `way_back_loses_data.md` for the rule's page.

use crate::figures::list_of;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{DownOutcome, Migrations};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, ObjectKind, ObjectRef, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/way-back-loses-data",
    summary: "down migration that leads back to the schema but not to the data",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("way_back_loses_data.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, _context: &Context<'_>, sink: &mut Sink<'_>) {
    for tried in migrations.downs.iter().filter(|d| !d.lost.is_empty()) {
        let led_back = matches!(tried.outcome, DownOutcome::Restored | DownOutcome::OtherColumnOrder);
        let Some(script) = migrations.scripts.get(tried.script).filter(|_| led_back) else { continue };
        let path = &script.path;
        let message = format!("the way back of {path} restores the schema, not the data: {}", list_of(&tried.lost, 4));
        let why =
            "What the way up drops, the way back makes anew and empty; what was written since the way up into what it added goes with it.";
        let location = architrave_model::script::Location { path: path.clone(), line: 1, column: 1 };
        let draft = Draft::new(ObjectRef::global(ObjectKind::File, path), message, why).at(location);
        sink.report(draft.evidence("lost", tried.lost.join(", "), "text of the scripts"));
    }
}
