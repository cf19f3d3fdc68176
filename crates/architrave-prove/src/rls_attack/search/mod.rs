//! Ways in of several steps: what the attacker may write first, so that a cell that was denied opens. Breadth first, the shortest way wins; only
//! writes to relations that the denied cell's policies read, through helpers and other tables' policies, are worth trying.

mod literals;
mod preparations;
mod relevance;

pub(super) use literals::promoted;
pub(super) use preparations::Preparation;

use super::AttackError;
use super::arena::{Arena, Move, Played};
use super::book::{Book, Way};
use super::case::{Case, Ground};
use super::fault;
use super::matrix::{Attempt, Seen, Trial, attempt, foreign_row_trials, read_trial, seen_rows, severity, targets};
use super::meaning::{Meant, may_read};
use super::shrink;
use architrave_model::QualifiedName;
use architrave_model::access::{Actor, ActorKind, CellVerdict, Command};
use std::collections::BTreeSet;

/// Statements of one command that are tried again after each preparation.
const TRIALS: usize = 3;
/// Preparations that are put one after the other in a search of three steps and more.
const CHAINED: usize = 24;

/// A denied cell that may open.
pub(super) struct Goal<'c, 'a> {
    entry: usize,
    ground: &'c Ground<'a>,
    command: Command,
    /// Tables whose rows decide.
    reads: BTreeSet<QualifiedName>,
    /// Whether claims that the user fills himself decide.
    metadata: bool,
}

/// Searches for every actor from outside.
pub(super) async fn search(case: &Case<'_>, arena: &mut Arena, book: &mut Book, depth: usize) -> Result<(), AttackError> {
    for kind in [ActorKind::Outsider, ActorKind::Member, ActorKind::Anonymous] {
        let Some(actor) = case.actors().find(|a| a.kind == kind) else { continue };
        let mut goals = goals(case, book, actor);
        let relevant: BTreeSet<QualifiedName> = goals.iter().flat_map(|g| g.reads.iter().cloned()).collect();
        let mut worked: Vec<Preparation> = Vec::new();
        for preparation in preparations::all(case, book, actor, &relevant) {
            if goals.is_empty() || arena.out_of_time().is_some() {
                break;
            }
            if !works(arena, &[], &preparation).await? {
                continue;
            }
            reach(case, arena, book, actor, &mut goals, &[&preparation]).await?;
            if worked.len() < CHAINED {
                worked.push(preparation);
            }
        }
        if depth > 2 {
            chained(case, arena, book, actor, &mut goals, &worked).await?;
        }
        out_of_time(arena, book, &goals);
    }
    Ok(())
}

/// Two preparations, one after the other, where the second does not go without the first or both are needed.
async fn chained(
    case: &Case<'_>,
    arena: &mut Arena,
    book: &mut Book,
    actor: &Actor,
    goals: &mut Vec<Goal<'_, '_>>,
    worked: &[Preparation],
) -> Result<(), AttackError> {
    let relevant: BTreeSet<QualifiedName> = goals.iter().flat_map(|g| g.reads.iter().cloned()).collect();
    let further = preparations::all(case, book, actor, &relevant);
    for first in worked {
        for second in further.iter().filter(|p| p.act() != first.act()) {
            if goals.is_empty() || arena.out_of_time().is_some() {
                return Ok(());
            }
            if works(arena, &[first.act().clone()], second).await? {
                reach(case, arena, book, actor, goals, &[first, second]).await?;
            }
        }
    }
    Ok(())
}

/// What was not searched to the end is not decided.
fn out_of_time(arena: &Arena, book: &mut Book, goals: &[Goal<'_, '_>]) {
    let Some(why) = arena.out_of_time() else { return };
    for goal in goals {
        if let Some(entry) = book.entries.get_mut(goal.entry) {
            entry.cell.verdict = CellVerdict::NotDecided;
            entry.cell.reason = format!("{why}: one statement is not enough, ways of several steps were not searched to the end");
        }
    }
}

fn goals<'c, 'a>(case: &'c Case<'a>, book: &Book, actor: &Actor) -> Vec<Goal<'c, 'a>> {
    let mut goals = Vec::new();
    for (at, entry) in book.entries.iter().enumerate() {
        let cell = &entry.cell;
        let wanted = matches!(cell.command, Command::Select | Command::Insert | Command::Update | Command::Delete);
        if cell.actor != actor.kind || cell.verdict != CellVerdict::Denied || cell.evidence.is_none() || !wanted {
            continue;
        }
        let Some(ground) = case.grounds.iter().find(|g| g.target == cell.target) else { continue };
        let (reads, metadata) = relevance::reads(case, ground, &actor.role, cell.command);
        if !reads.is_empty() || metadata {
            goals.push(Goal { entry: at, ground, command: cell.command, reads, metadata });
        }
    }
    goals
}

