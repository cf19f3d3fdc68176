//! Views, functions and TRUNCATE: rights that no policy of a table can take back.

use super::people::list;
use super::{Alternatives, World, table, untried, words};
use architrave_model::QualifiedName;
use architrave_model::access::{ActorKind, Repair, Target};
use architrave_model::catalog::Grant;
use std::collections::BTreeMap;

/// TRUNCATE asks no policy: one repair for all tables where it was used.
pub(super) fn truncate(world: &World<'_>) -> Option<Alternatives> {
    let mut by_roles: BTreeMap<Vec<String>, (Vec<QualifiedName>, Vec<usize>)> = BTreeMap::new();
    for at in (0..world.report.attacks.len()).filter(|at| table::is_truncate(world.report, *at)) {
        let Some(Target::Table { name }) = world.report.attacks.get(at).and_then(|a| world.report.cells.get(a.cell)).map(|c| &c.target)
        else {
            continue;
        };
        let Some(table) = world.catalog.table_named(name) else { continue };
        let roles = words::holders(&table.grants, &world.people.everybody(), "TRUNCATE");
        if roles.is_empty() {
            continue;
        }
        let (names, attacks) = by_roles.entry(roles).or_default();
        if !names.contains(name) {
            names.push(name.clone());
        }
        attacks.push(at);
    }
    let (mut up, mut down, mut closes) = (Vec::new(), Vec::new(), Vec::new());
    for (roles, (mut names, attacks)) in by_roles {
        names.sort();
        let tables = names.iter().map(QualifiedName::sql).collect::<Vec<_>>().join(", ");
        up.push(format!("revoke truncate on {tables} from {}", list(&roles)));
        down.push(format!("grant truncate on {tables} to {}", list(&roles)));
        closes.extend(attacks);
    }
    closes.sort_unstable();
    (!up.is_empty()).then(|| vec![untried("take TRUNCATE away from everybody outside: no policy is asked by it", &closes, up, down)])
}

/// A view reads with its owner's rights unless it says otherwise; a materialized view has its rows already.
pub(super) fn view(world: &World<'_>, name: &QualifiedName, attacks: &[usize]) -> Alternatives {
    let Some(view) = world.catalog.view(&name.schema, &name.name) else { return Vec::new() };
    let mut all = Vec::new();
    if !view.materialized && !view.option_on("security_invoker") {
        let up = vec![format!("alter view {} set (security_invoker = true)", name.sql())];
        let down = vec![format!("alter view {} reset (security_invoker)", name.sql())];
        all.push(untried(format!("let the view {name} read with the rights of whoever asks"), attacks, up, down));
    }
    if !view.materialized && !view.option_on("security_barrier") {
        // For views that are meant to read with their owner's rights: functions of the caller's are asked after their condition.
        let up = vec![format!("alter view {} set (security_barrier = true)", name.sql())];
        let down = vec![format!("alter view {} reset (security_barrier)", name.sql())];
        all.push(untried(format!("make the view {name} a barrier"), attacks, up, down));
    }
    all.extend(closed(world, "", name, &view.grants, attacks));
    all
}

/// The privileges of everybody from outside, taken away: guests first, then all.
fn closed(world: &World<'_>, kind: &str, name: &QualifiedName, grants: &[Grant], attacks: &[usize]) -> Alternatives {
    let all = world.people.everybody();
    let privileges = ["SELECT", "INSERT", "UPDATE", "DELETE"];
    let mut alternatives = Vec::new();
    for roles in [&world.people.guests, &all] {
        let mut held: Vec<(String, Vec<&str>)> = Vec::new();
        for grant in grants.iter().filter(|g| g.is_public() || roles.contains(&g.grantee)) {
            held.push((grant.grantee.clone(), privileges.iter().filter(|p| grant.has(p)).copied().collect()));
        }
        held.retain(|(_, privileges)| !privileges.is_empty());
        if held.is_empty() {
            continue;
        }
        let names: Vec<String> = held.iter().map(|(role, _)| role.clone()).collect();
        let up = vec![format!("revoke all on {kind}{} from {}", name.sql(), list(&names))];
        let down = held.iter().map(|(role, privileges)| {
            format!("grant {} on {kind}{} to {}", privileges.join(", ").to_lowercase(), name.sql(), list(std::slice::from_ref(role)))
        });
        let down: Vec<String> = down.collect();
        let repair = untried(format!("take {name} away from {}", names.join(", ")), attacks, up, down);
        if !alternatives.iter().any(|other: &Repair| other.up == repair.up) {
            alternatives.push(repair);
        }
    }
    alternatives
}

/// A function that hands out what is not meant: away from guests, with the caller's own rights, or away from everybody.
pub(super) fn function(world: &World<'_>, name: &QualifiedName, arguments: &str, attacks: &[usize]) -> Alternatives {
    let found = world.catalog.functions.iter().find(|f| f.name == *name && f.identity_arguments == arguments);
    let Some(function) = found else { return Vec::new() };
    let call = format!("{}({arguments})", name.sql());
    let mut all: Alternatives = Vec::new();
    if function.security_definer {
        let up = vec![format!("alter function {call} security invoker")];
        let down = vec![format!("alter function {call} security definer")];
        all.push(untried(format!("let {name} run with the rights of whoever calls it"), attacks, up, down));
    }
    let others: Vec<String> = world.people.signed_in.iter().filter(|r| !world.people.guests.contains(r)).cloned().collect();
    let only_guests = attacks
        .iter()
        .filter_map(|a| world.report.attacks.get(*a))
        .filter_map(|a| world.report.cells.get(a.cell))
        .all(|c| c.actor == ActorKind::Anonymous);
    let service: Vec<String> = world.report.actors.iter().filter(|a| a.kind == ActorKind::Service).map(|a| a.role.clone()).collect();
    for (from, whom) in [(&world.people.guests, "guests"), (&world.people.everybody(), "everybody from outside")] {
        let holders = words::holders(&function.grants, from, "EXECUTE");
        if holders.is_empty() || (whom == "guests" && others.is_empty()) {
            continue;
        }
        let mut up = vec![format!("revoke execute on function {call} from {}", list(&holders))];
        // What PUBLIC had, those who are still meant to call it get by name.
        let keep: Vec<String> = if whom == "guests" { others.iter().chain(&service).cloned().collect() } else { service.clone() };
        let public = holders.iter().any(|h| h == "PUBLIC") && !keep.is_empty();
        let mut down = vec![format!("grant execute on function {call} to {}", list(&holders))];
        if public {
            up.push(format!("grant execute on function {call} to {}", list(&keep)));
            let unnamed: Vec<String> = keep.iter().filter(|r| !function.grants.iter().any(|g| &g.grantee == *r)).cloned().collect();
            if !unnamed.is_empty() {
                down.push(format!("revoke execute on function {call} from {}", list(&unnamed)));
            }
        }
        let repair = untried(format!("take the function {name} away from {whom}"), attacks, up, down);
        if whom == "guests" && only_guests { all.insert(0, repair) } else { all.push(repair) }
    }
    all
}
