//! Expressions and queries as a small tree, read from the parser's. How they print is in `print.rs`.

use super::syntax::{self, Path};
use super::type_name::{self, TypeName};
use architrave_model::name::{SQL_VALUES, quote_ident};
use squawk_syntax::ast::{self, AstNode, BinOp, PrefixOp};
use squawk_syntax::{SourceFile, SyntaxElement, SyntaxKind, SyntaxNode};

/// How names in expressions are completed with schemas.
pub(crate) trait Names {
    /// Full name of a user-defined type.
    fn type_name(&self, parts: &[String]) -> Path;
    /// Full name of a function, unchanged when it is none of ours.
    fn function(&self, parts: &[String]) -> Path;
    /// Full name of a table or view.
    fn relation(&self, parts: &[String]) -> Path;
    /// Whether a user-defined type of that name comes before the built-in one in the search path.
    fn hides_built_in(&self, name: &str) -> bool;
}

/// Leaves every name as it stands.
pub(crate) struct AsWritten;

impl Names for AsWritten {
    fn type_name(&self, parts: &[String]) -> Path {
        parts.to_vec()
    }
    fn function(&self, parts: &[String]) -> Path {
        parts.to_vec()
    }
    fn relation(&self, parts: &[String]) -> Path {
        parts.to_vec()
    }
    fn hides_built_in(&self, _: &str) -> bool {
        false
    }
}

/// An expression. PostgreSQL's shorthand is spelled out where its own printer does so: `IN` lists, BETWEEN, LIKE.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// Column, possibly qualified; the last part may be `*`.
    Name(Path),
    /// TRUE, NULL, CURRENT_DATE and the like, in capitals.
    Value(String),
    /// Number, as written.
    Number(String),
    /// String.
    Text(String),
    /// Function call.
    Call(Box<Call>),
    /// Prefix operator.
    Prefix(String, Box<Expression>),
    /// Operator between two operands.
    Infix(Box<Expression>, String, Box<Expression>),
    /// IS NULL and other tests, in capitals.
    Test(Box<Expression>, String),
    /// NOT.
    Not(Box<Expression>),
    /// AND of two or more.
    And(Vec<Expression>),
    /// OR of two or more.
    Or(Vec<Expression>),
    /// Cast.
    Cast(Box<Expression>, TypeName),
    /// COLLATE.
    Collate(Box<Expression>, Path),
    /// CASE.
    Case {
        /// What the branches are compared with.
        operand: Option<Box<Expression>>,
        /// WHEN and THEN.
        branches: Vec<(Expression, Expression)>,
        /// ELSE.
        otherwise: Option<Box<Expression>>,
    },
    /// `ARRAY[…]`.
    Array(Vec<Expression>),
    /// `ARRAY(SELECT …)`.
    ArrayQuery(Box<Query>),
    /// `ROW(…)` or a list in brackets.
    Row(Vec<Expression>),
    /// Subscript; the text between the brackets' colons as expressions.
    Subscript(Box<Expression>, Vec<Expression>),
    /// Field of a composite value.
    Field(Box<Expression>, String),
    /// `left op ANY (right)`, or ALL.
    Quantified {
        /// Left operand.
        left: Box<Expression>,
        /// Operator.
        operator: String,
        /// ALL.
        all: bool,
        /// Array, or query.
        right: Box<Expression>,
    },
    /// `left IN (SELECT …)`.
    InQuery(Box<Expression>, Box<Query>),
    /// `EXISTS (SELECT …)`.
    Exists(Box<Query>),
    /// Scalar subquery.
    Query(Box<Query>),
    /// What has no form of its own here, as words.
    Raw(Vec<String>),
}

/// A function call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Function, as qualified as it is written.
    pub name: Path,
    /// Arguments.
    pub arguments: Vec<Expression>,
    /// DISTINCT.
    pub distinct: bool,
    /// `f(*)`.
    pub star: bool,
    /// FILTER, OVER, WITHIN GROUP, ORDER BY in the arguments: as words.
    pub tail: Vec<String>,
}

