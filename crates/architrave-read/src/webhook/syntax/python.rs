//! Python: its tree as ours.

use super::tree::{Source, chain, children, fields, line, nameless, parse as tree, push_text, template, unescape};
use super::{Argument, Catch, Expr, Function, Key, Kind, Operator, Part, Pattern, Stmt};
use std::rc::Rc;
use tree_sitter::Node;

/// Parses a file.
pub(super) fn parse(text: &str) -> Vec<Stmt> {
    let read = tree(text, &tree_sitter_python::LANGUAGE.into());
    let program = Program(Source::new(text));
    read.map(|read| program.body(Some(read.root_node()))).unwrap_or_default()
}

struct Program<'t>(Source<'t>);

impl Program<'_> {
    /// A block's statements.
    fn body(&self, node: Option<Node<'_>>) -> Vec<Stmt> {
        let mut out = Vec::new();
        for one in node.map(children).unwrap_or_default() {
            let mut found = self.0.deeper(|| self.statement(one)).unwrap_or_default();
            out.append(&mut found);
        }
        out
    }

    fn statement(&self, node: Node<'_>) -> Vec<Stmt> {
        let field = |name: &str| node.child_by_field_name(name);
        let kind = match node.kind() {
            "function_definition" => Kind::Function(Rc::new(self.function(node, Vec::new()))),
            "decorated_definition" => return self.decorated(node),
            "class_definition" => Kind::Class(self.0.name(field("name")), self.body(field("body"))),
            "if_statement" => Kind::If(self.of(field("condition")), self.body(field("consequence")), self.or(&fields(node, "alternative"))),
            "try_statement" => self.tried(node),
            "for_statement" => Kind::Loop(self.pattern(field("left")), self.of(field("right")), self.body(field("body"))),
            "while_statement" => Kind::Loop(Pattern::Nothing, self.of(field("condition")), self.body(field("body"))),
            "with_statement" => {
                let mut out = self.opened(node);
                out.push(Stmt { line: line(node), kind: Kind::Block(self.body(field("body"))) });
                return out;
            }
            "match_statement" => Kind::Switch(self.of(field("subject")), self.cases(field("body"))),
            "return_statement" => Kind::Return(children(node).first().map(|n| self.value(*n))),
            "raise_statement" => Kind::Throw(children(node).first().map(|n| self.value(*n))),
            "break_statement" => Kind::Break,
            "continue_statement" => Kind::Continue,
            "import_statement" | "import_from_statement" => return self.import(node),
            "expression_statement" => return children(node).into_iter().map(|n| self.simple(n)).collect(),
            "ERROR" => return self.body(Some(node)),
            _ => return Vec::new(),
        };
        vec![Stmt { line: line(node), kind }]
    }

    fn simple(&self, node: Node<'_>) -> Stmt {
        let field = |name: &str| node.child_by_field_name(name);
        let kind = match node.kind() {
            "assignment" => match (self.pattern(field("left")), field("right")) {
                (_, None) => Kind::Expr(Expr::Other),
                (Pattern::Nothing, Some(right)) => Kind::Expr(Expr::Assign(Box::new(self.of(field("left"))), Box::new(self.value(right)))),
                (name, Some(right)) => Kind::Let(name, self.value(right)),
            },
            "augmented_assignment" => {
                let operator = field("operator").map(|o| self.0.text(o).trim_end_matches('=')).unwrap_or_default();
                let sum = Expr::Binary(operator_of(operator), Box::new(self.of(field("left"))), Box::new(self.of(field("right"))));
                Kind::Expr(Expr::Assign(Box::new(self.of(field("left"))), Box::new(sum)))
            }
            _ => Kind::Expr(self.value(node)),
        };
        Stmt { line: line(node), kind }
    }

    fn decorated(&self, node: Node<'_>) -> Vec<Stmt> {
        let Some(definition) = node.child_by_field_name("definition") else { return Vec::new() };
        if definition.kind() != "function_definition" {
            return self.statement(definition);
        }
        let decorators = children(node).into_iter().filter(|n| n.kind() == "decorator");
        let decorators = decorators.map(|d| self.of(children(d).first().copied())).collect();
        vec![Stmt { line: line(definition), kind: Kind::Function(Rc::new(self.function(definition, decorators))) }]
    }

    fn function(&self, node: Node<'_>, decorators: Vec<Expr>) -> Function {
        let field = |name: &str| node.child_by_field_name(name);
        let parameters = self.parameters(field("parameters"));
        Function { name: self.0.name(field("name")), decorators, ..nameless(line(node), parameters, self.body(field("body"))) }
    }

    fn parameters(&self, node: Option<Node<'_>>) -> Vec<Pattern> {
        let all = node.map(children).unwrap_or_default();
        all.into_iter().filter_map(|n| self.parameter(n)).map(Pattern::Name).collect()
    }

    fn parameter(&self, node: Node<'_>) -> Option<String> {
        match node.kind() {
            "identifier" => Some(self.0.text(node).to_owned()),
            "default_parameter" | "typed_default_parameter" => Some(self.0.name(node.child_by_field_name("name"))),
            "typed_parameter" | "list_splat_pattern" | "dictionary_splat_pattern" => self.parameter(*children(node).first()?),
            _ => None,
        }
    }

    /// What stands behind `elif` and `else`.
    fn or(&self, alternatives: &[Node<'_>]) -> Vec<Stmt> {
        let Some((first, rest)) = alternatives.split_first() else { return Vec::new() };
        if first.kind() != "elif_clause" {
            return self.body(first.child_by_field_name("body"));
        }
        let condition = self.of(first.child_by_field_name("condition"));
        let then = self.body(first.child_by_field_name("consequence"));
        let or = self.0.deeper(|| self.or(rest)).unwrap_or_default();
        vec![Stmt { line: line(*first), kind: Kind::If(condition, then, or) }]
    }

    fn tried(&self, node: Node<'_>) -> Kind {
        let (mut catches, mut last) = (Vec::new(), Vec::new());
        for clause in children(node) {
            let block = children(clause).into_iter().find(|n| n.kind() == "block");
            match clause.kind() {
                "except_clause" | "except_group_clause" => catches.push(self.handler(clause, block)),
                "else_clause" | "finally_clause" => last.extend(self.body(block)),
                _ => {}
            }
        }
        Kind::Try(self.body(node.child_by_field_name("body")), catches, last)
    }

    fn handler(&self, clause: Node<'_>, block: Option<Node<'_>>) -> Catch {
        let caught = children(clause).into_iter().find(|n| n.kind() != "block");
        let (types, name) = match caught {
            Some(caught) if caught.kind() == "as_pattern" => (children(caught).first().copied(), caught.child_by_field_name("alias")),
            caught => (caught, clause.child_by_field_name("alias")),
        };
        let mut names = Vec::new();
        if let Some(types) = types {
            self.types(types, &mut names);
        }
        Catch { types: names, name: name.map(|n| self.0.text(n).to_owned()), body: self.body(block) }
    }

    /// The words of the types: `(A, b.C)` has `A`, `b` and `C`.
    fn types(&self, node: Node<'_>, names: &mut Vec<String>) {
        if node.kind() == "identifier" {
            names.push(self.0.text(node).to_owned());
        }
        for inner in children(node) {
            self.0.deeper(|| self.types(inner, names));
        }
    }

    /// `with a as b, c:`; what they are called is bound.
    fn opened(&self, node: Node<'_>) -> Vec<Stmt> {
        let clause = children(node).into_iter().find(|n| n.kind() == "with_clause");
        let mut out = Vec::new();
        for item in clause.map(children).unwrap_or_default() {
            let Some(value) = item.child_by_field_name("value") else { continue };
            let kind = match value.kind() {
                "as_pattern" => {
                    let alias = value.child_by_field_name("alias").and_then(|a| children(a).first().copied());
                    Kind::Let(self.pattern(alias), self.of(children(value).first().copied()))
                }
                _ => Kind::Let(Pattern::Nothing, self.value(value)),
            };
            out.push(Stmt { line: line(node), kind });
        }
        out
    }

    fn cases(&self, body: Option<Node<'_>>) -> Vec<(Option<Expr>, Vec<Stmt>)> {
        let mut out = Vec::new();
        for case in body.map(children).unwrap_or_default().into_iter().filter(|n| n.kind() == "case_clause") {
            let pattern = children(case).into_iter().find(|n| n.kind() == "case_pattern");
            let pattern = pattern.and_then(|p| children(p).first().copied());
            let mut values = match pattern {
                None => vec![None],
                Some(union) if union.kind() == "union_pattern" => children(union).into_iter().map(|v| Some(self.value(v))).collect(),
                Some(one) => vec![Some(self.value(one))],
            };
            let last = values.pop().flatten();
            out.extend(values.into_iter().map(|v| (v, Vec::new())));
            let mut body = self.body(case.child_by_field_name("consequence"));
            // A case ends where the next one begins.
            body.push(Stmt { line: body.last().map_or(0, |s| s.line), kind: Kind::Break });
            out.push((last, body));
        }
        out
    }

    fn import(&self, node: Node<'_>) -> Vec<Stmt> {
        let at = line(node);
        let named = |n: Node<'_>| {
            let theirs = n.child_by_field_name("name").unwrap_or(n);
            (self.0.text(theirs).to_owned(), n.child_by_field_name("alias").map(|a| self.0.text(a).to_owned()))
        };
        let names = fields(node, "name").into_iter().map(named);
        if let Some(module) = node.child_by_field_name("module_name") {
            let names = names.map(|(theirs, ours)| (theirs.clone(), ours.unwrap_or(theirs))).collect();
            return vec![Stmt { line: at, kind: Kind::Import { module: self.0.text(module).to_owned(), names } }];
        }
        let whole = |(module, ours): (String, Option<String>)| {
            let ours = ours.unwrap_or_else(|| module.split('.').next().unwrap_or_default().to_owned());
            Stmt { line: at, kind: Kind::Import { module, names: vec![("*".to_owned(), ours)] } }
        };
        names.map(whole).collect()
    }

    /// Names that are bound; nothing for what is a place in something else.
    fn pattern(&self, node: Option<Node<'_>>) -> Pattern {
        let Some(node) = node else { return Pattern::Nothing };
        match node.kind() {
            "identifier" => Pattern::Name(self.0.text(node).to_owned()),
            "pattern_list" | "tuple_pattern" | "list_pattern" | "expression_list" | "tuple" | "list" => {
                let all = children(node).into_iter().map(|n| self.0.deeper(|| self.pattern(Some(n))).unwrap_or(Pattern::Nothing));
                Pattern::List(all.collect())
            }
            "list_splat_pattern" | "as_pattern_target" => self.pattern(children(node).first().copied()),
            _ => Pattern::Nothing,
        }
    }

    fn of(&self, node: Option<Node<'_>>) -> Expr {
        node.map_or(Expr::Other, |n| self.value(n))
    }

    fn value(&self, node: Node<'_>) -> Expr {
        self.0.deeper(|| self.expression(node)).unwrap_or(Expr::Other)
    }

    /// What a link of a chain hangs on.
    fn before(node: Node<'_>) -> Option<Node<'_>> {
        match node.kind() {
            "attribute" => node.child_by_field_name("object"),
            "subscript" => node.child_by_field_name("value"),
            "call" => node.child_by_field_name("function"),
            _ => None,
        }
    }

    fn chained(&self, of: Expr, node: Node<'_>) -> Expr {
        let of = Box::new(of);
        let field = |name: &str| node.child_by_field_name(name);
        match node.kind() {
            "attribute" => Expr::Member(of, self.0.name(field("attribute"))),
            "subscript" => Expr::Index(of, Box::new(self.of(field("subscript"))), field("subscript").map_or(line(node), line)),
            _ => {
                let given = field("arguments");
                Expr::Call { callee: of, arguments: self.arguments(given), line: given.map_or(line(node), line) }
            }
        }
    }

    fn expression(&self, node: Node<'_>) -> Expr {
        let (root, links) = chain(node, Self::before);
        links.into_iter().fold(self.plain(root), |of, link| self.chained(of, link))
    }

    fn plain(&self, node: Node<'_>) -> Expr {
        let field = |name: &str| node.child_by_field_name(name);
        let boxed = |name: &str| Box::new(self.of(field(name)));
        let all = || children(node).into_iter().map(|n| self.value(n)).collect::<Vec<_>>();
        let first = || self.of(children(node).first().copied());
        match node.kind() {
            "none" => Expr::Null,
            "true" => Expr::Bool(true),
            "false" => Expr::Bool(false),
            "identifier" => Expr::Name(self.0.text(node).to_owned(), line(node)),
            // A name with dots, as patterns of a case have it.
            "dotted_name" => {
                let mut names = children(node).into_iter();
                let root = names.next().map_or(Expr::Other, |n| self.value(n));
                names.fold(root, |of, n| Expr::Member(Box::new(of), self.0.text(n).to_owned()))
            }
            "integer" | "float" => self.0.number(node),
            "string" => template(self.parts(node)),
            "concatenated_string" => template(children(node).into_iter().fold(Vec::new(), |mut parts, one| {
                for part in self.parts(one) {
                    match part {
                        Part::Text(text) => push_text(&mut parts, &text),
                        value @ Part::Value(_) => parts.push(value),
                    }
                }
                parts
            })),
            "parenthesized_expression" => first(),
            "await" => Expr::Await(Box::new(first())),
            "dictionary" => Expr::Object(children(node).into_iter().filter_map(|n| self.entry(n)).collect()),
            "list" | "tuple" | "set" | "expression_list" | "pattern_list" => Expr::List(all()),
            "list_splat" | "dictionary_splat" => Expr::Spread(Box::new(first())),
            "lambda" => {
                let at = field("body").map_or(line(node), line);
                let body = vec![Stmt { line: at, kind: Kind::Return(Some(self.of(field("body")))) }];
                Expr::Function(Rc::new(nameless(line(node), self.parameters(field("parameters")), body)))
            }
            "conditional_expression" => match children(node).as_slice() {
                [then, condition, or] => {
                    Expr::Choice(Box::new(self.value(*condition)), Box::new(self.value(*then)), Box::new(self.value(*or)))
                }
                _ => Expr::Other,
            },
            "named_expression" => Expr::Assign(boxed("name"), boxed("value")),
            "list_comprehension" | "set_comprehension" | "generator_expression" => self.comprehension(node),
            "not_operator" => Expr::Not(boxed("argument")),
            "boolean_operator" | "binary_operator" => {
                let operator = field("operator").map(|o| self.0.text(o)).unwrap_or_default();
                Expr::Binary(operator_of(operator), boxed("left"), boxed("right"))
            }
            "comparison_operator" => self.compared(node),
            "unary_operator" => match (field("operator").map(|o| self.0.text(o)), self.of(field("argument"))) {
                (Some("-"), Expr::Number(n)) => Expr::Number(-n),
                (Some("+"), value) => value,
                _ => Expr::Other,
            },
            _ => Expr::Other,
        }
    }

    /// `a < b < c` is both.
    fn compared(&self, node: Node<'_>) -> Expr {
        let values = children(node);
        let operators = fields(node, "operators");
        let pairs = values.iter().zip(values.iter().skip(1)).zip(&operators);
        let each = pairs.map(|((left, right), operator)| {
            let words: Vec<&str> = self.0.text(*operator).split_whitespace().collect();
            Expr::Binary(operator_of(&words.join(" ")), Box::new(self.value(*left)), Box::new(self.value(*right)))
        });
        each.reduce(|a, b| Expr::Binary(Operator::And, Box::new(a), Box::new(b))).unwrap_or(Expr::Other)
    }

    fn comprehension(&self, node: Node<'_>) -> Expr {
        let inner = children(node);
        let Some(clause) = inner.iter().find(|n| n.kind() == "for_in_clause") else { return Expr::Other };
        let condition = inner.iter().find(|n| n.kind() == "if_clause").and_then(|n| children(*n).first().copied());
        Expr::Comprehension {
            element: Box::new(self.of(node.child_by_field_name("body"))),
            pattern: self.pattern(clause.child_by_field_name("left")),
            list: Box::new(self.of(clause.child_by_field_name("right"))),
            condition: condition.map(|c| Box::new(self.value(c))),
        }
    }

    fn arguments(&self, node: Option<Node<'_>>) -> Vec<Argument> {
        let Some(node) = node else { return Vec::new() };
        if node.kind() == "generator_expression" {
            return vec![Argument { name: None, value: self.value(node) }];
        }
        let one = |n: Node<'_>| match n.kind() {
            "keyword_argument" => {
                Argument { name: Some(self.0.name(n.child_by_field_name("name"))), value: self.of(n.child_by_field_name("value")) }
            }
            _ => Argument { name: None, value: self.value(n) },
        };
        children(node).into_iter().map(one).collect()
    }

    fn entry(&self, node: Node<'_>) -> Option<(Key, Expr)> {
        match node.kind() {
            "pair" => {
                let key = match self.of(node.child_by_field_name("key")) {
                    Expr::Text(text) => Key::Name(text),
                    Expr::Number(number) => Key::Name(number.to_string()),
                    other => Key::Computed(other),
                };
                Some((key, self.of(node.child_by_field_name("value"))))
            }
            "dictionary_splat" => Some((Key::Spread, self.of(children(node).first().copied()))),
            _ => None,
        }
    }

    /// Texts and values of a string.
    fn parts(&self, node: Node<'_>) -> Vec<Part> {
        let mut out = Vec::new();
        for part in children(node) {
            match part.kind() {
                "string_content" => push_text(&mut out, &self.content(part)),
                "interpolation" => out.push(Part::Value(self.of(part.child_by_field_name("expression")))),
                _ => {}
            }
        }
        out
    }

    fn content(&self, node: Node<'_>) -> String {
        let (text, from) = (self.0.text(node), node.start_byte());
        let (mut out, mut at) = (String::new(), 0);
        for escape in children(node) {
            let (start, end) = (escape.start_byte() - from, escape.end_byte() - from);
            out.push_str(text.get(at..start).unwrap_or_default());
            match escape.kind() {
                // `{{` stands for one brace.
                "escape_interpolation" => out.push_str(text.get(start..start + 1).unwrap_or_default()),
                _ => out.push_str(&unescape(text.get(start..end).unwrap_or_default())),
            }
            at = end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }
}

fn operator_of(text: &str) -> Operator {
    match text {
        "or" => Operator::Or,
        "and" => Operator::And,
        "in" => Operator::In,
        "not in" => Operator::NotIn,
        "==" | "is" => Operator::Equal,
        "!=" | "<>" | "is not" => Operator::Unequal,
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterOrEqual,
        "+" => Operator::Plus,
        "/" => Operator::Divide,
        _ => Operator::Number,
    }
}
