//! GRANT, REVOKE and ALTER DEFAULT PRIVILEGES.

use super::acl::{self, AclKind};
use super::function;
use super::role;
use super::state::{State, missing};
use super::syntax::{self, Path};
use super::{Effect, Stop};
use architrave_model::catalog::{DefaultPrivileges, Grant};
use architrave_model::name::QualifiedName;
use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode};

/// Privileges with their columns; none for ALL.
type Privileges = Option<Vec<(String, Vec<String>)>>;

/// What a statement gives or takes.
struct Order {
    grant: bool,
    /// Only the right to hand on: GRANT OPTION FOR.
    option_only: bool,
    /// WITH GRANT OPTION.
    grantable: bool,
    roles: Vec<String>,
    privileges: Privileges,
    /// Columns of `ALL (a, b)`.
    all_columns: Vec<String>,
    /// Who grants, unless as the owner.
    grantor: Option<String>,
}

impl Order {
    fn words(&self, kind: AclKind, major: u16) -> Vec<String> {
        match &self.privileges {
            None => kind.all(major).iter().map(|p| (*p).to_owned()).collect(),
            Some(list) => list.iter().filter(|(_, columns)| columns.is_empty()).map(|(p, _)| p.clone()).collect(),
        }
    }

    fn apply(&self, grants: &mut Vec<Grant>, owner: &str, words: &[String]) {
        for role in &self.roles {
            if self.grant {
                let grantor = self.grantor.as_deref().unwrap_or(owner);
                acl::add(grants, role, grantor, words, self.grantable);
            } else {
                acl::remove(grants, role, words, self.option_only);
            }
        }
    }
}

/// A privilege list: names (of roles, when roles are granted) with columns.
fn read_privileges(privileges: Option<ast::Privileges>) -> (Privileges, Vec<String>) {
    let columns = |list: Option<ast::ColumnRefList>| list.map(|l| syntax::column_names(l.syntax())).unwrap_or_default();
    match privileges {
        Some(ast::Privileges::RevokeCommandList(list)) => {
            let read = list
                .revoke_commands()
                .map(|c| {
                    let words = syntax::tokens(c.syntax()).map(|t| syntax::word(&t)).collect::<Vec<_>>().join(" ");
                    let word = if words.is_empty() { syntax::words(c.syntax()).first().cloned().unwrap_or_default() } else { words };
                    (word.to_ascii_uppercase(), columns(c.column_ref_list()))
                })
                .collect();
            (Some(read), Vec::new())
        }
        Some(ast::Privileges::AllPrivileges(all)) => (None, columns(all.column_ref_list())),
        None => (Some(Vec::new()), Vec::new()),
    }
}

/// A superuser grants as the owner; another role (after SET ROLE) in its own name, unless it is the owner.
fn grantor(state: &State) -> Option<String> {
    let role = state.role();
    let superuser = state.roles.get(&role).is_none_or(|r| r.superuser);
    (!superuser).then_some(role)
}

fn check_roles(state: &State, roles: &[String]) -> Effect {
    match roles.iter().find(|r| *r != "PUBLIC" && !role::is_known(state, r)) {
        Some(unknown) => Err(Stop::fail("42704", format!("role \"{unknown}\" does not exist"))),
        None => Ok(()),
    }
}

/// GRANT.
pub(crate) fn grant(state: &mut State, node: &ast::Grant) -> Effect {
    let roles = role::all_of(node.role_ref_list(), state);
    check_roles(state, &roles)?;
    let Some(objects) = node.on_privilege_objects_clause().and_then(|o| o.privilege_objects()) else {
        return grant_roles(state, node, &roles);
    };
    let (privileges, all_columns) = read_privileges(node.privileges());
    let grantable = node.grant_with_clause().is_some_and(|w| w.grant_option().is_some());
    carry_out(
        state,
        &Order { grant: true, option_only: false, grantable, roles, privileges, all_columns, grantor: grantor(state) },
        &objects,
    )
}

/// REVOKE.
pub(crate) fn revoke(state: &mut State, node: &ast::Revoke) -> Effect {
    let roles = role::all_of(node.role_ref_list(), state);
    check_roles(state, &roles)?;
    let Some(objects) = node.on_privilege_objects_clause().and_then(|o| o.privilege_objects()) else {
        revoke_roles(state, node, &roles);
        return Ok(());
    };
    let (privileges, all_columns) = read_privileges(node.privileges());
    let option_only = node.revoke_option_for().is_some();
    carry_out(
        state,
        &Order { grant: false, option_only, grantable: false, roles, privileges, all_columns, grantor: grantor(state) },
        &objects,
    )
}

