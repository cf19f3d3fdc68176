//! ALTER of everything but tables and types.

use super::alter_table::merge_options;
use super::function;
use super::index;
use super::rename;
use super::role;
use super::sequence;
use super::state::{State, missing};
use super::syntax;
use super::view;
use super::{Effect, Stop};
use architrave_model::catalog::TriggerEnabled;
use architrave_model::name::QualifiedName;
use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode};

/// An ALTER statement; `None` when the statement is none (or is for `alter_table.rs` and `user_type.rs`).
pub(crate) fn alter(state: &mut State, statement: &ast::Stmt) -> Option<Effect> {
    Some(match statement {
        ast::Stmt::AlterIndex(node) => alter_index(state, node),
        ast::Stmt::AlterSequence(node) => alter_sequence(state, node),
        ast::Stmt::AlterView(node) => alter_view(state, node),
        ast::Stmt::AlterMaterializedView(node) => alter_materialized_view(state, node),
        ast::Stmt::AlterFunction(node) => {
            let sig = node.function_sig();
            let path = sig.as_ref().and_then(|s| syntax::path_opt(s.function_name_ref())).unwrap_or_default();
            alter_routine(state, &path, sig.and_then(|s| s.param_list()), node.syntax())
        }
        ast::Stmt::AlterProcedure(node) => {
            let sig = node.procedure_sig();
            let path = sig.as_ref().and_then(|s| syntax::path_opt(s.procedure_name_ref())).unwrap_or_default();
            alter_routine(state, &path, sig.and_then(|s| s.param_list()), node.syntax())
        }
        ast::Stmt::AlterRoutine(node) => {
            let sig = node.routine_sig();
            let path = sig.as_ref().and_then(|s| syntax::path_opt(s.routine_name_ref())).unwrap_or_default();
            alter_routine(state, &path, sig.and_then(|s| s.param_list()), node.syntax())
        }
        ast::Stmt::AlterAggregate(node) => {
            let sig = node.aggregate();
            let path = sig.as_ref().and_then(|s| syntax::path_opt(s.path_ref())).unwrap_or_default();
            alter_routine(state, &path, sig.and_then(|s| s.param_list()), node.syntax())
        }
        ast::Stmt::AlterSchema(node) => alter_schema(state, node),
        ast::Stmt::AlterTrigger(node) => alter_trigger(state, node),
        ast::Stmt::AlterEventTrigger(node) => alter_event_trigger(state, node),
        ast::Stmt::AlterRole(node) => alter_role(state, node.role_ref(), node.action(), node.in_database().is_some()),
        ast::Stmt::AlterUser(node) => alter_user(state, node),
        ast::Stmt::AlterStatistics(node) => alter_statistics(state, node),
        ast::Stmt::AlterRule(node) => alter_rule(state, node),
        ast::Stmt::AlterServer(node) => alter_server(state, node),
        _ => return None,
    })
}

fn not_understood(node: &SyntaxNode) -> Stop {
    Stop::not_understood(syntax::plain_text(node))
}

fn alter_index(state: &mut State, node: &ast::AlterIndex) -> Effect {
    let path = syntax::path_opt(node.index_ref()).unwrap_or_default();
    let Some(name) = state.find(&path, |n| state.index_owners.contains(n)) else {
        return if node.if_exists().is_some() { Err(Stop::NoEffect) } else { Err(missing("relation", &path)) };
    };
    let Some(owner) = state.index_owners.get(&name).cloned() else { return Err(missing("relation", &path)) };
    match node.action() {
        Some(ast::AlterIndexAction::IndexRenameTo(to)) => {
            let new = syntax::path_opt(to.index()).and_then(|p| p.last().cloned()).unwrap_or_default();
            rename::rename_index(state, &owner, &name.name, &new)
        }
        Some(ast::AlterIndexAction::SetOptions(set)) => {
            let options = set.attribute_list().map(|l| index::option_list(&l)).unwrap_or_default();
            if let Some(index) = state.indexes_mut(&owner).and_then(|l| l.iter_mut().find(|i| i.name == name.name)) {
                merge_options(&mut index.options, options);
            }
            index::redefine_all(state, &owner);
            Ok(())
        }
        Some(ast::AlterIndexAction::ResetOptions(reset)) => {
            let names = reset.attribute_list().map(|l| index::option_list(&l)).unwrap_or_default();
            if let Some(index) = state.indexes_mut(&owner).and_then(|l| l.iter_mut().find(|i| i.name == name.name)) {
                index.options.retain(|o| !names.iter().any(|n| n.split('=').next() == o.split('=').next()));
            }
            index::redefine_all(state, &owner);
            Ok(())
        }
        Some(ast::AlterIndexAction::AttachIndexPartition(attach)) => attach_index(state, &owner, &name, &attach),
        Some(ast::AlterIndexAction::SetTablespace(set)) => {
            let tablespace = set.tablespace_ref().map(|t| syntax::name(&t)).filter(|t| t != "pg_default");
            if let Some(index) = state.indexes_mut(&owner).and_then(|l| l.iter_mut().find(|i| i.name == name.name)) {
                index.tablespace = tablespace;
            }
            Ok(())
        }
        Some(ast::AlterIndexAction::AlterSetStatistics(_) | ast::AlterIndexAction::DependsOnExtension(_)) => Err(Stop::NoEffect),
        _ => Err(not_understood(node.syntax())),
    }
}

