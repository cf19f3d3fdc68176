//! What a handler's names stand for while it runs.

use crate::webhook::syntax::{Expr, Function};
use architrave_model::webhook::{Comparison, Field};
use serde_json::Value as Json;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// How a body has been handled so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// The bytes that were sent.
    Raw,
    /// Parsed and made a text again.
    Rewritten,
    /// What a framework gives, parsed or not.
    Given,
}

/// A table, as a mapper or a class of the project defines it.
#[derive(Debug, PartialEq)]
pub(crate) struct Table {
    pub(crate) name: String,
    /// Names in the code and in the database, where they are known.
    pub(crate) columns: BTreeMap<String, String>,
}

/// A name behind a dot, or a call of it.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) name: String,
    pub(crate) call: Option<Vec<(Option<String>, Value)>>,
    pub(crate) line: u32,
}

/// What comes from elsewhere: a library or a global name, with all that is done to it.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    /// Module, or the name itself for a global one.
    pub(crate) root: String,
    pub(crate) links: Vec<Link>,
    /// File in which the last link stands, as an index.
    pub(crate) file: usize,
}

impl Chain {
    pub(crate) fn link(&self, name: &str) -> Option<&Link> {
        self.links.iter().find(|l| l.name == name)
    }

    /// Arguments of the call of that name.
    pub(crate) fn call(&self, name: &str) -> Option<&[(Option<String>, Value)]> {
        self.links.iter().rev().find(|l| l.name == name && l.call.is_some())?.call.as_deref()
    }

    pub(crate) fn last(&self) -> &str {
        self.links.last().map(|l| l.name.as_str()).filter(|n| !n.is_empty()).unwrap_or(&self.root)
    }

    /// Line on which the statement begins; of the last call, where no word tells.
    pub(crate) fn line(&self) -> u32 {
        const BEGIN: &[&str] =
            &["from", "table", "insert", "insertInto", "update", "updateTable", "delete", "deleteFrom", "select", "selectFrom", "rpc"];
        let begins = self.links.iter().find(|l| l.line > 0 && l.call.is_some() && BEGIN.contains(&l.name.as_str()));
        begins.or_else(|| self.links.iter().rev().find(|l| l.line > 0)).map_or(0, |l| l.line)
    }

    pub(crate) fn words(&self) -> String {
        let names: Vec<&str> = self.links.iter().map(|l| l.name.as_str()).filter(|n| !n.is_empty()).collect();
        if names.is_empty() { self.root.clone() } else { names.join(".") }
    }
}

/// Names of one function call, over those of where it stands.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    pub(crate) names: RefCell<BTreeMap<String, Value>>,
    pub(crate) outer: Option<Rc<Scope>>,
}

impl Scope {
    pub(crate) fn inside(outer: &Rc<Self>) -> Rc<Self> {
        Rc::new(Self { names: RefCell::default(), outer: Some(outer.clone()) })
    }

    pub(crate) fn get(&self, name: &str) -> Option<Value> {
        let own = self.names.borrow().get(name).cloned();
        own.or_else(|| self.outer.as_ref()?.get(name))
    }

    pub(crate) fn declare(&self, name: &str, value: Value) {
        self.names.borrow_mut().insert(name.to_owned(), value);
    }

    /// Gives a name that there is another value; a new one becomes ours.
    pub(crate) fn assign(&self, name: &str, value: Value) {
        if !self.replace(name, &value) {
            self.declare(name, value);
        }
    }

    fn replace(&self, name: &str, value: &Value) -> bool {
        if let Some(known) = self.names.borrow_mut().get_mut(name) {
            *known = value.clone();
            return true;
        }
        self.outer.as_ref().is_some_and(|o| o.replace(name, value))
    }
}

/// Condition on columns of a table.
pub(crate) type Conditions = Vec<(String, Comparison, Field)>;

/// A value.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Unknown,
    /// Known to be there, and no more: a secret, a header.
    Something,
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    /// Milliseconds since 1970.
    Time(f64),
    Now,
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
    Function(Rc<Function>, usize, Rc<Scope>),
    /// All names of a file.
    Namespace(usize),
    Request,
    Headers,
    Body(Body),
    Chain(Rc<Chain>),
    Response(u16),
    /// An error of the database, with its SQLSTATE; empty for any other exception.
    Error(String),
    Table(Rc<Table>),
    Column(Rc<Table>, String),
    Conditions(Conditions),
    /// SQL with `$1` for values.
    Sql(String, Vec<Value>),
    /// A row that is not yet written: an instance of a mapped class.
    Row(Rc<Table>, Vec<(String, Value)>),
}

