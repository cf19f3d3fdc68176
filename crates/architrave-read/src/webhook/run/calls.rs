//! Calls: of the project's own functions, of what every program has, and of libraries.

use super::database::{self, Shape};
use super::evaluate::{header, linked, text_of};
use super::values::{Body, Chain, Outcome, Scope, Value, Way};
use super::{Run, chain, mapped};
use crate::program::Language;
use crate::webhook::syntax::{Argument, Expr};
use architrave_model::webhook::{Answer, Comparison, Field, HandlerStatement, Verb};
use std::rc::Rc;

/// Arguments with the names that Python gives them.
pub(crate) type Arguments = Vec<(Option<String>, Value)>;

impl Run<'_> {
    pub(crate) fn call(&self, callee: &Expr, arguments: &[Argument], line: u32, scope: &Rc<Scope>, file: usize) -> Outcome<Value> {
        let (base, name) = match callee {
            Expr::Member(of, name) => (Some(self.value(of, scope, file)?), name.as_str()),
            _ => (None, ""),
        };
        let callee = match &base {
            Some(base) => self.method_of(base, name),
            None => Some(self.value(callee, scope, file)?),
        };
        let given = self.arguments(arguments, scope, file)?;
        match (callee, base) {
            (Some(Value::Table(table)), Some(Value::Namespace(_))) => {
                Ok(Value::Row(table, given.into_iter().filter_map(|(k, v)| Some((k?, v))).collect()))
            }
            (Some(Value::Function(function, home, outer)), _) => {
                let values = ordered(&function, given);
                self.sites.borrow_mut().push((self.at(file, line), passes_sql(&function)));
                let out = self.enter(&function, home, &outer, values);
                self.sites.borrow_mut().pop();
                out
            }
            (_, Some(base)) => self.method(&base, name, given, line, file),
            (Some(Value::Chain(c)), None) => self.linked_call(&c, "", given, line, file),
            (Some(Value::Table(table)), None) => Ok(Value::Row(table, given.into_iter().filter_map(|(k, v)| Some((k?, v))).collect())),
            _ => {
                self.pass_unknown("a function", &given, line, file);
                Ok(Value::Unknown)
            }
        }
    }

    fn method_of(&self, base: &Value, name: &str) -> Option<Value> {
        match base {
            Value::Object(_) => base.get(name).filter(|v| matches!(v, Value::Function(..))).cloned(),
            Value::Namespace(_) => match self.member(base, name, 0, 0) {
                Value::Unknown => None,
                known => Some(known),
            },
            _ => None,
        }
    }

    fn arguments(&self, arguments: &[Argument], scope: &Rc<Scope>, file: usize) -> Outcome<Arguments> {
        let mut out = Vec::new();
        for argument in arguments {
            let inner = match &argument.value {
                Expr::Spread(inner) => Some(inner),
                _ => None,
            };
            let value = self.value(inner.map_or(&argument.value, |i| i), scope, file)?;
            match (inner, value) {
                (Some(_), Value::List(all)) => out.extend(all.into_iter().map(|v| (None, v))),
                (Some(_), Value::Object(all)) => out.extend(all.into_iter().map(|(k, v)| (Some(k), v))),
                (_, value) => out.push((argument.name.clone(), value)),
            }
        }
        Ok(out)
    }

    /// A call whose code is not there: it may verify, and it may write.
    fn pass_unknown(&self, name: &str, given: &Arguments, line: u32, file: usize) {
        let place = self.at(file, line);
        let mut trace = self.trace.borrow_mut();
        if given.iter().any(|(_, v)| matches!(v, Value::Request | Value::Body(_) | Value::Headers)) {
            trace.maybe_verified.get_or_insert_with(|| name.to_owned());
        }
        if given.iter().any(|(_, v)| v.holds_data()) {
            trace.unknown_calls.push((name.to_owned(), place));
        }
    }

    fn method(&self, base: &Value, name: &str, given: Arguments, line: u32, file: usize) -> Outcome<Value> {
        let first = given.first().map(|(_, v)| v);
        Ok(match base {
            Value::Request => match name {
                "text" | "body" | "arrayBuffer" | "get_data" | "read" | "blob" | "raw" => Value::Body(Body::Raw),
                "json" | "get_json" | "formData" => self.parsed(),
                "header" | "get" => first.and_then(Value::text).map_or(Value::Headers, header),
                "clone" => Value::Request,
                _ => Value::Unknown,
            },
            Value::Headers => match first.and_then(Value::text) {
                Some(key) => header(key),
                None => Value::Headers,
            },
            Value::Body(body) => match name {
                "json" => self.parsed(),
                _ => Value::Body(*body),
            },
            Value::Text(text) => of_text(text, name, &given),
            Value::Number(_) | Value::Bool(_) => text_of(base).map_or(Value::Unknown, Value::Text),
            Value::Time(ms) => match name {
                "getTime" | "valueOf" => Value::Number(*ms),
                "timestamp" => Value::Number(ms / 1000.0),
                _ => base.clone(),
            },
            Value::Now => Value::Now,
            Value::List(all) => return self.of_list(all, name, given, file),
            Value::Object(all) => match name {
                "get" | "pop" | "setdefault" => {
                    let key = first.and_then(Value::text).unwrap_or_default();
                    let found = self.member(base, key, line, file);
                    if matches!(found, Value::Null) { given.get(1).map_or(Value::Null, |(_, v)| v.clone()) } else { found }
                }
                "keys" => Value::List(all.iter().map(|(k, _)| Value::Text(k.clone())).collect()),
                "values" => Value::List(all.iter().map(|(_, v)| v.clone()).collect()),
                "items" => Value::List(all.iter().map(|(k, v)| Value::List(vec![Value::Text(k.clone()), v.clone()])).collect()),
                "json" | "parse" | "text" | "toString" => base.clone(),
                _ => Value::Unknown,
            },
            Value::Chain(c) => return self.linked_call(c, name, given, line, file),
            Value::Table(table) => {
                let root = Chain { root: format!("table:{}", table.name), links: Vec::new(), file };
                return self.linked_call(&root, name, given, line, file);
            }
            Value::Column(..) | Value::Conditions(_) => mapped::condition_method(base, name, &given),
            Value::Response(status) => {
                let set = given.iter().find_map(|(_, v)| v.get("status").and_then(Value::number)).or(first.and_then(Value::number));
                Value::Response(set.filter(|n| (100.0..600.0).contains(n)).map_or(*status, |n| n as u16))
            }
            Value::Null if name == "execute" => Value::Null,
            _ => match name {
                "fetchone" | "fetchrow" | "first" | "scalar_one_or_none" | "scalar" | "one_or_none" => {
                    self.rows.borrow().first().cloned().unwrap_or(Value::Null)
                }
                _ => {
                    self.pass_unknown(name, &given, line, file);
                    Value::Unknown
                }
            },
        })
    }

    /// The event, for whoever parses the body.
    fn parsed(&self) -> Value {
        self.trace.borrow_mut().took_event = true;
        self.event.clone()
    }

    fn of_list(&self, all: &[Value], name: &str, given: Arguments, file: usize) -> Outcome<Value> {
        let first = given.into_iter().next().map(|(_, v)| v);
        let each = |f: &Value, v: &Value| -> Outcome<Value> {
            match f {
                Value::Function(function, home, outer) => self.enter(function, *home, outer, vec![v.clone(), Value::Unknown]),
                // `filter(Boolean)`.
                Value::Chain(_) => Ok(v.clone()),
                _ => Ok(Value::Unknown),
            }
        };
        Ok(match (name, first) {
            ("find" | "filter" | "some" | "every" | "findIndex", Some(f)) => {
                let mut kept = Vec::new();
                for v in all {
                    match each(&f, v)?.truth() {
                        Some(true) => kept.push(v.clone()),
                        Some(false) => {}
                        None => return Ok(Value::Unknown),
                    }
                }
                match name {
                    "find" => kept.into_iter().next().unwrap_or(Value::Null),
                    "some" => Value::Bool(!kept.is_empty()),
                    "every" => Value::Bool(kept.len() == all.len()),
                    "filter" => Value::List(kept),
                    _ => Value::Unknown,
                }
            }
            ("map" | "forEach" | "flatMap", Some(f)) => Value::List(all.iter().map(|v| each(&f, v)).collect::<Outcome<_>>()?),
            ("join", separator) => {
                let texts: Option<Vec<String>> =
                    all.iter().map(|v| if matches!(v, Value::Null) { Some(String::new()) } else { text_of(v) }).collect();
                let separator = separator.as_ref().and_then(Value::text).unwrap_or(",").to_owned();
                texts.map_or(Value::Unknown, |t| Value::Text(t.join(&separator)))
            }
            ("includes", Some(v)) => {
                let found: Vec<_> = all.iter().map(|one| self.equal(one, &v)).collect();
                if found.contains(&Some(true)) { Value::Bool(true) } else { Value::Bool(false) }
            }
            ("at" | "get", Some(v)) => self.index(&Value::List(all.to_vec()), &v, 0, file),
            ("slice" | "sort" | "concat", _) => Value::List(all.to_vec()),
            _ => Value::Unknown,
        })
    }

    /// A call at the end of a chain of names.
    pub(crate) fn linked_call(&self, c: &Chain, name: &str, given: Arguments, line: u32, file: usize) -> Outcome<Value> {
        let last = if name.is_empty() { c.last() } else { name };
        if let Some(known) = self.well_known(c, last, &given, line, file)? {
            return Ok(known);
        }
        let values: Vec<Value> = given.iter().map(|(_, v)| v.clone()).collect();
        match (last, values.first()) {
            ("then", Some(f)) => {
                let value = self.settled(Value::Chain(Rc::new(c.clone())))?;
                return self.call_back(f, value);
            }
            ("catch", Some(f)) => {
                return match self.settled(Value::Chain(Rc::new(c.clone()))) {
                    Err(Way::Throw(error)) => self.call_back(f, error),
                    other => other,
                };
            }
            ("finally", _) => return self.settled(Value::Chain(Rc::new(c.clone()))),
            ("waitUntil" | "after", Some(v)) => {
                let before = self.trace.borrow().statements.len();
                let value = if matches!(v, Value::Function(..)) { self.call_back(v, Value::Unknown)? } else { v.clone() };
                self.settled(value)?;
                if self.trace.borrow().statements.len() > before {
                    let place = self.at(file, line);
                    self.trace.borrow_mut().not_awaited.push(place);
                }
                return Ok(Value::Null);
            }
            _ => {}
        }
        let inner = values.iter().find(|v| matches!(v, Value::Function(..)));
        if let Some(f) = inner.filter(|_| !matches!(last, "pgTable" | "relations" | "describe")) {
            let handle = chain("transaction", file);
            return self.call_back(f, handle);
        }
        if values.iter().any(|v| matches!(v, Value::Request | Value::Body(_) | Value::Headers)) {
            self.pass_unknown(last, &given, line, file);
            let gives_event = values.iter().any(|v| matches!(v, Value::Request | Value::Body(_)));
            if gives_event {
                return Ok(if last.to_lowercase().contains("verif") || last.to_lowercase().contains("parse") {
                    self.event.clone()
                } else {
                    Value::Unknown
                });
            }
        }
        let chain = linked(c, name, Some(given), line, file);
        if self.modules.language(file) == Language::Python && database::ends_in_python(&chain) {
            return self.settled(chain);
        }
        Ok(chain)
    }

    fn call_back(&self, f: &Value, value: Value) -> Outcome<Value> {
        match f {
            Value::Function(function, home, outer) => self.enter(function, *home, outer, vec![value]),
            _ => Ok(Value::Unknown),
        }
    }

    /// Runs the statement that a chain of calls amounts to; anything else stays as it is.
    pub(crate) fn settled(&self, value: Value) -> Outcome<Value> {
        match value {
            Value::List(all) if all.iter().any(|v| matches!(v, Value::Chain(_))) => {
                Ok(Value::List(all.into_iter().map(|v| self.settled(v)).collect::<Outcome<_>>()?))
            }
            Value::Chain(c) => {
                if let Some((statement, shape)) = database::recognise(&c, self.at(c.file, c.line())) {
                    return self.execute(statement, shape);
                }
                if let Some(call) = c.links.iter().rev().find(|l| l.call.is_some())
                    && !is_log(&c)
                {
                    let given = call.call.clone().unwrap_or_default();
                    self.pass_unknown(&c.words(), &given, call.line, c.file);
                }
                Ok(Value::Chain(c))
            }
            other => Ok(other),
        }
    }

    /// Notes a statement and gives what its call returns.
    pub(crate) fn execute(&self, mut statement: HandlerStatement, shape: Shape) -> Outcome<Value> {
        if let Some((site, _)) = self.sites.borrow().iter().rev().take_while(|(_, passes)| *passes).last() {
            statement.location = site.clone();
        }
        let id = crate::webhook::MESSAGE_ID;
        let known = |f: &Field| matches!(f, Field::Value(v) if v.trim_matches('"') == id);
        {
            let mut trace = self.trace.borrow_mut();
            let fields =
                statement.values.iter().map(|(_, f)| f).chain(&statement.parameters).chain(statement.filter.iter().map(|(_, _, f)| f));
            trace.message_id |= fields.into_iter().any(known);
            trace.returns_failure |= shape.returns_failure() && statement.verb != Verb::Select;
            if trace.verified.is_empty() && trace.maybe_verified.is_none() {
                trace.unverified_statements += 1;
            }
            trace.statements.push(statement.clone());
        }
        let answer = self.answer(&statement)?;
        if let Answer::Rows(rows) = &answer {
            let known = matches!(self.oracle, super::Oracle::Recorded(_));
            *self.rows.borrow_mut() = rows
                .iter()
                .map(|r| if known { serde_json::from_str(r).map_or(Value::Unknown, |v| Value::from_json(&v)) } else { chain("row", 0) })
                .collect();
        }
        shape.value(&statement, &answer, &self.rows.borrow())
    }

    /// What every program has.
    fn well_known(&self, c: &Chain, last: &str, given: &Arguments, line: u32, file: usize) -> Outcome<Option<Value>> {
        let first = given.first().map(|(_, v)| v);
        if let Some(value) = self.verification(c, last, given, line, file) {
            return Ok(Some(value));
        }
        let value = match (last, first) {
            ("parse" | "loads", Some(Value::Body(_))) => self.parsed(),
            ("stringify" | "dumps", Some(Value::Body(_))) => Value::Body(Body::Rewritten),
            ("stringify" | "dumps", Some(v)) if v.is_event() => Value::Body(Body::Rewritten),
            ("stringify" | "dumps", Some(v)) | ("parse" | "loads", Some(v @ (Value::Object(_) | Value::Unknown))) => v.clone(),
            ("from" | "decode" | "bytes" | "str" | "String" | "text" | "json" | "buffer" | "encode", Some(body @ Value::Body(_))) => {
                body.clone()
            }
            ("buffer" | "getRawBody" | "rawBody" | "readRawBody" | "readBody", Some(Value::Request)) => Value::Body(Body::Raw),
            ("headers" | "getHeaders" | "getRequestHeaders", _) if c.root.contains("headers") || matches!(first, Some(Value::Request)) => {
                Value::Headers
            }
            ("fromEntries" | "dict", Some(Value::Headers)) => Value::Headers,
            ("getHeader" | "getRequestHeader", Some(Value::Request)) => {
                given.get(1).and_then(|(_, v)| v.text()).map_or(Value::Something, header)
            }
            ("getenv", _) => Value::Something,
            ("require", Some(Value::Text(module))) => self.modules.import(self, file, module, "*"),
            ("get", _) if c.links.iter().any(|l| matches!(l.name.as_str(), "env" | "environ")) => Value::Something,
            ("Boolean" | "bool", Some(v)) => v.truth().map_or(Value::Unknown, Value::Bool),
            ("String" | "str", Some(v)) => text_of(v).map_or(Value::Unknown, Value::Text),
            ("Number" | "int" | "float" | "parseInt", Some(v)) => v.number().map_or(Value::Unknown, Value::Number),
            ("len", Some(Value::List(all))) => Value::Number(all.len() as f64),
            ("isArray", Some(v)) => Value::Bool(matches!(v, Value::List(_))),
            ("next", Some(Value::List(all))) => {
                all.first().cloned().unwrap_or_else(|| given.get(1).map_or(Value::Null, |(_, v)| v.clone()))
            }
            ("now", None) | ("utcnow" | "now", _) if c.root != "sql" => Value::Now,
            ("Date", None | Some(Value::Now)) => Value::Now,
            ("Date", Some(v)) if v.number().is_some() => v.number().map_or(Value::Unknown, Value::Time),
            ("fromtimestamp" | "utcfromtimestamp", Some(v)) => v.number().map_or(Value::Unknown, |n| Value::Time(n * 1000.0)),
            ("all" | "allSettled" | "gather", Some(Value::List(_))) if matches!(c.root.as_str(), "Promise" | "asyncio") => {
                self.settled(first.cloned().unwrap_or(Value::Null))?
            }
            ("Error" | "TypeError" | "ValueError" | "RuntimeError", _) => Value::Error(String::new()),
            _ if is_log(c) => Value::Null,
            _ => match response(c, last, given) {
                Some(status) => {
                    let sends = !matches!(last, "status" | "code");
                    if sends && (c.root.as_str(), c.links.is_empty()) != ("context", true) && is_sender(c) {
                        self.trace.borrow_mut().sent.get_or_insert(status);
                    }
                    Value::Response(status)
                }
                None => return Ok(drizzle(c, last, given).or_else(|| mapped::table(self, last, given, file))),
            },
        };
        Ok(Some(value))
    }

    /// Calls that verify a signature give the event.
    fn verification(&self, c: &Chain, last: &str, given: &Arguments, line: u32, file: usize) -> Option<Value> {
        let first = given.first().map(|(_, v)| v);
        let place = self.at(file, line);
        let body = match (last, first) {
            ("verifyWebhook" | "verify_webhook" | "verify" | "unwrap", Some(Value::Body(body))) => *body,
            ("verifyWebhook" | "verify_webhook" | "verify" | "unwrap", Some(v)) if v.is_event() => Body::Rewritten,
            ("verifyWebhook" | "verify_webhook", _) if c.root.contains("clerk") || matches!(first, Some(Value::Request)) => Body::Raw,
            ("verify" | "unwrap", Some(Value::Request)) => Body::Raw,
            ("verify", Some(_))
                if c.root.contains("svix") || c.root.contains("standardwebhooks") || c.links.iter().any(|l| l.name == "Webhook") =>
            {
                Body::Given
            }
            ("timingSafeEqual" | "compare_digest" | "timing_safe_equal", _) => {
                self.trace.borrow_mut().verified.push((place, Body::Given));
                return Some(Value::Bool(true));
            }
            ("verify", _) if c.links.iter().any(|l| l.name == "subtle") => {
                self.trace.borrow_mut().verified.push((place, Body::Given));
                return Some(Value::Bool(true));
            }
            _ => return None,
        };
        self.trace.borrow_mut().verified.push((place, body));
        Some(self.event.clone())
    }
}

