//! Row level security policies.

use super::expression;
use super::print;
use super::state::State;
use super::syntax;
use super::{Effect, Stop};
use architrave_model::catalog::{Policy, PolicyCommand};
use squawk_syntax::ast;

/// Roles of a policy, sorted; the word `PUBLIC` for everybody.
fn roles(list: Option<ast::PolicyRoles>, state: &State) -> Vec<String> {
    let mut roles: Vec<String> =
        list.and_then(|r| r.role_ref_list()).iter().flat_map(ast::RoleRefList::role_refs).map(|r| super::role::of(&r, state)).collect();
    if roles.is_empty() || roles.iter().any(|r| r == "PUBLIC") {
        roles = vec!["PUBLIC".to_owned()];
    }
    roles.sort();
    roles
}

/// CREATE POLICY.
pub(crate) fn create(state: &mut State, node: &ast::CreatePolicy) -> Effect {
    let Some(name) = node.policy().map(|n| syntax::name(&n)) else { return Err(Stop::not_understood("the policy's name is missing")) };
    let path = node.on_table().and_then(|o| o.table_name_ref()).map(|t| syntax::path(&t)).unwrap_or_default();
    let table = state.table_name(&path)?;
    let command = match node.policy_command().and_then(|c| c.command()) {
        Some(ast::PolicyCommandKind::PolicyCommandSelect(_)) => PolicyCommand::Select,
        Some(ast::PolicyCommandKind::PolicyCommandInsert(_)) => PolicyCommand::Insert,
        Some(ast::PolicyCommandKind::PolicyCommandUpdate(_)) => PolicyCommand::Update,
        Some(ast::PolicyCommandKind::PolicyCommandDelete(_)) => PolicyCommand::Delete,
        _ => PolicyCommand::All,
    };
    let restrictive = node.as_policy_type().is_some_and(|t| {
        use squawk_syntax::ast::AstNode;
        syntax::words(t.syntax()).iter().any(|w| w == "restrictive")
    });
    let roles = roles(node.policy_roles(), state);
    let unknown = roles.iter().find(|r| *r != "PUBLIC" && !super::role::is_known(state, r));
    if let Some(role) = unknown {
        return Err(Stop::fail("42704", format!("role \"{role}\" does not exist")));
    }
    let policy = Policy {
        name: name.clone(),
        command,
        permissive: !restrictive,
        roles,
        using: node.using_expr_clause().and_then(|u| u.expr()).map(|e| print::print(&expression::read(&e, state))),
        with_check: node.with_check_expr_clause().and_then(|w| w.expr()).map(|e| print::print(&expression::read(&e, state))),
        comment: None,
    };
    let target = state.table_mut(&table)?;
    if target.policies.iter().any(|p| p.name == name) {
        return Err(Stop::fail("42710", format!("policy \"{name}\" for table \"{}\" already exists", table.name)));
    }
    target.policies.push(policy);
    Ok(())
}

/// ALTER POLICY.
pub(crate) fn alter(state: &mut State, node: &ast::AlterPolicy) -> Effect {
    let Some(name) = node.policy_ref().map(|n| syntax::name(&n)) else { return Err(Stop::not_understood("the policy's name is missing")) };
    let path = node.on_table().and_then(|o| o.table_name_ref()).map(|t| syntax::path(&t)).unwrap_or_default();
    let table = state.table_name(&path)?;
    let action = node.action();
    let (new_roles, using, check) = match &action {
        Some(ast::AlterPolicyAction::AlterPolicyTo(to)) => (
            to.policy_roles().map(|r| roles(Some(r), state)),
            to.using_expr_clause().and_then(|u| u.expr()).map(|e| print::print(&expression::read(&e, state))),
            to.with_check_expr_clause().and_then(|w| w.expr()).map(|e| print::print(&expression::read(&e, state))),
        ),
        _ => (None, None, None),
    };
    let target = state.table_mut(&table)?;
    let Some(policy) = target.policies.iter_mut().find(|p| p.name == name) else {
        return Err(Stop::fail("42704", format!("policy \"{name}\" for table \"{}\" does not exist", table.name)));
    };
    if let Some(ast::AlterPolicyAction::PolicyRenameTo(rename)) = &action
        && let Some(new) = rename.policy()
    {
        policy.name = syntax::name(&new);
    }
    policy.roles = new_roles.unwrap_or_else(|| policy.roles.clone());
    policy.using = using.or_else(|| policy.using.take());
    policy.with_check = check.or_else(|| policy.with_check.take());
    Ok(())
}
