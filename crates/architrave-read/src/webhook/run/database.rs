//! Which chains of calls are statements, of which table, and what such a call returns.

use super::calls::Arguments;
use super::values::{Chain, Conditions, Outcome, Value, Way};
use super::{mapped, postgrest};
use architrave_model::script::Location;
use architrave_model::webhook::{Answer, Comparison, Field, HandlerStatement, OnConflict, Verb};

/// What a call returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `{ data, error }`; of one row, or of none or one.
    Result {
        single: bool,
        rows: bool,
    },
    /// The answer of `fetch`.
    Fetched,
    /// A row or nothing.
    One,
    Many,
    /// `{ rows, rowCount }`.
    Rows,
    /// A number or nothing that anybody looks at.
    Count,
}

impl Shape {
    /// Whether failure is told in the value and not thrown.
    pub(crate) fn returns_failure(self) -> bool {
        matches!(self, Self::Result { .. } | Self::Fetched)
    }

    pub(crate) fn value(self, statement: &HandlerStatement, answer: &Answer, rows: &[Value]) -> Outcome<Value> {
        let code = match answer {
            Answer::Failed(code) => Some(code.clone()),
            Answer::Rows(rows) if rows.is_empty() && statement.needs_row => Some("P0002".to_owned()),
            Answer::Rows(_) => None,
        };
        let pair = |a: (&str, Value), b: (&str, Value)| Value::Object(vec![(a.0.to_owned(), a.1), (b.0.to_owned(), b.1)]);
        let first = rows.first().cloned().unwrap_or(Value::Null);
        Ok(match (self, code) {
            (Self::Result { .. }, Some(code)) => {
                pair(("data", Value::Null), ("error", pair(("code", Value::Text(code)), ("message", Value::Something))))
            }
            (Self::Result { single, rows: asked }, None) => {
                let data = match (asked, single) {
                    (false, _) => Value::Null,
                    (true, true) => first,
                    (true, false) => Value::List(rows.to_vec()),
                };
                pair(("data", data), ("error", Value::Null))
            }
            (Self::Fetched, code) => {
                let status = if code.is_some() { 500.0 } else { 201.0 };
                Value::Object(vec![
                    ("ok".to_owned(), Value::Bool(code.is_none())),
                    ("status".to_owned(), Value::Number(status)),
                    ("statusText".to_owned(), Value::Something),
                    ("data".to_owned(), Value::Something),
                ])
            }
            (_, Some(code)) => return Err(Way::Throw(Value::Error(code))),
            (Self::One, None) => first,
            (Self::Many, None) => Value::List(rows.to_vec()),
            (Self::Rows, None) => pair(("rows", Value::List(rows.to_vec())), ("rowCount", Value::Number(rows.len() as f64))),
            (Self::Count, None) => Value::Unknown,
        })
    }
}

/// The statement that a chain amounts to, and what it returns.
pub(crate) fn recognise(c: &Chain, place: Location) -> Option<(HandlerStatement, Shape)> {
    raw(c, &place).or_else(|| postgrest::client(c, &place)).or_else(|| postgrest::fetch(c, &place)).or_else(|| {
        let (found, shape) = prisma(c, &place).or_else(|| mapped::statement(c, &place)).or_else(|| builder(c, &place))?;
        Some((HandlerStatement { mapped: true, ..found }, shape))
    })
}

/// Whether a chain of Python has come to the call that runs it.
pub(crate) fn ends_in_python(value: &Value) -> bool {
    let Value::Chain(c) = value else { return false };
    let last = c.last();
    let runs = [
        "execute",
        "first",
        "all",
        "one_or_none",
        "scalar",
        "scalars",
        "scalar_one_or_none",
        "one",
        "add",
        "delete",
        "merge",
        "create",
        "update_or_create",
        "get_or_create",
        "fetchrow",
        "fetch",
        "fetchval",
        "update",
        "save",
        "exists",
        "get",
        "commit",
    ];
    runs.contains(&last) && recognise(c, Location::default()).is_some()
}

pub(crate) fn argument<'a>(arguments: &'a [(Option<String>, Value)], at: usize, name: &str) -> Option<&'a Value> {
    arguments
        .iter()
        .find(|(n, _)| n.as_deref() == Some(name))
        .or_else(|| arguments.iter().filter(|(n, _)| n.is_none()).nth(at))
        .map(|(_, v)| v)
}

