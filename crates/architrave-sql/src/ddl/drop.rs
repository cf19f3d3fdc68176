//! DROP of everything.

use super::dependents;
use super::function;
use super::state::{State, missing};
use super::syntax::{self, Path};
use super::user_type;
use super::{Effect, Stop};
use architrave_model::name::QualifiedName;
use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode};

/// IF EXISTS and CASCADE of a DROP.
#[derive(Clone, Copy)]
struct How {
    if_exists: bool,
    cascade: bool,
}

fn how(node: &SyntaxNode) -> How {
    How {
        if_exists: syntax::child::<ast::IfExists>(node).is_some(),
        cascade: matches!(syntax::child::<ast::DropBehavior>(node), Some(ast::DropBehavior::Cascade(_))),
    }
}

/// The objects named by children of that type.
fn named<N: AstNode>(node: &SyntaxNode) -> Vec<Path> {
    syntax::children::<N>(node).map(|n| syntax::path(&n)).collect()
}

fn plain<N: AstNode>(node: &SyntaxNode) -> Vec<String> {
    syntax::children::<N>(node).map(|n| syntax::name(&n)).collect()
}

/// Runs one drop per name; what is missing is an error unless IF EXISTS.
fn each(state: &mut State, how: How, paths: &[Path], what: &str, mut drop: impl FnMut(&mut State, &Path) -> Result<bool, Stop>) -> Effect {
    if paths.is_empty() {
        return Err(Stop::not_understood("DROP without a name"));
    }
    let mut any = false;
    for path in paths {
        if drop(state, path)? {
            any = true;
        } else if !how.if_exists {
            return Err(missing(what, path));
        }
    }
    if any { Ok(()) } else { Err(Stop::NoEffect) }
}

/// A DROP statement; `None` when the statement is none.
pub(crate) fn drop(state: &mut State, statement: &ast::Stmt) -> Option<Effect> {
    let node = statement.syntax();
    let how = how(node);
    Some(match statement {
        ast::Stmt::DropTable(_) | ast::Stmt::DropForeignTable(_) => tables(state, how, &named::<ast::TableNameRef>(node)),
        ast::Stmt::DropView(_) | ast::Stmt::DropMaterializedView(_) => views(state, how, &named::<ast::ViewRef>(node)),
        ast::Stmt::DropIndex(_) => each(state, how, &named::<ast::IndexRef>(node), "index", |state, path| index(state, path, how)),
        ast::Stmt::DropSequence(_) => each(state, how, &named::<ast::SequenceRef>(node), "relation", |state, path| {
            let Some(name) = state.find(path, |n| state.sequences.contains(n)) else { return Ok(false) };
            dependents::drop_sequence(state, &name, how.cascade)?;
            Ok(true)
        }),
        ast::Stmt::DropType(_) => types(state, how, &named::<ast::TypeNameRef>(node)),
        ast::Stmt::DropDomain(_) => types(state, how, &named::<ast::DomainRef>(node)),
        ast::Stmt::DropFunction(_) | ast::Stmt::DropProcedure(_) | ast::Stmt::DropRoutine(_) | ast::Stmt::DropAggregate(_) => {
            functions(state, how, node)
        }
        ast::Stmt::DropSchema(_) => schemas(state, how, &plain::<ast::SchemaRef>(node)),
        ast::Stmt::DropPolicy(drop) => {
            let name = drop.policy_ref().map(|n| syntax::name(&n)).unwrap_or_default();
            let path = drop.on_table().and_then(|o| o.table_name_ref()).map(|t| syntax::path(&t)).unwrap_or_default();
            part(state, how, &path, "policy", &name, &mut |t| remove_named(&mut t.policies, |p| p.name == name))
        }
        ast::Stmt::DropTrigger(drop) => {
            let name = drop.trigger_ref().map(|n| syntax::name(&n)).unwrap_or_default();
            let path = drop.on_relation().and_then(|o| o.relation_name_ref()).map(|t| syntax::path(&t)).unwrap_or_default();
            trigger(state, how, &path, &name)
        }
        ast::Stmt::DropRule(drop) => {
            let name = drop.rule_ref().map(|n| syntax::name(&n)).unwrap_or_default();
            let path = drop.on_relation().and_then(|o| o.relation_name_ref()).map(|t| syntax::path(&t)).unwrap_or_default();
            part(state, how, &path, "rule", &name, &mut |t| remove_named(&mut t.rules, |r| r.name == name))
        }
        ast::Stmt::DropStatistics(_) => {
            each(state, how, &named::<ast::StatisticsRef>(node), "statistics object", |state, path| Ok(statistics(state, path)))
        }
        ast::Stmt::DropExtension(_) => {
            let names: Vec<Path> = plain::<ast::ExtensionRef>(node).into_iter().map(|n| vec![n]).collect();
            each(state, how, &names, "extension", |state, path| {
                super::extension::drop(state, path.first().map_or("", String::as_str), how.cascade)
            })
        }
        ast::Stmt::DropPublication(_) => {
            let names: Vec<Path> = plain::<ast::PublicationRef>(node).into_iter().map(|n| vec![n]).collect();
            each(state, how, &names, "publication", |state, path| Ok(path.first().is_some_and(|n| state.publications.remove(n).is_some())))
        }
        ast::Stmt::DropSubscription(_) => {
            let names: Vec<Path> = plain::<ast::SubscriptionRef>(node).into_iter().map(|n| vec![n]).collect();
            each(state, how, &names, "subscription", |state, path| {
                Ok(path.first().is_some_and(|n| state.subscriptions.remove(n).is_some()))
            })
        }
        ast::Stmt::DropEventTrigger(_) => {
            let names: Vec<Path> = plain::<ast::EventTriggerRef>(node).into_iter().map(|n| vec![n]).collect();
            each(state, how, &names, "event trigger", |state, path| {
                Ok(path.first().is_some_and(|n| state.event_triggers.remove(n).is_some()))
            })
        }
        ast::Stmt::DropCollation(_) => each(state, how, &named::<ast::CollationRef>(node), "collation", |state, path| {
            let found = state.find(path, |n| state.collations.contains(n));
            Ok(found.is_some_and(|n| state.collations.remove(&n).is_some()))
        }),
        ast::Stmt::DropServer(_) => {
            let names: Vec<Path> = plain::<ast::ServerRef>(node).into_iter().map(|n| vec![n]).collect();
            each(state, how, &names, "server", |state, path| Ok(path.first().is_some_and(|n| state.foreign_servers.remove(n).is_some())))
        }
        ast::Stmt::DropRole(_) | ast::Stmt::DropUser(_) | ast::Stmt::DropGroup(_) => roles(state, how, node),
        _ => return None,
    })
}

