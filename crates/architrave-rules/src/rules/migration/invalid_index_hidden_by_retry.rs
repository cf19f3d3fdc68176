//! `migration/invalid-index-hidden-by-retry`: see `invalid_index_hidden_by_retry.md` for the rule's page.

use crate::migrations::{At, Weight, acting};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/invalid-index-hidden-by-retry",
    summary: "CREATE INDEX CONCURRENTLY IF NOT EXISTS: a second try takes an invalid index for success",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("invalid_index_hidden_by_retry.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in acting(migrations, context) {
        let [Action::CreateIndex { index: Some(index), table, concurrently: true, if_not_exists: true, unique, .. }] =
            at.step.actions.as_slice()
        else {
            continue;
        };
        if at.step.transaction.is_some() || !at.step.existed(&table.name) || at.is_partitioned(&table.name) {
            continue;
        }
        let there = at.step.table(&table.name).and_then(|t| t.index(&index.name));
        let dropped =
            at.earlier_in_script().flat_map(|s| &s.actions).any(|a| matches!(a, Action::DropIndex { index: i, .. } if i == index));
        let healed = migrations.half_applied.iter().any(|h| h.step == at.number && h.healed);
        match there {
            _ if dropped || healed => {}
            Some(there) if there.valid => {}
            Some(_) => report(at, index, &table.name, true, sink),
            // Nothing but duplicates makes a build of a moment fail.
            None if at.weight(&[&table.name]) == Weight::Small && !unique => {}
            None => report(at, index, &table.name, false, sink),
        }
    }
}

fn report(at: At<'_>, index: &QualifiedName, table: &QualifiedName, invalid: bool, sink: &mut Sink<'_>) {
    let message = if invalid {
        format!("index {} on {table} is there and invalid: IF NOT EXISTS leaves it so and reports success", index.name)
    } else {
        format!(
            "index {} on {table} stays invalid when its build is interrupted: with IF NOT EXISTS the next try reports success",
            index.name
        )
    };
    let why = "A concurrent build that is cancelled, meets a deadlock or finds duplicates leaves an index with indisvalid = false: queries do not use it, writes may still pay for it, and a unique one \
               guarantees nothing. IF NOT EXISTS only looks at the name, so the next run of the migration says that all is well. Dropping what is left before each try makes the file repeatable.";
    let object = ObjectRef::in_table(ObjectKind::Index, table, &index.name);
    let mut draft = at.draft(object, table, message, why);
    if invalid {
        draft = draft.severity(Severity::High).evidence("indisvalid", false, "catalogue");
    }
    for left in at.migrations.half_applied.iter().filter(|h| h.step == at.number && !h.healed) {
        draft = draft.evidence(format!("left when {}", left.how), left.left.join(", "), "tried on the private server");
        draft = draft.evidence("the next try", left.retry.clone(), "tried on the private server");
    }
    sink.report(at.safely(draft));
}
