//! Runs a handler with an event of ours: statement by statement, with what is not known marked as such. Nothing of the project is executed by
//! anything but this: no network, no files but the project's own source, no clock.

mod calls;
mod database;
mod evaluate;
mod mapped;
mod postgrest;
pub(crate) mod values;

use super::modules::Modules;
use super::syntax::{Catch, Expr, Function, Kind, Pattern, Stmt};
use crate::program::Language;
use architrave_model::script::Location;
use architrave_model::webhook::{Answer, HandlerStatement, Loss};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use values::{Body, Outcome, Scope, Value, Way};

/// Values that a run may evaluate.
const MOST_STEPS: u32 = 60_000;
/// Calls within calls.
const DEEPEST_CALL: u32 = 24;

/// What answers the statements of a run.
#[derive(Debug, Clone)]
pub(crate) enum Oracle {
    /// These, in order; then the run stops and asks.
    Recorded(Vec<Answer>),
    /// Every write succeeds, and reads find a row or none.
    Succeeds { finds: bool },
    /// Every write fails, and reads find a row or none.
    WritesFail { finds: bool },
}

/// What a run has done.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// Calls that verify, with the state of the body.
    pub(crate) verified: Vec<(Location, Body)>,
    /// A call whose code is not there got the request, or its name speaks of verifying.
    pub(crate) maybe_verified: Option<String>,
    /// Number of statements before the first verification.
    pub(crate) statements: Vec<HandlerStatement>,
    /// Statements that were run before anything was verified.
    pub(crate) unverified_statements: usize,
    /// Calls with data of the event whose code is not there.
    pub(crate) unknown_calls: Vec<(String, Location)>,
    /// Texts that the event's type was compared with.
    pub(crate) compared: Vec<String>,
    pub(crate) first_email: Option<Location>,
    pub(crate) primary_email: bool,
    pub(crate) update_time: bool,
    pub(crate) message_id: bool,
    pub(crate) not_awaited: Vec<Location>,
    /// Functions that were entered: file and line.
    pub(crate) entered: Vec<(usize, u32)>,
    /// A statement whose failure is told in what it returns.
    pub(crate) returns_failure: bool,
    /// The run went both ways at a condition that is not known.
    pub(crate) forked: bool,
    /// The event came out of the request's body.
    pub(crate) took_event: bool,
    pub(crate) sent: Option<u16>,
}

/// A run.
pub(crate) struct Run<'a> {
    pub(crate) modules: &'a Modules<'a>,
    event: Value,
    oracle: Oracle,
    answered: Cell<usize>,
    pub(crate) trace: RefCell<Trace>,
    steps: Cell<u32>,
    depth: Cell<u32>,
    /// Rows of the last statement, for `fetchone()` and its like.
    rows: RefCell<Vec<Value>>,
    /// Conditions that are not known stop the run.
    strict: bool,
    /// Where the functions were called that we are in, and whether each only passes SQL on.
    pub(crate) sites: RefCell<Vec<(Location, bool)>>,
}

/// How a run has ended.
#[derive(Debug)]
pub(crate) enum End {
    Answers(u16),
    Stuck(String),
    Asks,
}

impl<'a> Run<'a> {
    pub(crate) fn new(modules: &'a Modules<'a>, event: &serde_json::Value, oracle: Oracle, strict: bool) -> Self {
        Self {
            modules,
            event: Value::from_json(event),
            oracle,
            answered: Cell::new(0),
            trace: RefCell::default(),
            steps: Cell::new(0),
            depth: Cell::new(0),
            rows: RefCell::default(),
            strict,
            sites: RefCell::default(),
        }
    }

    /// Runs a function of a file with a request.
    pub(crate) fn handle(&self, function: &Rc<Function>, file: usize, scope: &Rc<Scope>) -> End {
        let names = function.parameters.iter();
        let arguments = names.enumerate().map(|(at, p)| parameter(at, p, file)).collect();
        let returned = self.enter(function, file, scope, arguments);
        let language = self.modules.language(file);
        match returned {
            Ok(value) => match self.settled(value) {
                Ok(value) => End::Answers(self.status(&value, language)),
                Err(way) => self.end(way),
            },
            Err(way) => self.end(way),
        }
    }

    fn end(&self, way: Way) -> End {
        match way {
            Way::Stuck(why) => End::Stuck(why),
            Way::Asks => End::Asks,
            Way::Throw(Value::Response(status)) => End::Answers(status),
            Way::Throw(_) => End::Answers(500),
            _ => End::Answers(self.trace.borrow().sent.unwrap_or(200)),
        }
    }

