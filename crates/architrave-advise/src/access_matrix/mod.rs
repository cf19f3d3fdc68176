//! Who can reach what: every role that comes from outside or logs in, against every relation and function, read off privileges, memberships,
//! row level security and the rights that views run with. Nothing is executed.

mod principal;
mod relation;
#[cfg(test)]
mod tests;
mod written_through;

use architrave_model::access::{AccessRow, Command, Reach};
use architrave_model::catalog::{Catalog, Function, TableKind};
use architrave_model::context::Exposure;
use architrave_model::name::{ObjectKind, ObjectRef, QualifiedName};
use architrave_model::review::{Review, Target};
use architrave_model::scope::Scope;
use principal::Principals;
use relation::Reader;
use std::collections::BTreeSet;

/// Cells that a review keeps per target; beyond, the roles that come last are left off.
const MOST_CELLS: usize = 200_000;
/// What may be done with a table.
const OF_TABLES: [Command; 5] = [Command::Select, Command::Insert, Command::Update, Command::Delete, Command::Truncate];

/// The whole matrix: relations by name, then functions by name; within an object by command, then by role in the order of [`roles`].
///
/// Temporary tables, relations and functions of extensions, and functions that only triggers call are left out.
pub fn of(catalog: &Catalog, exposure: &Exposure) -> Vec<AccessRow> {
    of_roles(catalog, &roles(catalog, exposure), &|_| true)
}

/// The matrix of these roles, over the schemas that `wanted` says.
pub fn of_roles(catalog: &Catalog, roles: &[&str], wanted: &dyn Fn(&str) -> bool) -> Vec<AccessRow> {
    let principals = Principals::of(catalog, roles);
    let mut reader = Reader::new(catalog, &principals);
    let mut rows = Vec::new();
    let mut add = |reader: &mut Reader<'_>, object: &ObjectRef, name: &QualifiedName, commands: &[Command]| {
        for command in commands {
            for role in roles {
                let reach = reader.reach_by_name(role, name, *command);
                rows.push(AccessRow { role: (*role).to_owned(), object: object.clone(), command: *command, reach });
            }
        }
    };
    for (name, object, commands) in relations(catalog, wanted) {
        add(&mut reader, &object, name, commands);
    }
    for function in functions(catalog, wanted) {
        let object = ObjectRef::in_schema(ObjectKind::Function, &function.name.schema, function.signature());
        for role in roles {
            let reach = execute(&principals, &reader, role, function);
            rows.push(AccessRow { role: (*role).to_owned(), object: object.clone(), command: Command::Execute, reach });
        }
    }
    rows
}

/// The roles of the matrix: those that outsiders act as, those that a role which logs in without inheriting can become, then those that log in,
/// by name; each once.
pub fn roles<'a>(catalog: &'a Catalog, exposure: &'a Exposure) -> Vec<&'a str> {
    let mut all: Vec<&str> = exposure.roles.iter().map(String::as_str).filter(|r| catalog.role(r).is_some()).collect();
    let logs_in = |name: &str| catalog.role(name).is_some_and(|r| r.login);
    let becomes = catalog.memberships.iter().filter(|m| !m.inherit && m.set && logs_in(&m.member) && catalog.role(&m.role).is_some());
    let mut others: Vec<&str> = becomes.map(|m| m.role.as_str()).filter(|r| !logs_in(r)).collect();
    others.sort_unstable();
    others.extend(catalog.roles.iter().filter(|r| r.login).map(|r| r.name.as_str()));
    let mut seen: BTreeSet<&str> = all.iter().copied().collect();
    all.extend(others.into_iter().filter(|r| seen.insert(r)));
    all
}

/// Fills [`Target::access`] of every target: what is reviewed, for as many roles as fit.
pub fn fill(review: &mut Review) {
    let stack = review.stack.clone();
    for target in &mut review.targets {
        target.access = of_target(target, &stack);
    }
}

fn of_target(target: &Target, stack: &architrave_model::stack::Stack) -> Vec<AccessRow> {
    let catalog = &target.snapshot.catalog;
    let scope = Scope::new(catalog, target.snapshot.server.platform, stack);
    let wanted = |schema: &str| scope.covers(schema);
    let mut roles = roles(catalog, &target.exposure);
    let per_role: usize =
        relations(catalog, &wanted).map(|(.., commands)| commands.len()).sum::<usize>() + functions(catalog, &wanted).count();
    roles.truncate((MOST_CELLS / per_role.max(1)).max(1));
    of_roles(catalog, &roles, &wanted)
}

/// Relations that the matrix speaks of, by name: tables, then views of the same place in the alphabet.
fn relations<'a>(
    catalog: &'a Catalog,
    wanted: &'a dyn Fn(&str) -> bool,
) -> impl Iterator<Item = (&'a QualifiedName, ObjectRef, &'static [Command])> {
    let tables =
        catalog.tables.iter().filter(|t| t.extension.is_none() && t.persistence != architrave_model::catalog::Persistence::Temporary);
    let tables = tables.map(|t| {
        // A foreign table is truncated where its wrapper can, 14 and later.
        let commands: &'static [Command] = if t.kind == TableKind::Foreign { &OF_TABLES[..4] } else { &OF_TABLES };
        (&t.name, ObjectRef::table(&t.name), commands)
    });
    let views = catalog.views.iter().filter(|v| v.extension.is_none()).map(|v| {
        let kind = if v.materialized { ObjectKind::MaterializedView } else { ObjectKind::View };
        let commands: &'static [Command] = if v.materialized { &OF_TABLES[..1] } else { &OF_TABLES[..4] };
        (&v.name, ObjectRef::in_schema(kind, &v.name.schema, &v.name.name), commands)
    });
    let mut all: Vec<_> = tables.chain(views).filter(|(name, ..)| wanted(&name.schema)).collect();
    all.sort_by(|a, b| a.0.cmp(b.0));
    all.into_iter()
}

/// Functions that can be called: not those that only triggers call.
fn functions<'a>(catalog: &'a Catalog, wanted: &'a dyn Fn(&str) -> bool) -> impl Iterator<Item = &'a Function> {
    let called = |f: &&Function| !matches!(f.result.as_deref(), Some("trigger" | "event_trigger"));
    catalog.functions.iter().filter(called).filter(|f| wanted(&f.name.schema))
}

fn execute(principals: &Principals<'_>, reader: &Reader<'_>, role: &str, function: &Function) -> Reach {
    let Some(caller) = principals.get(role) else { return Reach::NotGranted };
    if !caller.holds(&function.grants, "EXECUTE") {
        return Reach::NotGranted;
    }
    if !reader.may_use(caller, &function.name.schema) {
        return Reach::SchemaClosed;
    }
    if !function.security_definer {
        return Reach::Everything { because: "runs with the rights of its caller".to_owned() };
    }
    let past = principals.get(&function.owner).is_some_and(|o| o.superuser || o.bypass_rls);
    let past = if past { ", past row level security" } else { "" };
    Reach::Everything { because: format!("runs with the rights of its owner {}{past}", function.owner) }
}
