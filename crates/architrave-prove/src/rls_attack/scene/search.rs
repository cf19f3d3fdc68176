//! Values for columns that conditions ask something of: PostgreSQL itself says which candidates hold.

use super::SceneError;
use crate::ground::rows;
use architrave_model::catalog::Table;
use architrave_model::name::{quote_ident, quote_literal};
use architrave_postgres::Client;
use std::collections::BTreeMap;

/// Values of a row by column, as text; none is NULL.
pub(super) type Values = BTreeMap<String, Option<String>>;

/// Most combinations of candidates that are tried at once.
const MOST: usize = 6_000;
/// Most combinations that are given back.
const GIVEN: usize = 8;

/// The function that evaluates one condition and takes an error for no.
const HOLDS: &str = "create or replace function pg_temp.architrave_holds(question text) returns boolean language plpgsql as \
     $f$ declare answer boolean; begin execute question into answer; return coalesce(answer, false); exception when others then return false; end $f$";

/// Prepares the session.
pub(super) async fn prepare(client: &Client) -> Result<(), SceneError> {
    client.batch_execute(HOLDS).await.map_err(SceneError::doing("make its function for conditions"))
}

/// A value with its type.
pub(super) fn typed(value: Option<&String>, data_type: &str) -> String {
    format!("{}::{data_type}", literal(value))
}

/// A value as SQL.
pub(super) fn literal(value: Option<&String>) -> String {
    value.map_or("null".to_owned(), |text| quote_literal(text))
}

/// A question whether the conditions hold for a row of these values; columns in `open` stand as marks.
fn question(table: &Table, values: &Values, open: &[String], conditions: &[String]) -> String {
    let column = |c: &architrave_model::catalog::Column| {
        let name = quote_ident(&c.name);
        match open.iter().position(|o| *o == c.name) {
            Some(at) => format!("\u{1}{at}\u{2}::{} as {name}", c.data_type),
            None => format!("{} as {name}", typed(values.get(&c.name).and_then(Option::as_ref), &c.data_type)),
        }
    };
    let columns: Vec<String> = table.columns.iter().map(column).collect();
    format!("select {} from (select {}) as {}", conditions.join(" and "), columns.join(", "), quote_ident(&table.name.name))
}

/// Which of the conditions hold for the values; a condition that ends in an error does not.
pub(super) async fn hold(client: &Client, table: &Table, values: &Values, conditions: &[String]) -> Result<Vec<bool>, SceneError> {
    if conditions.is_empty() {
        return Ok(Vec::new());
    }
    let ask = |c: &String| format!("pg_temp.architrave_holds({})", quote_literal(&question(table, values, &[], std::slice::from_ref(c))));
    let sql = format!("select {}", conditions.iter().map(ask).collect::<Vec<_>>().join(", "));
    let answer = client.simple_query(&sql).await.map_err(SceneError::doing("evaluate conditions"))?;
    Ok(rows(&answer).into_iter().flatten().map(|cell| cell.as_deref() == Some("t")).collect())
}

/// Combinations of candidates for which all conditions hold, the likeliest first.
pub(super) async fn combinations(
    client: &Client,
    table: &Table,
    values: &Values,
    vary: &[(String, Vec<Option<String>>)],
    conditions: &[String],
) -> Result<Vec<Values>, SceneError> {
    if vary.is_empty() || vary.len() > 12 {
        return Ok(Vec::new());
    }
    let open: Vec<String> = vary.iter().map(|(column, _)| column.clone()).collect();
    let each = most_each(vary);
    let mut lists = Vec::new();
    let mut replaced = quote_literal(&question(table, values, &open, conditions));
    for (at, (_, candidates)) in vary.iter().enumerate() {
        let items: Vec<String> = candidates.iter().take(each).map(|c| c.as_ref().map_or("null".to_owned(), |t| quote_literal(t))).collect();
        lists.push(format!("unnest(array[{}]::text[]) with ordinality v{at} (x, o)", items.join(", ")));
        replaced = format!("replace({replaced}, {}, quote_nullable(v{at}.x))", quote_literal(&format!("\u{1}{at}\u{2}")));
    }
    let picked: Vec<String> = (0..vary.len()).map(|at| format!("v{at}.x")).collect();
    let order: Vec<String> = (0..vary.len()).map(|at| format!("v{at}.o")).collect();
    let sql = format!(
        "select {} from {} where pg_temp.architrave_holds({replaced}) order by {}, {} limit {GIVEN}",
        picked.join(", "),
        lists.join(", "),
        order.join(" + "),
        order.join(", ")
    );
    let answer = client.simple_query(&sql).await.map_err(SceneError::doing("look for values that checks allow"))?;
    Ok(rows(&answer).into_iter().map(|row| open.iter().cloned().zip(row).collect()).collect())
}

/// How many candidates of each column keep the product bearable.
fn most_each(vary: &[(String, Vec<Option<String>>)]) -> usize {
    let mut each = 60;
    while each > 2 && vary.iter().map(|(_, c)| c.len().min(each)).try_fold(1usize, usize::checked_mul).is_none_or(|n| n > MOST) {
        each -= 1;
    }
    each
}
