//! Whether the attack would notice a policy that is gone or holds nothing back: each is taken away, and replaced by `true`, in turn.

use super::AttackError;
use super::arena::{Arena, Move, Played};
use super::case::{Case, Ground};
use super::matrix::{Seen, Trial, attempt, foreign_row_trials, policy_command, seen_rows, targets};
use architrave_model::access::{Actor, Command, Mutation};
use architrave_model::catalog::{Policy, PolicyCommand};
use architrave_model::name::quote_ident;

/// Commands whose cells are looked at.
const COMMANDS: [Command; 4] = [Command::Select, Command::Insert, Command::Update, Command::Delete];

/// Statements of one cell.
const TRIALS: usize = 3;

/// What the actors reach of one table, cell by cell; equal when nothing has changed.
type Reached = Vec<String>;

/// Changes each policy of the attacked tables and looks again.
pub(super) async fn check(case: &Case<'_>, arena: &mut Arena) -> Result<Vec<Mutation>, AttackError> {
    let mut found = Vec::new();
    let mut seen: Vec<&architrave_model::QualifiedName> = Vec::new();
    // Repairs come afterwards, and matter more.
    let deadline = arena.deadline().half();
    for ground in &case.grounds {
        let table = &ground.table.name;
        if seen.contains(&table) || ground.table.policies.is_empty() {
            continue;
        }
        seen.push(table);
        let tried = if deadline.reached().is_some() { Vec::new() } else { tried(case, ground) };
        let before = reached(case, arena, (ground, &tried), None, &[]).await?;
        for policy in &ground.table.policies {
            for (change, sql) in changes(ground, policy) {
                let mut mutation =
                    Mutation { table: table.clone(), policy: policy.name.clone(), change: change.to_owned(), noticed: 0, reason: None };
                if let Some(why) = deadline.reached() {
                    mutation.reason = Some(why);
                } else if let Some(why) = refused(arena, &sql).await? {
                    mutation.reason = Some(format!("the policy could not be changed: {why}"));
                } else {
                    let after = reached(case, arena, (ground, &tried), Some(policy), &sql).await?;
                    if let Some(why) = arena.out_of_time() {
                        mutation.reason = Some(why);
                    } else {
                        mutation.noticed = noticed(&before, &after);
                        mutation.reason = (mutation.noticed == 0).then(|| why_not(case, ground, policy, change)).flatten();
                    }
                }
                found.push(mutation);
            }
        }
    }
    found.sort_by(|a, b| (&a.table, &a.policy, &a.change).cmp(&(&b.table, &b.policy, &b.change)));
    Ok(found)
}

fn changes(ground: &Ground<'_>, policy: &Policy) -> [(&'static str, Vec<Move>); 2] {
    let (name, table) = (quote_ident(&policy.name), ground.table.name.sql());
    let truth = match policy.command {
        PolicyCommand::Insert => "with check (true)",
        PolicyCommand::Select | PolicyCommand::Delete => "using (true)",
        PolicyCommand::All | PolicyCommand::Update => "using (true) with check (true)",
    };
    [
        ("dropped", vec![Move::look(format!("drop policy {name} on {table}"))]),
        ("replaced by true", vec![Move::look(format!("alter policy {name} on {table} {truth}"))]),
    ]
}

async fn refused(arena: &mut Arena, sql: &[Move]) -> Result<Option<String>, AttackError> {
    Ok(match arena.play(sql).await? {
        Played::Went(_) => None,
        Played::Refused { message, .. } => Some(message),
    })
}

/// What is tried of one command by one actor.
type Tried<'c> = (&'c Actor, Command, Vec<Trial>);

/// The same statements before and after each change.
fn tried<'c>(case: &'c Case<'_>, ground: &Ground<'_>) -> Vec<Tried<'c>> {
    let may = |(actor, command): &(&Actor, Command)| case.privileges.lacks(&actor.role, &ground.table.name, *command).is_none();
    let trials = |(actor, command): (&'c Actor, Command)| {
        let mut trials = Vec::new();
        if command != Command::Select {
            trials = foreign_row_trials(case, ground, actor, command);
            trials.truncate(TRIALS);
        }
        (actor, command, trials)
    };
    case.actors().flat_map(|actor| COMMANDS.into_iter().map(move |c| (actor, c))).filter(may).map(trials).collect()
}