/// A query.
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// One SELECT without WITH.
    Select(Box<Select>),
    /// UNION, VALUES, WITH and the rest, as words.
    Raw(Vec<String>),
}

impl Query {
    /// The plain select it is.
    pub fn as_select(&self) -> Option<&Select> {
        match self {
            Self::Select(select) => Some(select),
            Self::Raw(_) => None,
        }
    }
}

/// A plain select.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Select {
    /// DISTINCT.
    pub distinct: bool,
    /// Result columns.
    pub targets: Vec<Target>,
    /// FROM.
    pub from: Vec<FromItem>,
    /// WHERE.
    pub condition: Option<Expression>,
    /// GROUP BY and what follows, as words.
    pub tail: Vec<String>,
}

/// A result column.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Expression.
    pub expression: Expression,
    /// AS.
    pub alias: Option<String>,
}

/// An entry of FROM.
#[derive(Debug, Clone, PartialEq)]
pub enum FromItem {
    /// Table or view.
    Relation {
        /// Name, as qualified as it is written.
        name: Path,
        /// Alias.
        alias: Option<String>,
    },
    /// Join.
    Join {
        /// Left side.
        left: Box<FromItem>,
        /// `JOIN`, `LEFT JOIN` …
        kind: String,
        /// Right side.
        right: Box<FromItem>,
        /// ON.
        on: Option<Expression>,
    },
    /// Subquery.
    Query {
        /// Query.
        query: Box<Query>,
        /// Alias.
        alias: Option<String>,
    },
    /// What has no form of its own here, as words: functions, LATERAL, USING.
    Raw(Vec<String>),
}

/// Parses text that holds one expression.
pub(crate) fn parse(text: &str, names: &dyn Names) -> Option<Expression> {
    let statement = format!("select {text}");
    if syntax::nests_too_deeply(&statement) {
        return None;
    }
    let parse = SourceFile::parse(&statement);
    if !parse.errors().is_empty() {
        return None;
    }
    let tree = parse.tree();
    let mut statements = tree.stmts();
    let Some(ast::Stmt::Select(select)) = statements.next() else { return None };
    let mut targets = select.select_clause()?.target_list()?.targets();
    let target = targets.next()?;
    if targets.next().is_some() || target.as_name().is_some() {
        return None;
    }
    Some(Builder { names }.read(&target.expr()?, 0))
}

/// Reads an expression.
pub(crate) fn read(expr: &ast::Expr, names: &dyn Names) -> Expression {
    Builder { names }.read(expr, 0)
}

/// Reads a query.
pub(crate) fn read_query(node: &SyntaxNode, names: &dyn Names) -> Query {
    Builder { names }.query(node, 0)
}

/// Deeper than this, an expression stays words: the builder and everything after it recurses.
pub(super) const DEEPEST: usize = 120;

pub(super) struct Builder<'a> {
    pub(super) names: &'a dyn Names,
}

