//! `migration/type-changed-under-lock`: see `type_changed_under_lock.md` for the rule's page.

use crate::figures::list;
use crate::migrations::{At, acting, in_transaction, names, with_work};
use architrave_model::catalog::ConstraintKind;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations, SafeVersion};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "migration/type-changed-under-lock",
    summary: "change of a column's type that writes or reads the table while reads and writes wait",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Large,
    area: Area::Migrations,
    docs: include_str!("type_changed_under_lock.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in acting(migrations, context) {
        let mut tables: BTreeMap<&QualifiedName, Vec<Change<'_>>> = BTreeMap::new();
        for action in &at.step.actions {
            if let Action::SetType { table, column, type_text, using, .. } = action {
                tables.entry(&table.name).or_default().push(Change { column, to: type_text, using: using.as_deref() });
            }
        }
        for (table, changes) in tables {
            let Some((work, touched)) = work(at, table, &changes) else { continue };
            if let Some(severity) = at.weight(&touched).severity() {
                report(at, table, &changes, (work, &touched), severity, sink);
            }
        }
    }
}

/// One changed column.
#[derive(Clone, Copy)]
struct Change<'a> {
    column: &'a str,
    to: &'a str,
    using: Option<&'a str>,
}

/// What the change does to all rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    Rewritten,
    IndexesRebuilt,
    Read,
}

fn work<'a>(at: At<'a>, table: &QualifiedName, changes: &[Change<'_>]) -> Option<(Work, Vec<&'a QualifiedName>)> {
    let rewritten = at.of_family(table, &at.rewritten());
    if !rewritten.is_empty() {
        return Some((Work::Rewritten, rewritten));
    }
    // An index that is dropped and made anew under its name counts as rebuilt or as built, as the path sees it.
    let alone = at.step.actions.iter().all(|a| matches!(a, Action::SetType { .. }));
    let built = if alone { at.built_on() } else { Vec::new() };
    let mut rebuilt: Vec<&QualifiedName> = at.rebuilt().iter().map(|(_, table)| *table).chain(built).collect();
    rebuilt.sort();
    rebuilt.dedup();
    let rebuilt = at.of_family(table, &rebuilt);
    if !rebuilt.is_empty() {
        return Some((Work::IndexesRebuilt, rebuilt));
    }
    // Beside other subcommands, which read the table too, only a CHECK over the column makes it the cause.
    let checks = at.step.table(table).into_iter().flat_map(|t| &t.constraints).filter(|c| c.kind == ConstraintKind::Check);
    let checked = checks.flat_map(|c| &c.columns).any(|c| changes.iter().any(|change| change.column == c));
    let read = if alone || checked { at.of_family(table, &at.scanned()) } else { Vec::new() };
    (!read.is_empty()).then_some((Work::Read, read))
}

fn report(
    at: At<'_>,
    table: &QualifiedName,
    changes: &[Change<'_>],
    (work, touched): (Work, &[&QualifiedName]),
    severity: Severity,
    sink: &mut Sink<'_>,
) {
    let known = at.step.table(table);
    let one = |change: &Change<'_>| match known.and_then(|t| t.column(change.column)) {
        Some(old) => format!("{} from {} to {}", change.column, old.data_type, change.to),
        None => format!("{} to {}", change.column, change.to),
    };
    let what = list(&changes.iter().map(one).collect::<Vec<_>>());
    let (does, evidence) = match work {
        Work::Rewritten => (format!("writes {} anew", names(touched)), "written anew"),
        Work::IndexesRebuilt => (format!("builds indexes of {} anew", names(touched)), "indexes built anew"),
        Work::Read => (format!("reads {} whole", names(touched)), "read whole"),
    };
    let first = touched.first().copied().unwrap_or(table);
    let message = format!("the change of {what} {does} while {} wait", at.who_waits(first));
    let why = match work {
        Work::Rewritten => {
            "The new type stores its values in another way (or the USING expression computes them), so that every row and every index is written again under ACCESS EXCLUSIVE, which keeps SELECT out too. It \
             needs the disk space of table and indexes once more. Changes that only widen (varchar to text, more digits of numeric) cost nothing."
        }
        Work::IndexesRebuilt => {
            "The rows stay as they are, but indexes over the column compare its values in another way now and are built again under ACCESS EXCLUSIVE, which keeps SELECT out until the end."
        }
        Work::Read => {
            "The rows stay as they are, but a CHECK over the column is tested against each of them again under ACCESS EXCLUSIVE, which keeps SELECT out until the end. Drop the CHECK first and add it NOT VALID \
             after, to be validated on its own."
        }
    };
    let object = match changes {
        [one] => ObjectRef::column(table, one.column),
        _ => ObjectRef::table(table),
    };
    let draft = with_work(at.draft(object, table, message, why).severity(severity), at, evidence, touched);
    sink.report(match in_utc(at, table, changes) {
        Some(safe) => draft.safe(safe),
        None => at.safely(draft),
    });
}