fn remove_named<T>(list: &mut Vec<T>, is: impl Fn(&T) -> bool) -> bool {
    let before = list.len();
    list.retain(|t| !is(t));
    list.len() < before
}

fn tables(state: &mut State, how: How, paths: &[Path]) -> Effect {
    let found: Vec<Option<QualifiedName>> = paths.iter().map(|p| state.find(p, |n| state.tables.contains(n))).collect();
    let together: Vec<QualifiedName> = found.iter().flatten().cloned().collect();
    for (path, name) in paths.iter().zip(&found) {
        match name {
            Some(name) => dependents::drop_table(state, name, how.cascade, &together)?,
            None if how.if_exists => {}
            None => return Err(missing("relation", path)),
        }
    }
    if paths.is_empty() {
        return Err(Stop::not_understood("DROP without a name"));
    }
    if together.is_empty() { Err(Stop::NoEffect) } else { Ok(()) }
}

fn views(state: &mut State, how: How, paths: &[Path]) -> Effect {
    let found: Vec<Option<QualifiedName>> = paths.iter().map(|p| state.find(p, |n| state.views.contains(n))).collect();
    if let Some((lost, _)) = paths.iter().zip(&found).find(|(_, f)| f.is_none() && !how.if_exists) {
        return Err(missing("relation", lost));
    }
    let together: Vec<QualifiedName> = found.into_iter().flatten().collect();
    each(state, how, paths, "relation", |state, path| {
        let Some(name) = state.find(path, |n| state.views.contains(n)) else {
            // Gone already, because another view of the list was under it.
            return Ok(together.iter().any(|t| path.last() == Some(&t.name)));
        };
        let covered = state.views.values().filter(|v| v.depends_on.contains(&name)).all(|v| together.contains(&v.name));
        dependents::drop_view(state, &name, how.cascade || covered)?;
        Ok(true)
    })
}