impl Builder<'_> {
    pub(super) fn read(&self, expr: &ast::Expr, depth: usize) -> Expression {
        let raw = || Expression::Raw(syntax::words(expr.syntax()));
        if depth > DEEPEST {
            return raw();
        }
        let deeper = depth + 1;
        match expr {
            ast::Expr::ParenExpr(paren) => self.paren(paren, deeper),
            ast::Expr::NameRef(name) => name_or_value(name),
            ast::Expr::Literal(literal) => read_literal(literal),
            ast::Expr::FieldExpr(field) => self.field(field, deeper),
            ast::Expr::CallExpr(call) => self.call(call, deeper),
            ast::Expr::BinExpr(binary) => self.binary(binary, deeper).unwrap_or_else(raw),
            ast::Expr::PrefixExpr(prefix) => self.prefix(prefix, deeper).unwrap_or_else(raw),
            ast::Expr::PostfixExpr(postfix) => self.postfix(postfix, deeper).unwrap_or_else(raw),
            ast::Expr::CastExpr(cast) => self.cast(cast, deeper).unwrap_or_else(raw),
            ast::Expr::Collate(collate) => {
                let inner = collate.expr().map(|e| self.read(&e, deeper));
                let name = syntax::path_opt(collate.collation_ref());
                inner.zip(name).map_or_else(raw, |(inner, name)| Expression::Collate(Box::new(inner), name))
            }
            ast::Expr::CaseExpr(case) => self.case(case, deeper),
            ast::Expr::ArrayExpr(array) => match array.select_variant() {
                Some(query) => Expression::ArrayQuery(Box::new(self.query(query.syntax(), deeper))),
                None => Expression::Array(array.exprs().map(|e| self.read(&e, deeper)).collect()),
            },
            ast::Expr::TupleExpr(tuple) => Expression::Row(tuple.exprs().map(|e| self.read(&e, deeper)).collect()),
            ast::Expr::BetweenExpr(between) => self.between(between, deeper).unwrap_or_else(raw),
            ast::Expr::IndexExpr(_) | ast::Expr::SliceExpr(_) => {
                let mut parts = syntax::children::<ast::Expr>(expr.syntax()).map(|e| self.read(&e, deeper));
                match parts.next() {
                    Some(base) => Expression::Subscript(Box::new(base), parts.collect()),
                    None => raw(),
                }
            }
        }
    }

    fn paren(&self, paren: &ast::ParenExpr, depth: usize) -> Expression {
        if let Some(inner) = paren.expr() {
            return self.read(&inner, depth);
        }
        match query_node(paren.syntax()) {
            Some(query) => Expression::Query(Box::new(self.query(&query, depth))),
            None => Expression::Raw(syntax::words(paren.syntax())),
        }
    }

    fn field(&self, field: &ast::FieldExpr, depth: usize) -> Expression {
        if let Some(path) = dotted(field.syntax()) {
            return Expression::Name(path);
        }
        let name =
            if syntax::has(field.syntax(), SyntaxKind::STAR) { Some("*".to_owned()) } else { field.field().map(|f| syntax::name(&f)) };
        match field.base().zip(name) {
            Some((base, name)) => Expression::Field(Box::new(self.read(&base, depth)), name),
            None => Expression::Raw(syntax::words(field.syntax())),
        }
    }

    fn call(&self, call: &ast::CallExpr, depth: usize) -> Expression {
        if let Some(exists) = call.exists_fn() {
            return match query_node(exists.syntax()) {
                Some(query) => Expression::Exists(Box::new(self.query(&query, depth))),
                None => Expression::Raw(syntax::words(call.syntax())),
            };
        }
        if let Some(special) = self.special_call(call, depth) {
            return special;
        }
        let Some(written) = call.expr().and_then(|e| callee(&e)) else {
            return Expression::Raw(syntax::words(call.syntax()));
        };
        let list = call.arg_list();
        let mut arguments: Vec<Expression> = list.iter().flat_map(ast::ArgList::args).map(|a| self.argument(&a, depth)).collect();
        if written.last().is_some_and(|l| matches!(l.as_str(), "nextval" | "currval" | "setval")) {
            self.complete_sequence(&mut arguments);
        }
        let mut tail = Vec::new();
        for child in call.syntax().children() {
            if matches!(child.kind(), SyntaxKind::FILTER_CLAUSE | SyntaxKind::OVER_CLAUSE | SyntaxKind::WITHIN_CLAUSE) {
                tail.extend(syntax::words(&child));
            }
        }
        for order in list.iter().flat_map(|l| l.syntax().descendants()).filter(|n| n.kind() == SyntaxKind::ORDER_BY_CLAUSE) {
            tail.extend(syntax::words(&order));
        }
        let list_node = list.as_ref().map(AstNode::syntax);
        if written.len() == 1 && SQL_VALUES.contains(&written[0].as_str()) {
            let precision = list_node.map(syntax::plain_text).unwrap_or_default();
            return Expression::Value(format!("{}{precision}", written[0].to_ascii_uppercase()));
        }
        Expression::Call(Box::new(Call {
            name: self.names.function(&written),
            arguments,
            distinct: list.as_ref().and_then(ast::ArgList::all_or_distinct).is_some_and(|d| matches!(d, ast::AllOrDistinct::Distinct(_))),
            star: list_node.is_some_and(|n| syntax::has(n, SyntaxKind::STAR)),
            tail,
        }))
    }

    /// The literal that names a sequence gets its schema.
    fn complete_sequence(&self, arguments: &mut [Expression]) {
        let Some(first) = arguments.first_mut() else { return };
        let text = match first {
            Expression::Text(text) => Some(text.clone()),
            Expression::Cast(inner, _) => match inner.as_ref() {
                Expression::Text(text) => Some(text.clone()),
                _ => None,
            },
            _ => None,
        };
        if let Some(text) = text {
            let full = self.names.relation(&split_name(&text));
            *first = Expression::Text(full.iter().map(|p| quote_ident(p)).collect::<Vec<_>>().join("."));
        }
    }

    fn argument(&self, argument: &ast::Arg, depth: usize) -> Expression {
        match argument.func_arg_expr() {
            Some(ast::FuncArgExpr::Expr(expr)) => self.read(&expr, depth),
            Some(ast::FuncArgExpr::NamedArg(named)) => {
                let value = named.expr().map_or(Expression::Raw(Vec::new()), |e| self.read(&e, depth));
                match named.name() {
                    Some(name) => {
                        Expression::Infix(Box::new(Expression::Name(vec![syntax::name(&name)])), "=>".to_owned(), Box::new(value))
                    }
                    None => value,
                }
            }
            None => Expression::Raw(syntax::words(argument.syntax())),
        }
    }

    /// Calls with a grammar of their own become plain calls of the function behind them.
    fn special_call(&self, call: &ast::CallExpr, depth: usize) -> Option<Expression> {
        let plain = |name: &str, arguments: Vec<Expression>| Some(plain_call(name, arguments));
        let operands = |node: &SyntaxNode| {
            let mut found = Vec::new();
            collect_operands(node, &mut found);
            found.iter().map(|e| self.read(e, depth)).collect::<Vec<_>>()
        };
        if let Some(extract) = call.extract_fn() {
            let field = extract.extract_field()?;
            let text: String = syntax::plain_text(field.syntax()).trim_matches('\'').to_ascii_lowercase();
            return plain("extract", vec![Expression::Text(text), self.read(&extract.expr()?, depth)]);
        }
        if let Some(substring) = call.substring_fn() {
            if syntax::has_deep(substring.syntax(), SyntaxKind::SIMILAR_KW) {
                return None;
            }
            return plain("substring", operands(substring.syntax()));
        }
        if let Some(trim) = call.trim_fn() {
            let name = match trim.trim_side() {
                Some(ast::TrimSide::TrimLeading(_)) => "ltrim",
                Some(ast::TrimSide::TrimTrailing(_)) => "rtrim",
                _ => "btrim",
            };
            let mut arguments = operands(trim.syntax());
            if matches!(trim.trim_args(), Some(ast::TrimArgs::TrimExprFrom(_))) {
                arguments.reverse();
            }
            return plain(name, arguments);
        }
        if let Some(position) = call.position_fn() {
            let mut arguments = operands(position.syntax());
            arguments.reverse();
            return plain("position", arguments);
        }
        if let Some(overlay) = call.overlay_fn() {
            return plain("overlay", operands(overlay.syntax()));
        }
        None
    }

    fn binary(&self, binary: &ast::BinExpr, depth: usize) -> Option<Expression> {
        let op = binary.op()?;
        if matches!(op, BinOp::And(_) | BinOp::Or(_)) {
            return Some(self.connected(binary, matches!(op, BinOp::And(_)), depth));
        }
        if matches!(op, BinOp::CustomOp(_)) {
            return self.operator_chain(binary, depth);
        }
        let (left, right) = (binary.lhs()?, binary.rhs()?);
        let infix = |name: &str| {
            let right = self.read(&right, depth);
            Some(self.compare(self.read(&left, depth), name, right, &binary.rhs()?, depth))
        };
        match op {
            BinOp::In(_) => self.in_list(&left, &right, false, depth),
            BinOp::NotIn(_) => self.in_list(&left, &right, true, depth),
            BinOp::Is(_) => Some(test(self.read(&left, depth), "IS", &right)),
            BinOp::IsNot(_) => Some(test(self.read(&left, depth), "IS NOT", &right)),
            BinOp::IsDistinctFrom(_) => infix("IS DISTINCT FROM"),
            BinOp::IsNotDistinctFrom(_) => infix("IS DISTINCT FROM").map(|e| Expression::Not(Box::new(e))),
            BinOp::Like(_) => infix("~~"),
            BinOp::NotLike(_) => infix("!~~"),
            BinOp::Ilike(_) => infix("~~*"),
            BinOp::NotIlike(_) => infix("!~~*"),
            BinOp::SimilarTo(_) | BinOp::NotSimilarTo(_) => {
                let pattern = plain_call("similar_to_escape", vec![self.read(&right, depth)]);
                let name = if matches!(op, BinOp::SimilarTo(_)) { "~" } else { "!~" };
                Some(Expression::Infix(Box::new(self.read(&left, depth)), name.into(), Box::new(pattern)))
            }
            BinOp::AtTimeZone(_) => infix("AT TIME ZONE"),
            BinOp::Neq(_) | BinOp::Neqb(_) => infix("<>"),
            BinOp::OperatorCall(call) => infix(&operator_name(call.syntax())),
            BinOp::Escape(_) => Some(plain_call("like_escape", vec![self.read(&left, depth), self.read(&right, depth)])),
            BinOp::ColonEq(t)
            | BinOp::FatArrow(t)
            | BinOp::Caret(t)
            | BinOp::Eq(t)
            | BinOp::Gteq(t)
            | BinOp::LAngle(t)
            | BinOp::Lteq(t)
            | BinOp::Minus(t)
            | BinOp::Percent(t)
            | BinOp::Plus(t)
            | BinOp::RAngle(t)
            | BinOp::Slash(t)
            | BinOp::Star(t) => infix(t.text()),
            BinOp::Overlaps(_) => {
                let sides = [self.read(&left, depth), self.read(&right, depth)];
                let flat = sides.into_iter().flat_map(|side| match side {
                    Expression::Row(parts) => parts,
                    other => vec![other],
                });
                Some(plain_call("overlaps", flat.collect()))
            }
            BinOp::And(_) | BinOp::Or(_) | BinOp::CustomOp(_) | BinOp::ColonColon(_) => None,
        }
    }

    /// A comparison, which is a quantified one when its right side is ANY or ALL.
    fn compare(&self, left: Expression, operator: &str, right: Expression, node: &ast::Expr, depth: usize) -> Expression {
        let (list, all) = match node {
            ast::Expr::CallExpr(call) => match (call.any_fn(), call.some_fn(), call.all_fn()) {
                (Some(f), _, _) => (f.syntax().clone(), false),
                (_, Some(f), _) => (f.syntax().clone(), false),
                (_, _, Some(f)) => (f.syntax().clone(), true),
                _ => return Expression::Infix(Box::new(left), operator.to_owned(), Box::new(right)),
            },
            _ => return Expression::Infix(Box::new(left), operator.to_owned(), Box::new(right)),
        };
        if let Some(query) = query_node(&list) {
            let query = Box::new(self.query(&query, depth));
            if operator == "=" && !all {
                return Expression::InQuery(Box::new(left), query);
            }
            return Expression::Quantified {
                left: Box::new(left),
                operator: operator.to_owned(),
                all,
                right: Box::new(Expression::Query(query)),
            };
        }
        match syntax::child::<ast::Expr>(&list) {
            Some(expr) => Expression::Quantified {
                left: Box::new(left),
                operator: operator.to_owned(),
                all,
                right: Box::new(self.read(&expr, depth)),
            },
            None => Expression::Infix(Box::new(left), operator.to_owned(), Box::new(right)),
        }
    }

    /// AND and OR with all their operands, however long the chain.
    fn connected(&self, binary: &ast::BinExpr, and: bool, depth: usize) -> Expression {
        let mut operands = Vec::new();
        let mut pending = vec![ast::Expr::BinExpr(binary.clone())];
        while let Some(next) = pending.pop() {
            match &next {
                ast::Expr::BinExpr(inner)
                    if inner.op().is_some_and(|o| if and { matches!(o, BinOp::And(_)) } else { matches!(o, BinOp::Or(_)) }) =>
                {
                    pending.extend(inner.rhs());
                    pending.extend(inner.lhs());
                }
                ast::Expr::ParenExpr(paren) if paren.expr().is_some() => pending.extend(paren.expr()),
                other => match self.read(other, depth) {
                    Expression::And(more) if and => operands.extend(more),
                    Expression::Or(more) if !and => operands.extend(more),
                    single => operands.push(single),
                },
            }
        }
        if and { Expression::And(operands) } else { Expression::Or(operands) }
    }

    /// Custom operators group to the left, whichever way the parser leaned.
    fn operator_chain(&self, binary: &ast::BinExpr, depth: usize) -> Option<Expression> {
        let mut result = self.read(&binary.lhs()?, depth);
        let mut current = binary.clone();
        loop {
            let name = operator_of(&current)?;
            let right = current.rhs()?;
            match &right {
                ast::Expr::BinExpr(next) if matches!(next.op(), Some(BinOp::CustomOp(_))) => {
                    let middle = self.read(&next.lhs()?, depth);
                    result = Expression::Infix(Box::new(result), name, Box::new(middle));
                    current = next.clone();
                }
                other => {
                    let value = self.read(other, depth);
                    return Some(self.compare(result, &name, value, other, depth));
                }
            }
        }
    }

    fn in_list(&self, left: &ast::Expr, right: &ast::Expr, negated: bool, depth: usize) -> Option<Expression> {
        let left = self.read(left, depth);
        let list = match right {
            ast::Expr::TupleExpr(tuple) => tuple.exprs().map(|e| self.read(&e, depth)).collect::<Vec<_>>(),
            ast::Expr::ParenExpr(paren) => {
                if let Some(single) = paren.expr() {
                    vec![self.read(&single, depth)]
                } else {
                    let query = Box::new(self.query(&query_node(paren.syntax())?, depth));
                    let test = Expression::InQuery(Box::new(left), query);
                    return Some(if negated { Expression::Not(Box::new(test)) } else { test });
                }
            }
            _ => return None,
        };
        let operator = if negated { "<>" } else { "=" }.to_owned();
        if list.len() == 1 {
            return list.into_iter().next().map(|only| Expression::Infix(Box::new(left), operator, Box::new(only)));
        }
        Some(Expression::Quantified { left: Box::new(left), operator, all: negated, right: Box::new(Expression::Array(list)) })
    }

    fn prefix(&self, prefix: &ast::PrefixExpr, depth: usize) -> Option<Expression> {
        let inner = self.read(&prefix.expr()?, depth);
        Some(match prefix.op()? {
            PrefixOp::Not(_) => Expression::Not(Box::new(inner)),
            PrefixOp::Minus(_) => match inner {
                Expression::Number(digits) if !digits.starts_with('-') => Expression::Number(format!("-{digits}")),
                other => Expression::Prefix("-".to_owned(), Box::new(other)),
            },
            PrefixOp::Plus(_) => Expression::Prefix("+".to_owned(), Box::new(inner)),
            PrefixOp::CustomOp(op) => Expression::Prefix(syntax::words(op.syntax()).concat(), Box::new(inner)),
            PrefixOp::OperatorCall(call) => Expression::Prefix(operator_name(call.syntax()), Box::new(inner)),
        })
    }

    fn postfix(&self, postfix: &ast::PostfixExpr, depth: usize) -> Option<Expression> {
        let inner = self.read(&postfix.expr()?, depth);
        let test = match postfix.op()? {
            ast::PostfixOp::IsNull(_) => "IS NULL".to_owned(),
            ast::PostfixOp::NotNull(_) => "IS NOT NULL".to_owned(),
            other => {
                let element = other.syntax_element();
                element.as_node().map(|n| syntax::words(n).join(" ").to_ascii_uppercase())?
            }
        };
        Some(Expression::Test(Box::new(inner), test))
    }

    fn cast(&self, cast: &ast::CastExpr, depth: usize) -> Option<Expression> {
        let mut ty = type_name::read(&cast.ty()?, self.names);
        if let Some(fields) = cast.interval_qualifier() {
            ty.text = format!("interval {}", syntax::words(fields.syntax()).join(" "));
        }
        let inner = match (cast.expr(), cast.literal()) {
            (Some(expr), _) => self.read(&expr, depth),
            (None, Some(literal)) => read_literal(&literal),
            (None, None) => return None,
        };
        Some(Expression::Cast(Box::new(inner), ty))
    }

    fn case(&self, case: &ast::CaseExpr, depth: usize) -> Expression {
        let branches = case.when_clause_list().map(|list| syntax::children::<ast::WhenClause>(list.syntax()).collect::<Vec<_>>());
        let branches = branches.unwrap_or_default();
        let read = |e: Option<ast::Expr>| e.map_or(Expression::Raw(Vec::new()), |e| self.read(&e, depth));
        Expression::Case {
            operand: case.expr().map(|e| Box::new(self.read(&e, depth))),
            branches: branches.iter().map(|b| (read(b.condition()), read(b.then()))).collect(),
            otherwise: case.else_clause().and_then(|e| e.expr()).map(|e| Box::new(self.read(&e, depth))),
        }
    }

    fn between(&self, between: &ast::BetweenExpr, depth: usize) -> Option<Expression> {
        if matches!(between.between_symmetry(), Some(ast::BetweenSymmetry::Symmetric(_))) {
            return None;
        }
        let target = self.read(&between.target()?, depth);
        let (start, end) = (self.read(&between.start()?, depth), self.read(&between.end()?, depth));
        let not = between.not_token().is_some();
        let compare = |op: &str, bound: Expression| Expression::Infix(Box::new(target.clone()), op.to_owned(), Box::new(bound));
        Some(if not {
            Expression::Or(vec![compare("<", start), compare(">", end)])
        } else {
            Expression::And(vec![compare(">=", start), compare("<=", end)])
        })
    }
}

