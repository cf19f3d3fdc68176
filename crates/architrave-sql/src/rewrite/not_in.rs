//! `x NOT IN (SELECT …)` to `NOT EXISTS`, which PostgreSQL can run as an anti join.

use super::select::{Edit, Outer, conjuncts_of, edited, subquery};
use super::{Comparison, Rewrite, RewriteKind};
use squawk_syntax::{SyntaxKind, SyntaxNode};

/// Every NOT IN that is a condition of its own, in this query and the ones inside it.
pub(super) fn rewrite(outer: &Outer<'_>, root: &SyntaxNode) -> Option<Rewrite> {
    let selects = root.descendants().filter(|n| n.kind() == SyntaxKind::SELECT);
    let mut edits = Vec::new();
    for condition in selects.flat_map(|s| conjuncts_of(&s)) {
        let operands: Vec<SyntaxNode> = condition.children().collect();
        let [left, operator, right] = operands.as_slice() else { continue };
        if condition.kind() != SyntaxKind::BIN_EXPR || operator.kind() != SyntaxKind::NOT_IN {
            continue;
        }
        let single = matches!(left.kind(), SyntaxKind::NAME_REF | SyntaxKind::FIELD_EXPR);
        let Some(inner) = subquery(right).filter(|_| single) else { continue };
        let (left, inner) = (outer.text(left), outer.text(&inner));
        let text = format!("not exists (select 1 from ({inner}) as excluded_rows (excluded_value) where excluded_value = {left})");
        edits.push(Edit::replace(&condition, text));
    }
    // One inside another would overlap; the outer one is enough for a trial.
    edits.sort_by_key(|e| e.start);
    let mut end = 0;
    edits.retain(|e| {
        let free = e.start >= end;
        end = end.max(e.end);
        free
    });
    (!edits.is_empty()).then(|| Rewrite {
        kind: RewriteKind::NotInToNotExists,
        sql: edited(outer.sql, edits),
        comparison: Comparison::SameRows,
    })
}
