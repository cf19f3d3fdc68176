//! ALTER TABLE.

use super::column;
use super::constraint::{self, Pending, What};
use super::dependents;
use super::expression;
use super::index;
use super::partition;
use super::print;
use super::rename;
use super::sequence;
use super::state::{State, missing};
use super::syntax;
use super::table;
use super::type_name;
use super::{Effect, Stop};
use architrave_model::catalog::{ConstraintKind, Identity, Persistence, ReplicaIdentity, TriggerEnabled};
use architrave_model::name::QualifiedName;
use squawk_syntax::ast::{self, AstNode};

/// ALTER TABLE and ALTER FOREIGN TABLE.
pub(crate) fn alter(state: &mut State, path: &[String], if_exists: bool, actions: impl Iterator<Item = ast::AlterTableAction>) -> Effect {
    let Some(name) = state.find(path, |n| state.tables.contains(n)) else {
        return not_a_table(state, path, if_exists, actions);
    };
    let mut actions: Vec<ast::AlterTableAction> = actions.collect();
    // PostgreSQL drops first, adds columns next, and constraints after that.
    actions.sort_by_key(pass);
    let mut name = name;
    let mut outcome = Err(Stop::NoEffect);
    let mut doubt = None;
    for action in actions {
        let target = name.clone();
        match apply(state, &mut name, &action) {
            Ok(()) => outcome = Ok(()),
            Err(Stop::NoEffect) => {}
            Err(Stop::NotUnderstood { why } | Stop::Partly { why }) => doubt = Some(why),
            Err(stop) => return Err(stop),
        }
        let _ = target;
    }
    match doubt {
        Some(why) => Err(Stop::partly(why)),
        None => outcome,
    }
}

/// Views, sequences, indexes and materialized views take some of ALTER TABLE too.
fn not_a_table(state: &mut State, path: &[String], if_exists: bool, actions: impl Iterator<Item = ast::AlterTableAction>) -> Effect {
    let other = state.find(path, |n| state.views.contains(n) || state.sequences.contains(n) || state.index_owners.contains(n));
    let Some(name) = other else {
        return if if_exists { Err(Stop::NoEffect) } else { Err(missing("relation", path)) };
    };
    for action in actions {
        match action {
            ast::AlterTableAction::OwnerTo(owner) => rename::relation_owner(state, &name, owner.role_ref())?,
            ast::AlterTableAction::TableRenameTo(to) => {
                let new = syntax::path_opt(to.table_name()).and_then(|p| p.last().cloned()).unwrap_or_default();
                rename::relation(state, &name, &new)?;
            }
            ast::AlterTableAction::SetSchema(set) => rename::relation_schema(state, &name, set.schema_ref())?,
            ast::AlterTableAction::RenameColumn(renamed) => rename::view_column(state, &name, &renamed)?,
            ast::AlterTableAction::SetOptions(set) => {
                if let (Some(list), Some(view)) = (set.attribute_list(), state.views.get_mut(&name)) {
                    merge_options(&mut view.options, index::option_list(&list));
                }
            }
            ast::AlterTableAction::AlterColumn(_) | ast::AlterTableAction::ClusterOn(_) => {}
            other => return Err(Stop::not_understood(syntax::plain_text(other.syntax()))),
        }
    }
    Ok(())
}

fn pass(action: &ast::AlterTableAction) -> u8 {
    match action {
        ast::AlterTableAction::DropColumn(_) | ast::AlterTableAction::DropConstraint(_) => 0,
        ast::AlterTableAction::AlterColumn(alter) => match alter.option() {
            Some(ast::AlterColumnOption::SetType(_)) => 1,
            Some(
                ast::AlterColumnOption::DropNotNull(_)
                | ast::AlterColumnOption::DropIdentity(_)
                | ast::AlterColumnOption::DropExpression(_),
            ) => 0,
            _ => 5,
        },
        ast::AlterTableAction::AddColumn(_) => 3,
        ast::AlterTableAction::AddConstraint(add) => match add.constraint() {
            Some(ast::Constraint::ForeignKeyConstraint(_)) => 9,
            Some(
                ast::Constraint::PrimaryKeyConstraint(_) | ast::Constraint::UniqueConstraint(_) | ast::Constraint::ExcludeConstraint(_),
            ) => 7,
            _ => 6,
        },
        _ => 10,
    }
}

