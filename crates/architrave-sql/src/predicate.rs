//! Conditions as a tree: what PostgreSQL prints of policies and checks, and the queries in the bodies of helper functions.

use crate::ddl::expression::{self, AsWritten};
use crate::ddl::print;
use crate::touches::parse::on_own_stack;

pub use crate::ddl::expression::{Call, Expression, FromItem, Query, Select, Target};
pub use crate::ddl::type_name::TypeName;

/// Reads texts that hold one expression each, in their order; none for what the parser does not understand or what nests too deeply.
pub fn expressions(texts: &[&str]) -> Vec<Option<Expression>> {
    on_own_stack(|| texts.iter().map(|text| expression::parse(text, &AsWritten)).collect()).unwrap_or_else(|| vec![None; texts.len()])
}

/// Reads a text that holds one expression.
pub fn expression(text: &str) -> Option<Expression> {
    expressions(&[text]).pop().flatten()
}

/// Reads a text that holds one query, with or without the ending semicolon.
pub fn query(text: &str) -> Option<Query> {
    match expression(&format!("({})", text.trim().trim_end_matches(';')))? {
        Expression::Query(query) => Some(*query),
        _ => None,
    }
}

/// As SQL, close to PostgreSQL's own print.
pub fn text(expression: &Expression) -> String {
    print::print(expression)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_read_and_printed() {
        let read =
            expression("((team_id = ANY (ARRAY( SELECT m.team_id FROM public.members m WHERE (m.user_id = auth.uid())))) OR is_public)");
        let Some(Expression::Or(branches)) = read else { panic!("{read:?}") };
        assert_eq!(branches.len(), 2);
        assert_eq!(text(&branches[1]), "is_public");
        assert_eq!(expression("a = "), None);
    }

    #[test]
    fn a_query_is_read_with_or_without_semicolon() {
        let Some(Query::Select(select)) = query("select team_id from members where user_id = auth.uid();\n") else { panic!() };
        assert!(select.condition.is_some());
        assert!(matches!(query("select 1 union select 2"), Some(Query::Raw(_))));
        assert_eq!(query("delete from x"), None);
    }
}
