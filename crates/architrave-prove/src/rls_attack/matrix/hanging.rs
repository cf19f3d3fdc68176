//! What foreign keys and RETURNING give away beside the rows that a statement names: rows of the victim's that hang on a row of the actor's and go with it,
//! values of the victim's that a trigger copies into a row of the actor's, and rows that ON CONFLICT finds.

use super::super::arena::Move;
use super::super::case::{Case, Ground, Known, is_text};
use super::super::meaning::Meant;
use super::super::statements::literal;
use super::trial::{Sign, Trial};
use super::writes::{insert_trial, own_row, scope_columns, scope_of_victim, ties, upsert_trials};
use architrave_model::QualifiedName;
use architrave_model::access::attack::Fault;
use architrave_model::access::{Actor, ActorKind, AttackKind, Command, Scope};
use architrave_model::catalog::{Column, ForeignKeyAction, TriggerEvent, TriggerTiming};
use architrave_model::finding::Severity;
use architrave_model::name::{ObjectRef, quote_ident};

/// Shortest text that tells where it comes from.
const TELLING: usize = 6;

/// Rows of the victim's tenant that hang on a row of the actor's, who deletes his own: ON DELETE CASCADE and SET NULL ask no policy.
pub(super) fn cascades(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor, command: Command) -> Vec<Trial> {
    let Some(owner) = case.actors().find(|a| a.kind == ActorKind::Owner) else { return Vec::new() };
    if actor.kind != ActorKind::Outsider || !is_of_tenant(case, ground, &ground.table.name, 0) || scope_of_victim(case, ground).is_empty() {
        return Vec::new();
    }
    let own_scope = scope_columns(case, ground);
    let mut trials = Vec::new();
    for (key, reference) in ground.table.foreign_keys() {
        let takes_with_it = match (reference.on_delete, command) {
            (ForeignKeyAction::Cascade, Command::Delete) => "deletes",
            (ForeignKeyAction::SetNull | ForeignKeyAction::SetDefault, Command::Update) => "changes",
            _ => continue,
        };
        let parent = &reference.table;
        let Some(above) = case.ground(parent).filter(|_| !names_people(case, parent) && *parent != ground.table.name) else { continue };
        let Some(his) = own_row(above, actor).filter(|_| !key.columns.iter().any(|c| own_scope.contains(c))) else { continue };
        let values = key.columns.iter().zip(&reference.columns);
        let Some(set) = values.map(|(c, r)| Some((c.clone(), literal(his.row, r)?.to_owned()))).collect::<Option<Vec<_>>>() else {
            continue;
        };
        let root = ground.rows.first().map_or(&ground.table.name, |k| &k.row.table);
        let Some(row) = case.scene.fresh_row(case.catalog, case.intent_of(ground), root, ActorKind::Owner, &set) else { continue };
        let what = format!(
            "{takes_with_it} a row of {} that is the victim's by deleting a row of his own in {parent}, on which it hangs",
            ground.target
        );
        let Some(made) = insert_trial(case, ground, owner, &row, &key.columns, Meant::No, what) else { continue };
        let [insert, look] = made.moves.as_slice() else { continue };
        // Nobody refers to what he does not see; and the victim's row has to be there before it can go.
        let seen = Move::by(ActorKind::Owner, format!("select 1 / count(*) from {} where {}", above.table.name.sql(), his.condition));
        let there = Move::look(look.sql.replacen("select 1", "select 1 / count(*)", 1));
        let delete = Move::by(actor.kind, format!("delete from {} where {}", above.table.name.sql(), his.condition));
        let fault = Fault {
            what: format!("foreign key {} of {}", key.name, ground.table.name),
            operand: format!("on delete {}", reference.on_delete.sql()),
            location: case.place(&ObjectRef::table(&ground.table.name)),
        };
        trials.push(Trial {
            act: 3,
            kind: AttackKind::Hangs { on: parent.clone() },
            fault: Some(fault),
            ..Trial::new(vec![seen, insert.clone(), there, delete, look.clone()], Sign::Gone(4), Meant::No, made.what, Severity::High)
        });
    }
    trials
}

