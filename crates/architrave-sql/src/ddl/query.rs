//! Queries as part of expressions: SELECT with FROM and WHERE as a tree, everything else as words.

use super::expression::{Builder, DEEPEST, Expression, FromItem, Query, Select, Target, query_node};
use super::syntax;
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};

impl Builder<'_> {
    pub(super) fn query(&self, node: &SyntaxNode, depth: usize) -> Query {
        let raw = || Query::Raw(syntax::words(node));
        if depth > DEEPEST {
            return raw();
        }
        if let Some(paren) = ast::ParenSelect::cast(node.clone()) {
            let plain = paren.tail_clauses().next().is_none() && paren.with_clause().is_none();
            return match paren.select() {
                Some(inner) if plain => self.query(inner.syntax(), depth + 1),
                _ => raw(),
            };
        }
        let Some(select) = ast::Select::cast(node.clone()) else { return raw() };
        if select.with_clause().is_some() {
            return raw();
        }
        let Some(clause) = select.select_clause() else { return raw() };
        let mut result = Select { distinct: clause.select_quantifier().is_some(), ..Select::default() };
        for target in clause.target_list().iter().flat_map(ast::TargetList::targets) {
            let expression = match target.expr() {
                Some(expr) => self.read(&expr, depth + 1),
                None => Expression::Name(vec!["*".to_owned()]),
            };
            result.targets.push(Target { expression, alias: target.as_name().and_then(|a| a.name()).map(|n| syntax::name(&n)) });
        }
        result.from = select.from_clause().iter().flat_map(ast::FromClause::items).map(|i| self.list_item(&i, depth + 1)).collect();
        result.condition = select.where_clause().and_then(|w| w.expr()).map(|e| self.read(&e, depth + 1));
        for child in select.syntax().children() {
            let known = matches!(child.kind(), SyntaxKind::SELECT_CLAUSE | SyntaxKind::FROM_CLAUSE | SyntaxKind::WHERE_CLAUSE);
            if !known {
                result.tail.extend(syntax::words(&child));
            }
        }
        Query::Select(Box::new(result))
    }

    fn list_item(&self, item: &ast::FromListItem, depth: usize) -> FromItem {
        let raw = || FromItem::Raw(syntax::words(item.syntax()));
        if depth > DEEPEST {
            return raw();
        }
        match item {
            ast::FromListItem::JoinExpr(join) => self.join(join, depth).unwrap_or_else(raw),
            ast::FromListItem::FromItem(ast::FromItem::RelationFromItem(relation)) => {
                let Some(name) = syntax::path_opt(relation.relation_name_ref()) else { return raw() };
                FromItem::Relation {
                    name: self.names.relation(&name),
                    alias: relation.alias().and_then(|a| a.name()).map(|n| syntax::name(&n)),
                }
            }
            ast::FromListItem::FromItem(ast::FromItem::ParenFromItem(paren)) => {
                if let Some(inner) = paren.paren_expr().and_then(|p| p.from_list_item()) {
                    return self.list_item(&inner, depth + 1);
                }
                let query = paren.paren_select().map(|q| q.syntax().clone());
                let query = query.or_else(|| paren.paren_expr().and_then(|p| query_node(p.syntax())));
                let Some(query) = query else { return raw() };
                let alias = paren.alias().and_then(|a| a.name()).map(|n| syntax::name(&n));
                FromItem::Query { query: Box::new(self.query(&query, depth + 1)), alias }
            }
            ast::FromListItem::FromItem(_) => raw(),
        }
    }

    fn join(&self, expr: &ast::JoinExpr, depth: usize) -> Option<FromItem> {
        let join = expr.join()?;
        let left = self.list_item(&expr.from_list_item()?, depth + 1);
        let right = self.list_item(&join.from_list_item()?, depth + 1);
        let mut kind = join.join_type().map_or_else(|| "join".to_owned(), |t| syntax::words(t.syntax()).join(" "));
        kind = kind.replace(" outer", "").replace("inner ", "");
        let mut on = None;
        match join.join_condition() {
            Some(ast::JoinCondition::OnClause(clause)) => on = clause.expr().map(|e| self.read(&e, depth + 1)),
            Some(ast::JoinCondition::JoinUsingClause(using)) => {
                kind = format!("{kind} {}", syntax::words(using.syntax()).join(" "));
            }
            None => {}
        }
        if join.natural_token().is_some() {
            kind = format!("natural {kind}");
        }
        Some(FromItem::Join { left: Box::new(left), kind, right: Box::new(right), on })
    }
}
