//! Statements of a handler as SQL, with the names of the real schema.

use architrave_model::Catalog;
use architrave_model::catalog::{Column, Table};
use architrave_model::name::{quote_ident, quote_literal};
use architrave_model::webhook::{Comparison, Field, HandlerStatement, OnConflict, Verb};

/// A statement that can be run.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rendered {
    pub(super) sql: String,
    /// Whether it returns rows, as objects of JSON.
    pub(super) returns: bool,
    /// Table that it writes, as an index into the catalogue.
    pub(super) writes: Option<usize>,
    /// Columns whose values differ from run to run: filled with the time, or by a mapper.
    pub(super) volatile: Vec<String>,
}

/// Letters and digits in lower case, without the plural: by this the code's names and the database's are compared.
fn plain(name: &str) -> String {
    let own = name.rsplit('.').next().unwrap_or(name);
    let letters: String = own.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    letters.strip_suffix('s').unwrap_or(&letters).to_owned()
}

/// The table that the code's name means, as an index.
pub(super) fn table(catalog: &Catalog, name: &str) -> Option<usize> {
    let ours = |t: &Table| t.extension.is_none() && !matches!(t.name.schema.as_str(), "auth" | "storage" | "realtime");
    let all = || catalog.tables.iter().enumerate().filter(|(_, t)| ours(t));
    let exact: Vec<usize> = all().filter(|(_, t)| t.name.name == name || t.name.to_string() == name).map(|(at, _)| at).collect();
    let alike = || all().filter(|(_, t)| plain(&t.name.name) == plain(name)).map(|(at, _)| at).collect::<Vec<_>>();
    let found = if exact.is_empty() { alike() } else { exact };
    if let [only] = found.as_slice() { Some(*only) } else { None }
}

fn column<'a>(table: &'a Table, name: &str) -> Result<&'a Column, String> {
    let exact = table.column(name);
    let alike = || table.columns.iter().find(|c| plain(&c.name) == plain(name));
    exact.or_else(alike).ok_or_else(|| format!("{} has no column that {name} could mean", table.name))
}

/// The statement as SQL; or why it cannot be had.
pub(super) fn render(catalog: &Catalog, statement: &HandlerStatement) -> Result<Rendered, String> {
    let at = table(catalog, &statement.table);
    let named = |why: &str| format!("{why} ({}:{})", statement.location.path, statement.location.line);
    if let Some(sql) = &statement.sql {
        return raw(sql, statement, at).map_err(|why| named(&why));
    }
    let at = at.ok_or_else(|| named(&format!("the schema has no table that {} could mean", statement.table)))?;
    let table = catalog.tables.get(at).ok_or_else(|| named("the schema has no such table"))?;
    of_parts(table, at, statement).map_err(|why| named(&why))
}

fn of_parts(table: &Table, at: usize, statement: &HandlerStatement) -> Result<Rendered, String> {
    let name = table.name.sql();
    let mut volatile = Vec::new();
    let filter = conditions(table, &statement.filter)?;
    let inner = match statement.verb {
        Verb::Select => format!("select * from {name}{filter}"),
        Verb::Delete if filter.is_empty() => return Err("it deletes without a condition that is known".to_owned()),
        Verb::Delete => format!("delete from {name}{filter} returning *"),
        Verb::Update if filter.is_empty() => return Err("it updates without a condition that is known".to_owned()),
        Verb::Update => format!("update {name} set {}{filter} returning *", assignments(table, &statement.values, &mut volatile)?),
        Verb::Insert | Verb::Upsert => insert(table, statement, &mut volatile)?,
        Verb::Call => return Err(format!("it calls {}", statement.table)),
    };
    let sql = if statement.verb == Verb::Select {
        format!("select row_to_json(s) from ({inner}) s")
    } else {
        format!("with s as ({inner}) select row_to_json(s) from s")
    };
    let writes = (statement.verb != Verb::Select).then_some(at);
    Ok(Rendered { sql, returns: true, writes, volatile })
}