/// `timestamp` to `timestamptz` with the values read as UTC needs no USING where the session's time zone is UTC, and then no rewrite.
fn in_utc(at: At<'_>, table: &QualifiedName, changes: &[Change<'_>]) -> Option<SafeVersion> {
    let [change] = changes else { return None };
    let old = at.step.table(table)?.column(change.column)?;
    let utc: String = change.using?.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let utc = utc.trim_matches(['(', ')']).replace('"', "");
    let plain = matches!(change.to.to_lowercase().as_str(), "timestamptz" | "timestamp with time zone");
    let says_utc = utc == format!("{} at time zone 'utc'", change.column.to_lowercase());
    if at.step.actions.len() > 1 || old.data_type != "timestamp without time zone" || !plain || !says_utc {
        return None;
    }
    let alter = format!("alter table {} alter column {} type timestamp with time zone", table.sql(), quote_ident(change.column));
    let file = in_transaction(format!("{} with time zone", change.column), vec!["set local timezone = 'UTC'".to_owned(), alter]);
    Some(at.instead(vec![file]))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{did, partitioned, pending, set_type, table};
    use super::*;
    use architrave_model::migration::LockMode;

    #[test]
    fn a_rewrite_a_rebuilt_index_and_a_read_are_told_apart() {
        let say = |did: super::super::testing::Did| {
            let made = pending(vec![table("t", &["a integer"])]).step("alter table t …", vec![set_type("t", "a", "bigint", None)], did);
            made.says(&RULE)
        };
        let locked = || did().lock("t", LockMode::AccessExclusive);
        let said = |does| format!("medium: the change of a from integer to bigint {does} while reads and writes wait");
        assert_eq!(say(locked().rewrite("t").rebuild("t_a", "t").scan("t")), [said("writes public.t anew")]);
        assert_eq!(say(locked().rebuild("t_a", "t").scan("t")), [said("builds indexes of public.t anew")]);
        assert_eq!(say(locked().scan("t")), [said("reads public.t whole")]);
        assert!(say(locked()).is_empty());
    }

    #[test]
    fn partitions_are_named_and_others_tables_are_not() {
        let mut tables = partitioned("t", &["a integer"], &["t_1", "t_2"]);
        tables.push(table("other", &["a integer"]));
        let ae = LockMode::AccessExclusive;
        let did = did().lock("t", ae).lock("t_1", ae).lock("t_2", ae).lock("other", ae).rewrite("t_1").rewrite("t_2").rewrite("other");
        let made = pending(tables).step("alter table t …", vec![set_type("t", "a", "bigint", None)], did);
        let expected = "medium: the change of a from integer to bigint writes public.t_1 and public.t_2 anew while reads and writes wait";
        assert_eq!(made.says(&RULE), [expected]);
    }

    #[test]
    fn the_old_type_is_the_one_just_before_the_statement() {
        let rewrite = did().lock("t", LockMode::AccessExclusive).rewrite("t");
        let made = pending(vec![table("t", &["a smallint"])]).step("alter table t …", vec![set_type("t", "a", "bigint", None)], rewrite);
        let said = made.at_hand(vec![table("t", &["a integer"])]).says(&RULE).remove(0);
        assert!(said.contains("a from integer to bigint"), "{said}");
    }

    #[test]
    fn values_that_are_utc_need_no_using() {
        let rewrite = did().lock("t", LockMode::AccessExclusive).rewrite("t");
        let action = set_type("t", "at", "timestamptz", Some("at AT TIME ZONE 'UTC'"));
        let made = pending(vec![table("t", &["at timestamp without time zone"])]).step("alter table t …", vec![action], rewrite);
        let safe = made.judge(&RULE).remove(0).safe.unwrap();
        let expected = ["set local timezone = 'UTC'", "alter table public.t alter column at type timestamp with time zone"];
        assert_eq!(safe.files[0].statements, expected);
    }
}
