//! Half-applied states, brought about for real: statements outside a transaction are cancelled while they wait, made to fail over rows, and scripts
//! without a transaction are cut short; then the runner's retry is tried, and compared with a run that nothing disturbed.

mod disturb;
mod left;
mod retry;
#[cfg(test)]
mod tests;

use crate::ground::{Chain, Ground, PassageError, catalog_of, rows};
use architrave_model::Catalog;
use architrave_model::catalog::compare::{Ignore, differences};
use architrave_model::migration::HalfApplied;
use architrave_model::project::MigrationFormat;
use architrave_model::script::{Script, Statement, StatementKind, TransactionMode};
use architrave_postgres::Client;
use architrave_postgres::replay::Stage;
use architrave_postgres::server::Progress;
use disturb::Disturbed;

/// The prover's name.
pub const NAME: &str = "half-applied";

/// Scripts that are looked at; of a longer history the last ones.
const MOST_SCRIPTS: usize = 40;
/// At least so many.
const LEAST_SCRIPTS: usize = 6;
/// Relations that are copied and read again for all of them together: every disturbance takes a copy of the whole database.
const MOST_COPIED: usize = 20_000;

/// What failing on purpose has shown.
#[derive(Debug, Default)]
pub struct HalfWay {
    /// What was left, and whether the retry heals it.
    pub found: Vec<HalfApplied>,
    /// Scripts that can leave something and were tried: the last ones.
    pub tried: usize,
    /// Scripts before them that were not.
    pub left_out: usize,
}

/// Disturbs every pending script that can leave something behind. Steps are counted over all statements of all scripts. `format` tells what the runner
/// does about a script that failed.
pub async fn half_applied(
    ground: &Ground<'_>,
    pending: &[Script],
    format: Option<MigrationFormat>,
    progress: &dyn Progress,
) -> Result<HalfWay, PassageError> {
    let breakable: Vec<usize> = (0..pending.len()).filter(|at| pending.get(*at).is_some_and(can_leave_something)).collect();
    let last_ones = |count: usize| breakable.get(breakable.len().saturating_sub(count)).copied();
    let (Some(mut from), Some(last)) = (last_ones(MOST_SCRIPTS), breakable.last().copied()) else { return Ok(HalfWay::default()) };
    let mut is_measured = false;
    let mut chain = Chain::begin(ground, pending).await?;
    let mut found = Vec::new();
    let mut first = 0;
    // The catalogue after the script before, as long as nothing has changed it.
    let mut known: Option<Catalog> = None;
    progress.begin("failing on purpose", u64::try_from(last + 1).ok());
    for (number, script) in pending.iter().enumerate().take(last + 1) {
        if number >= from && !std::mem::replace(&mut is_measured, true) {
            let relations = relations(chain.stage().await?.client_mut()).await?;
            from = last_ones((MOST_COPIED / relations.max(1)).clamp(LEAST_SCRIPTS, MOST_SCRIPTS)).unwrap_or(from);
        }
        if number >= from && can_leave_something(script) {
            let unwrapped = Script { transaction: TransactionMode::PerStatement, ..script.clone() };
            let before = match known.take() {
                Some(catalog) => catalog,
                None => seen(chain.stage().await?).await?,
            };
            let trials = disturb_script(&mut chain, &unwrapped, &before).await?;
            let catalog = seen(chain.stage().await?).await?;
            found.extend(trials.into_iter().map(|trial| judge(trial, first, &catalog, format)));
            known = Some(catalog);
        } else {
            known = None;
            let stage = chain.stage().await?;
            stage.play(script).await?;
        }
        if !pending.get(number + 1).is_some_and(|next| next.transaction == TransactionMode::AllFiles) {
            chain.stage().await?.settle().await;
        }
        first += script.statements.len();
        progress.advance(1);
    }
    progress.end();
    chain.end().await?;
    let left_out = breakable.iter().filter(|at| **at < from).count();
    Ok(HalfWay { found, tried: breakable.len() - left_out, left_out })
}

/// The catalogue as the session sees it, inside its transaction when a script has left one open.
async fn seen(stage: &mut Stage<'_>) -> Result<Catalog, PassageError> {
    let within = stage.is_open();
    catalog_of(stage.client_mut(), within).await
}

