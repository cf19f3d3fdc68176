//! Policies of a table written anew: those that let somebody through go, and what is meant comes in their place.

use super::people::list;
use super::rows::{self, Rows};
use super::{Alternatives, World, untried, words};
use architrave_model::QualifiedName;
use architrave_model::access::{AttackReport, Command, RelationIntent, Scope, Source, Target};
use architrave_model::catalog::{Policy, PolicyCommand, Table};
use architrave_model::name::{quote_ident, quote_literal};
use std::collections::BTreeSet;

const EACH: [PolicyCommand; 4] = [PolicyCommand::Select, PolicyCommand::Insert, PolicyCommand::Update, PolicyCommand::Delete];

/// What closes the ways into a table.
pub(super) fn alternatives(world: &World<'_>, name: &QualifiedName, attacks: &[usize]) -> Alternatives {
    let Some(table) = world.catalog.table_named(name) else { return Vec::new() };
    let attacks: Vec<usize> = attacks.iter().copied().filter(|a| !is_truncate(world.report, *a)).collect();
    if attacks.is_empty() {
        return Vec::new();
    }
    let Some(intent) = world.report.intent.of(name) else { return Vec::new() };
    let mut all = Vec::new();
    if !table.rls_enabled && !table.policies.is_empty() {
        let sql = |word: &str| format!("alter table {} {word} row level security", name.sql());
        all.push(untried(
            format!("enable row level security on {name}, whose policies are there"),
            &attacks,
            vec![sql("enable")],
            vec![sql("disable")],
        ));
    }
    let guilty = guilty(world.report, table, &attacks);
    let commands = commands(world.report, table, &guilty, &attacks);
    all.extend(written_anew(world, table, intent, &guilty, &commands, &attacks));
    let permissive: Vec<&Policy> = table.policies.iter().filter(|p| p.permissive).collect();
    if guilty.len() < permissive.len() {
        all.extend(written_anew(world, table, intent, &permissive, &BTreeSet::from([0, 1, 2, 3]), &attacks));
    }
    all
}

/// What somebody has stated of tables that nobody got into and that have nothing to say so yet: row level security is off, or there is no policy.
pub(super) fn as_stated(world: &World<'_>) -> Vec<Alternatives> {
    let attacked = |name: &QualifiedName| {
        let cells = world.report.attacks.iter().filter_map(|a| world.report.cells.get(a.cell));
        cells.filter(|c| c.command != Command::Truncate).any(|c| matches!(&c.target, Target::Table { name: n } if n == name))
    };
    let stated = world.report.intent.relations.iter().filter(|r| matches!(r.source, Source::Stated { .. }));
    let mut all = Vec::new();
    for intent in stated.filter(|r| !attacked(&r.relation)) {
        let Some(table) = world.catalog.table_named(&intent.relation).filter(|t| !t.is_partition) else { continue };
        if !table.rls_enabled && !table.policies.is_empty() {
            let sql = |word: &str| format!("alter table {} {word} row level security", table.name.sql());
            let title = format!("enable row level security on {}, whose policies are there", table.name);
            all.push(vec![untried(title, &[], vec![sql("enable")], vec![sql("disable")])]);
        } else if table.policies.is_empty() && !(table.rls_enabled && intent.scope == Scope::Internal) {
            all.push(written_anew(world, table, intent, &[], &BTreeSet::from([0, 1, 2, 3]), &[]));
        }
    }
    all
}

/// Whether it is about TRUNCATE, which no policy stops.
pub(super) fn is_truncate(report: &AttackReport, attack: usize) -> bool {
    report.attacks.get(attack).and_then(|a| report.cells.get(a.cell)).is_some_and(|c| c.command == Command::Truncate)
}

/// The policies that let somebody through, as the attack names them.
pub(super) fn guilty<'t>(report: &AttackReport, table: &'t Table, attacks: &[usize]) -> Vec<&'t Policy> {
    let faults: Vec<&str> = attacks
        .iter()
        .filter_map(|a| report.attacks.get(*a))
        .filter_map(|a| report.cells.get(a.cell))
        .filter_map(|c| c.at_fault.as_ref().map(|f| f.what.as_str()))
        .collect();
    let named = |policy: &&Policy| {
        faults.iter().any(|what| {
            let Some(names) = what.strip_suffix(&format!(" on {}", table.name)) else { return false };
            names.split_once(' ').is_some_and(|(_, names)| {
                names == policy.name || names.split(" and ").flat_map(|n| n.split(", ")).any(|n| n == policy.name)
            })
        })
    };
    table.policies.iter().filter(|p| p.permissive).filter(named).collect()
}