fn apply(state: &mut State, name: &mut QualifiedName, action: &ast::AlterTableAction) -> Effect {
    match action {
        ast::AlterTableAction::AddColumn(add) => add_column(state, name, add),
        ast::AlterTableAction::DropColumn(drop) => drop_column(state, name, drop),
        ast::AlterTableAction::AlterColumn(alter) => alter_column(state, name, alter),
        ast::AlterTableAction::AddConstraint(add) => {
            let node = add.constraint().map(|c| c.syntax().clone());
            let pending = node.and_then(|n| constraint::read(&n, None, state));
            constraint::add(state, name, &pending.ok_or_else(|| Stop::not_understood("the constraint"))?)
        }
        ast::AlterTableAction::DropConstraint(drop) => drop_constraint(state, name, drop),
        ast::AlterTableAction::ValidateConstraint(validate) => {
            let wanted = syntax::path_opt(validate.constraint_name_ref()).and_then(|p| p.last().cloned()).unwrap_or_default();
            validate_constraint(state, name, &wanted)
        }
        ast::AlterTableAction::AlterConstraint(alter) => alter_constraint(state, name, alter),
        ast::AlterTableAction::RenameColumn(renamed) => rename::table_column(state, name, renamed),
        ast::AlterTableAction::RenameConstraint(renamed) => {
            let old = syntax::path_opt(renamed.constraint_name_ref()).and_then(|p| p.last().cloned()).unwrap_or_default();
            let new = renamed.constraint_name().map(|n| syntax::name(&n)).unwrap_or_default();
            rename::constraint(state, name, &old, &new)
        }
        ast::AlterTableAction::TableRenameTo(to) => {
            let new = syntax::path_opt(to.table_name()).and_then(|p| p.last().cloned()).unwrap_or_default();
            *name = rename::relation(state, name, &new)?;
            Ok(())
        }
        ast::AlterTableAction::SetSchema(set) => rename::relation_schema(state, name, set.schema_ref()),
        ast::AlterTableAction::OwnerTo(owner) => rename::relation_owner(state, name, owner.role_ref()),
        ast::AlterTableAction::AttachPartition(attach) => partition::attach(state, name, attach),
        ast::AlterTableAction::DetachPartition(detach) => partition::detach(state, name, detach),
        ast::AlterTableAction::InheritTable(inherit) => inherit_table(state, name, inherit),
        ast::AlterTableAction::NoInheritTable(inherit) => {
            let parent = state.table_name(&syntax::path_opt(inherit.table_name_ref()).unwrap_or_default())?;
            table::unregister_heir(state, &parent, name);
            let target = state.table_mut(name)?;
            target.parents.retain(|p| *p != parent);
            if target.parents.is_empty() {
                target.columns.iter_mut().for_each(|c| c.inherited = false);
                target.constraints.iter_mut().for_each(|c| c.inherited = false);
            }
            Ok(())
        }
        other => apply_flags(state, name, other),
    }
}

