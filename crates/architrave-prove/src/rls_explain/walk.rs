//! The way of a statement: which relations it reaches, through which views and policies, with whose rights, and which policies decide there.

use super::error::ExplainError;
use super::facts::{self, Policy, Relation};
use super::statement::{Asked, Dependencies};
use architrave_model::access::Command;
use architrave_model::access::why::{PolicyPart, PrivilegeCheck, RowSecurity};
use architrave_model::name::quote_ident;
use architrave_model::{ObjectKind, ObjectRef};
use architrave_postgres::Client;

/// Relations on the way, at most.
const MOST: usize = 60;

/// A stop on the way.
pub(super) struct Stop {
    pub(super) relation: Relation,
    pub(super) as_role: String,
    pub(super) read_by: Option<String>,
    pub(super) command: Command,
    /// Columns that the statement names there.
    pub(super) columns: Vec<String>,
    /// It is what the statement writes to.
    pub(super) is_target: bool,
    /// The stop that led here; none for the statement itself.
    pub(super) from: Option<usize>,
}

/// All stops; what the statement names comes first.
pub(super) async fn stops(admin: &Client, role: &str, asked: &Asked, found: &Dependencies) -> Result<(Vec<Stop>, bool), ExplainError> {
    let mut stops: Vec<Stop> = Vec::new();
    for read in &found.relations {
        let is_target = found.target == Some(read.oid);
        let command = if is_target { asked.command } else { Command::Select };
        if let Some(relation) = facts::relation(admin, read.oid, role).await? {
            let columns = read.columns.clone();
            stops.push(Stop { relation, as_role: role.to_owned(), read_by: None, command, columns, is_target, from: None });
        }
    }
    stops.sort_by_key(|s| (!s.is_target, s.relation.qualified()));
    let mut at = 0;
    while at < stops.len() && stops.len() < MOST {
        for (oid, as_role, read_by, command) in next(&stops[at], asked) {
            let there = stops.iter().any(|s| s.relation.oid == oid && s.as_role == as_role && s.command == command);
            if there {
                continue;
            }
            if let Some(relation) = facts::relation(admin, oid, &as_role).await? {
                let is_target = stops[at].is_target && command != Command::Select;
                stops.push(Stop { relation, as_role, read_by: Some(read_by), command, columns: Vec::new(), is_target, from: Some(at) });
            }
        }
        at += 1;
    }
    let complete = at >= stops.len();
    Ok((stops, complete))
}

/// Where it goes on from a stop: what a view reads, and what the policies that apply read.
fn next(stop: &Stop, asked: &Asked) -> Vec<(u32, String, String, Command)> {
    let relation = &stop.relation;
    let name = relation.qualified();
    if relation.kind == 'v' {
        let as_role = if relation.invoker { stop.as_role.clone() } else { relation.owner.clone() };
        return relation.reads().iter().map(|oid| (*oid, as_role.clone(), format!("view {name}"), stop.command)).collect();
    }
    if row_security(stop, asked) != RowSecurity::Policies {
        return Vec::new();
    }
    let applying = relation.policies().iter().filter(|p| !asks(stop, p, asked).is_empty() && p.applies);
    applying
        .flat_map(|p| p.reads().iter().map(|oid| (*oid, stop.as_role.clone(), format!("policy {} on {name}", p.name), Command::Select)))
        .collect()
}

/// What the statement asks of a policy: which of its expressions, for which command. Empty when it is for other commands.
pub(super) fn asks(stop: &Stop, policy: &Policy, asked: &Asked) -> Vec<(PolicyPart, Command)> {
    let is = |command: char| policy.command == command || policy.command == '*';
    let mut parts = Vec::new();
    let reads = stop.is_target && (asked.reads || reads_more(stop, asked));
    match stop.command {
        Command::Select if is('r') => parts.push((PolicyPart::Using, Command::Select)),
        Command::Insert | Command::Upsert if is('a') => parts.push((PolicyPart::WithCheck, Command::Insert)),
        Command::Update if is('w') => {
            parts.extend([(PolicyPart::Using, Command::Update), (PolicyPart::WithCheck, Command::Update)]);
        }
        Command::Delete if is('d') => parts.push((PolicyPart::Using, Command::Delete)),
        _ => {}
    }
    if stop.command == Command::Upsert && is('w') {
        parts.extend([(PolicyPart::Using, Command::Update), (PolicyPart::WithCheck, Command::Update)]);
    }
    if reads && is('r') {
        if matches!(stop.command, Command::Update | Command::Delete | Command::Upsert) {
            parts.push((PolicyPart::Using, Command::Select));
        }
        if matches!(stop.command, Command::Insert | Command::Update | Command::Upsert) {
            parts.push((PolicyPart::WithCheck, Command::Select));
        }
    }
    if stop.command == Command::Select && asked.locks && stop.from.is_none() && is('w') {
        parts.push((PolicyPart::Using, Command::Update));
    }
    parts.sort();
    parts.dedup();
    parts
}