/// ATTACH PARTITION of an index: the parent becomes valid when every partition has its part.
fn attach_index(state: &mut State, owner: &QualifiedName, parent: &QualifiedName, attach: &ast::AttachIndexPartition) -> Effect {
    let path = syntax::path_opt(attach.index_ref()).unwrap_or_default();
    let child = state.find(&path, |n| state.index_owners.contains(n)).ok_or_else(|| missing("relation", &path))?;
    let Some(partition) = state.index_owners.get(&child).cloned() else { return Err(missing("relation", &path)) };
    index::attach(state, &partition, &child.name, parent)?;
    if let Some(table) = state.tables.get_mut(&partition) {
        for constraint in table.constraints.iter_mut().filter(|c| c.index.as_deref() == Some(&child.name)) {
            constraint.inherited = true;
        }
    }
    let complete = state
        .heirs_of(owner)
        .iter()
        .all(|h| state.tables.get(h).is_some_and(|t| t.indexes.iter().any(|i| i.parent.as_ref() == Some(parent))));
    if complete && let Some(index) = state.indexes_mut(owner).and_then(|l| l.iter_mut().find(|i| i.name == parent.name)) {
        index.valid = true;
    }
    Ok(())
}

fn alter_sequence(state: &mut State, node: &ast::AlterSequence) -> Effect {
    let path = syntax::path_opt(node.sequence_ref()).unwrap_or_default();
    let Some(name) = state.find(&path, |n| state.sequences.contains(n)) else {
        return if node.if_exists().is_some() { Err(Stop::NoEffect) } else { Err(missing("relation", &path)) };
    };
    let mut options = Vec::new();
    for action in node.actions() {
        match action {
            ast::AlterSequenceAction::SequenceRenameTo(to) => {
                let new = syntax::path_opt(to.sequence()).and_then(|p| p.last().cloned()).unwrap_or_default();
                return rename::relation(state, &name, &new).map(|_| ());
            }
            ast::AlterSequenceAction::OwnerTo(owner) => return rename::relation_owner(state, &name, owner.role_ref()),
            ast::AlterSequenceAction::SetSchema(set) => return rename::relation_schema(state, &name, set.schema_ref()),
            ast::AlterSequenceAction::SequenceOption(option) => options.push(option),
            ast::AlterSequenceAction::SetLogged(_) | ast::AlterSequenceAction::SetUnlogged(_) => {}
        }
    }
    if options.is_empty() {
        return Err(Stop::NoEffect);
    }
    sequence::alter_options(state, &name, &options)
}

fn alter_view(state: &mut State, node: &ast::AlterView) -> Effect {
    let path = syntax::path_opt(node.view_ref()).unwrap_or_default();
    let Some(name) = state.find(&path, |n| state.views.contains(n)) else {
        return if node.if_exists().is_some() { Err(Stop::NoEffect) } else { Err(missing("relation", &path)) };
    };
    match node.action() {
        Some(ast::AlterViewAction::ViewRenameTo(to)) => rename_view(state, &name, &to),
        Some(ast::AlterViewAction::OwnerTo(owner)) => rename::relation_owner(state, &name, owner.role_ref()),
        Some(ast::AlterViewAction::SetSchema(set)) => rename::relation_schema(state, &name, set.schema_ref()),
        Some(ast::AlterViewAction::RenameColumn(renamed)) => rename::view_column(state, &name, &renamed),
        Some(ast::AlterViewAction::SetOptions(set)) => {
            let options = set.attribute_list().map(|l| index::option_list(&l)).unwrap_or_default();
            merge_options(&mut view::view_mut(state, &name)?.options, options);
            Ok(())
        }
        Some(ast::AlterViewAction::ResetOptions(reset)) => {
            let names = reset.attribute_list().map(|l| index::option_list(&l)).unwrap_or_default();
            view::view_mut(state, &name)?.options.retain(|o| !names.iter().any(|n| n.split('=').next() == o.split('=').next()));
            Ok(())
        }
        Some(ast::AlterViewAction::AlterViewColumn(_)) => Err(Stop::NoEffect),
        None => Err(not_understood(node.syntax())),
    }
}

