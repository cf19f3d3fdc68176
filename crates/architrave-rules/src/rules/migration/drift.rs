//! `migration/drift`: see `drift.md` for the rule's page.

use crate::figures::counted;
use architrave_model::catalog::compare::{Change, Difference};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, ObjectKind, ObjectRef, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/drift",
    summary: "live database that differs from what the project's scripts make",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("drift.md"),
    check: Check::Drift(check),
};

fn check(drift: &[Difference], context: &Context<'_>, sink: &mut Sink<'_>) {
    if drift.is_empty() {
        return;
    }
    let count = |wanted: fn(&Change) -> bool| drift.iter().filter(|d| wanted(&d.change)).count();
    let only_live = count(|c| matches!(c, Change::Added));
    let only_scripts = count(|c| matches!(c, Change::Removed));
    let other = count(|c| matches!(c, Change::Changed(_)));
    let database = &context.server.database;
    let message = format!(
        "{database} differs from the scripts in {}: {only_live} only in the database, {only_scripts} only in the scripts, {other} defined differently",
        counted(drift.len(), "object", "objects")
    );
    let why = "The next migration is written against the scripts and applied to the database. Where the two differ it can fail half-way, or succeed and leave something that \
               no test has ever seen."
        .to_owned();
    let holds_data = |d: &&Difference| matches!(d.object.kind, ObjectKind::Table | ObjectKind::Column);
    let serious = drift.iter().filter(holds_data).any(|d| matches!(d.change, Change::Removed));
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Database, database.clone()), message, why);
    if serious {
        draft = draft.severity(Severity::High);
    }
    for difference in drift {
        draft = draft.place(difference.object.clone(), Some(in_words(difference)));
    }
    sink.report(draft);
}

fn in_words(difference: &Difference) -> String {
    match &difference.change {
        Change::Added => "only in the database".to_owned(),
        Change::Removed => "only in the scripts".to_owned(),
        Change::Changed(aspects) => {
            let aspect = |text: &str| if text.is_empty() { "none".to_owned() } else { text.chars().take(60).collect::<String>() };
            let parts: Vec<String> = aspects
                .iter()
                .map(|a| format!("{}: {} in the scripts, {} in the database", a.name, aspect(&a.before), aspect(&a.after)))
                .collect();
            parts.join("; ")
        }
    }
}