/// Whether a function hands SQL on that it is given.
fn passes_sql(function: &crate::webhook::syntax::Function) -> bool {
    use crate::webhook::syntax::Pattern;
    let named = |p: &Pattern| matches!(p, Pattern::Name(n) if matches!(n.to_lowercase().as_str(), "sql" | "query" | "text" | "statement" | "strings" | "querytext" | "sqltext"));
    function.parameters.iter().any(named)
}

/// A function's arguments by the names of its parameters.
fn ordered(function: &crate::webhook::syntax::Function, given: Arguments) -> Vec<Value> {
    use crate::webhook::syntax::Pattern;
    let mut out: Vec<Value> = Vec::new();
    for (name, value) in given {
        let at =
            name.and_then(|n| function.parameters.iter().position(|p| matches!(p, Pattern::Name(own) if *own == n))).unwrap_or(out.len());
        while out.len() <= at {
            out.push(Value::Unknown);
        }
        out[at] = value;
    }
    out
}

fn is_log(c: &Chain) -> bool {
    let of = |name: &str| matches!(name, "console" | "logger" | "logging" | "log" | "Sentry" | "print" | "captureException" | "posthog");
    of(&c.root) || c.links.first().is_some_and(|l| of(&l.name)) || c.links.iter().any(|l| l.name == "getLogger")
}

