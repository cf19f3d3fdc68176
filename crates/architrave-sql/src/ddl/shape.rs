//! The shape of a query's result: names of its columns, and their types where they can be told.

use super::expression::{self, Call, Expression, FromItem, Query, Select};
use super::naming;
use super::state::State;
use super::syntax;
use architrave_model::name::QualifiedName;
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};
use std::collections::BTreeMap;

/// A result column; the type is empty when it cannot be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResultColumn {
    pub(crate) name: String,
    pub(crate) data_type: String,
}

/// Columns of each name that FROM brings into sight, in order.
type Scope = Vec<(String, Vec<ResultColumn>)>;

/// The result of a query; empty when it cannot be told.
pub(crate) fn of_query(state: &State, query: &SyntaxNode) -> Vec<ResultColumn> {
    Shaper { state, ctes: BTreeMap::new() }.node(query, 0)
}

/// Relations that a query reads, at any depth, without its own WITH names.
pub(crate) fn relations_of(state: &State, query: &SyntaxNode) -> Vec<QualifiedName> {
    let ctes: Vec<String> =
        query.descendants().filter_map(ast::WithTable::cast).filter_map(|w| w.name()).map(|n| syntax::name(&n)).collect();
    let mut found = Vec::new();
    for node in query.descendants() {
        if node.kind() != SyntaxKind::RELATION_NAME_REF {
            continue;
        }
        let path = syntax::path_of(&node);
        if path.len() == 1 && ctes.contains(&path[0]) {
            continue;
        }
        if let Some(name) = state.find(&path, |n| state.tables.contains(n) || state.views.contains(n))
            && !found.contains(&name)
        {
            found.push(name);
        }
    }
    found.sort();
    found
}

struct Shaper<'a> {
    state: &'a State,
    ctes: BTreeMap<String, Vec<ResultColumn>>,
}

impl Shaper<'_> {
    fn node(&mut self, node: &SyntaxNode, depth: usize) -> Vec<ResultColumn> {
        if depth > 40 {
            return Vec::new();
        }
        if let Some(with) = syntax::child::<ast::WithClause>(node) {
            for table in with.with_tables() {
                let Some(name) = table.name().map(|n| syntax::name(&n)) else { continue };
                let mut columns = table.query().map(|q| self.node(q.syntax(), depth + 1)).unwrap_or_default();
                if let Some(list) = table.column_list() {
                    for (column, name) in columns.iter_mut().zip(syntax::column_names(list.syntax())) {
                        column.name = name;
                    }
                }
                self.ctes.insert(name, columns);
            }
        }
        if let Some(compound) = ast::CompoundSelect::cast(node.clone()) {
            return compound.lhs().map(|l| self.node(l.syntax(), depth + 1)).unwrap_or_default();
        }
        if let Some(paren) = ast::ParenSelect::cast(node.clone()) {
            return paren.select().map(|s| self.node(s.syntax(), depth + 1)).unwrap_or_default();
        }
        if let Some(table) = ast::Table::cast(node.clone()) {
            let path = table.relation_name().map(|r| syntax::path(&r)).unwrap_or_default();
            return self.relation(&path);
        }
        if let Some(values) = ast::Values::cast(node.clone()) {
            let first = values.row_list().and_then(|l| l.rows().next());
            let exprs = first.iter().flat_map(ast::Row::exprs).map(|e| expression::read(&e, self.state));
            return exprs
                .enumerate()
                .map(|(at, e)| ResultColumn { name: format!("column{}", at + 1), data_type: type_of(self.state, &e, &Scope::new()) })
                .collect();
        }
        if !matches!(node.kind(), SyntaxKind::SELECT | SyntaxKind::SELECT_INTO) {
            return Vec::new();
        }
        let scope: Scope = syntax::child::<ast::FromClause>(node)
            .iter()
            .flat_map(ast::FromClause::items)
            .flat_map(|item| self.list_item(&item, depth + 1))
            .collect();
        let Some(targets) = syntax::child::<ast::SelectClause>(node).and_then(|c| c.target_list()) else { return Vec::new() };
        let mut result = Vec::new();
        for target in targets.targets() {
            let alias = target.as_name().and_then(|a| a.name()).map(|n| syntax::name(&n));
            let read = target.expr().map_or(Expression::Name(vec!["*".into()]), |e| expression::read(&e, self.state));
            self.target(&read, alias, &scope, &mut result);
        }
        result
    }

    fn list_item(&mut self, item: &ast::FromListItem, depth: usize) -> Scope {
        if depth > 40 {
            return Vec::new();
        }
        match item {
            ast::FromListItem::JoinExpr(join) => {
                let mut scope = join.from_list_item().map(|l| self.list_item(&l, depth + 1)).unwrap_or_default();
                if let Some(right) = join.join().and_then(|j| j.from_list_item()) {
                    scope.extend(self.list_item(&right, depth + 1));
                }
                scope
            }
            ast::FromListItem::FromItem(item) => {
                let alias = item.alias().and_then(|a| a.name()).map(|n| syntax::name(&n));
                match item {
                    ast::FromItem::RelationFromItem(relation) => {
                        let path = syntax::path_opt(relation.relation_name_ref()).unwrap_or_default();
                        let name = alias.or_else(|| path.last().cloned()).unwrap_or_default();
                        vec![(name, self.relation(&path))]
                    }
                    ast::FromItem::ParenFromItem(paren) => {
                        if let Some(inner) = paren.paren_expr().and_then(|p| p.from_list_item()) {
                            return self.list_item(&inner, depth + 1);
                        }
                        let query = paren.paren_select().map(|q| q.syntax().clone()).or_else(|| {
                            let paren = paren.paren_expr()?;
                            paren.syntax().children().find(|n| ast::SelectVariant::can_cast(n.kind()))
                        });
                        let columns = query.map(|q| self.node(&q, depth + 1)).unwrap_or_default();
                        vec![(alias.unwrap_or_default(), columns)]
                    }
                    _ => vec![(alias.unwrap_or_default(), Vec::new())],
                }
            }
        }
    }

    fn relation(&self, path: &[String]) -> Vec<ResultColumn> {
        if let [name] = path
            && let Some(columns) = self.ctes.get(name)
        {
            return columns.clone();
        }
        relation_columns(self.state, path)
    }

    fn target(&self, expression: &Expression, alias: Option<String>, scope: &Scope, result: &mut Vec<ResultColumn>) {
        if let Expression::Name(path) = expression
            && path.last().is_some_and(|l| l == "*")
        {
            let wanted = path.len().checked_sub(2).map(|at| path[at].as_str());
            for (name, columns) in scope {
                if wanted.is_none_or(|w| w == name) {
                    result.extend(columns.iter().cloned());
                }
            }
            return;
        }
        let name = alias.or_else(|| naming::figure_column_name(expression)).unwrap_or_else(|| "?column?".to_owned());
        result.push(ResultColumn { name, data_type: type_of(self.state, expression, scope) });
    }
}

