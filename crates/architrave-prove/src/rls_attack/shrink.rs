//! Shortens a way in while it stays one: steps that are not needed, and columns of rows that nobody asks for.

use super::AttackError;
use super::arena::{Arena, Move};
use super::case::Case;
use super::search::{Goal, Preparation, opens};
use super::statements::insert;
use architrave_model::access::Actor;

/// The statements of a way, as few and as short as still open the goal.
pub(super) async fn shortest(
    case: &Case<'_>,
    arena: &mut Arena,
    goal: &Goal<'_, '_>,
    actor: &Actor,
    way: &[&Preparation],
) -> Result<Vec<Move>, AttackError> {
    let mut steps: Vec<(Move, &Preparation)> = way.iter().map(|p| (p.act().clone(), *p)).collect();
    let mut at = 0;
    while steps.len() > 1 && at < steps.len() {
        let mut fewer = steps.clone();
        fewer.remove(at);
        if opens(case, arena, goal, actor, &moves(&fewer)).await?.is_some() { steps = fewer } else { at += 1 }
    }
    for at in 0..steps.len() {
        let Some((_, preparation)) = steps.get(at) else { continue };
        let (Some((row, said)), Some(table)) = (&preparation.row, preparation.table()) else { continue };
        let Some(table) = case.catalog.table_named(table) else { continue };
        let granted = case.privileges.of(&actor.role, &table.name).map(|p| p.insert.as_slice());
        let mut row = row.clone();
        let columns: Vec<String> = row.iter().map(|(c, _)| c.clone()).filter(|c| !said.contains(c)).collect();
        for column in columns {
            let shorter: Vec<(String, String)> = row.iter().filter(|(c, _)| *c != column).cloned().collect();
            if shorter.is_empty() {
                break;
            }
            let mut tried = steps.clone();
            if let Some(step) = tried.get_mut(at) {
                step.0.sql = insert(table, &shorter, granted);
            }
            if opens(case, arena, goal, actor, &moves(&tried)).await?.is_some() {
                (steps, row) = (tried, shorter);
            }
        }
    }
    Ok(moves(&steps))
}

fn moves(steps: &[(Move, &Preparation)]) -> Vec<Move> {
    steps.iter().map(|(m, _)| m.clone()).collect()
}
