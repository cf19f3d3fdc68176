//! An OR whose sides speak of different tables, as two queries: each side can then use its own index.

use super::select::{Edit, Outer, edited, parts, span};
use super::{Comparison, Rewrite, RewriteKind};
use squawk_syntax::{SyntaxKind, SyntaxNode};

pub(super) fn rewrite(outer: &Outer<'_>) -> Option<Rewrite> {
    let bounded = [SyntaxKind::LIMIT_CLAUSE, SyntaxKind::OFFSET_CLAUSE, SyntaxKind::FETCH_CLAUSE];
    if !outer.is_plain() || outer.is_volatile() || bounded.iter().any(|k| outer.clause(*k).is_some()) {
        return None;
    }
    let (condition, sides) = outer.conjuncts().into_iter().find_map(|c| across_tables(outer, &c).map(|sides| (c, sides)))?;
    let order = outer.clause(SyntaxKind::ORDER_BY_CLAUSE);
    let tail = match &order {
        Some(order) if orders_by_output(outer, order) => format!(" {}", outer.text(order)),
        Some(_) => return None,
        None => String::new(),
    };
    let mut branches = Vec::new();
    for at in 0..sides.len() {
        let own = format!("({})", outer.text(&sides[at]));
        let earlier: String = sides[..at].iter().map(|s| format!(" and ({}) is not true", outer.text(s))).collect();
        let mut edits = vec![Edit::replace(&condition, format!("{own}{earlier}"))];
        edits.extend(order.as_ref().map(|o| Edit::replace(o, "")));
        branches.push(format!("({})", edited(outer.sql, edits).trim_end()));
    }
    Some(Rewrite {
        kind: RewriteKind::OrToUnionAll,
        sql: format!("{}{tail}", branches.join("\nunion all\n")),
        comparison: Comparison::SameRows,
    })
}

/// The sides of an OR that do not all speak of the same one table.
fn across_tables(outer: &Outer<'_>, condition: &SyntaxNode) -> Option<Vec<SyntaxNode>> {
    let sides = parts(condition, SyntaxKind::OR_KW);
    if !(2..=4).contains(&sides.len()) {
        return None;
    }
    let mut used = Vec::new();
    for side in &sides {
        let mut of_side = outer.used_by(side)?;
        // A subquery is a table of its own.
        if side.descendants().any(|n| n.kind() == SyntaxKind::SELECT) {
            of_side.push(format!("subquery at {}", span(side).0));
        }
        of_side.sort();
        used.push(of_side);
    }
    used.sort();
    used.dedup();
    (used.len() > 1).then_some(sides)
}

/// Whether each sort key is a name or number of the output, which a UNION can be ordered by.
fn orders_by_output(outer: &Outer<'_>, order: &SyntaxNode) -> bool {
    let Some(targets) = outer.clause(SyntaxKind::SELECT_CLAUSE) else { return false };
    let names: Vec<String> = targets
        .descendants()
        .filter(|n| n.kind() == SyntaxKind::TARGET)
        .filter_map(|t| crate::touches::tree::tokens(&t).last().map(|t| crate::lex::name_of(t.text())))
        .collect();
    let keys = order.descendants().filter(|n| n.kind() == SyntaxKind::SORT_BY);
    keys.into_iter().all(|key| {
        let Some(expression) = key.children().next() else { return false };
        match expression.kind() {
            SyntaxKind::NAME_REF => names.contains(&crate::lex::name_of(outer.text(&expression))),
            SyntaxKind::LITERAL => outer.text(&expression).chars().all(|c| c.is_ascii_digit()),
            _ => false,
        }
    })
}
