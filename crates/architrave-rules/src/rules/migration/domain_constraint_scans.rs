//! `migration/domain-constraint-scans`: see `domain_constraint_scans.md` for the rule's page.

use crate::held::asked;
use crate::migrations::{names, with_work};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::migration::{Action, DomainChange, Migrations};
use architrave_model::rule::Area;
use architrave_model::{Check, Context, ObjectKind, ObjectRef, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "migration/domain-constraint-scans",
    summary: "change of a domain that reads every table with a column of it",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Migrations,
    docs: include_str!("domain_constraint_scans.md"),
    check: Check::Migration(check),
};

fn check(migrations: &Migrations, context: &Context<'_>, sink: &mut Sink<'_>) {
    for (at, action) in asked(migrations, context) {
        let Action::AlterDomain { name, what } = action else { continue };
        let read = at.scanned();
        let Some(first) = read.first().copied() else { continue };
        let Some(severity) = at.weight(&read).severity() else { continue };
        let verb = match what {
            DomainChange::ValidateConstraint { .. } => "VALIDATE CONSTRAINT on",
            DomainChange::SetNotNull => "SET NOT NULL on",
            _ => "a new constraint on",
        };
        let message = format!("{verb} domain {name} reads {} while writes wait", names(&read));
        let why = "Every table with a column of the domain, on any schema, is read whole under a SHARE lock, all in one transaction. NOT VALID spares the reading when the constraint is added, but unlike that of a \
                   table VALIDATE of a domain blocks writes as well: no form of it lets them go on. A CHECK on the tables, added NOT VALID and validated one table at a time, does.";
        let draft = at.draft(ObjectRef::in_schema(ObjectKind::Type, &name.schema, &name.name), first, message, why).severity(severity);
        sink.report(with_work(draft, at, "read whole", &read));
    }
}