/// Tables, indexes and sequences that are not the system's.
async fn relations(client: &Client) -> Result<usize, PassageError> {
    let asked = "select pg_catalog.count(*) from pg_catalog.pg_class where oid >= 16384";
    let answer = client.simple_query(asked).await.map_err(PassageError::doing("count its relations"))?;
    let count = rows(&answer).pop().and_then(|row| row.into_iter().next().flatten());
    Ok(count.and_then(|text| text.parse().ok()).unwrap_or_default())
}

/// Whether a statement goes to work in several transactions of its own.
fn is_concurrent(statement: &Statement) -> bool {
    statement.kind == StatementKind::NonTransactional
        && statement.text.split(|c: char| !c.is_ascii_alphabetic()).any(|word| word.eq_ignore_ascii_case("concurrently"))
}

fn can_leave_something(script: &Script) -> bool {
    let sent: Vec<&Statement> = script.statements.iter().filter(|s| s.kind != StatementKind::PsqlCommand).collect();
    let is_kind = |statement: Option<&&Statement>, kind: &StatementKind| statement.is_some_and(|s| s.kind == *kind);
    // One transaction of the script's own leaves all or nothing.
    let own = is_kind(sent.first(), &StatementKind::Begin)
        && is_kind(sent.last(), &StatementKind::Commit)
        && sent.iter().filter(|s| s.kind == StatementKind::Commit).count() == 1;
    sent.iter().any(|s| is_concurrent(s)) || (script.transaction == TransactionMode::PerStatement && sent.len() > 1 && !own)
}

/// One disturbance and the retry after it.
struct Trial {
    /// Index into the statements of the script.
    statement: usize,
    how: String,
    /// Between two statements.
    midway: bool,
    left: Vec<String>,
    /// The retry's failure.
    failure: Option<String>,
    /// The catalogue after a retry that went well.
    after: Option<Catalog>,
}

/// Plays a script, and disturbs it on copies on the way.
async fn disturb_script(chain: &mut Chain<'_>, script: &Script, before: &Catalog) -> Result<Vec<Trial>, PassageError> {
    let mut trials = Vec::new();
    let cuts = cuts(script);
    for (at, statement) in script.statements.iter().enumerate() {
        let (is_cut, is_interrupted) = (cuts.contains(&at), is_concurrent(statement));
        if is_cut {
            trials.extend(cut_short(chain, script, at, before).await?);
        }
        if is_interrupted {
            trials.extend(interrupted(chain, script, at).await?);
        }
        let stage = chain.stage().await?;
        if is_cut || is_interrupted {
            settings_again(stage, script, at).await?;
        }
        let _failed = stage.step(script, statement).await?;
    }
    let _ended = chain.stage().await?.leave(script).await;
    Ok(trials)
}

/// Before which statements a script is cut short: after the first that changes something, and before the last.
fn cuts(script: &Script) -> Vec<usize> {
    let is_setting = |s: &Statement| s.text.split_whitespace().next().is_some_and(|w| w.eq_ignore_ascii_case("set"));
    let Some(first) = script.statements.iter().position(|s| !is_setting(s)) else { return Vec::new() };
    // What the server never gets does not fail there.
    let is_sent =
        |s: &Statement| !matches!(s.kind, StatementKind::PsqlCommand | StatementKind::CopyData { .. } | StatementKind::Template { .. });
    let Some(last) = script.statements.iter().rposition(is_sent) else { return Vec::new() };
    let mut cuts: Vec<usize> = [first + 1, last].into_iter().filter(|at| *at > first && *at <= last).collect();
    cuts.dedup();
    cuts
}

/// What a new session has lost: the settings that the script made before statement `at`.
async fn settings_again(stage: &mut Stage<'_>, script: &Script, at: usize) -> Result<(), PassageError> {
    for statement in script.statements.iter().take(at) {
        if statement.text.split_whitespace().next().is_some_and(|w| w.eq_ignore_ascii_case("set")) {
            let _failed = stage.step(script, statement).await?;
        }
    }
    Ok(())
}

