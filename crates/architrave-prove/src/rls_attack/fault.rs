//! Who is at fault when a row comes through: the policy without which it would not, and the operand of it that holds on the row.

use super::AttackError;
use super::arena::{Arena, Move};
use super::case::{Case, Ground, Known};
use super::matrix::{Trial, attempt, policy_command};
use architrave_model::access::attack::Fault;
use architrave_model::access::{Actor, Command};
use architrave_model::catalog::{Function, Policy, PolicyCommand};
use architrave_model::name::quote_ident;
use architrave_sql::predicate::{self, Expression};
use std::collections::BTreeSet;

/// Finds what lets the trial through on a table.
pub(super) async fn find(
    case: &Case<'_>,
    arena: &mut Arena,
    ground: &Ground<'_>,
    known: &Known<'_>,
    actor: &Actor,
    trial: &Trial,
) -> Result<Option<Fault>, AttackError> {
    let name = &ground.table.name;
    if case.privileges.of(&actor.role, name).is_none_or(|p| !p.bound) {
        let what = if ground.table.rls_enabled {
            format!("row level security of {name} does not bind {}", actor.role)
        } else {
            format!("row level security is off on {name}")
        };
        let location = case.place(&architrave_model::name::ObjectRef::table(name));
        return Ok(Some(Fault { what, operand: String::new(), location }));
    }
    let command = command_of(trial);
    if command == Command::Truncate {
        return Ok(Some(Fault { what: format!("privilege TRUNCATE on {name}"), operand: String::new(), location: None }));
    }
    let policies: Vec<&Policy> =
        case.policies(ground.table, &actor.role, policy_command(command)).into_iter().filter(|p| p.permissive).collect();
    let mut guilty = Vec::new();
    for policy in &policies {
        if policies.len() == 1 || !goes_without(arena, ground, &[policy], trial).await? {
            guilty.push(*policy);
        }
    }
    if guilty.is_empty() {
        // Each covers for the others: those that let it through alone.
        for policy in &policies {
            let others: Vec<&Policy> = policies.iter().filter(|p| p.name != policy.name).copied().collect();
            if goes_without(arena, ground, &others, trial).await? {
                guilty.push(*policy);
            }
        }
    }
    let Some(first) = guilty.first() else { return Ok(None) };
    let names: Vec<&str> = guilty.iter().map(|p| p.name.as_str()).collect();
    let word = if names.len() == 1 { "policy" } else { "policies" };
    let what = format!("{word} {} on {name}", names.join(" and "));
    let operand = operand(case, arena, ground, known, actor, first, command).await?;
    Ok(Some(Fault { what, operand, location: case.place_of_policy(name, &first.name) }))
}

/// Which command the deciding statement is.
fn command_of(trial: &Trial) -> Command {
    let sql = trial.moves.get(trial.act).map(|m| m.sql.as_str()).unwrap_or_default();
    match sql.split(' ').next().unwrap_or_default() {
        "insert" => Command::Insert,
        "update" => Command::Update,
        "delete" => Command::Delete,
        "truncate" => Command::Truncate,
        _ => Command::Select,
    }
}

/// Whether the trial still goes when these policies are gone.
async fn goes_without(arena: &mut Arena, ground: &Ground<'_>, policies: &[&Policy], trial: &Trial) -> Result<bool, AttackError> {
    let mut moves: Vec<Move> =
        policies.iter().map(|p| Move::look(format!("drop policy {} on {}", quote_ident(&p.name), ground.table.name.sql()))).collect();
    let before = moves.len();
    moves.extend(trial.moves.iter().cloned());
    let mut attempt = attempt(arena, moves, 0).await?;
    attempt.skip(before);
    Ok(trial.reached(&attempt))
}

/// The branch of the policy's condition that holds on the row for the actor, helpers written out; empty when it is the whole.
async fn operand(
    case: &Case<'_>,
    arena: &mut Arena,
    ground: &Ground<'_>,
    known: &Known<'_>,
    actor: &Actor,
    policy: &Policy,
    command: Command,
) -> Result<String, AttackError> {
    let checked = matches!(policy_command(command), PolicyCommand::Insert);
    let text = if checked { policy.with_check.as_ref().or(policy.using.as_ref()) } else { policy.using.as_ref() };
    let Some(text) = text else { return Ok(String::new()) };
    let branches = branches(text);
    if branches.len() < 2 || checked {
        return Ok(written_out(case, text));
    }
    let list: Vec<String> = branches.iter().map(|b| format!("({b}) is true")).collect();
    let sql = format!("select {} from {} where {}", list.join(", "), ground.table.name.sql(), known.condition);
    let played = arena.play(&[Move::by(actor.kind, sql)]).await?;
    let Some(row) = played.rows(0).first() else { return Ok(written_out(case, text)) };
    let holds = branches.iter().zip(row).find(|(_, value)| value.as_deref() == Some("t"));
    Ok(holds.map_or_else(|| written_out(case, text), |(branch, _)| written_out(case, branch)))
}

/// The operands of a disjunction.
fn branches(text: &str) -> Vec<String> {
    match predicate::expression(text) {
        Some(Expression::Or(branches)) => branches.iter().map(|b| bare(&predicate::text(b)).to_owned()).collect(),
        _ => vec![text.to_owned()],
    }
}

/// Without the parentheses around the whole.
fn bare(text: &str) -> &str {
    let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) else { return text };
    let mut depth = 0_i32;
    let closes_early = inner.chars().any(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth < 0
    });
    if closes_early { text } else { inner }
}

/// The condition, and behind it the bodies of the helper functions it calls.
pub(super) fn written_out(case: &Case<'_>, text: &str) -> String {
    let mut all = text.to_owned();
    let mut told: Vec<&Function> = Vec::new();
    let mut waiting = vec![text.to_owned()];
    while let Some(now) = waiting.pop() {
        for function in helpers(case, &now) {
            if told.iter().any(|f| f.signature() == function.signature() && f.name == function.name) || told.len() == 4 {
                continue;
            }
            told.push(function);
            let body = function.body.split_whitespace().collect::<Vec<_>>().join(" ");
            all.push_str(&format!("; {}: {}", function.name, body.trim_end_matches(';')));
            waiting.push(function.body.clone());
        }
    }
    all
}

/// Functions of the project that a text calls.
pub(super) fn helpers<'c>(case: &Case<'c>, text: &str) -> Vec<&'c Function> {
    let called = called_names(text);
    let calls = |f: &&Function| called.contains(&f.name.name) && !super::case::is_of_platform(&f.owner);
    case.catalog.functions.iter().filter(calls).collect()
}

/// The words of a text that a parenthesis follows, in lower case.
fn called_names(text: &str) -> BTreeSet<String> {
    let lower = text.to_lowercase();
    let parts: Vec<&str> = lower.split('(').collect();
    let word = |part: &&str| {
        let part = part.trim_end();
        if let Some((_, quoted)) = part.strip_suffix('"').and_then(|p| p.rsplit_once('"')) {
            return quoted.to_owned();
        }
        let start = part
            .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
            .map_or(0, |at| at + part[at..].chars().next().map_or(1, char::len_utf8));
        part[start..].to_owned()
    };
    let before = parts.len().saturating_sub(1);
    parts.iter().take(before).map(word).filter(|w| !w.is_empty()).collect()
}
