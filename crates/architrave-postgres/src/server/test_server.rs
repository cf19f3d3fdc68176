//! One private server per test binary, shared by all its tests; a database per test.
//!
//! A static is never dropped: the server ends because this process does.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use tokio::sync::OnceCell;

use super::{NoProgress, PrivateServer, ServerOptions, installations};

/// The variable under which a missing server fails the test instead of skipping it.
pub const REQUIRE: &str = "ARCHITRAVE_REQUIRE_PG";

type Shared = OnceCell<Option<PrivateServer>>;

/// The shared server of this test binary: what `ARCHITRAVE_PG_BIN` names, else the newest supported major that is here,
/// else a fetched one. `None` (said on standard error) where none can be had.
///
/// # Panics
/// When a server is here and does not start, and under `ARCHITRAVE_REQUIRE_PG=1` also when none can be had.
pub async fn shared() -> Option<&'static PrivateServer> {
    static SHARED: Shared = OnceCell::const_new();
    SHARED.get_or_init(|| start(None)).await.as_ref()
}

/// The shared server of one major version, fetched when it is not here.
///
/// # Panics
/// As [`shared`].
pub async fn shared_major(major: u16) -> Option<&'static PrivateServer> {
    static SHARED: OnceLock<Vec<Shared>> = OnceLock::new();
    let cells = SHARED.get_or_init(|| (0..64).map(|_| OnceCell::new()).collect());
    cells.get(usize::from(major))?.get_or_init(|| start(Some(major))).await.as_ref()
}

/// The majors that a test of several is run on: the oldest, the default and the newest that is installed, all of them under `ARCHITRAVE_ALL_MAJORS=1`;
/// only the named one under `ARCHITRAVE_PG_BIN`. None without a server.
///
/// # Panics
/// As [`shared`].
pub async fn majors() -> BTreeSet<u16> {
    let Some(shared) = shared().await else { return BTreeSet::new() };
    let options = ServerOptions::from_env();
    let mut majors: BTreeSet<u16> = installations(&options).iter().map(|i| i.major).filter(|m| (12..=18).contains(m)).collect();
    if !options.bin_dirs.is_empty() {
        majors.clear();
    } else if std::env::var_os("ARCHITRAVE_ALL_MAJORS").is_none_or(|v| v != "1") {
        majors = [majors.first(), majors.last()].into_iter().flatten().copied().collect();
    }
    majors.insert(shared.major());
    majors
}

#[expect(clippy::print_stderr, clippy::panic, reason = "this is the test harness: it speaks to the developer")]
async fn start(major: Option<u16>) -> Option<PrivateServer> {
    let options = ServerOptions::from_env().with_major(major);
    match PrivateServer::start(&options, &NoProgress).await {
        Ok(server) => Some(server),
        Err(error) if error.is_absent() && std::env::var_os(REQUIRE).is_none_or(|value| value != "1") => {
            eprintln!("skipped: no PostgreSQL ({error})");
            None
        }
        Err(error) => panic!("the shared test server: {error}"),
    }
}