impl Value {
    /// Whether it counts as true; none when that is not known.
    pub(crate) fn truth(&self) -> Option<bool> {
        Some(match self {
            // A row that was found is there.
            Self::Chain(c) if c.root == "row" && c.links.is_empty() => true,
            Self::Unknown | Self::Chain(_) => return None,
            Self::Null => false,
            Self::Bool(b) => *b,
            Self::Number(n) => *n != 0.0,
            Self::Text(t) => !t.is_empty(),
            _ => true,
        })
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(n) | Self::Time(n) => Some(*n),
            _ => None,
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(entries) => entries.iter().rev().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    pub(crate) fn from_json(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(b) => Self::Bool(*b),
            Json::Number(n) => n.as_f64().map_or(Self::Unknown, Self::Number),
            Json::String(s) => Self::Text(s.clone()),
            Json::Array(all) => Self::List(all.iter().map(Self::from_json).collect()),
            Json::Object(all) => Self::Object(all.iter().map(|(k, v)| (k.clone(), Self::from_json(v))).collect()),
        }
    }

    /// As a value of a statement.
    pub(crate) fn field(&self) -> Field {
        match self {
            Self::Now => Field::Now,
            other => other.json().map_or(Field::Unknown, |v| Field::Value(v.to_string())),
        }
    }

    fn json(&self) -> Option<Json> {
        Some(match self {
            Self::Null => Json::Null,
            Self::Bool(b) => Json::Bool(*b),
            // Whole numbers are printed without a point.
            Self::Number(n) if n.fract() == 0.0 && n.abs() < 9e15 => Json::from(*n as i64),
            Self::Number(n) => serde_json::Number::from_f64(*n).map(Json::Number)?,
            Self::Text(t) => Json::String(t.clone()),
            Self::Time(ms) => Json::String(timestamp(*ms)),
            Self::List(all) => Json::Array(all.iter().map(Self::json).collect::<Option<_>>()?),
            Self::Object(all) => Json::Object(all.iter().map(|(k, v)| Some((k.clone(), v.json()?))).collect::<Option<_>>()?),
            _ => return None,
        })
    }

    /// Whether this is the event itself.
    pub(crate) fn is_event(&self) -> bool {
        self.get("type").is_some() && self.get("data").is_some() && self.get("object").and_then(Self::text) == Some("event")
    }

    /// Whether data of the event are in it.
    pub(crate) fn holds_data(&self) -> bool {
        match self {
            Self::Object(all) => self.is_event() || all.iter().any(|(k, v)| (k == "id" && v.text().is_some_and(is_id)) || v.holds_data()),
            Self::List(all) => all.iter().any(Self::holds_data),
            Self::Text(text) => is_id(text),
            _ => false,
        }
    }

    /// Name of a column that this stands for.
    pub(crate) fn column(&self) -> Option<String> {
        match self {
            Self::Column(_, name) => Some(name.clone()),
            Self::Text(text) => Some(text.clone()),
            Self::Chain(chain) => Some(chain.last().to_owned()),
            _ => None,
        }
    }

    /// Name of a table that this stands for.
    pub(crate) fn table(&self) -> Option<String> {
        match self {
            Self::Table(table) => Some(table.name.clone()),
            Self::Text(text) => Some(text.clone()),
            Self::Chain(chain) => Some(chain.last().to_owned()),
            _ => None,
        }
    }
}

/// Milliseconds since 1970 as a timestamp that PostgreSQL reads.
pub(crate) fn timestamp(milliseconds: f64) -> String {
    let (seconds, rest) = ((milliseconds / 1000.0).floor() as i64, (milliseconds.rem_euclid(1000.0)) as i64);
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, date) = architrave_model::calendar::date(days);
    format!("{year:04}-{month:02}-{date:02}T{:02}:{:02}:{:02}.{rest:03}Z", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

/// Ids of our own events begin so.
fn is_id(text: &str) -> bool {
    text.starts_with("user_architrave") || text.starts_with("org_architrave") || text.starts_with("orgmem_architrave")
}

/// Why a run goes elsewhere than to the next statement.
#[derive(Debug, Clone)]
pub(crate) enum Way {
    Return(Value),
    Throw(Value),
    Break,
    Continue,
    /// It cannot be told how it goes on.
    Stuck(String),
    /// The answer to a statement is not there yet.
    Asks,
}

/// The patterns' and calls' shorthand.
pub(crate) type Outcome<T> = Result<T, Way>;

/// The name that a pattern-free expression assigns to.
pub(crate) fn name_of(target: &Expr) -> Option<&str> {
    match target {
        Expr::Name(name, _) => Some(name),
        _ => None,
    }
}
