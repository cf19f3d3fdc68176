//! Safe versions tried: on one copy the script as it is, on another with the safe files in place of the replaced statements. The end must be
//! the same, nothing may be left half-done, and nobody may have to wait for work that grows with the data.

mod files;
mod judge;
mod rows;
#[cfg(test)]
mod tests;

use crate::ground::{Chain, Ground, PassageError, catalog_of};
use crate::lock_trace::{TraceError, TraceOptions, trace_on};
use architrave_model::Catalog;
use architrave_model::finding::Proof;
use architrave_model::migration::{Migrations, SafeVersion};
use architrave_model::script::{Script, TransactionMode};
use architrave_postgres::replay::ReplayError;
use architrave_postgres::server::{Database, NoProgress};
use files::Scripts;
use judge::Trial;
use rows::Content;

/// The prover's name in `proof.by`.
pub const NAME: &str = "safe-version";

/// A trial that could not be made at all.
#[derive(Debug, thiserror::Error)]
pub enum SafeVersionError {
    /// The scripts could not be played.
    #[error(transparent)]
    Passage(#[from] PassageError),
    /// The safe files could not be traced.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// No copy could be made.
    #[error(transparent)]
    Server(#[from] ReplayError),
}

/// Tries one safe version of the pending migrations; `ground` is the state before the first of them.
pub async fn prove(ground: &Ground<'_>, migrations: &Migrations, version: &SafeVersion) -> Result<Proof, SafeVersionError> {
    let mut proofs = prove_all(ground, migrations, &[version]).await?;
    Ok(proofs.pop().unwrap_or_else(|| Proof::unknown(NAME, "it was not tried")))
}

/// Tries several; the proofs come in their order. The pending scripts are played once, and each script with safe versions once more.
pub async fn prove_all(ground: &Ground<'_>, migrations: &Migrations, versions: &[&SafeVersion]) -> Result<Vec<Proof>, SafeVersionError> {
    let place: Vec<Option<usize>> = versions.iter().map(|v| script_of(migrations, v)).collect();
    let mut proofs: Vec<Proof> = versions
        .iter()
        .map(|_| Proof::unknown(NAME, "it stands for statements of several scripts, which are not tried together"))
        .collect();
    let Some(last) = place.iter().flatten().max().copied() else { return Ok(proofs) };
    // A copy can only be taken between transactions.
    let scripts: Vec<Script> = migrations.scripts.iter().map(apart).collect();
    let mut chain = Chain::begin(ground, &scripts).await?;
    for (number, script) in scripts.iter().enumerate().take(last + 1) {
        let here: Vec<usize> = (0..versions.len()).filter(|at| place.get(*at) == Some(&Some(number))).collect();
        if !here.is_empty() {
            let before = chain.copy().await?;
            let setting = Setting::of(ground, migrations, number, script, before).await?;
            for at in here {
                if let (Some(version), Some(proof)) = (versions.get(at), proofs.get_mut(at)) {
                    *proof = match &setting {
                        Some(setting) => setting.prove(version).await?,
                        None => Proof::unknown(NAME, "the script itself fails on the private copy, so there is no end to compare with"),
                    };
                }
            }
        }
        if number < last {
            let _failed = chain.stage().await?.play(script).await?;
        }
    }
    Ok(proofs)
}

fn apart(script: &Script) -> Script {
    let transaction = if script.transaction == TransactionMode::AllFiles { TransactionMode::PerFile } else { script.transaction };
    Script { transaction, ..script.clone() }
}

/// The script whose statements it stands for; none when there are several.
fn script_of(migrations: &Migrations, version: &SafeVersion) -> Option<usize> {
    let mut scripts = version.replaces.iter().map(|at| migrations.steps.get(*at).map(|step| step.script));
    let first = scripts.next()??;
    scripts.all(|script| script == Some(first)).then_some(first)
}

/// One script, what was before it, and what comes of it as it is.
struct Setting<'a> {
    ground: &'a Ground<'a>,
    migrations: &'a Migrations,
    script: &'a Script,
    /// State before the script, with rows as far as they can be had.
    start: Database,
    /// Its catalogue.
    before: Catalog,
    /// Catalogue and rows after the script.
    after: Catalog,
    content: Content,
    /// Tables that have rows.
    filled: Vec<String>,
}

impl<'a> Setting<'a> {
    /// None when the script fails, with and without rows.
    async fn of(
        ground: &'a Ground<'a>,
        migrations: &'a Migrations,
        number: usize,
        script: &'a Script,
        before: Database,
    ) -> Result<Option<Self>, SafeVersionError> {
        for with_rows in [true, false] {
            let start = ground.server.clone_database(&before).await?;
            let mut client = ground.server.owner(&start).await?;
            let catalog = catalog_of(&mut client, false).await?;
            let wanted = rows::wanted(migrations, number, &catalog);
            let filled = if with_rows { rows::fill(&client, &catalog, &wanted).await } else { Vec::new() };
            drop(client);
            let Some((after, mut content)) = play(ground, script, &start, &catalog).await? else { continue };
            // What is not the same when it is run again need not be the same in the safe version.
            if let Some((_, again)) = play(ground, script, &start, &catalog).await? {
                content.note_varying(&again);
            }
            return Ok(Some(Self { ground, migrations, script, start, before: catalog, after, content, filled }));
        }
        Ok(None)
    }

