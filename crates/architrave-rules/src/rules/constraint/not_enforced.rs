//! `constraint/not-enforced`: see `not_enforced.md` for the rule's page.

use crate::statements::exclusive;
use architrave_model::catalog::{Constraint, ConstraintKind, Table};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "constraint/not-enforced",
    summary: "constraint that is declared NOT ENFORCED",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("not_enforced.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for table in Scope::of(catalog, context).tables() {
        for constraint in table.constraints.iter().filter(|c| !c.enforced && !c.inherited) {
            sink.report(draft(table, constraint));
        }
    }
}

fn draft(table: &Table, constraint: &Constraint) -> Draft {
    let name = &constraint.name;
    let message = format!("{name} on {} is not enforced: nothing is checked", table.name);
    let why = "A constraint that is NOT ENFORCED is a comment: rows that break it are written without an error, now and later. Who reads the schema, people and tools alike, takes it for a promise.".to_owned();
    let (sql, quoted) = (table.name.sql(), quote_ident(name));
    let draft = Draft::new(ObjectRef::in_table(ObjectKind::Constraint, &table.name, name), message, why).evidence(
        "definition",
        constraint.definition.as_str(),
        "pg_constraint",
    );
    // PostgreSQL 18 switches foreign keys only; a check has to be made anew.
    if constraint.kind != ConstraintKind::ForeignKey {
        return draft;
    }
    draft.fix(Fix {
        title: format!("enforce {name}"),
        up: vec![format!("alter table {sql} alter constraint {quoted} enforced")],
        down: vec![format!("alter table {sql} alter constraint {quoted} not enforced")],
        transactional: true,
        effect: Effect { scans: vec![table.name.to_string()], ..exclusive(&table.name) },
        caution: Some(
            "reads the whole table under the lock, and fails at the first row without a parent: mend those rows first".to_owned(),
        ),
    })
}