fn insert(table: &Table, statement: &HandlerStatement, volatile: &mut Vec<String>) -> Result<String, String> {
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for (name, field) in &statement.values {
        let column = column(table, name)?;
        match literal(column, field) {
            Some(value) => {
                names.push(column.name.as_str());
                values.push(value);
            }
            // Nobody misses what may be left out.
            None if !column.not_null || column.default.is_some() => {}
            None => return Err(format!("what {}.{} gets is not known", table.name, column.name)),
        }
        if *field == Field::Now {
            volatile.push(column.name.clone());
        }
    }
    let missing: Vec<&Column> =
        table.columns.iter().filter(|c| statement.mapped && is_missing(c) && !names.contains(&c.name.as_str())).collect();
    for column in missing {
        let value =
            made_by_mapper(column).ok_or_else(|| format!("what the mapper puts into {}.{} is not known", table.name, column.name))?;
        names.push(&column.name);
        values.push(value.to_owned());
        volatile.push(column.name.clone());
    }
    if names.is_empty() {
        return Err("what it writes is not known".to_owned());
    }
    let conflict = statement.on_conflict.as_ref().map_or(Ok(String::new()), |c| on_conflict(table, c, volatile))?;
    let names: Vec<String> = names.iter().map(|n| quote_ident(n)).collect();
    Ok(format!("insert into {} ({}) values ({}){conflict} returning *", table.name.sql(), names.join(", "), values.join(", ")))
}

fn is_missing(column: &Column) -> bool {
    column.not_null && column.default.is_none() && column.identity.is_none() && column.generated.is_none()
}

/// What mappers fill in where neither the code nor the database does.
fn made_by_mapper(column: &Column) -> Option<&'static str> {
    Some(match column.base_type().as_str() {
        "uuid" => "gen_random_uuid()",
        "text" | "character varying" if column.name.to_lowercase().ends_with("id") => "md5(random()::text)",
        t if t.starts_with("timestamp") || t == "date" => "now()",
        _ => return None,
    })
}

fn on_conflict(table: &Table, conflict: &OnConflict, volatile: &mut Vec<String>) -> Result<String, String> {
    let mut target: Vec<String> = Vec::new();
    for name in &conflict.columns {
        target.push(quote_ident(&column(table, name)?.name));
    }
    if target.is_empty() && conflict.update.is_some() {
        let key = table.primary_key().ok_or_else(|| format!("{} has no primary key, which the conflict needs", table.name))?;
        target = key.columns.iter().map(|c| quote_ident(c)).collect();
    }
    let target = if target.is_empty() { String::new() } else { format!(" ({})", target.join(", ")) };
    let Some(update) = conflict.update.as_ref().filter(|u| !u.is_empty()) else {
        return Ok(format!(" on conflict{target} do nothing"));
    };
    let set = assignments(table, update, volatile)?;
    let mut when = Vec::new();
    for (name, how, field) in &conflict.when {
        let column = column(table, name)?;
        when.push(comparison(&format!("{}.{}", table.name.sql(), quote_ident(&column.name)), column, *how, field)?);
    }
    if let Some((sql, parameters)) = &conflict.when_sql {
        when.push(with_parameters(sql, parameters)?);
    }
    let when = if when.is_empty() { String::new() } else { format!(" where {}", when.join(" and ")) };
    Ok(format!(" on conflict{target} do update set {set}{when}"))
}

fn assignments(table: &Table, values: &[(String, Field)], volatile: &mut Vec<String>) -> Result<String, String> {
    let mut out = Vec::new();
    for (name, field) in values {
        let column = column(table, name)?;
        if *field == Field::Now {
            volatile.push(column.name.clone());
        }
        // A value that is not known leaves what is there.
        let Some(value) = literal(column, field) else { continue };
        out.push(format!("{} = {value}", quote_ident(&column.name)));
    }
    if out.is_empty() { Err("what it sets is not known".to_owned()) } else { Ok(out.join(", ")) }
}

