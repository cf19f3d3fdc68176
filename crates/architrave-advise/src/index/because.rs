//! Why an index: what its parts do for the queries it helps, in one sentence each.

use super::candidates::Candidate;
use super::definition::{term, term_sql};
use super::input::AdvisedQuery;
use super::relation::Facts;
use architrave_model::workload::{Comparison, Operand, ScanShape, Term};
use std::collections::BTreeSet;

/// Reasons of one candidate, for the queries (by number) that it helps.
pub(super) fn reasons(facts: &Facts<'_>, queries: &[AdvisedQuery<'_>], candidate: &Candidate, helped: &[usize]) -> Vec<String> {
    let index = &candidate.index;
    let scans: Vec<&ScanShape> = helped
        .iter()
        .filter_map(|q| queries.get(*q))
        .flat_map(|q| q.shapes.iter().flat_map(|s| &s.scans))
        .filter(|s| facts.relation(&s.table).is_some_and(|r| r.name == candidate.table))
        .collect();
    let mut all = Vec::new();
    let parts: Vec<String> = index.keys.iter().map(|k| part(&term(k), &scans)).collect();
    all.push(format!("{}: {}", method(&index.method), parts.join("; ")));
    if !index.include.is_empty() {
        all.push(format!("carries {} so that the table itself need not be read", index.include.join(", ")));
    }
    if index.predicate.is_some() {
        all.push(format!(
            "holds only the {} % of rows that the condition leaves, which the statements repeat in every call",
            percent(candidate.share)
        ));
    }
    all
}

fn method(name: &str) -> &str {
    match name {
        "gin" => "an inverted index (GIN)",
        "gist" => "a GiST index",
        "brin" => "summaries of page ranges (BRIN), tiny because rows lie in this order",
        "hash" => "a hash index, smaller than the long values",
        _ => "a b-tree",
    }
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent < 1.0 { format!("{percent:.2}") } else { format!("{percent:.0}") }
}

/// What the queries do with one key.
fn part(key: &Term, scans: &[&ScanShape]) -> String {
    let mut roles: BTreeSet<&str> = BTreeSet::new();
    for scan in scans {
        for condition in scan.conditions.iter().chain(scan.alternatives.iter().flatten()).filter(|c| c.term == *key) {
            roles.insert(match (condition.comparison, &condition.with) {
                (Comparison::Equal, Operand::Join { .. }) => "joined by",
                (Comparison::Equal, _) => "compared with =",
                (Comparison::AnyOf, _) => "compared with IN",
                (Comparison::Range, _) => "searched by range",
                (Comparison::Prefix, _) => "searched by its beginning",
                (Comparison::Pattern, _) => "searched by pattern",
                (Comparison::Contains | Comparison::TextSearch, _) => "searched for contents",
                (Comparison::Overlaps, _) => "searched for overlaps",
                (Comparison::IsNull | Comparison::IsNotNull | Comparison::Boolean, _) => "filtered by",
                (Comparison::Other, _) => continue,
            });
        }
        if scan.order_by.iter().any(|o| o.term == *key) {
            roles.insert(if scan.limited { "ordered by with LIMIT" } else { "ordered by" });
        }
        if scan.group_by.contains(key) {
            roles.insert("grouped by");
        }
    }
    let name = term_sql(key);
    if roles.is_empty() { format!("{name} is needed") } else { format!("{name} is {}", Vec::from_iter(roles).join(" and ")) }
}
