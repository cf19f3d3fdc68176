//! `migration/concurrent-build-under-timeout`: see `concurrent_build_under_timeout.md` for the rule's page.

use crate::figures::list;
use crate::migrations::{At, acting, outside_transaction};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/concurrent-build-under-timeout",
    summary: "index built CONCURRENTLY under a time-out that leaves it invalid",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("concurrent_build_under_timeout.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in acting(migrations, context).filter(|at| at.step.transaction.is_none()) {
        if at.step.lock_timeout_ms == 0 && at.step.statement_timeout_ms == 0 {
            continue;
        }
        match at.step.actions.as_slice() {
            [Action::CreateIndex { index, table, concurrently: true, if_not_exists, .. }] if at.step.existed(&table.name) => {
                let made = at.step.effect.built.iter().find(|(_, on)| *on == table.name).map(|(index, _)| index);
                report(at, index.as_ref().or(made).map(|i| i.name.as_str()), &table.name, *if_not_exists, sink);
            }
            [Action::Reindex { name, concurrently: true, .. }] => {
                if let Some(table) = reindexed(at, name) {
                    report(at, Some(&name.name), table, false, sink);
                }
            }
            _ => {}
        }
    }
}

/// The table that a REINDEX of an index or a table is about, when it was there before the script.
fn reindexed<'a>(at: At<'a>, name: &QualifiedName) -> Option<&'a QualifiedName> {
    let tables = at.step.before.tables.iter().filter(|t| t.name.schema == name.schema);
    tables.filter(|t| t.name.name == name.name || t.index(&name.name).is_some()).map(|t| &t.name).next()
}

fn report(at: At<'_>, index: Option<&str>, table: &QualifiedName, hidden: bool, sink: &mut Sink<'_>) {
    let Some(mut severity) = at.weight(&[table]).severity() else { return };
    if hidden {
        severity = Severity::High;
    }
    let (lock, statement) = (at.step.lock_timeout_ms, at.step.statement_timeout_ms);
    let mut limits = Vec::new();
    if statement > 0 {
        limits.push(format!("statement_timeout = {}", milliseconds(statement)));
    }
    if lock > 0 {
        limits.push(format!("lock_timeout = {}", milliseconds(lock)));
    }
    let what = index.map_or_else(|| "an index".to_owned(), |i| format!("index {i}"));
    let tail = if hidden { ", and IF NOT EXISTS takes what is left for success" } else { "" };
    let message = format!("{what} on {table} is built CONCURRENTLY under {}: the time-out leaves it invalid{tail}", list(&limits));
    let why = "A concurrent build waits for every transaction older than itself, of other tables too, and blocks nobody while it waits: there is nothing that a time-out would protect. What the \
               time-out does is to cancel the build, and the half-built index stays behind with indisvalid = false, is kept up to date by every write and used by no query.";
    let object = index.map_or_else(|| ObjectRef::table(table), |index| ObjectRef::in_table(ObjectKind::Index, table, index));
    let draft = at.draft(object, table, message, why).severity(severity).evidence("time-outs in force", list(&limits), "script");
    let off = ["set statement_timeout = 0", "set lock_timeout = 0", "reset lock_timeout", "reset statement_timeout"].map(str::to_owned);
    let [no_statement, no_lock, lock_again, statement_again] = off;
    let name = index.map_or_else(|| "the index".to_owned(), str::to_owned);
    let drop = index.filter(|_| matches!(at.step.actions.as_slice(), [Action::CreateIndex { .. }]));
    let drop = drop.map(|index| format!("drop index concurrently if exists {}", QualifiedName::new(&table.schema, index).sql()));
    let statements = [no_statement, no_lock].into_iter().chain(drop).chain([at.step.text.trim().to_owned(), lock_again, statement_again]);
    sink.report(draft.safe(at.instead(vec![outside_transaction(format!("build {name} without time-outs"), statements.collect())])));
}

fn milliseconds(ms: u64) -> String {
    if ms.is_multiple_of(1000) { format!("{} s", ms / 1000) } else { format!("{ms} ms") }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{create_index, did, name, pending, table};
    use super::*;
    use architrave_model::migration::LockMode;
    use architrave_model::script::TransactionMode;

    #[test]
    fn either_time_out_counts_and_if_not_exists_makes_it_grave() {
        let say = |lock, statement, if_not_exists| {
            let did = did().lock("t", LockMode::ShareUpdateExclusive).scan("t").build("i", "t").waits();
            let made = pending(vec![table("t", &["a integer"])]).script(TransactionMode::PerStatement).timeouts(lock, statement);
            let text = "create index concurrently i on t (a)";
            made.step(text, vec![create_index("i", "t", "a", true, if_not_exists)], did).says(&RULE)
        };
        assert!(say(0, 0, true).is_empty());
        let under = |limits| format!("medium: index i on public.t is built CONCURRENTLY under {limits}: the time-out leaves it invalid");
        assert_eq!(say(1000, 0, false), [under("lock_timeout = 1 s")]);
        assert_eq!(say(0, 1500, false), [under("statement_timeout = 1500 ms")]);
        let both = say(1000, 5000, true).remove(0);
        assert!(both.starts_with("high: ") && both.ends_with("invalid, and IF NOT EXISTS takes what is left for success"), "{both}");
    }

    #[test]
    fn a_concurrent_reindex_leaves_an_invalid_index_too() {
        let made = pending(vec![table("t", &["a integer"])]).script(TransactionMode::PerStatement).timeouts(0, 5000);
        let action = Action::Reindex { kind: "TABLE".into(), name: name("t"), concurrently: true };
        let made = made.step("reindex table concurrently t", vec![action], did().lock("t", LockMode::ShareUpdateExclusive).waits());
        let finding = made.judge(&RULE).remove(0);
        let expected = [
            "set statement_timeout = 0",
            "set lock_timeout = 0",
            "reindex table concurrently t",
            "reset lock_timeout",
            "reset statement_timeout",
        ];
        assert_eq!(finding.safe.unwrap().files[0].statements, expected);
    }
}