/// Actions that change one thing of the table itself.
fn apply_flags(state: &mut State, name: &QualifiedName, action: &ast::AlterTableAction) -> Effect {
    let target = state.table_mut(name)?;
    match action {
        ast::AlterTableAction::EnableRls(_) => target.rls_enabled = true,
        ast::AlterTableAction::DisableRls(_) => target.rls_enabled = false,
        ast::AlterTableAction::ForceRls(_) => target.rls_forced = true,
        ast::AlterTableAction::NoForceRls(_) => target.rls_forced = false,
        ast::AlterTableAction::SetLogged(_) => target.persistence = Persistence::Permanent,
        ast::AlterTableAction::SetUnlogged(_) => target.persistence = Persistence::Unlogged,
        ast::AlterTableAction::SetOptions(set) => {
            let mut new = set.attribute_list().map(|l| index::option_list(&l)).unwrap_or_default();
            new.retain(|o| !o.starts_with("toast."));
            merge_options(&mut target.options, new);
        }
        ast::AlterTableAction::ResetOptions(reset) => {
            let names: Vec<String> = reset.attribute_list().map(|l| index::option_list(&l)).unwrap_or_default();
            target.options.retain(|o| !names.iter().any(|n| n.split('=').next() == o.split('=').next()));
        }
        ast::AlterTableAction::SetTablespace(set) => {
            target.tablespace = set.tablespace_ref().map(|t| syntax::name(&t)).filter(|t| t != "pg_default");
        }
        ast::AlterTableAction::SetAccessMethod(set) => {
            target.access_method = set.access_method_ref().map(|m| syntax::name(&m)).filter(|m| m != "heap");
        }
        ast::AlterTableAction::ClusterOn(cluster) => {
            let index = syntax::path_opt(cluster.index_ref()).and_then(|p| p.last().cloned()).unwrap_or_default();
            target.indexes.iter_mut().for_each(|i| i.clustered = i.name == index);
        }
        ast::AlterTableAction::SetWithoutCluster(_) => target.indexes.iter_mut().for_each(|i| i.clustered = false),
        ast::AlterTableAction::ReplicaIdentity(identity) => {
            let mut chosen = None;
            target.replica_identity = match identity.replica_identity_option() {
                Some(ast::ReplicaIdentityOption::ReplicaIdentityFull(_)) => ReplicaIdentity::Full,
                Some(ast::ReplicaIdentityOption::ReplicaIdentityNothing(_)) => ReplicaIdentity::Nothing,
                Some(ast::ReplicaIdentityOption::UsingIndexName(using)) => {
                    chosen = syntax::path_opt(using.index_ref()).and_then(|p| p.last().cloned());
                    ReplicaIdentity::Index
                }
                _ => ReplicaIdentity::Default,
            };
            if let Some(name) = &chosen {
                check_replica_identity(target, name)?;
            }
            target.indexes.iter_mut().for_each(|i| i.replica_identity = chosen.as_ref() == Some(&i.name));
        }
        ast::AlterTableAction::OfType(of) => {
            let path = of.ty().map(|t| syntax::path_of(t.syntax())).unwrap_or_default();
            let ty = state.user_type(&path)?;
            state.table_mut(name)?.of_type = Some(ty);
        }
        ast::AlterTableAction::NotOf(_) => target.of_type = None,
        ast::AlterTableAction::SetWithoutOids(_)
        | ast::AlterTableAction::OptionItemList(_)
        | ast::AlterTableAction::AlterOptionList(_)
        | ast::AlterTableAction::EnableRule(_)
        | ast::AlterTableAction::DisableRule(_)
        | ast::AlterTableAction::EnableAlwaysRule(_)
        | ast::AlterTableAction::EnableReplicaRule(_) => return Err(Stop::NoEffect),
        ast::AlterTableAction::EnableTrigger(on) => return switch_trigger(state, name, on.trigger_target(), TriggerEnabled::Origin),
        ast::AlterTableAction::DisableTrigger(off) => return switch_trigger(state, name, off.trigger_target(), TriggerEnabled::Disabled),
        ast::AlterTableAction::EnableAlwaysTrigger(on) => {
            return switch_trigger(state, name, on.trigger_ref().map(ast::TriggerTarget::TriggerRef), TriggerEnabled::Always);
        }
        ast::AlterTableAction::EnableReplicaTrigger(on) => {
            return switch_trigger(state, name, on.trigger_ref().map(ast::TriggerTarget::TriggerRef), TriggerEnabled::Replica);
        }
        other => return Err(Stop::not_understood(syntax::plain_text(other.syntax()))),
    }
    Ok(())
}

/// Only a unique, whole, immediate index over NOT NULL columns can tell rows apart.
fn check_replica_identity(table: &architrave_model::catalog::Table, name: &str) -> Effect {
    let index = table.index(name).ok_or_else(|| missing("relation", &[name.to_owned()]))?;
    let not_null = |k: &architrave_model::catalog::IndexKey| k.column.as_deref().and_then(|c| table.column(c)).is_some_and(|c| c.not_null);
    if index.unique && index.immediate && index.predicate.is_none() && index.keys.iter().all(not_null) {
        return Ok(());
    }
    Err(Stop::fail("42809", format!("index \"{name}\" cannot be used as replica identity")))
}

