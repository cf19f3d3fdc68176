//! `key/sequence-near-end`: see `sequence_near_end.md` for the rule's page.

use super::sequence_ends_before_column::width;
use crate::columns::is_key;
use crate::figures::{by_size, count, percent};
use architrave_model::catalog::{Column, Sequence, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "key/sequence-near-end",
    summary: "sequence behind a key that has handed out most of its numbers",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Scaling,
    docs: include_str!("sequence_near_end.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let covered = catalog.sequences.iter().filter(|s| s.extension.is_none() && scope.covers(&s.name.schema));
    for sequence in covered.filter(|s| s.increment != 0 && !s.cycle) {
        let table = sequence.owned_by_table.as_ref().and_then(|t| catalog.table_named(t));
        let column = table.zip(sequence.owned_by_column.as_deref()).and_then(|(t, c)| Some((t, t.column(c)?)));
        // Other sequences are `sequence/nearly-exhausted`'s.
        let Some(column) = column.filter(|(t, c)| is_key(t, &c.name) && !judged_elsewhere(t, c, sequence)) else { continue };
        // A replay starts from empty: what it drew says nothing about the real database, where the sequence starts does.
        let last = sequence.last_value.filter(|_| context.replay.is_none()).unwrap_or(sequence.start) as f64;
        let (from, to) = range(sequence, column.1);
        let share = if (to - from).abs() < 1.0 { 1.0 } else { ((last - from) / (to - from)).clamp(0.0, 1.0) };
        let steps = [(0.9, Severity::Critical), (0.75, Severity::High), (0.5, Severity::Medium)];
        if share >= 0.5 {
            let severity = by_size(Some(share), RULE.severity, &steps, Severity::Low);
            sink.report(draft(sequence, column, (last, to, share)).severity(severity));
        }
    }
}

/// Other rules speak of integer primary keys, and of sequences that are narrower than their column.
fn judged_elsewhere(table: &Table, column: &Column, sequence: &Sequence) -> bool {
    let key = table.primary_key().is_some_and(|k| k.columns.contains(&column.name));
    let narrow = matches!(column.data_type.as_str(), "integer" | "smallint") && sequence.max >= i64::from(i16::MAX);
    (key && narrow) || width(&sequence.data_type) < width(&column.data_type)
}

/// First and last number, within what the column can hold.
fn range(sequence: &Sequence, column: &Column) -> (f64, f64) {
    let last_of_column = match column.data_type.as_str() {
        "smallint" => i64::from(i16::MAX),
        "integer" => i64::from(i32::MAX),
        _ => i64::MAX,
    };
    if sequence.increment > 0 {
        (sequence.min as f64, sequence.max.min(last_of_column) as f64)
    } else {
        (sequence.max as f64, sequence.min as f64)
    }
}

fn draft(sequence: &Sequence, (table, column): (&Table, &Column), (last, to, share): (f64, f64, f64)) -> Draft {
    let message = format!(
        "{}, which feeds {}.{}, has used {} of its range: it is at {} of {}",
        sequence.name,
        table.name,
        column.name,
        percent(share),
        signed(last),
        signed(to)
    );
    let why = "At its end nextval fails with \"reached maximum value of sequence\", and with it every insert that takes its number from there. Failed and rolled-back inserts use up numbers as well, so the rows do not tell how \
               near the end is."
        .to_owned();
    Draft::new(ObjectRef::in_schema(ObjectKind::Sequence, &sequence.name.schema, &sequence.name.name), message, why)
        .evidence("last value", last, "pg_sequences.last_value")
        .evidence("maximum", sequence.max, "pg_sequence.seqmax")
        .evidence("increment", sequence.increment, "pg_sequence.seqincrement")
}

/// Sequences may count below zero.
fn signed(n: f64) -> String {
    if n < 0.0 { format!("-{}", count(-n)) } else { count(n) }
}
