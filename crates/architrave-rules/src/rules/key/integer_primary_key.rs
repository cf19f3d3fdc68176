//! `key/integer-primary-key`: see `integer_primary_key.md` for the rule's page.

use crate::figures::{by_size, count, counted, duration, list_of, percent};
use crate::relations::{Referrers, owned_sequences};
use crate::retype::{Retype, Surroundings, fix, obstacles};
use crate::statistics::{DAY, counting_since};
use architrave_model::catalog::{Column, Sequence, Table};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, ObjectKind, Rule, Sink};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) static RULE: Rule = Rule {
    id: "key/integer-primary-key",
    summary: "generated primary key that ends at 2,147,483,647 or 32,767",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Scaling,
    docs: include_str!("integer_primary_key.md"),
    check: Check::Catalog(check),
};

/// Seconds.
const YEAR: f64 = 365.25 * DAY;

/// A key column with the largest value of its type and the sequence that feeds it.
type Key<'a> = (&'a Table, &'a Column, f64, Option<&'a Sequence>);

/// A key with the columns that refer to it, and what there is to say about it alone.
struct Judged<'a> {
    key: Key<'a>,
    referring: Vec<(&'a Table, &'a Column)>,
    severity: Severity,
    draft: Draft,
}

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let referrers = Referrers::of(catalog);
    let owned = owned_sequences(catalog);
    let around = Surroundings::of(catalog);
    let mut far: BTreeMap<&str, Vec<Judged<'_>>> = BTreeMap::new();
    for table in Scope::of(catalog, context).tables() {
        let Some(key) = table.primary_key() else { continue };
        let columns = key.columns.iter().filter_map(|c| table.column(c)).filter(|c| c.takes_from_sequence() && !c.inherited);
        for column in columns {
            let largest = match column.data_type.as_str() {
                "integer" => f64::from(i32::MAX),
                "smallint" => f64::from(i16::MAX),
                _ => continue,
            };
            let sequence = owned.get(&(&table.name, column.name.as_str())).copied();
            // A sequence with an end of its own: as many as that were wanted.
            if sequence.is_some_and(|s| (s.max as f64) < largest) {
                continue;
            }
            let judged = judge(context, &referrers, (table, column, largest, sequence));
            if judged.severity > RULE.severity {
                sink.report(with_fix(&around, context, &[&judged], judged.draft.clone()));
            } else {
                far.entry(&table.name.schema).or_default().push(judged);
            }
        }
    }
    // Keys whose end is far away are one matter of their schema.
    for (schema, keys) in &far {
        let draft = match keys.as_slice() {
            [only] => only.draft.clone(),
            many => together(schema, many),
        };
        let all: Vec<&Judged<'_>> = keys.iter().collect();
        sink.report(with_fix(&around, context, &all, draft));
    }
}