fn granted_roles(privileges: Option<&ast::Privileges>, state: &State) -> Vec<String> {
    let Some(ast::Privileges::RevokeCommandList(list)) = privileges else { return Vec::new() };
    list.revoke_commands()
        .map(|c| {
            if let Some(role) = c.role_ref() {
                role::of(&role, state)
            } else {
                let node = c.syntax();
                syntax::name_of(node)
            }
        })
        .collect()
}

fn grant_roles(state: &mut State, node: &ast::Grant, members: &[String]) -> Effect {
    let (mut admin, mut inherit, mut set) = (false, None, None);
    if let Some(with) = node.grant_with_clause() {
        let words = syntax::words(with.syntax()).join(" ");
        admin = words.contains("admin option") || words.contains("admin true");
        inherit = option_value(&words, "inherit");
        set = option_value(&words, "set");
    }
    for role in granted_roles(node.privileges().as_ref(), state) {
        if !role::is_known(state, &role) {
            return Err(Stop::fail("42704", format!("role \"{role}\" does not exist")));
        }
        for member in members {
            if role::is_member(state, &role, member) {
                return Err(Stop::fail("0LP01", format!("role \"{role}\" is a member of role \"{member}\"")));
            }
            role::add_membership(state, &role, member, admin, inherit, set);
        }
    }
    Ok(())
}

fn option_value(words: &str, name: &str) -> Option<bool> {
    if words.contains(&format!("{name} false")) {
        Some(false)
    } else if words.contains(&format!("{name} true")) || words.contains(&format!("{name} option")) {
        Some(true)
    } else {
        None
    }
}

fn revoke_roles(state: &mut State, node: &ast::Revoke, members: &[String]) {
    let admin_only = matches!(node.revoke_option_for(), Some(ast::RevokeOptionFor::AdminOptionFor(_)));
    for role in granted_roles(node.privileges().as_ref(), state) {
        for member in members {
            let key = (role.clone(), member.clone());
            if admin_only {
                if let Some(membership) = state.memberships.get_mut(&key) {
                    membership.admin = false;
                }
            } else {
                state.memberships.remove(&key);
            }
        }
    }
}

fn paths(node: &SyntaxNode) -> Vec<Path> {
    node.children().map(|n| syntax::path_of(&n)).filter(|p| !p.is_empty()).collect()
}

fn names(node: &SyntaxNode) -> Vec<String> {
    node.children().map(|n| syntax::name_of(&n)).collect()
}

fn carry_out(state: &mut State, order: &Order, objects: &ast::PrivilegeObjects) -> Effect {
    match objects {
        ast::PrivilegeObjects::PrivilegeDefault(_) | ast::PrivilegeObjects::PrivilegeTable(_) => {
            for path in paths(objects.syntax()) {
                on_relation(state, order, &path)?;
            }
            Ok(())
        }
        ast::PrivilegeObjects::PrivilegeSequence(_) => {
            for path in paths(objects.syntax()) {
                let name = state.find(&path, |n| state.sequences.contains(n)).ok_or_else(|| missing("relation", &path))?;
                on_sequence(state, order, &name);
            }
            Ok(())
        }
        ast::PrivilegeObjects::PrivilegeSchema(_) => on_schemas(state, order, &names(objects.syntax())),
        ast::PrivilegeObjects::PrivilegeType(_) | ast::PrivilegeObjects::PrivilegeDomain(_) => {
            for path in paths(objects.syntax()) {
                let name = state.user_type(&path)?;
                let words = order.words(AclKind::Type, state.options.server_major);
                if let Some(found) = state.types.get_mut(&name) {
                    order.apply(&mut found.grants, &found.owner.clone(), &words);
                }
            }
            Ok(())
        }
        ast::PrivilegeObjects::PrivilegeFunction(_)
        | ast::PrivilegeObjects::PrivilegeProcedure(_)
        | ast::PrivilegeObjects::PrivilegeRoutine(_) => on_functions(state, order, objects.syntax()),
        ast::PrivilegeObjects::PrivilegeAllTablesInSchema(_) => {
            in_schemas(state, order, &names(objects.syntax()), |state, order, schema| {
                let tables = state.tables.iter().map(|(n, _)| n.clone()).chain(state.views.iter().map(|(n, _)| n.clone()));
                let inside: Vec<QualifiedName> = tables.filter(|n| n.schema == schema).collect();
                inside.iter().try_for_each(|n| on_relation(state, order, &[n.schema.clone(), n.name.clone()]))
            })
        }
        ast::PrivilegeObjects::PrivilegeAllSequencesInSchema(_) => {
            in_schemas(state, order, &names(objects.syntax()), |state, order, schema| {
                let inside: Vec<QualifiedName> = state.sequences.iter().map(|(n, _)| n.clone()).filter(|n| n.schema == schema).collect();
                for name in &inside {
                    on_sequence(state, order, name);
                }
                Ok(())
            })
        }
        ast::PrivilegeObjects::PrivilegeAllFunctionsInSchema(_)
        | ast::PrivilegeObjects::PrivilegeAllProceduresInSchema(_)
        | ast::PrivilegeObjects::PrivilegeAllRoutinesInSchema(_) => {
            in_schemas(state, order, &names(objects.syntax()), |state, order, schema| {
                let inside: Vec<QualifiedName> = state.functions.iter().map(|(n, _)| n.clone()).filter(|n| n.schema == schema).collect();
                for name in inside {
                    for function in state.functions.get_mut(&name).into_iter().flatten() {
                        order.apply(&mut function.grants, &function.owner.clone(), &order.words(AclKind::Function, 15));
                    }
                }
                Ok(())
            })
        }
        // Databases, languages, tablespaces, parameters, large objects and foreign servers have no place in the catalogue.
        _ => Err(Stop::NoEffect),
    }
}

