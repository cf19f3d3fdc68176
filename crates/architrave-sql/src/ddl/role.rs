//! Roles, memberships and schemas.

use super::acl::AclKind;
use super::state::State;
use super::syntax;
use super::{Effect, Stop};
use architrave_model::catalog::{Collation, ForeignServer, Membership, Role, Schema};
use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode};

/// The role a reference means; the word `PUBLIC` for everybody.
pub(crate) fn of(role: &ast::RoleRef, state: &State) -> String {
    match role.role_ref_value() {
        Some(ast::RoleRefValue::RoleNameRef(name)) => {
            let quoted = name.syntax().first_token().is_some_and(|t| t.text().starts_with('"'));
            let text = syntax::name(&name);
            if text == "public" && !quoted { "PUBLIC".to_owned() } else { text }
        }
        Some(ast::RoleRefValue::RoleRefSessionUser(_)) => state.options.owner.clone(),
        Some(_) => state.role(),
        None => syntax::words(role.syntax()).last().cloned().unwrap_or_default(),
    }
}

/// All roles of a list.
pub(crate) fn all_of(list: Option<ast::RoleRefList>, state: &State) -> Vec<String> {
    list.iter().flat_map(ast::RoleRefList::role_refs).map(|r| of(&r, state)).collect()
}

/// The role a reference means, which must exist.
pub(crate) fn known(role: Option<ast::RoleRef>, state: &State) -> Result<String, Stop> {
    let name = role.map(|r| of(&r, state)).unwrap_or_default();
    if is_known(state, &name) { Ok(name) } else { Err(Stop::fail("42704", format!("role \"{name}\" does not exist"))) }
}

/// Whether the role exists; PostgreSQL's own always do.
pub(crate) fn is_known(state: &State, role: &str) -> bool {
    role.starts_with("pg_") || state.roles.contains(&role.to_owned())
}

/// CREATE ROLE, USER and GROUP.
pub(crate) fn create(state: &mut State, name: Option<ast::Role>, options: Option<ast::RoleOptionList>, login: bool) -> Effect {
    let Some(name) = name.map(|n| syntax::name(&n)) else { return Err(Stop::not_understood("the role's name is missing")) };
    if state.roles.contains(&name) {
        return Err(Stop::fail("42710", format!("role \"{name}\" already exists")));
    }
    let mut role = Role { name: name.clone(), inherit: true, login, connection_limit: -1, ..Role::default() };
    let mut memberships = Vec::new();
    if let Some(options) = &options {
        apply_options(&mut role, options);
        for option in options.role_options() {
            match option {
                ast::RoleOption::RoleOptionInRole(list) => {
                    memberships.extend(all_of(list.role_ref_list(), state).into_iter().map(|r| (r, name.clone(), false)));
                }
                ast::RoleOption::RoleOptionInGroup(list) => {
                    memberships.extend(all_of(list.role_ref_list(), state).into_iter().map(|r| (r, name.clone(), false)));
                }
                ast::RoleOption::RoleOptionRole(list) => {
                    memberships.extend(all_of(list.role_ref_list(), state).into_iter().map(|m| (name.clone(), m, false)));
                }
                ast::RoleOption::RoleOptionUser(list) => {
                    memberships.extend(all_of(list.role_ref_list(), state).into_iter().map(|m| (name.clone(), m, false)));
                }
                ast::RoleOption::RoleOptionAdmin(list) => {
                    memberships.extend(all_of(list.role_ref_list(), state).into_iter().map(|m| (name.clone(), m, true)));
                }
                _ => {}
            }
        }
    }
    state.roles.insert(name, role);
    for (role, member, admin) in memberships {
        add_membership(state, &role, &member, admin, None, None);
    }
    Ok(())
}

/// ALTER ROLE with options.
pub(crate) fn alter(state: &mut State, name: &str, options: &ast::RoleOptionList) -> Effect {
    let Some(role) = state.roles.get_mut(&name.to_owned()) else {
        return Err(Stop::fail("42704", format!("role \"{name}\" does not exist")));
    };
    apply_options(role, options);
    Ok(())
}

fn apply_options(role: &mut Role, options: &ast::RoleOptionList) {
    for option in options.role_options() {
        match &option {
            ast::RoleOption::RoleOptionInherit(_) => role.inherit = true,
            ast::RoleOption::RoleOptionConnectionLimit(limit) => {
                role.connection_limit = limit.expr().and_then(|e| syntax::integer(&e)).and_then(|n| i32::try_from(n).ok()).unwrap_or(-1);
            }
            ast::RoleOption::RoleOptionGeneric(generic) => apply_word(role, generic.syntax()),
            _ => {}
        }
    }
}

fn apply_word(role: &mut Role, node: &SyntaxNode) {
    match syntax::words(node).concat().as_str() {
        "superuser" => role.superuser = true,
        "nosuperuser" => role.superuser = false,
        "createdb" => role.create_db = true,
        "nocreatedb" => role.create_db = false,
        "createrole" | "createuser" => role.create_role = true,
        "nocreaterole" | "nocreateuser" => role.create_role = false,
        "inherit" => role.inherit = true,
        "noinherit" => role.inherit = false,
        "login" => role.login = true,
        "nologin" => role.login = false,
        "replication" => role.replication = true,
        "noreplication" => role.replication = false,
        "bypassrls" => role.bypass_rls = true,
        "nobypassrls" => role.bypass_rls = false,
        _ => {}
    }
}