/// Columns of a table or view.
fn relation_columns(state: &State, path: &[String]) -> Vec<ResultColumn> {
    let Some(name) = state.find(path, |n| state.tables.contains(n) || state.views.contains(n)) else { return Vec::new() };
    if let Some(table) = state.tables.get(&name) {
        return table.columns.iter().map(|c| ResultColumn { name: c.name.clone(), data_type: c.data_type.clone() }).collect();
    }
    let view = state.views.get(&name);
    view.map(|v| v.columns.iter().map(|c| ResultColumn { name: c.name.clone(), data_type: c.data_type.clone() }).collect())
        .unwrap_or_default()
}

/// The type of an expression; empty when it takes more than this to tell.
fn type_of(state: &State, expression: &Expression, scope: &Scope) -> String {
    let known = |ty: &str| ty.to_owned();
    match expression {
        Expression::Name(path) => column_type(path, scope),
        Expression::Cast(_, ty) => ty.text.clone(),
        Expression::Text(_) => known("text"),
        Expression::Number(digits) => match digits.parse::<i64>() {
            Ok(n) if i32::try_from(n).is_ok() => known("integer"),
            Ok(_) => known("bigint"),
            Err(_) => known("numeric"),
        },
        Expression::Value(word) => match word.as_str() {
            "TRUE" | "FALSE" => known("boolean"),
            "NULL" => known("text"),
            "CURRENT_DATE" => known("date"),
            "CURRENT_TIMESTAMP" => known("timestamp with time zone"),
            "LOCALTIMESTAMP" => known("timestamp without time zone"),
            "CURRENT_USER" | "SESSION_USER" | "CURRENT_ROLE" | "USER" => known("name"),
            _ => String::new(),
        },
        Expression::And(_)
        | Expression::Or(_)
        | Expression::Not(_)
        | Expression::Test(..)
        | Expression::Exists(_)
        | Expression::InQuery(..)
        | Expression::Quantified { .. } => known("boolean"),
        Expression::Infix(left, operator, right) => infix_type(state, left, operator, right, scope),
        Expression::Collate(inner, _) => type_of(state, inner, scope),
        Expression::Case { branches, otherwise, .. } => {
            let results = branches.iter().map(|(_, then)| then).chain(otherwise.as_deref());
            results.map(|e| type_of(state, e, scope)).find(|t| !t.is_empty()).unwrap_or_default()
        }
        Expression::Call(call) => call_type(state, call, scope),
        Expression::Query(query) => match query.as_ref() {
            Query::Select(select) => select_type(state, select, scope),
            Query::Raw(_) => String::new(),
        },
        _ => String::new(),
    }
}

