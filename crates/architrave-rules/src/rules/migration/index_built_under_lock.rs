//! `migration/index-built-under-lock`: see `index_built_under_lock.md` for the rule's page.

use crate::migrations::{At, acting, names, with_work};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations, Step};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/index-built-under-lock",
    summary: "index built while writes of the table wait",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("index_built_under_lock.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in acting(migrations, context) {
        for action in &at.step.actions {
            let Action::CreateIndex { table, .. } = action else { continue };
            // ON ONLY a partitioned table reads no row: its partitions get theirs one by one.
            if table.only && at.is_partitioned(&table.name) {
                continue;
            }
            // Nobody writes to a materialized view but its REFRESH.
            let built: Vec<&QualifiedName> = at.built_on().into_iter().filter(|on| at.step.before.table_named(on).is_some()).collect();
            if let Some(severity) = at.weight(&built).severity().filter(|_| !built.is_empty()) {
                report(at, &table.name, &built, severity, sink);
            }
        }
    }
}

fn report(at: At<'_>, table: &QualifiedName, built: &[&QualifiedName], severity: Severity, sink: &mut Sink<'_>) {
    let first = built.first().copied().unwrap_or(table);
    // The executed path tells names that PostgreSQL has chosen; of a partitioned table the parent's comes from the text.
    let made = at.step.effect.built.iter().find(|(_, on)| on == table).map(|(index, _)| &index.name);
    let index = match at.step.actions.as_slice() {
        [Action::CreateIndex { index: Some(index), .. }] => Some(&index.name),
        _ => made,
    };
    let message = match index {
        Some(index) => format!("index {index} is built on {} while {} wait", names(built), at.who_waits(first)),
        None => format!("an index is built on {} while {} wait", names(built), at.who_waits(first)),
    };
    let why = "CREATE INDEX holds a SHARE lock from its first row to its last and, in a transaction, until the commit: every INSERT, UPDATE and DELETE of the table waits that long, and with them the \
               connections of the application. CONCURRENTLY reads the table twice and lets writes go on.";
    let object = index.map_or_else(|| ObjectRef::table(table), |index| ObjectRef::in_table(ObjectKind::Index, table, index));
    let mut draft = with_work(at.draft(object, first, message, why).severity(severity), at, "read whole", built);
    if let Some(locker) = stronger_since(at, first) {
        draft = draft.evidence("the transaction holds the lock since", format!("line {}", locker.location.line), at.source());
    }
    sink.report(at.safely(draft));
}

/// The statement of the same transaction whose lock keeps readers out, which the index alone would not.
fn stronger_since<'a>(at: At<'a>, table: &QualifiedName) -> Option<&'a Step> {
    let keeps_readers = |s: &&Step| s.effect.lock(table).is_some_and(|l| l.mode.blocks_reads() && !l.held_before);
    at.migrations.together(at.step).iter().take_while(|s| !std::ptr::eq(*s, at.step)).find(keeps_readers)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{did, name, partitioned, pending, table, target};
    use super::*;
    use architrave_model::migration::LockMode;

    fn create(concurrently: bool) -> Vec<Action> {
        vec![Action::CreateIndex {
            index: Some(name("t_a_idx")),
            table: target("t"),
            unique: false,
            concurrently,
            if_not_exists: false,
            method: "btree".into(),
            columns: vec!["a".into()],
            partial: false,
        }]
    }

    const TEXT: &str = "create index t_a_idx on t (a)";

    #[test]
    fn severity_follows_the_size_and_a_small_table_is_no_alarm() {
        let built = || did().lock("t", LockMode::Share).scan("t").build("t_a_idx", "t");
        let made = || pending(vec![table("t", &["id bigint not null", "a integer"])]);
        let said = "index t_a_idx is built on public.t while writes wait";
        assert_eq!(made().step(TEXT, create(false), built()).says(&RULE), [format!("medium: {said}")]);
        assert_eq!(made().size("t", 4e6, 1 << 29).step(TEXT, create(false), built()).says(&RULE), [format!("high: {said}")]);
        assert!(made().size("t", 40.0, 8192).step(TEXT, create(false), built()).says(&RULE).is_empty());
        let concurrently = did().lock("t", LockMode::ShareUpdateExclusive).scan("t").build("t_a_idx", "t").waits();
        assert!(made().step("create index concurrently t_a_idx on t (a)", create(true), concurrently).says(&RULE).is_empty());
        let new = did().build("t_a_idx", "t");
        assert!(pending(Vec::new()).step(TEXT, create(false), new).says(&RULE).is_empty());
    }

    #[test]
    fn the_index_of_the_parent_alone_is_not_built() {
        let made = pending(partitioned("t", &["id bigint not null", "a integer"], &["t_1"]));
        let only = did().lock("t", LockMode::Share).build("t_a_idx", "t");
        assert!(made.step("create index t_a_idx on only t (a)", create(false), only).says(&RULE).is_empty());
        // From the text alone: the parent's index, and the partitions that are read.
        let made = pending(partitioned("t", &["id bigint not null", "a integer"], &["t_1"]));
        let whole = did().lock("t", LockMode::Share).lock("t_1", LockMode::Share).scan("t_1").build("t_a_idx", "t");
        let said = "medium: index t_a_idx is built on public.t_1 while writes wait";
        assert_eq!(made.step(TEXT, create(false), whole).says(&RULE), [said]);
    }

    #[test]
    fn an_index_of_a_partitioned_table_is_built_partition_by_partition() {
        let made = pending(partitioned("t", &["id bigint not null", "a integer"], &["t_1", "t_2"]));
        let share = |did: super::super::testing::Did, of: &str| did.lock(of, LockMode::Share);
        let did = share(share(share(did(), "t"), "t_1"), "t_2").scan("t_1").scan("t_2").build("t_1_a_idx", "t_1").build("t_2_a_idx", "t_2");
        let finding = made.step(TEXT, create(false), did).judge(&RULE).remove(0);
        assert_eq!(finding.message, "index t_a_idx is built on public.t_1 and public.t_2 while writes wait");
        let files = finding.safe.unwrap().files;
        assert_eq!(files[0].statements, ["create index t_a_idx on only public.t (a)"]);
        assert!(files.iter().any(|f| f.statements.contains(&"create index concurrently t_2_a_idx on public.t_2 (a)".to_owned())));
    }
}