fn rename_view(state: &mut State, name: &QualifiedName, to: &ast::ViewRenameTo) -> Effect {
    let new = syntax::path_opt(to.view()).and_then(|p| p.last().cloned()).unwrap_or_default();
    rename::relation(state, name, &new).map(|_| ())
}

fn alter_materialized_view(state: &mut State, node: &ast::AlterMaterializedView) -> Effect {
    let path = syntax::path_opt(node.view_ref()).unwrap_or_default();
    let Some(name) = state.find(&path, |n| state.views.contains(n)) else {
        return if node.if_exists().is_some() { Err(Stop::NoEffect) } else { Err(missing("relation", &path)) };
    };
    for action in node.action() {
        match action {
            ast::AlterMaterializedViewAction::ViewRenameTo(to) => return rename_view(state, &name, &to),
            ast::AlterMaterializedViewAction::SetSchema(set) => return rename::relation_schema(state, &name, set.schema_ref()),
            ast::AlterMaterializedViewAction::RenameColumn(renamed) => rename::view_column(state, &name, &renamed)?,
            ast::AlterMaterializedViewAction::AlterTableAction(ast::AlterTableAction::OwnerTo(owner)) => {
                rename::relation_owner(state, &name, owner.role_ref())?;
            }
            ast::AlterMaterializedViewAction::AlterTableAction(ast::AlterTableAction::SetOptions(set)) => {
                let options = set.attribute_list().map(|l| index::option_list(&l)).unwrap_or_default();
                merge_options(&mut view::view_mut(state, &name)?.options, options);
            }
            ast::AlterMaterializedViewAction::AlterTableAction(ast::AlterTableAction::ClusterOn(cluster)) => {
                let index = syntax::path_opt(cluster.index_ref()).and_then(|p| p.last().cloned()).unwrap_or_default();
                view::view_mut(state, &name)?.indexes.iter_mut().for_each(|i| i.clustered = i.name == index);
            }
            ast::AlterMaterializedViewAction::DependsOnExtension(_) | ast::AlterMaterializedViewAction::NoDependsOnExtension(_) => {}
            ast::AlterMaterializedViewAction::AlterTableAction(_) => return Err(not_understood(node.syntax())),
        }
    }
    Ok(())
}

fn alter_routine(state: &mut State, path: &[String], list: Option<ast::ParamList>, node: &SyntaxNode) -> Effect {
    if let Some(options) = syntax::child::<ast::FuncOptionList>(node) {
        return function::alter_options(state, path, list.as_ref(), &options);
    }
    let (name, at) = function::find(state, path, list.as_ref())?;
    if let Some(owner) = syntax::child::<ast::OwnerTo>(node) {
        let new = role::known(owner.role_ref(), state)?;
        let found = function::find_mut(state, path, list.as_ref())?;
        let old = std::mem::replace(&mut found.owner, new.clone());
        super::acl::change_owner(&mut found.grants, &old, &new);
        return Ok(());
    }
    let target = if let Some(set) = syntax::child::<ast::SetSchema>(node) {
        QualifiedName::new(set.schema_ref().map(|s| syntax::name(&s)).unwrap_or_default(), &name.name)
    } else {
        let renamed = node.children().find_map(|n| {
            let is_rename = ast::FunctionRenameTo::can_cast(n.kind())
                || ast::ProcedureRenameTo::can_cast(n.kind())
                || ast::RoutineRenameTo::can_cast(n.kind())
                || ast::AggregateRenameTo::can_cast(n.kind());
            is_rename.then(|| syntax::path_of(&n)).and_then(|p| p.last().cloned())
        });
        match renamed {
            Some(new) => QualifiedName::new(&name.schema, new),
            None => return Err(Stop::NoEffect),
        }
    };
    if !state.schemas.contains(&target.schema) {
        return Err(Stop::fail("3F000", format!("schema \"{}\" does not exist", target.schema)));
    }
    move_function(state, &name, at, &target);
    Ok(())
}

