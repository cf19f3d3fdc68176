//! A scalar aggregate subquery that is run once per outer row, as one join with a grouped query.

use super::select::{Edit, Outer, call_name, columns, conjuncts_of, edited, is_aggregate, items, span, subquery};
use super::{Comparison, Rewrite, RewriteKind};
use crate::touches::tree;
use squawk_syntax::{SyntaxKind, SyntaxNode};

pub(super) fn rewrite(outer: &Outer<'_>) -> Option<Rewrite> {
    let from = outer.clause(SyntaxKind::FROM_CLAUSE)?;
    let one_list = from.children().count() == 1;
    if !outer.is_plain() || outer.is_volatile() || !one_list {
        return None;
    }
    let places = own_subqueries(outer);
    let mut edits = Vec::new();
    let mut joins = String::new();
    for (place, select) in places {
        let Some(made) = Grouped::of(outer, &select, edits.len() + 1) else { continue };
        let (_, end) = span(&place);
        let in_target = place.parent().is_some_and(|p| p.kind() == SyntaxKind::TARGET);
        let named = in_target && place.next_sibling().is_some();
        let name = if in_target && !named { format!(" as {}", made.output) } else { String::new() };
        edits.push(Edit { start: span(&place).0, end, text: format!("{}{name}", made.value) });
        joins.push_str(&made.join);
    }
    if edits.is_empty() {
        return None;
    }
    edits.push(Edit::insert(span(&from).1, joins));
    edits.extend(star(outer, &from)?);
    Some(Rewrite { kind: RewriteKind::CorrelatedToJoin, sql: edited(outer.sql, edits), comparison: Comparison::SameRows })
}

/// `*` would show the joined columns, too: it becomes `alias.*` of each table there was. None when that is not the same.
fn star(outer: &Outer<'_>, from: &SyntaxNode) -> Option<Vec<Edit>> {
    let list = outer.clause(SyntaxKind::SELECT_CLAUSE).and_then(|c| tree::child(&c, SyntaxKind::TARGET_LIST))?;
    let stars: Vec<SyntaxNode> = list.children().filter(|t| outer.text(t) == "*").collect();
    if stars.is_empty() {
        return Some(Vec::new());
    }
    let merged = |t: &str| t.eq_ignore_ascii_case("using") || t.eq_ignore_ascii_case("natural");
    let derived = from.descendants().any(|n| n.kind() == SyntaxKind::SELECT);
    if derived || outer.items.iter().any(|i| i.table.is_none()) || tree::tokens(from).any(|t| merged(t.text())) {
        return None;
    }
    let all: Vec<String> = outer.items.iter().map(|i| format!("{}.*", i.alias_text)).collect();
    Some(stars.iter().map(|s| Edit::replace(s, all.join(", "))).collect())
}

/// Subqueries in the output and in WHERE that stand for one value.
fn own_subqueries(outer: &Outer<'_>) -> Vec<(SyntaxNode, SyntaxNode)> {
    let clauses = [SyntaxKind::SELECT_CLAUSE, SyntaxKind::WHERE_CLAUSE].into_iter().filter_map(|k| outer.clause(k));
    let nodes: Vec<SyntaxNode> = clauses.flat_map(|c| super::select::own_nodes(&c)).collect();
    let scalar = |n: &SyntaxNode| {
        let quantified = n.parent().is_some_and(|p| {
            p.children().any(|c| matches!(c.kind(), SyntaxKind::NOT_IN)) || super::select::own_token(&p, SyntaxKind::IN_KW)
        });
        !quantified
    };
    let mut found: Vec<_> = nodes.into_iter().filter(scalar).filter_map(|n| subquery(&n).map(|s| (n, s))).collect();
    found.sort_by_key(|(n, _)| span(n).0);
    found
}

struct Grouped {
    join: String,
    value: String,
    output: String,
}

impl Grouped {
    fn of(outer: &Outer<'_>, select: &SyntaxNode, number: usize) -> Option<Self> {
        let allowed = [SyntaxKind::SELECT_CLAUSE, SyntaxKind::FROM_CLAUSE, SyntaxKind::WHERE_CLAUSE];
        if select.children().any(|c| !allowed.contains(&c.kind())) {
            return None;
        }
        let inner = items(select, outer.catalog);
        let list = tree::child(select, SyntaxKind::SELECT_CLAUSE).and_then(|c| tree::child(&c, SyntaxKind::TARGET_LIST))?;
        let mut targets = list.children();
        let call = targets.next()?.children().next().filter(|c| c.kind() == SyntaxKind::CALL_EXPR)?;
        let function = call_name(&call).filter(|n| is_aggregate(n))?;
        if targets.next().is_some() || inner.iter().any(|i| i.table.is_none()) || inner.is_empty() {
            return None;
        }
        let is_inner = |alias: &str| inner.iter().any(|i| i.alias == alias);
        let inside = |e: &SyntaxNode| columns(e).iter().all(|(a, _)| a.as_deref().is_some_and(is_inner));
        let outside = |e: &SyntaxNode| {
            let used = columns(e);
            !used.is_empty()
                && used.iter().all(|(a, _)| a.as_deref().is_some_and(|a| !is_inner(a) && outer.items.iter().any(|i| i.alias == a)))
        };
        if !inside(&call) {
            return None;
        }
        let (mut keys, mut rest) = (Vec::new(), Vec::new());
        for condition in conjuncts_of(select) {
            let sides: Vec<SyntaxNode> = condition.children().collect();
            let equality = condition.kind() == SyntaxKind::BIN_EXPR && super::select::own_token(&condition, SyntaxKind::EQ);
            match sides.as_slice() {
                [a, b] if equality && inside(a) && outside(b) && !columns(a).is_empty() => keys.push((outer.text(a), outer.text(b))),
                [a, b] if equality && inside(b) && outside(a) && !columns(b).is_empty() => keys.push((outer.text(b), outer.text(a))),
                _ if inside(&condition) && subquery_free(&condition) => rest.push(outer.text(&condition)),
                _ => return None,
            }
        }
        if keys.is_empty() {
            return None;
        }
        Some(Self::text(outer, select, &call, &function, &keys, &rest, number))
    }

    fn text(
        outer: &Outer<'_>,
        select: &SyntaxNode,
        call: &SyntaxNode,
        function: &str,
        keys: &[(&str, &str)],
        rest: &[&str],
        number: usize,
    ) -> Self {
        let name = format!("grouped_{number}");
        let from = tree::child(select, SyntaxKind::FROM_CLAUSE).map(|f| outer.text(&f).to_owned()).unwrap_or_default();
        let output: String = keys.iter().enumerate().map(|(n, (inner, _))| format!("{inner} as key_{}, ", n + 1)).collect();
        let filter = if rest.is_empty() { String::new() } else { format!(" where {}", rest.join(" and ")) };
        let by: Vec<&str> = keys.iter().map(|(inner, _)| *inner).collect();
        let on: Vec<String> = keys.iter().enumerate().map(|(n, (_, o))| format!("{name}.key_{} = {o}", n + 1)).collect();
        let call = outer.text(call);
        let join = format!(
            " left join (select {output}{call} as value {from}{filter} group by {}) as {name} on {}",
            by.join(", "),
            on.join(" and ")
        );
        let value = if function == "count" { format!("coalesce({name}.value, 0)") } else { format!("{name}.value") };
        Self { join, value, output: function.to_owned() }
    }
}

fn subquery_free(node: &SyntaxNode) -> bool {
    !node.descendants().any(|n| n.kind() == SyntaxKind::SELECT)
}
