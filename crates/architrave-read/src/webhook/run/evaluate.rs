//! Values of expressions.

use super::Run;
use super::values::{Body, Chain, Link, Outcome, Scope, Value, name_of};
use crate::webhook::MESSAGE_ID;
use crate::webhook::syntax::{Expr, Key, Operator, Part};
use architrave_model::name::quote_ident;
use architrave_model::webhook::Comparison;
use std::rc::Rc;

impl Run<'_> {
    pub(crate) fn value(&self, expr: &Expr, scope: &Rc<Scope>, file: usize) -> Outcome<Value> {
        self.step()?;
        Ok(match expr {
            Expr::Name(name, line) => self.name(name, *line, scope, file),
            Expr::Text(text) => Value::Text(text.clone()),
            Expr::Template(parts) => self.template(parts, scope, file)?,
            Expr::Number(n) => Value::Number(*n),
            Expr::Bool(b) => Value::Bool(*b),
            Expr::Null => Value::Null,
            Expr::Member(of, name) => {
                let line = line_of(of);
                let of = self.value(of, scope, file)?;
                self.member(&of, name, line, file)
            }
            Expr::Index(of, key, line) => {
                let (of, key) = (self.value(of, scope, file)?, self.value(key, scope, file)?);
                self.index(&of, &key, *line, file)
            }
            Expr::Call { callee, arguments, line } => self.call(callee, arguments, *line, scope, file)?,
            Expr::Tagged { tag, parts, line } => self.tagged(tag, parts, *line, scope, file)?,
            Expr::Object(entries) => self.object(entries, scope, file)?,
            Expr::List(all) => {
                let mut out = Vec::new();
                for one in all {
                    match one {
                        Expr::Spread(inner) => match self.value(inner, scope, file)? {
                            Value::List(more) => out.extend(more),
                            _ => out.push(Value::Unknown),
                        },
                        other => out.push(self.value(other, scope, file)?),
                    }
                }
                Value::List(out)
            }
            Expr::Spread(inner) => self.value(inner, scope, file)?,
            Expr::Function(function) => Value::Function(function.clone(), file, scope.clone()),
            Expr::Not(inner) => {
                let inner = self.value(inner, scope, file)?;
                self.settled_in_python(inner, file)?.truth().map_or(Value::Unknown, |b| Value::Bool(!b))
            }
            Expr::Binary(operator, left, right) => self.binary(*operator, left, right, scope, file)?,
            Expr::Choice(condition, then, or) => self.choice(condition, then, or, scope, file)?,
            Expr::Await(inner) => {
                let inner = self.value(inner, scope, file)?;
                self.settled(inner)?
            }
            Expr::Assign(target, value) => {
                let value = self.value(value, scope, file)?;
                let value = self.settled_in_python(value, file)?;
                self.assign(target, value.clone(), scope, file)?;
                value
            }
            Expr::Comprehension { element, pattern, list, condition } => {
                let list = self.value(list, scope, file)?;
                let Value::List(all) = list else { return Ok(Value::Unknown) };
                let mut out = Vec::new();
                for one in all {
                    let inner = Scope::inside(scope);
                    self.bind(pattern, one, &inner, file)?;
                    let keep = condition.as_ref().map_or(Ok(Some(true)), |c| self.value(c, &inner, file).map(|v| v.truth()))?;
                    match keep {
                        Some(true) => out.push(self.value(element, &inner, file)?),
                        Some(false) => {}
                        None => return Ok(Value::Unknown),
                    }
                }
                Value::List(out)
            }
            Expr::Other => Value::Unknown,
        })
    }

    fn settled_in_python(&self, value: Value, file: usize) -> Outcome<Value> {
        if self.modules.language(file) == crate::program::Language::Python { self.settled(value) } else { Ok(value) }
    }

    fn name(&self, name: &str, line: u32, scope: &Rc<Scope>, file: usize) -> Value {
        if let Some(known) = scope.get(name) {
            return known;
        }
        if let Some(known) = self.modules.define(self, file, name) {
            return known;
        }
        Value::Chain(Rc::new(Chain { root: name.to_owned(), links: vec![Link { name: String::new(), call: None, line }], file }))
    }

    fn choice(&self, condition: &Expr, then: &Expr, or: &Expr, scope: &Rc<Scope>, file: usize) -> Outcome<Value> {
        let condition = self.value(condition, scope, file)?;
        match self.settled_in_python(condition, file)?.truth() {
            Some(true) => self.value(then, scope, file),
            Some(false) => self.value(or, scope, file),
            None => {
                let first = self.value(then, scope, file)?;
                let second = self.value(or, scope, file)?;
                Ok(match (&first, &second) {
                    _ if self.equal(&first, &second) == Some(true) => first,
                    (Value::Chain(_), _) => first,
                    (_, Value::Chain(_)) => second,
                    _ => Value::Unknown,
                })
            }
        }
    }

    fn template(&self, parts: &[Part], scope: &Rc<Scope>, file: usize) -> Outcome<Value> {
        let mut out = String::new();
        let mut known = true;
        for part in parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Value(value) => match self.value(value, scope, file)? {
                    Value::Null if self.modules.language(file) == crate::program::Language::Python => out.push_str("None"),
                    Value::Null => out.push_str("null"),
                    value => match text_of(&value) {
                        Some(text) => out.push_str(&text),
                        None => known = false,
                    },
                },
            }
        }
        // An address that is put together of something unknown still ends in what is known.
        Ok(if known || out.contains("/rest/v1/") { Value::Text(out) } else { Value::Unknown })
    }

    /// `` sql`… ${value} …` ``: a statement with parameters.
    fn tagged(&self, tag: &Expr, parts: &[Part], line: u32, scope: &Rc<Scope>, file: usize) -> Outcome<Value> {
        let tag = self.value(tag, scope, file)?;
        let (mut sql, mut values) = (String::new(), Vec::new());
        for part in parts {
            match part {
                Part::Text(text) => sql.push_str(text),
                Part::Value(value) => match self.value(value, scope, file)? {
                    Value::Sql(inner, more) => super::database::append_sql(&mut sql, &mut values, &inner, more),
                    Value::Column(table, name) => sql.push_str(&format!("{}.{}", quote_ident(&table.name), quote_ident(&name))),
                    Value::Table(table) => sql.push_str(&quote_ident(&table.name)),
                    value => {
                        values.push(value);
                        sql.push_str(&format!("${}", values.len()));
                    }
                },
            }
        }
        let statement = Value::Sql(sql, values);
        Ok(match tag {
            Value::Chain(c) => linked(&c, "", Some(vec![(Some("template".to_owned()), statement)]), line, file),
            _ => statement,
        })
    }

    fn object(&self, entries: &[(Key, Expr)], scope: &Rc<Scope>, file: usize) -> Outcome<Value> {
        let mut out: Vec<(String, Value)> = Vec::new();
        let mut set = |key: String, value: Value| {
            out.retain(|(k, _)| *k != key);
            out.push((key, value));
        };
        for (key, value) in entries {
            let value = self.value(value, scope, file)?;
            match key {
                Key::Name(name) => set(name.clone(), value),
                Key::Computed(key) => match self.value(key, scope, file)? {
                    Value::Text(name) | Value::Column(_, name) => set(name, value),
                    _ => set("?".to_owned(), Value::Unknown),
                },
                Key::Spread => match value {
                    Value::Object(all) => all.into_iter().for_each(|(k, v)| set(k, v)),
                    Value::Null | Value::Bool(false) => {}
                    _ => set("?".to_owned(), Value::Unknown),
                },
            }
        }
        Ok(Value::Object(out))
    }

    fn assign(&self, target: &Expr, value: Value, scope: &Rc<Scope>, file: usize) -> Outcome<()> {
        if let Some(name) = name_of(target) {
            scope.assign(name, value);
            return Ok(());
        }
        let (of, key) = match target {
            Expr::Member(of, name) => (of, Value::Text(name.clone())),
            Expr::Index(of, key, _) => (of, self.value(key, scope, file)?),
            _ => return Ok(()),
        };
        let base = self.value(of, scope, file)?;
        let (Some(name), Value::Text(key)) = (name_of(of), key) else {
            self.status_set(&base, &value);
            return Ok(());
        };
        match base {
            Value::Object(mut all) => {
                all.retain(|(k, _)| *k != key);
                all.push((key, value));
                scope.assign(name, Value::Object(all));
            }
            Value::Row(table, mut all) => {
                all.retain(|(k, _)| *k != key);
                all.push((key, value));
                scope.assign(name, Value::Row(table, all));
            }
            other if key == "status_code" || key == "statusCode" || key == "status" => self.status_set(&other, &value),
            Value::Unknown | Value::Something | Value::Chain(_) => self.changed_row(&key, &value, line_of(of), file),
            _ => {}
        }
        Ok(())
    }

    /// `response.status_code = 400`.
    fn status_set(&self, base: &Value, value: &Value) {
        if let (Value::Unknown | Value::Chain(_), Value::Number(n)) = (base, value) {
            self.trace.borrow_mut().sent = Some(*n as u16);
        }
    }

    fn binary(&self, operator: Operator, left: &Expr, right: &Expr, scope: &Rc<Scope>, file: usize) -> Outcome<Value> {
        let a = self.value(left, scope, file)?;
        let a = self.settled_in_python(a, file)?;
        match operator {
            Operator::Or | Operator::And => {
                return match a.truth() {
                    Some(true) if operator == Operator::Or => Ok(a),
                    Some(false) if operator == Operator::And => Ok(a),
                    Some(_) => self.value(right, scope, file),
                    None => {
                        let b = self.value(right, scope, file)?;
                        Ok(match b.truth() {
                            // A client that there is already, or a new one.
                            None if matches!(b, Value::Chain(_)) => b,
                            None if matches!(a, Value::Chain(_)) && operator == Operator::Or => a,
                            Some(false) if operator == Operator::And => b,
                            Some(true) if operator == Operator::Or && matches!(b, Value::Bool(_)) => b,
                            _ => Value::Unknown,
                        })
                    }
                };
            }
            Operator::IfNull => {
                return match a {
                    Value::Null => self.value(right, scope, file),
                    Value::Unknown => Ok(match self.value(right, scope, file)? {
                        client @ Value::Chain(_) => client,
                        _ => Value::Unknown,
                    }),
                    known => Ok(known),
                };
            }
            _ => {}
        }
        let b = self.value(right, scope, file)?;
        self.note_comparison(&a, &b);
        if let Some(conditions) = condition(operator, &a, &b) {
            return Ok(conditions);
        }
        Ok(match operator {
            Operator::Equal => self.equal(&a, &b).map_or(Value::Unknown, Value::Bool),
            Operator::Unequal => self.equal(&a, &b).map_or(Value::Unknown, |e| Value::Bool(!e)),
            Operator::In | Operator::NotIn => match self.among(&a, &b) {
                Some(found) => Value::Bool(found == (operator == Operator::In)),
                None => Value::Unknown,
            },
            Operator::Plus => match (&a, &b) {
                (Value::Number(a), Value::Number(b)) => Value::Number(a + b),
                (Value::Text(a), b) => text_of(b).map_or(Value::Unknown, |b| Value::Text(format!("{a}{b}"))),
                (a, Value::Text(b)) => text_of(a).map_or(Value::Unknown, |a| Value::Text(format!("{a}{b}"))),
                _ => Value::Unknown,
            },
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => compare(operator, &a, &b),
            Operator::Divide => match (&a, &b) {
                (Value::Number(a), Value::Number(b)) if *b != 0.0 => Value::Number(a / b),
                _ => Value::Unknown,
            },
            _ => Value::Unknown,
        })
    }

    fn note_comparison(&self, a: &Value, b: &Value) {
        let mut trace = self.trace.borrow_mut();
        for text in [a, b].into_iter().filter_map(Value::text).filter(|t| t.contains('.') || t.ends_with("deleted")) {
            trace.compared.push(text.to_owned());
        }
    }

    /// Whether two values are the same; none when that is not known.
    pub(crate) fn equal(&self, a: &Value, b: &Value) -> Option<bool> {
        self.note_comparison(a, b);
        match (a, b) {
            (Value::Unknown | Value::Chain(_), _) | (_, Value::Unknown | Value::Chain(_)) => None,
            (Value::Text(a), Value::Text(b)) => Some(a == b),
            (Value::Number(_) | Value::Time(_), Value::Number(_) | Value::Time(_)) => Some(a.number() == b.number()),
            (Value::Bool(a), Value::Bool(b)) => Some(a == b),
            (Value::Null, Value::Null) => Some(true),
            (Value::Null, _) | (_, Value::Null) => Some(false),
            (Value::Something, _) | (_, Value::Something) => None,
            _ => Some(false),
        }
    }

    fn among(&self, one: &Value, all: &Value) -> Option<bool> {
        match all {
            Value::List(all) => {
                let found: Vec<Option<bool>> = all.iter().map(|v| self.equal(one, v)).collect();
                if found.contains(&Some(true)) { Some(true) } else { found.iter().all(Option::is_some).then_some(false) }
            }
            Value::Object(all) => one.text().map(|t| all.iter().any(|(k, _)| k == t)),
            Value::Text(text) => one.text().map(|t| text.contains(t)),
            _ => None,
        }
    }

    /// A name behind a dot.
    pub(crate) fn member(&self, of: &Value, name: &str, line: u32, file: usize) -> Value {
        match of {
            Value::Object(_) => {
                self.note_read(of, name);
                of.get(name).cloned().unwrap_or(Value::Null)
            }
            Value::List(all) if name == "length" => Value::Number(all.len() as f64),
            Value::Text(text) if name == "length" => Value::Number(text.chars().count() as f64),
            Value::Request => match name {
                "headers" | "META" => Value::Headers,
                "body" | "json" => Value::Body(Body::Given),
                "rawBody" => Value::Body(Body::Raw),
                "data" if self.modules.language(file) == crate::program::Language::Python => Value::Body(Body::Raw),
                "method" => Value::Text("POST".to_owned()),
                "req" | "request" | "raw" => Value::Request,
                _ => Value::Unknown,
            },
            Value::Body(_) => {
                self.trace.borrow_mut().took_event = true;
                self.event.get(name).cloned().unwrap_or(Value::Unknown)
            }
            Value::Namespace(of) => self.modules.export(self, *of, name, 0).unwrap_or(Value::Unknown),
            Value::Headers => header(name),
            Value::Chain(c) if c.root == "context" && matches!(name, "req" | "request") => Value::Request,
            Value::Chain(c)
                if matches!(name, "env" | "environ") && matches!(c.root.as_str(), "process" | "Deno" | "os" | "context" | "import") =>
            {
                Value::Something
            }
            Value::Chain(c) => {
                let from_settings = matches!(c.last(), "env" | "settings" | "config" | "Settings")
                    || matches!(c.root.as_str(), "env" | "settings" | "config");
                if from_settings && (name.chars().all(|c| !c.is_ascii_lowercase()) || name.to_lowercase().contains("secret")) {
                    return Value::Something;
                }
                linked(c, name, None, line, file)
            }
            Value::Something => Value::Something,
            Value::Table(table) => {
                let column = table.columns.get(name).cloned();
                match name {
                    "id" | "name" if column.is_none() => Value::Column(table.clone(), name.to_owned()),
                    "objects" | "query" | "c" | "columns" if column.is_none() => Value::Table(table.clone()),
                    _ => Value::Column(table.clone(), column.unwrap_or_else(|| name.to_owned())),
                }
            }
            Value::Row(_, all) => all.iter().rev().find(|(k, _)| k == name).map_or(Value::Unknown, |(_, v)| v.clone()),
            Value::Error(code) if name == "code" && !code.is_empty() => Value::Text(code.clone()),
            Value::Null => Value::Null,
            _ => Value::Unknown,
        }
    }

    /// What of the event a handler looks at.
    fn note_read(&self, of: &Value, name: &str) {
        let mut trace = self.trace.borrow_mut();
        match name {
            "updated_at" if of.get("id").is_some() && of.get("created_at").is_some() => trace.update_time = true,
            "primary_email_address_id" => trace.primary_email = true,
            _ => {}
        }
    }

    pub(crate) fn index(&self, of: &Value, key: &Value, line: u32, file: usize) -> Value {
        match (of, key) {
            (Value::List(all), Value::Number(n)) => {
                let first = all.first().is_some_and(|v| v.get("email_address").is_some());
                if first && *n == 0.0 {
                    let place = self.at(file, line);
                    self.trace.borrow_mut().first_email.get_or_insert(place);
                }
                let at = if *n < 0.0 { all.len() as f64 + n } else { *n };
                all.get(at as usize).cloned().unwrap_or(Value::Null)
            }
            (Value::Headers, Value::Text(name)) => header(name),
            // A table of what to do by type of the event.
            (Value::Object(all), Value::Text(name)) if name.contains('.') => {
                self.trace.borrow_mut().compared.extend(all.iter().map(|(key, _)| key.clone()));
                self.member(of, name, line, file)
            }
            (Value::Chain(c), Value::Number(_)) if !c.links.is_empty() => Value::Unknown,
            (of, Value::Text(name)) => self.member(of, name, line, file),
            (Value::Null, _) => Value::Null,
            _ => Value::Unknown,
        }
    }
}