fn in_schemas(state: &mut State, order: &Order, schemas: &[String], mut each: impl FnMut(&mut State, &Order, &str) -> Effect) -> Effect {
    for schema in schemas.iter().filter(|s| !s.is_empty()) {
        if !state.schemas.contains(schema) {
            return Err(Stop::fail("3F000", format!("schema \"{schema}\" does not exist")));
        }
        each(state, order, schema)?;
    }
    Ok(())
}

fn on_relation(state: &mut State, order: &Order, path: &[String]) -> Effect {
    let major = state.options.server_major;
    let name = state
        .find(path, |n| state.tables.contains(n) || state.views.contains(n) || state.sequences.contains(n))
        .ok_or_else(|| missing("relation", path))?;
    if state.sequences.contains(&name) {
        on_sequence(state, order, &name);
        return Ok(());
    }
    let words = order.words(AclKind::Table, major);
    if let Some(view) = state.views.get_mut(&name) {
        if order.all_columns.is_empty() {
            order.apply(&mut view.grants, &view.owner.clone(), &words);
        }
        return Ok(());
    }
    let table = state.table_mut(&name)?;
    let owner = table.owner.clone();
    if !order.all_columns.is_empty() {
        let words: Vec<String> = acl::COLUMN_PRIVILEGES.iter().map(|p| (*p).to_owned()).collect();
        for column in table.columns.iter_mut().filter(|c| order.all_columns.contains(&c.name)) {
            order.apply(&mut column.grants, &owner, &words);
        }
        return Ok(());
    }
    order.apply(&mut table.grants, &owner, &words);
    if !order.grant {
        for column in &mut table.columns {
            order.apply(&mut column.grants, &owner, &words);
        }
    }
    for (privilege, columns) in order.privileges.iter().flatten().filter(|(_, columns)| !columns.is_empty()) {
        for wanted in columns {
            let Some(column) = table.columns.iter_mut().find(|c| &c.name == wanted) else {
                return Err(super::constraint::missing_column(&name, wanted));
            };
            order.apply(&mut column.grants, &owner, std::slice::from_ref(privilege));
        }
    }
    Ok(())
}

fn on_sequence(state: &mut State, order: &Order, name: &QualifiedName) {
    let words = order.words(AclKind::Sequence, state.options.server_major);
    if let Some(sequence) = state.sequences.get_mut(name) {
        order.apply(&mut sequence.grants, &sequence.owner.clone(), &words);
    }
}

fn on_schemas(state: &mut State, order: &Order, schemas: &[String]) -> Effect {
    let words = order.words(AclKind::Schema, state.options.server_major);
    for name in schemas.iter().filter(|s| !s.is_empty()) {
        let Some(schema) = state.schemas.get_mut(name) else {
            return Err(Stop::fail("3F000", format!("schema \"{name}\" does not exist")));
        };
        order.apply(&mut schema.grants, &schema.owner.clone(), &words);
    }
    Ok(())
}

