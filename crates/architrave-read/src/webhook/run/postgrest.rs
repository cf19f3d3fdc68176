//! Statements that go through PostgREST: the client of Supabase, and `fetch` on its address.

use super::database::{Shape, argument, conditions, fields};
use super::values::{Chain, Value};
use architrave_model::script::Location;
use architrave_model::webhook::{Comparison, Field, HandlerStatement, OnConflict, Verb};

/// `client.from("users").upsert({…}, { onConflict: "clerk_id" })`.
pub(super) fn client(c: &Chain, place: &Location) -> Option<(HandlerStatement, Shape)> {
    let python = c.link("execute").is_some();
    if let Some(given) = c.call("rpc") {
        let name = given.first()?.1.text()?.to_owned();
        let mut out = HandlerStatement::new(place.clone(), Verb::Call, name.clone());
        out.unknown = Some(format!("it calls the function {name}"));
        return Some((out, Shape::Result { single: false, rows: true }));
    }
    let table = match c.call("from").or_else(|| c.call("table"))?.first()? {
        (_, Value::Text(name)) => name.clone(),
        _ => return None,
    };
    let verbs = ["insert", "upsert", "update", "delete", "select"];
    let link = c.links.iter().find(|l| verbs.contains(&l.name.as_str()) && l.call.is_some())?;
    let given = link.call.as_ref()?;
    let mut out = HandlerStatement::new(place.clone(), Verb::Select, table);
    let written = given.first().map(|(_, v)| v);
    match link.name.as_str() {
        "insert" => out.verb = Verb::Insert,
        "upsert" => {
            out.verb = Verb::Upsert;
            let option = |js: &str, py: &str| given.get(1).and_then(|(_, v)| v.get(js)).or_else(|| argument(given, 9, py));
            let columns = option("onConflict", "on_conflict").and_then(Value::text).unwrap_or_default();
            let nothing = matches!(option("ignoreDuplicates", "ignore_duplicates"), Some(Value::Bool(true)));
            let columns: Vec<String> = columns.split(',').map(str::trim).filter(|c| !c.is_empty()).map(str::to_owned).collect();
            let update = written.and_then(fields).filter(|_| !nothing);
            out.on_conflict = Some(OnConflict { columns, update, when: Vec::new(), when_sql: None });
        }
        "update" => out.verb = Verb::Update,
        "delete" => out.verb = Verb::Delete,
        _ => {}
    }
    if matches!(out.verb, Verb::Insert | Verb::Upsert | Verb::Update) {
        match written.and_then(fields) {
            Some(values) => out.values = values,
            None => out.unknown = Some("what it writes is not known".to_owned()),
        }
    }
    for link in &c.links {
        filter(&mut out, &link.name, link.call.as_deref().unwrap_or_default());
    }
    let single = c.link("single").is_some() || c.link("maybeSingle").is_some() || c.link("maybe_single").is_some();
    let throws = python || c.link("throwOnError").is_some();
    out.needs_row = c.link("single").is_some();
    Some((out, if throws { Shape::Count } else { Shape::Result { single, rows: c.link("select").is_some() } }))
}

fn filter(out: &mut HandlerStatement, name: &str, given: &[(Option<String>, Value)]) {
    let how = match name {
        "eq" => Comparison::Equal,
        "lt" => Comparison::Less,
        "lte" => Comparison::LessOrEqual,
        "gt" => Comparison::Greater,
        "gte" => Comparison::GreaterOrEqual,
        "is" => Comparison::IsNull,
        "match" => {
            let (all, why) = conditions(given.first().map(|(_, v)| v));
            out.filter.extend(all);
            out.unknown = out.unknown.take().or(why);
            return;
        }
        "neq" | "or" | "not" | "in" | "filter" | "like" | "ilike" | "contains" => {
            out.unknown = Some(format!("its filter {name}(…) is not followed"));
            return;
        }
        _ => return,
    };
    if let Some(column) = given.first().and_then(|(_, v)| v.text()) {
        let value = given.get(1).map_or(Field::Unknown, |(_, v)| v.field());
        out.filter.push((column.to_owned(), how, value));
    }
}

/// `fetch("…/rest/v1/users?on_conflict=clerk_id", { method: "POST", body })`.
pub(super) fn fetch(c: &Chain, place: &Location) -> Option<(HandlerStatement, Shape)> {
    let given = c.call("fetch").or_else(|| (c.root == "fetch").then(|| c.links.first()?.call.as_deref()).flatten())?;
    let address = given.first()?.1.text()?;
    let path = address.split("/rest/v1/").nth(1)?;
    let (table, query) = path.split_once('?').unwrap_or((path, ""));
    let options = given.get(1).map(|(_, v)| v)?;
    let method = options.get("method").and_then(Value::text).unwrap_or("GET").to_uppercase();
    let prefer = options
        .get("headers")
        .and_then(|h| h.get("Prefer").or_else(|| h.get("prefer")))
        .and_then(Value::text)
        .unwrap_or_default()
        .to_owned();
    let values = options.get("body").and_then(fields);
    let pairs = || query.split('&').filter_map(|p| p.split_once('='));
    let merges = prefer.contains("merge-duplicates");
    let ignores = prefer.contains("ignore-duplicates");
    let mut out = HandlerStatement::new(place.clone(), Verb::Select, table);
    match method.as_str() {
        "POST" if merges || ignores => {
            out.verb = Verb::Upsert;
            let columns = pairs().find(|(k, _)| *k == "on_conflict").map_or("", |(_, v)| v);
            let columns = columns.split(',').filter(|c| !c.is_empty()).map(str::to_owned).collect();
            out.on_conflict = Some(OnConflict { columns, update: values.clone().filter(|_| merges), when: Vec::new(), when_sql: None });
        }
        "POST" => out.verb = Verb::Insert,
        "PATCH" => out.verb = Verb::Update,
        "DELETE" => out.verb = Verb::Delete,
        _ => {}
    }
    if matches!(out.verb, Verb::Insert | Verb::Upsert | Verb::Update) {
        match values {
            Some(values) => out.values = values,
            None => out.unknown = Some("what it writes is not known".to_owned()),
        }
    }
    for (key, value) in pairs().filter(|(k, _)| !matches!(*k, "on_conflict" | "select" | "columns" | "limit" | "order")) {
        match value.split_once('.') {
            Some(("eq", value)) if !value.is_empty() => {
                out.filter.push((key.to_owned(), Comparison::Equal, Value::Text(value.to_owned()).field()));
            }
            _ => out.unknown = Some(format!("its filter {key} is not followed")),
        }
    }
    Some((out, Shape::Fetched))
}