/// Storage parameters set anew replace their old values.
pub(crate) fn merge_options(options: &mut Vec<String>, new: Vec<String>) {
    for option in new {
        let key = option.split('=').next().map(str::to_owned);
        match options.iter_mut().find(|o| o.split('=').next().map(str::to_owned) == key) {
            Some(old) => *old = option,
            None => options.push(option),
        }
    }
}

fn switch_trigger(state: &mut State, table: &QualifiedName, target: Option<ast::TriggerTarget>, enabled: TriggerEnabled) -> Effect {
    let wanted = match &target {
        Some(ast::TriggerTarget::TriggerRef(name)) => Some(syntax::name(name)),
        _ => None,
    };
    let found = state.table_mut(table)?;
    let mut hit = wanted.is_none();
    for trigger in found.triggers.iter_mut().filter(|t| wanted.as_ref().is_none_or(|w| *w == t.name)) {
        trigger.enabled = enabled;
        hit = true;
    }
    if !hit {
        return Err(Stop::fail("42704", format!("trigger \"{}\" for table \"{}\" does not exist", wanted.unwrap_or_default(), table.name)));
    }
    for heir in state.heirs_of(table) {
        let inherited =
            wanted.as_ref().is_none_or(|w| state.tables.get(&heir).is_some_and(|t| t.triggers.iter().any(|x| x.name == *w && x.inherited)));
        if inherited && state.tables.get(&heir).is_some_and(|t| t.is_partition) {
            switch_trigger(state, &heir, target.clone(), enabled)?;
        }
    }
    Ok(())
}

fn add_column(state: &mut State, table: &QualifiedName, add: &ast::AddColumn) -> Effect {
    let Some(column_name) = add.column_name().map(|n| syntax::name(&n)) else {
        return Err(Stop::not_understood("a column without a name"));
    };
    if state.table(table)?.column(&column_name).is_some() {
        return if add.if_not_exists().is_some() {
            Err(Stop::NoEffect)
        } else {
            Err(Stop::fail("42701", format!("column \"{column_name}\" of relation \"{}\" already exists", table.name)))
        };
    }
    let new = column::read(state, table, add.syntax(), &column_name)?;
    if new.column.data_type.is_empty() {
        return Err(Stop::fail("42601", format!("column \"{column_name}\" has no type")));
    }
    if let Some(sequence) = new.sequence {
        state.sequences.insert(sequence.name.clone(), sequence);
    }
    state.table_mut(table)?.columns.push(new.column.clone());
    add_column_below(state, table, &new.column)?;
    let ordered = |wanted: fn(&What) -> bool| new.constraints.iter().filter(move |p| wanted(&p.what));
    let mut in_order: Vec<&Pending> = ordered(|w| matches!(w, What::Check(_) | What::NotNull(_))).collect();
    in_order.extend(ordered(|w| matches!(w, What::Key(_) | What::Exclusion { .. } | What::ExistingIndex { .. })));
    in_order.extend(ordered(|w| matches!(w, What::ForeignKey(_))));
    for pending in in_order {
        constraint::add(state, table, pending)?;
    }
    Ok(())
}

fn add_column_below(state: &mut State, table: &QualifiedName, column: &architrave_model::catalog::Column) -> Effect {
    for heir in state.heirs_of(table) {
        let copy = table::inherited_copy(column);
        let target = state.table_mut(&heir)?;
        if target.column(&copy.name).is_none() {
            target.columns.push(copy);
        }
        add_column_below(state, &heir, column)?;
    }
    Ok(())
}

fn drop_column(state: &mut State, table: &QualifiedName, drop: &ast::DropColumn) -> Effect {
    let column = drop.column_name_ref().map(|n| syntax::name(&n)).unwrap_or_default();
    if state.table(table)?.column(&column).is_none() {
        return if drop.if_exists().is_some() { Err(Stop::NoEffect) } else { Err(constraint::missing_column(table, &column)) };
    }
    let cascade = matches!(drop.drop_behavior(), Some(ast::DropBehavior::Cascade(_)));
    dependents::drop_column(state, table, &column, cascade)
}

