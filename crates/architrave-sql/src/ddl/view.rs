//! Views and materialized views.

use super::acl::AclKind;
use super::expression;
use super::index;
use super::print;
use super::shape;
use super::state::State;
use super::syntax;
use super::{Effect, Stop};
use architrave_model::catalog::{View, ViewColumn};
use architrave_model::name::QualifiedName;
use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode};

/// CREATE VIEW.
pub(crate) fn create(state: &mut State, node: &ast::CreateView) -> Effect {
    if matches!(node.persistence(), Some(ast::Persistence::Temp(_))) {
        return Err(Stop::NoEffect);
    }
    let name = state.new_name(&syntax::path_opt(node.view()).unwrap_or_default())?;
    let query = node.query().ok_or_else(|| Stop::not_understood("the view's query is missing"))?;
    let mut view = View { name: name.clone(), populated: true, ..View::default() };
    view.options = node.with_params().map(|w| index::options(&w)).unwrap_or_default();
    if let Some(check) = node.with_check_option() {
        let level =
            if matches!(check.check_option_level(), Some(ast::CheckOptionLevel::LocalCheckOption(_))) { "local" } else { "cascaded" };
        view.options.push(format!("check_option={level}"));
    }
    fill(state, &mut view, query.syntax(), node.column_list())?;
    match state.views.get(&name) {
        Some(old) if node.or_replace().is_some() && !old.materialized => {
            let old = old.clone();
            let lost = old.columns.iter().zip(&view.columns).find(|(a, b)| a.name != b.name).map(|(a, _)| a.name.clone());
            if old.columns.len() > view.columns.len() && !view.columns.is_empty() {
                return Err(Stop::fail("42P16", "cannot drop columns from view"));
            }
            if let Some(column) = lost {
                return Err(Stop::fail("42P16", format!("cannot change name of view column \"{column}\"")));
            }
            for column in &mut view.columns {
                column.comment = old.columns.iter().find(|c| c.name == column.name).and_then(|c| c.comment.clone());
            }
            let kept = View { owner: old.owner, grants: old.grants, comment: old.comment, triggers: old.triggers, ..view };
            state.views.insert(name, kept);
            Ok(())
        }
        _ if state.relation_exists(&name) => Err(Stop::fail("42P07", format!("relation \"{}\" already exists", name.name))),
        _ => {
            insert(state, view);
            Ok(())
        }
    }
}

/// CREATE MATERIALIZED VIEW.
pub(crate) fn create_materialized(state: &mut State, node: &ast::CreateMaterializedView) -> Effect {
    let name = state.new_name(&syntax::path_opt(node.view()).unwrap_or_default())?;
    if state.relation_exists(&name) {
        return if node.if_not_exists().is_some() {
            Err(Stop::NoEffect)
        } else {
            Err(Stop::fail("42P07", format!("relation \"{}\" already exists", name.name)))
        };
    }
    let query = node.query().ok_or_else(|| Stop::not_understood("the view's query is missing"))?;
    let mut view = View { name, materialized: true, ..View::default() };
    view.populated = !matches!(node.data_option(), Some(ast::DataOption::WithNoData(_)));
    view.options = node.with_params().map(|w| index::options(&w)).unwrap_or_default();
    fill(state, &mut view, query.syntax(), node.column_list())?;
    insert(state, view);
    Ok(())
}

fn insert(state: &mut State, mut view: View) {
    view.owner = state.role();
    view.grants = state.initial_grants(AclKind::Table, Some(&view.name.schema));
    state.views.insert(view.name.clone(), view);
}

fn fill(state: &State, view: &mut View, query: &SyntaxNode, names: Option<ast::ColumnList>) -> Effect {
    view.definition = print::print_query(&expression::read_query(query, state));
    view.depends_on = shape::relations_of(state, query);
    view.depends_on.retain(|d| d != &view.name);
    let names = names.map(|l| syntax::column_names(l.syntax())).unwrap_or_default();
    view.columns = shape::of_query(state, query)
        .into_iter()
        .enumerate()
        .map(|(at, column)| ViewColumn { name: names.get(at).cloned().unwrap_or(column.name), data_type: column.data_type, comment: None })
        .collect();
    for name in names.iter().skip(view.columns.len()) {
        view.columns.push(ViewColumn { name: name.clone(), data_type: String::new(), comment: None });
    }
    let twice = view.columns.iter().enumerate().find(|(at, c)| view.columns[..*at].iter().any(|o| o.name == c.name));
    match twice {
        Some((_, column)) => Err(Stop::fail("42701", format!("column \"{}\" specified more than once", column.name))),
        None => Ok(()),
    }
}

/// REFRESH MATERIALIZED VIEW.
pub(crate) fn refresh(state: &mut State, node: &ast::Refresh) -> Effect {
    let path = syntax::path_opt(node.view_ref()).unwrap_or_default();
    let name = state.relation_name(&path)?;
    let populated = !matches!(node.data_option(), Some(ast::DataOption::WithNoData(_)));
    match state.views.get_mut(&name) {
        Some(view) if view.populated == populated => Err(Stop::NoEffect),
        Some(view) => {
            view.populated = populated;
            Ok(())
        }
        None => Err(Stop::fail("42809", format!("\"{}\" is not a materialized view", name.name))),
    }
}

/// A view to be changed.
pub(crate) fn view_mut<'a>(state: &'a mut State, name: &QualifiedName) -> Result<&'a mut View, Stop> {
    state.views.get_mut(name).ok_or_else(|| Stop::fail("42809", format!("\"{}\" is not a view", name.name)))
}