    fn status(&self, value: &Value, language: Language) -> u16 {
        let pair = match value {
            Value::List(all) if language == Language::Python => {
                all.iter().find_map(|v| if let Value::Number(n) = v { Some(*n as u16) } else { None })
            }
            _ => None,
        };
        match value {
            Value::Response(status) => *status,
            Value::Object(_) => value
                .get("statusCode")
                .or_else(|| value.get("status"))
                .map_or(200, |v| if let Value::Number(n) = v { *n as u16 } else { 200 }),
            _ => pair.or(self.trace.borrow().sent).unwrap_or(200),
        }
    }

    /// Calls a function of the project.
    pub(crate) fn enter(&self, function: &Rc<Function>, file: usize, scope: &Rc<Scope>, arguments: Vec<Value>) -> Outcome<Value> {
        if self.depth.get() >= DEEPEST_CALL {
            return Err(Way::Stuck(format!("{} calls itself", function.name)));
        }
        self.trace.borrow_mut().entered.push((file, function.line));
        self.depth.set(self.depth.get() + 1);
        let inner = Scope::inside(scope);
        let mut arguments = arguments.into_iter();
        let mut out = Ok(());
        for pattern in &function.parameters {
            let value = arguments.next().unwrap_or(Value::Null);
            out = out.and_then(|()| self.bind(pattern, value, &inner, file));
        }
        let out = out.and_then(|()| self.block(&function.body, &inner, file));
        self.depth.set(self.depth.get() - 1);
        match out {
            Ok(()) => Ok(Value::Null),
            Err(Way::Return(value)) => Ok(value),
            Err(other) => Err(other),
        }
    }

    pub(crate) fn at(&self, file: usize, line: u32) -> Location {
        Location { path: self.modules.path(file), line: line.max(1), column: 1 }
    }

    /// Evaluates without leaving a trace: what a file does when it is loaded is not what the handler does.
    pub(crate) fn aside<T>(&self, work: impl FnOnce() -> T) -> T {
        let trace = self.trace.take();
        let answered = self.answered.get();
        let out = work();
        self.trace.replace(trace);
        self.answered.set(answered);
        out
    }

    /// Runs a statement that gives a name of a file its value.
    pub(crate) fn define(&self, statement: &Stmt, scope: &Rc<Scope>, file: usize) {
        // What cannot be told stays unknown.
        let _known = self.statement(statement, scope, file);
    }

    fn step(&self) -> Outcome<()> {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > MOST_STEPS { Err(Way::Stuck("it takes too many steps".to_owned())) } else { Ok(()) }
    }

    pub(crate) fn block(&self, statements: &[Stmt], scope: &Rc<Scope>, file: usize) -> Outcome<()> {
        hoist(statements, scope, file);
        statements.iter().try_for_each(|s| self.statement(s, scope, file))
    }

    fn statement(&self, statement: &Stmt, scope: &Rc<Scope>, file: usize) -> Outcome<()> {
        self.step()?;
        match &statement.kind {
            Kind::Let(pattern, value) => {
                let mut value = self.value(value, scope, file)?;
                if self.modules.language(file) == Language::Python {
                    value = self.settled(value)?;
                }
                self.bind(pattern, value, scope, file)
            }
            Kind::Expr(value) => self.effect(value, statement.line, scope, file),
            Kind::If(condition, then, or) => match self.condition(condition, scope, file)? {
                Some(true) => self.block(then, &self.nested(scope, file), file),
                Some(false) => self.block(or, &self.nested(scope, file), file),
                None => self.both(statement.line, then, or, scope, file),
            },
            Kind::Switch(of, cases) => self.switch(of, cases, statement.line, scope, file),
            Kind::Try(body, catches, last) => self.tried(body, catches, last, scope, file),
            Kind::Return(value) => {
                let value = value.as_ref().map_or(Ok(Value::Null), |v| self.value(v, scope, file))?;
                Err(Way::Return(value))
            }
            Kind::Throw(value) => Err(Way::Throw(value.as_ref().map_or(Ok(Value::Error(String::new())), |v| self.value(v, scope, file))?)),
            Kind::Break => Err(Way::Break),
            Kind::Continue => Err(Way::Continue),
            Kind::Loop(pattern, list, body) => self.looped(pattern, list, body, scope, file),
            Kind::Block(body) => self.block(body, &self.nested(scope, file), file),
            Kind::Import { module, names } => {
                for (theirs, ours) in names {
                    scope.declare(ours, self.modules.import(self, file, module, theirs));
                }
                Ok(())
            }
            Kind::Class(name, body) => {
                scope.declare(name, mapped::class(name, body, scope, file));
                Ok(())
            }
            Kind::Function(_) | Kind::Export { .. } => Ok(()),
        }
    }

