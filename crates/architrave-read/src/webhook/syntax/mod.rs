//! Programs in JavaScript, TypeScript and Python as one small syntax tree: what a webhook handler is made of, and no more.
//!
//! Types are skipped, what is not understood becomes [`Expr::Other`]: nothing here fails.

mod python;
mod script;
#[cfg(test)]
mod tests;
mod tree;

use crate::program::Language;
use std::rc::Rc;

/// A function with its place.
#[derive(Debug, PartialEq)]
pub(crate) struct Function {
    /// Empty for one without a name.
    pub(crate) name: String,
    /// 1-based.
    pub(crate) line: u32,
    pub(crate) parameters: Vec<Pattern>,
    pub(crate) body: Vec<Stmt>,
    /// Decorators of Python: what stands behind `@`.
    pub(crate) decorators: Vec<Expr>,
}

/// What a value is bound to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Pattern {
    Name(String),
    /// Keys with what each is bound to and its default; the rest by the key `...`.
    Object(Vec<(String, Pattern, Option<Expr>)>),
    List(Vec<Pattern>),
    Nothing,
}

/// A part of a text that is put together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    Text(String),
    Value(Expr),
}

/// An argument of a call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Argument {
    /// `name=value` of Python.
    pub(crate) name: Option<String>,
    pub(crate) value: Expr,
}

/// A key of an object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Key {
    Name(String),
    Computed(Expr),
    /// `...value`, `**value`.
    Spread,
}

/// An operator between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    /// `??`
    IfNull,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// `in` of Python.
    In,
    NotIn,
    Plus,
    Divide,
    /// Any other sum.
    Number,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expr {
    Name(String, u32),
    Text(String),
    Template(Vec<Part>),
    Number(f64),
    Bool(bool),
    Null,
    Member(Box<Expr>, String),
    Index(Box<Expr>, Box<Expr>, u32),
    /// `new` counts as a call.
    Call {
        callee: Box<Expr>,
        arguments: Vec<Argument>,
        line: u32,
    },
    /// A text with a function's name before it.
    Tagged {
        tag: Box<Expr>,
        parts: Vec<Part>,
        line: u32,
    },
    Object(Vec<(Key, Expr)>),
    List(Vec<Expr>),
    Spread(Box<Expr>),
    Function(Rc<Function>),
    Not(Box<Expr>),
    Binary(Operator, Box<Expr>, Box<Expr>),
    Choice(Box<Expr>, Box<Expr>, Box<Expr>),
    Await(Box<Expr>),
    Assign(Box<Expr>, Box<Expr>),
    /// `element for pattern in list if condition`.
    Comprehension {
        element: Box<Expr>,
        pattern: Pattern,
        list: Box<Expr>,
        condition: Option<Box<Expr>>,
    },
    /// Not understood.
    Other,
}

/// A handler of exceptions: the types it is for (empty for all), the name the exception gets, and what is done.
#[derive(Debug, PartialEq)]
pub(crate) struct Catch {
    pub(crate) types: Vec<String>,
    pub(crate) name: Option<String>,
    pub(crate) body: Vec<Stmt>,
}

/// A statement with its line.
#[derive(Debug, PartialEq)]
pub(crate) struct Stmt {
    pub(crate) line: u32,
    pub(crate) kind: Kind,
}

/// What a statement is.
#[derive(Debug, PartialEq)]
pub(crate) enum Kind {
    Let(Pattern, Expr),
    Expr(Expr),
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    /// Cases in order; one without a value is the default.
    Switch(Expr, Vec<(Option<Expr>, Vec<Stmt>)>),
    Try(Vec<Stmt>, Vec<Catch>, Vec<Stmt>),
    Return(Option<Expr>),
    Throw(Option<Expr>),
    Break,
    Continue,
    Loop(Pattern, Expr, Vec<Stmt>),
    Function(Rc<Function>),
    Class(String, Vec<Stmt>),
    Block(Vec<Stmt>),
    /// Names of another file: what it is called there, what here (`*` for all of it).
    Import {
        module: String,
        names: Vec<(String, String)>,
    },
    /// Names that other files get from here: ours and theirs; from another module, when it says so.
    Export {
        module: Option<String>,
        names: Vec<(String, String)>,
    },
}

/// Parses a file.
pub(crate) fn parse(source: &str, language: Language) -> Vec<Stmt> {
    match language {
        Language::Script => script::parse(source),
        Language::Python => python::parse(source),
    }
}

/// Visits every function of the statements, the outermost first.
pub(crate) fn functions<'a>(statements: &'a [Stmt], visit: &mut dyn FnMut(&'a Rc<Function>)) {
    for statement in statements {
        match &statement.kind {
            Kind::Function(function) => {
                visit(function);
                functions(&function.body, visit);
            }
            Kind::Let(_, value) | Kind::Expr(value) | Kind::Return(Some(value)) | Kind::Throw(Some(value)) => inside(value, visit),
            Kind::If(condition, then, or) => {
                inside(condition, visit);
                functions(then, visit);
                functions(or, visit);
            }
            Kind::Switch(_, cases) => {
                for (_, body) in cases {
                    functions(body, visit);
                }
            }
            Kind::Try(body, catches, last) => {
                functions(body, visit);
                for catch in catches {
                    functions(&catch.body, visit);
                }
                functions(last, visit);
            }
            Kind::Loop(_, _, body) | Kind::Class(_, body) | Kind::Block(body) => functions(body, visit),
            _ => {}
        }
    }
}

/// Visits every function inside a value.
fn inside<'a>(value: &'a Expr, visit: &mut dyn FnMut(&'a Rc<Function>)) {
    match value {
        Expr::Function(function) => {
            visit(function);
            functions(&function.body, visit);
        }
        Expr::Call { callee, arguments, .. } => {
            inside(callee, visit);
            for argument in arguments {
                inside(&argument.value, visit);
            }
        }
        Expr::Object(entries) => entries.iter().for_each(|(_, v)| inside(v, visit)),
        Expr::List(values) => values.iter().for_each(|v| inside(v, visit)),
        Expr::Await(v) | Expr::Not(v) | Expr::Spread(v) | Expr::Member(v, _) => inside(v, visit),
        Expr::Binary(_, a, b) | Expr::Assign(a, b) | Expr::Index(a, b, _) => {
            inside(a, visit);
            inside(b, visit);
        }
        _ => {}
    }
}
