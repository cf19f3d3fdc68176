//! `plan/serialization-time`: see `serialization_time.md` for the rule's page.

use super::tree::Tree;
use super::wording::{ms, rows, size};
use crate::figures::list_of;
use architrave_model::catalog::Table;
use architrave_model::explained::Explained;
use architrave_model::finding::{Confidence, Effort, Severity};
use architrave_model::rule::{Area, Draft};
use architrave_model::{Check, Context, Rule, Sink};

pub(crate) static RULE: Rule = Rule {
    id: "plan/serialization-time",
    summary: "turning the rows into what goes over the wire takes a good part of the time",
    severity: Severity::Medium,
    confidence: Confidence::Certain,
    effort: Effort::Medium,
    area: Area::Performance,
    docs: include_str!("serialization_time.md"),
    check: Check::Plan(check),
};

/// Milliseconds below which it is not worth a word.
const LEAST_MS: f64 = 10.0;
/// A quarter: every statement that returns rows spends some time on it.
const LEAST_SHARE: f64 = 0.25;

fn check(explained: &Explained, context: &Context<'_>, sink: &mut Sink<'_>) {
    let tree = Tree::of(explained, context);
    let Some(sent) = &explained.plan.serialization else { return };
    let Some(spent) = sent.ms.filter(|n| *n >= LEAST_MS) else { return };
    let weight = tree.weighed(Some(spent), 0.0);
    if weight.share() < LEAST_SHARE {
        return;
    }
    let bytes = sent.kilobytes * 1024.0;
    let returned = explained.plan.root.actual_rows_in_all().unwrap_or(0.0);
    let wide = widest(&tree);
    let columns = if wide.is_empty() { String::new() } else { format!(" The widest columns are {}.", list_of(&wide, 3)) };
    let why = format!(
        "Finding the rows is done in the rest of the time; {} go into writing {} as {} ({} a row), large values fetched from TOAST and decompressed on the \
         way. The network and the client's own decoding of the same bytes come on top and are in no plan.{columns} Naming only the columns that are used, and \
         asking for a page of rows instead of all, is what helps.",
        ms(spent),
        rows(returned),
        if sent.format.is_empty() { "text" } else { &sent.format },
        size(bytes / returned.max(1.0)),
    );
    let message = format!("sending {} ({}) takes {}", rows(returned), size(bytes), weight.words());
    sink.report(
        Draft::new(explained.object(), message, why)
            .severity(weight.severity())
            .confidence(weight.confidence())
            .evidence("time of the serialization", weight.words(), "EXPLAIN (ANALYZE, SERIALIZE)")
            .evidence("output", size(bytes), "EXPLAIN (ANALYZE, SERIALIZE)"),
    );
}

/// Columns of the scanned tables with an average width of at least 64 bytes, widest first: `public.orders.note (820 bytes)`.
fn widest(tree: &Tree<'_>) -> Vec<String> {
    let Some(stats) = tree.context.stats else { return Vec::new() };
    let tables: Vec<&Table> = tree.seats().iter().filter(|s| s.node.is_scan()).filter_map(|s| tree.table(s)).collect();
    let mut widths: Vec<(i32, String)> = tables
        .iter()
        .flat_map(|t| {
            t.columns.iter().filter_map(|c| Some((stats.column(&t.name, &c.name)?.average_width, format!("{}.{}", t.name, c.name))))
        })
        .filter(|(width, _)| *width >= 64)
        .collect();
    widths.sort_by(|a, b| b.cmp(a));
    widths.dedup();
    widths.into_iter().map(|(width, name)| format!("{name} ({width} bytes)")).collect()
}