/// Which of [`EACH`] are to be written: what the guilty ones covered, or all where row level security was off.
fn commands(report: &AttackReport, table: &Table, guilty: &[&Policy], attacks: &[usize]) -> BTreeSet<usize> {
    if !table.rls_enabled {
        return BTreeSet::from([0, 1, 2, 3]);
    }
    let mut wanted = BTreeSet::new();
    for policy in guilty {
        match policy.command {
            PolicyCommand::All => wanted.extend([0, 1, 2, 3]),
            command => wanted.extend(EACH.iter().position(|c| *c == command)),
        }
    }
    if wanted.is_empty() {
        for cell in attacks.iter().filter_map(|a| report.attacks.get(*a)).filter_map(|a| report.cells.get(a.cell)) {
            match cell.command {
                Command::Select => wanted.extend([0]),
                Command::Insert => wanted.extend([1]),
                Command::Delete => wanted.extend([3]),
                Command::Update => wanted.extend([2]),
                _ => wanted.extend([0, 1, 2]),
            }
        }
    }
    wanted
}

fn written_anew(
    world: &World<'_>,
    table: &Table,
    intent: &RelationIntent,
    gone: &[&Policy],
    commands: &BTreeSet<usize>,
    attacks: &[usize],
) -> Alternatives {
    let name = &table.name;
    let Some(new) = policies(world, table, intent, gone, commands) else { return Vec::new() };
    let (mut up, mut down) = (new.before.clone(), Vec::new());
    up.extend(gone.iter().map(|p| words::drop(name, &p.name)));
    up.extend(new.create.iter().map(|(_, sql)| sql.clone()));
    if !table.rls_enabled {
        up.push(format!("alter table {} enable row level security", name.sql()));
        down.push(format!("alter table {} disable row level security", name.sql()));
    }
    down.extend(new.create.iter().map(|(policy, _)| words::drop(name, policy)));
    down.extend(gone.iter().map(|p| words::create(name, p)));
    if let Some(column) = new.column.filter(|c| !leads_an_index(table, c)) {
        let index = format!("{}_{column}_idx", name.name);
        if table.index(&index).is_none() {
            up.push(format!("create index {} on {} ({})", quote_ident(&index), name.sql(), quote_ident(&column)));
            down.push(format!("drop index {}.{}", quote_ident(&name.schema), quote_ident(&index)));
        }
    }
    down.extend(new.after.clone());
    let title = match &intent.scope {
        Scope::Owner { column } => format!("let only the user in {column} reach the rows of {name}"),
        Scope::Tenant { column, .. } => format!("let only the members of {column} reach the rows of {name}"),
        Scope::Through { parent, .. } => format!("let only who may reach the row of {parent} reach the rows of {name}"),
        Scope::Public => format!("let everybody read {name} and nobody from outside write it"),
        Scope::SignedIn => format!("let whoever is signed in read {name} and nobody from outside write it"),
        _ => format!("close {name} to everybody from outside"),
    };
    vec![untried(title, attacks, up, down)]
}

fn leads_an_index(table: &Table, column: &str) -> bool {
    table.indexes.iter().any(|i| i.predicate.is_none() && i.keys.first().is_some_and(|k| k.column.as_deref() == Some(column)))
}

/// New policies: name and statement, with what they need.
#[derive(Default)]
struct New {
    before: Vec<String>,
    after: Vec<String>,
    create: Vec<(String, String)>,
    column: Option<String>,
}