/// Columns and values of an object; of the first, where there is a list of them.
pub(crate) fn fields(value: &Value) -> Option<Vec<(String, Field)>> {
    match value {
        Value::Object(all) => Some(all.iter().map(|(k, v)| (k.clone(), field(v))).collect()),
        Value::Row(_, all) => Some(all.iter().map(|(k, v)| (k.clone(), field(v))).collect()),
        Value::List(all) => all.first().and_then(fields),
        _ => None,
    }
}

pub(crate) fn field(value: &Value) -> Field {
    match value {
        Value::Sql(sql, _) if matches!(sql.trim().to_lowercase().as_str(), "now()" | "current_timestamp") => Field::Now,
        Value::Sql(sql, _) => {
            sql.trim().strip_prefix("excluded.").map_or(Field::Unknown, |n| Field::Excluded(n.trim_matches('"').to_owned()))
        }
        Value::Chain(c) if c.last() == "now" => Field::Now,
        Value::Chain(c) if c.links.iter().any(|l| l.name == "excluded") => Field::Excluded(c.last().to_owned()),
        Value::Object(all)
            if all.iter().any(|(k, _)| matches!(k.as_str(), "connect" | "increment" | "create" | "connectOrCreate" | "set")) =>
        {
            Field::Unknown
        }
        other => other.field(),
    }
}

/// Conditions of a `where`, however it is given.
pub(crate) fn conditions(value: Option<&Value>) -> (Conditions, Option<String>) {
    match value {
        Some(Value::Conditions(all)) => (all.clone(), None),
        Some(Value::Object(all)) => {
            let mut out = Vec::new();
            for (key, value) in all {
                match value {
                    // A key of several columns.
                    Value::Object(inner) if inner.iter().all(|(_, v)| !matches!(v, Value::Object(_))) && !operator_key(inner) => {
                        out.extend(inner.iter().map(|(k, v)| (k.clone(), Comparison::Equal, v.field())));
                    }
                    Value::Object(inner) => match inner.as_slice() {
                        [(how, v)] if comparison(how).is_some() => {
                            out.push((key.clone(), comparison(how).unwrap_or(Comparison::Equal), v.field()));
                        }
                        _ => return (out, Some("a condition that is not known".to_owned())),
                    },
                    Value::Null => out.push((key.clone(), Comparison::IsNull, Field::Value("null".to_owned()))),
                    value => out.push((key.clone(), Comparison::Equal, value.field())),
                }
            }
            (out, None)
        }
        None => (Vec::new(), None),
        Some(_) => (Vec::new(), Some("a condition that is not known".to_owned())),
    }
}

fn operator_key(entries: &[(String, Value)]) -> bool {
    entries.iter().any(|(k, _)| comparison(k).is_some() || matches!(k.as_str(), "not" | "in" | "contains"))
}

