//! `migration/not-rerunnable`: see `not_rerunnable.md` for the rule's page.

use crate::body;
use crate::figures::counted;
use crate::held::{file_of, scripts, told};
use crate::migrations::At;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations, Step};
use architrave_model::project::MigrationFormat;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/not-rerunnable",
    summary: "several statements without a transaction, which a retry cannot repeat",
    severity: Severity::Low,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("not_rerunnable.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    // A schema file is applied once, to an empty database.
    if matches!(migrations.format, Some(MigrationFormat::SchemaFile | MigrationFormat::PgDump | MigrationFormat::RailsStructure)) {
        return;
    }
    for steps in scripts(migrations, context) {
        let outside: Vec<At<'_>> = steps.into_iter().filter(|at| at.step.transaction.is_none() && changes(at.step)).collect();
        let tried =
            |at: &At<'_>| migrations.half_applied.iter().any(|h| migrations.steps.get(h.step).is_some_and(|s| s.script == at.step.script));
        if outside.len() < 2 || outside.iter().any(tried) {
            continue;
        }
        let Some(first) = outside.iter().take(outside.len() - 1).find(|at| !repeats(at.step)).copied() else { continue };
        let message = format!(
            "{} runs {} without a transaction: after a failure the retry stops at the first of them",
            file_of(first),
            counted(outside.len(), "statement", "statements")
        );
        let why = "What ran before the failure stays, the runner starts again from the top, and the first statement is refused because its work is done already. One statement to a file, as soon as it cannot run in a transaction, needs no repair by hand. IF NOT EXISTS is no way out for CREATE INDEX CONCURRENTLY: it takes the invalid index of the failed build for the finished one.";
        sink.report(told(first, file_of(first), message, why));
    }
}

/// Whether it leaves something behind.
fn changes(step: &Step) -> bool {
    step.actions.iter().any(|a| {
        !matches!(
            a,
            Action::Set { .. }
                | Action::Select { .. }
                | Action::Begin
                | Action::Commit
                | Action::Rollback
                | Action::Analyze { .. }
                | Action::Vacuum { .. }
        )
    })
}

/// Whether it can be run twice, as far as its form tells.
fn repeats(step: &Step) -> bool {
    step.actions.iter().all(|a| match a {
        Action::CreateTable { if_not_exists, .. }
        | Action::AddColumn { if_not_exists, .. }
        | Action::CreateIndex { if_not_exists, .. }
        | Action::AddEnumValue { if_not_exists, .. }
        | Action::CreateExtension { if_not_exists, .. } => *if_not_exists,
        Action::DropColumn { if_exists, .. }
        | Action::DropConstraint { if_exists, .. }
        | Action::DropIndex { if_exists, .. }
        | Action::DropTable { if_exists, .. } => *if_exists,
        Action::CreateView { or_replace, .. } | Action::CreateFunction { or_replace, .. } => *or_replace,
        Action::AddConstraint { .. }
        | Action::RenameColumn { .. }
        | Action::RenameTable { .. }
        | Action::CreatePolicy { .. }
        | Action::CreateTrigger { .. }
        | Action::CreateEnum { .. }
        | Action::CreateDomain { .. }
        | Action::CreateSequence { .. }
        | Action::CreateSchema { .. }
        | Action::AttachPartition { .. }
        | Action::DetachPartition { .. }
        | Action::Insert { on_conflict: false, .. } => false,
        Action::DropView { .. }
        | Action::DropFunction { .. }
        | Action::DropType { .. }
        | Action::DropPolicy { .. }
        | Action::DropTrigger { .. } => body::tokens(&step.text).iter().any(|t| t.is("exists")),
        _ => true,
    })
}
