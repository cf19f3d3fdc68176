//! JavaScript and TypeScript: their tree as ours. Types are left out.

use super::tree::{Source, chain, children, fields, has, line, nameless, parse as tree, push_text, template, unescape};
use super::{Argument, Catch, Expr, Function, Key, Kind, Operator, Part, Pattern, Stmt};
use std::rc::Rc;
use tree_sitter::Node;

/// Parses a file.
pub(super) fn parse(text: &str) -> Vec<Stmt> {
    // `<T>x` is a cast in the one and an element in the other.
    let plain = tree(text, &tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into());
    let read = match plain {
        Some(read) if !read.root_node().has_error() => Some(read),
        plain => {
            tree(text, &tree_sitter_typescript::LANGUAGE_TSX.into()).filter(|t| plain.is_none() || !t.root_node().has_error()).or(plain)
        }
    };
    let program = Program(Source::new(text));
    read.map(|read| program.statements(read.root_node())).unwrap_or_default()
}

struct Program<'t>(Source<'t>);

impl Program<'_> {
    fn statements(&self, node: Node<'_>) -> Vec<Stmt> {
        self.each(children(node))
    }

    fn each(&self, nodes: Vec<Node<'_>>) -> Vec<Stmt> {
        let mut out = Vec::new();
        for node in nodes {
            let mut found = self.0.deeper(|| self.statement(node)).unwrap_or_default();
            out.append(&mut found);
        }
        out
    }

    /// A block's statements, or the one that stands alone.
    fn body(&self, node: Option<Node<'_>>) -> Vec<Stmt> {
        match node {
            Some(block) if matches!(block.kind(), "statement_block" | "class_body" | "else_clause" | "finally_clause") => {
                let inner = children(block);
                match inner.as_slice() {
                    [only] if only.kind() == "statement_block" => self.statements(*only),
                    _ => self.each(inner),
                }
            }
            Some(one) => self.each(vec![one]),
            None => Vec::new(),
        }
    }

    fn statement(&self, node: Node<'_>) -> Vec<Stmt> {
        let field = |name: &str| node.child_by_field_name(name);
        let kind = match node.kind() {
            "lexical_declaration" | "variable_declaration" => return self.declarations(node),
            "function_declaration" | "generator_function_declaration" => Kind::Function(Rc::new(self.function(node))),
            "class_declaration" | "abstract_class_declaration" => Kind::Class(self.0.name(field("name")), self.members(field("body"))),
            "if_statement" => Kind::If(self.of(field("condition")), self.body(field("consequence")), self.body(field("alternative"))),
            "switch_statement" => Kind::Switch(self.of(field("value")), self.cases(field("body"))),
            "try_statement" => {
                let catches = field("handler").map(|handler| Catch {
                    types: Vec::new(),
                    name: handler.child_by_field_name("parameter").filter(|p| p.kind() == "identifier").map(|p| self.0.text(p).to_owned()),
                    body: self.body(handler.child_by_field_name("body")),
                });
                Kind::Try(self.body(field("body")), catches.into_iter().collect(), self.body(field("finalizer")))
            }
            "return_statement" => Kind::Return(children(node).first().map(|n| self.value(*n))),
            "throw_statement" => Kind::Throw(children(node).first().map(|n| self.value(*n))),
            "break_statement" => Kind::Break,
            "continue_statement" => Kind::Continue,
            "for_in_statement" => Kind::Loop(self.pattern(field("left")), self.of(field("right")), self.body(field("body"))),
            "for_statement" => Kind::Loop(Pattern::Nothing, Expr::Other, self.body(field("body"))),
            "while_statement" => Kind::Loop(Pattern::Nothing, self.of(field("condition")), self.body(field("body"))),
            "do_statement" => Kind::Block(self.body(field("body"))),
            "labeled_statement" => return self.body(field("body")),
            "statement_block" => Kind::Block(self.statements(node)),
            "import_statement" => return self.import(node),
            "export_statement" => return self.export(node),
            "expression_statement" => match children(node).first() {
                Some(inner) if inner.kind() == "internal_module" => return Vec::new(),
                Some(inner) => Kind::Expr(self.value(*inner)),
                None => return Vec::new(),
            },
            // What the parser could not make sense of may hold what it could.
            "ERROR" => return self.statements(node),
            kind if declares_types(kind) => return Vec::new(),
            _ => Kind::Expr(self.value(node)),
        };
        vec![Stmt { line: line(node), kind }]
    }

    fn declarations(&self, node: Node<'_>) -> Vec<Stmt> {
        let declared = children(node).into_iter().filter(|n| n.kind() == "variable_declarator");
        let one = |n: Node<'_>| {
            let value = n.child_by_field_name("value").map_or(Expr::Null, |v| self.value(v));
            Stmt { line: line(node), kind: Kind::Let(self.pattern(n.child_by_field_name("name")), value) }
        };
        declared.map(one).collect()
    }

    fn cases(&self, body: Option<Node<'_>>) -> Vec<(Option<Expr>, Vec<Stmt>)> {
        let all = body.map(children).unwrap_or_default();
        all.into_iter().map(|case| (case.child_by_field_name("value").map(|v| self.value(v)), self.each(fields(case, "body")))).collect()
    }

    /// Methods and fields of a class.
    fn members(&self, body: Option<Node<'_>>) -> Vec<Stmt> {
        let mut out = Vec::new();
        for member in body.map(children).unwrap_or_default() {
            let kind = match member.kind() {
                "method_definition" => Kind::Function(Rc::new(self.function(member))),
                "public_field_definition" => match member.child_by_field_name("value") {
                    Some(value) => Kind::Let(Pattern::Name(self.0.name(member.child_by_field_name("name"))), self.value(value)),
                    None => continue,
                },
                _ => continue,
            };
            out.push(Stmt { line: line(member), kind });
        }
        out
    }

    fn module(&self, node: Node<'_>) -> Option<String> {
        match self.value(node.child_by_field_name("source")?) {
            Expr::Text(text) => Some(text),
            _ => None,
        }
    }

    /// `a as b` of an import or export: theirs, ours.
    fn named(&self, specifier: Node<'_>) -> (String, String) {
        let theirs = self.0.name(specifier.child_by_field_name("name"));
        let ours = specifier.child_by_field_name("alias").map_or_else(|| theirs.clone(), |n| self.0.text(n).to_owned());
        (theirs, ours)
    }

    fn import(&self, node: Node<'_>) -> Vec<Stmt> {
        let Some(module) = self.module(node) else { return Vec::new() };
        let mut names = Vec::new();
        let clause = children(node).into_iter().find(|n| n.kind() == "import_clause");
        for part in clause.map(children).unwrap_or_default() {
            match part.kind() {
                "identifier" => names.push(("default".to_owned(), self.0.text(part).to_owned())),
                "namespace_import" => names.extend(children(part).first().map(|n| ("*".to_owned(), self.0.text(*n).to_owned()))),
                _ => names.extend(children(part).into_iter().map(|n| self.named(n))),
            }
        }
        vec![Stmt { line: line(node), kind: Kind::Import { module, names } }]
    }

    fn export(&self, node: Node<'_>) -> Vec<Stmt> {
        let at = line(node);
        let exported = |module, names| Stmt { line: at, kind: Kind::Export { module, names } };
        let default = has(node, "default");
        if let Some(declared) = node.child_by_field_name("declaration") {
            let mut out = self.statement(declared);
            let names: Vec<String> = out.iter().flat_map(names_of).collect();
            if default {
                let what = names.first().map_or(Expr::Other, |name| Expr::Name(name.clone(), at));
                // `export default function (…) {…}` has no name.
                let what = match out.last().map(|s| &s.kind) {
                    Some(Kind::Function(function)) => Expr::Function(function.clone()),
                    _ => what,
                };
                out.retain(|s| !matches!(&s.kind, Kind::Function(f) if f.name.is_empty()));
                out.push(Stmt { line: at, kind: Kind::Let(Pattern::Name("default".to_owned()), what) });
                out.push(exported(None, vec![("default".to_owned(), "default".to_owned())]));
                return out;
            }
            out.push(exported(None, names.into_iter().map(|n| (n.clone(), n)).collect()));
            return out;
        }
        if let Some(value) = node.child_by_field_name("value") {
            let what = Kind::Let(Pattern::Name("default".to_owned()), self.value(value));
            return vec![Stmt { line: at, kind: what }, exported(None, vec![("default".to_owned(), "default".to_owned())])];
        }
        let module = self.module(node);
        let inner = children(node);
        if let Some(clause) = inner.iter().find(|n| n.kind() == "export_clause") {
            return vec![exported(module, children(*clause).into_iter().map(|n| self.named(n)).collect())];
        }
        let all = inner.iter().find(|n| n.kind() == "namespace_export").and_then(|n| children(*n).first().copied());
        let ours = all.map_or_else(|| "*".to_owned(), |n| self.0.text(n).to_owned());
        vec![exported(module, vec![("*".to_owned(), ours)])]
    }

    fn function(&self, node: Node<'_>) -> Function {
        let field = |name: &str| node.child_by_field_name(name);
        let parameters = match field("parameter") {
            Some(one) => vec![self.pattern(Some(one))],
            None => field("parameters").map(children).unwrap_or_default().into_iter().map(|p| self.parameter(p)).collect(),
        };
        let body = match field("body") {
            Some(block) if block.kind() == "statement_block" => self.statements(block),
            Some(value) => vec![Stmt { line: line(value), kind: Kind::Return(Some(self.value(value))) }],
            None => Vec::new(),
        };
        Function { name: self.0.name(field("name")), ..nameless(line(node), parameters, body) }
    }

    fn parameter(&self, node: Node<'_>) -> Pattern {
        match self.pattern(node.child_by_field_name("pattern")) {
            Pattern::Nothing => self.pattern(Some(node)),
            known => known,
        }
    }

    fn pattern(&self, node: Option<Node<'_>>) -> Pattern {
        node.and_then(|node| self.0.deeper(|| self.bound(node))).unwrap_or(Pattern::Nothing)
    }

    fn bound(&self, node: Node<'_>) -> Pattern {
        match node.kind() {
            "identifier" | "shorthand_property_identifier_pattern" => Pattern::Name(self.0.text(node).to_owned()),
            "rest_pattern" => self.pattern(children(node).first().copied()),
            "assignment_pattern" => self.pattern(node.child_by_field_name("left")),
            "object_pattern" => Pattern::Object(children(node).into_iter().filter_map(|n| self.bound_key(n)).collect()),
            "array_pattern" => {
                // A hole has no node: the commas tell.
                let mut out = Vec::new();
                let mut filled = false;
                let mut cursor = node.walk();
                for part in node.children(&mut cursor) {
                    match part.kind() {
                        "," if !std::mem::take(&mut filled) => out.push(Pattern::Nothing),
                        _ if part.is_named() && part.kind() != "comment" => {
                            out.push(self.pattern(Some(part)));
                            filled = true;
                        }
                        _ => {}
                    }
                }
                Pattern::List(out)
            }
            _ => Pattern::Nothing,
        }
    }

    /// A key of a pattern, what it is bound to, and its default.
    fn bound_key(&self, node: Node<'_>) -> Option<(String, Pattern, Option<Expr>)> {
        let field = |name: &str| node.child_by_field_name(name);
        let with_default = |target: Node<'_>| match target.kind() {
            "assignment_pattern" => {
                (self.pattern(target.child_by_field_name("left")), target.child_by_field_name("right").map(|d| self.value(d)))
            }
            _ => (self.pattern(Some(target)), None),
        };
        match node.kind() {
            "shorthand_property_identifier_pattern" => Some((self.0.text(node).to_owned(), self.pattern(Some(node)), None)),
            "object_assignment_pattern" => {
                let left = field("left")?;
                Some((self.0.text(left).to_owned(), self.pattern(Some(left)), field("right").map(|d| self.value(d))))
            }
            "pair_pattern" => {
                let Key::Name(key) = self.key(field("key")?) else { return None };
                let (target, default) = with_default(field("value")?);
                Some((key, target, default))
            }
            "rest_pattern" => Some(("...".to_owned(), self.pattern(children(node).first().copied()), None)),
            _ => None,
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
            "member_expression" | "subscript_expression" => node.child_by_field_name("object"),
            "call_expression" => node.child_by_field_name("function"),
            "non_null_expression" => children(node).first().copied(),
            _ => None,
        }
    }

    fn chained(&self, of: Expr, node: Node<'_>) -> Expr {
        let field = |name: &str| node.child_by_field_name(name);
        match node.kind() {
            "member_expression" => Expr::Member(Box::new(of), self.0.name(field("property")).trim_start_matches('#').to_owned()),
            "subscript_expression" => Expr::Index(Box::new(of), Box::new(self.of(field("index"))), field("index").map_or(line(node), line)),
            "call_expression" => self.call(of, field("arguments"), node),
            _ => of,
        }
    }

    fn expression(&self, node: Node<'_>) -> Expr {
        let (root, links) = chain(node, Self::before);
        links.into_iter().fold(self.plain(root), |of, link| self.chained(of, link))
    }

    fn plain(&self, node: Node<'_>) -> Expr {
        let field = |name: &str| node.child_by_field_name(name);
        let boxed = |name: &str| Box::new(self.of(field(name)));
        let first = || self.of(children(node).first().copied());
        match node.kind() {
            "undefined" | "null" => Expr::Null,
            "true" => Expr::Bool(true),
            "false" => Expr::Bool(false),
            "identifier" | "this" | "super" | "import" | "shorthand_property_identifier" => {
                Expr::Name(self.0.text(node).to_owned(), line(node))
            }
            "number" => self.0.number(node),
            "string" | "template_string" => template(self.parts(node)),
            // Types apart, that is its value.
            "parenthesized_expression" | "as_expression" | "satisfies_expression" => first(),
            "type_assertion" | "sequence_expression" => self.of(children(node).last().copied()),
            "new_expression" => {
                let arguments = field("arguments");
                let at = arguments.map_or(line(node), line);
                Expr::Call { callee: boxed("constructor"), arguments: self.arguments(arguments), line: at }
            }
            "object" => Expr::Object(children(node).into_iter().filter_map(|n| self.entry(n)).collect()),
            "array" => Expr::List(children(node).into_iter().map(|n| self.value(n)).collect()),
            "spread_element" => Expr::Spread(Box::new(first())),
            "arrow_function" | "function_expression" | "generator_function" | "function_declaration" => {
                Expr::Function(Rc::new(self.function(node)))
            }
            "await_expression" => Expr::Await(Box::new(first())),
            "ternary_expression" => Expr::Choice(boxed("condition"), boxed("consequence"), boxed("alternative")),
            "assignment_expression" => Expr::Assign(boxed("left"), boxed("right")),
            "augmented_assignment_expression" => {
                let operator = field("operator").map(|o| self.0.text(o).trim_end_matches('=')).unwrap_or_default();
                let sum = Expr::Binary(operator_of(operator), boxed("left"), boxed("right"));
                Expr::Assign(boxed("left"), Box::new(sum))
            }
            "binary_expression" => {
                let operator = field("operator").map(|o| self.0.text(o)).unwrap_or_default();
                Expr::Binary(operator_of(operator), boxed("left"), boxed("right"))
            }
            "unary_expression" => match (field("operator").map(|o| self.0.text(o)), self.of(field("argument"))) {
                (Some("!"), value) => Expr::Not(Box::new(value)),
                (Some("-"), Expr::Number(n)) => Expr::Number(-n),
                (Some("+" | "~"), value) => value,
                _ => Expr::Other,
            },
            _ => Expr::Other,
        }
    }

    fn call(&self, callee: Expr, given: Option<Node<'_>>, node: Node<'_>) -> Expr {
        let callee = Box::new(callee);
        match given {
            Some(text) if text.kind() == "template_string" => Expr::Tagged { tag: callee, parts: self.parts(text), line: line(text) },
            given => Expr::Call { callee, arguments: self.arguments(given), line: given.map_or(line(node), line) },
        }
    }

    fn arguments(&self, node: Option<Node<'_>>) -> Vec<Argument> {
        let all = node.map(children).unwrap_or_default();
        all.into_iter().map(|n| Argument { name: None, value: self.value(n) }).collect()
    }

    fn entry(&self, node: Node<'_>) -> Option<(Key, Expr)> {
        Some(match node.kind() {
            "pair" => (self.key(node.child_by_field_name("key")?), self.of(node.child_by_field_name("value"))),
            "shorthand_property_identifier" => (Key::Name(self.0.text(node).to_owned()), self.value(node)),
            "spread_element" => (Key::Spread, self.of(children(node).first().copied())),
            "method_definition" => {
                let mut function = self.function(node);
                let key = self.key(node.child_by_field_name("name")?);
                function.name.clear();
                (key, Expr::Function(Rc::new(function)))
            }
            _ => return None,
        })
    }

    fn key(&self, node: Node<'_>) -> Key {
        match node.kind() {
            "computed_property_name" => match self.of(children(node).first().copied()) {
                Expr::Text(text) => Key::Name(text),
                other => Key::Computed(other),
            },
            "string" => match self.value(node) {
                Expr::Text(text) => Key::Name(text),
                other => Key::Computed(other),
            },
            _ => Key::Name(self.0.text(node).to_owned()),
        }
    }

    /// Texts and values of a string or template.
    fn parts(&self, node: Node<'_>) -> Vec<Part> {
        let mut out = Vec::new();
        for part in children(node) {
            match part.kind() {
                "escape_sequence" => push_text(&mut out, &unescape(self.0.text(part))),
                "template_substitution" => out.push(Part::Value(self.of(children(part).first().copied()))),
                _ => push_text(&mut out, self.0.text(part)),
            }
        }
        out
    }
}