fn drop_constraint(state: &mut State, table: &QualifiedName, drop: &ast::DropConstraint) -> Effect {
    let name = syntax::path_opt(drop.constraint_name_ref()).and_then(|p| p.last().cloned()).unwrap_or_default();
    let found = state.table(table)?.constraints.iter().find(|c| c.name == name);
    let Some(found) = found else {
        return if drop.if_exists().is_some() {
            Err(Stop::NoEffect)
        } else {
            Err(Stop::fail("42704", format!("constraint \"{name}\" of relation \"{}\" does not exist", table.name)))
        };
    };
    if found.inherited {
        return Err(Stop::fail("42P16", format!("cannot drop inherited constraint \"{name}\" of relation \"{}\"", table.name)));
    }
    let cascade = matches!(drop.drop_behavior(), Some(ast::DropBehavior::Cascade(_)));
    dependents::drop_constraint(state, table, &name, cascade)
}

fn validate_constraint(state: &mut State, table: &QualifiedName, name: &str) -> Effect {
    let target = state.table_mut(table)?;
    let Some(constraint) = target.constraints.iter_mut().find(|c| c.name == name) else {
        return Err(Stop::fail("42704", format!("constraint \"{name}\" of relation \"{}\" does not exist", table.name)));
    };
    if constraint.validated {
        return Err(Stop::NoEffect);
    }
    constraint.validated = true;
    constraint.definition = constraint.definition.trim_end_matches(" NOT VALID").to_owned();
    let check = constraint.kind == ConstraintKind::Check;
    if check {
        for heir in state.heirs_of(table) {
            let _ = validate_constraint(state, &heir, name);
        }
    }
    Ok(())
}

fn alter_constraint(state: &mut State, table: &QualifiedName, alter: &ast::AlterConstraint) -> Effect {
    let name = syntax::path_opt(alter.constraint_name_ref()).and_then(|p| p.last().cloned()).unwrap_or_default();
    let flags = constraint::Flags::read(alter.syntax());
    let target = state.table_mut(table)?;
    let Some(found) = target.constraints.iter_mut().find(|c| c.name == name) else {
        return Err(Stop::fail("42704", format!("constraint \"{name}\" of relation \"{}\" does not exist", table.name)));
    };
    found.deferrable = flags.deferrable;
    found.deferred = flags.deferred;
    let base = found.definition.replace(" DEFERRABLE", "").replace(" INITIALLY DEFERRED", "");
    let deferrable = if flags.deferrable { " DEFERRABLE" } else { "" };
    let deferred = if flags.deferred { " INITIALLY DEFERRED" } else { "" };
    found.definition = format!("{base}{deferrable}{deferred}");
    Ok(())
}

