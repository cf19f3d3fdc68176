//! Databases on the private server for the tests: made by SQL, read as the product reads them.

use architrave_model::Catalog;
use architrave_postgres::read::{ReadOptions, read_catalog};
use architrave_postgres::replay::without_own_objects;
use architrave_postgres::server::{Database, PrivateServer, ServerOptions, installations, test_server};
use std::collections::BTreeSet;
use tokio::sync::OnceCell;
use tokio_postgres::Client;

/// The variable under which pages, their fixes and traps run on every installed major.
const ALL_MAJORS: &str = "ARCHITRAVE_ALL_MAJORS";

/// The shared server with the roles that examples grant to.
pub(crate) async fn server() -> Option<&'static PrivateServer> {
    static READY: OnceCell<()> = OnceCell::const_new();
    let server = test_server::shared().await?;
    READY.get_or_init(|| make_roles(server)).await;
    Some(server)
}

/// The server of one major version with the same roles: the shared one where that is it.
async fn server_of(major: u16) -> Option<&'static PrivateServer> {
    static READY: [OnceCell<()>; 64] = [const { OnceCell::const_new() }; 64];
    let shared = server().await?;
    if shared.major() == major {
        return Some(shared);
    }
    let server = test_server::shared_major(major).await?;
    READY[usize::from(major)].get_or_init(|| make_roles(server)).await;
    Some(server)
}

/// Whether every installed major is asked for.
pub(crate) fn all_majors() -> bool {
    std::env::var_os(ALL_MAJORS).is_some_and(|v| v == "1")
}

/// The oldest and the newest.
pub(crate) fn ends(majors: &BTreeSet<u16>) -> BTreeSet<u16> {
    [majors.first(), majors.last()].into_iter().flatten().copied().collect()
}

async fn make_roles(server: &PrivateServer) {
    let client = server.connect("postgres").await.expect("a connection");
    for role in ["anon", "authenticated", "service_role", "shop_app"] {
        let bypass = if role == "service_role" { "bypassrls" } else { "" };
        client.batch_execute(&format!("create role {role} {bypass}")).await.expect("a role");
    }
}

/// The servers that pages, their fixes and traps are tried on: the shared one, the oldest and the newest major that is installed, and
/// under `ARCHITRAVE_ALL_MAJORS=1` all between. An installation named in `ARCHITRAVE_PG_BIN` is the only one, then.
pub(crate) async fn servers() -> Vec<&'static PrivateServer> {
    let Some(shared) = server().await else { return Vec::new() };
    let options = ServerOptions::from_env();
    let installed: BTreeSet<u16> = installations(&options).iter().map(|i| i.major).collect();
    let mut majors = match (all_majors(), options.bin_dirs.is_empty()) {
        (true, _) => installed,
        (false, true) => ends(&installed),
        (false, false) => BTreeSet::new(),
    };
    majors.insert(shared.major());
    let mut servers = Vec::new();
    for major in majors {
        servers.extend(server_of(major).await);
    }
    servers
}

/// A database made by a script.
pub(crate) struct Made {
    pub(crate) client: Client,
    // Dropped after the client: the database goes with it.
    _database: Database,
}

impl Made {
    /// Runs the script in a new database.
    pub(crate) async fn by(server: &PrivateServer, sql: &str) -> Self {
        Self::try_by(server, sql).await.unwrap_or_else(|refused| panic!("{refused}\n{sql}"))
    }

    /// The same; what the server said where it refuses the script.
    pub(crate) async fn try_by(server: &PrivateServer, sql: &str) -> Result<Self, String> {
        let made = Self::of(server.create_database("rule").await.expect("a database")).await;
        made.client.batch_execute(sql).await.map_err(|e| said(&e))?;
        Ok(made)
    }

    /// A database that is there.
    pub(crate) async fn of(database: Database) -> Self {
        let client = database.connect().await.expect("a connection");
        Self { client, _database: database }
    }

    /// The catalogue as it is now.
    pub(crate) async fn catalog(&mut self) -> Catalog {
        let mut catalog = read_catalog(&mut self.client, &ReadOptions::default()).await.expect("the catalogue");
        without_own_objects(&mut catalog);
        catalog
    }

    /// Runs statements one by one, or in one transaction.
    pub(crate) async fn run(&self, statements: &[String], transactional: bool) -> Result<(), String> {
        if transactional {
            self.client.batch_execute("begin").await.map_err(|e| said(&e))?;
        }
        for statement in statements {
            self.client.batch_execute(statement).await.map_err(|e| format!("{}: {statement}", said(&e)))?;
        }
        if transactional {
            self.client.batch_execute("commit").await.map_err(|e| said(&e))?;
        }
        Ok(())
    }
}

fn said(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string)
}
