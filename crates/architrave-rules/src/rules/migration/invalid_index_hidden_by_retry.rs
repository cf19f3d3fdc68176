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

#[cfg(test)]
mod tests {
    use super::super::testing::{Pending, create_index, did, name, pending, table};
    use super::*;
    use architrave_model::catalog::Index;
    use architrave_model::migration::{HalfApplied, LockMode};
    use architrave_model::script::TransactionMode;

    const TEXT: &str = "create index concurrently if not exists t_a_idx on t (a)";

    fn made(indexes: Vec<Index>) -> Pending {
        let mut of = table("t", &["id bigint not null", "a integer"]);
        of.indexes = indexes;
        pending(vec![of]).script(TransactionMode::PerStatement)
    }

    fn build(pending: Pending) -> Pending {
        let did = did().lock("t", LockMode::ShareUpdateExclusive).scan("t").build("t_a_idx", "t").waits();
        pending.step(TEXT, vec![create_index("t_a_idx", "t", "a", true, true)], did)
    }

    fn index(valid: bool) -> Index {
        Index { name: "t_a_idx".into(), valid, ..Index::plain("btree", Vec::new()) }
    }

    #[test]
    fn what_is_left_of_an_earlier_try_decides() {
        let said = "index t_a_idx on public.t stays invalid when its build is interrupted: with IF NOT EXISTS the next try reports success";
        assert_eq!(build(made(Vec::new())).says(&RULE), [format!("medium: {said}")]);
        let there = "high: index t_a_idx on public.t is there and invalid: IF NOT EXISTS leaves it so and reports success";
        assert_eq!(build(made(vec![index(false)])).says(&RULE), [there]);
        assert!(build(made(vec![index(true)])).says(&RULE).is_empty());
    }

    #[test]
    fn a_drop_before_it_a_retry_that_heals_and_a_small_table_are_no_alarm() {
        let drop = Action::DropIndex { index: name("t_a_idx"), concurrently: true, if_exists: true, cascade: false };
        let dropped = made(Vec::new()).step("drop index concurrently if exists t_a_idx", vec![drop], did().waits());
        assert!(build(dropped).says(&RULE).is_empty());
        assert!(build(made(Vec::new()).size("t", 12.0, 8192)).says(&RULE).is_empty());
        let tried = |healed| {
            let half = HalfApplied {
                step: 0,
                how: "cancelled".into(),
                midway: false,
                left: vec!["index public.t_a_idx, invalid".into()],
                healed,
                retry: "CREATE INDEX".into(),
            };
            build(made(Vec::new())).with(|m| m.half_applied.push(half)).says(&RULE).len()
        };
        assert_eq!((tried(true), tried(false)), (0, 1));
    }
}
