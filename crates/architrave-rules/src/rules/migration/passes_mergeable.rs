//! `migration/passes-mergeable`: see `passes_mergeable.md` for the rule's page.

use crate::figures::counted;
use crate::held::{scripts, words_of};
use crate::migrations::{At, Weight};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, ConstraintForm, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectRef, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "migration/passes-mergeable",
    summary: "several ALTER TABLEs that each go through the whole table",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("passes_mergeable.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for steps in scripts(migrations, context) {
        let mut passes: BTreeMap<&QualifiedName, Vec<At<'_>>> = BTreeMap::new();
        for at in steps {
            let Some(table) = at.step.actions.first().and_then(|a| a.table().filter(|_| is_mergeable(a))) else { continue };
            let whole = at.step.effect.rewrites_heap(table) || at.step.effect.scans_table(table);
            if whole && at.weight(&[table]) != Weight::Small {
                passes.entry(table).or_default().push(at);
            }
        }
        for (table, steps) in passes.into_iter().filter(|(_, steps)| steps.len() > 1) {
            report(table, &steps, sink);
        }
    }
}

/// What several subcommands of one ALTER TABLE do in one pass.
fn is_mergeable(action: &Action) -> bool {
    match action {
        Action::SetNotNull { .. } | Action::SetType { .. } | Action::AddColumn { .. } => true,
        Action::AddConstraint { constraint, .. } => constraint.form == ConstraintForm::Check && !constraint.not_valid,
        _ => false,
    }
}

fn report(table: &QualifiedName, steps: &[At<'_>], sink: &mut Sink<'_>) {
    let Some(last) = steps.last().copied() else { return };
    let message = format!(
        "{} go through all rows of {table}, one after the other, where one would",
        counted(steps.len(), "ALTER TABLE", "ALTER TABLEs")
    );
    let why = "The subcommands of one ALTER TABLE share one pass over the table: checks, NOT NULLs and new types are done together while the rows go by. Each statement of its own reads, or writes, \
               everything once more under the same lock.";
    let mut draft = last.draft(ObjectRef::table(table), table, message, why);
    for at in steps {
        draft = draft.place_at(ObjectRef::table(table), at.step.location.clone(), Some(words_of(&at.step.text)));
    }
    sink.report(draft);
}