/// What every actor reaches after those statements; of the commands that the policy has to do with, where one is given.
async fn reached(
    case: &Case<'_>,
    arena: &mut Arena,
    (ground, tried): (&Ground<'_>, &[Tried<'_>]),
    policy: Option<&Policy>,
    before: &[Move],
) -> Result<Reached, AttackError> {
    let mut all = Vec::new();
    for one in tried {
        let concerned = policy.is_none_or(|p| concerns(p, one.1));
        all.push(if concerned { cell(case, arena, ground, one, before).await? } else { "-".to_owned() });
    }
    Ok(all)
}

/// Whether a policy has a say in a command: that of SELECT has one in all.
fn concerns(policy: &Policy, command: Command) -> bool {
    matches!(policy.command, PolicyCommand::All | PolicyCommand::Select) || policy.command == policy_command(command)
}

async fn cell(
    case: &Case<'_>,
    arena: &mut Arena,
    ground: &Ground<'_>,
    (actor, command, trials): &Tried<'_>,
    before: &[Move],
) -> Result<String, AttackError> {
    if *command == Command::Select {
        return Ok(match seen_rows(case, arena, ground, actor, &targets(ground, actor), before).await? {
            Seen::Rows(rows) => format!("{rows:?}"),
            Seen::Refused(sqlstate, _) => sqlstate,
            Seen::Nameless => String::new(),
        });
    }
    let mut line = String::new();
    for trial in trials {
        let mut moves = before.to_vec();
        moves.extend(trial.moves.iter().cloned());
        let mut went = attempt(arena, moves, 0).await?;
        went.skip(before.len());
        line.push(if trial.reached(&went) { '1' } else { '0' });
    }
    Ok(line)
}

fn noticed(before: &Reached, after: &Reached) -> u32 {
    let differs = |(was, is): &(&String, &String)| *is != "-" && was != is;
    u32::try_from(before.iter().zip(after).filter(differs).count()).unwrap_or(u32::MAX)
}

/// Why a change makes no difference, where it can be told.
fn why_not(case: &Case<'_>, ground: &Ground<'_>, policy: &Policy, change: &str) -> Option<String> {
    let table = ground.table;
    if !table.rls_enabled {
        return Some("row level security is off on the table".to_owned());
    }
    let bound: Vec<&Actor> = case.actors().filter(|a| case.privileges.of(&a.role, &table.name).is_some_and(|p| p.bound)).collect();
    let binds = |other: &Policy| bound.iter().any(|a| case.policies(table, &a.role, other.command).iter().any(|p| p.name == other.name));
    if !binds(policy) {
        return Some("it binds none of the actors' roles that have a privilege on the table".to_owned());
    }
    let says_true = |text: Option<&String>| text.is_none_or(|t| t.trim_matches(['(', ')']).eq_ignore_ascii_case("true"));
    if change != "dropped" && says_true(policy.using.as_ref()) && says_true(policy.with_check.as_ref()) {
        return Some("it says true already".to_owned());
    }
    let others: Vec<&str> = table
        .policies
        .iter()
        .filter(|p| p.name != policy.name && p.permissive && (p.command == PolicyCommand::All || p.command == policy.command) && binds(p))
        .map(|p| p.name.as_str())
        .collect();
    if policy.permissive && !others.is_empty() {
        return Some(format!("other permissive policies let the same rows through: {}", others.join(", ")));
    }
    if ground.rows.is_empty() {
        return ground.gap.clone();
    }
    let shut = table.policies.iter().any(|p| !p.permissive && p.name != policy.name);
    if shut {
        return Some("a restrictive policy decides".to_owned());
    }
    let unprivileged = match policy.command {
        PolicyCommand::Insert => Some(Command::Insert),
        PolicyCommand::Update => Some(Command::Update),
        PolicyCommand::Delete => Some(Command::Delete),
        _ => None,
    };
    unprivileged
        .filter(|c| bound.iter().all(|a| case.privileges.lacks(&a.role, &table.name, *c).is_some()))
        .map(|c| format!("no actor whom policies bind has the privilege {}", c.sql()))
}