fn policies(world: &World<'_>, table: &Table, intent: &RelationIntent, gone: &[&Policy], commands: &BTreeSet<usize>) -> Option<New> {
    let mut left = table.clone();
    left.policies.retain(|p| !gone.iter().any(|g| g.name == p.name));
    let mut new = New::default();
    let people = world.people.to_signed_in();
    let all = list(&world.people.everybody());
    let add = |new: &mut New, command: PolicyCommand, to: &str, using: Option<&str>, check: Option<&str>, suffix: &str| {
        let name = words::free_name(&left, &format!("{}_{}{suffix}", table.name.name, command.sql()));
        let using = using.map_or_else(String::new, |u| format!(" using ({u})"));
        let check = check.map_or_else(String::new, |c| format!(" with check ({c})"));
        let sql = format!("create policy {} on {} for {} to {to}{using}{check}", quote_ident(&name), table.name.sql(), command.sql());
        new.create.push((name, sql));
    };
    let wants = |at: usize| commands.contains(&at);
    match &intent.scope {
        Scope::Public if wants(0) => add(&mut new, PolicyCommand::Select, &all, Some("true"), None, ""),
        Scope::SignedIn if wants(0) => add(&mut new, PolicyCommand::Select, &people, Some("true"), None, ""),
        Scope::Unknown => return None,
        Scope::Public | Scope::SignedIn | Scope::Internal => {}
        _ => {
            let read: Rows = rows::meant(world, &table.name, false)?;
            let write: Rows = rows::meant(world, &table.name, true)?;
            let writes = wants(1) || wants(2) || wants(3);
            for rows in [(wants(0) && !intent.read_by_all).then_some(&read), writes.then_some(&write)].into_iter().flatten() {
                new.before.extend(rows.before.iter().filter(|b| !new.before.contains(b)).cloned().collect::<Vec<_>>());
                // The schema goes after the functions in it.
                new.after.splice(0..0, rows.after.iter().filter(|a| !new.after.contains(a)).cloned().collect::<Vec<_>>());
            }
            new.column.clone_from(&read.column);
            // Names without the table before them, as PostgreSQL prints them.
            let own = format!("{}.", quote_ident(&table.name.name));
            let (read, write) = (short(&read.condition, &own), short(&write.condition, &own));
            if wants(0) && intent.read_by_all {
                add(&mut new, PolicyCommand::Select, &all, Some("true"), None, "");
            } else if wants(0) {
                add(&mut new, PolicyCommand::Select, &people, Some(&read), None, "");
                if let Some(public) = &intent.public_when {
                    add(&mut new, PolicyCommand::Select, &all, Some(public), None, "_public");
                }
            }
            if wants(1) {
                add(&mut new, PolicyCommand::Insert, &people, None, Some(&write), "");
            }
            if wants(2) {
                add(&mut new, PolicyCommand::Update, &people, Some(&write), Some(&write), "");
            }
            if wants(3) {
                add(&mut new, PolicyCommand::Delete, &people, Some(&write), None, "");
            }
        }
    }
    Some(new)
}

/// Without the table's own name before its columns, unless a sub-query stands between.
fn short(condition: &str, own: &str) -> String {
    if condition.contains("exists (") { condition.to_owned() } else { condition.replacen(own, "", 1) }
}

/// What closes the ways into a bucket: the first folder of a path is its owner's id, or the owner is noted beside it.
pub(super) fn bucket(world: &World<'_>, id: &str, attacks: &[usize]) -> Alternatives {
    let name = QualifiedName::new("storage", "objects");
    let (Some(table), Some(me)) = (world.catalog.table_named(&name), &world.people.id) else { return Vec::new() };
    let guilty = guilty(world.report, table, attacks);
    if guilty.is_empty() {
        return Vec::new();
    }
    let commands = commands(world.report, table, &guilty, attacks);
    let mut left = table.clone();
    left.policies.retain(|p| !guilty.iter().any(|g| g.name == p.name));
    let owner = if table.column("owner_id").is_some() { "owner_id" } else { "owner" };
    let conditions = [
        (format!("(storage.foldername(name))[1] = {me}::text"), "whose id is the first folder of the path"),
        (format!("{owner}::text = {me}::text"), "who has uploaded it"),
    ];
    let to = world.people.to_signed_in();
    let mut all = Vec::new();
    for (condition, whom) in conditions {
        let rule = format!("bucket_id = {} and {condition}", quote_literal(id));
        let (mut up, mut down): (Vec<String>, Vec<String>) = (guilty.iter().map(|p| words::drop(&name, &p.name)).collect(), Vec::new());
        for command in commands.iter().filter_map(|at| EACH.get(*at)) {
            let policy = words::free_name(&left, &format!("{}_{}", id.replace(|c: char| !c.is_ascii_alphanumeric(), "_"), command.sql()));
            let using = if *command == PolicyCommand::Insert { "with check" } else { "using" };
            up.push(format!("create policy {} on {} for {} to {to} {using} ({rule})", quote_ident(&policy), name.sql(), command.sql()));
            down.push(words::drop(&name, &policy));
        }
        down.extend(guilty.iter().map(|p| words::create(&name, p)));
        all.push(untried(format!("let an object of the bucket {id} be reached only by the user {whom}"), attacks, up, down));
    }
    all
}