fn alter_column(state: &mut State, table: &QualifiedName, alter: &ast::AlterColumn) -> Effect {
    let name = alter.column_name_ref().map(|n| syntax::name(&n)).unwrap_or_default();
    let found = state.table(table)?.column(&name).cloned().ok_or_else(|| constraint::missing_column(table, &name))?;
    match alter.option() {
        Some(ast::AlterColumnOption::SetType(set)) => set_type(state, table, &name, &set),
        Some(ast::AlterColumnOption::SetNotNull(_)) => constraint::set_not_null(state, table, &name),
        Some(ast::AlterColumnOption::DropNotNull(_)) => drop_not_null(state, table, &name),
        Some(ast::AlterColumnOption::SetDefault(set)) => {
            let expression = set.expr().map(|e| expression::read(&e, state));
            let text = expression.and_then(|e| column::default_text(state, &e, &found.data_type));
            on_column_and_below(state, table, &name, &mut |c| c.default.clone_from(&text))
        }
        Some(ast::AlterColumnOption::DropDefault(_)) => on_column_and_below(state, table, &name, &mut |c| {
            if c.generated.is_none() {
                c.default = None;
            }
        }),
        Some(ast::AlterColumnOption::DropExpression(_)) => on_column_and_below(state, table, &name, &mut |c| {
            c.generated = None;
            c.default = None;
        }),
        Some(ast::AlterColumnOption::SetExpression(set)) => {
            let text = set.expr().map(|e| print::print(&expression::read(&e, state)));
            on_column_and_below(state, table, &name, &mut |c| c.default.clone_from(&text))
        }
        Some(ast::AlterColumnOption::AddGenerated(add)) => add_identity(state, table, &found, &add),
        Some(ast::AlterColumnOption::DropIdentity(drop)) => {
            if found.identity.is_none() {
                return if drop.if_exists().is_some() { Err(Stop::NoEffect) } else { Err(Stop::fail("55000", "not an identity column")) };
            }
            dependents::drop_sequence_of(state, table, &name);
            on_column(state, table, &name, &mut |c| c.identity = None)
        }
        Some(ast::AlterColumnOption::SetGeneratedOptions(options)) => set_generated(state, table, &name, &options),
        Some(ast::AlterColumnOption::SetStatistics(set)) => {
            let target = set.expr().and_then(|e| syntax::integer(&e)).and_then(|n| i32::try_from(n).ok()).filter(|n| *n >= 0);
            on_column_and_below(state, table, &name, &mut |c| c.statistics_target = target)
        }
        Some(ast::AlterColumnOption::SetStorage(set)) => {
            let mode = set.storage_mode().map(|m| syntax::words(m.syntax()).concat().to_ascii_uppercase()).unwrap_or_default();
            let storage = column::storage_unless_default(&mode, &found.data_type, state);
            on_column_and_below(state, table, &name, &mut |c| c.storage.clone_from(&storage))
        }
        Some(ast::AlterColumnOption::SetCompression(set)) => {
            let method = set.compression_method_name().map(|m| syntax::words(m.syntax()).concat()).filter(|m| m != "default");
            on_column(state, table, &name, &mut |c| c.compression.clone_from(&method))
        }
        Some(ast::AlterColumnOption::Restart(_) | ast::AlterColumnOption::SetOptions(_) | ast::AlterColumnOption::ResetOptions(_)) => {
            Err(Stop::NoEffect)
        }
        Some(ast::AlterColumnOption::SetSequenceOption(set)) => {
            let options: Vec<ast::SequenceOption> = set.sequence_option().into_iter().collect();
            identity_options(state, table, &name, &options)
        }
        Some(ast::AlterColumnOption::SetGenerated(set)) => set_generated_when(state, table, &name, set.generated_when()),
        _ => Err(Stop::not_understood(syntax::plain_text(alter.syntax()))),
    }
}

fn add_identity(state: &mut State, table: &QualifiedName, found: &architrave_model::catalog::Column, add: &ast::AddGenerated) -> Effect {
    let always = matches!(add.generated_when(), Some(ast::GeneratedWhen::GeneratedAlways(_)));
    let mut new = column::serial_sequence(state, table, &found.name, &found.data_type);
    new.identity = true;
    if let Some(options) = add.sequence_option_list() {
        let options: Vec<ast::SequenceOption> = options.sequence_options().collect();
        sequence::apply_options(state, &mut new, &options, true)?;
    }
    if !found.not_null {
        let message =
            format!("column \"{}\" of relation \"{}\" must be declared NOT NULL before identity can be added", found.name, table.name);
        return Err(Stop::fail("55000", message));
    }
    state.sequences.insert(new.name.clone(), new);
    on_column(state, table, &found.name, &mut |c| c.identity = Some(if always { Identity::Always } else { Identity::ByDefault }))
}

fn set_generated_when(state: &mut State, table: &QualifiedName, column: &str, when: Option<ast::GeneratedWhen>) -> Effect {
    let always = matches!(when, Some(ast::GeneratedWhen::GeneratedAlways(_)));
    on_column(state, table, column, &mut |c| c.identity = Some(if always { Identity::Always } else { Identity::ByDefault }))
}

fn set_generated(state: &mut State, table: &QualifiedName, column: &str, options: &ast::SetGeneratedOptions) -> Effect {
    for option in options.set_generated_options() {
        match option {
            ast::SetGeneratedOption::SetGenerated(set) => set_generated_when(state, table, column, set.generated_when())?,
            ast::SetGeneratedOption::SetSequenceOption(set) => {
                let options: Vec<ast::SequenceOption> = set.sequence_option().into_iter().collect();
                identity_options(state, table, column, &options)?;
            }
            ast::SetGeneratedOption::Restart(_) => {}
        }
    }
    Ok(())
}