/// A column that is named and not written is read.
fn reads_more(stop: &Stop, asked: &Asked) -> bool {
    asked.command == Command::Update && stop.columns.iter().any(|c| !asked.columns.contains(c))
}

/// Whether policies decide about this stop's rows.
pub(super) fn row_security(stop: &Stop, asked: &Asked) -> RowSecurity {
    let relation = &stop.relation;
    if !relation.row_security || !relation.is_table() || stop.command == Command::Truncate {
        return RowSecurity::Off;
    }
    if let Some(because) = relation.free() {
        return RowSecurity::Bypassed { because: because.to_owned() };
    }
    let meant = |p: &&Policy| p.applies && p.permissive && asks(stop, p, asked).iter().any(|(_, of)| *of == main_command(stop.command));
    if relation.policies().iter().any(|p| meant(&p)) { RowSecurity::Policies } else { RowSecurity::NoPolicy }
}

/// The command whose policies decide first.
pub(super) fn main_command(command: Command) -> Command {
    if command == Command::Upsert { Command::Insert } else { command }
}

/// The privileges that the statement needs at this stop.
pub(super) fn privileges(stop: &Stop, asked: &Asked) -> Vec<PrivilegeCheck> {
    let relation = &stop.relation;
    let name = relation.qualified();
    let role = quote_ident(&stop.as_role);
    let object = ObjectRef::table(&name);
    let mut checks = vec![PrivilegeCheck {
        privilege: "USAGE".to_owned(),
        object: ObjectRef::global(ObjectKind::Schema, &name.schema),
        held: relation.schema_open,
        grant: (!relation.schema_open).then(|| format!("grant usage on schema {} to {role}", quote_ident(&name.schema))),
    }];
    // Columns do not help where the whole relation is meant.
    let mut need = |privilege: &str, columns: &[String]| {
        if relation.has(privilege) {
            checks.push(PrivilegeCheck { privilege: privilege.to_owned(), object: object.clone(), held: true, grant: None });
            return;
        }
        let held = |column: &String| {
            relation.columns().iter().any(|c| {
                c.name == *column
                    && match privilege {
                        "SELECT" => c.select,
                        "INSERT" => c.insert,
                        _ => c.update,
                    }
            })
        };
        let any = relation.columns().iter().map(|c| c.name.clone()).any(|c| held(&c));
        if columns.is_empty() || !any || matches!(privilege, "DELETE" | "TRUNCATE") {
            let held = any && columns.is_empty() && privilege == "SELECT";
            let grant = (!held).then(|| format!("grant {} on {} to {role}", privilege.to_lowercase(), name.sql()));
            checks.push(PrivilegeCheck { privilege: privilege.to_owned(), object: object.clone(), held, grant });
            return;
        }
        for column in columns {
            let held = held(column);
            let grant =
                (!held).then(|| format!("grant {} ({}) on {} to {role}", privilege.to_lowercase(), quote_ident(column), name.sql()));
            checks.push(PrivilegeCheck { privilege: privilege.to_owned(), object: ObjectRef::column(&name, column), held, grant });
        }
    };
    let all: Vec<String> = relation.columns().iter().filter(|c| !c.generated).map(|c| c.name.clone()).collect();
    let written: &[String] = if asked.columns.is_empty() { &all } else { &asked.columns };
    let read: Vec<String> = stop.columns.iter().filter(|c| asked.returning || !asked.columns.contains(c)).cloned().collect();
    match stop.command {
        Command::Insert => need("INSERT", written),
        Command::Upsert => {
            need("INSERT", written);
            need("UPDATE", written);
            need("SELECT", &stop.columns);
        }
        Command::Update => need("UPDATE", written),
        Command::Delete => need("DELETE", &[]),
        Command::Truncate => need("TRUNCATE", &[]),
        _ => need("SELECT", &stop.columns),
    }
    let reads = asked.reads || reads_more(stop, asked);
    if reads && matches!(stop.command, Command::Insert | Command::Update | Command::Delete) {
        need("SELECT", &read);
    }
    if asked.locks && stop.from.is_none() && stop.command == Command::Select {
        need("UPDATE", &[]);
    }
    checks
}
