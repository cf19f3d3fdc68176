//! `migration/added-column-without-values`: see `added_column_without_values.md` for the rule's page.

use crate::figures::{count, list};
use crate::migrations::{At, all, domain_of};
use architrave_model::catalog::TypeKind;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, ColumnDraft, ConstraintForm, Migrations, Outcome};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "migration/added-column-without-values",
    summary: "new column that is NOT NULL and has no value for the rows that are there",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("added_column_without_values.md"),
    check: Check::Migration(check),
};

/// `not_null_violation`: PostgreSQL's word for it.
const NOT_NULL_VIOLATION: &str = "23502";

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in all(migrations, context) {
        let failed = match &at.step.outcome {
            Outcome::Failed { sqlstate, .. } if sqlstate == NOT_NULL_VIOLATION => true,
            Outcome::Failed { .. } | Outcome::Skipped { .. } => continue,
            _ => false,
        };
        let mut tables: BTreeMap<&QualifiedName, Vec<&str>> = BTreeMap::new();
        for action in &at.step.actions {
            let Action::AddColumn { table, column, if_not_exists } = action else { continue };
            let there = *if_not_exists && at.step.table(&table.name).is_some_and(|t| t.column(&column.name).is_some());
            if at.step.existed(&table.name) && !there && lacks_values(at, column) {
                tables.entry(&table.name).or_default().push(&column.name);
            }
        }
        for (table, columns) in tables {
            report(at, table, &columns, failed, sink);
        }
    }
}

/// Whether the column demands a value and brings none for the rows that are there.
fn lacks_values(at: At<'_>, column: &ColumnDraft) -> bool {
    let made = column.serial || column.identity || column.stored || column.virtual_column;
    let key = column.constraints.iter().any(|c| c.form == ConstraintForm::PrimaryKey);
    let by_domain = domain_of(at, &column.type_text).is_some_and(|d| matches!(&d.kind, TypeKind::Domain { default: Some(_), .. }));
    (column.not_null || key) && !made && column.default.as_ref().is_none_or(|d| d.is_null) && !by_domain
}

fn report(at: At<'_>, table: &QualifiedName, columns: &[&str], failed: bool, sink: &mut Sink<'_>) {
    let size = at.size(table);
    let severity = match &size {
        Some(size) if size.rows <= 0.0 && !failed => return,
        Some(_) => Severity::High,
        None => Severity::Medium,
    };
    let without = if columns.len() == 1 { "is NOT NULL and has no default" } else { "are NOT NULL and have no default" };
    let what = format!("{} {without}", list(columns));
    let message = match (&size, failed) {
        (Some(size), false) => format!("{what}: the {} rows of {table} make the statement fail", count(size.rows)),
        (_, true) => format!("{what}: the rows of {table} make the statement fail"),
        (None, false) => format!("{what}: the statement fails as soon as {table} has a row"),
    };
    let why = "The rows that are there would have a NULL in the new column, and PostgreSQL refuses the statement (SQLSTATE 23502). On an empty table it passes, and then every INSERT of the application \
               that runs now fails, because it does not name the column. Add the column nullable, let the new code write it, fill the old rows, and make it NOT NULL last.";
    let object = match columns {
        [one] => ObjectRef::column(table, *one),
        _ => ObjectRef::table(table),
    };
    let draft = at.draft(object, table, message, why).severity(severity);
    sink.report(at.safely(draft));
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Pending, add_column, column, did, pending, table};
    use super::*;

    fn required(name: &str) -> Action {
        add_column("t", ColumnDraft { not_null: true, ..column(name, "text") })
    }

    fn made() -> Pending {
        pending(vec![table("t", &["id bigint not null"])])
    }

    #[test]
    fn severity_follows_what_is_known_of_the_rows() {
        let unknown = "medium: a and b are NOT NULL and have no default: the statement fails as soon as public.t has a row";
        assert_eq!(made().step("alter table t …", vec![required("a"), required("b")], did()).says(&RULE), [unknown]);
        let known = "high: a is NOT NULL and has no default: the 40 rows of public.t make the statement fail";
        assert_eq!(made().size("t", 40.0, 8192).step("alter table t …", vec![required("a")], did()).says(&RULE), [known]);
        assert!(made().size("t", 0.0, 0).step("alter table t …", vec![required("a")], did()).says(&RULE).is_empty());
        let refused = made().size("t", 0.0, 0).refused("alter table t …", vec![required("a")], NOT_NULL_VIOLATION, "column \"a\" …");
        assert_eq!(refused.says(&RULE).len(), 1);
    }

    #[test]
    fn what_brings_its_values_is_no_alarm() {
        let serial = add_column("t", ColumnDraft { not_null: true, serial: true, ..column("a", "integer") });
        let nullable = add_column("t", column("b", "text"));
        assert!(made().step("alter table t …", vec![serial, nullable], did()).says(&RULE).is_empty());
    }
}