fn identity_options(state: &mut State, table: &QualifiedName, column: &str, options: &[ast::SequenceOption]) -> Effect {
    let name = dependents::sequences_of(state, table, column).into_iter().next();
    match name {
        Some(name) => sequence::alter_options(state, &name, options),
        None => Err(Stop::fail("55000", format!("column \"{column}\" of relation \"{}\" is not an identity column", table.name))),
    }
}

fn on_column(
    state: &mut State,
    table: &QualifiedName,
    name: &str,
    change: &mut dyn FnMut(&mut architrave_model::catalog::Column),
) -> Effect {
    let target = state.table_mut(table)?;
    match target.columns.iter_mut().find(|c| c.name == name) {
        Some(column) => {
            change(column);
            Ok(())
        }
        None => Err(constraint::missing_column(table, name)),
    }
}

fn on_column_and_below(
    state: &mut State,
    table: &QualifiedName,
    name: &str,
    change: &mut dyn FnMut(&mut architrave_model::catalog::Column),
) -> Effect {
    on_column(state, table, name, change)?;
    for heir in state.heirs_of(table) {
        on_column_and_below(state, &heir, name, change)?;
    }
    Ok(())
}

fn drop_not_null(state: &mut State, table: &QualifiedName, name: &str) -> Effect {
    let found = state.table(table)?;
    if found.primary_key().is_some_and(|p| p.columns.iter().any(|c| c == name)) {
        return Err(Stop::fail("42P16", format!("column \"{name}\" is in a primary key")));
    }
    if found.column(name).is_some_and(|c| c.identity.is_some()) {
        return Err(Stop::fail("55000", format!("column \"{name}\" of relation \"{}\" is an identity column", table.name)));
    }
    on_column_and_below(state, table, name, &mut |c| c.not_null = false)
}

fn set_type(state: &mut State, table: &QualifiedName, name: &str, set: &ast::SetType) -> Effect {
    let ty = set.ty().map(|t| type_name::read(&t, state)).unwrap_or_default();
    if ty.text.is_empty() {
        return Err(Stop::not_understood("the new type is missing"));
    }
    let collation = set.collate().and_then(|c| syntax::path_opt(c.collation_ref())).and_then(|p| index::collation_text(&p, state));
    let reader = state.views.values().find(|v| v.depends_on.contains(table) && dependents::view_mentions(v, name));
    if let Some(view) = reader {
        return Err(Stop::fail("0A000", format!("cannot alter type of a column used by a view or rule ({})", view.name.name)));
    }
    on_column_and_below(state, table, name, &mut |c| {
        if let Some(default) = &c.default {
            c.default = Some(recast(default, &c.data_type, &ty.text));
        }
        c.data_type.clone_from(&ty.text);
        c.collation.clone_from(&collation);
        c.storage = None;
        c.compression = None;
    })?;
    if let Some(integer) = Some(ty.text.as_str()).filter(|t| matches!(*t, "smallint" | "integer" | "bigint")) {
        retype_identity(state, table, name, integer);
    }
    Ok(())
}

/// A literal default takes the new type along.
fn recast(default: &str, old: &str, new: &str) -> String {
    let (old, new) = (type_name::without_modifier(old), type_name::without_modifier(new));
    match default.strip_suffix(&format!("'::{old}")) {
        Some(head) => format!("{head}'::{new}"),
        None => default.to_owned(),
    }
}

/// The sequence of an identity column follows its column's type.
fn retype_identity(state: &mut State, table: &QualifiedName, column: &str, integer: &str) {
    for name in dependents::sequences_of(state, table, column) {
        if let Some(sequence) = state.sequences.get_mut(&name)
            && sequence.identity
        {
            let was_full = sequence.max == sequence::fresh(name.clone(), &sequence.data_type).max;
            integer.clone_into(&mut sequence.data_type);
            if was_full {
                sequence.max = sequence::fresh(name.clone(), integer).max;
            }
        }
    }
}

fn inherit_table(state: &mut State, name: &QualifiedName, inherit: &ast::InheritTable) -> Effect {
    let parent = state.table_name(&syntax::path_opt(inherit.table_name_ref()).unwrap_or_default())?;
    let source = state.table(&parent)?.clone();
    let target = state.table_mut(name)?;
    partition::check_fits(&source, target)?;
    target.parents.push(parent.clone());
    table::register_heir(state, &parent, name);
    Ok(())
}