    /// Blocks have names of their own in JavaScript only.
    fn nested(&self, scope: &Rc<Scope>, file: usize) -> Rc<Scope> {
        if self.modules.language(file) == Language::Python { scope.clone() } else { Scope::inside(scope) }
    }

    /// A value that stands alone: what it does counts.
    fn effect(&self, value: &Expr, line: u32, scope: &Rc<Scope>, file: usize) -> Outcome<()> {
        let found = self.value(value, scope, file)?;
        let before = self.trace.borrow().statements.len();
        let was_chain = matches!(found, Value::Chain(_));
        self.settled(found)?;
        // In JavaScript a statement that nobody awaits.
        let ran = self.trace.borrow().statements.len() > before;
        if was_chain && ran && self.modules.language(file) == Language::Script && !matches!(value, Expr::Await(_)) {
            let place = self.at(file, line);
            self.trace.borrow_mut().not_awaited.push(place);
        }
        Ok(())
    }

    fn condition(&self, condition: &Expr, scope: &Rc<Scope>, file: usize) -> Outcome<Option<bool>> {
        let mut value = self.value(condition, scope, file)?;
        if self.modules.language(file) == Language::Python {
            value = self.settled(value)?;
        }
        Ok(value.truth())
    }

    /// Both branches of a condition that is not known: one that leaves the function is left out, if the other goes on.
    fn both(&self, line: u32, then: &[Stmt], or: &[Stmt], scope: &Rc<Scope>, file: usize) -> Outcome<()> {
        if self.strict {
            return Err(Way::Stuck(format!("the condition in line {line} of {} cannot be told", self.modules.path(file))));
        }
        self.trace.borrow_mut().forked = true;
        match self.block(then, &self.nested(scope, file), file) {
            Ok(()) | Err(Way::Return(_) | Way::Throw(_) | Way::Break | Way::Continue) => {}
            Err(other) => return Err(other),
        }
        self.block(or, &self.nested(scope, file), file)
    }