/// Whether a role is another one or, at any distance, a member of it.
pub(crate) fn is_member(state: &State, role: &str, of: &str) -> bool {
    let mut pending = vec![role.to_owned()];
    let mut seen: Vec<String> = Vec::new();
    while let Some(next) = pending.pop() {
        if next == of {
            return true;
        }
        if !seen.contains(&next) {
            pending.extend(state.memberships.values().filter(|m| m.member == next).map(|m| m.role.clone()));
            seen.push(next);
        }
    }
    false
}

/// Makes a role a member of another, or changes the options it is one with.
pub(crate) fn add_membership(state: &mut State, role: &str, member: &str, admin: bool, inherit: Option<bool>, set: Option<bool>) {
    let member_inherits = state.roles.get(&member.to_owned()).is_none_or(|r| r.inherit);
    let key = (role.to_owned(), member.to_owned());
    let old = state.memberships.get(&key);
    let membership = Membership {
        role: role.to_owned(),
        member: member.to_owned(),
        admin: admin || old.is_some_and(|o| o.admin),
        inherit: inherit.unwrap_or_else(|| old.map_or(member_inherits, |o| o.inherit)),
        set: set.unwrap_or_else(|| old.is_none_or(|o| o.set)),
    };
    state.memberships.insert(key, membership);
}

/// CREATE SCHEMA, without its elements.
pub(crate) fn create_schema(state: &mut State, node: &ast::CreateSchema) -> Result<String, Stop> {
    let (name, owner) = match node.create_schema_target() {
        Some(ast::CreateSchemaTarget::NamedSchema(named)) => {
            (named.schema().map(|s| syntax::name(&s)), named.role_ref().map(|r| of(&r, state)))
        }
        Some(ast::CreateSchemaTarget::AuthorizationSchema(owned)) => {
            let role = owned.role().map(|r| syntax::name(&r));
            (role.clone(), role)
        }
        None => (None, None),
    };
    let name = name.ok_or_else(|| Stop::not_understood("the schema's name is missing"))?;
    if state.schemas.contains(&name) {
        return if node.if_not_exists().is_some() {
            Err(Stop::NoEffect)
        } else {
            Err(Stop::fail("42P06", format!("schema \"{name}\" already exists")))
        };
    }
    if name.starts_with("pg_") {
        return Err(Stop::fail("42939", format!("unacceptable schema name \"{name}\"")));
    }
    let mut grants = state.initial_grants(AclKind::Schema, None);
    let role = state.role();
    if let Some(owner) = &owner {
        super::acl::change_owner(&mut grants, &role, owner);
    }
    let schema = Schema { name: name.clone(), owner: owner.unwrap_or(role), grants, ..Schema::default() };
    state.schemas.insert(name.clone(), schema);
    Ok(name)
}

/// CREATE SERVER.
pub(crate) fn create_server(state: &mut State, node: &ast::CreateServer) -> Effect {
    let Some(name) = node.server().map(|n| syntax::name(&n)) else { return Err(Stop::not_understood("the server's name is missing")) };
    if state.foreign_servers.contains(&name) {
        return if node.if_not_exists().is_some() {
            Err(Stop::NoEffect)
        } else {
            Err(Stop::fail("42710", format!("server \"{name}\" already exists")))
        };
    }
    let wrapper = node.foreign_data_wrapper_ref().map(|w| syntax::name(&w)).unwrap_or_default();
    state.foreign_servers.insert(name.clone(), ForeignServer { name, wrapper, owner: state.role() });
    Ok(())
}

/// CREATE COLLATION.
pub(crate) fn create_collation(state: &mut State, node: &ast::CreateCollation) -> Effect {
    let name = state.new_name(&syntax::path_opt(node.collation()).unwrap_or_default())?;
    if state.collations.contains(&name) {
        return if node.if_not_exists().is_some() {
            Err(Stop::NoEffect)
        } else {
            Err(Stop::fail("42710", format!("collation \"{}\" already exists", name.name)))
        };
    }
    let mut collation = Collation { name: name.clone(), provider: "libc".to_owned(), locale: None, deterministic: true };
    match node.definition() {
        Some(ast::CreateCollationDefinition::AttributeList(list)) => {
            for option in super::index::option_list(&list) {
                match option.split_once('=') {
                    Some(("provider", value)) => value.clone_into(&mut collation.provider),
                    Some(("locale" | "lc_collate", value)) => collation.locale = Some(value.to_owned()),
                    Some(("deterministic", value)) => collation.deterministic = super::print::truth(value).unwrap_or(true),
                    _ => {}
                }
            }
        }
        Some(ast::CreateCollationDefinition::CollationFrom(from)) => {
            let path = syntax::path_opt(from.collation_ref()).unwrap_or_default();
            match state.find(&path, |n| state.collations.contains(n)).and_then(|n| state.collations.get(&n)) {
                Some(source) => {
                    collation.provider.clone_from(&source.provider);
                    collation.locale.clone_from(&source.locale);
                    collation.deterministic = source.deterministic;
                }
                None => collation.locale = path.last().cloned(),
            }
        }
        None => {}
    }
    state.collations.insert(name, collation);
    Ok(())
}
