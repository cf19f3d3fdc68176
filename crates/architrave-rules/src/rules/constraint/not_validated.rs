//! `constraint/not-validated`: see `not_validated.md` for the rule's page.

use crate::figures::{by_size, count};
use crate::statements::lock;
use architrave_model::catalog::{Constraint, ConstraintKind, Table};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "constraint/not-validated",
    summary: "constraint that was added NOT VALID and never validated",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("not_validated.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in Scope::of(catalog, context).tables() {
        for constraint in table.constraints.iter().filter(|c| !c.validated && c.enforced && !c.inherited) {
            sink.report(draft(context, table, constraint));
        }
    }
}

fn draft(context: &Context<'_>, table: &Table, constraint: &Constraint) -> Draft {
    let name = &constraint.name;
    let rows = context.rows(&table.name);
    let effect = match constraint.kind {
        ConstraintKind::ForeignKey => {
            "rows without a parent may be there, so inner joins lose them, and a copy of the data into a schema with the valid constraint fails"
        }
        _ => {
            "rows that break it may be there, every update of such a row fails, whatever the update changes, and the planner draws no conclusion from the constraint"
        }
    };
    let message = format!("{name} on {} is not validated: it holds for rows written since it was added only", table.name);
    let why =
        format!("NOT VALID is half of a migration: {effect}. The other half reads the table once and blocks neither readers nor writers.");
    // A foreign key that may not hold for a large table is worth more than a check.
    let steps = [(1e6, Severity::Medium), (1000.0, Severity::Low)];
    let severity = by_size(rows, RULE.severity, &steps, Severity::Info);
    let (sql, quoted) = (table.name.sql(), quote_ident(name));
    let mut locks = vec![lock(&table.name, "ShareUpdateExclusiveLock")];
    if let Some(reference) = constraint.references.as_ref().filter(|r| r.table != table.name) {
        locks.push(lock(&reference.table, "RowShareLock"));
    }
    let draft = Draft::new(ObjectRef::in_table(ObjectKind::Constraint, &table.name, name), message, why)
        .severity(severity)
        .evidence(format!("pg_constraint.convalidated of {name}"), false, "pg_constraint")
        .evidence("definition", constraint.definition.as_str(), "pg_constraint");
    let draft = match rows {
        Some(rows) => draft.evidence(format!("rows in {}", table.name), rows, "pg_class.reltuples"),
        None => draft,
    };
    draft.fix(Fix {
        title: format!("validate {name}"),
        up: vec![format!("alter table {sql} validate constraint {quoted}")],
        down: vec![
            format!("alter table {sql} drop constraint {quoted}"),
            format!("alter table {sql} add constraint {quoted} {}", constraint.definition),
        ],
        transactional: true,
        effect: Effect { locks, scans: vec![table.name.to_string()], ..Effect::default() },
        caution: Some(format!(
            "fails at the first row that breaks it{}: mend those rows first, in batches",
            rows.map_or_else(String::new, |n| format!(" among {} rows", count(n)))
        )),
    })
}