fn index(state: &mut State, path: &Path, how: How) -> Result<bool, Stop> {
    let Some(name) = state.find(path, |n| state.index_owners.contains(n)) else { return Ok(false) };
    let Some((owner, index)) = state.index(&name) else { return Ok(false) };
    let owner = owner.clone();
    if let Some(constraint) = &index.constraint {
        return Err(Stop::fail("2BP01", format!("cannot drop index {} because constraint {constraint} requires it", name.name)));
    }
    if index.parent.is_some() {
        return Err(Stop::fail("2BP01", format!("cannot drop index {} because its parent index requires it", name.name)));
    }
    if index.unique {
        let columns: Vec<String> = index.keys.iter().filter_map(|k| k.column.clone()).collect();
        drop_foreign_keys_on(state, &owner, &columns, how, &name.name)?;
    }
    dependents::remove_index(state, &owner, &name.name);
    Ok(true)
}

/// Foreign keys may rest on a bare unique index.
fn drop_foreign_keys_on(state: &mut State, owner: &QualifiedName, columns: &[String], how: How, index: &str) -> Effect {
    let Some(table) = state.tables.get(owner) else { return Ok(()) };
    let others = table
        .indexes
        .iter()
        .filter(|i| i.name != index && i.unique && i.predicate.is_none())
        .any(|i| i.keys.len() == columns.len() && i.keys.iter().all(|k| k.column.as_ref().is_some_and(|c| columns.contains(c))));
    if others {
        return Ok(());
    }
    let referrers: Vec<(QualifiedName, String)> = state
        .tables
        .iter()
        .flat_map(|(name, t)| t.constraints.iter().map(move |c| (name, c)))
        .filter(|(_, c)| {
            c.references
                .as_ref()
                .is_some_and(|r| r.table == *owner && r.columns.len() == columns.len() && r.columns.iter().all(|x| columns.contains(x)))
        })
        .map(|(name, c)| (name.clone(), c.name.clone()))
        .collect();
    for (table, constraint) in referrers {
        if !how.cascade {
            return Err(Stop::fail("2BP01", format!("cannot drop index {index} because constraint {constraint} depends on it")));
        }
        state.table_mut(&table)?.constraints.retain(|c| c.name != constraint);
    }
    Ok(())
}

fn types(state: &mut State, how: How, paths: &[Path]) -> Effect {
    let mut any = false;
    for path in paths {
        match user_type::drop(state, path, how.if_exists, how.cascade) {
            Ok(()) => any = true,
            Err(Stop::NoEffect) => {}
            Err(stop) => return Err(stop),
        }
    }
    if any { Ok(()) } else { Err(Stop::NoEffect) }
}

fn functions(state: &mut State, how: How, node: &SyntaxNode) -> Effect {
    let mut any = false;
    for signature in node.descendants() {
        let is_signature = ast::FunctionSig::can_cast(signature.kind())
            || ast::ProcedureSig::can_cast(signature.kind())
            || ast::RoutineSig::can_cast(signature.kind())
            || ast::Aggregate::can_cast(signature.kind());
        if !is_signature {
            continue;
        }
        let list: Option<ast::ParamList> = syntax::child(&signature);
        let path = signature.children().find(|n| !ast::ParamList::can_cast(n.kind())).map(|n| syntax::path_of(&n)).unwrap_or_default();
        match function::find(state, &path, list.as_ref()) {
            Ok((name, at)) => {
                if state.functions.get(&name).is_some_and(|list| list.len() == 1) {
                    dependents::before_function_goes(state, &name, how.cascade)?;
                }
                let empty = state.functions.get_mut(&name).is_some_and(|list| {
                    list.remove(at);
                    list.is_empty()
                });
                if empty {
                    state.functions.remove(&name);
                }
                any = true;
            }
            Err(_) if how.if_exists => {}
            Err(stop) => return Err(stop),
        }
    }
    if any { Ok(()) } else { Err(Stop::NoEffect) }
}

fn schemas(state: &mut State, how: How, names: &[String]) -> Effect {
    let paths: Vec<Path> = names.iter().map(|n| vec![n.clone()]).collect();
    each(state, how, &paths, "schema", |state, path| {
        let Some(name) = path.first().filter(|n| state.schemas.contains(n)) else { return Ok(false) };
        empty_schema(state, name, how.cascade)?;
        state.schemas.remove(name);
        let keys: Vec<_> = state.default_privileges.iter().filter(|(k, _)| k.1.as_ref() == Some(name)).map(|(k, _)| k.clone()).collect();
        for key in keys {
            state.default_privileges.remove(&key);
        }
        let publications: Vec<String> = state.publications.values().filter(|p| p.schemas.contains(name)).map(|p| p.name.clone()).collect();
        for publication in publications {
            if let Some(publication) = state.publications.get_mut(&publication) {
                publication.schemas.retain(|s| s != name);
            }
        }
        Ok(true)
    })
}