fn move_function(state: &mut State, old: &QualifiedName, at: usize, new: &QualifiedName) {
    let moved = state.functions.get_mut(old).map(|list| {
        let mut function = list.remove(at);
        function.name = new.clone();
        (function, list.is_empty())
    });
    let Some((function, empty)) = moved else { return };
    if empty {
        state.functions.remove(old);
    }
    match state.functions.get_mut(new) {
        Some(list) => list.push(function),
        None => state.functions.insert(new.clone(), vec![function]),
    }
    let (old_call, new_call) = (format!("{}(", old.sql()), format!("{}(", new.sql()));
    let users: Vec<QualifiedName> = state
        .tables
        .values()
        .filter(|t| {
            t.triggers.iter().any(|x| x.function == *old)
                || t.policies.iter().any(|p| p.using.iter().chain(&p.with_check).any(|e| e.contains(&old_call)))
                || t.columns.iter().any(|c| c.default.as_deref().is_some_and(|d| d.contains(&old_call)))
        })
        .map(|t| t.name.clone())
        .collect();
    for user in users {
        let Some(table) = state.tables.get_mut(&user) else { continue };
        for trigger in table.triggers.iter_mut().filter(|t| t.function == *old) {
            trigger.function.clone_from(new);
            trigger.definition = trigger.definition.replace(&old_call, &new_call);
        }
        for policy in &mut table.policies {
            for text in policy.using.iter_mut().chain(&mut policy.with_check) {
                *text = text.replace(&old_call, &new_call);
            }
        }
        for column in &mut table.columns {
            column.default = column.default.take().map(|d| d.replace(&old_call, &new_call));
        }
    }
}

fn alter_schema(state: &mut State, node: &ast::AlterSchema) -> Effect {
    let name = node.schema_ref().map(|s| syntax::name(&s)).unwrap_or_default();
    if !state.schemas.contains(&name) {
        return Err(missing("schema", &[name]));
    }
    match node.action() {
        Some(ast::AlterSchemaAction::OwnerTo(owner)) => {
            let new = role::known(owner.role_ref(), state)?;
            if let Some(schema) = state.schemas.get_mut(&name) {
                let old = std::mem::replace(&mut schema.owner, new.clone());
                super::acl::change_owner(&mut schema.grants, &old, &new);
            }
            Ok(())
        }
        Some(ast::AlterSchemaAction::SchemaRenameTo(to)) => {
            let new = to.schema().map(|s| syntax::name(&s)).unwrap_or_default();
            rename_schema(state, &name, &new)
        }
        None => Err(not_understood(node.syntax())),
    }
}

/// Moves everything of a schema; simple because it is rare: through the catalogue's own text.
fn rename_schema(state: &mut State, old: &str, new: &str) -> Effect {
    if state.schemas.contains(&new.to_owned()) {
        return Err(Stop::fail("42P06", format!("schema \"{new}\" already exists")));
    }
    if let Some(mut schema) = state.schemas.remove(&old.to_owned()) {
        new.clone_into(&mut schema.name);
        state.schemas.insert(new.to_owned(), schema);
    }
    super::schema_rename::everything(state, old, new);
    Ok(())
}

fn alter_trigger(state: &mut State, node: &ast::AlterTrigger) -> Effect {
    let name = node.trigger_ref().map(|n| syntax::name(&n)).unwrap_or_default();
    let path = node.on_relation().and_then(|o| o.relation_name_ref()).map(|t| syntax::path(&t)).unwrap_or_default();
    let owner = state.find(&path, |n| state.tables.contains(n) || state.views.contains(n)).ok_or_else(|| missing("relation", &path))?;
    match node.action() {
        Some(ast::AlterTriggerAction::TriggerRenameTo(to)) => {
            let new = to.trigger().map(|n| syntax::name(&n)).unwrap_or_default();
            rename_trigger(state, &owner, &name, &new)
        }
        Some(_) => Err(Stop::NoEffect),
        None => Err(not_understood(node.syntax())),
    }
}

