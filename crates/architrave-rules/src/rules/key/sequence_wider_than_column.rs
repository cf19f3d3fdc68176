//! `key/sequence-wider-than-column`: see `sequence_wider_than_column.md` for the rule's page.

use super::sequence_ends_before_column::width;
use crate::figures::{by_size, count};
use crate::relations::owned_sequences;
use crate::statements::lock;
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "key/sequence-wider-than-column",
    summary: "sequence that goes on counting where its column has ended",
    severity: Severity::Info,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Scaling,
    docs: include_str!("sequence_wider_than_column.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let owned = owned_sequences(catalog);
    for table in Scope::of(catalog, context).tables() {
        for column in table.columns.iter().filter(|c| c.takes_from_sequence() && !c.inherited) {
            // A key column wants a wider type, not a narrower sequence: `key/integer-primary-key`.
            if table.primary_key().is_some_and(|k| k.columns.contains(&column.name)) {
                continue;
            }
            let Some(sequence) = owned.get(&(&table.name, column.name.as_str())).copied() else { continue };
            let (Some(own), Some(wanted)) = (width(&sequence.data_type), width(&column.data_type)) else { continue };
            let last = if wanted == 4 { i64::from(i32::MAX) } else { i64::from(i16::MAX) };
            if own <= wanted || sequence.max <= last || sequence.last_value.is_some_and(|v| v > last) {
                continue;
            }
            let message = format!(
                "{}.{} is {}, and its sequence {} is {}",
                table.name, column.name, column.data_type, sequence.name, sequence.data_type
            );
            let why = format!(
                "Past {} the insert fails with integer out of range, and monitoring that compares the sequence with its own maximum sees no end coming. Give the sequence the type of the column, or the column that of the \
                 sequence if it is to grow.",
                count(last as f64)
            );
            // A replay starts from empty: what it drew says nothing about the real database.
            let share = sequence.last_value.filter(|_| context.replay.is_none()).map(|v| v as f64 / last as f64);
            let steps = [(0.9, Severity::Critical), (0.75, Severity::High), (0.5, Severity::Medium)];
            let sql = sequence.name.sql();
            let draft = Draft::new(ObjectRef::column(&table.name, &column.name), message, why)
                .severity(by_size(share, RULE.severity, &steps, RULE.severity))
                .evidence(format!("maximum of {}", sequence.name), sequence.max, "pg_sequence.seqmax")
                .fix(Fix {
                    title: format!("make {} {}", sequence.name, column.data_type),
                    up: vec![format!("alter sequence {sql} as {}", column.data_type)],
                    down: vec![format!("alter sequence {sql} as {}", sequence.data_type)],
                    transactional: true,
                    effect: Effect { locks: vec![lock(&sequence.name, "ShareRowExclusiveLock")], ..Effect::default() },
                    caution: None,
                });
            sink.report(draft);
        }
    }
}
