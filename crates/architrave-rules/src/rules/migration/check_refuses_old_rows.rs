//! `migration/check-refuses-old-rows`: see `check_refuses_old_rows.md` for the rule's page.

use crate::condition::{Token, parse, without_parentheses};
use crate::figures::counted;
use crate::migrations::{At, Weight, acting, constraint_name};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, ColumnDraft, ConstraintDraft, ConstraintForm, Migrations};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "migration/check-refuses-old-rows",
    summary: "CHECK NOT VALID that old rows break: every update of them fails at once",
    severity: Severity::Info,
    confidence: Confidence::Possible,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("check_refuses_old_rows.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    let earlier = Earlier::of(migrations);
    for at in acting(migrations, context) {
        for (action, table) in at.on_existing() {
            let Action::AddConstraint { constraint, .. } = action else { continue };
            let refuses = matches!(constraint.form, ConstraintForm::Check | ConstraintForm::NotNull) && constraint.not_valid;
            if refuses && !constraint.not_enforced && at.size(table).is_none_or(|s| s.rows > 0.0) {
                judge(at, table, constraint, &earlier, sink);
            }
        }
    }
}

fn judge(at: At<'_>, table: &QualifiedName, constraint: &ConstraintDraft, earlier: &Earlier<'_>, sink: &mut Sink<'_>) {
    let counted = at.migrations.preconditions.iter().filter(|p| p.step == at.number && p.table == *table).find_map(|p| p.offenders);
    let name = constraint_name(at, table, constraint, None);
    let object = ObjectRef::in_table(ObjectKind::Constraint, table, &name);
    let why = "NOT VALID only leaves out the reading of old rows. The check itself holds at once for whatever is written: an UPDATE writes the whole row anew, so that a row which breaks the check can no \
               longer be updated in any column (SQLSTATE 23514, or 23502 for NOT NULL). Mend the rows first, then add the constraint, then validate it.";
    match counted {
        Some(0) => {}
        Some(n) => {
            let message = format!("{name} NOT VALID makes every update of {} of {table} fail at once", counted_rows(n));
            let severity = if n >= 1000 { Severity::High } else { Severity::Medium };
            let draft = at.draft(object, table, message, why).severity(severity).confidence(Confidence::Certain);
            sink.report(draft.evidence("rows that break it", n, "counted in the database"));
        }
        None if earlier.leave_empty(at.number, table, constraint) => {
            let message =
                format!("{name} NOT VALID makes every update of an old row of {table} fail at once: the new column is NULL in all of them");
            let severity = at.weight(&[table]).severity().unwrap_or(Severity::Medium);
            sink.report(at.draft(object, table, message, why).severity(severity).confidence(Confidence::Certain));
        }
        None if earlier.mended(at.number, table) || at.weight(&[table]) == Weight::Small => {}
        None => {
            let message =
                format!("{name} NOT VALID makes every update of a row of {table} that breaks it fail at once; nobody has counted them");
            sink.report(at.draft(object, table, message, why));
        }
    }
}

fn counted_rows(n: i64) -> String {
    counted(usize::try_from(n).unwrap_or_default(), "row", "rows")
}

/// What pending statements do to tables that matters to a CHECK after them.
#[derive(Default)]
struct Earlier<'m> {
    /// The first statement that changes rows of a table.
    mended: BTreeMap<&'m QualifiedName, usize>,
    /// The first that may do anything.
    dynamic: Option<usize>,
    /// Columns that statements add.
    added: BTreeMap<&'m QualifiedName, Vec<(usize, &'m ColumnDraft)>>,
}