/// The chain with a further link.
pub(crate) fn linked(of: &Chain, name: &str, call: Option<Vec<(Option<String>, Value)>>, line: u32, file: usize) -> Value {
    let mut links = of.links.clone();
    // A name by itself, which is called now.
    let bare = links.last().is_some_and(|l| l.call.is_none());
    match (call, links.last_mut()) {
        (Some(call), Some(last)) if name.is_empty() && bare => {
            last.call = Some(call);
            last.line = last.line.max(line);
        }
        (call, _) => links.push(Link { name: name.to_owned(), call, line }),
    }
    Value::Chain(Rc::new(Chain { root: of.root.clone(), links, file }))
}

/// A header by its name: the message's id is one that we know again.
pub(crate) fn header(name: &str) -> Value {
    let lower = name.to_lowercase().replace('_', "-");
    match lower.as_str() {
        "svix-id" | "webhook-id" | "http-svix-id" => Value::Text(MESSAGE_ID.to_owned()),
        "get" | "getall" | "items" => Value::Headers,
        _ => Value::Something,
    }
}

/// As it appears in a text that is put together.
pub(crate) fn text_of(value: &Value) -> Option<String> {
    Some(match value {
        Value::Text(text) => text.clone(),
        Value::Number(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Time(ms) => super::values::timestamp(*ms),
        _ => return None,
    })
}

fn compare(operator: Operator, a: &Value, b: &Value) -> Value {
    let (Some(a), Some(b)) = (a.number(), b.number()) else { return Value::Unknown };
    Value::Bool(match operator {
        Operator::Less => a < b,
        Operator::LessOrEqual => a <= b,
        Operator::Greater => a > b,
        _ => a >= b,
    })
}

/// A comparison of a column, which mappers of Python make conditions of.
fn condition(operator: Operator, a: &Value, b: &Value) -> Option<Value> {
    let Value::Column(_, column) = a else { return None };
    let how = match operator {
        Operator::Equal => Comparison::Equal,
        Operator::Less => Comparison::Less,
        Operator::LessOrEqual => Comparison::LessOrEqual,
        Operator::Greater => Comparison::Greater,
        Operator::GreaterOrEqual => Comparison::GreaterOrEqual,
        _ => return Some(Value::Unknown),
    };
    Some(Value::Conditions(vec![(column.clone(), how, b.field())]))
}

/// The line of the first name in it; 0 where there is none.
pub(crate) fn line_of(expr: &Expr) -> u32 {
    match expr {
        Expr::Name(_, line) | Expr::Index(_, _, line) | Expr::Call { line, .. } | Expr::Tagged { line, .. } => *line,
        Expr::Member(of, _) | Expr::Await(of) | Expr::Not(of) => line_of(of),
        _ => 0,
    }
}