fn is_sender(c: &Chain) -> bool {
    matches!(c.root.as_str(), "res" | "response" | "reply")
}

/// The status of what a call answers with; none when it is no answer.
fn response(c: &Chain, last: &str, given: &Arguments) -> Option<u16> {
    let status = |v: &Value| v.number().filter(|n| (100.0..600.0).contains(n)).map(|n| n as u16);
    let named = |arguments: &Arguments| {
        arguments.iter().find_map(|(name, v)| match name.as_deref() {
            Some("status_code" | "status" | "statusCode") => status(v).or_else(|| status_name(v)),
            _ => v.get("status").or_else(|| v.get("statusCode")).and_then(status),
        })
    };
    let earlier = c
        .links
        .iter()
        .filter(|l| matches!(l.name.as_str(), "status" | "code" | "writeHead"))
        .find_map(|l| l.call.as_ref()?.first().and_then(|(_, v)| status(v)));
    let of_class = last.ends_with("Response") || (last == "json" && (c.last().ends_with("Response") || c.root.ends_with("Response")));
    match last {
        "HTTPException" | "HttpError" | "createError" | "HTTPError" => {
            named(given).or_else(|| given.first().and_then(|(_, v)| status(v).or_else(|| status_name(v)))).or(Some(500))
        }
        "abort" => given.first().and_then(|(_, v)| status(v)),
        "sendStatus" => given.first().and_then(|(_, v)| status(v)),
        _ if of_class => named(given).or_else(|| given.get(1).and_then(|(_, v)| status(v))).or_else(|| class_status(last)).or(Some(200)),
        "json" | "send" | "end" | "text" | "body" | "status" | "code" if is_sender(c) => {
            if matches!(last, "status" | "code") {
                return None;
            }
            earlier.or(Some(200))
        }
        "json" | "text" | "body" | "newResponse" if c.root == "context" => {
            given.get(1).and_then(|(_, v)| status(v)).or_else(|| named(given)).or(Some(200))
        }
        "jsonify" | "make_response" => given.get(1).and_then(|(_, v)| status(v)).or(Some(200)),
        _ => None,
    }
}

