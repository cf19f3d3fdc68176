//! Safe versions tried: on one copy the script as it is, on another with the safe files in place of the replaced statements. The end must be
//! the same, nothing may be left half-done, and nobody may have to wait for work that grows with the data.

mod files;
mod judge;
mod queue;
mod rows;
#[cfg(test)]
mod tests;

use crate::deadline::Deadline;
use crate::fingerprint::Fingerprint;
use crate::ground::{Chain, Ground, PassageError, catalog_of};
use crate::lock_trace::{TraceError, TraceOptions, trace_on};
use architrave_model::Catalog;
use architrave_model::finding::Proof;
use architrave_model::migration::{Migrations, SafeVersion, Step};
use architrave_model::script::{Script, TransactionMode};
use architrave_postgres::Client;
use architrave_postgres::replay::{ReplayError, Stage};
use architrave_postgres::server::{Database, NoProgress, Progress};
use files::Scripts;
use judge::Trial;
use queue::Queue;
use rows::Content;
use std::ops::Range;
use std::sync::Arc;

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
    let mut proofs = prove_all(ground, migrations, &[version], None, &NoProgress).await?;
    Ok(proofs.pop().unwrap_or_else(|| Proof::unknown(NAME, "it was not tried")))
}

/// Tries several; the proofs come in their order. The pending scripts are played once, and each script with safe versions once more. Those that the
/// deadline leaves no time for stay unknown, and their proofs say so.
pub async fn prove_all(
    ground: &Ground<'_>,
    migrations: &Migrations,
    versions: &[&SafeVersion],
    deadline: Option<&Deadline>,
    progress: &dyn Progress,
) -> Result<Vec<Proof>, SafeVersionError> {
    let place: Vec<Option<usize>> = versions.iter().map(|v| script_of(migrations, v)).collect();
    let mut proofs: Vec<Proof> = versions
        .iter()
        .map(|_| Proof::unknown(NAME, "it stands for statements of several scripts, which are not tried together"))
        .collect();
    let Some(last) = place.iter().flatten().max().copied() else { return Ok(proofs) };
    progress.begin("trying the safe versions", u64::try_from(place.iter().flatten().count()).ok());
    // A copy can only be taken between transactions.
    let scripts: Vec<Script> = migrations.scripts.iter().take(last + 1).map(apart).collect();
    let queue = Queue { ground, migrations, versions, deadline, progress };
    for (at, told) in queue.work_off(&scripts, &place).await? {
        if let Some(proof) = proofs.get_mut(at) {
            *proof = told;
        }
    }
    progress.end();
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
    before: Arc<State>,
    /// What the script comes to.
    end: End,
    /// The script was run a second time to see which values are others each time.
    is_repeated: bool,
    /// Tables that have rows.
    filled: Vec<String>,
    /// Size of `start`, bytes.
    bytes: u64,
}

/// A catalogue and its digest: equal digests spare the reading of the other one.
struct State {
    catalog: Catalog,
    digest: Fingerprint,
}

/// Where a script leads.
struct End {
    state: Arc<State>,
    content: Content,
}

impl State {
    /// The state of the session's database; `known` itself, when it is the same.
    async fn read(client: &mut Client, major: u16, known: Option<&Arc<Self>>) -> Result<Arc<Self>, PassageError> {
        let digest = Fingerprint::take(client, major, false).await?;
        if let Some(known) = known.filter(|known| known.digest.same(&digest, true) && known.digest.same_order(&digest)) {
            return Ok(Arc::clone(known));
        }
        Ok(Arc::new(Self { catalog: catalog_of(client, false).await?, digest }))
    }

    /// The catalogue that the session's database has, when it is another.
    async fn unlike(&self, client: &mut Client, major: u16) -> Result<Option<Catalog>, PassageError> {
        let digest = Fingerprint::take(client, major, false).await?;
        Ok(if digest.same(&self.digest, true) { None } else { Some(catalog_of(client, false).await?) })
    }
}

impl<'a> Setting<'a> {
    /// None when the script fails, with and without rows. `known` is a state that may be the one before the script.
    async fn of(
        ground: &'a Ground<'a>,
        migrations: &'a Migrations,
        number: usize,
        script: &'a Script,
        chain: &mut Chain<'_>,
        mut known: Option<Arc<State>>,
    ) -> Result<Option<Self>, SafeVersionError> {
        for with_rows in [true, false] {
            let start = chain.copy().await?;
            let mut client = ground.server.owner(&start).await?;
            let before = State::read(&mut client, ground.server.server().major(), known.as_ref()).await?;
            let wanted = rows::wanted(migrations, number, &before.catalog);
            let filled = if with_rows { rows::fill(&client, &before.catalog, &wanted).await } else { Vec::new() };
            let bytes = size_of(&client).await?;
            drop(client);
            if let Some(end) = play(ground, script, &start, &before).await? {
                return Ok(Some(Self { ground, migrations, script, start, before, end, is_repeated: false, filled, bytes }));
            }
            known = Some(before);
        }
        Ok(None)
    }

    fn major(&self) -> u16 {
        self.ground.server.server().major()
    }

