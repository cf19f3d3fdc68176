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
use super::outcomes::outcomes;
use super::{shrink, written};
use architrave_model::QualifiedName;
use architrave_model::access::{Actor, ActorKind, CellVerdict, Command};
use std::collections::BTreeSet;

/// Statements of one command that are tried again after each preparation.
const TRIALS: usize = 3;
/// Preparations that are looked through at once for those that go.
const GOING: usize = 100;
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
    /// What is tried after each preparation; empty for SELECT.
    trials: Vec<Trial>,
    /// Statements whose outcome tells whether something has changed, and how they end when nothing was prepared; empty when that is not known.
    probes: Vec<String>,
    baseline: Vec<String>,
}

/// Searches for every actor from outside.
pub(super) async fn search(case: &Case<'_>, arena: &mut Arena, book: &mut Book, depth: usize) -> Result<(), AttackError> {
    for kind in [ActorKind::Outsider, ActorKind::Member, ActorKind::Anonymous] {
        let Some(actor) = case.actors().find(|a| a.kind == kind) else { continue };
        let mut goals = goals(case, book, actor);
        if goals.is_empty() {
            continue;
        }
        baselines(arena, actor, &mut goals).await?;
        let relevant: BTreeSet<QualifiedName> = goals.iter().flat_map(|g| g.reads.iter().cloned()).collect();
        let mut worked: Vec<Preparation> = Vec::new();
        let all = preparations::all(case, book, actor, &relevant, arena.deadline());
        for preparation in going(arena, actor, all).await? {
            if goals.is_empty() || arena.out_of_time().is_some() {
                break;
            }
            let Some(written) = works(case, arena, &[], &preparation).await? else { continue };
            reach(case, arena, book, actor, &mut goals, (&[&preparation], &written)).await?;
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
    let further = preparations::all(case, book, actor, &relevant, arena.deadline());
    for first in worked {
        for second in further.iter().filter(|p| p.act() != first.act()) {
            if goals.is_empty() || arena.out_of_time().is_some() {
                return Ok(());
            }
            if let Some(written) = works(case, arena, &[first.act().clone()], second).await? {
                reach(case, arena, book, actor, goals, (&[first, second], &written)).await?;
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

fn goals<'c, 'a>(case: &'c Case<'a>, book: &Book, actor: &'c Actor) -> Vec<Goal<'c, 'a>> {
    let mut relevance = relevance::Relevance::of(case, &actor.role);
    let mut goals = Vec::new();
    for (at, entry) in book.entries.iter().enumerate() {
        let cell = &entry.cell;
        let wanted = matches!(cell.command, Command::Select | Command::Insert | Command::Update | Command::Delete);
        if cell.actor != actor.kind || cell.verdict != CellVerdict::Denied || cell.evidence.is_none() || !wanted {
            continue;
        }
        let Some(ground) = case.grounds.iter().find(|g| g.target == cell.target) else { continue };
        let (reads, metadata) = relevance.reads(ground, cell.command);
        if !reads.is_empty() || metadata {
            let mut trials = Vec::new();
            if cell.command != Command::Select {
                trials = foreign_row_trials(case, ground, actor, cell.command);
                trials.truncate(TRIALS);
                trials.retain(|t| t.meant == Meant::No);
            }
            let probes = probes(ground, actor, cell.command, &trials);
            goals.push(Goal { entry: at, ground, command: cell.command, reads, metadata, trials, probes, baseline: Vec::new() });
        }
    }
    goals
}

/// The statements that a goal is about, without looks.
fn probes(ground: &Ground<'_>, actor: &Actor, command: Command, trials: &[Trial]) -> Vec<String> {
    if command != Command::Select {
        return trials.iter().filter_map(|t| t.moves.get(t.act)).map(|m| m.sql.clone()).collect();
    }
    let rows = targets(ground, actor);
    let conditions: Vec<String> = rows.iter().filter_map(|at| ground.rows.get(*at)).map(|k| format!("({})", k.condition)).collect();
    if conditions.is_empty() {
        return Vec::new();
    }
    vec![format!("select 1 from {} where {}", ground.table.name.sql(), conditions.join(" or "))]
}

/// Asks how the probes of all goals end when nothing was prepared.
async fn baselines(arena: &mut Arena, actor: &Actor, goals: &mut [Goal<'_, '_>]) -> Result<(), AttackError> {
    let all: Vec<&str> = goals.iter().flat_map(|g| g.probes.iter().map(String::as_str)).collect();
    let Some(ends) = outcomes(arena, &[], actor.kind, &all).await? else { return Ok(()) };
    let mut ends = ends.into_iter();
    for goal in goals {
        goal.baseline = ends.by_ref().take(goal.probes.len()).collect();
        // A question that is refused from the beginning tells nothing.
        if goal.command == Command::Select && goal.baseline.iter().any(|end| end.len() == 5) {
            goal.baseline.clear();
        }
    }
    Ok(())
}

/// The preparations that are not refused, and that change or return something.
async fn going(arena: &mut Arena, actor: &Actor, all: Vec<Preparation>) -> Result<Vec<Preparation>, AttackError> {
    let mut going = Vec::new();
    for chunk in all.chunks(GOING) {
        let statements: Vec<&str> = chunk.iter().map(|p| p.act().sql.as_str()).collect();
        let ends = outcomes(arena, &[], actor.kind, &statements).await?;
        let goes = |at: usize| ends.as_ref().and_then(|e| e.get(at)).is_none_or(|end| end.len() != 5 && end != "0");
        going.extend(chunk.iter().enumerate().filter(|(at, p)| p.always || goes(*at)).map(|(_, p)| p.clone()));
    }
    Ok(going)
}

/// The tables that a preparation writes to; none when it is refused or does nothing.
async fn works(
    case: &Case<'_>,
    arena: &mut Arena,
    before: &[Move],
    preparation: &Preparation,
) -> Result<Option<BTreeSet<QualifiedName>>, AttackError> {
    let at = before.len();
    let mut moves = before.to_vec();
    moves.extend([written::count(), preparation.act().clone(), written::count()]);
    let played = arena.play(&moves).await?;
    let (Played::Went(_), Some(was), Some(is)) = (&played, played.answer(at), played.answer(at + 2)) else { return Ok(None) };
    if !preparation.always && played.count(at + 1) == 0 {
        return Ok(None);
    }
    let written = written::between(case, &was.rows, &is.rows);
    Ok((preparation.claims || !written.is_empty()).then_some(written))
}

/// Tries all goals that the last preparation may open.
async fn reach(
    case: &Case<'_>,
    arena: &mut Arena,
    book: &mut Book,
    actor: &Actor,
    goals: &mut Vec<Goal<'_, '_>>,
    (way, written): (&[&Preparation], &BTreeSet<QualifiedName>),
) -> Result<(), AttackError> {
    let mut left = Vec::new();
    let before: Vec<Move> = way.iter().map(|p| p.act().clone()).collect();
    let claims = way.last().is_some_and(|p| p.claims);
    let fitting: Vec<bool> = goals.iter().map(|g| (claims && g.metadata) || !g.reads.is_disjoint(written)).collect();
    let changed = changed(arena, actor, (goals, &fitting), &before, written).await?;
    for (goal, fits) in std::mem::take(goals).into_iter().zip(changed) {
        if arena.out_of_time().is_some() {
            left.push(goal);
            continue;
        }
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

/// Which of the fitting goals may open: those with a probe that ends otherwise than before, and those whose own rows were written, where a count tells
/// too little.
async fn changed(
    arena: &mut Arena,
    actor: &Actor,
    (goals, fitting): (&[Goal<'_, '_>], &[bool]),
    before: &[Move],
    written: &BTreeSet<QualifiedName>,
) -> Result<Vec<bool>, AttackError> {
    let known = |goal: &Goal<'_, '_>| {
        !goal.probes.is_empty() && goal.baseline.len() == goal.probes.len() && !written.contains(&goal.ground.table.name)
    };
    let asked = goals.iter().zip(fitting).filter(|(goal, fits)| **fits && known(goal));
    let statements: Vec<&str> = asked.flat_map(|(goal, _)| goal.probes.iter().map(String::as_str)).collect();
    let ends = outcomes(arena, before, actor.kind, &statements).await?;
    let mut at = 0;
    let mut all = Vec::new();
    for (goal, fits) in goals.iter().zip(fitting) {
        let mut may = *fits;
        if may && known(goal) {
            let now = ends.as_ref().and_then(|e| e.get(at..at + goal.probes.len()));
            may = now.is_none_or(|now| now != goal.baseline.as_slice());
            at += goal.probes.len();
        }
        all.push(may);
    }
    Ok(all)
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
            .find(|known| may_read(case.intent_of(ground), &known.row.table, actor.kind, known.row.of, known.public) == Meant::No);
        return Ok(not_meant.map(|known| read_trial(case, ground, actor, known, Meant::No)));
    }
    for trial in &goal.trials {
        if trial.reached(&after(arena, before, trial).await?) {
            return Ok(Some(trial.clone()));
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
        entry.way = Some(Way::plain(title, length, severity(actor.kind, goal.command), transcript));
    }
    Ok(true)
}