/// Whether a preparation goes and does something.
async fn works(arena: &mut Arena, before: &[Move], preparation: &Preparation) -> Result<bool, AttackError> {
    let mut moves = before.to_vec();
    moves.push(preparation.act().clone());
    Ok(match arena.play(&moves).await? {
        played @ Played::Went(_) => preparation.always || played.count(before.len()) > 0,
        Played::Refused { .. } => false,
    })
}

/// Tries all goals that the last preparation may open.
async fn reach(
    case: &Case<'_>,
    arena: &mut Arena,
    book: &mut Book,
    actor: &Actor,
    goals: &mut Vec<Goal<'_, '_>>,
    way: &[&Preparation],
) -> Result<(), AttackError> {
    let mut left = Vec::new();
    for goal in std::mem::take(goals) {
        if arena.out_of_time().is_some() {
            left.push(goal);
            continue;
        }
        let fits = way.last().is_some_and(|p| (p.claims && goal.metadata) || p.tables.iter().any(|t| goal.reads.contains(t)));
        let before: Vec<Move> = way.iter().map(|p| p.act().clone()).collect();
        let found = if fits { opens(case, arena, &goal, actor, &before).await? } else { None };
        match found {
            Some(trial) => {
                if !write_down(case, arena, book, actor, &goal, way, &trial).await? {
                    left.push(goal);
                }
            }
            None => left.push(goal),
        }
    }
    *goals = left;
    Ok(())
}

/// The statement that reaches what it must not after those before it; none when the cell stays shut.
pub(super) async fn opens(
    case: &Case<'_>,
    arena: &mut Arena,
    goal: &Goal<'_, '_>,
    actor: &Actor,
    before: &[Move],
) -> Result<Option<Trial>, AttackError> {
    let ground = goal.ground;
    if goal.command == Command::Select {
        let Seen::Rows(seen) = seen_rows(case, arena, ground, actor, &targets(ground, actor), before).await? else { return Ok(None) };
        let not_meant = seen
            .into_iter()
            .filter_map(|at| ground.rows.get(at))
            .find(|known| may_read(case.intent, &known.row.table, actor.kind, known.row.of, known.public) == Meant::No);
        return Ok(not_meant.map(|known| read_trial(case, ground, actor, known, Meant::No)));
    }
    for trial in foreign_row_trials(case, ground, actor, goal.command).into_iter().take(TRIALS) {
        if trial.meant != Meant::No {
            continue;
        }
        if trial.reached(&after(arena, before, &trial).await?) {
            return Ok(Some(trial));
        }
    }
    Ok(None)
}

/// The trial after other statements; answers and refusals are those of the trial alone.
async fn after(arena: &mut Arena, before: &[Move], trial: &Trial) -> Result<Attempt, AttackError> {
    let mut moves = before.to_vec();
    moves.extend(trial.moves.iter().cloned());
    let mut went = attempt(arena, moves, 0).await?;
    went.skip(before.len());
    Ok(went)
}

/// Puts the way in into the book; false when there was no time to play it once more.
async fn write_down(
    case: &Case<'_>,
    arena: &mut Arena,
    book: &mut Book,
    actor: &Actor,
    goal: &Goal<'_, '_>,
    way: &[&Preparation],
    trial: &Trial,
) -> Result<bool, AttackError> {
    let before = shrink::shortest(case, arena, goal, actor, way).await?;
    let mut moves = before.clone();
    moves.extend(trial.moves.iter().cloned());
    let act = before.len() + trial.act;
    let went = attempt(arena, moves, act).await?;
    if went.broken() {
        return Ok(false);
    }
    let told: Vec<&str> = way.iter().map(|p| p.what.as_str()).collect();
    let title = format!("{} {} and then {}", actor.kind.word(), told.join(", "), trial.what);
    let transcript = book.transcript(title.clone(), went.steps());
    let first = way.first();
    let fault = match first.and_then(|p| Some((p, case.ground(p.table()?)?))) {
        Some((preparation, ground)) => match ground.rows.first() {
            Some(known) => fault::find(case, arena, ground, known, actor, &preparation.trial).await?,
            None => None,
        },
        None => None,
    };
    let fault = fault.or_else(|| first.and_then(|p| p.fault.clone()));
    let length = before.len() + 1;
    if let Some(entry) = book.entries.get_mut(goal.entry) {
        entry.cell.verdict = CellVerdict::Leak;
        entry.cell.reason = format!("in {length} steps: he first {}, and then {}", told.join(", "), trial.what);
        entry.cell.at_fault = fault;
        entry.cell.evidence = Some(transcript);
        entry.cell.control = None;
        entry.way = Some(Way { title, length, severity: severity(actor.kind, goal.command), transcript });
    }
    Ok(true)
}