fn conditions(table: &Table, filter: &[(String, Comparison, Field)]) -> Result<String, String> {
    let mut out = Vec::new();
    for (name, how, field) in filter {
        let column = column(table, name)?;
        out.push(comparison(&quote_ident(&column.name), column, *how, field)?);
    }
    Ok(if out.is_empty() { String::new() } else { format!(" where {}", out.join(" and ")) })
}

fn comparison(name: &str, column: &Column, how: Comparison, field: &Field) -> Result<String, String> {
    let sign = match how {
        Comparison::IsNull => return Ok(format!("{name} is null")),
        Comparison::IsNotNull => return Ok(format!("{name} is not null")),
        Comparison::Equal => "=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    };
    let value = literal(column, field).ok_or_else(|| format!("what {} is compared with is not known", column.name))?;
    Ok(format!("{name} {sign} {value}"))
}

/// A value for a column; none where it is not known.
fn literal(column: &Column, field: &Field) -> Option<String> {
    match field {
        Field::Value(json) if column.is_array() => array(json),
        Field::Value(json) => Some(of_json(json)),
        Field::Now => Some("now()".to_owned()),
        Field::Excluded(name) => Some(format!("excluded.{}", quote_ident(name))),
        Field::Unknown => None,
    }
}

/// JSON as a literal whose type PostgreSQL takes from where it stands.
fn of_json(json: &str) -> String {
    let text = json.trim();
    match text.chars().next() {
        Some('"') => serde_json::from_str::<String>(text).map_or_else(|_| "null".to_owned(), |t| quote_literal(&t)),
        Some('{' | '[') => quote_literal(text),
        _ => text.to_owned(),
    }
}

fn array(json: &str) -> Option<String> {
    match serde_json::from_str::<serde_json::Value>(json).ok()? {
        serde_json::Value::Null => Some("null".to_owned()),
        serde_json::Value::Array(all) if all.is_empty() => Some("'{}'".to_owned()),
        serde_json::Value::Array(all) => {
            Some(format!("array[{}]", all.iter().map(|v| of_json(&v.to_string())).collect::<Vec<_>>().join(", ")))
        }
        _ => None,
    }
}

/// SQL of the code, its parameters put in.
fn raw(sql: &str, statement: &HandlerStatement, at: Option<usize>) -> Result<Rendered, String> {
    let text = with_parameters(sql.trim().trim_end_matches(';'), &statement.parameters)?;
    let lower = text.to_lowercase();
    if text.contains(';') || lower.starts_with("with") || statement.verb == Verb::Call {
        return Err("a statement of this form is not run".to_owned());
    }
    if statement.verb == Verb::Select {
        return Ok(Rendered { sql: format!("select row_to_json(s) from ({text}) s"), returns: true, writes: None, volatile: Vec::new() });
    }
    let at = at.ok_or_else(|| format!("the schema has no table that {} could mean", statement.table))?;
    let returning = if lower.contains(" returning ") || lower.contains("\nreturning ") { String::new() } else { " returning *".to_owned() };
    Ok(Rendered {
        sql: format!("with s as ({text}{returning}) select row_to_json(s) from s"),
        returns: true,
        writes: Some(at),
        volatile: Vec::new(),
    })
}

fn with_parameters(sql: &str, parameters: &[Field]) -> Result<String, String> {
    let (mut out, mut rest, mut quoted) = (String::new(), sql, false);
    while let Some(c) = rest.chars().next() {
        let digits: String = if c == '$' && !quoted { rest[1..].chars().take_while(char::is_ascii_digit).collect() } else { String::new() };
        if c == '\'' {
            quoted = !quoted;
        }
        if digits.is_empty() {
            out.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let field = digits.parse::<usize>().ok().and_then(|n| parameters.get(n.checked_sub(1)?));
        out.push_str(&match field {
            Some(Field::Value(json)) => of_json(json),
            Some(Field::Now) => "now()".to_owned(),
            Some(Field::Excluded(name)) => format!("excluded.{}", quote_ident(name)),
            _ => return Err(format!("the value of ${digits} is not known")),
        });
        rest = &rest[1 + digits.len()..];
    }
    Ok(out)
}
