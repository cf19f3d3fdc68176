//! Up, down, up: the way back of every script is executed, and must lead to the catalogue from before; going up again must lead where it led first.

mod lost;
#[cfg(test)]
mod tests;
mod told;

use crate::fingerprint::Fingerprint;
use crate::ground::{Chain, Ground, PassageError, catalog_of, changes_roles};
use architrave_model::Catalog;
use architrave_model::catalog::compare::{Ignore, differences};
use architrave_model::migration::{DownCheck, DownOutcome};
use architrave_model::review::FailedStatement;
use architrave_model::script::{Script, Statement, TransactionMode};
use architrave_postgres::replay::{Played, Stage, fits_transaction};
use architrave_postgres::server::Progress;

/// The prover's name.
pub const NAME: &str = "up-down";

/// Goes up, down and up with every pending script that has a way back, each on the state that the ones before it left. One result for each script,
/// in order; nothing is executed when none has a way back.
pub async fn up_down(ground: &Ground<'_>, pending: &[Script], progress: &dyn Progress) -> Result<Vec<DownCheck>, PassageError> {
    let none = |script| DownCheck { script, outcome: DownOutcome::None, lost: Vec::new() };
    let Some(last) = pending.iter().rposition(|s| s.has_down) else {
        return Ok((0..pending.len()).map(none).collect());
    };
    let mut passage = Passage { chain: Chain::begin(ground, pending).await?, here: None };
    progress.begin("going up, down and up", u64::try_from(last + 1).ok());
    let mut checks = Vec::with_capacity(pending.len());
    for (number, script) in pending.iter().enumerate() {
        if number > last {
            checks.push(none(number));
            continue;
        }
        let (outcome, lost) = passage.script(script).await?;
        checks.push(DownCheck { script: number, outcome, lost });
        progress.advance(1);
    }
    progress.end();
    passage.chain.end().await?;
    Ok(checks)
}

type Told = (DownOutcome, Vec<String>);

struct Passage<'a> {
    chain: Chain<'a>,
    /// The state that the scripts so far have led to, when it was looked at.
    here: Option<Fingerprint>,
}

/// What a try inside one transaction has shown.
enum Try {
    /// The outcome, and the state after going up.
    Told(Told, Fingerprint),
    /// The digests differ.
    Differs,
    /// The script itself fails, as it would for its runner.
    Broken(FailedStatement),
    /// Only transactions of their own will tell.
    Apart,
}

impl Passage<'_> {
    async fn script(&mut self, script: &Script) -> Result<Told, PassageError> {
        if !script.has_down {
            self.here = None;
            self.go_up(script).await?;
            return Ok((DownOutcome::None, Vec::new()));
        }
        let together = fits_transaction(&script.statements) && fits_transaction(&script.down);
        let tried = if together { self.within(script).await? } else { Try::Apart };
        let told = match tried {
            Try::Told(told, fingerprint) => {
                self.here = Some(fingerprint);
                return Ok(told);
            }
            Try::Differs => match self.compare_within(script).await? {
                (told, true) => return Ok(told),
                (told, false) => told,
            },
            Try::Broken(failed) => (not_tried(&failed), Vec::new()),
            Try::Apart => self.apart(script).await?,
        };
        self.go_up(script).await?;
        Ok(told)
    }

    /// Goes up for good, as the runner does.
    async fn go_up(&mut self, script: &Script) -> Result<(), PassageError> {
        let stage = self.chain.stage().await?;
        stage.play(script).await?;
        stage.settle().await;
        Ok(())
    }

    /// Up for good, and from there down and up again in the same transaction, which is taken back. When that does not tell, all is as before.
    async fn within(&mut self, script: &Script) -> Result<Try, PassageError> {
        let major = self.chain.ground.server.server().major();
        let known = self.here.take();
        let stage = self.chain.stage().await?;
        stage.begin().await;
        let before = match known {
            Some(known) => known,
            None => Fingerprint::take(stage.client(), major, true).await?,
        };
        let tried = there_and_back(stage, script, major, &before).await?;
        if !matches!(tried, Try::Told(..)) {
            stage.roll_back().await;
            return Ok(tried);
        }
        stage.return_to_mark().await?;
        Ok(match stage.commit(script).await {
            Ok(()) => tried,
            Err(failed) => Try::Broken(failed),
        })
    }

    /// The same with whole catalogues, where digests differ; whether the script is applied now.
    async fn compare_within(&mut self, script: &Script) -> Result<(Told, bool), PassageError> {
        let major = self.chain.ground.server.server().major();
        let stage = self.chain.stage().await?;
        stage.begin().await;
        let (told, marked) = there_and_back_compared(stage, script, major, true).await?;
        if marked {
            stage.return_to_mark().await?;
            return Ok((told, stage.commit(script).await.is_ok()));
        }
        stage.roll_back().await;
        Ok((told, false))
    }

    /// Everything on a copy, in the transactions of the runner.
    async fn apart(&mut self, script: &Script) -> Result<Told, PassageError> {
        let major = self.chain.ground.server.server().major();
        let copy = self.chain.copy().await?;
        let mut stage = self.chain.stage_on(&copy).await?;
        Ok(there_and_back_compared(&mut stage, script, major, false).await?.0)
    }
}

