//! `partition/too-many`: see `too_many.md` for the rule's page.

use crate::figures::count;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::name::ObjectRef;
use architrave_model::rule::{Area, Draft};
use architrave_model::scope::Scope;
use architrave_model::{Catalog, Check, Context, QualifiedName, Rule, Sink};
use std::collections::BTreeMap;

pub(crate) static RULE: Rule = Rule {
    id: "partition/too-many",
    summary: "very many partitions",
    severity: Severity::Low,
    confidence: Confidence::Possible,
    effort: Effort::Large,
    area: Area::Performance,
    docs: include_str!("too_many.md"),
    check: Check::Catalog(check),
};

/// "Up to a few thousand" are handled fairly well, says the manual.
const MANY: usize = 2000;
/// From here on each one should be worth it.
const SEVERAL: usize = 50;
/// Rows below which a partition of its own is none.
const SMALL: f64 = 1000.0;

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    let scope = Scope::of(catalog, context);
    let mut by_parent: BTreeMap<&QualifiedName, (usize, Option<f64>)> = BTreeMap::new();
    for partition in catalog.tables.iter().filter(|t| t.is_partition) {
        if let Some(parent) = partition.parents.first().filter(|p| scope.covers(&p.schema)) {
            let (n, rows) = by_parent.entry(parent).or_insert((0, Some(0.0)));
            *n += 1;
            *rows = rows.zip(context.rows(&partition.name)).map(|(sum, own)| sum + own);
        }
    }
    for (parent, (n, rows)) in by_parent {
        let average = rows.map(|r| r / n as f64);
        let small = n >= SEVERAL && average.is_some_and(|a| a < SMALL);
        if n < MANY && !small {
            continue;
        }
        let of = average.map_or_else(String::new, |a| format!(", with {} rows on average", count(a)));
        let message = format!("{parent} has {} partitions{of}", count(n as f64));
        let why = "Planning looks at every partition that cannot be ruled out, and each one that a session has touched stays in its memory with its indexes; a query without the partition key locks and opens all of them. A longer period or a \
                   smaller modulus makes fewer and larger ones.";
        let mut draft = Draft::new(ObjectRef::table(parent), message, why).evidence("partitions", n, "pg_inherits");
        if let Some(average) = average {
            draft = draft.evidence("rows per partition", average.floor(), "pg_class.reltuples");
        }
        sink.report(draft);
    }
}