fn rename_trigger(state: &mut State, owner: &QualifiedName, old: &str, new: &str) -> Effect {
    let found = super::trigger::triggers_mut(state, owner).and_then(|list| list.iter_mut().find(|t| t.name == old));
    let Some(trigger) = found else { return Err(missing("trigger", &[old.to_owned()])) };
    let (quoted_old, quoted_new) = (architrave_model::name::quote_ident(old), architrave_model::name::quote_ident(new));
    trigger.definition = trigger.definition.replacen(&format!("TRIGGER {quoted_old} "), &format!("TRIGGER {quoted_new} "), 1);
    new.clone_into(&mut trigger.name);
    for heir in state.heirs_of(owner) {
        if state.tables.get(&heir).is_some_and(|t| t.triggers.iter().any(|x| x.name == old && x.inherited)) {
            rename_trigger(state, &heir, old, new)?;
        }
    }
    Ok(())
}

fn alter_event_trigger(state: &mut State, node: &ast::AlterEventTrigger) -> Effect {
    let name = node.event_trigger_ref().map(|n| syntax::name(&n)).unwrap_or_default();
    let role = match node.action() {
        Some(ast::AlterEventTriggerAction::OwnerTo(owner)) => owner.role_ref().map(|r| role::of(&r, state)),
        _ => None,
    };
    let Some(mut trigger) = state.event_triggers.get(&name).cloned() else { return Err(missing("event trigger", &[name])) };
    match node.action() {
        Some(ast::AlterEventTriggerAction::Disable(_)) => trigger.enabled = TriggerEnabled::Disabled,
        Some(ast::AlterEventTriggerAction::Enable(_)) => trigger.enabled = TriggerEnabled::Origin,
        Some(ast::AlterEventTriggerAction::EnableAlways(_)) => trigger.enabled = TriggerEnabled::Always,
        Some(ast::AlterEventTriggerAction::EnableReplica(_)) => trigger.enabled = TriggerEnabled::Replica,
        Some(ast::AlterEventTriggerAction::OwnerTo(_)) => trigger.owner = role.unwrap_or_default(),
        Some(ast::AlterEventTriggerAction::EventTriggerRenameTo(to)) => {
            state.event_triggers.remove(&name);
            trigger.name = to.event_trigger().map(|n| syntax::name(&n)).unwrap_or_default();
        }
        None => return Err(not_understood(node.syntax())),
    }
    state.event_triggers.insert(trigger.name.clone(), trigger);
    Ok(())
}

fn alter_role(state: &mut State, role: Option<ast::RoleRef>, action: Option<ast::AlterRoleAction>, in_database: bool) -> Effect {
    let name = role.map(|r| role::of(&r, state)).unwrap_or_default();
    match action {
        Some(ast::AlterRoleAction::RoleOptionList(options)) => role::alter(state, &name, &options),
        Some(ast::AlterRoleAction::SetConfigParam(set)) => set_role_config(state, &name, &set, in_database),
        Some(ast::AlterRoleAction::ResetConfigParam(reset)) => reset_role_config(state, &name, &reset, in_database),
        Some(ast::AlterRoleAction::RoleRenameTo(to)) => {
            let new = to.role().map(|r| syntax::name(&r)).unwrap_or_default();
            rename_role(state, &name, &new)
        }
        None => Err(Stop::NoEffect),
    }
}

fn alter_user(state: &mut State, node: &ast::AlterUser) -> Effect {
    let name = node.role_ref().map(|r| role::of(&r, state)).unwrap_or_default();
    let in_database = node.in_database().is_some();
    match node.action() {
        Some(ast::AlterUserAction::RoleOptionList(options)) => role::alter(state, &name, &options),
        Some(ast::AlterUserAction::SetConfigParam(set)) => set_role_config(state, &name, &set, in_database),
        Some(ast::AlterUserAction::ResetConfigParam(reset)) => reset_role_config(state, &name, &reset, in_database),
        Some(ast::AlterUserAction::RoleRenameTo(to)) => {
            let new = to.role().map(|r| syntax::name(&r)).unwrap_or_default();
            rename_role(state, &name, &new)
        }
        None => Err(Stop::NoEffect),
    }
}

fn set_role_config(state: &mut State, name: &str, set: &ast::SetConfigParam, in_database: bool) -> Effect {
    let Some((key, value)) = super::session::config(set, state) else { return Err(Stop::NoEffect) };
    if in_database {
        return Err(Stop::NoEffect);
    }
    let Some(role) = state.roles.get_mut(&name.to_owned()) else { return Err(missing("role", &[name.to_owned()])) };
    merge_options(&mut role.config, vec![format!("{key}={value}")]);
    Ok(())
}

