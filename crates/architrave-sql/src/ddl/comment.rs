//! COMMENT ON.

use super::function;
use super::state::{State, missing};
use super::syntax;
use super::{Effect, Stop};
use architrave_model::catalog::TypeKind;
use squawk_syntax::ast;

/// COMMENT ON; kinds of objects whose comments the catalogue does not keep change nothing.
pub(crate) fn comment(state: &mut State, node: &ast::CommentOn) -> Effect {
    let text = node.literal().and_then(|l| syntax::string(&l)).filter(|t| !t.is_empty());
    let Some(object) = node.comment_object() else { return Err(Stop::not_understood("the commented object")) };
    match &object {
        ast::CommentObject::ObjectTable(table) => on_table(state, table.table_name_ref(), text),
        ast::CommentObject::ObjectForeignTable(table) => on_table(state, table.table_name_ref(), text),
        ast::CommentObject::ObjectColumn(column) => on_column(state, column, text),
        ast::CommentObject::ObjectView(view) => on_view(state, view.view_ref(), text),
        ast::CommentObject::ObjectMaterializedView(view) => on_view(state, view.view_ref(), text),
        ast::CommentObject::ObjectSchema(schema) => {
            let name = schema.schema_ref().map(|s| syntax::name(&s)).unwrap_or_default();
            state.schemas.get_mut(&name).ok_or_else(|| missing("schema", &[name]))?.comment = text;
            Ok(())
        }
        ast::CommentObject::ObjectSequence(sequence) => {
            let path = syntax::path_opt(sequence.sequence_ref()).unwrap_or_default();
            let name = state.find(&path, |n| state.sequences.contains(n)).ok_or_else(|| missing("relation", &path))?;
            if let Some(sequence) = state.sequences.get_mut(&name) {
                sequence.comment = text;
            }
            Ok(())
        }
        ast::CommentObject::ObjectIndex(index) => on_index(state, index, text),
        ast::CommentObject::ObjectConstraint(constraint) => on_constraint(state, constraint, text),
        ast::CommentObject::ObjectPolicy(policy) => {
            let name = policy.policy_ref().map(|n| syntax::name(&n)).unwrap_or_default();
            let table = state.table_name(&syntax::path_opt(policy.table_name_ref()).unwrap_or_default())?;
            let found = state.table_mut(&table)?.policies.iter_mut().find(|p| p.name == name);
            found.ok_or_else(|| missing("policy", &[name]))?.comment = text;
            Ok(())
        }
        ast::CommentObject::ObjectTrigger(trigger) => {
            let name = trigger.trigger_ref().map(|n| syntax::name(&n)).unwrap_or_default();
            let path = syntax::path_opt(trigger.relation_name_ref()).unwrap_or_default();
            let owner = state.relation_name(&path)?;
            let found = super::trigger::triggers_mut(state, &owner).and_then(|list| list.iter_mut().find(|t| t.name == name));
            found.ok_or_else(|| missing("trigger", &[name]))?.comment = text;
            Ok(())
        }
        ast::CommentObject::ObjectFunction(f) => {
            let path = f.function_sig().and_then(|s| syntax::path_opt(s.function_name_ref())).unwrap_or_default();
            on_function(state, &path, f.function_sig().and_then(|s| s.param_list()), text)
        }
        ast::CommentObject::ObjectProcedure(f) => {
            let path = f.procedure_sig().and_then(|s| syntax::path_opt(s.procedure_name_ref())).unwrap_or_default();
            on_function(state, &path, f.procedure_sig().and_then(|s| s.param_list()), text)
        }
        ast::CommentObject::ObjectRoutine(f) => {
            let path = f.routine_sig().and_then(|s| syntax::path_opt(s.routine_name_ref())).unwrap_or_default();
            on_function(state, &path, f.routine_sig().and_then(|s| s.param_list()), text)
        }
        ast::CommentObject::ObjectAggregate(f) => {
            let path = f.aggregate().and_then(|s| syntax::path_opt(s.path_ref())).unwrap_or_default();
            on_function(state, &path, f.aggregate().and_then(|s| s.param_list()), text)
        }
        ast::CommentObject::ObjectType(ty) => on_type(state, &syntax::path_opt(ty.type_name_ref()).unwrap_or_default(), text),
        ast::CommentObject::ObjectDomain(ty) => on_type(state, &syntax::path_opt(ty.domain_ref()).unwrap_or_default(), text),
        ast::CommentObject::ObjectRole(role) => {
            let name = role.role_ref().map(|r| super::role::of(&r, state)).unwrap_or_default();
            state.roles.get_mut(&name).ok_or_else(|| missing("role", &[name]))?.comment = text;
            Ok(())
        }
        _ => Err(Stop::NoEffect),
    }
}