fn empty_schema(state: &mut State, schema: &str, cascade: bool) -> Effect {
    fn inside<V>(entries: impl Iterator<Item = (impl std::borrow::Borrow<QualifiedName>, V)>, schema: &str) -> Vec<QualifiedName> {
        entries.map(|(n, _)| n.borrow().clone()).filter(|n| n.schema == schema).collect()
    }
    let (views, tables) = (inside(state.views.iter(), schema), inside(state.tables.iter(), schema));
    let (sequences, types) = (inside(state.sequences.iter(), schema), inside(state.types.iter(), schema));
    let functions = inside(state.functions.iter(), schema);
    let extensions: Vec<String> = state.extensions.values().filter(|e| e.schema == schema).map(|e| e.name.clone()).collect();
    let occupied = [&views, &tables, &sequences, &types, &functions].iter().any(|l| !l.is_empty()) || !extensions.is_empty();
    if occupied && !cascade {
        return Err(Stop::fail("2BP01", format!("cannot drop schema {schema} because other objects depend on it")));
    }
    for view in views {
        dependents::drop_view(state, &view, true)?;
    }
    for table in tables {
        dependents::drop_table(state, &table, true, &[])?;
    }
    for sequence in sequences {
        dependents::drop_sequence(state, &sequence, true)?;
    }
    for ty in types {
        dependents::drop_type(state, &ty, true)?;
    }
    for function in functions {
        dependents::before_function_goes(state, &function, true)?;
        state.functions.remove(&function);
    }
    for extension in extensions {
        state.extensions.remove(&extension);
    }
    Ok(())
}

fn part(
    state: &mut State,
    how: How,
    path: &[String],
    what: &str,
    name: &str,
    remove: &mut dyn FnMut(&mut architrave_model::catalog::Table) -> bool,
) -> Effect {
    let Some(table) = state.find(path, |n| state.tables.contains(n)) else {
        return if how.if_exists { Err(Stop::NoEffect) } else { Err(missing("relation", path)) };
    };
    if remove(state.table_mut(&table)?) {
        return Ok(());
    }
    if how.if_exists {
        return Err(Stop::NoEffect);
    }
    Err(Stop::fail("42704", format!("{what} \"{name}\" for table \"{}\" does not exist", table.name)))
}

fn trigger(state: &mut State, how: How, path: &[String], name: &str) -> Effect {
    let Some(owner) = state.find(path, |n| state.tables.contains(n) || state.views.contains(n)) else {
        return if how.if_exists { Err(Stop::NoEffect) } else { Err(missing("relation", path)) };
    };
    let removed = super::trigger::triggers_mut(state, &owner).is_some_and(|list| remove_named(list, |t| t.name == name));
    if !removed {
        return if how.if_exists {
            Err(Stop::NoEffect)
        } else {
            Err(Stop::fail("42704", format!("trigger \"{name}\" for table \"{}\" does not exist", owner.name)))
        };
    }
    remove_copies(state, &owner, name);
    Ok(())
}

fn remove_copies(state: &mut State, owner: &QualifiedName, name: &str) {
    for heir in state.heirs_of(owner) {
        let removed = state.tables.get_mut(&heir).is_some_and(|t| remove_named(&mut t.triggers, |x| x.name == name && x.inherited));
        if removed {
            remove_copies(state, &heir, name);
        }
    }
}

fn statistics(state: &mut State, path: &Path) -> bool {
    let holder = |n: &QualifiedName| state.tables.values().any(|t| t.statistics.iter().any(|s| s.name == *n));
    let Some(name) = state.find(path, holder) else { return false };
    let owner = state.tables.values().find(|t| t.statistics.iter().any(|s| s.name == name)).map(|t| t.name.clone());
    owner.and_then(|o| state.tables.get_mut(&o)).is_some_and(|t| remove_named(&mut t.statistics, |s| s.name == name))
}

fn roles(state: &mut State, how: How, node: &SyntaxNode) -> Effect {
    let names: Vec<Path> = syntax::children::<ast::RoleRef>(node).map(|r| vec![super::role::of(&r, state)]).collect();
    each(state, how, &names, "role", |state, path| {
        let Some(name) = path.first() else { return Ok(false) };
        if state.roles.remove(name).is_none() {
            return Ok(false);
        }
        let keys: Vec<_> = state.memberships.iter().filter(|((r, m), _)| r == name || m == name).map(|(k, _)| k.clone()).collect();
        for key in keys {
            state.memberships.remove(&key);
        }
        Ok(true)
    })
}
