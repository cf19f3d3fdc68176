//! `migration/history-broken`: see `history_broken.md` for the rule's page.

use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{HistoryProblem, Migrations};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, ObjectKind, ObjectRef, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "migration/history-broken",
    summary: "migration files that do not make one history",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("history_broken.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, _context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut by_kind: BTreeMap<&str, Vec<&HistoryProblem>> = BTreeMap::new();
    for problem in &migrations.history {
        by_kind.entry(&problem.kind).or_default().push(problem);
    }
    for (kind, problems) in by_kind {
        let Some(first) = problems.first() else { continue };
        let severity = severity_of(kind);
        let more = if problems.len() > 1 { format!(" (and {} more)", problems.len() - 1) } else { String::new() };
        let message = format!("{kind}: {}{more}", first.what.trim_end_matches('.'));
        let why = "A runner applies what its own rules of order and naming make of the folder, not what the author sees in it. A file that it skips, or takes in another order on another machine, makes databases of \
                   one version that differ; and the next migration is written against one of them.";
        let mut draft = Draft::new(ObjectRef::global(ObjectKind::File, format!("{} ({kind})", first.location.path)), message, why);
        draft = draft.at(first.location.clone()).severity(severity).evidence("kind", kind, "files as the runner reads them");
        for problem in problems.iter().skip(1) {
            draft = draft.place_at(
                ObjectRef::global(ObjectKind::File, &problem.location.path),
                problem.location.clone(),
                Some(problem.what.clone()),
            );
        }
        sink.report(draft);
    }
}

/// What is silently not applied, or stops every runner, is worse than what is untidy.
fn severity_of(kind: &str) -> Severity {
    match kind {
        "skipped-by-runner" | "edited-after-apply" | "several-heads" | "missing-file" => Severity::High,
        "unread" => Severity::Low,
        _ => Severity::Medium,
    }
}