fn on_table(state: &mut State, name: Option<ast::TableNameRef>, text: Option<String>) -> Effect {
    let name = state.table_name(&syntax::path_opt(name).unwrap_or_default())?;
    state.table_mut(&name)?.comment = text;
    Ok(())
}

fn on_view(state: &mut State, name: Option<ast::ViewRef>, text: Option<String>) -> Effect {
    let path = syntax::path_opt(name).unwrap_or_default();
    let name = state.find(&path, |n| state.views.contains(n)).ok_or_else(|| missing("relation", &path))?;
    super::view::view_mut(state, &name)?.comment = text;
    Ok(())
}

fn on_column(state: &mut State, column: &ast::ObjectColumn, text: Option<String>) -> Effect {
    let path = column.name().map(|n| syntax::path(&n)).unwrap_or_default();
    let Some((column, relation)) = path.split_last() else { return Err(Stop::not_understood("the column's name")) };
    if let Some(name) = state.find(relation, |n| state.tables.contains(n)) {
        let found = state.table_mut(&name)?.columns.iter_mut().find(|c| &c.name == column);
        found.ok_or_else(|| super::constraint::missing_column(&name, column))?.comment = text;
        return Ok(());
    }
    let name = state.find(relation, |n| state.views.contains(n)).ok_or_else(|| missing("relation", relation))?;
    match super::view::view_mut(state, &name)?.columns.iter_mut().find(|c| &c.name == column) {
        Some(found) => {
            found.comment = text;
            Ok(())
        }
        None => Err(Stop::not_understood("the column of a view whose columns are not all known")),
    }
}

fn on_index(state: &mut State, index: &ast::ObjectIndex, text: Option<String>) -> Effect {
    let path = syntax::path_opt(index.index_ref()).unwrap_or_default();
    let name = state.find(&path, |n| state.index_owners.contains(n)).ok_or_else(|| missing("relation", &path))?;
    let Some(owner) = state.index_owners.get(&name).cloned() else { return Err(missing("relation", &path)) };
    if let Some(index) = state.indexes_mut(&owner).and_then(|list| list.iter_mut().find(|i| i.name == name.name)) {
        index.comment = text;
    }
    Ok(())
}

fn on_constraint(state: &mut State, node: &ast::ObjectConstraint, text: Option<String>) -> Effect {
    let name = syntax::path_opt(node.constraint_name_ref()).and_then(|p| p.last().cloned()).unwrap_or_default();
    if let Some(domain) = syntax::path_opt(node.domain_ref()) {
        let domain = state.user_type(&domain)?;
        if let Some(TypeKind::Domain { constraints, .. }) = state.types.get_mut(&domain).map(|t| &mut t.kind) {
            constraints.iter_mut().filter(|c| c.name == name).for_each(|c| c.comment.clone_from(&text));
        }
        return Ok(());
    }
    let table = state.table_name(&syntax::path_opt(node.table_name_ref()).unwrap_or_default())?;
    let found = state.table_mut(&table)?.constraints.iter_mut().find(|c| c.name == name);
    found.ok_or_else(|| missing("constraint", &[name]))?.comment = text;
    Ok(())
}

fn on_function(state: &mut State, path: &[String], list: Option<ast::ParamList>, text: Option<String>) -> Effect {
    function::find_mut(state, path, list.as_ref())?.comment = text;
    Ok(())
}

fn on_type(state: &mut State, path: &[String], text: Option<String>) -> Effect {
    let name = state.user_type(path)?;
    if let Some(found) = state.types.get_mut(&name) {
        found.comment = text;
    }
    Ok(())
}