/// Django has a class for each.
fn class_status(name: &str) -> Option<u16> {
    Some(match name {
        "HttpResponseBadRequest" => 400,
        "HttpResponseForbidden" => 403,
        "HttpResponseNotFound" => 404,
        "HttpResponseNotAllowed" => 405,
        "HttpResponseServerError" => 500,
        _ => return None,
    })
}

/// `status.HTTP_400_BAD_REQUEST`.
fn status_name(value: &Value) -> Option<u16> {
    match value {
        Value::Chain(c) => c.last().split('_').nth(1)?.parse().ok(),
        _ => None,
    }
}

/// The comparisons of Drizzle.
fn drizzle(c: &Chain, last: &str, given: &Arguments) -> Option<Value> {
    if !(c.root.starts_with("drizzle-orm") || c.root.contains("/db") || c.links.len() == 1 && c.links[0].name == last) {
        return None;
    }
    let how = match last {
        "eq" => Comparison::Equal,
        "lt" => Comparison::Less,
        "lte" => Comparison::LessOrEqual,
        "gt" => Comparison::Greater,
        "gte" => Comparison::GreaterOrEqual,
        "isNull" => Comparison::IsNull,
        "isNotNull" => Comparison::IsNotNull,
        "and" => {
            let all: Option<Vec<_>> =
                given.iter().map(|(_, v)| if let Value::Conditions(c) = v { Some(c.clone()) } else { None }).collect();
            return Some(all.map_or(Value::Unknown, |a| Value::Conditions(a.concat())));
        }
        _ => return None,
    };
    let column = given.first()?.1.column()?;
    let value = given.get(1).map_or(Value::Null, |(_, v)| v.clone());
    Some(Value::Conditions(vec![(column, how, value.field())]))
}

