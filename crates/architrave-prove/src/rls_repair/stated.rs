//! Repairs that close no way in: policies for what somebody has stated. Nobody may hold a privilege on such a table yet, so they are tried with privileges
//! that the copy alone gets.

use super::apply;
use crate::rls_attack::AttackError;
use architrave_model::access::{ActorKind, AttackReport, CellVerdict, Command, Repair, Scope, Target};
use architrave_model::catalog::Table;
use architrave_model::name::quote_ident;
use architrave_model::{Catalog, QualifiedName};
use architrave_postgres::Client;

/// The tables that such a repair is about.
pub(super) fn tables<'c>(catalog: &'c Catalog, repair: &Repair) -> Vec<&'c Table> {
    if !repair.closes.is_empty() {
        return Vec::new();
    }
    let guards = |table: &&Table| {
        repair.up.contains(&format!("alter table {} enable row level security", table.name.sql()))
            || repair.up.iter().any(|s| s.starts_with("create policy ") && s.contains(&format!(" on {} for ", table.name.sql())))
    };
    catalog.tables.iter().filter(guards).collect()
}

/// Gives those who are meant to reach the table what privileges they lack; what was given, with the statements that take it back.
pub(super) async fn open(
    client: &Client,
    table: &Table,
    report: &AttackReport,
    transcript: &mut Vec<String>,
) -> Result<Vec<String>, AttackError> {
    let Some(scope) = report.intent.of(&table.name).map(|i| &i.scope).filter(|s| **s != Scope::Internal) else { return Ok(Vec::new()) };
    let mut back = Vec::new();
    for actor in &report.actors {
        let wanted: &[&str] = match (actor.kind, scope) {
            (ActorKind::Service, _) => &[],
            (_, Scope::Public) => &["SELECT"],
            (ActorKind::Anonymous, _) => &[],
            (_, Scope::SignedIn) => &["SELECT"],
            _ => &["SELECT", "INSERT", "UPDATE", "DELETE"],
        };
        let held = |p: &&&str| table.grants.iter().any(|g| (g.is_public() || g.grantee == actor.role) && g.has(p));
        let lacking: Vec<&str> = wanted.iter().filter(|p| !held(p)).copied().collect();
        if lacking.is_empty() {
            continue;
        }
        let (privileges, role, name) = (lacking.join(", ").to_lowercase(), quote_ident(&actor.role), table.name.sql());
        let revoke = format!("revoke {privileges} on {name} from {role}");
        if back.contains(&revoke) {
            continue;
        }
        let mut said = Vec::new();
        if apply::together(client, &[format!("grant {privileges} on {name} to {role}")], &mut said).await?.is_ok() {
            transcript.extend(said.into_iter().map(|line| format!("{line}, for this trial only")));
            back.push(revoke);
        }
    }
    Ok(back)
}

/// Why the table is not what was stated: somebody gets in, or who is meant to does not.
pub(super) fn objection(after: &AttackReport, table: &QualifiedName) -> Result<(), String> {
    let of = |command: Command, actor: ActorKind| {
        after
            .cells
            .iter()
            .find(|c| c.command == command && c.actor == actor && matches!(&c.target, Target::Table { name } if name == table))
    };
    let leak = after.cells.iter().find(|c| c.verdict == CellVerdict::Leak && matches!(&c.target, Target::Table { name } if name == table));
    if let Some(cell) = leak {
        return Err(format!("{} of {table} by {} is possible after it: {}", cell.command.sql(), cell.actor.word(), cell.reason));
    }
    let internal = after.intent.of(table).is_some_and(|i| i.scope == Scope::Internal);
    match of(Command::Select, ActorKind::Owner) {
        None => Err("nobody from outside reaches its schema, so nothing could be tried".to_owned()),
        Some(cell) if internal || cell.verdict == CellVerdict::Allowed => Ok(()),
        Some(cell) => Err(format!("who is meant to read {table} does not after it: {}", cell.reason)),
    }
}
