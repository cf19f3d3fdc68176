//! `sequence/cycles`: see `cycles.md` for the rule's page.

use crate::figures::count;
use crate::relations::Feeding;
use crate::statements::lock;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::{ObjectRef, quote_ident};
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "sequence/cycles",
    summary: "sequence that starts anew under a column",
    severity: Severity::Medium,
    confidence: Confidence::Likely,
    effort: Effort::Small,
    area: Area::Modeling,
    docs: include_str!("cycles.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let feeding = Feeding::of(catalog);
    for sequence in catalog.sequences.iter().filter(|s| s.cycle && s.extension.is_none() && scope.covers(&s.name.schema)) {
        let Some((table, column)) = feeding.by(sequence).first().copied() else { continue };
        let unique = table.is_unique_over(&[&column.name]);
        let message = format!(
            "{} feeds {}.{} and starts anew after {}",
            sequence.name,
            table.name,
            column.name,
            count(sequence.max.unsigned_abs() as f64)
        );
        let then = if unique {
            "the insert fails with a duplicate key, on a number that is not the end of anything, and goes on failing wherever old rows are left"
        } else {
            "rows get numbers that others have already, and nothing says so"
        };
        let why = format!(
            "At its end the sequence goes back to its start: {then}. Without CYCLE the first number too many is an error that says what it is."
        );
        let alter = |word: &str| match (sequence.identity, &sequence.owned_by_table) {
            (true, Some(of)) => format!("alter table {} alter column {} set {word}", of.sql(), quote_ident(&column.name)),
            _ => format!("alter sequence {} {word}", sequence.name.sql()),
        };
        sink.report(
            Draft::new(ObjectRef::in_schema(ObjectKind::Sequence, &sequence.name.schema, &sequence.name.name), message, why)
                .severity(if sequence.max > i64::from(i32::MAX) { Severity::Low } else { RULE.severity })
                .evidence("end of the range", sequence.max, "pg_sequence.seqmax")
                .evidence("CYCLE", true, "pg_sequence.seqcycle")
                .fix(Fix {
                    title: format!("let {} end", sequence.name),
                    up: vec![alter("no cycle")],
                    down: vec![alter("cycle")],
                    transactional: true,
                    effect: Effect { locks: vec![lock(&sequence.name, "ShareRowExclusiveLock")], ..Effect::default() },
                    caution: Some("make sure that nothing counts on the numbers starting anew".into()),
                }),
        );
    }
}