fn of_text(text: &str, name: &str, given: &Arguments) -> Value {
    let first = given.first().map(|(_, v)| v);
    let argument = first.and_then(Value::text);
    let slice = |from: f64, to: f64| {
        let all: Vec<char> = text.chars().collect();
        let place = |n: f64| (if n < 0.0 { all.len() as f64 + n } else { n }).clamp(0.0, all.len() as f64) as usize;
        let (from, to) = (place(from), place(to));
        Value::Text(all.get(from..to).unwrap_or_default().iter().collect())
    };
    match (name, argument) {
        ("trim" | "strip" | "trimEnd" | "trimStart", _) => Value::Text(text.trim().to_owned()),
        ("toLowerCase" | "lower", _) => Value::Text(text.to_lowercase()),
        ("toUpperCase" | "upper", _) => Value::Text(text.to_uppercase()),
        ("toString" | "toISOString" | "isoformat" | "decode" | "encode", _) => Value::Text(text.to_owned()),
        ("split", Some(separator)) if !separator.is_empty() => {
            Value::List(text.split(separator).map(|t| Value::Text(t.to_owned())).collect())
        }
        ("startsWith" | "startswith", Some(other)) => Value::Bool(text.starts_with(other)),
        ("endsWith" | "endswith", Some(other)) => Value::Bool(text.ends_with(other)),
        ("includes", Some(other)) => Value::Bool(text.contains(other)),
        ("slice" | "substring", _) => {
            let from = first.and_then(Value::number).unwrap_or(0.0);
            let to = given.get(1).and_then(|(_, v)| v.number()).unwrap_or(text.chars().count() as f64);
            slice(from, to)
        }
        ("join", _) => match first {
            Some(Value::List(all)) => {
                all.iter().map(text_of).collect::<Option<Vec<_>>>().map_or(Value::Unknown, |t| Value::Text(t.join(text)))
            }
            _ => Value::Unknown,
        },
        ("replace" | "replaceAll", Some(from)) => match given.get(1).and_then(|(_, v)| v.text()) {
            Some(to) => Value::Text(text.replace(from, to)),
            None => Value::Unknown,
        },
        _ => Value::Unknown,
    }
}
