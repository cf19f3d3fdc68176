//! Hides the constants of plans: they are row values, or may be.

use architrave_model::plan::{Extra, Plan, PlanNode};
use architrave_sql::lex::{Lexer, TokenKind};

/// Which constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hide {
    /// Strings: the user wrote (or brought) the statement, numbers tell its shape.
    Strings,
    /// All: the constants were chosen out of statistics.
    All,
}

/// A plan with its constants hidden.
pub(crate) fn plan(plan: &Plan, hide: Hide) -> Plan {
    let mut masked = plan.clone();
    masked.query_text = plan.query_text.as_deref().map(|t| text(t, hide));
    masked.other.clear();
    node(&mut masked.root, hide);
    masked
}

/// A text with its constants hidden.
pub(crate) fn text(sql: &str, hide: Hide) -> String {
    let strings = architrave_sql::mask_literals(sql);
    if hide == Hide::Strings {
        return strings;
    }
    let piece = |token: architrave_sql::lex::Token| match token.kind {
        TokenKind::Number => "…",
        _ => strings.get(token.start..token.end).unwrap_or_default(),
    };
    Lexer::new(&strings).map(piece).collect()
}

fn node(node: &mut PlanNode, hide: Hide) {
    let single = [
        &mut node.filter,
        &mut node.index_cond,
        &mut node.recheck_cond,
        &mut node.order_by,
        &mut node.tid_cond,
        &mut node.join_filter,
        &mut node.hash_cond,
        &mut node.merge_cond,
        &mut node.one_time_filter,
        &mut node.run_condition,
        &mut node.cache_key,
    ];
    for condition in single.into_iter().flatten() {
        *condition = text(condition, hide);
    }
    for list in [&mut node.output, &mut node.sort_key, &mut node.presorted_key, &mut node.group_key] {
        for expression in list {
            *expression = text(expression, hide);
        }
    }
    for value in node.other.values_mut() {
        extra(value, hide);
    }
    for child in &mut node.children {
        self::node(child, hide);
    }
}

fn extra(value: &mut Extra, hide: Hide) {
    match value {
        Extra::Text(words) => *words = text(words, hide),
        Extra::List(values) => values.iter_mut().for_each(|v| extra(v, hide)),
        Extra::Map(values) => values.values_mut().for_each(|v| extra(v, hide)),
        Extra::Bool(_) | Extra::Int(_) | Extra::Float(_) | Extra::Null => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_hidden_everywhere() {
        let secret = PlanNode { filter: Some("((email = 'ann@example.com'::text) AND (pin = 1234))".into()), ..PlanNode::default() };
        let root = PlanNode { sort_key: vec!["(x = 'secret'::text)".into()], children: vec![secret], ..PlanNode::default() };
        let plan = Plan { root, ..Plan::default() };
        let strings = serde_json::to_string(&super::plan(&plan, Hide::Strings)).unwrap();
        assert!(!strings.contains("ann@") && !strings.contains("secret") && strings.contains("1234"), "{strings}");
        let all = serde_json::to_string(&super::plan(&plan, Hide::All)).unwrap();
        assert!(!all.contains("1234"), "{all}");
    }
}
