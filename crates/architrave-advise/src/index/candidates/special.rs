//! What b-trees cannot answer: GIN for contents, GiST for overlaps, BRIN for time that only grows, hash for long keys.

use super::super::definition::{body, index, key};
use super::super::relation::{Column, Facts};
use super::scan::Scan;
use super::{Missing, Proposal};
use architrave_model::catalog::{Index, IndexKey};
use architrave_model::name::quote_ident;
use architrave_model::workload::{Comparison, Condition, Term};

/// Correlation from which a range of pages holds a range of values.
const IN_ORDER: f64 = 0.95;
/// Tables from 8 MiB on: below, a b-tree costs next to nothing.
const BRIN_PAGES: f64 = 1024.0;
/// Keys from this width on are longer than their hash by much.
const LONG_KEY: f64 = 32.0;

/// Special indexes for one scan, and those that an extension would allow.
pub(super) fn proposals(facts: &Facts<'_>, scan: &Scan<'_, '_>) -> (Vec<Proposal>, Vec<Missing>) {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    let conditions = scan.shape.conditions.iter().chain(scan.shape.alternatives.iter().flatten());
    for condition in conditions {
        match condition.comparison {
            Comparison::Contains => found.extend(contents(scan, condition)),
            Comparison::TextSearch => found.push(index("gin", vec![key(&condition.term)])),
            Comparison::Pattern => trigrams(facts, scan, condition, &mut found, &mut missing),
            Comparison::Overlaps => overlaps(facts, scan, condition, &mut found, &mut missing),
            Comparison::Range => found.extend(in_order(scan, &condition.term)),
            Comparison::Equal => found.extend(hashed(scan, &condition.term)),
            _ => {}
        }
    }
    (found.into_iter().map(Proposal::whole).collect(), missing)
}

/// `@>`, `?`, `&&` of jsonb and arrays.
fn contents(scan: &Scan<'_, '_>, condition: &Condition) -> Vec<Index> {
    let with_class =
        |class: Option<&str>| index("gin", vec![IndexKey { operator_class: class.map(str::to_owned), ..key(&condition.term) }]);
    let column = scan.column(&condition.term);
    let is_jsonb = column.map_or_else(|| looks_like_jsonb(&condition.term), |c| c.base_type == "jsonb" && !c.array);
    if !is_jsonb {
        return if column.is_some_and(|c| !c.array) { Vec::new() } else { vec![with_class(None)] };
    }
    match condition.operator.as_str() {
        "@>" | "@?" | "@@" => vec![with_class(Some("jsonb_path_ops")), with_class(None)],
        _ => vec![with_class(None)],
    }
}

fn looks_like_jsonb(term: &Term) -> bool {
    matches!(term, Term::Expression(text) if (text.contains("->") || text.contains("#>")) && !text.contains("->>") && !text.contains("#>>"))
}

/// `LIKE '%x%'`, regular expressions, similarity.
fn trigrams(facts: &Facts<'_>, scan: &Scan<'_, '_>, condition: &Condition, found: &mut Vec<Index>, missing: &mut Vec<Missing>) {
    if scan.column(&condition.term).is_some_and(|c| c.array || !is_text(c)) {
        return;
    }
    let installed = facts.extension("pg_trgm");
    let class = |name: &str| match installed {
        Some(extension) if !matches!(extension.schema.as_str(), "public" | "pg_catalog") => {
            format!("{}.{name}", quote_ident(&extension.schema))
        }
        _ => name.to_owned(),
    };
    let of = |method: &str, name: &str| index(method, vec![IndexKey { operator_class: Some(class(name)), ..key(&condition.term) }]);
    let gin = of("gin", "gin_trgm_ops");
    if installed.is_some() {
        found.push(gin);
        found.push(of("gist", "gist_trgm_ops"));
    } else {
        missing.push(Missing { table: scan.relation.name.clone(), body: body(&gin), extension: "pg_trgm" });
    }
}

fn is_text(column: &Column<'_>) -> bool {
    matches!(column.base_type.as_str(), "text" | "character varying" | "character" | "citext" | "name")
}

/// Ranges, shapes and networks; with equality on other columns where `btree_gist` is there.
fn overlaps(facts: &Facts<'_>, scan: &Scan<'_, '_>, condition: &Condition, found: &mut Vec<Index>, missing: &mut Vec<Missing>) {
    let class = scan.column(&condition.term).filter(|c| matches!(c.base_type.as_str(), "inet" | "cidr")).map(|_| "inet_ops".to_owned());
    let own = IndexKey { operator_class: class, ..key(&condition.term) };
    found.push(index("gist", vec![own.clone()]));
    let equals: Vec<IndexKey> = scan.equals.iter().filter(|t| scan.column(t).is_some()).take(2).map(key).collect();
    if equals.is_empty() {
        return;
    }
    let mut keys = equals;
    keys.push(own);
    let together = index("gist", keys);
    if facts.extension("btree_gist").is_some() {
        found.push(together);
    } else {
        missing.push(Missing { table: scan.relation.name.clone(), body: body(&together), extension: "btree_gist" });
    }
}

/// Time (or a counter) that rows were added in the order of.
fn in_order(scan: &Scan<'_, '_>, term: &Term) -> Option<Index> {
    let column = scan.column(term)?;
    let grows = column.base_type.starts_with("timestamp") || matches!(column.base_type.as_str(), "date" | "bigint" | "integer");
    (grows && scan.relation.pages >= BRIN_PAGES && column.correlation() >= IN_ORDER).then(|| index("brin", vec![key(term)]))
}

/// Equality alone on long keys.
fn hashed(scan: &Scan<'_, '_>, term: &Term) -> Option<Index> {
    let column = scan.column(term)?;
    let ordered = scan.ranges.contains(term) || scan.order.iter().any(|i| i.term == *term);
    (is_text(column) && column.width() >= LONG_KEY && !ordered).then(|| index("hash", vec![key(term)]))
}
