//! `key/sequence-ends-before-column`: see `sequence_ends_before_column.md` for the rule's page.

use crate::figures::{by_size, count, percent};
use crate::relations::owned_sequences;
use crate::statements::lock;
use architrave_model::catalog::{Column, Sequence, Table};
use architrave_model::finding::{Confidence, Effect, Effort, Fix, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "key/sequence-ends-before-column",
    summary: "sequence of a narrower type than the column that it feeds",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Scaling,
    docs: include_str!("sequence_ends_before_column.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let owned = owned_sequences(catalog);
    for table in Scope::of(catalog, context).tables() {
        for column in table.columns.iter().filter(|c| c.takes_from_sequence() && !c.inherited) {
            let Some(sequence) = owned.get(&(&table.name, column.name.as_str())).copied() else { continue };
            let (Some(own), Some(wanted)) = (width(&sequence.data_type), width(&column.data_type)) else { continue };
            if own < wanted && sequence.increment > 0 && !sequence.cycle {
                sink.report(draft(context, table, column, sequence));
            }
        }
    }
}

/// Bytes of an integer type.
pub(super) fn width(data_type: &str) -> Option<u8> {
    match data_type {
        "smallint" => Some(2),
        "integer" => Some(4),
        "bigint" => Some(8),
        _ => None,
    }
}

fn draft(context: &Context<'_>, table: &Table, column: &Column, sequence: &Sequence) -> Draft {
    let max = sequence.max as f64;
    let handed_out = sequence.last_value.filter(|_| context.replay.is_none()).map(|v| v as f64);
    let used = [handed_out, context.rows(&table.name)].into_iter().flatten().reduce(f64::max);
    let share = used.map(|n| (n / max).clamp(0.0, 1.0));
    let steps = [(0.8, Severity::Critical), (0.5, Severity::High), (0.01, Severity::Medium)];
    let state = share.filter(|s| *s > 0.0).map_or_else(String::new, |s| format!(", {} of it used", percent(s)));
    let message = format!(
        "{}.{} is {}, and its sequence {} is {} and ends at {}{state}",
        table.name,
        column.name,
        column.data_type,
        sequence.name,
        sequence.data_type,
        count(max)
    );
    let why = format!(
        "The column looks as if it had room, and the first insert after {} fails all the same: nextval reached maximum value. It is what a change of the column's type leaves behind, since ALTER TABLE does not touch the sequence of a serial column.",
        count(max)
    );
    let sql = sequence.name.sql();
    Draft::new(ObjectRef::column(&table.name, &column.name), message, why)
        .severity(by_size(share, RULE.severity, &steps, Severity::Low))
        .evidence(format!("type of {}", sequence.name), sequence.data_type.as_str(), "pg_sequence.seqtypid")
        .evidence(format!("maximum of {}", sequence.name), sequence.max, "pg_sequence.seqmax")
        .fix(Fix {
            title: format!("make {} {}", sequence.name, column.data_type),
            up: vec![format!("alter sequence {sql} as {}", column.data_type)],
            down: vec![format!("alter sequence {sql} as {}", sequence.data_type)],
            transactional: true,
            effect: Effect { locks: vec![lock(&sequence.name, "ShareRowExclusiveLock")], ..Effect::default() },
            caution: None,
        })
}