/// A call of a function by name with nothing but arguments.
fn plain_call(name: &str, arguments: Vec<Expression>) -> Expression {
    Expression::Call(Box::new(Call { name: vec![name.to_owned()], arguments, distinct: false, star: false, tail: Vec::new() }))
}

fn name_or_value(name: &ast::NameRef) -> Expression {
    let text = syntax::name(name);
    let quoted = name.syntax().first_token().is_some_and(|t| t.text().starts_with('"'));
    if !quoted && SQL_VALUES.contains(&text.as_str()) {
        return Expression::Value(text.to_ascii_uppercase());
    }
    Expression::Name(vec![text])
}

fn read_literal(literal: &ast::Literal) -> Expression {
    let Some(kind) = literal.kind() else { return Expression::Raw(syntax::words(literal.syntax())) };
    match kind {
        ast::LitKind::IntNumber(token) | ast::LitKind::NumericNumber(token) => Expression::Number(token.text().to_ascii_lowercase()),
        ast::LitKind::True(_) => Expression::Value("TRUE".into()),
        ast::LitKind::False(_) => Expression::Value("FALSE".into()),
        ast::LitKind::Null(_) => Expression::Value("NULL".into()),
        ast::LitKind::Default(_) => Expression::Value("DEFAULT".into()),
        ast::LitKind::String(_)
        | ast::LitKind::EscString(_)
        | ast::LitKind::DollarQuotedString(_)
        | ast::LitKind::UnicodeEscString(_)
        | ast::LitKind::NationalString(_) => {
            literal.string_value().map_or_else(|| Expression::Raw(syntax::words(literal.syntax())), Expression::Text)
        }
        ast::LitKind::BitString(_)
        | ast::LitKind::ByteString(_)
        | ast::LitKind::Off(_)
        | ast::LitKind::On(_)
        | ast::LitKind::PositionalParam(_) => Expression::Raw(syntax::words(literal.syntax())),
    }
}