impl<'m> Earlier<'m> {
    fn of(migrations: &'m Migrations) -> Self {
        let mut found = Self::default();
        for (number, action) in migrations.steps.iter().enumerate().flat_map(|(n, s)| s.actions.iter().map(move |a| (n, a))) {
            match action {
                Action::Update { table, .. } | Action::Delete { table, .. } => {
                    found.mended.entry(table).or_insert(number);
                }
                Action::Dynamic { .. } => {
                    found.dynamic.get_or_insert(number);
                }
                Action::AddColumn { table, column, .. } => found.added.entry(&table.name).or_default().push((number, column)),
                _ => {}
            }
        }
        found
    }

    /// Whether a statement before this one has changed rows of the table.
    fn mended(&self, number: usize, table: &QualifiedName) -> bool {
        self.mended.get(table).into_iter().chain(&self.dynamic).any(|first| *first < number)
    }

    /// Whether the constraint demands a value of a column that statements have added without one, and nothing has filled since.
    fn leave_empty(&self, number: usize, table: &QualifiedName, constraint: &ConstraintDraft) -> bool {
        if self.mended(number, table) {
            return false;
        }
        let added = self.added.get(table).into_iter().flatten();
        added.filter(|(at, _)| *at <= number).any(|(_, column)| {
            let empty = column.default.as_ref().is_none_or(|d| d.is_null)
                && !column.identity
                && !column.serial
                && !column.stored
                && !column.virtual_column;
            let demanded =
                constraint.columns.contains(&column.name) || constraint.condition.as_deref().is_some_and(|c| demands(c, &column.name));
            empty && demanded
        })
    }
}

/// `c is not null`, alone or as one of several conditions that all must hold.
fn demands(condition: &str, column: &str) -> bool {
    let not_null = |atom: &[Token]| {
        let words: Vec<String> = without_parentheses(atom).iter().map(|t| t.text.clone()).collect();
        (words == [column, "is", "not", "null"]).then_some(())
    };
    !parse(condition).required_atoms(&not_null).is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{add_column, add_constraint, column, constraint, did, name, pending, table};
    use super::*;
    use architrave_model::migration::{LockMode, Precondition};

    fn say(offenders: Option<i64>, rows: Option<f64>, before: Vec<Action>) -> Vec<String> {
        let mut made = pending(vec![table("t", &["id bigint not null", "a integer"])]);
        if let Some(rows) = rows {
            made = made.size("t", rows, 8192);
        }
        let steps = before.len();
        for action in before {
            made = made.step("…", vec![action], did());
        }
        let check = add_constraint("t", constraint("k", ConstraintForm::Check, &[], "check (((b is not null) and (b > 0))) not valid"));
        let made = made.step("alter table t add …", vec![check], did().lock("t", LockMode::AccessExclusive));
        let counted = Precondition {
            step: steps,
            table: name("t"),
            what: "b".into(),
            probe: "select 1".into(),
            offenders,
            not_asked: offenders.is_none().then(|| "no database".into()),
        };
        made.with(|m| m.preconditions.push(counted)).says(&RULE)
    }

    #[test]
    fn counted_rows_decide_where_there_are_some() {
        assert!(say(Some(0), None, Vec::new()).is_empty());
        assert_eq!(say(Some(3), None, Vec::new()), ["medium: k NOT VALID makes every update of 3 rows of public.t fail at once"]);
        let nobody = "info: k NOT VALID makes every update of a row of public.t that breaks it fail at once; nobody has counted them";
        assert_eq!(say(None, None, Vec::new()), [nobody]);
        assert!(say(None, Some(40.0), Vec::new()).is_empty());
        assert!(say(None, Some(0.0), Vec::new()).is_empty());
    }

    #[test]
    fn a_new_column_without_values_breaks_it_in_every_row_until_an_update() {
        let add = || add_column("t", column("b", "integer"));
        let said = "medium: k NOT VALID makes every update of an old row of public.t fail at once: the new column is NULL in all of them";
        assert_eq!(say(None, None, vec![add()]), [said]);
        let update = Action::Update { table: name("t"), columns: vec!["b".into()], has_where: true, limited: false };
        assert!(say(None, None, vec![add(), update]).is_empty());
    }
}