/// Up, a mark, down and up in the open transaction, digests only.
async fn there_and_back(stage: &mut Stage<'_>, script: &Script, major: u16, before: &Fingerprint) -> Result<Try, PassageError> {
    if let Err(failed) = stage.play_within(script, &script.statements).await? {
        return Ok(if script.transaction == TransactionMode::PerStatement { Try::Apart } else { Try::Broken(failed) });
    }
    stage.mark().await?;
    let roles = changes_roles(script);
    let up = Fingerprint::take(stage.client(), major, true).await?;
    if stage.play_within(script, &script.down).await?.is_err() {
        return Ok(Try::Apart);
    }
    let back = Fingerprint::take(stage.client(), major, true).await?;
    if !back.same(before, roles) {
        return Ok(Try::Differs);
    }
    if stage.play_within(script, &script.statements).await?.is_err() {
        return Ok(Try::Apart);
    }
    let again = Fingerprint::take(stage.client(), major, true).await?;
    if !again.same(&up, roles) {
        return Ok(Try::Differs);
    }
    let outcome = if back.same_order(before) { DownOutcome::Restored } else { DownOutcome::OtherColumnOrder };
    Ok(Try::Told((outcome, lost::of(script, before, &up, &back)), up))
}

/// Up, down and up with whole catalogues, in the open transaction (with a mark after the first way up; whether it was reached comes back) or as the
/// runner does.
async fn there_and_back_compared(stage: &mut Stage<'_>, script: &Script, major: u16, within: bool) -> Result<(Told, bool), PassageError> {
    let before = State::read(stage, major, within).await?;
    let (up, down) = (script.transaction, script.down_transaction.unwrap_or(script.transaction));
    if let Err(failed) = go(stage, script, (&script.statements, up), within).await? {
        return Ok(((not_tried(&failed), Vec::new()), false));
    }
    if within {
        stage.mark().await?;
    }
    let above = State::read(stage, major, within).await?;
    if let Err(failed) = go(stage, script, (&script.down, down), within).await? {
        return Ok(((down_failed(failed), Vec::new()), within));
    }
    let back = State::read(stage, major, within).await?;
    let lost = lost::of(script, &before.fingerprint, &above.fingerprint, &back.fingerprint);
    let ignore = Ignore { roles: !changes_roles(script), ..Ignore::default() };
    let found = differences(&before.catalog, &back.catalog, ignore);
    if !told::is_nothing(&found) {
        return Ok(((DownOutcome::Differs { differences: told::lines(&found) }, lost), within));
    }
    let outcome = if let Err(failed) = go(stage, script, (&script.statements, up), within).await? {
        DownOutcome::UpAgain { what: format!("going up again fails: {}", failed.message) }
    } else {
        let again = catalog_of(stage.client_mut(), within).await?;
        let other = differences(&above.catalog, &again, ignore);
        if !told::is_nothing(&other) {
            DownOutcome::UpAgain { what: format!("going up again leads elsewhere: {}", told::lines(&other).join("; ")) }
        } else if back.fingerprint.same_order(&before.fingerprint) {
            DownOutcome::Restored
        } else {
            DownOutcome::OtherColumnOrder
        }
    };
    Ok(((outcome, lost), within))
}

/// A catalogue with its places of data.
struct State {
    catalog: Catalog,
    fingerprint: Fingerprint,
}

impl State {
    async fn read(stage: &mut Stage<'_>, major: u16, within: bool) -> Result<Self, PassageError> {
        let fingerprint = Fingerprint::take(stage.client(), major, within).await?;
        Ok(Self { catalog: catalog_of(stage.client_mut(), within).await?, fingerprint })
    }
}

/// Plays one direction, in the open transaction or as the runner does; the first failure comes back.
async fn go(
    stage: &mut Stage<'_>,
    script: &Script,
    (statements, transaction): (&[Statement], TransactionMode),
    within: bool,
) -> Result<Played, PassageError> {
    if within {
        return Ok(stage.play_within(script, statements).await?);
    }
    let direction = Script { statements: statements.to_vec(), transaction, down: Vec::new(), ..script.clone() };
    let failed = stage.play(&direction).await?;
    stage.settle().await;
    Ok(failed.into_iter().next().map_or(Ok(()), Err))
}

fn not_tried(failed: &FailedStatement) -> DownOutcome {
    DownOutcome::NotTried { reason: format!("the way up fails: {}", failed.message) }
}

/// Only a role with fewer rights than the project's own may be what failed.
fn down_failed(failed: FailedStatement) -> DownOutcome {
    if failed.sqlstate == "42501" {
        return DownOutcome::NotTried { reason: format!("the way back needs more rights than scripts get here: {}", failed.message) };
    }
    DownOutcome::Failed { sqlstate: failed.sqlstate, message: failed.message }
}