/// The script ends before statement `at`, and is run again from its beginning.
async fn cut_short(chain: &mut Chain<'_>, script: &Script, at: usize, before: &Catalog) -> Result<Option<Trial>, PassageError> {
    // What a transaction of the script's own has done goes with the failure; what it will have done shows at the next cut.
    if chain.stage().await?.is_open() {
        return Ok(None);
    }
    let cut = seen(chain.stage().await?).await?;
    let left = left::of(before, &cut);
    if left.is_empty() {
        return Ok(None);
    }
    let (failure, after) = if retry::fits_transaction(script) {
        retry::within(chain.stage().await?, script).await?
    } else {
        let copy = chain.copy().await?;
        again(&mut chain.stage_on(&copy).await?, script).await?
    };
    let how = format!("failed here, after {} of the script had run", counted(at));
    Ok(Some(Trial { statement: at, how, midway: true, left, failure, after }))
}

/// The statement is cancelled while it waits for others, and where it builds a unique index also made to fail over equal rows.
async fn interrupted(chain: &mut Chain<'_>, script: &Script, at: usize) -> Result<Vec<Trial>, PassageError> {
    let Some(statement) = script.statements.get(at) else { return Ok(Vec::new()) };
    let mut trials = Vec::new();
    let copy = chain.copy().await?;
    let mut stage = chain.stage_on(&copy).await?;
    settings_again(&mut stage, script, at).await?;
    let before = seen(&mut stage).await?;
    if disturb::cancel(chain.ground, &copy, &mut stage, script, statement).await? != Disturbed::Cancelled {
        return Ok(trials);
    }
    let broken = seen(&mut stage).await?;
    let mut left = disturb::half_detached(stage.client(), chain.ground.server.server().major()).await?;
    left.extend(left::of(&before, &broken));
    if left.is_empty() {
        return Ok(trials);
    }
    let (failure, after) = again(&mut stage, script).await?;
    trials.push(Trial {
        statement: at,
        how: "cancelled while it waited for older transactions".to_owned(),
        midway: false,
        left,
        failure,
        after,
    });
    let Some((table, index)) = left::new_unique_index(&before, &broken) else { return Ok(trials) };
    drop(stage);
    let copy = chain.copy().await?;
    let mut stage = chain.stage_on(&copy).await?;
    let Some(rows) = disturb::equal_rows(stage.client(), &before, table, index).await? else { return Ok(trials) };
    settings_again(&mut stage, script, at).await?;
    if stage.step(script, statement).await?.is_ok() {
        return Ok(trials);
    }
    let left = left::of(&before, &seen(&mut stage).await?);
    rows.remove(stage.client()).await?;
    let (failure, after) = again(&mut stage, script).await?;
    let how = "failed over rows with equal values, which were removed before the retry".to_owned();
    trials.push(Trial { statement: at, how, midway: false, left, failure, after });
    Ok(trials)
}

/// The same script from its beginning, up to the first failure; the catalogue when there is none.
async fn again(stage: &mut Stage<'_>, script: &Script) -> Result<(Option<String>, Option<Catalog>), PassageError> {
    for statement in &script.statements {
        if let Err(failed) = stage.step(script, statement).await? {
            let _ended = stage.leave(script).await;
            return Ok((Some(failed.message), None));
        }
    }
    Ok(match stage.leave(script).await {
        Ok(()) => (None, Some(seen(stage).await?)),
        Err(failed) => (Some(failed.message), None),
    })
}

fn judge(trial: Trial, first: usize, undisturbed: &Catalog, format: Option<MigrationFormat>) -> HalfApplied {
    let still = trial.after.as_ref().map_or_else(Vec::new, |after| {
        let different = differences(undisturbed, after, Ignore { roles: true, ..Ignore::default() });
        left::lines(&different, after)
    });
    let (healed, server) = match (&trial.failure, still.is_empty()) {
        (Some(message), _) => (false, format!("fails: {message}")),
        (None, true) => (true, "succeeds, and the schema is as if nothing had happened".to_owned()),
        (None, false) => (false, format!("says success and leaves {}", still.join(", "))),
    };
    let rule = format.and_then(retry::refusal_of);
    HalfApplied {
        step: first + trial.statement,
        how: trial.how,
        midway: trial.midway,
        left: trial.left,
        healed: healed && rule.is_none(),
        retry: rule.map_or_else(|| format!("the retry {server}"), |rule| format!("{rule}; the same script run by hand {server}")),
    }
}

fn counted(statements: usize) -> String {
    if statements == 1 { "1 statement".to_owned() } else { format!("{statements} statements") }
}