/// `a.b.c` as parts, when it is nothing but names.
fn dotted(node: &SyntaxNode) -> Option<Path> {
    let mut parts = Vec::new();
    for element in node.descendants_with_tokens() {
        match element {
            SyntaxElement::Node(n) if matches!(n.kind(), SyntaxKind::FIELD_EXPR | SyntaxKind::NAME_REF) => {
                if n.kind() == SyntaxKind::NAME_REF {
                    parts.push(syntax::name_of(&n));
                }
            }
            SyntaxElement::Token(t) if t.kind() == SyntaxKind::STAR => parts.push("*".to_owned()),
            SyntaxElement::Token(_) => {}
            SyntaxElement::Node(_) => return None,
        }
    }
    Some(parts)
}

fn callee(expr: &ast::Expr) -> Option<Path> {
    match expr {
        ast::Expr::NameRef(name) => Some(vec![syntax::name(name)]),
        ast::Expr::FieldExpr(field) => dotted(field.syntax()),
        _ => None,
    }
}

/// The parts of a qualified name inside a string literal.
pub(crate) fn split_name(text: &str) -> Path {
    let (mut parts, mut part, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = text.trim().chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                part.push('"');
                chars.next();
            }
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(std::mem::take(&mut part)),
            c if quoted => part.push(c),
            c => part.extend(c.to_lowercase()),
        }
    }
    parts.push(part);
    parts
}