fn reset_role_config(state: &mut State, name: &str, reset: &ast::ResetConfigParam, in_database: bool) -> Effect {
    if in_database {
        return Err(Stop::NoEffect);
    }
    let Some(role) = state.roles.get_mut(&name.to_owned()) else { return Err(missing("role", &[name.to_owned()])) };
    match syntax::path_opt(reset.config_parameter_ref()) {
        Some(path) => {
            let prefix = format!("{}=", path.join("."));
            role.config.retain(|c| !c.starts_with(&prefix));
        }
        None => role.config.clear(),
    }
    Ok(())
}

fn rename_role(state: &mut State, old: &str, new: &str) -> Effect {
    let Some(mut role) = state.roles.remove(&old.to_owned()) else { return Err(missing("role", &[old.to_owned()])) };
    new.clone_into(&mut role.name);
    state.roles.insert(new.to_owned(), role);
    let pairs: Vec<_> = state.memberships.iter().filter(|((r, m), _)| r == old || m == old).map(|(k, v)| (k.clone(), v.clone())).collect();
    for (key, mut membership) in pairs {
        state.memberships.remove(&key);
        let swap = |text: &mut String| {
            if text == old {
                new.clone_into(text);
            }
        };
        swap(&mut membership.role);
        swap(&mut membership.member);
        state.memberships.insert((membership.role.clone(), membership.member.clone()), membership);
    }
    Err(Stop::partly("owners and grants still carry the role's old name"))
}

fn alter_statistics(state: &mut State, node: &ast::AlterStatistics) -> Effect {
    let path = syntax::path_opt(node.statistics_ref()).unwrap_or_default();
    let holder = |n: &QualifiedName| state.tables.values().any(|t| t.statistics.iter().any(|s| s.name == *n));
    let name = state.find(&path, holder).ok_or_else(|| missing("statistics object", &path))?;
    let new = match node.action() {
        Some(ast::AlterStatisticsAction::StatisticsRenameTo(to)) => {
            QualifiedName::new(&name.schema, syntax::path_opt(to.statistics()).and_then(|p| p.last().cloned()).unwrap_or_default())
        }
        Some(ast::AlterStatisticsAction::SetSchema(set)) => {
            QualifiedName::new(set.schema_ref().map(|s| syntax::name(&s)).unwrap_or_default(), &name.name)
        }
        _ => return Err(Stop::NoEffect),
    };
    let owner = state.tables.values().find(|t| t.statistics.iter().any(|s| s.name == name)).map(|t| t.name.clone());
    for object in owner.and_then(|o| state.tables.get_mut(&o)).into_iter().flat_map(|t| t.statistics.iter_mut()) {
        if object.name == name {
            object.definition = object.definition.replacen(&name.sql(), &new.sql(), 1);
            object.name = new.clone();
        }
    }
    Ok(())
}

fn alter_rule(state: &mut State, node: &ast::AlterRule) -> Effect {
    let old = node.rule_ref().map(|n| syntax::name(&n)).unwrap_or_default();
    let new = node.rule_rename_to().and_then(|r| r.rule()).map(|n| syntax::name(&n)).unwrap_or_default();
    let path = node.on_relation().and_then(|o| o.relation_name_ref()).map(|t| syntax::path(&t)).unwrap_or_default();
    let table = state.table_name(&path)?;
    match state.table_mut(&table)?.rules.iter_mut().find(|r| r.name == old) {
        Some(rule) => {
            rule.name = new;
            Ok(())
        }
        None => Err(missing("rule", &[old])),
    }
}

fn alter_server(state: &mut State, node: &ast::AlterServer) -> Effect {
    let name = node.server_ref().map(|n| syntax::name(&n)).unwrap_or_default();
    let Some(mut server) = state.foreign_servers.get(&name).cloned() else { return Err(missing("server", &[name])) };
    for action in node.actions() {
        match action {
            ast::AlterServerAction::OwnerTo(owner) => {
                server.owner = owner.role_ref().map(|r| role::of(&r, state)).unwrap_or_default();
            }
            ast::AlterServerAction::ServerRenameTo(to) => {
                state.foreign_servers.remove(&name);
                server.name = to.server().map(|n| syntax::name(&n)).unwrap_or_default();
            }
            ast::AlterServerAction::AlterOptionList(_) | ast::AlterServerAction::ServerVersion(_) => {}
        }
    }
    state.foreign_servers.insert(server.name.clone(), server);
    Ok(())
}
