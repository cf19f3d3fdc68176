//! Answers that tell something about rows that stay unseen: unique keys and foreign keys, which are checked without regard to row level security.

use super::AttackError;
use super::arena::{Arena, Move, Played};
use super::book::{Book, steps};
use super::case::{Case, Ground};
use super::statements::{insert, literal, takes};
use architrave_model::access::attack::Oracle;
use architrave_model::access::{Actor, ActorKind, CellVerdict, Command};
use architrave_model::catalog::Constraint;

/// A column with an SQL literal.
type Pair = (String, String);

/// Asks each unique key and foreign key whether it tells an outsider what exists.
pub(super) async fn find(case: &Case<'_>, arena: &mut Arena, book: &mut Book) -> Result<Vec<Oracle>, AttackError> {
    let mut found = Vec::new();
    let Some(actor) = case.actors().find(|a| a.kind == ActorKind::Outsider) else { return Ok(found) };
    for ground in &case.grounds {
        if arena.out_of_time().is_some() {
            break;
        }
        let granted = case.privileges.of(&actor.role, &ground.table.name).map(|p| p.insert.as_slice()).unwrap_or_default();
        let fresh = |set: &[Pair]| case.scene.fresh_row(case.catalog, case.intent_of(ground), &ground.table.name, actor.kind, set);
        let Some(own) = fresh(&[]).filter(|_| !granted.is_empty()) else { continue };
        let plain = Move::by(actor.kind, insert(ground.table, &own, Some(granted)));
        if !matches!(arena.play(std::slice::from_ref(&plain)).await?, Played::Went(_)) {
            continue;
        }
        for (name, columns) in unique_keys(ground) {
            let Some(set) = hidden_values(case, book, ground, actor, &columns) else { continue };
            if set.iter().any(|(c, _)| !granted.contains(c) || !takes(ground.table, c)) {
                continue;
            }
            let Some(row) = fresh(&set) else { continue };
            let same = Move::by(actor.kind, insert(ground.table, &row, Some(granted)));
            if let Played::Refused { sqlstate, message } = arena.play(std::slice::from_ref(&same)).await?
                && sqlstate == "23505"
                && message.contains(&name)
            {
                let moves = [same];
                let title = format!("outsider learns from {name} that a row he cannot see exists");
                let transcript = book.transcript(title, steps(&moves, &[], Some(&(sqlstate, message))));
                let tells = format!("whether a row of {} with a given {} exists", ground.table.name, columns.join(", "));
                found.push(Oracle { table: ground.table.name.clone(), through: name, tells, actor: actor.kind, transcript });
            }
        }
        for (constraint, parent, columns) in ground.table.foreign_keys().map(|(c, r)| (c, &r.table, &r.columns)) {
            found.extend(foreign_key(case, arena, book, ground, actor, (constraint, parent, columns)).await?);
        }
    }
    found.sort_by(|a, b| (&a.table, &a.through).cmp(&(&b.table, &b.through)));
    Ok(found)
}

/// Names of unique keys on plain columns, with these.
fn unique_keys(ground: &Ground<'_>) -> Vec<(String, Vec<String>)> {
    let plain = |i: &&architrave_model::catalog::Index| i.unique && i.is_complete();
    let columns = |i: &architrave_model::catalog::Index| i.keys.iter().map(|k| k.column.clone()).collect::<Option<Vec<String>>>();
    ground.table.indexes.iter().filter(plain).filter_map(|i| Some((i.name.clone(), columns(i)?))).collect()
}

/// The victim's values of these columns, where the actor is kept from reading the row.
fn hidden_values(case: &Case<'_>, book: &Book, ground: &Ground<'_>, actor: &Actor, columns: &[String]) -> Option<Vec<Pair>> {
    let hidden = |kind: ActorKind| {
        book.entries.iter().any(|e| {
            e.cell.target == ground.target
                && e.cell.actor == kind
                && e.cell.command == Command::Select
                && e.cell.verdict == CellVerdict::Denied
        })
    };
    let _ = case;
    let victim = ground.rows.iter().find(|k| k.row.of == ActorKind::Owner && !k.public).filter(|_| hidden(actor.kind))?;
    columns.iter().map(|c| Some((c.clone(), literal(victim.row, c)?.to_owned()))).collect()
}

/// Whether a row of one's own may point at a row of the victim that one cannot see.
async fn foreign_key(
    case: &Case<'_>,
    arena: &mut Arena,
    book: &mut Book,
    ground: &Ground<'_>,
    actor: &Actor,
    key: (&Constraint, &architrave_model::QualifiedName, &[String]),
) -> Result<Option<Oracle>, AttackError> {
    let (constraint, parent, referenced) = key;
    let Some(above) = case.ground(parent) else { return Ok(None) };
    let Some(values) = hidden_values(case, book, above, actor, referenced) else { return Ok(None) };
    let set: Vec<Pair> = constraint.columns.iter().cloned().zip(values.into_iter().map(|(_, v)| v)).collect();
    let granted = case.privileges.of(&actor.role, &ground.table.name).map(|p| p.insert.as_slice()).unwrap_or_default();
    if set.iter().any(|(c, _)| !granted.contains(c)) {
        return Ok(None);
    }
    let Some(row) = case.scene.fresh_row(case.catalog, case.intent_of(ground), &ground.table.name, actor.kind, &set) else {
        return Ok(None);
    };
    let moves = [Move::by(actor.kind, insert(ground.table, &row, Some(granted)))];
    let Played::Went(answers) = arena.play(&moves).await? else { return Ok(None) };
    let title = format!("outsider links a row of his own in {} to a row of {parent} that he cannot see", ground.table.name);
    let transcript = book.transcript(title, steps(&moves, &answers, None));
    Ok(Some(Oracle {
        table: ground.table.name.clone(),
        through: constraint.name.clone(),
        tells: format!("whether a row of {parent} exists that he cannot see, and his own row points at it"),
        actor: actor.kind,
        transcript,
    }))
}