fn select_type(state: &State, select: &Select, outer: &Scope) -> String {
    let mut scope: Scope = select.from.iter().flat_map(|f| from_scope(state, f)).collect();
    scope.extend(outer.iter().cloned());
    select.targets.first().map(|t| type_of(state, &t.expression, &scope)).unwrap_or_default()
}

fn from_scope(state: &State, item: &FromItem) -> Scope {
    match item {
        FromItem::Relation { name, alias } => {
            vec![(alias.clone().or_else(|| name.last().cloned()).unwrap_or_default(), relation_columns(state, name))]
        }
        FromItem::Join { left, right, .. } => {
            let mut scope = from_scope(state, left);
            scope.extend(from_scope(state, right));
            scope
        }
        FromItem::Query { .. } | FromItem::Raw(_) => Vec::new(),
    }
}

fn column_type(path: &[String], scope: &Scope) -> String {
    let (Some(column), qualifier) = (path.last(), path.len().checked_sub(2).map(|at| &path[at])) else { return String::new() };
    let mut candidates = scope.iter().filter(|(name, _)| qualifier.is_none_or(|q| q == name)).flat_map(|(_, columns)| columns);
    candidates.find(|c| &c.name == column).map(|c| c.data_type.clone()).unwrap_or_default()
}

fn infix_type(state: &State, left: &Expression, operator: &str, right: &Expression, scope: &Scope) -> String {
    match operator {
        "=" | "<>" | "<" | ">" | "<=" | ">=" | "~~" | "!~~" | "~~*" | "!~~*" | "~" | "!~" | "~*" | "!~*" | "@>" | "<@" | "&&" | "?"
        | "@@" | "IS DISTINCT FROM" => "boolean".to_owned(),
        "->>" | "#>>" => "text".to_owned(),
        "->" | "#>" => type_of(state, left, scope),
        "||" => {
            let (a, b) = (type_of(state, left, scope), type_of(state, right, scope));
            if a == "jsonb" || a.ends_with("[]") {
                a
            } else if b == "jsonb" || b.ends_with("[]") {
                b
            } else {
                "text".to_owned()
            }
        }
        "+" | "-" | "*" | "/" | "%" => arithmetic(&type_of(state, left, scope), &type_of(state, right, scope)),
        _ => String::new(),
    }
}

fn arithmetic(a: &str, b: &str) -> String {
    static WIDTH: &[&str] = &["smallint", "integer", "bigint", "numeric", "real", "double precision"];
    let (a, b) = (super::type_name::without_modifier(a), super::type_name::without_modifier(b));
    match (WIDTH.iter().position(|t| *t == a), WIDTH.iter().position(|t| *t == b)) {
        (Some(x), Some(y)) => WIDTH[x.max(y)].to_owned(),
        _ => String::new(),
    }
}

fn call_type(state: &State, call: &Call, scope: &Scope) -> String {
    let argument = || call.arguments.first().map(|a| super::type_name::without_modifier(&type_of(state, a, scope))).unwrap_or_default();
    let last = call.name.last().map_or("", String::as_str);
    if call.name.len() > 1 {
        let name = QualifiedName::new(&call.name[call.name.len() - 2], last);
        let overloads = state.functions.get(&name);
        return overloads.and_then(|f| f.first()).and_then(|f| f.result.clone()).unwrap_or_default();
    }
    match last {
        "count" | "row_number" | "rank" | "dense_rank" => "bigint",
        "now" | "clock_timestamp" | "statement_timestamp" | "transaction_timestamp" => "timestamp with time zone",
        "lower" | "upper" | "concat" | "concat_ws" | "format" | "substring" | "left" | "right" | "replace" | "btrim" | "md5"
        | "to_char" | "initcap" | "string_agg" => "text",
        "length" | "char_length" | "position" | "array_length" => "integer",
        "gen_random_uuid" => "uuid",
        "bool_or" | "bool_and" => "boolean",
        "jsonb_agg" | "jsonb_build_object" | "jsonb_object_agg" | "to_jsonb" => "jsonb",
        "json_agg" | "json_build_object" | "to_json" | "row_to_json" => "json",
        "extract" => "numeric",
        "random" => "double precision",
        "min" | "max" | "coalesce" | "greatest" | "least" | "nullif" | "abs" => return argument(),
        "sum" => match argument().as_str() {
            "smallint" | "integer" => "bigint",
            "bigint" | "numeric" => "numeric",
            "real" => "real",
            "double precision" => "double precision",
            _ => "",
        },
        "avg" => match argument().as_str() {
            "smallint" | "integer" | "bigint" | "numeric" => "numeric",
            "real" | "double precision" => "double precision",
            _ => "",
        },
        "array_agg" => {
            let inner = argument();
            return if inner.is_empty() { inner } else { format!("{inner}[]") };
        }
        _ => "",
    }
    .to_owned()
}