    async fn prove(&mut self, version: &SafeVersion) -> Result<Proof, SafeVersionError> {
        let scripts = Scripts::of(self.migrations, self.script, version);
        let copy = self.ground.server.clone_database(&self.start).await?;
        let options = TraceOptions {
            prelude: self.ground.options.prelude,
            statement_limit: self.ground.options.statement_limit,
            seed_rows: false,
            with_catalogs: false,
        };
        let traced = trace_on(self.ground.server, &copy, &scripts.all, &options, &NoProgress).await?;
        let mut client = self.ground.server.owner(&copy).await?;
        let other = self.end.state.unlike(&mut client, self.major()).await?;
        let content = rows::content(&client, other.as_ref().unwrap_or(&self.end.state.catalog), &self.before.catalog).await?;
        drop(client);
        let way_back = self.way_back(version, &scripts, copy).await?;
        let seen = Seen { version, steps: traced.migrations.steps, safe: scripts.safe.clone(), other, content, way_back };
        if !self.is_repeated && self.trial(&seen).only_rows_differ() {
            // What is not the same when it is run again need not be the same in the safe version.
            self.is_repeated = true;
            if let Some(again) = play(self.ground, self.script, &self.start, &self.before).await? {
                self.end.content.note_varying(&again.content);
            }
        }
        Ok(self.trial(&seen).proof())
    }

    fn trial<'t>(&'t self, seen: &'t Seen<'t>) -> Trial<'t> {
        Trial {
            migrations: self.migrations,
            version: seen.version,
            steps: &seen.steps,
            safe: seen.safe.clone(),
            before: &self.before.catalog,
            wanted: &self.end.state.catalog,
            got: seen.other.as_ref().unwrap_or(&self.end.state.catalog),
            rows_wanted: &self.end.content,
            rows_got: &seen.content,
            filled: &self.filled,
            way_back: &seen.way_back,
        }
    }

    /// What the ways back of all files leave different, one sentence each; none when not every file has one. `played` has gone through all scripts.
    async fn way_back(&self, version: &SafeVersion, scripts: &Scripts, played: Database) -> Result<Option<Vec<String>>, SafeVersionError> {
        if version.files.is_empty() || version.files.iter().any(|f| f.down.is_empty()) {
            return Ok(None);
        }
        if scripts.safe == (0..scripts.all.len()) {
            let mut stage = self.ground.stage(&played, &scripts.all).await?;
            if let Some(refusal) = go_back(&mut stage, version).await? {
                return Ok(Some(vec![refusal]));
            }
            let left = self.before.unlike(stage.client_mut(), self.major()).await?;
            return Ok(Some(left.map(|after| judge::different(&self.before.catalog, &after)).unwrap_or_default()));
        }
        drop(played);
        let copy = self.ground.server.clone_database(&self.start).await?;
        let mut stage = self.ground.stage(&copy, &scripts.all).await?;
        for script in scripts.all.iter().take(scripts.safe.start) {
            let _failed = stage.play(script).await?;
        }
        stage.settle().await;
        let here = Fingerprint::take(stage.client(), self.major(), false).await?;
        for script in scripts.all.iter().take(scripts.safe.end).skip(scripts.safe.start) {
            if !stage.play(script).await?.is_empty() {
                // The trace says so, too.
                return Ok(None);
            }
        }
        if let Some(refusal) = go_back(&mut stage, version).await? {
            return Ok(Some(vec![refusal]));
        }
        if Fingerprint::take(stage.client(), self.major(), false).await?.same(&here, true) {
            return Ok(Some(Vec::new()));
        }
        let after = catalog_of(stage.client_mut(), false).await?;
        Ok(Some(judge::different(&self.before_safe_files(scripts).await?, &after)))
    }

    /// The catalogue that the safe files find, read from a copy of its own.
    async fn before_safe_files(&self, scripts: &Scripts) -> Result<Catalog, SafeVersionError> {
        let copy = self.ground.server.clone_database(&self.start).await?;
        let mut stage = self.ground.stage(&copy, &scripts.all).await?;
        for script in scripts.all.iter().take(scripts.safe.start) {
            let _failed = stage.play(script).await?;
        }
        stage.settle().await;
        Ok(catalog_of(stage.client_mut(), false).await?)
    }
}

/// What was seen of one safe version.
struct Seen<'v> {
    version: &'v SafeVersion,
    steps: Vec<Step>,
    /// Scripts of these steps that are safe files.
    safe: Range<usize>,
    /// The end's catalogue, unless it is the one that the script comes to.
    other: Option<Catalog>,
    content: Content,
    way_back: Option<Vec<String>>,
}

/// Plays the ways back of all files; why PostgreSQL refuses one of them.
async fn go_back(stage: &mut Stage<'_>, version: &SafeVersion) -> Result<Option<String>, SafeVersionError> {
    for script in files::back(version) {
        if let Some(failed) = stage.play(&script).await?.first() {
            return Ok(Some(format!("PostgreSQL refuses it: {}", failed.message)));
        }
    }
    stage.settle().await;
    Ok(None)
}

async fn size_of(client: &Client) -> Result<u64, PassageError> {
    let asked = "select pg_catalog.pg_database_size(pg_catalog.current_database())";
    let answer = client.simple_query(asked).await.map_err(PassageError::doing("tell its size"))?;
    Ok(crate::ground::rows(&answer).into_iter().flatten().flatten().next().and_then(|text| text.parse().ok()).unwrap_or_default())
}

/// Plays the script on a copy, and looks at where it leads; none when it fails.
async fn play(ground: &Ground<'_>, script: &Script, start: &Database, before: &Arc<State>) -> Result<Option<End>, SafeVersionError> {
    let copy = ground.server.clone_database(start).await?;
    let mut stage = ground.stage(&copy, std::slice::from_ref(script)).await?;
    if !stage.play(script).await?.is_empty() {
        return Ok(None);
    }
    stage.settle().await;
    drop(stage);
    let mut client = ground.server.owner(&copy).await?;
    let state = State::read(&mut client, ground.server.server().major(), Some(before)).await?;
    let content = rows::content(&client, &state.catalog, &before.catalog).await?;
    Ok(Some(End { state, content }))
}