fn declares_types(kind: &str) -> bool {
    let types = ["interface_declaration", "type_alias_declaration", "enum_declaration", "ambient_declaration", "module", "internal_module"];
    types.contains(&kind)
        || matches!(kind, "function_signature" | "empty_statement" | "import_alias" | "hash_bang_line" | "debugger_statement")
}

fn operator_of(text: &str) -> Operator {
    match text {
        "||" => Operator::Or,
        "??" => Operator::IfNull,
        "&&" => Operator::And,
        "===" | "==" => Operator::Equal,
        "!==" | "!=" => Operator::Unequal,
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterOrEqual,
        "+" => Operator::Plus,
        "/" => Operator::Divide,
        _ => Operator::Number,
    }
}

/// What a statement gives names to.
fn names_of(statement: &Stmt) -> Vec<String> {
    match &statement.kind {
        Kind::Let(Pattern::Name(name), _) | Kind::Class(name, _) => vec![name.clone()],
        Kind::Let(Pattern::Object(entries), _) => {
            let name = |pattern: &Pattern| if let Pattern::Name(name) = pattern { Some(name.clone()) } else { None };
            entries.iter().filter_map(|(_, pattern, _)| name(pattern)).collect()
        }
        Kind::Function(function) => vec![function.name.clone()],
        _ => Vec::new(),
    }
}
