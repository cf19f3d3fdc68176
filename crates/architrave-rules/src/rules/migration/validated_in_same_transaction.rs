//! `migration/validated-in-same-transaction`: see `validated_in_same_transaction.md` for the rule's page.

use crate::migrations::{At, acting, constraint_name, names, with_work};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, ConstraintForm, LockMode, Migrations};
use architrave_model::name::ObjectRef;
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, QualifiedName, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/validated-in-same-transaction",
    summary: "constraint added NOT VALID and validated in one transaction",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Migrations,
    docs: include_str!("validated_in_same_transaction.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for at in acting(migrations, context) {
        for action in &at.step.actions {
            let Action::ValidateConstraint { table, name } = action else { continue };
            let family = at.family(&table.name);
            let read: Vec<&QualifiedName> =
                at.step.effect.scans.iter().filter(|s| s.existed).map(|s| &s.relation).filter(|r| family.contains(r)).collect();
            if read.is_empty() {
                continue;
            }
            let Some((form, same_statement)) = added(at, &table.name, name) else { continue };
            if let Some(severity) = at.weight(&read).severity() {
                report(at, &table.name, name, (form, same_statement), &read, severity, sink);
            }
        }
    }
}

/// What the constraint is, where the same transaction has added it NOT VALID, and whether the same statement did.
fn added(at: At<'_>, table: &QualifiedName, name: &str) -> Option<(ConstraintForm, bool)> {
    let adds = |action: &Action| match action {
        Action::AddConstraint { table: target, constraint } if target.name == *table && constraint.not_valid => {
            (constraint_name(at, table, constraint, None) == name).then_some(constraint.form)
        }
        _ => None,
    };
    if let Some(form) = at.step.actions.iter().find_map(adds) {
        return Some((form, true));
    }
    let number = at.step.transaction?;
    let earlier = at.migrations.steps.iter().take(at.number).filter(|s| s.transaction == Some(number));
    earlier.flat_map(|s| &s.actions).find_map(adds).map(|form| (form, false))
}

fn report(
    at: At<'_>,
    table: &QualifiedName,
    name: &str,
    (form, same_statement): (ConstraintForm, bool),
    read: &[&QualifiedName],
    severity: Severity,
    sink: &mut Sink<'_>,
) {
    let (mode, who) = if form == ConstraintForm::ForeignKey {
        (LockMode::ShareRowExclusive, "writes")
    } else {
        (LockMode::AccessExclusive, "reads and writes")
    };
    let together = if same_statement { "ALTER TABLE" } else { "transaction" };
    let message = format!("{name} is added NOT VALID and validated in one {together}: {} is read whole while {who} wait", names(read));
    let why = format!(
        "Locks last until the end of the transaction. Adding the constraint takes {}, and that is still held while VALIDATE CONSTRAINT, which needs much less, reads the rows: the two steps gain nothing over \
         one. Validate in a transaction of its own, after the first has committed.",
        mode.sql()
    );
    let object = ObjectRef::in_table(ObjectKind::Constraint, table, name);
    let draft = with_work(at.draft(object, table, message, why).severity(severity), at, "read whole", read);
    let draft = draft.evidence(format!("lock on {table} until the commit"), mode.sql(), at.source());
    sink.report(at.safely(draft));
}

#[cfg(test)]
mod tests {
    use super::super::testing::{add_constraint, constraint, did, pending, table, validate};
    use super::*;
    use architrave_model::script::TransactionMode;

    #[test]
    fn only_the_same_transaction_counts() {
        let add = || add_constraint("t", constraint("k", ConstraintForm::Check, &[], "check (a > 0) not valid"));
        let say = |mode| {
            let made = pending(vec![table("t", &["a integer"])]).script(mode);
            let made = made.step(
                "alter table t add constraint k check (a > 0) not valid",
                vec![add()],
                did().lock("t", LockMode::AccessExclusive),
            );
            let read = did().lock("t", LockMode::AccessExclusive).scan("t");
            made.step("alter table t validate constraint k", vec![validate("t", "k")], read).says(&RULE)
        };
        let said = "medium: k is added NOT VALID and validated in one transaction: public.t is read whole while reads and writes wait";
        assert_eq!(say(TransactionMode::PerFile), [said]);
        assert!(say(TransactionMode::PerStatement).is_empty());
        let one = pending(vec![table("t", &["a integer"])]).script(TransactionMode::PerStatement);
        let text = "alter table t add constraint k check (a > 0) not valid, validate constraint k";
        let one = one.step(text, vec![add(), validate("t", "k")], did().lock("t", LockMode::AccessExclusive).scan("t"));
        assert!(one.says(&RULE)[0].contains("in one ALTER TABLE"), "{:?}", one.says(&RULE));
    }

    #[test]
    fn a_foreign_key_keeps_writes_out_only() {
        let key = add_constraint("t", constraint("k", ConstraintForm::ForeignKey, &["a"], "foreign key (a) references r not valid"));
        let made =
            pending(vec![table("t", &["a integer"])]).step("alter table t add …", vec![key], did().lock("t", LockMode::ShareRowExclusive));
        let made = made.step("alter table t validate constraint k", vec![validate("t", "k")], did().scan("t"));
        assert!(made.says(&RULE)[0].ends_with("while writes wait"), "{:?}", made.says(&RULE));
    }
}