    async fn prove(&self, version: &SafeVersion) -> Result<Proof, SafeVersionError> {
        let scripts = Scripts::of(self.migrations, self.script, version);
        let copy = self.ground.server.clone_database(&self.start).await?;
        let options =
            TraceOptions { prelude: self.ground.options.prelude, statement_limit: self.ground.options.statement_limit, seed_rows: false };
        let traced = trace_on(self.ground.server, &copy, &scripts.all, &options, &NoProgress).await?;
        let mut client = self.ground.server.owner(&copy).await?;
        let after = catalog_of(&mut client, false).await?;
        let content = rows::content(&client, &after, &self.before).await?;
        drop(client);
        let way_back = self.way_back(version, &scripts).await?;
        let trial = Trial {
            migrations: self.migrations,
            version,
            steps: &traced.migrations.steps,
            safe: scripts.safe.clone(),
            before: &self.before,
            wanted: &self.after,
            got: &after,
            rows_wanted: &self.content,
            rows_got: &content,
            filled: &self.filled,
            way_back,
        };
        Ok(trial.proof())
    }

    /// What the ways back of all files leave different, one sentence each; none when not every file has one.
    async fn way_back(&self, version: &SafeVersion, scripts: &Scripts) -> Result<Option<Vec<String>>, SafeVersionError> {
        if version.files.is_empty() || version.files.iter().any(|f| f.down.is_empty()) {
            return Ok(None);
        }
        let copy = self.ground.server.clone_database(&self.start).await?;
        let mut stage = self.ground.stage(&copy, &scripts.all).await?;
        for script in scripts.all.iter().take(scripts.safe.start) {
            let _failed = stage.play(script).await?;
        }
        stage.settle().await;
        let before = catalog_of(stage.client_mut(), false).await?;
        for script in scripts.all.iter().take(scripts.safe.end).skip(scripts.safe.start) {
            if !stage.play(script).await?.is_empty() {
                // The trace says so, too.
                return Ok(None);
            }
        }
        for script in files::back(version) {
            if let Some(failed) = stage.play(&script).await?.first() {
                return Ok(Some(vec![format!("PostgreSQL refuses it: {}", failed.message)]));
            }
        }
        stage.settle().await;
        let after = catalog_of(stage.client_mut(), false).await?;
        Ok(Some(judge::different(&before, &after)))
    }
}

/// Plays the script on a copy; catalogue and rows of the end, none when it fails.
async fn play(
    ground: &Ground<'_>,
    script: &Script,
    start: &Database,
    before: &Catalog,
) -> Result<Option<(Catalog, Content)>, SafeVersionError> {
    let end = ground.server.clone_database(start).await?;
    let mut stage = ground.stage(&end, std::slice::from_ref(script)).await?;
    if !stage.play(script).await?.is_empty() {
        return Ok(None);
    }
    stage.settle().await;
    drop(stage);
    let mut client = ground.server.owner(&end).await?;
    let after = catalog_of(&mut client, false).await?;
    let content = rows::content(&client, &after, before).await?;
    Ok(Some((after, content)))
}
