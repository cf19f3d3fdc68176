//! `migration/not-null-scan-under-lock`: see `not_null_scan_under_lock.md` for the rule's page.

use crate::figures::list;
use crate::migrations::{At, acting, names, with_work};
use architrave_model::catalog::ConstraintKind;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, Migrations};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "migration/not-null-scan-under-lock",
    summary: "SET NOT NULL that reads the whole table under ACCESS EXCLUSIVE",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("not_null_scan_under_lock.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in acting(migrations, context) {
        let scanned = at.scanned();
        if scanned.is_empty() {
            continue;
        }
        let mut tables: BTreeMap<&QualifiedName, Vec<&str>> = BTreeMap::new();
        for action in &at.step.actions {
            let Action::SetNotNull { table, column } = action else { continue };
            let known = at.step.table(&table.name);
            let done = known.and_then(|t| t.column(column)).is_some_and(|c| c.not_null);
            // With a NOT NULL that is not validated yet it is another rule's.
            let begun =
                known.is_some_and(|t| t.constraints.iter().any(|c| c.kind == ConstraintKind::NotNull && c.columns == [column.as_str()]));
            if !done && !begun {
                tables.entry(&table.name).or_default().push(column);
            }
        }
        for (table, columns) in tables {
            let read = at.of_family(table, &scanned);
            if read.is_empty() || !at.of_family(table, &at.rewritten()).is_empty() {
                continue;
            }
            if let Some(severity) = at.weight(&read).severity() {
                report(at, table, &columns, &read, severity, sink);
            }
        }
    }
}

/// A validated check on one of the columns that the same statement drops: it would have been the proof.
fn dropped_proof<'a>(at: At<'a>, table: &QualifiedName, columns: &[&str]) -> Option<&'a str> {
    let known = at.step.table(table)?;
    at.step.actions.iter().find_map(|action| {
        let Action::DropConstraint { name, .. } = action else { return None };
        let check = known.constraints.iter().find(|c| c.name == *name && c.kind == ConstraintKind::Check && c.validated)?;
        let about = columns.iter().any(|column| check.columns.iter().any(|c| c == column));
        about.then_some(name.as_str())
    })
}

fn report(at: At<'_>, table: &QualifiedName, columns: &[&str], read: &[&QualifiedName], severity: Severity, sink: &mut Sink<'_>) {
    let first = read.first().copied().unwrap_or(table);
    let proof = dropped_proof(at, table, columns);
    let tail = proof
        .map_or_else(String::new, |name| format!(": {name}, which proves that there are no NULLs, is dropped in the same ALTER TABLE"));
    let message = format!("SET NOT NULL of {} reads {} whole while {} wait{tail}", list(columns), names(read), at.who_waits(first));
    let why = "Every row is read under ACCESS EXCLUSIVE to see that no value is NULL, and nobody reads or writes the table until the end. Where a validated CHECK (… IS NOT NULL) proves it, PostgreSQL takes \
               that proof and reads nothing; from 18 on a NOT NULL constraint itself can be added NOT VALID and validated without blocking anybody.";
    let object = match columns {
        [one] => ObjectRef::column(table, *one),
        _ => ObjectRef::table(table),
    };
    let draft = with_work(at.draft(object, table, message, why).severity(severity), at, "read whole", read);
    sink.report(at.safely(draft));
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Did, did, pending, set_not_null, set_type, table, target};
    use super::*;
    use architrave_model::catalog::{Constraint, Table};
    use architrave_model::migration::LockMode;

    fn read() -> Did {
        did().lock("t", LockMode::AccessExclusive).scan("t")
    }

    fn of(constraints: Vec<Constraint>) -> Table {
        Table { constraints, ..table("t", &["id bigint not null", "a integer", "b integer"]) }
    }

    #[test]
    fn columns_of_one_statement_are_one_finding_and_a_rewrite_is_another_rules() {
        let both = vec![set_not_null("t", "a"), set_not_null("t", "b"), set_not_null("t", "id")];
        let made = pending(vec![of(Vec::new())]).step("alter table t …", both, read());
        assert_eq!(made.says(&RULE), ["medium: SET NOT NULL of a and b reads public.t whole while reads and writes wait"]);
        let with_type = vec![set_not_null("t", "a"), set_type("t", "b", "bigint", None)];
        assert!(pending(vec![of(Vec::new())]).step("alter table t …", with_type, read().rewrite("t")).says(&RULE).is_empty());
        let proved = pending(vec![of(Vec::new())]).step("…", vec![set_not_null("t", "a")], did().lock("t", LockMode::AccessExclusive));
        assert!(proved.says(&RULE).is_empty());
    }

    #[test]
    fn a_proof_that_goes_in_the_same_statement_is_named() {
        let proof = Constraint::plain("t_a_proof", ConstraintKind::Check, &["a"]);
        let drop = Action::DropConstraint { table: target("t"), name: "t_a_proof".into(), if_exists: false, cascade: false };
        let made = pending(vec![of(vec![proof])]).step("alter table t …", vec![set_not_null("t", "a"), drop], read());
        let said = made.says(&RULE).remove(0);
        assert!(said.ends_with(": t_a_proof, which proves that there are no NULLs, is dropped in the same ALTER TABLE"), "{said}");
    }

    #[test]
    fn a_not_null_that_is_not_validated_is_another_rules() {
        let begun = Constraint { validated: false, ..Constraint::plain("t_a_not_null", ConstraintKind::NotNull, &["a"]) };
        let made =
            pending(vec![of(vec![begun])]).on_major(18).step("alter table t alter a set not null", vec![set_not_null("t", "a")], read());
        assert!(made.says(&RULE).is_empty());
        let other = made.judge(&super::super::not_null_revalidated_under_lock::RULE).remove(0);
        assert_eq!(other.safe.unwrap().files[0].statements, ["alter table public.t validate constraint t_a_not_null"]);
    }
}