/// What RETURNING shows of the victim's when the actor inserts.
pub(super) fn returned(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor) -> Vec<Trial> {
    let Some(privileges) = case.privileges.of(&actor.role, &ground.table.name) else { return Vec::new() };
    let shown = privileges.select.iter().map(|c| quote_ident(c)).collect::<Vec<_>>().join(", ");
    if shown.is_empty() || !matches!(actor.kind, ActorKind::Outsider | ActorKind::Member | ActorKind::Anonymous) {
        return Vec::new();
    }
    let mut trials = Vec::new();
    for (at, known) in ground.rows.iter().enumerate().filter(|(_, k)| super::super::meaning::is_target_of(actor.kind, k.row.of)).take(2) {
        for mut one in upsert_trials(case, ground, actor, known, at) {
            if let Some(act) = one.moves.first_mut() {
                act.sql.push_str(&format!(" returning {shown}"));
            }
            one.what = format!("reads by ON CONFLICT … RETURNING a row of {} that is {}", ground.target, super::reads::whose(known));
            trials.push(one);
        }
    }
    trials.extend(copied(case, ground, actor, &shown));
    trials
}

/// Rows of his own that hang on a row of the victim's, where a trigger fills in what they hold.
fn copied(case: &Case<'_>, ground: &Ground<'_>, actor: &Actor, shown: &str) -> Vec<Trial> {
    let fills =
        |t: &architrave_model::catalog::Trigger| t.timing == TriggerTiming::Before && t.row && t.events.contains(&TriggerEvent::Insert);
    if actor.kind == ActorKind::Anonymous || !ground.table.triggers.iter().any(fills) {
        return Vec::new();
    }
    let mut trials = Vec::new();
    for mut one in ties(case, ground, actor) {
        let AttackKind::Hangs { on } = &one.kind else { continue };
        let Some(victim) = case.ground(on).and_then(|g| g.rows.iter().find(|k| k.row.of == ActorKind::Owner && !k.public)) else {
            continue;
        };
        let [insert, look] = one.moves.as_slice() else { continue };
        let telling = telling(victim, &insert.sql);
        let texts: Vec<String> = ground.table.columns.iter().filter(|c| is_plain_text(c)).map(|c| quote_ident(&c.name)).collect();
        if telling.is_empty() || texts.is_empty() {
            continue;
        }
        let holds: Vec<String> = texts.iter().map(|c| format!("{c} in ({})", telling.join(", "))).collect();
        // What the statement gave may have been written over: only what it gave and nothing else names the row.
        let look = Move::look(format!("{} and ({})", look.sql, holds.join(" or ")));
        let act = Move::by(actor.kind, format!("{} returning {shown}", insert.sql));
        one.what = format!("reads by INSERT … RETURNING what a trigger copies from a row of {on} that is the victim's");
        one.moves = vec![act, look];
        one.sign = Sign::There(1);
        one.stopped_by_keys = false;
        one.if_seen = false;
        one.severity = Severity::High;
        trials.push(one);
    }
    trials
}

/// Texts of a row that are nowhere else: long enough, and not in the statement.
fn telling(known: &Known<'_>, statement: &str) -> Vec<String> {
    let texts = known
        .row
        .values
        .iter()
        .map(|(_, v)| v)
        .filter(|v| v.starts_with('\'') && v.len() >= TELLING + 2 && !statement.contains(v.as_str()));
    texts.cloned().collect()
}

fn is_plain_text(column: &Column) -> bool {
    is_text(&column.base_type()) && !column.is_array()
}

/// Whether rows of a table are a tenant's, be it through the row above.
fn is_of_tenant(case: &Case<'_>, ground: &Ground<'_>, table: &QualifiedName, depth: usize) -> bool {
    match case.intent_of(ground).of(table).map(|i| &i.scope) {
        Some(Scope::Tenant { .. }) => true,
        Some(Scope::Through { parent, .. }) => depth < 4 && is_of_tenant(case, ground, parent, depth + 1),
        _ => false,
    }
}

fn names_people(case: &Case<'_>, table: &QualifiedName) -> bool {
    let identity = &case.intent.identity;
    identity.users.iter().chain(&identity.profiles).chain(&identity.tenants).any(|(people, _)| people == table)
}
