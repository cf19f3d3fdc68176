//! `migration/way-back-fails`: see `way_back_fails.md` for the rule's page.

use crate::figures::counted;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{DownOutcome, Migrations};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, ObjectKind, ObjectRef, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/way-back-fails",
    summary: "down migration that fails or does not lead back",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("way_back_fails.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, _context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut empty: Vec<&str> = Vec::new();
    for tried in &migrations.downs {
        let Some(script) = migrations.scripts.get(tried.script) else { continue };
        // A file that the tool has made and nobody has filled: told once for all of them.
        if script.down.is_empty() && matches!(tried.outcome, DownOutcome::Differs { .. } | DownOutcome::UpAgain { .. }) {
            empty.push(&script.path);
            continue;
        }
        let path = &script.path;
        let (message, places) = match &tried.outcome {
            DownOutcome::Failed { sqlstate, message } => (format!("the way back of {path} fails: {message} ({sqlstate})"), Vec::new()),
            DownOutcome::Differs { differences } => (
                format!(
                    "the way back of {path} does not lead back: {} {}",
                    counted(differences.len(), "object", "objects"),
                    if differences.len() == 1 { "differs" } else { "differ" }
                ),
                differences.clone(),
            ),
            DownOutcome::UpAgain { what } => (format!("after the way back of {path} the way up is barred: {what}"), Vec::new()),
            _ => continue,
        };
        let why = "Up, down and up again were run on a private PostgreSQL, and the catalogues compared. A way back is needed in the worst hour there is, when a release has to go, and is tried then for the first time \
                   unless somebody tries it before.";
        let location = architrave_model::script::Location { path: path.clone(), line: 1, column: 1 };
        let mut draft = Draft::new(ObjectRef::global(ObjectKind::File, path), message, why).at(location);
        draft = draft.evidence("tried", "up, down, up", format!("PostgreSQL {}", migrations.server_version));
        for difference in places.iter().take(20) {
            draft = draft.place(ObjectRef::global(ObjectKind::File, path), Some(difference.clone()));
        }
        sink.report(draft);
    }
    report_empty(&empty, sink);
}

fn report_empty(paths: &[&str], sink: &mut Sink<'_>) {
    let Some(first) = paths.first() else { return };
    let message = match paths.len() {
        1 => format!("the way back of {first} holds no statement: whoever reverts it changes nothing"),
        n => format!("the ways back of {n} migrations hold no statement: whoever reverts them changes nothing"),
    };
    let why = "The runner takes a reverted migration off its list all the same, and the next run stops at it, because its objects are there already. A migration that is not to be reverted says so best \
               with a way back that raises an error, or with none.";
    let location = architrave_model::script::Location { path: (*first).to_owned(), line: 1, column: 1 };
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::File, *first), message, why).at(location).severity(Severity::Low);
    draft = draft.evidence("ways back without a statement", i64::try_from(paths.len()).unwrap_or(i64::MAX), "files of the project");
    if paths.len() > 1 {
        for path in paths {
            draft = draft.place(ObjectRef::global(ObjectKind::File, *path), None);
        }
    }
    sink.report(draft);
}
