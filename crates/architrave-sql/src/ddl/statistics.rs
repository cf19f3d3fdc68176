//! Extended statistics objects.

use super::expression;
use super::naming;
use super::print;
use super::state::State;
use super::syntax;
use super::{Effect, Stop};
use architrave_model::catalog::StatisticsObject;
use architrave_model::name::{QualifiedName, quote_ident};
use squawk_syntax::ast;

/// CREATE STATISTICS.
pub(crate) fn create(state: &mut State, node: &ast::CreateStatistics) -> Effect {
    let path = node.from_table().and_then(|f| f.table_name_ref()).map(|t| syntax::path(&t)).unwrap_or_default();
    let table = state.table_name(&path)?;
    let mut kinds: Vec<String> = node.stat_types().iter().flat_map(ast::StatTypes::statistics_kinds).map(|k| syntax::name(&k)).collect();
    let mut columns = Vec::new();
    let mut expressions = Vec::new();
    let mut wanted = Vec::new();
    for expr in node.statistics_on_clause().iter().flat_map(ast::StatisticsOnClause::exprs) {
        match expression::read(&expr, state) {
            expression::Expression::Name(path) => {
                columns.extend(path.last().cloned());
                wanted.push(path.last().cloned());
            }
            other => {
                wanted.push(None);
                expressions.push(print::print(&other));
            }
        }
    }
    let found = state.table(&table)?;
    if let Some(lost) = columns.iter().find(|c| found.column(c).is_none()) {
        return Err(super::constraint::missing_column(&table, lost));
    }
    // PostgreSQL keeps the columns as a set, in table order.
    let order = |c: &String| found.columns.iter().position(|x| &x.name == c);
    columns.sort_by_key(order);
    if kinds.is_empty() && columns.len() + expressions.len() > 1 {
        kinds = ["dependencies", "mcv", "ndistinct"].map(str::to_owned).to_vec();
    }
    kinds.sort();
    let name = match syntax::path_opt(node.statistics()) {
        Some(path) => state.new_name(&path)?,
        None => free_name(state, &table, &naming::index_column_names(&wanted)),
    };
    if taken(state, &name) {
        return if node.if_not_exists().is_some() {
            Err(Stop::NoEffect)
        } else {
            Err(Stop::fail("42710", format!("statistics object \"{}\" already exists", name.name)))
        };
    }
    let mut object = StatisticsObject { name, kinds, columns, definition: String::new() };
    object.definition = definition_with(&object, &expressions, &table);
    state.table_mut(&table)?.statistics.push(object);
    Ok(())
}

fn taken(state: &State, name: &QualifiedName) -> bool {
    state.tables.values().any(|t| t.statistics.iter().any(|s| &s.name == name))
}

/// A free automatic name.
pub(crate) fn free_name(state: &State, table: &QualifiedName, columns: &[String]) -> QualifiedName {
    let name = naming::choose(&table.name, Some(&naming::joined_columns(columns)), "stat", |n| {
        taken(state, &QualifiedName::new(&table.schema, n))
    });
    QualifiedName::new(&table.schema, name)
}

/// As `pg_get_statisticsobjdef` prints one over columns only.
pub(crate) fn definition(object: &StatisticsObject, table: &QualifiedName) -> String {
    definition_with(object, &[], table)
}

fn definition_with(object: &StatisticsObject, expressions: &[String], table: &QualifiedName) -> String {
    let all = object.kinds.len() == 3;
    let order = ["ndistinct", "dependencies", "mcv"];
    let kinds: Vec<&str> = order.into_iter().filter(|k| object.kinds.iter().any(|o| o == k)).collect();
    let kinds = if all || kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    let mut parts: Vec<String> = object.columns.iter().map(|c| quote_ident(c)).collect();
    parts.extend(expressions.iter().cloned());
    format!("CREATE STATISTICS {}{kinds} ON {} FROM {}", object.name.sql(), parts.join(", "), table.sql())
}
