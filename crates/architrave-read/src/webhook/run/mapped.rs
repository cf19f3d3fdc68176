//! Tables as the project's own code maps them: Drizzle's table objects, classes of SQLAlchemy and Django, and what is done through them.

use super::calls::Arguments;
use super::database::{Shape, field};
use super::values::{Chain, Scope, Table, Value};
use super::{Run, chain};
use crate::webhook::syntax::{Expr, Kind, Pattern, Stmt};
use architrave_model::script::Location;
use architrave_model::webhook::{Comparison, HandlerStatement, OnConflict, Verb};
use std::collections::BTreeMap;
use std::rc::Rc;

/// `pgTable("users", { clerkId: text("clerk_id") })`.
pub(super) fn table(run: &Run<'_>, name: &str, given: &Arguments, file: usize) -> Option<Value> {
    if !name.to_lowercase().ends_with("table") {
        return None;
    }
    let [(_, Value::Text(table)), (_, columns), ..] = given.as_slice() else { return None };
    let columns = match columns {
        Value::Function(function, home, scope) => run.enter(function, *home, scope, vec![chain("column", file)]).ok()?,
        other => other.clone(),
    };
    let Value::Object(entries) = columns else { return None };
    let named = |(key, value): &(String, Value)| {
        let own = match value {
            Value::Chain(c) => {
                c.links.iter().find_map(|l| l.call.as_ref()).and_then(|a| a.first()).and_then(|(_, v)| v.text()).map(str::to_owned)
            }
            _ => None,
        };
        (key.clone(), own.unwrap_or_else(|| key.clone()))
    };
    Some(Value::Table(Rc::new(Table { name: table.clone(), columns: entries.iter().map(named).collect() })))
}

/// A class of Python: a table, when it says so or its fields look so.
pub(super) fn class(name: &str, body: &[Stmt], scope: &Rc<Scope>, file: usize) -> Value {
    let mut columns = BTreeMap::new();
    let mut table = None;
    for statement in body {
        let Kind::Let(Pattern::Name(key), value) = &statement.kind else { continue };
        match value {
            Expr::Text(text) if key == "__tablename__" => table = Some(text.clone()),
            Expr::Call { callee, .. } => {
                let called = match &**callee {
                    Expr::Name(n, _) | Expr::Member(_, n) => n.as_str(),
                    _ => "",
                };
                if called.ends_with("Field") || matches!(called, "Column" | "mapped_column" | "ForeignKey" | "OneToOneField") {
                    columns.insert(key.clone(), key.clone());
                }
            }
            _ => {}
        }
    }
    let methods = Scope::inside(scope);
    super::hoist(body, &methods, file);
    if table.is_none() && columns.is_empty() {
        // Its methods can be called through it.
        let all = methods.names.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        return Value::Object(all);
    }
    Value::Table(Rc::new(Table { name: table.unwrap_or_else(|| name.to_owned()), columns }))
}

/// `User.id.in_(…)`, `.is_(None)`: conditions of SQLAlchemy.
pub(super) fn condition_method(base: &Value, name: &str, given: &Arguments) -> Value {
    match (base, name) {
        (Value::Column(_, column), "is_") => Value::Conditions(vec![(
            column.clone(),
            Comparison::IsNull,
            given.first().map_or(architrave_model::webhook::Field::Unknown, |(_, v)| v.field()),
        )]),
        (Value::Conditions(_), _) => base.clone(),
        _ => Value::Unknown,
    }
}