/// The query below a parenthesis, EXISTS, ANY or ARRAY.
pub(super) fn query_node(node: &SyntaxNode) -> Option<SyntaxNode> {
    node.children().find(|n| ast::SelectVariant::can_cast(n.kind()))
}

fn collect_operands(node: &SyntaxNode, found: &mut Vec<ast::Expr>) {
    for child in node.children() {
        match ast::Expr::cast(child.clone()) {
            Some(expr) => found.push(expr),
            None => collect_operands(&child, found),
        }
    }
}

fn operator_of(binary: &ast::BinExpr) -> Option<String> {
    match binary.op()? {
        BinOp::CustomOp(op) => Some(syntax::words(op.syntax()).concat()),
        _ => None,
    }
}

/// The operator inside `OPERATOR(schema.op)`.
fn operator_name(node: &SyntaxNode) -> String {
    let mut symbols = String::new();
    for token in syntax::all_tokens(node) {
        let text = token.text();
        if text.chars().all(|c| "+-*/<>=~!@#%^&|`?".contains(c)) {
            symbols.push_str(text);
        }
    }
    symbols
}

fn test(left: Expression, verb: &str, right: &ast::Expr) -> Expression {
    Expression::Test(Box::new(left), format!("{verb} {}", syntax::words(right.syntax()).join(" ").to_ascii_uppercase()))
}
