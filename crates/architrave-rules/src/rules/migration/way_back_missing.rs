//! `migration/way-back-missing`: see `way_back_missing.md` for the rule's page.

use crate::figures::counted;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{DownOutcome, Migrations};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, ObjectKind, ObjectRef, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/way-back-missing",
    summary: "migrations without a way back, where the others have one",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("way_back_missing.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, _context: &Context<'_>, sink: &mut Sink<'_>) {
    let without: Vec<&str> = migrations
        .downs
        .iter()
        .filter(|d| d.outcome == DownOutcome::None)
        .filter_map(|d| migrations.scripts.get(d.script))
        .map(|s| s.path.as_str())
        .collect();
    let with = migrations.downs.iter().filter(|d| d.outcome != DownOutcome::None).count()
        + migrations.scripts.iter().filter(|s| s.has_down).count();
    let Some(first) = without.first().filter(|_| with > 0) else { return };
    let message = format!("{} without a way back, in a project that writes one", counted(without.len(), "migration", "migrations"));
    let why = "Where a way back is the habit, the one that is missing is found missing when it is needed. If there is none (data that is gone), a down that says so and fails is honest.";
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Database, &migrations.database), message, why);
    draft = draft.at(architrave_model::script::Location { path: (*first).to_owned(), line: 1, column: 1 });
    for path in without {
        draft = draft.place(ObjectRef::global(ObjectKind::File, path), None);
    }
    sink.report(draft);
}