/// Statements of SQLAlchemy's session and of Django's managers.
pub(super) fn statement(c: &Chain, place: &Location) -> Option<(HandlerStatement, Shape)> {
    if let Some(table) = c.root.strip_prefix("table:") {
        return django(c, table, place);
    }
    let last = c.links.last()?;
    let given = last.call.as_ref()?;
    match (last.name.as_str(), given.first().map(|(_, v)| v)) {
        ("add" | "merge", Some(Value::Row(table, all))) => {
            let verb = if last.name == "merge" { Verb::Upsert } else { Verb::Insert };
            let mut out = HandlerStatement::new(place.clone(), verb, table.name.clone());
            out.values = all.iter().map(|(k, v)| (k.clone(), field(v))).collect();
            out.unknown = (verb == Verb::Upsert).then(|| "a merge of the session".to_owned());
            Some((out, Shape::Count))
        }
        ("commit", None) => Some((HandlerStatement::new(place.clone(), Verb::Call, "commit"), Shape::Count)),
        ("delete", Some(Value::Chain(row))) if row.root == "row" => {
            let mut out = HandlerStatement::new(place.clone(), Verb::Delete, "a mapped row");
            out.unknown = Some("a mapped row is deleted".to_owned());
            Some((out, Shape::Count))
        }
        ("first" | "all" | "one" | "one_or_none" | "get", _) => {
            let Value::Table(table) = c.call("query").and_then(|a| a.first()).map(|(_, v)| v)? else { return None };
            let mut out = HandlerStatement::new(place.clone(), Verb::Select, table.name.clone());
            out.unknown = Some("a mapped row is read".to_owned());
            Some((out, if last.name == "all" { Shape::Many } else { Shape::One }))
        }
        ("delete" | "update", _) if c.call("query").is_some() => {
            let Value::Table(table) = c.call("query").and_then(|a| a.first()).map(|(_, v)| v)? else { return None };
            let verb = if last.name == "delete" { Verb::Delete } else { Verb::Update };
            let mut out = HandlerStatement::new(place.clone(), verb, table.name.clone());
            out.unknown = Some("a statement of the session".to_owned());
            Some((out, Shape::Count))
        }
        _ => None,
    }
}

fn django(c: &Chain, table: &str, place: &Location) -> Option<(HandlerStatement, Shape)> {
    let last = c.links.last()?;
    let given = last.call.as_ref()?;
    let named = |given: &Arguments| -> Vec<(String, Value)> { given.iter().filter_map(|(n, v)| Some((n.clone()?, v.clone()))).collect() };
    let filters = || {
        let links = c.links.iter().filter(|l| matches!(l.name.as_str(), "filter" | "get"));
        links.flat_map(|l| named(l.call.as_ref().unwrap_or(&Vec::new()))).map(|(k, v)| (k, Comparison::Equal, v.field())).collect()
    };
    let of = |verb| HandlerStatement::new(place.clone(), verb, table);
    let written: Vec<_> = named(given);
    let fields = |all: &[(String, Value)]| all.iter().map(|(k, v)| (k.clone(), field(v))).collect::<Vec<_>>();
    Some(match last.name.as_str() {
        "create" => (HandlerStatement { values: fields(&written), ..of(Verb::Insert) }, Shape::Count),
        "update_or_create" | "get_or_create" => {
            let keys: Vec<_> = written.iter().filter(|(k, _)| k != "defaults" && k != "create_defaults").cloned().collect();
            let defaults = written
                .iter()
                .find(|(k, _)| k == "defaults")
                .and_then(|(_, v)| if let Value::Object(all) = v { Some(all.clone()) } else { None });
            let update = defaults.clone().unwrap_or_default();
            let all: Vec<_> = keys.iter().chain(&update).cloned().collect();
            let conflict = OnConflict {
                columns: keys.iter().map(|(k, _)| k.clone()).collect(),
                update: (last.name == "update_or_create").then(|| fields(&update)),
                when: Vec::new(),
                when_sql: None,
            };
            (HandlerStatement { values: fields(&all), on_conflict: Some(conflict), ..of(Verb::Upsert) }, Shape::Count)
        }
        "update" => (HandlerStatement { values: fields(&written), filter: filters(), ..of(Verb::Update) }, Shape::Count),
        "delete" => (HandlerStatement { filter: filters(), ..of(Verb::Delete) }, Shape::Count),
        "get" => (HandlerStatement { filter: filters(), needs_row: true, ..of(Verb::Select) }, Shape::One),
        "first" => (HandlerStatement { filter: filters(), ..of(Verb::Select) }, Shape::One),
        "exists" => (HandlerStatement { filter: filters(), ..of(Verb::Select) }, Shape::Count),
        _ => return None,
    })
}

impl Run<'_> {
    /// An attribute of a mapped row gets another value: an UPDATE, when the session is flushed.
    pub(crate) fn changed_row(&self, column: &str, value: &Value, line: u32, file: usize) {
        if self.modules.language(file) != crate::program::Language::Python {
            return;
        }
        let place = self.at(file, line);
        let mut trace = self.trace.borrow_mut();
        if let Some(last) = trace.statements.last_mut().filter(|s| s.verb == Verb::Update && s.table == "a mapped row") {
            last.values.push((column.to_owned(), value.field()));
            return;
        }
        let mut out = HandlerStatement::new(place, Verb::Update, "a mapped row");
        out.unknown = Some("a mapped row is changed".to_owned());
        out.values.push((column.to_owned(), value.field()));
        trace.statements.push(out);
    }
}