fn together(schema: &str, keys: &[Judged<'_>]) -> Draft {
    let names: Vec<String> = keys.iter().map(|k| format!("{}.{}", k.key.0.name.name, k.key.1.name)).collect();
    let narrow = keys.iter().any(|k| k.key.1.data_type == "smallint");
    let end = if narrow { "2,147,483,647 or 32,767" } else { "2,147,483,647" };
    let message = format!("{} generated keys of schema {schema} end at {end}: {}", keys.len(), list_of(&names, 3));
    let why = format!(
        "A sequence counts failed and rolled-back inserts too, so a key runs out before its table holds that many rows. Past {end} every insert fails, and the way out is a rewrite \
         of the table, and of what refers to it, under an exclusive lock. None of these is near its end as far as is known: change those whose tables grow while they are small."
    );
    let severity = keys.iter().map(|k| k.severity).max().unwrap_or(RULE.severity);
    let mut draft = Draft::new(ObjectRef::global(ObjectKind::Schema, schema), message, why).severity(severity);
    for Judged { key: (table, column, ..), .. } in keys {
        draft = draft.place(ObjectRef::column(&table.name, &column.name), Some(column.data_type.clone()));
    }
    draft
}

/// Seconds until the numbers run out, at the pace of the inserts that the counters have seen; none where they cover too little.
///
/// Failed and rolled-back inserts take numbers too and are not counted: the end may come sooner.
fn seconds_left(context: &Context<'_>, table: &Table, sequence: Option<&Sequence>, left: f64) -> Option<f64> {
    let stats = context.stats?;
    let age = counting_since(stats, context).filter(|age| *age >= 7.0 * DAY)?;
    let inserted = stats.table(&table.name).map(|t| t.inserted as f64).filter(|n| *n >= 1000.0)?;
    let step = sequence.map_or(1.0, |s| s.increment.unsigned_abs().max(1) as f64);
    Some((left / step).max(0.0) / (inserted / age))
}

fn judge<'a>(context: &Context<'_>, referrers: &Referrers<'a>, key: Key<'a>) -> Judged<'a> {
    let (table, column, largest, sequence) = key;
    // A replay starts from empty: what it drew from the sequence says nothing about the real database.
    let handed_out = sequence.filter(|_| context.replay.is_none()).and_then(|s| s.last_value).map(|v| v as f64);
    let rows = context.rows(&table.name);
    let used = [handed_out, rows].into_iter().flatten().reduce(f64::max);
    let share = used.map(|n| (n / largest).clamp(0.0, 1.0));
    let unknown = if column.data_type == "smallint" { RULE.severity.raised() } else { RULE.severity };
    let steps = [(0.8, Severity::Critical), (0.5, Severity::High), (0.2, Severity::Medium), (0.01, Severity::Low)];
    let ends = used.and_then(|used| seconds_left(context, table, sequence, largest - used));
    let soon = by_size(
        ends.map(|s| 1.0 / (s / YEAR).max(1e-9)),
        Severity::Info,
        &[(2.0, Severity::Critical), (1.0, Severity::High), (1.0 / 3.0, Severity::Medium)],
        Severity::Info,
    );
    let severity = by_size(share, unknown, &steps, Severity::Info).max(soon);
    let pace = ends.filter(|s| *s < 10.0 * YEAR).map_or_else(String::new, |s| format!(", {} left at the present pace", duration(s)));
    let state = match (share, used) {
        (Some(share), Some(used)) if used > 0.0 => format!(", {} of the range used ({})", percent(share), count(used)),
        _ => format!(" and ends at {}", count(largest)),
    };
    let message = format!("{}.{} is a generated {} key{state}{pace}", table.name, column.name, column.data_type);
    let referring: Vec<_> = referrers
        .to(&table.name)
        .iter()
        .flat_map(|r| {
            let pairs = r.key.columns.iter().zip(&r.reference.columns).filter(|(_, to)| **to == column.name);
            pairs.filter_map(|(from, _)| r.table.column(from).map(|c| (r.table, c))).collect::<Vec<_>>()
        })
        .filter(|(t, c)| matches!(c.data_type.as_str(), "integer" | "smallint") && !t.is_partition && !c.inherited)
        .collect();
    let followers = if referring.is_empty() {
        String::new()
    } else {
        format!(" {} to it would have to follow.", counted(referring.len(), "column that refers", "columns that refer"))
    };
    let why = format!(
        "The sequence counts failed and rolled-back inserts too, so the key runs out before the table holds that many rows. Past {} every insert fails, and the way \
         out is a rewrite of the table under an exclusive lock, at the worst moment. While the table is small the change is cheap.{followers}",
        count(largest)
    );
    let mut draft = Draft::new(ObjectRef::column(&table.name, &column.name), message, why).severity(severity);
    if let Some(last) = handed_out {
        draft = draft.evidence("last value of the sequence", last, "pg_sequences.last_value");
    }
    if let Some(rows) = rows {
        draft = draft.evidence(format!("rows in {}", table.name), rows, "pg_class.reltuples");
    }
    if let Some(seconds) = ends {
        draft = draft.evidence("seconds left at the pace of the counters", seconds.floor(), "pg_stat_user_tables.n_tup_ins");
    }
    for (t, c) in &referring {
        draft = draft.place(ObjectRef::column(&t.name, &c.name), Some(c.data_type.clone()));
    }
    Judged { key, referring, severity, draft }
}

fn with_fix(around: &Surroundings<'_>, context: &Context<'_>, keys: &[&Judged<'_>], draft: Draft) -> Draft {
    let mut known = BTreeSet::new();
    let all = keys.iter().flat_map(|k| std::iter::once((k.key.0, k.key.1)).chain(k.referring.iter().copied()));
    let unique: Vec<(&Table, &Column)> = all.filter(|(t, c)| known.insert((&t.name, c.name.as_str()))).collect();
    let mut blocked: Vec<String> = unique.iter().flat_map(|(t, c)| obstacles(around, t, c, false)).collect();
    blocked.sort();
    blocked.dedup();
    if !blocked.is_empty() {
        let them = list_of(&blocked, 5);
        return draft.evidence("stands in the way of a change of type", them, "pg_depend");
    }
    let changes: Vec<Retype<'_>> = unique
        .iter()
        .map(|(table, column)| Retype {
            table,
            column,
            to: "bigint".into(),
            using: None,
            back_using: None,
            default: None,
            checks: Vec::new(),
        })
        .collect();
    let what = match keys {
        [only] => format!("{}.{}", only.key.0.name, only.key.1.name),
        many => format!("{} keys", many.len()),
    };
    let mut fix =
        fix(around, context, format!("make {what} bigint, and what refers to {}", if keys.len() == 1 { "it" } else { "them" }), &changes);
    for sequence in keys.iter().filter_map(|k| k.key.3).filter(|s| !s.identity && s.data_type != "bigint") {
        fix.up.push(format!("alter sequence {} as bigint", sequence.name.sql()));
        fix.down.push(format!("alter sequence {} as {}", sequence.name.sql(), sequence.data_type));
    }
    let rows = keys.iter().filter_map(|k| context.rows(&k.key.0.name)).fold(0.0, f64::max);
    fix.caution = Some(if rows >= 1e6 {
        "rewrites every table named, with nobody reading or writing meanwhile: at this size add a bigint column, fill it in batches under a trigger, and swap".into()
    } else {
        "rewrites every table named, with nobody reading or writing meanwhile; programs that read the key into 32 bits have to change too"
            .into()
    });
    draft.fix(fix)
}
