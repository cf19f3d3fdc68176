//! `view/materialized-without-unique-index`: see `materialized_without_unique_index.md` for the rule's page.

use super::{object, reviewed};
use crate::figures::{by_size, bytes};
use architrave_model::catalog::{Index, View};
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Catalog, Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "view/materialized-without-unique-index",
    summary: "materialized view that cannot be refreshed while it is read",
    severity: Severity::Low,
    confidence: Confidence::Certain,
    effort: Effort::Small,
    area: Area::Performance,
    docs: include_str!("materialized_without_unique_index.md"),
    check: Check::Catalog(check),
};

fn check(catalog: &Catalog, context: &Context<'_>, sink: &mut Sink<'_>) {
    for view in reviewed(catalog, context).filter(|v| v.materialized && !v.indexes.iter().any(serves)) {
        sink.report(draft(context, view));
    }
}

/// What REFRESH … CONCURRENTLY asks for: unique, on columns alone, over all rows.
fn serves(index: &Index) -> bool {
    index.unique && index.is_complete() && index.keys.iter().all(|k| k.column.is_some())
}

fn draft(context: &Context<'_>, view: &View) -> Draft {
    let size = context.bytes(&view.name);
    let unique = view.indexes.iter().any(|i| i.unique);
    let message = format!(
        "{} has no unique index{} that REFRESH CONCURRENTLY could use",
        view.name,
        if unique { " on plain columns and all rows" } else { "" }
    );
    let why = "REFRESH MATERIALIZED VIEW takes an ACCESS EXCLUSIVE lock: readers wait for as long as the query runs, and the refresh waits for the longest reader. CONCURRENTLY lets them read \
               on, but compares old and new rows by a unique index on columns, which is missing."
        .to_owned();
    let severity = by_size(size.map(|n| n as f64), RULE.severity, &[(100e6, Severity::Medium)], RULE.severity);
    let mut draft = Draft::new(object(view), message, why).severity(severity).evidence("indexes", view.indexes.len(), "pg_index");
    if let Some(size) = size {
        draft = draft.evidence("size", bytes(size), "pg_total_relation_size");
    }
    draft
}