    fn switch(&self, of: &Expr, cases: &[(Option<Expr>, Vec<Stmt>)], line: u32, scope: &Rc<Scope>, file: usize) -> Outcome<()> {
        let of = self.value(of, scope, file)?;
        let mut start = None;
        for (at, (value, _)) in cases.iter().enumerate() {
            let Some(value) = value else { continue };
            let value = self.value(value, scope, file)?;
            match self.equal(&of, &value) {
                Some(true) => {
                    start = Some(at);
                    break;
                }
                None if self.strict => {
                    return Err(Way::Stuck(format!("the switch in line {line} of {} cannot be told", self.modules.path(file))));
                }
                Some(false) | None => {}
            }
        }
        let start = start.or_else(|| cases.iter().position(|(value, _)| value.is_none()));
        let inner = self.nested(scope, file);
        for (_, body) in cases.iter().skip(start.unwrap_or(cases.len())) {
            match self.block(body, &inner, file) {
                Ok(()) => {}
                Err(Way::Break) => return Ok(()),
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    fn tried(&self, body: &[Stmt], catches: &[Catch], last: &[Stmt], scope: &Rc<Scope>, file: usize) -> Outcome<()> {
        let mut out = self.block(body, &self.nested(scope, file), file);
        if let Err(Way::Throw(thrown)) = &out
            && let Some(catch) = catches.iter().find(|c| catches_it(c, thrown))
        {
            let inner = self.nested(scope, file);
            if let Some(name) = &catch.name {
                inner.declare(name, thrown.clone());
            }
            out = match self.block(&catch.body, &inner, file) {
                // `raise` alone throws what was caught.
                Err(Way::Throw(Value::Error(code))) if code.is_empty() => Err(Way::Throw(thrown.clone())),
                other => other,
            };
        }
        if last.is_empty() {
            return out;
        }
        self.block(last, &self.nested(scope, file), file)?;
        out
    }

    fn looped(&self, pattern: &Pattern, list: &Expr, body: &[Stmt], scope: &Rc<Scope>, file: usize) -> Outcome<()> {
        let all = match self.value(list, scope, file)? {
            Value::List(all) => all,
            Value::Object(all) => all.into_iter().map(|(key, _)| Value::Text(key)).collect(),
            Value::Null => Vec::new(),
            _ if self.strict => return Err(Way::Stuck("a loop over something unknown".to_owned())),
            _ => vec![Value::Unknown],
        };
        for one in all {
            let inner = self.nested(scope, file);
            self.bind(pattern, one, &inner, file)?;
            match self.block(body, &inner, file) {
                Ok(()) | Err(Way::Continue) => {}
                Err(Way::Break) => return Ok(()),
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// Binds names to the parts of a value.
    pub(crate) fn bind(&self, pattern: &Pattern, value: Value, scope: &Rc<Scope>, file: usize) -> Outcome<()> {
        match pattern {
            Pattern::Nothing => {}
            Pattern::Name(name) => {
                if self.modules.language(file) == Language::Python && scope.get(name).is_some() {
                    scope.assign(name, value);
                } else {
                    scope.declare(name, value);
                }
            }
            Pattern::Object(entries) => {
                for (key, inner, default) in entries {
                    if key == "..." {
                        let rest = match &value {
                            Value::Object(all) => {
                                Value::Object(all.iter().filter(|(k, _)| entries.iter().all(|e| &e.0 != k)).cloned().collect())
                            }
                            other => other.clone(),
                        };
                        self.bind(inner, rest, scope, file)?;
                        continue;
                    }
                    let mut part = self.member(&value, key, 0, file);
                    if matches!(part, Value::Null)
                        && let Some(default) = default
                    {
                        part = self.value(default, scope, file)?;
                    }
                    self.bind(inner, part, scope, file)?;
                }
            }
            Pattern::List(entries) => {
                for (at, inner) in entries.iter().enumerate() {
                    let part = match &value {
                        Value::List(all) => all.get(at).cloned().unwrap_or(Value::Null),
                        _ => Value::Unknown,
                    };
                    self.bind(inner, part, scope, file)?;
                }
            }
        }
        Ok(())
    }

    /// The oracle's answer to a statement.
    fn answer(&self, statement: &HandlerStatement) -> Outcome<Answer> {
        use architrave_model::webhook::Verb;
        let at = self.answered.get();
        self.answered.set(at + 1);
        match &self.oracle {
            Oracle::Recorded(all) => all.get(at).cloned().ok_or(Way::Asks),
            Oracle::WritesFail { .. } if statement.verb != Verb::Select => Ok(Answer::Failed("57014".to_owned())),
            Oracle::Succeeds { finds } | Oracle::WritesFail { finds } => {
                let rows = if statement.verb == Verb::Select && !finds { Vec::new() } else { vec!["{}".to_owned()] };
                Ok(Answer::Rows(rows))
            }
        }
    }
}

/// Functions are known before the statement that defines them.
pub(crate) fn hoist(statements: &[Stmt], scope: &Rc<Scope>, file: usize) {
    for statement in statements {
        if let Kind::Function(function) = &statement.kind {
            scope.declare(&function.name, Value::Function(function.clone(), file, scope.clone()));
        }
    }
}

/// A value from elsewhere by its name.
pub(crate) fn chain(root: &str, file: usize) -> Value {
    Value::Chain(Rc::new(values::Chain { root: root.to_owned(), links: Vec::new(), file }))
}

/// Whether a handler of exceptions is for this one.
fn catches_it(catch: &Catch, thrown: &Value) -> bool {
    if catch.types.is_empty() {
        return true;
    }
    let any = |names: &[&str]| catch.types.iter().any(|t| names.iter().any(|n| t.contains(n)));
    match thrown {
        Value::Response(_) => any(&["Exception"]) && !catch.types.iter().all(|t| t.ends_with("JSONDecodeError")),
        Value::Error(code) if !code.is_empty() => {
            let class = if code.starts_with("23") { any(&["Integrity", "UniqueViolation"]) } else { any(&["OperationalError"]) };
            class
                || catch.types.iter().any(|t| {
                    matches!(
                        t.as_str(),
                        "Exception"
                            | "BaseException"
                            | "Error"
                            | "SQLAlchemyError"
                            | "DBAPIError"
                            | "DatabaseError"
                            | "PostgresError"
                            | "APIError"
                    )
                })
        }
        _ => any(&["Exception", "Error"]),
    }
}

/// The kinds of loss that a failing run shows.
pub(crate) fn loss_of(trace: &Trace) -> Loss {
    if trace.returns_failure { Loss::ResultIgnored } else { Loss::Caught }
}

/// The parameter that stands for the request: by name, else by place.
fn parameter(at: usize, pattern: &Pattern, file: usize) -> Value {
    let Pattern::Name(name) = pattern else { return if at == 0 { Value::Request } else { Value::Unknown } };
    let lower = name.to_lowercase();
    match lower.as_str() {
        _ if lower.contains("svix") && lower.contains("id") => Value::Text(super::MESSAGE_ID.to_owned()),
        _ if lower.contains("svix") => Value::Something,
        "res" | "response" | "reply" => chain(&lower, file),
        "c" | "ctx" | "context" if at == 0 => chain("context", file),
        "payload" | "body" => Value::Body(Body::Given),
        _ if at == 0 || lower.starts_with("req") => Value::Request,
        _ => chain(name, file),
    }
}