fn on_functions(state: &mut State, order: &Order, node: &SyntaxNode) -> Effect {
    let words = order.words(AclKind::Function, state.options.server_major);
    let mut changed = false;
    for signature in node.descendants() {
        let is_signature = ast::FunctionSig::can_cast(signature.kind())
            || ast::ProcedureSig::can_cast(signature.kind())
            || ast::RoutineSig::can_cast(signature.kind());
        if !is_signature {
            continue;
        }
        let list: Option<ast::ParamList> = syntax::child(&signature);
        let path = signature.children().find(|n| !ast::ParamList::can_cast(n.kind())).map(|n| syntax::path_of(&n)).unwrap_or_default();
        let found = function::find_mut(state, &path, list.as_ref())?;
        order.apply(&mut found.grants, &found.owner.clone(), &words);
        changed = true;
    }
    if changed { Ok(()) } else { Err(Stop::not_understood("the functions meant")) }
}

/// ALTER DEFAULT PRIVILEGES.
pub(crate) fn alter_default(state: &mut State, node: &ast::AlterDefaultPrivileges) -> Effect {
    let mut roles = node.for_roles().map(|f| role::all_of(f.role_ref_list(), state)).unwrap_or_default();
    if roles.is_empty() {
        roles.push(state.role());
    }
    let schemas: Vec<Option<String>> = match node.in_schemas() {
        Some(list) => list.schema_refs().map(|s| Some(syntax::name(&s))).collect(),
        None => vec![None],
    };
    for schema in schemas.iter().flatten() {
        if !state.schemas.contains(schema) {
            return Err(Stop::fail("3F000", format!("schema \"{schema}\" does not exist")));
        }
    }
    let (order, target) = match node.action() {
        Some(ast::AlterDefaultPrivilegesAction::GrantDefaultPrivileges(grant)) => {
            let (privileges, all_columns) = read_privileges(grant.privileges());
            let grantable = grant.grant_with_clause().is_some_and(|w| w.grant_option().is_some());
            let roles = role::all_of(grant.role_ref_list(), state);
            (Order { grant: true, option_only: false, grantable, roles, privileges, all_columns, grantor: None }, grant.privilege_target())
        }
        Some(ast::AlterDefaultPrivilegesAction::RevokeDefaultPrivileges(revoke)) => {
            let (privileges, all_columns) = read_privileges(revoke.privileges());
            let roles = role::all_of(revoke.role_ref_list(), state);
            let option_only = revoke.grant_option_for().is_some();
            (
                Order { grant: false, option_only, grantable: false, roles, privileges, all_columns, grantor: None },
                revoke.privilege_target(),
            )
        }
        None => return Err(Stop::not_understood("ALTER DEFAULT PRIVILEGES without action")),
    };
    check_roles(state, &order.roles)?;
    let kind = match target {
        Some(ast::PrivilegeTarget::PrivilegeTargetTables(_)) => AclKind::Table,
        Some(ast::PrivilegeTarget::PrivilegeTargetSequences(_)) => AclKind::Sequence,
        Some(ast::PrivilegeTarget::PrivilegeTargetFunctions(_) | ast::PrivilegeTarget::PrivilegeTargetRoutines(_)) => AclKind::Function,
        Some(ast::PrivilegeTarget::PrivilegeTargetTypes(_)) => AclKind::Type,
        Some(ast::PrivilegeTarget::PrivilegeTargetSchemas(_)) => AclKind::Schema,
        _ => return Err(Stop::not_understood("default privileges of that kind")),
    };
    for role in &roles {
        for schema in &schemas {
            change_default(state, &order, kind, role, schema.as_ref());
        }
    }
    Ok(())
}

/// An entry that says no more than PostgreSQL's own default is none.
fn change_default(state: &mut State, order: &Order, kind: AclKind, role: &str, schema: Option<&String>) {
    let major = state.options.server_major;
    let word = kind.default_word().to_owned();
    let key = (role.to_owned(), schema.cloned(), word.clone());
    let start = || if schema.is_none() { acl::built_in(kind, role, major) } else { Vec::new() };
    let mut grants = state.default_privileges.get(&key).map_or_else(start, |d| d.grants.clone());
    order.apply(&mut grants, role, &order.words(kind, major));
    let mut plain = start();
    let sorted = |list: &mut Vec<Grant>| {
        for grant in list.iter_mut() {
            grant.privileges.sort();
            grant.grantable.sort();
        }
        list.sort();
    };
    sorted(&mut grants);
    sorted(&mut plain);
    if grants == plain {
        state.default_privileges.remove(&key);
    } else {
        let entry = DefaultPrivileges { role: role.to_owned(), schema: schema.cloned(), kind: word, grants };
        state.default_privileges.insert(key, entry);
    }
}
