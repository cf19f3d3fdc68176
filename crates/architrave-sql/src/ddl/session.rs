//! Settings of the session that change what later statements mean: search path and role.

use super::expression::{self, Expression};
use super::state::State;
use super::syntax;
use super::{Effect, Stop};
use squawk_syntax::ast::{self, AstNode};

/// SET.
pub(crate) fn set(state: &mut State, node: &ast::Set) -> Effect {
    match node.set_target() {
        Some(ast::SetTarget::SetConfig(config)) => {
            let name = syntax::path_opt(config.config_parameter_ref()).unwrap_or_default().join(".");
            match config.config_assignment() {
                Some(ast::ConfigAssignment::ToConfigValue(to)) => assign(state, &name, &values(&to)),
                _ => Err(Stop::NoEffect),
            }
        }
        Some(ast::SetTarget::SetSchemaValue(schema)) => {
            let value = schema.literal().and_then(|l| syntax::string(&l)).unwrap_or_default();
            assign(state, "search_path", &[value])
        }
        _ => Err(Stop::NoEffect),
    }
}

fn values(to: &ast::ToConfigValue) -> Vec<String> {
    if to.default_token().is_some() {
        return vec!["default".to_owned()];
    }
    to.config_values()
        .map(|v| match &v {
            ast::ConfigValue::Literal(literal) => syntax::string(literal).unwrap_or_else(|| syntax::words(v.syntax()).concat()),
            ast::ConfigValue::ConfigValueName(name) => syntax::name(name),
            ast::ConfigValue::PrefixExpr(_) => syntax::words(v.syntax()).concat(),
        })
        .collect()
}

fn assign(state: &mut State, name: &str, values: &[String]) -> Effect {
    match name {
        "search_path" => {
            let path = if values == ["default"] {
                vec!["$user".to_owned(), state.options.default_schema.clone()]
            } else {
                values.iter().filter(|v| !v.is_empty()).cloned().collect()
            };
            state.settings.insert("search_path".to_owned(), path);
            Ok(())
        }
        "role" => set_role_to(state, values.first().map_or("none", String::as_str)),
        _ => Err(Stop::NoEffect),
    }
}

/// RESET.
pub(crate) fn reset(state: &mut State, node: &ast::Reset) -> Effect {
    let name = match node.reset_target() {
        Some(ast::ResetTarget::ConfigParameterRef(name)) => syntax::path(&name).join("."),
        Some(ast::ResetTarget::All(_)) => "search_path".to_owned(),
        _ => return Err(Stop::NoEffect),
    };
    assign(state, &name, &["default".to_owned()])
}

/// SET ROLE and SET SESSION AUTHORIZATION.
pub(crate) fn set_role_to(state: &mut State, role: &str) -> Effect {
    if matches!(role, "none" | "default") {
        state.settings.remove(&"role".to_owned());
        return Ok(());
    }
    if !super::role::is_known(state, role) {
        return Err(Stop::fail("42704", format!("role \"{role}\" does not exist")));
    }
    state.settings.insert("role".to_owned(), vec![role.to_owned()]);
    Ok(())
}

/// SET ROLE.
pub(crate) fn set_role(state: &mut State, node: &ast::SetRole) -> Effect {
    let role = match node.set_role_target() {
        Some(ast::SetRoleTarget::RoleRef(role)) => super::role::of(&role, state),
        Some(ast::SetRoleTarget::Literal(literal)) => syntax::string(&literal).unwrap_or_default(),
        _ => "none".to_owned(),
    };
    set_role_to(state, &role)
}

/// SET SESSION AUTHORIZATION, which for the catalogue is SET ROLE.
pub(crate) fn set_authorization(state: &mut State, node: &ast::SetSessionAuth) -> Effect {
    let role = match node.set_session_auth_target() {
        Some(ast::SetSessionAuthTarget::RoleRef(role)) => super::role::of(&role, state),
        Some(ast::SetSessionAuthTarget::Literal(literal)) => syntax::string(&literal).unwrap_or_default(),
        _ => "none".to_owned(),
    };
    set_role_to(state, &role)
}

/// `SELECT set_config('search_path', '', false)`, as pg_dump writes it; other queries change nothing here.
pub(crate) fn select(state: &mut State, node: &ast::Select) -> Effect {
    for target in node.select_clause().and_then(|c| c.target_list()).iter().flat_map(ast::TargetList::targets) {
        let Some(Expression::Call(call)) = target.expr().map(|e| expression::read(&e, state)) else { continue };
        if call.name.last().is_some_and(|n| n == "set_config")
            && let [Expression::Text(name), Expression::Text(value), ..] = call.arguments.as_slice()
            && name == "search_path"
        {
            let path: Vec<String> = value.split(',').map(|s| s.trim().trim_matches('"').to_owned()).collect();
            return assign(state, "search_path", &path);
        }
    }
    Err(Stop::NoEffect)
}

/// The `SET` clause of a function as name and stored value.
pub(crate) fn config(set: &ast::SetConfigParam, state: &State) -> Option<(String, String)> {
    let name = syntax::path_opt(set.config_parameter_ref())?.join(".");
    match set.config_assignment()? {
        ast::ConfigAssignment::ToConfigValue(to) => {
            let values = values(&to);
            let list =
                matches!(name.as_str(), "search_path" | "DateStyle" | "datestyle" | "temp_tablespaces" | "session_preload_libraries");
            let value = if list {
                let quoted: Vec<String> = values.iter().map(|v| quote_setting(v)).collect();
                quoted.join(", ")
            } else {
                values.concat()
            };
            Some((name, value))
        }
        ast::ConfigAssignment::FromCurrent(_) => {
            let path = state.settings.get(&"search_path".to_owned()).cloned().unwrap_or_default();
            (name == "search_path").then(|| {
                let quoted: Vec<String> = path.iter().map(|v| quote_setting(v)).collect();
                (name, quoted.join(", "))
            })
        }
    }
}

/// List settings keep their elements as identifiers, quoted where needed; an empty one is `""`.
fn quote_setting(value: &str) -> String {
    architrave_model::name::quote_ident(value)
}