fn comparison(name: &str) -> Option<Comparison> {
    Some(match name {
        "equals" | "eq" => Comparison::Equal,
        "lt" => Comparison::Less,
        "lte" => Comparison::LessOrEqual,
        "gt" => Comparison::Greater,
        "gte" => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

/// Prisma: `client.model.verb({ where, data })`.
fn prisma(c: &Chain, place: &Location) -> Option<(HandlerStatement, Shape)> {
    let at = c.links.iter().rposition(|l| l.call.is_some())?;
    let link = &c.links[at];
    let given = link.call.as_ref()?.first()?.1.clone();
    let model = c.links.get(at.checked_sub(1)?).filter(|l| l.call.is_none() && !l.name.is_empty())?.name.clone();
    if given.get("where").is_none() && given.get("data").is_none() {
        return None;
    }
    let (filter, unknown) = conditions(given.get("where"));
    let data = given.get("data").and_then(fields);
    let of = |verb| HandlerStatement::new(place.clone(), verb, model.clone());
    let mut out = match link.name.as_str() {
        "create" | "createMany" => {
            let skip = matches!(given.get("skipDuplicates"), Some(Value::Bool(true)));
            let nothing = OnConflict { columns: Vec::new(), update: None, when: Vec::new(), when_sql: None };
            HandlerStatement {
                verb: if skip { Verb::Upsert } else { Verb::Insert },
                on_conflict: skip.then_some(nothing),
                values: data.clone().unwrap_or_default(),
                ..of(Verb::Insert)
            }
        }
        "upsert" => HandlerStatement {
            values: given.get("create").and_then(fields).unwrap_or_default(),
            on_conflict: Some(OnConflict {
                columns: filter.iter().map(|f| f.0.clone()).collect(),
                update: given.get("update").and_then(fields).filter(|f| !f.is_empty()),
                when: Vec::new(),
                when_sql: None,
            }),
            ..of(Verb::Upsert)
        },
        "update" | "updateMany" => {
            HandlerStatement { values: data.clone().unwrap_or_default(), filter, needs_row: link.name == "update", ..of(Verb::Update) }
        }
        "delete" | "deleteMany" => HandlerStatement { filter, needs_row: link.name == "delete", ..of(Verb::Delete) },
        "findUnique" | "findFirst" | "findMany" | "count" => HandlerStatement { filter, ..of(Verb::Select) },
        "findUniqueOrThrow" | "findFirstOrThrow" => HandlerStatement { filter, needs_row: true, ..of(Verb::Select) },
        _ => return None,
    };
    out.unknown = unknown;
    if matches!(out.verb, Verb::Insert | Verb::Upsert) && out.values.is_empty() || given.get("data").is_some() && data.is_none() {
        out.unknown = Some("what it writes is not known".to_owned());
    }
    let shape = match link.name.as_str() {
        "findMany" => Shape::Many,
        "createMany" | "updateMany" | "deleteMany" | "count" => Shape::Count,
        _ => Shape::One,
    };
    Some((out, shape))
}

/// Builders: `insert(table).values(…)`, `update(table).set(…).where(…)`, also inside `execute(…)`.
pub(crate) fn builder(c: &Chain, place: &Location) -> Option<(HandlerStatement, Shape)> {
    if let Some((_, Value::Chain(inner))) =
        c.call("execute").or_else(|| c.call("scalar")).or_else(|| c.call("scalars")).and_then(|a| a.first())
    {
        let (found, _) = builder(inner, place)?;
        return Some((found, Shape::Count));
    }
    let table_of = |names: &[&str]| names.iter().find_map(|n| c.call(n)?.first()?.1.table());
    let of = |verb, table| HandlerStatement::new(place.clone(), verb, table);
    let (filter, unknown) = wheres(c);
    let many = if c.link("first").is_some() || c.link("executeTakeFirst").is_some() { Shape::One } else { Shape::Many };
    if let Some(Written(values)) = c.call("values").and_then(values_of)
        && let Some(table) = table_of(&["insert", "insertInto"])
    {
        let conflict = conflict(c);
        let verb = if conflict.is_some() || c.link("onDuplicateKeyUpdate").is_some() { Verb::Upsert } else { Verb::Insert };
        let unknown = if values.is_none() { Some("what it writes is not known".to_owned()) } else { None };
        return Some((HandlerStatement { values: values.unwrap_or_default(), on_conflict: conflict, unknown, ..of(verb, table) }, many));
    }
    if let Some(Written(values)) = c.call("set").or_else(|| c.call("values")).and_then(values_of)
        && let Some(table) = table_of(&["update", "updateTable"])
    {
        let unknown = if values.is_none() { Some("what it writes is not known".to_owned()) } else { unknown };
        return Some((HandlerStatement { values: values.unwrap_or_default(), filter, unknown, ..of(Verb::Update, table) }, many));
    }
    if let Some(table) = table_of(&["delete", "deleteFrom"]).filter(|_| c.link("where").is_some() || c.link("deleteFrom").is_some()) {
        return Some((HandlerStatement { filter, unknown, ..of(Verb::Delete, table) }, many));
    }
    if c.link("select").is_some() || c.link("selectFrom").is_some() || c.link("selectDistinct").is_some() {
        let table = table_of(&["from", "selectFrom"]).or_else(|| table_of(&["select"]))?;
        return Some((HandlerStatement { filter, unknown, ..of(Verb::Select, table) }, many));
    }
    // `db.query.users.findFirst({ where })`.
    let at = c.links.iter().position(|l| l.name == "query")?;
    let (table, find) = (c.links.get(at + 1)?, c.links.get(at + 2)?);
    let given = find.call.as_ref()?.first().map(|(_, v)| v);
    let (filter, unknown) = conditions(given.and_then(|g| g.get("where")));
    let shape = if find.name == "findFirst" { Shape::One } else { Shape::Many };
    find.name.starts_with("find").then(|| (HandlerStatement { filter, unknown, ..of(Verb::Select, table.name.clone()) }, shape))
}

/// What a builder is given to write; none where that is not known.
struct Written(Option<Vec<(String, Field)>>);

/// `values({…})`, `values(a=…, b=…)`.
fn values_of(given: &[(Option<String>, Value)]) -> Option<Written> {
    let named: Vec<(String, Field)> = given.iter().filter_map(|(n, v)| Some((n.clone()?, field(v)))).collect();
    if !named.is_empty() {
        return Some(Written(Some(named)));
    }
    Some(Written(fields(&given.first()?.1)))
}

/// All `where(…)` of a builder.
fn wheres(c: &Chain) -> (Conditions, Option<String>) {
    let mut out = Vec::new();
    for link in c.links.iter().filter(|l| matches!(l.name.as_str(), "where" | "filter" | "filter_by")) {
        let given = link.call.clone().unwrap_or_default();
        let named: Conditions = given.iter().filter_map(|(n, v)| Some((n.clone()?, Comparison::Equal, v.field()))).collect();
        let texts: Vec<&Value> = given.iter().map(|(_, v)| v).collect();
        match texts.as_slice() {
            _ if !named.is_empty() => out.extend(named),
            [Value::Text(column), Value::Text(operator), value] if operator == "=" => {
                out.push((column.clone(), Comparison::Equal, value.field()));
            }
            _ => {
                for value in texts {
                    match conditions(Some(value)) {
                        (more, None) => out.extend(more),
                        (_, why) => return (out, why),
                    }
                }
            }
        }
    }
    (out, None)
}

/// `onConflictDoUpdate({ target, set, setWhere })`, `on_conflict_do_update(index_elements=…, set_=…, where=…)`.
fn conflict(c: &Chain) -> Option<OnConflict> {
    let columns = |v: Option<&Value>| match v {
        Some(Value::List(all)) => all.iter().filter_map(Value::column).collect(),
        Some(one) => one.column().into_iter().collect(),
        None => Vec::new(),
    };
    if let Some(given) = c.call("onConflictDoNothing").or_else(|| c.call("on_conflict_do_nothing")) {
        let target = given.first().and_then(|(n, v)| if n.is_some() { Some(v) } else { v.get("target") });
        return Some(OnConflict { columns: columns(target), update: None, when: Vec::new(), when_sql: None });
    }
    let given: Arguments = match c.call("onConflictDoUpdate") {
        Some(given) => match &given.first()?.1 {
            Value::Object(all) => all.iter().map(|(k, v)| (Some(k.clone()), v.clone())).collect(),
            _ => return None,
        },
        None => c.call("on_conflict_do_update")?.to_vec(),
    };
    let named = |names: &[&str]| given.iter().find(|(n, _)| n.as_deref().is_some_and(|n| names.contains(&n))).map(|(_, v)| v);
    let when = named(&["setWhere", "where"]);
    let when_sql = match when {
        Some(Value::Sql(sql, values)) => Some((sql.clone(), values.iter().map(field).collect())),
        Some(Value::Conditions(_)) | None => None,
        Some(_) => Some(("?".to_owned(), Vec::new())),
    };
    let when = if let Some(Value::Conditions(all)) = when { all.clone() } else { Vec::new() };
    let set = named(&["set", "set_"]).and_then(fields);
    Some(OnConflict { columns: columns(named(&["target", "index_elements"])), update: Some(set.unwrap_or_default()), when, when_sql })
}

/// SQL as the code has it.
fn raw(c: &Chain, place: &Location) -> Option<(HandlerStatement, Shape)> {
    let link = c.links.iter().rev().find(|l| l.call.as_ref().is_some_and(|a| a.first().is_some_and(|(_, v)| is_sql(v))))?;
    let given = link.call.as_ref()?;
    let (text, mut parameters) = match &given.first()?.1 {
        Value::Sql(sql, values) => (sql.clone(), values.clone()),
        Value::Text(sql) => (sql.clone(), Vec::new()),
        Value::Chain(inner) => (inner.call("text").or_else(|| inner.call("raw"))?.first()?.1.text()?.to_owned(), Vec::new()),
        _ => return None,
    };
    let mut names: Vec<(String, Value)> = Vec::new();
    for (name, value) in given.iter().skip(1) {
        match (name, value) {
            (Some(name), value) if name != "values" && name != "params" => names.push((name.clone(), value.clone())),
            (_, Value::List(all)) => parameters.extend(all.iter().cloned()),
            (_, Value::Object(all)) => names.extend(all.iter().cloned()),
            (_, value) => parameters.push(value.clone()),
        }
    }
    let (sql, parameters) = numbered(&text, parameters, &names);
    let lower = sql.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let words: Vec<&str> = lower.split(' ').collect();
    let after = |word: &str| {
        let at = words.iter().position(|w| *w == word)?;
        let name = words.get(at + 1)?;
        Some(name.split('(').next().unwrap_or(name).trim_matches('"').rsplit('.').next().unwrap_or_default().trim_matches('"').to_owned())
    };
    let (verb, table) = match *words.first()? {
        "insert" if lower.contains(" on conflict") => (Verb::Upsert, after("into")),
        "insert" => (Verb::Insert, after("into")),
        "update" => (Verb::Update, after("update")),
        "delete" => (Verb::Delete, after("from")),
        "select" => (Verb::Select, after("from")),
        _ => (Verb::Call, None),
    };
    let parameters: Vec<Field> = parameters.iter().map(field).collect();
    let shape = match link.name.as_str() {
        "query" | "execute" => Shape::Rows,
        "fetchrow" | "fetchval" | "fetchone" | "one" | "oneOrNone" => Shape::One,
        _ => Shape::Many,
    };
    let columns = written_columns(&lower, verb);
    let values = columns.into_iter().map(|name| (name, Field::Unknown)).collect();
    Some((
        HandlerStatement { sql: Some(sql), parameters, values, ..HandlerStatement::new(place.clone(), verb, table.unwrap_or_default()) },
        shape,
    ))
}

/// Columns of an INSERT's list.
fn written_columns(sql: &str, verb: Verb) -> Vec<String> {
    if !matches!(verb, Verb::Insert | Verb::Upsert) {
        return Vec::new();
    }
    let inside = sql.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(inside, _)| inside);
    inside.split(',').map(|n| n.trim().trim_matches('"').to_owned()).filter(|n| !n.is_empty()).collect()
}

fn is_sql(value: &Value) -> bool {
    let text = match value {
        Value::Sql(sql, _) | Value::Text(sql) => sql.as_str(),
        Value::Chain(c) => match c.call("text").or_else(|| c.call("raw")).and_then(|a| a.first()) {
            Some((_, Value::Text(sql))) => sql.as_str(),
            _ => return false,
        },
        _ => return false,
    };
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default().to_lowercase();
    matches!(first.as_str(), "insert" | "update" | "delete" | "select" | "with" | "call") && words.next().is_some()
}

/// Placeholders of all kinds as `$1`.
fn numbered(sql: &str, mut parameters: Vec<Value>, names: &[(String, Value)]) -> (String, Vec<Value>) {
    let mut out = String::new();
    let (mut rest, mut positional) = (sql, 0);
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').count();
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("%s") {
            positional += 1;
            out.push_str(&format!("${positional}"));
            rest = after;
            continue;
        }
        let (prefix, suffix) = if rest.starts_with("%(") {
            (2, 2)
        } else if c == ':' && !rest.starts_with("::") && !out.ends_with(':') {
            (1, 0)
        } else {
            (0, 0)
        };
        let name = rest.get(prefix..).map(|t| &t[..word(t)]).filter(|n| prefix > 0 && !n.is_empty());
        if let Some((name, value)) = name.and_then(|n| names.iter().find(|(own, _)| own == n)) {
            parameters.push(value.clone());
            out.push_str(&format!("${}", parameters.len()));
            rest = rest.get(prefix + name.len() + suffix..).unwrap_or_default();
            continue;
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    (out, parameters)
}

/// Puts a fragment with its parameters behind others.
pub(crate) fn append_sql(sql: &mut String, values: &mut Vec<Value>, inner: &str, more: Vec<Value>) {
    let shift = values.len();
    let mut rest = inner;
    while let Some(at) = rest.find('$') {
        sql.push_str(&rest[..at]);
        let digits: String = rest[at + 1..].chars().take_while(char::is_ascii_digit).collect();
        match digits.parse::<usize>() {
            Ok(n) => sql.push_str(&format!("${}", n + shift)),
            Err(_) => sql.push('$'),
        }
        rest = &rest[at + 1 + digits.len()..];
    }
    sql.push_str(rest);
    values.extend(more);
}
